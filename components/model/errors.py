"""What can go wrong with a model file, each with what to do about it."""

from components.errors import StackError


class ModelError(StackError):
    """The model file cannot be obtained, or is not what it should be."""


class AccessDeniedError(ModelError):
    """The Hub does not let this person (or anybody without a token) read the repository."""


class NotOnHubError(ModelError):
    """The Hub has no such repository, revision or file."""


class HubUnreachableError(ModelError):
    """The Hub did not answer, or a server answered that is not a Hub."""


class OfflineError(ModelError):
    """Requests to the Hub are switched off, and the file on this machine cannot replace the wanted one."""


class DiskFullError(ModelError):
    """The disk has no room for the file."""


class WrongContentError(ModelError):
    """The file's bytes are not those that were asked for."""


class DirectoryError(ModelError):
    """The folder for the file cannot be written to."""
