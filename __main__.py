"""The whole deployment: settings -> components -> outputs."""

from datetime import UTC, datetime

import pulumi

from components.elasticsearch.addresses import node_embeddings_url, node_query_embeddings_url
from components.elasticsearch.cluster.component import ClusterCheck, ClusterCheckArgs
from components.elasticsearch.component import SearchIndex, SearchIndexArgs
from components.elasticsearch.inputs import EmbeddingInputs
from components.ownership.dynamic.stack_id import StackIdResource
from components.platform.declaration import declare_platform
from components.settings.project import project_settings

settings = project_settings()
stack = f"{pulumi.get_project()}-{pulumi.get_stack()}"

stack_id = StackIdResource("stack-id", prefix=stack, wanted=settings.stack_id).stack_id

platform = declare_platform(settings, stack, stack_id)

model = platform.model()

elasticsearch = platform.elasticsearch()

embedding = EmbeddingInputs(
    model=settings.model,
    quant=settings.quant,
    dims=settings.dims,
    sha256=model.sha256,
    revision=model.revision,
)

check = ClusterCheck(
    "cluster",
    ClusterCheckArgs(
        owner=stack_id,
        connection=elasticsearch.connection,
        settings=settings.elasticsearch,
        embedding=embedding,
        now=datetime.now(UTC),
    ),
    pulumi.ResourceOptions(depends_on=[elasticsearch]),
)

gateway = platform.gateway()

# The servers change only once it is known that the documents in the index survive the change.
server = platform.servers(model, after=[check])

search = SearchIndex(
    "search",
    SearchIndexArgs(
        owner=stack_id,
        connection=elasticsearch.connection,
        settings=settings.elasticsearch,
        embedding=embedding,
        embeddings_url=node_embeddings_url(settings.elasticsearch, gateway),
        query_embeddings_url=node_query_embeddings_url(settings.elasticsearch, gateway),
        local_embeddings_url=gateway.embeddings_url,
        embeddings_api_key=settings.server.api_key,
    ),
    pulumi.ResourceOptions(depends_on=[server]),
)

platform.guard(after=[search])

pulumi.export("stackId", stack_id)
pulumi.export("platform", settings.platform)
pulumi.export("dockerEngine", platform.engine_id)
pulumi.export("kubernetesNamespace", platform.namespace)
pulumi.export("quant", settings.quant)
pulumi.export("dims", settings.dims)
pulumi.export("serverUrl", gateway.url)
pulumi.export("serverApiKey", pulumi.Output.secret(settings.server.api_key))
pulumi.export("embeddingsUrl", gateway.embeddings_url)
pulumi.export("queryEmbeddingsUrl", gateway.query_embeddings_url)
pulumi.export("documentEmbeddingsUrl", gateway.document_embeddings_url)
pulumi.export("embeddingCheck", server.checked)
pulumi.export("serverContainer", server.container_name)
pulumi.export("queryServerContainer", server.query_container_name)
pulumi.export("imageDigest", platform.image.image_id)
pulumi.export("llamaCppCommit", platform.image.commit)
pulumi.export("llamaCppUpstreamCommit", platform.image.upstream_commit)
pulumi.export("modelName", settings.model.name)
pulumi.export("modelRepository", settings.model.repository)
pulumi.export("modelFile", model.path)
pulumi.export("modelSha256", model.sha256)
pulumi.export("modelRevision", model.revision)
pulumi.export("modelUpstreamCommit", model.upstream_commit)
pulumi.export("modelLicense", settings.model.license_notice)
pulumi.export("modelDimensions", settings.model.dimensions)
pulumi.export("modelQueryPrefix", settings.model.query_prefix)
pulumi.export("modelDocumentPrefix", settings.model.document_prefix)
pulumi.export("elasticsearchUrl", elasticsearch.url)
pulumi.export("elasticsearchUser", elasticsearch.connection.user)
pulumi.export("elasticsearchPassword", elasticsearch.connection.password)
pulumi.export("elasticsearchVolume", elasticsearch.volume)
pulumi.export("elasticsearchBackupVolume", elasticsearch.backup_volume)
pulumi.export("elasticsearchApiKey", elasticsearch.connection.api_key)
pulumi.export("elasticsearchCaCertificate", elasticsearch.connection.ca_certificate)
pulumi.export("elasticsearchFingerprint", elasticsearch.connection.fingerprint)
pulumi.export("elasticsearchLicense", check.license)
pulumi.export("elasticsearchLicenseExpires", check.license_expires)
pulumi.export("elasticsearchEmbeddingsUrl", search.embeddings_url)
pulumi.export("elasticsearchQueryEmbeddingsUrl", search.query_embeddings_url)
pulumi.export("inferenceEndpoint", search.inference_id)
pulumi.export("queryInferenceEndpoint", search.query_inference_id)
pulumi.export("documentInferenceEndpoint", search.document_inference_id)
pulumi.export("pipeline", search.pipeline_id)
pulumi.export("index", search.index)
pulumi.export("indices", list(search.indices))
pulumi.export("indexGeneration", search.concrete_index)
