"""A stack in which all is well, for tests that make one thing of it wrong."""

from datetime import UTC, datetime

from jinactl.kernels.said import Multiplying
from jinactl.status.state import (
    BackupState,
    ClusterState,
    ContainerState,
    DiskState,
    EmbeddingsState,
    GatewayState,
    GenerationState,
    IndexState,
    LaneState,
    Status,
)

NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
LIVE = GenerationState(
    name="jina-demo-256-f16-59cfacee-2",
    role="live",
    documents=1_010,
    bytes=4_100_000,
    dims=256,
    identity="m F16",
    closed=False,
    blocks=(),
)
CLUSTER = ClusterState(
    version="9.5.3", license="trial", license_active=True, license_expires="2026-12-20T12:00:00+00:00"
)
DISK = DiskState(node="a", total=100_000_000_000, free=40_000_000_000, low=15, high=10, flood=5)
GATEWAY = GatewayState(
    url="http://127.0.0.1:8080",
    lanes=(
        LaneState(name="queries", well=True, requests=0, texts=0, waiting=0),
        LaneState(name="documents", well=True, requests=3, texts=4, waiting=2),
    ),
    refused={"queue_full": 7},
)
BACKUP = BackupState(name="jina-demo-1", started=datetime(2026, 11, 20, tzinfo=UTC), documents=9, whole=True)
INDEX = IndexState(
    health="green",
    generations=(LIVE,),
    embeddings=EmbeddingsState(stale=0, without=0, whole=True),
    backup=BACKUP,
)
WELL = Status(
    at=NOW,
    model="m",
    quant="F16",
    dims=256,
    width=768,
    llama_cpp="0123456789abcdef",
    embeds_in_client=False,
    own_node=True,
    elasticsearch_url="http://localhost:9200",
    multiplying=Multiplying(kernels="onednn", numbers="bfloat16"),
    containers=(
        ContainerState(
            name="jina-search-cpu-gateway",
            image="g",
            status="running",
            health="healthy",
            restarts=0,
            logs="docker logs g",
        ),
    ),
    gateway=GATEWAY,
    cluster=CLUSTER,
    indices={"jina-demo": INDEX},
    disks=(DISK,),
)
