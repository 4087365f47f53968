"""Makes the table of the stack's outputs from __main__.py, which exports them."""

import ast
from pathlib import Path

PROGRAM = Path(__file__).resolve().parent.parent / "__main__.py"

MEANINGS = {
    "stackId": "Id under which the stack owns its data in Docker and Elasticsearch.",
    "platform": "What runs the servers: docker or kubernetes.",
    "dockerEngine": "Id of the Docker engine that the stack lives on; empty on Kubernetes.",
    "kubernetesNamespace": "Namespace of the stack in the cluster; empty on Docker.",
    "quant": "Quantisation of the model.",
    "dims": "Dimensions kept of each embedding.",
    "serverUrl": "Address of the gateway in front of the servers.",
    "serverApiKey": "Key that the gateway asks for (secret); empty without one.",
    "embeddingsUrl": "Address of `/v1/embeddings` there, for texts as they come.",
    "queryEmbeddingsUrl": "Address that puts the model's prefix for queries before each text.",
    "documentEmbeddingsUrl": "Address that puts the model's prefix for documents before each text.",
    "embeddingCheck": "Result of the check that asked each server for an embedding.",
    "serverContainer": "Name of the container, or the Deployment, of the server for documents.",
    "queryServerContainer": "The same of the server for queries; that one with `serverLanes: 1`.",
    "imageDigest": "Id of the servers' image; on Kubernetes its name, by which pods pull it.",
    "llamaCppCommit": "Commit of llama.cpp in the image; empty for a prebuilt image.",
    "llamaCppUpstreamCommit": "Commit that the branch `llamaCppRef` has now; empty unless it is another one.",
    "modelName": "Name of the model at the server and the inference endpoint.",
    "modelRepository": "Repository of the model on the Hugging Face Hub.",
    "modelFile": "Path of the model file.",
    "modelSha256": "SHA-256 of the model file.",
    "modelRevision": "Commit of the model's repository.",
    "modelUpstreamCommit": "Commit of the branch `modelRevision` now; empty unless it has another file.",
    "modelLicense": "License of the model. With another `modelRepository` it names that repository's page until "
    "`modelLicense` is set to what is written there.",
    "modelDimensions": "Dimensions of the embeddings that the server returns.",
    "modelQueryPrefix": "Text that the model expects before a query.",
    "modelDocumentPrefix": "Text that the model expects before a document.",
    "elasticsearchUrl": "Address of Elasticsearch.",
    "elasticsearchUser": "User for Elasticsearch; empty with an API key.",
    "elasticsearchPassword": "Password of that user (secret).",
    "elasticsearchVolume": "Docker volume, or claim, with the data of the stack's own node; empty without such a node.",
    "elasticsearchBackupVolume": "Docker volume, or claim, with its backups; empty without such a node.",
    "elasticsearchApiKey": "API key for Elasticsearch (secret); empty with a user.",
    "elasticsearchCaCertificate": "CA certificate of Elasticsearch as PEM text; empty without one.",
    "elasticsearchFingerprint": "SHA-256 fingerprint of the certificate of Elasticsearch; empty without one.",
    "elasticsearchLicense": "Type of the license of Elasticsearch.",
    "elasticsearchLicenseExpires": "When that license ends; empty for one without an end.",
    "elasticsearchEmbeddingsUrl": "Address at which Elasticsearch asks the gateway for embeddings; empty with "
    "`elasticsearchEmbedding: client`.",
    "elasticsearchQueryEmbeddingsUrl": "The same for queries; empty likewise.",
    "inferenceEndpoint": (
        "Name of the inference endpoint for texts that bear their prefix; empty with `elasticsearchEmbedding: client`."
    ),
    "queryInferenceEndpoint": "Name of the inference endpoint for queries; empty likewise.",
    "documentInferenceEndpoint": "Name of the inference endpoint for documents; empty likewise.",
    "pipeline": "Name of the ingest pipeline; empty with `elasticsearchEmbedding: client`.",
    "index": "Alias under which documents are written and searched.",
    "indices": "Aliases of all indices, that one and those of `elasticsearchAdditionalIndices`.",
    "indexGeneration": "Name of the index behind the alias.",
}
"""What each output is, by its name."""


def outputs(program: str) -> list[str]:
    """Return the names of the outputs that the source text of a program exports, in its order."""
    calls = [node for node in ast.walk(ast.parse(program)) if isinstance(node, ast.Call)]
    return [ast.literal_eval(call.args[0]) for call in calls if ast.unparse(call.func) == "pulumi.export"]


def outputs_table() -> str:
    """Return the Markdown table of all outputs."""
    rows = [f"| `{name}` | {MEANINGS[name]} |" for name in outputs(PROGRAM.read_text())]
    return "\n".join(["| output | meaning |", "| --- | --- |", *rows])
