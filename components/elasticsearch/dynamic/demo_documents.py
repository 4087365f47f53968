"""The ten demo documents, as a resource."""

from typing import Any, ClassVar

import pulumi

from components.elasticsearch.client.client import Client
from components.elasticsearch.documents.bulk import index_documents
from components.elasticsearch.documents.demo import DEMO_DOCUMENTS
from components.elasticsearch.documents.people import read_demo
from components.elasticsearch.dynamic.embedder import EMBEDDER, embedder_of
from components.elasticsearch.dynamic.provider import ClusterProvider, secret_outputs
from components.elasticsearch.dynamic.values import CONNECTION, Values, claim_of, versioned
from components.elasticsearch.generations import deletion

ALL_PRESENT = ",".join(one.id for one in DEMO_DOCUMENTS)


class DemoDocumentsProvider(ClusterProvider):
    """Keeps the demo documents in the index; a demo document that people changed is theirs, and stays as it is."""

    called = "The demo documents in"
    name_key = "alias"
    local: ClassVar[tuple[str, ...]] = (*CONNECTION, *EMBEDDER)

    def apply(self, client: Client, olds: Values | None, news: Values) -> Values:  # noqa: ARG002 (see the base)
        """Index the demo documents that are missing."""
        alias = str(news["alias"])
        index_documents(client, alias, read_demo(client, alias).missing, embedder_of(news))
        return {}

    def live(self, client: Client, values: Values) -> Values | None:
        """Return which demo documents are in the index, changed or not; None when there is no index."""
        alias = str(values["alias"])
        if client.find(f"/{alias}") is None:
            return None
        found = read_demo(client, alias)
        return {"present": ",".join(sorted({*found.unchanged, *found.changed}))}

    def remove(self, client: Client, values: Values) -> None:
        """Delete the demo documents that nobody changed."""
        deletion.delete_demo_documents(client, str(values["alias"]), claim_of(values))


class DemoDocumentsResource(pulumi.dynamic.Resource, module="elasticsearch", name="DemoDocuments"):
    """The resource of the demo documents."""

    def __init__(self, name: str, inputs: dict[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        props = {**versioned(inputs), "present": ALL_PRESENT}
        super().__init__(DemoDocumentsProvider(), name, props, secret_outputs(opts))
