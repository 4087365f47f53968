"""What can go wrong with an image and the source of llama.cpp, each with what to do about it."""

from components.errors import StackError


class SourceError(StackError):
    """The commit to build could not be found out."""


class GitMissingError(SourceError):
    """There is no git on this machine."""


class RepositoryUnreachableError(SourceError):
    """The repository did not answer, does not exist, or needs a login."""


class NoSuchRefError(SourceError):
    """The repository has no such branch, tag or commit."""


class RecipeError(StackError):
    """A file that an image is built from can't be read."""
