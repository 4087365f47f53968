"""Declares an index behind its alias, and the guard that stops its deletion while it holds documents.

The first index of a stack has resource names without its alias, as it had when there was only one.
"""

from collections.abc import Sequence

import pulumi

from components.elasticsearch.dynamic.deletion_guard import INDEX, NODE, DeletionGuardResource
from components.elasticsearch.dynamic.index import IndexResource
from components.elasticsearch.inputs import SearchIndexArgs, default_pipeline, index_inputs


def declare_index(
    name: str, args: SearchIndexArgs, alias: str, before: Sequence[pulumi.Resource], parent: pulumi.Resource
) -> IndexResource:
    """Declare the index of an alias, which comes after `before`."""
    first = alias == args.settings.index
    inputs = {
        **args.connection.as_inputs(),
        "owner": args.owner,
        **_embeds(args),
        **index_inputs(args.settings, alias),
        "pipeline_id": default_pipeline(args.settings),
        "identity": args.embedding.identity(args.settings),
        "revision": args.embedding.revision,
        "keep_generations": args.settings.keep_generations,
        "adopt": args.settings.adopt,
        "delete_data": args.settings.delete_data,
        **({} if first else {"moves_endpoints": False}),
    }
    after = pulumi.ResourceOptions(parent=parent, depends_on=list(before))
    return IndexResource(_named(f"{name}-index", args, alias), inputs, after)


def declare_guard(
    name: str, args: SearchIndexArgs, alias: str, guarded: Sequence[pulumi.Resource], parent: pulumi.Resource
) -> None:
    """Declare the guard of an alias: nothing of `guarded` is deleted before it agrees.

    Each guards everything, so a destroy that one of them stops has deleted nothing.
    """
    # The stack's own node is deleted with its volume, so documents in its other indices count from the start.
    whole_node = args.settings.managed and alias == args.settings.index
    inputs = {
        **args.connection.as_inputs(),
        "owner": args.owner,
        **index_inputs(args.settings, alias),
        "delete_data": args.settings.delete_data,
        "scope": NODE if whole_node else INDEX,
    }
    before_deletion = pulumi.ResourceOptions(parent=parent, depends_on=list(guarded))
    DeletionGuardResource(_named(f"{name}-guard", args, alias), inputs, before_deletion)


def embedder_inputs(args: SearchIndexArgs) -> dict[str, pulumi.Input[str]]:
    """Return the inputs of a resource that embeds documents itself; none where Elasticsearch does."""
    if not args.settings.embeds_in_client:
        return {}
    return args.embedding.embedder(args.local_embeddings_url, args.embeddings_api_key)


def _embeds(args: SearchIndexArgs) -> dict[str, pulumi.Input[str]]:
    """Return the inputs of the index that say what embeds its documents."""
    if args.settings.embeds_in_client:
        return embedder_inputs(args)
    key = pulumi.Output.secret(args.embeddings_api_key)
    return {"endpoints": args.endpoints().as_json(), "embeddings_api_key": key}


def _named(resource: str, args: SearchIndexArgs, alias: str) -> str:
    return resource if alias == args.settings.index else f"{resource}-{alias}"
