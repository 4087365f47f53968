"""Declares which Docker engine a stack lives on."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.engine.dynamic.identity import EngineIdentityResource
from components.program.declaration import engine_environment, run_at_deletion
from components.settings import EngineSettings


@dataclass(frozen=True, kw_only=True)
class StackEngineArgs:
    """`settings` say how the engine is reached, and which one it is to be."""

    settings: EngineSettings


class StackEngine(pulumi.ComponentResource):
    """The engine that the stack was made on; whatever is on it depends on this, and so never goes to another.

    `engine_id` is its id; `guard` stands before a destruction.
    """

    engine_id: pulumi.Output[str]

    def __init__(self, name: str, args: StackEngineArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("jina:engine:StackEngine", name, None, opts)
        self._environment = engine_environment(args.settings)
        inputs = {
            "environment": self._environment,
            "wanted": args.settings.id,
            "preview": pulumi.runtime.is_dry_run(),
        }
        self._identity = EngineIdentityResource(name, inputs, pulumi.ResourceOptions(parent=self))
        self.engine_id = self._identity.engine_id
        self.register_outputs({"engine_id": self.engine_id})

    def guard(self, name: str, after: Sequence[pulumi.Resource]) -> None:
        """Refuse a destruction on another engine before any of it: `after` is what nothing else depends on."""
        run_at_deletion(
            name,
            "engine_check",
            environment={**self._environment, "ENGINE_CHECK_ID": self._identity.engine_id},
            # No child of this: what depends on the engine would depend on what depends on all of it.
            opts=pulumi.ResourceOptions(depends_on=list(after)),
        )
