"""Faults of the engine, the containers, the gateway, the way to Elasticsearch, and the outputs."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.contract.elasticsearch.faulty_proxy import Certificate, faulty_proxy, make_certificate
from tests.contract.jinactl.doctor.stack import (
    GATEWAY,
    MISSING,
    NODE,
    QUERY_SERVER,
    SERVER,
    Stack,
    container,
)
from tests.contract.jinactl.doctor.table import fault

NOTHING_LISTENS = "http://127.0.0.1:9"


@fault("engine-unreachable")
def no_engine_answers(stack: Stack) -> None:
    stack.engine = ""


@fault("engine-another", told="DOCKER_HOST")
def another_engine_answers(stack: Stack) -> None:
    stack.engine = "another"


@fault("container-missing", told="pulumi up --refresh")
def a_container_is_gone(stack: Stack) -> None:
    del stack.containers[QUERY_SERVER]


@fault("container-missing", told="the gateway")
def the_gateway_is_gone(stack: Stack) -> None:
    del stack.containers[GATEWAY]
    stack.containers["ours"] = container("ours", stack.wanted.owner, str(stack.model.port))


@fault("container-stopped", told=f"docker start {SERVER}")
def a_container_was_stopped(stack: Stack) -> None:
    stack.containers[SERVER]["State"] |= {"Status": "exited", "ExitCode": 143}


@fault("container-stopped", told="raise serverMemory")
def a_container_was_killed_for_want_of_memory(stack: Stack) -> None:
    stack.containers[SERVER]["State"] |= {"Status": "exited", "ExitCode": 137, "OOMKilled": True}


@fault("container-stopped", told=f"docker unpause {NODE}")
def a_container_is_paused(stack: Stack) -> None:
    stack.containers[NODE]["State"] |= {"Status": "paused"}


@fault("container-restarting", told="pulumi config set modelDelivery volume")
def a_container_is_started_over_and_over(stack: Stack) -> None:
    stack.log = "failed to open GGUF file '/models/m.gguf': Permission denied"
    stack.containers[SERVER]["State"] |= {"Status": "restarting", "ExitCode": 1}
    stack.containers[SERVER]["RestartCount"] = 7


@fault("container-unhealthy", told=f"docker restart {SERVER}")
def a_server_has_lost_its_gpu(stack: Stack) -> None:
    stack.containers[SERVER]["State"] |= {"Health": {"Status": "unhealthy"}}


@fault("server-kernels", told="`jinactl bench` measures which is faster")
def a_server_cannot_load_onednn(stack: Stack) -> None:
    backend = "/opt/llama.cpp/libggml-onednn.so"
    stack.log = (
        f"llama_server: initializing\nfailed to load {backend}: libdnnl.so.2: cannot open shared object file"
    )
    stack.containers[SERVER]["Config"]["Env"] = [f"GGML_BACKEND_PATH={backend}"]


@fault("container-image", told="222222222222")
def a_container_is_of_another_image(stack: Stack) -> None:
    stack.containers[SERVER]["Image"] = "sha256:" + "2" * 64


@fault("port-taken", told="docker stop of-another-stack")
def another_container_has_the_port(stack: Stack) -> None:
    stack.containers[GATEWAY]["HostConfig"]["PortBindings"] = {}
    stack.containers["of-another-stack"] = container("of-another-stack", "another", str(stack.model.port))


@fault("port-taken", told="is no container")
def another_program_has_the_port(stack: Stack) -> None:
    stack.containers[GATEWAY]["HostConfig"]["PortBindings"] = {}


@fault("model-file-missing", told="**ModelFile::model")
def the_model_file_is_gone(stack: Stack) -> None:
    file = str(stack.folder / "m.gguf")
    stack.containers[SERVER]["Mounts"] = [{"Type": "bind", "Source": file, "Destination": "/models/m.gguf"}]


@fault("gateway-unreachable", told="pulumi up --refresh")
def the_gateway_is_down(stack: Stack) -> None:
    stack.changes["serverUrl"] = NOTHING_LISTENS


@fault("gateway-foreign", told="ss -ltnp")
def another_program_answers_for_the_gateway(stack: Stack) -> None:
    stack.changes["serverUrl"] = stack.node.url


@fault("gateway-key", "endpoint-broken", told="serverApiKey")
def the_gateway_has_another_key(stack: Stack) -> None:
    stack.model.key = "another"


@fault("lane-not-ready", told=f"docker logs {SERVER}")
def a_lane_has_no_server(stack: Stack) -> None:
    stack.model.lanes["documents"] = "unavailable"


@fault("lane-not-ready", told="lane for queries")
def the_gateway_answers_429(stack: Stack) -> None:
    stack.model.fail(429, 1)


@fault("model-name", "endpoint-broken", told="another-model")
def the_server_has_another_model(stack: Stack) -> None:
    stack.model.models = ["another-model"]


@fault("server-vectors", told="modelDimensions")
def the_model_has_other_dimensions(stack: Stack) -> None:
    stack.model.width = 384


@fault("elasticsearch-unreachable", told="docker start")
def the_node_is_down(stack: Stack) -> None:
    stack.changes["elasticsearchUrl"] = NOTHING_LISTENS


@fault("elasticsearch-password", told="elasticsearch-reset-password")
def the_password_is_another_one(stack: Stack) -> None:
    stack.changes["elasticsearchPassword"] = "hunter2"


@fault("elasticsearch-privileges", told="index privilege write")
def the_credentials_may_only_read(stack: Stack) -> None:
    role = {"cluster": ["monitor", "manage_inference"], "indices": [{"names": ["*"], "privileges": ["read"]}]}
    made = stack.client.request("POST", "/_security/api_key", {"name": "r", "role_descriptors": {"r": role}})
    stack.changes |= {"elasticsearchApiKey": made["encoded"], "elasticsearchUser": ""}


@fault("elasticsearch-certificate", told="elasticsearchCaCertificate")
def the_certificate_is_another_one(stack: Stack) -> Iterator[None]:
    known, other = stack.folder / "known", stack.folder / "other"
    for folder in (known, other):
        folder.mkdir()
    yield from _behind(stack, make_certificate(other), make_certificate(known))


@fault("elasticsearch-certificate", told="certificate has expired")
def the_certificate_has_expired(stack: Stack) -> Iterator[None]:
    certificate = _expired(stack.folder)
    yield from _behind(stack, certificate, certificate)


def _behind(stack: Stack, shown: Certificate, trusted: Certificate) -> Iterator[None]:
    """Put the node behind a proxy that shows one certificate, while the stack trusts another."""
    with faulty_proxy(stack.node.url, shown) as proxy:
        stack.changes |= {
            "elasticsearchUrl": proxy.url,
            "elasticsearchVolume": "",
            "elasticsearchCaCertificate": trusted.path.read_text(),
        }
        yield


def _expired(folder: Path) -> Certificate:
    """Make a certificate for 127.0.0.1 that was valid on one day long ago."""
    (folder / "index.txt").touch()
    (folder / "serial").write_text("01")
    (folder / "openssl.cnf").write_text(
        "[ca]\ndefault_ca=here\n[here]\ndatabase=index.txt\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\n"
        "policy=any\nx509_extensions=names\n[any]\ncommonName=supplied\n[names]\nsubjectAltName=IP:127.0.0.1\n"
    )
    asked = "req -new -newkey rsa:2048 -nodes -subj /CN=es.test -keyout key.pem -out asked.pem"
    signed = "ca -batch -selfsign -config openssl.cnf -keyfile key.pem -in asked.pem -out signed.pem -notext"
    for command in (asked, f"{signed} -startdate 20200101000000Z -enddate 20200102000000Z"):
        subprocess.run(["openssl", *command.split()], check=True, capture_output=True, cwd=folder)
    path = folder / "certificate.pem"
    path.write_text((folder / "signed.pem").read_text() + (folder / "key.pem").read_text())
    return Certificate(path, "")


@fault("outputs-unreadable", told="has no output dims")
def an_output_is_missing_that_every_command_needs(stack: Stack) -> None:
    stack.changes["dims"] = MISSING


@fault("outputs-incomplete", told="dockerEngine")
def the_outputs_are_of_an_earlier_version(stack: Stack) -> None:
    stack.changes["dockerEngine"] = MISSING


@fault("outputs-outdated", told="quant")
def the_outputs_are_of_before_a_migration(stack: Stack) -> None:
    stack.changes["quant"] = "Q2_K"


@fault("outputs-outdated", told="jina-demo-32-f16-59cfacee-9")
def the_alias_was_moved_by_hand(stack: Stack) -> None:
    stack.changes["indexGeneration"] = "jina-demo-32-f16-59cfacee-9"
