"""The outputs of a stack, as far as the commands read them."""

OUTPUTS: dict[str, object] = {
    "elasticsearchUrl": "https://es.test:9200",
    "elasticsearchApiKey": "",
    "elasticsearchUser": "elastic",
    "elasticsearchPassword": "hunter2",
    "elasticsearchCaCertificate": "/etc/ca.pem",
    "elasticsearchFingerprint": "",
    "embeddingsUrl": "http://127.0.0.1:8080/v1/embeddings",
    "serverApiKey": "hunter3",
    "quant": "F16",
    "modelName": "m",
    "modelSha256": "a" * 64,
    "modelDocumentPrefix": "Document: ",
    "modelDimensions": 768,
    "dims": 256,
    "index": "jina-demo",
    "inferenceEndpoint": "jina-local",
    "pipeline": "jina-embeddings",
}
