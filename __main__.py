"""The whole deployment: settings -> components -> outputs."""

from datetime import UTC, datetime

import pulumi

from components.elasticsearch.addresses import node_embeddings_url, node_query_embeddings_url
from components.elasticsearch.cluster.component import ClusterCheck, ClusterCheckArgs
from components.elasticsearch.component import (
    Elasticsearch,
    ElasticsearchArgs,
    SearchIndex,
    SearchIndexArgs,
)
from components.elasticsearch.inputs import EmbeddingInputs
from components.elasticsearch.node.volumes import VolumeOwner
from components.engine.component import StackEngine, StackEngineArgs
from components.image.built import ImageBuilds
from components.image.component import ServerImage, ServerImageArgs
from components.model import ModelDownload, ModelDownloadArgs
from components.network import StackNetwork, StackNetworkArgs
from components.ownership.dynamic.stack_id import StackIdResource
from components.server import Gateway, GatewayArgs, LlamaServer, LlamaServerArgs
from components.settings.project import project_settings

settings = project_settings()
stack = f"{pulumi.get_project()}-{pulumi.get_stack()}"

stack_id = StackIdResource("stack-id", prefix=stack, wanted=settings.stack_id).stack_id

engine = StackEngine("engine", StackEngineArgs(settings=settings.engine))
on_engine = pulumi.ResourceOptions(depends_on=[engine])

network = StackNetwork("network", StackNetworkArgs(name=stack), on_engine)

model = ModelDownload("model", ModelDownloadArgs(settings=settings.model))

builds = ImageBuilds.declare(stack_id, settings.engine, settings.image, on_engine)

image = ServerImage("llama-server", ServerImageArgs(device=settings.device, builds=builds), on_engine)

elasticsearch = Elasticsearch(
    "elasticsearch",
    ElasticsearchArgs(
        container_name=f"{stack}-elasticsearch",
        volumes=VolumeOwner(stack_id=stack_id, chosen=bool(settings.stack_id)),
        network=network.name,
        engine=settings.engine,
        settings=settings.elasticsearch,
    ),
    on_engine,
)

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

gateway = Gateway(
    "gateway",
    GatewayArgs(
        name=f"{stack}-gateway",
        owner=stack_id,
        engine=settings.engine,
        network=network.name,
        builds=builds,
        model=settings.model,
        server=settings.server,
    ),
    on_engine,
)

server = LlamaServer(
    "llama-server",
    LlamaServerArgs(
        container_name=f"{stack}-llama-server",
        device=settings.device,
        image_id=image.image_id,
        model_path=model.path,
        model_sha256=model.sha256,
        network=network.name,
        gateway=gateway,
        cuda_architectures=settings.image.compiled_architectures,
        volume_name=stack,
        engine=settings.engine,
        model=settings.model,
        settings=settings.server,
    ),
    # The servers change only once it is known that the documents in the index survive the change.
    pulumi.ResourceOptions(depends_on=[check]),
)

embeddings_url = node_embeddings_url(
    settings.elasticsearch, gateway.network_embeddings_url, settings.server.port
)

search = SearchIndex(
    "search",
    SearchIndexArgs(
        owner=stack_id,
        connection=elasticsearch.connection,
        settings=settings.elasticsearch,
        embedding=embedding,
        embeddings_url=embeddings_url,
        query_embeddings_url=node_query_embeddings_url(
            settings.elasticsearch, gateway.network_query_embeddings_url, embeddings_url
        ),
        local_embeddings_url=gateway.embeddings_url,
        embeddings_api_key=settings.server.api_key,
    ),
    pulumi.ResourceOptions(depends_on=[server]),
)

engine.guard("engine-guard", after=[search])

pulumi.export("stackId", stack_id)
pulumi.export("dockerEngine", engine.engine_id)
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
pulumi.export("imageDigest", image.image_id)
pulumi.export("llamaCppCommit", image.commit)
pulumi.export("llamaCppUpstreamCommit", image.upstream_commit)
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
