"""Debian's package descriptions: the short one is the query, the long one the document, in several languages.

They come by apt from whatever mirrors this machine uses, into a folder of their own, and nothing is installed.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from components.elasticsearch.documents.bulk import Document
from jinactl.evaluate.queries import Query
from jinactl.evaluate.task import Task
from sandbox.machine.cache import entry
from sandbox.machine.process import run

LANGUAGES = {"en": "English", "de": "German", "fr": "French", "ja": "Japanese"}
SHORTEST = 80
"""Characters of a long description that says something."""

APT = """\
#clear Acquire::Languages;
Acquire::Languages {{ {languages} }};
Acquire::GzipIndexes "false";
Acquire::IndexTargets::deb::Packages::DefaultEnabled "false";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Dir::State::Lists "{folder}/lists";
Dir::Cache "{folder}/cache";
"""


@dataclass(frozen=True)
class Description:
    """What Debian says of a package in one language."""

    short: str
    long: str


Descriptions = Mapping[str, Mapping[str, Description]]
"""By language and package."""


def fetch(cache: Path, version: str) -> Path:
    """Return the folder of apt's lists with the descriptions; `version` names the day they are of."""

    def build(folder: Path) -> None:
        (folder / "lists" / "partial").mkdir(parents=True)
        languages = " ".join(f'"{one}";' for one in LANGUAGES)
        file = folder / "apt.conf"
        file.write_text(APT.format(languages=languages, folder=folder))
        run(["apt-get", "--config-file", file, "update", "-qq"], cache / "descriptions.log")

    return entry(cache, f"descriptions/{version}", build) / "lists"


def read(lists: Path, most: int) -> Descriptions:
    """Return, by language and package, the descriptions of at most `most` packages that have one in every language.

    Which, the digests of their names decide. Of packages with the same text in a language, one is taken.
    """
    by_language = {language: _of_language(lists, language) for language in LANGUAGES}
    common = set.intersection(*(set(found) for found in by_language.values()))
    chosen: list[str] = []
    seen: dict[str, set[str]] = {language: set() for language in LANGUAGES}
    for key in sorted(common, key=lambda one: hashlib.sha256(one.encode()).digest()):
        texts = {language: by_language[language][key] for language in LANGUAGES}
        if any(one.long in seen[language] or one.short in seen[language] for language, one in texts.items()):
            continue
        for language, one in texts.items():
            seen[language] |= {one.long, one.short}
        chosen.append(key)
        if len(chosen) == most:
            break
    return {language: {key: found[key] for key in chosen} for language, found in by_language.items()}


def task(descriptions: Descriptions, queries: str, documents: str, most: int) -> Task:
    """Return the search with at most `most` short descriptions of one language for the long ones of another."""
    asked = list(descriptions[queries].items())[:most]
    texts = [Document(key, one.long) for key, one in sorted(descriptions[documents].items())]
    return Task(
        documents=texts,
        queries=[Query(key, one.short) for key, one in asked],
        judgements={key: {key: 1} for key, _ in asked},
        of=len(texts),
    )


def _of_language(lists: Path, language: str) -> dict[str, Description]:
    """Read the largest file of the language: that of the release itself, not of its updates."""
    file = max(lists.glob(f"*_i18n_Translation-{language}"), key=lambda one: one.stat().st_size)
    found: dict[str, Description] = {}
    for stanza in file.read_text(encoding="utf-8").split("\n\n"):
        key, description = _read_stanza(stanza.splitlines(), language)
        if key and len(description.long) >= SHORTEST:
            found[key] = description
    return found


def _read_stanza(lines: Sequence[str], language: str) -> tuple[str, Description]:
    name, digest, short = "", "", ""
    rest: list[str] = []
    for line in lines:
        if line.startswith("Package: "):
            name = line.removeprefix("Package: ")
        elif line.startswith("Description-md5: "):
            digest = line.removeprefix("Description-md5: ")
        elif line.startswith(f"Description-{language}: "):
            short = line.removeprefix(f"Description-{language}: ")
        elif line.startswith(" "):
            rest.append("" if line.strip() == "." else line.strip())
    long = "\n".join(_paragraphs(rest))
    # The digest is that of the English text: only what is a translation of the same text is the same document.
    return (f"{name}:{digest}" if name and digest and short else ""), Description(short.strip(), long)


def _paragraphs(lines: Sequence[str]) -> Iterator[str]:
    for paragraph in "\n".join(lines).split("\n\n"):
        yield " ".join(paragraph.split())
