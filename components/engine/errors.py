"""What can go wrong with the Docker engine, each with what to do about it."""

from components.errors import StackError


class EngineError(StackError):
    """The engine did not do what it was asked; the message says what it answered."""


class EngineTimeoutError(EngineError):
    """The engine, or what it was asked to run, took too long."""


class NotListeningError(EngineError):
    """Nothing in the container listens on the port, or the container does not run."""


class NoEngineError(EngineError):
    """No engine answers, for the reason `said`."""

    def __init__(self, said: str) -> None:
        self.said = said
        super().__init__(
            f"No Docker engine answers, so whether it is the one that this stack lives on is not known: {said}\n"
            "Start it, or correct its address (DOCKER_HOST, or the setting docker:host), and run this again."
        )


class AnotherEngineError(EngineError):
    """The engine that answers has the id `found`, and the one that the stack lives on has `known`."""

    def __init__(self, *, found: str, known: str) -> None:
        super().__init__(
            "The Docker engine that answers is not the one that this stack lives on; nothing was changed.\n"
            f"It has the id {found}, and the stack's has {known} (`docker info --format '{{{{.ID}}}}'`).\n"
            "The containers and volumes of the stack, with their data, are there and not here.\n"
            "- Asked by mistake? Correct DOCKER_HOST, or the setting docker:host, and run this again.\n"
            "- To move to this engine: `pulumi destroy` while the stack's answers, with a backup of the documents "
            "before\n  (`jinactl backup`), then `pulumi up` here.\n"
            f"- If the stack's is gone for good: pulumi config set dockerEngine {found}\n"
            "  then `pulumi up --target '**::engine'`, and `pulumi up --refresh`, which makes here what is not here."
        )


class PlatformUnknownError(EngineError):
    """The engine did not tell its platform, for the reason `said`."""

    def __init__(self, said: str) -> None:
        super().__init__(
            f"The platform of the Docker engine, for which images are built, can't be found out: {said}\n"
            "Start the engine, or correct its address (DOCKER_HOST, or the setting docker:host); or set imagePlatform, "
            "to linux/amd64 or linux/arm64."
        )
