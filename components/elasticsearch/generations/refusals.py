"""Texts of refusals: why an index is left alone, and what to do about it; in one place, so that they read alike."""

from collections.abc import Mapping, Sequence

from components.elasticsearch.generations.generation import Generation, LiveIndex, WantedIndex, new_name

PUT_BACK = (
    "\nAn index that was taken off elasticsearchAdditionalIndices has to be put back for that `pulumi up`; after it, "
    "take it off again, and `pulumi up` deletes it."
)


def documents(count: int) -> str:
    """Return "1 document" or "2 documents"."""
    return "1 document" if count == 1 else f"{count} documents"


def without_content(current: Generation, count: int) -> str:
    """Say that documents have an embedding but no content from which another embedding could be made."""
    return (
        f"{documents(count)} of {current.index} would end up without an embedding, because there is no content to "
        "embed again. Nothing was changed. Set the old values back (`pulumi config set`), or give those documents "
        "content, or delete them."
    )


def concrete_index(wanted: WantedIndex) -> str:
    """Say that an index has the alias's name, and how to put it behind the alias with its documents."""
    name = new_name(wanted, LiveIndex())
    return (
        f"{wanted.alias} is an index already, and this project keeps its indices behind an alias of that name. "
        f"Either choose another name in {wanted.setting}, or adopt the index with all its documents, provided that "
        f"they were embedded by {wanted.identity.model} with {wanted.identity.dims} dimensions:\n"
        f"  pulumi up --config elasticsearchAdopt={wanted.alias}\n"
        f"It is then called {name}, and {wanted.alias} is its alias."
    )


def closed_index(current: Generation) -> str:
    """Say that the index in use is closed, so that it can be neither read nor written."""
    return (
        f"{current.index} is closed, so that nothing can be read from it or written to it. Nothing was changed. Open "
        f"it (POST /{current.index}/_open), and run the command again."
    )


def index_of_sibling(one: Generation, alias: str) -> str:
    """Say that an alias of the stack leads to a generation of another one, which both would change and delete."""
    return (
        f"{alias} is an alias of {one.index}, which belongs to the index {one.alias} of this same stack. Nothing was "
        f"changed. Take that alias away (DELETE /{one.index}/_alias/{alias}), or choose another name in the settings."
    )


def unlike_index(current: Generation, wanted: WantedIndex) -> str:
    """Say that the alias points to an index that this project did not make and whose mapping differs."""
    return unlike_mapping(f"Alias {wanted.alias} points to {current.index}, which", current.vector, wanted)


def unlike_mapping(what: str, vector: Mapping[str, object], wanted: WantedIndex) -> str:
    """Say that `what`, the start of the sentence, was not made by this project and maps embeddings differently."""
    live = {key: vector.get(key) for key in ("type", "dims", "similarity")}
    identity = wanted.identity
    return (
        f"{what} was not made by this project, and its content_embedding is {live} where dims {identity.dims} and "
        f"similarity {identity.similarity} are wanted. "
        f"Set dims and elasticsearchSimilarity to those values, or choose another name in {wanted.setting}."
    )


def deletion(names: Sequence[str], at_stake: Mapping[str, int | None], where: str, *, several: bool) -> str:
    """Say how many documents of each index a deletion would delete, and which commands allow the deletion.

    `names` are the aliases to give up. `at_stake` maps index names to numbers of documents, None where they can't be
    counted. `where` begins the sentence. `several` says that the stack has several indices.
    """
    counted = sum(count or 0 for count in at_stake.values())
    listed = ", ".join(
        f"{index}, which can't be counted: it is closed or blocked, or shards of it are missing"
        if count is None
        else f"{count} in {index}"
        for index, count in sorted(at_stake.items())
    )
    what = documents(counted) if counted else "documents"
    return (
        f"{where} holds {what} that this stack did not put there ({listed}), and they would be deleted. "
        "None of them was. An index that is closed can be opened and looked at (POST /<index>/_open). If they may go:\n"
        f"  pulumi config set elasticsearchDeleteData {','.join(names)} && pulumi up && pulumi destroy"
        + (PUT_BACK if several else "")
    )
