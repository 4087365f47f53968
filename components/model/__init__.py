"""The model file: from the Hugging Face Hub to this machine, verified."""

from components.model.component import ModelDownload, ModelDownloadArgs

__all__ = ["ModelDownload", "ModelDownloadArgs"]
