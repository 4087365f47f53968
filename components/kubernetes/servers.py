"""Declares the llama-servers of a stack in a cluster."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.kubernetes.gateway import KubernetesGateway
from components.kubernetes.lane import KubernetesLane, KubernetesLaneArgs
from components.kubernetes.model_claim import ModelClaim, ModelClaimArgs
from components.kubernetes.surroundings import Surroundings
from components.platform.interface import Image, Model, Servers
from components.settings import Settings
from components.settings.lanes import lanes


@dataclass(frozen=True, kw_only=True)
class KubernetesServersArgs:
    """What the servers are made from; `key_secret` is the name of the Secret with the API key, empty without one."""

    settings: Settings
    image: Image
    gateway_image: pulumi.Input[str]
    model: Model
    key_secret: pulumi.Input[str]
    gateway: KubernetesGateway
    surroundings: Surroundings


class KubernetesServers(Servers):
    """The servers as Deployments, one for each lane; their names are those of the Deployments."""

    def __init__(
        self, name: str, args: KubernetesServersArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("jina:kubernetes:Servers", name, None, opts)
        claim: pulumi.Input[str] = ""
        before: list[pulumi.Resource] = []
        if args.settings.model.delivery == "claim":
            filled = self._claim(name, args)
            claim = filled.claim_name
            before.append(filled)
        servers = [
            KubernetesLane(
                f"{name}-{lane.name}",
                KubernetesLaneArgs(
                    settings=args.settings,
                    lane=lane,
                    image=args.image,
                    gateway_image=args.gateway_image,
                    model=args.model,
                    claim=claim,
                    key_secret=args.key_secret,
                    gateway=args.gateway,
                    surroundings=args.surroundings,
                ),
                pulumi.ResourceOptions(parent=self),
                after=before,
            )
            for lane in lanes(args.settings.server)
        ]
        self.container_name, self.query_container_name = servers[0].name, servers[-1].name
        self.checked = _first([server.checked for server in servers])
        self.register_outputs({"container_name": self.container_name, "checked": self.checked})

    def _claim(self, name: str, args: KubernetesServersArgs) -> ModelClaim:
        return ModelClaim(
            f"{name}-model",
            ModelClaimArgs(
                settings=args.settings,
                gateway_image=args.gateway_image,
                model=args.model,
                surroundings=args.surroundings,
            ),
            pulumi.ResourceOptions(parent=self),
        )


def _first(said: Sequence[pulumi.Output[str]]) -> pulumi.Output[str]:
    """Return what the first check saw, once all have seen something."""
    return pulumi.Output.all(*said).apply(lambda all_said: str(all_said[0]))
