"""Declares the claim that keeps the model file in the cluster."""

from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_kubernetes.batch.v1 import Job
from pulumi_kubernetes.core.v1 import PersistentVolumeClaim

from components.kubernetes import model_volume, pod
from components.kubernetes.labels import NAME
from components.kubernetes.model_volume import ModelSource
from components.kubernetes.surroundings import Surroundings
from components.platform.interface import Model
from components.settings import Settings

CLAIM = "models"
DIGITS = 8
FETCHED_WITHIN = "60m"
TRIES = 3


@dataclass(frozen=True, kw_only=True)
class ModelClaimArgs:
    """What fills the claim: the model, and the gateway's image, whose program fetches the file."""

    settings: Settings
    gateway_image: pulumi.Input[str]
    model: Model
    surroundings: Surroundings


class ModelClaim(pulumi.ComponentResource):
    """The claim with the model file, `claim_name`: the one of the settings as it is, or one that a Job fills once.

    Servers on several nodes read it, so its class must have the mode ReadWriteMany.
    """

    claim_name: pulumi.Output[str]

    def __init__(self, name: str, args: ModelClaimArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("jina:kubernetes:ModelClaim", name, None, opts)
        self._args = args
        there = args.settings.kubernetes.model_claim
        if there:
            self.claim_name = pulumi.Output.from_input(there)
        else:
            self.claim_name = self._claim(name)
            self._fill(name)
        self.register_outputs({"claim_name": self.claim_name})

    def _claim(self, name: str) -> pulumi.Output[str]:
        kubernetes = self._args.settings.kubernetes
        spec: Any = {
            "accessModes": ["ReadWriteMany"],
            "resources": {"requests": {"storage": kubernetes.model_storage}},
            **({"storageClassName": kubernetes.storage_class} if kubernetes.storage_class else {}),
        }
        claim = PersistentVolumeClaim(
            name,
            # A class that waits for the first pod binds it no sooner.
            metadata=self._args.surroundings.metadata(
                "model", CLAIM, annotations={"pulumi.com/skipAwait": "true"}
            ),
            spec=spec,
            # The class that the cluster chose is read back.
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["spec.storageClassName"]),
        )
        return claim.metadata.apply(lambda made: str(made.name))

    def _fill(self, name: str) -> None:
        """Fetch the file into the claim; a Job can't be changed, so another file is another Job."""
        args = self._args
        known = pulumi.Output.all(
            image=args.gateway_image,
            commit=args.model.revision,
            sha256=args.model.sha256,
            claim=self.claim_name,
        )
        named = pulumi.Output.from_input(args.model.sha256).apply(lambda digest: f"model-{digest[:DIGITS]}")
        spec: Any = {"backoffLimit": TRIES, "template": known.apply(self._template)}
        Job(
            name,
            metadata=args.surroundings.metadata("model", named),
            spec=spec,
            opts=pulumi.ResourceOptions(
                parent=self,
                # What has run need not run again for another image of the program; a Job can't be changed in place.
                ignore_changes=["spec"],
                custom_timeouts=pulumi.CustomTimeouts(create=FETCHED_WITHIN),
            ),
        )

    def _template(self, values: dict[str, Any]) -> Any:
        surroundings = self._args.surroundings
        source = ModelSource(settings=self._args.settings.model, **values)
        labels = {**surroundings.labels, NAME: "model"}
        return {
            "metadata": {"labels": labels},
            "spec": {
                **pod.common(labels, surroundings.pull_secrets),
                **pod.placement(self._args.settings.kubernetes),
                "restartPolicy": "OnFailure",
                "containers": [model_volume.prepare(source, fetch=True)],
                "volumes": model_volume.volumes(source, fetch=True),
            },
        }
