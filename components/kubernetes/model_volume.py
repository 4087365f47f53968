"""How the model file reaches the pods of servers, as parts of their manifest.

A container of the gateway's image, which has Python, puts the file into place before the server starts, and looks at
its SHA-256 at every start. With modelDelivery `fetch` it fetches the file into a folder of the pod; with `claim` a
volume has it.
"""

from dataclasses import dataclass

from components.kubernetes.pod import Manifest, security
from components.server.container import MODELS
from components.settings import ModelSettings

HUB = "https://huggingface.co"
TOKEN_FOLDER = "/run/secrets/hub"  # noqa: S105 (a folder)
TOKEN_KEY = "token"  # noqa: S105 (the name of a key)
VOLUME = "models"

MEMORY = "128Mi"
"""What the program needs that fetches the file; what it has read or written beyond that can be forgotten."""


@dataclass(frozen=True, kw_only=True)
class ModelSource:
    """The file: its content (`sha256`), the commit that has it, and the claim with it, empty where pods fetch it.

    `image` is the gateway's.
    """

    image: str
    settings: ModelSettings
    commit: str
    sha256: str
    claim: str


def prepare(source: ModelSource, *, fetch: bool) -> Manifest:
    """Return the container that puts the file into place, or only looks whether it is right."""
    settings = source.settings
    variables = {
        "MODEL_FILE": settings.file,
        "MODEL_SHA256": source.sha256,
        "MODEL_FOLDER": MODELS,
        "MODEL_FETCH": "true" if fetch else "false",
    }
    mounts = [{"name": VOLUME, "mountPath": MODELS, **({} if fetch else {"readOnly": True})}]
    if fetch:
        variables |= {
            "MODEL_ENDPOINT": settings.hub_endpoint or HUB,
            "MODEL_REPOSITORY": settings.repository,
            "MODEL_COMMIT": source.commit,
        }
        if settings.token_secret:
            variables["MODEL_TOKEN_FILE"] = f"{TOKEN_FOLDER}/{TOKEN_KEY}"
            mounts.append({"name": "token", "mountPath": TOKEN_FOLDER, "readOnly": True})
    return {
        "name": "model",
        "image": source.image,
        "command": ["python3", "-m", "model_fetch"],
        "env": [{"name": name, "value": value} for name, value in sorted(variables.items())],
        "securityContext": security(),
        "resources": {"requests": {"cpu": "100m", "memory": MEMORY}},
        "volumeMounts": mounts,
    }


def volumes(source: ModelSource, *, fetch: bool) -> list[Manifest]:
    """Return the volumes of that container: the folder with the file, and the Hub's token where there is one."""
    folder: Manifest = {"name": VOLUME}
    if source.claim:
        folder["persistentVolumeClaim"] = {"claimName": source.claim, **({} if fetch else {"readOnly": True})}
    else:
        folder["emptyDir"] = {}
    token = source.settings.token_secret
    if not (fetch and token):
        return [folder]
    items = [{"key": TOKEN_KEY, "path": TOKEN_KEY}]
    secret = {"secretName": token, "defaultMode": 0o440, "items": items}
    return [folder, {"name": "token", "secret": secret}]


def mount() -> Manifest:
    """Return the mount of the folder for the server."""
    return {"name": VOLUME, "mountPath": MODELS, "readOnly": True}
