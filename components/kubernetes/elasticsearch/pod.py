"""What the pod of the stack's own Elasticsearch node looks like, as plain functions of the settings.

It is the container of components.elasticsearch.node.container by the rules of Kubernetes' Pod Security level
`restricted`. The official image takes its password from a file of mode 400 or 600 alone, following links, and the
files of a Secret have wider modes where the pod has a group: so a container that runs first copies it.
"""

from collections.abc import Sequence

import pulumi
from pulumi_kubernetes.core.v1 import (
    CapabilitiesArgs,
    ContainerArgs,
    ContainerPortArgs,
    EmptyDirVolumeSourceArgs,
    EnvVarArgs,
    ExecActionArgs,
    LocalObjectReferenceArgs,
    PersistentVolumeClaimVolumeSourceArgs,
    PodSecurityContextArgs,
    PodSpecArgs,
    ProbeArgs,
    ResourceRequirementsArgs,
    SeccompProfileArgs,
    SecretVolumeSourceArgs,
    SecurityContextArgs,
    VolumeArgs,
    VolumeMountArgs,
)

from components.container.health import http_request
from components.elasticsearch.node import container
from components.settings import ElasticsearchSettings

CONTAINER = "elasticsearch"
USER, GROUP = map(int, container.USER.split(":"))
VOLUMES_GROUP = 1000
"""Group that owns the volumes' files, whichever the image's folders have: the user's own."""

SECRET_KEY = "password"  # noqa: S105 (the name of a key)
GIVEN = "/run/secrets/given"
"""Where the Secret is, for the container that copies it."""

COPIED = "/run/secrets/elasticsearch"
"""Where the copy is, in memory."""

CPU = "250m"
"""CPUs that the node is promised; it takes what others leave idle."""

COPY_MEMORY = "32Mi"
LOOKED_EVERY = 5
"""Seconds between two looks at the node."""


def pod(
    settings: ElasticsearchSettings,
    *,
    data: pulumi.Input[str],
    backups: pulumi.Input[str],
    secret: pulumi.Input[str],
    pull_secrets: Sequence[str],
) -> PodSpecArgs:
    """Return the pod: `data` and `backups` are names of claims, `secret` that of the Secret with its first password."""
    claims = {"data": data, "backups": backups}
    return PodSpecArgs(
        security_context=PodSecurityContextArgs(
            run_as_non_root=True,
            run_as_user=USER,
            run_as_group=GROUP,
            fs_group=VOLUMES_GROUP,
            # The data may be many files, which need not be looked at before every start.
            fs_group_change_policy="OnRootMismatch",
            seccomp_profile=SeccompProfileArgs(type="RuntimeDefault"),
        ),
        automount_service_account_token=False,
        enable_service_links=False,
        image_pull_secrets=[LocalObjectReferenceArgs(name=name) for name in pull_secrets] or None,
        termination_grace_period_seconds=container.STOPPED_AFTER,
        init_containers=[_copy(settings)],
        containers=[_node(settings)],
        volumes=[
            *(
                VolumeArgs(
                    name=name, persistent_volume_claim=PersistentVolumeClaimVolumeSourceArgs(claim_name=claim)
                )
                for name, claim in claims.items()
            ),
            VolumeArgs(name="given", secret=SecretVolumeSourceArgs(secret_name=secret, default_mode=0o440)),
            VolumeArgs(
                name="password", empty_dir=EmptyDirVolumeSourceArgs(medium="Memory", size_limit="1Mi")
            ),
        ],
    )


def _copy(settings: ElasticsearchSettings) -> ContainerArgs:
    """Return what copies the password into a file that only the node's user may read."""
    return ContainerArgs(
        name="password",
        image=settings.image,
        command=["sh", "-c", f"umask 077 && cat {GIVEN}/{SECRET_KEY} > {COPIED}/{SECRET_KEY}"],
        security_context=_security(read_only_root=True),
        resources=ResourceRequirementsArgs(
            requests={"cpu": "10m", "memory": COPY_MEMORY}, limits={"memory": COPY_MEMORY}
        ),
        volume_mounts=[
            VolumeMountArgs(name="given", mount_path=GIVEN, read_only=True),
            VolumeMountArgs(name="password", mount_path=COPIED),
        ],
    )


def _node(settings: ElasticsearchSettings) -> ContainerArgs:
    environment = {
        **container.environment(settings),
        "ELASTIC_PASSWORD_FILE": f"{COPIED}/{SECRET_KEY}",
    }
    memory = f"{settings.memory}Mi"
    return ContainerArgs(
        name=CONTAINER,
        image=settings.image,
        env=[EnvVarArgs(name=name, value=value) for name, value in sorted(environment.items())],
        ports=[ContainerPortArgs(name="http", container_port=container.PORT)],
        # It keeps its passwords' file, its log and its temporary files in folders of the image.
        security_context=_security(read_only_root=False),
        resources=ResourceRequirementsArgs(
            requests={"cpu": CPU, "memory": memory}, limits={"memory": memory}
        ),
        startup_probe=_probe(failures=container.READY_WITHIN // LOOKED_EVERY),
        # None for its life: one that is only slow must not be killed, and one that fails ends by itself.
        readiness_probe=_probe(failures=3),
        volume_mounts=[
            VolumeMountArgs(name="data", mount_path=container.DATA),
            VolumeMountArgs(name="backups", mount_path=container.BACKUPS),
            VolumeMountArgs(name="password", mount_path=COPIED, read_only=True),
        ],
    )


def _probe(*, failures: int) -> ProbeArgs:
    """Ask the node whether it answers; a request by Kubernetes itself would take 401 for a failure."""
    request = http_request(
        container.PORT, "/", answer_within=container.ANSWER_WITHIN, healthy=container.HEALTHY
    )
    return ProbeArgs(
        exec_=ExecActionArgs(command=["bash", "-c", request]),
        period_seconds=LOOKED_EVERY,
        timeout_seconds=container.ANSWER_WITHIN + 2,
        failure_threshold=failures,
    )


def _security(*, read_only_root: bool) -> SecurityContextArgs:
    return SecurityContextArgs(
        allow_privilege_escalation=False,
        capabilities=CapabilitiesArgs(drop=["ALL"]),
        read_only_root_filesystem=read_only_root,
    )
