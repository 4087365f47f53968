"""The arguments of `python -m jinactl`, and what they do."""

import argparse
import json
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from components.elasticsearch.client.client import Client
from components.elasticsearch.embedding.search import search_text
from components.errors import StackError
from jinactl.backups import back_up, listed, restore
from jinactl.errors import CommandError
from jinactl.ingest import ingest
from jinactl.mend import add_parser as add_mend
from jinactl.mend import mend
from jinactl.ndjson import read_documents
from jinactl.outputs import ASK, StackFacts, read_facts
from jinactl.same_identity import require_same_identity

EXAMPLES = """\
examples:
  (umask 077; pulumi stack output --json --show-secrets > outputs.json)   # it holds the passwords
  python -m jinactl ingest --outputs outputs.json documents.ndjson
  python -m jinactl search --outputs outputs.json "my app keeps getting killed"
  python -m jinactl mend --outputs outputs.json --dry-run --list
  python -m jinactl backup --outputs outputs.json
  python -m jinactl search --outputs <(pulumi stack output --json --show-secrets) "no file needed"
"""
FAILED, INTERRUPTED = 1, 130


def run(arguments: Sequence[str]) -> int:
    """Run the command and return its exit code: 0 done, 1 failed (the reason is on stderr), 2 wrong arguments."""
    asked = _parser().parse_args(arguments)
    try:
        facts = read_facts(asked.outputs)
        if asked.command == "ingest":
            _ingest(facts, asked.documents)
        elif asked.command == "mend":
            mend(facts, lambda line: print(line, file=sys.stderr), dry_run=asked.dry_run, listed=asked.list)
        elif asked.command == "backup":
            _back_up(facts, asked.keep, only_list=asked.list)
        elif asked.command == "restore":
            restore(facts, asked.snapshot, _tell)
        else:
            _search(facts, asked.query, asked.size, as_json=asked.json)
    except StackError as error:
        print(f"error: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("interrupted; running the command again goes on, and makes no document twice", file=sys.stderr)
        return INTERRUPTED
    return 0


def _ingest(facts: StackFacts, documents: str) -> None:
    source = "standard input" if documents == "-" else documents
    try:
        with nullcontext(sys.stdin) if documents == "-" else Path(documents).open(encoding="utf-8") as lines:
            ingest(facts, read_documents(lines, source), _tell)
    except UnicodeDecodeError as error:
        raise CommandError(f"{source} is not UTF-8 text ({error.reason}).") from error
    except OSError as error:
        raise CommandError(f"{source} cannot be read: {error.strerror}.") from error


def _back_up(facts: StackFacts, keep: int, *, only_list: bool) -> None:
    if only_list:
        print(*listed(facts), sep="\n")
    else:
        back_up(facts, keep, _tell)


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _search(facts: StackFacts, query: str, size: int, *, as_json: bool) -> None:
    with Client(facts.connection) as client:
        # A migration to other dims may be about to move the alias, or have done so: that is no reason to refuse.
        require_same_identity(client, facts, except_for=["dims"])
        hits = search_text(client, facts.index, facts.embedder, query, size)
    for hit in hits:
        if as_json:
            print(
                json.dumps({"_id": hit.id, "_score": hit.score, "content": hit.content}, ensure_ascii=False)
            )
        else:
            print(f"{hit.score:.4f}  {hit.id}  {hit.content}")
    if not hits:
        print(f"nothing found: {facts.index} holds no documents with vectors", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m jinactl",
        description="Puts documents into the index of a stack that is up, searches them by meaning, and backs them up.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    outputs = argparse.ArgumentParser(add_help=False)
    outputs.add_argument(
        "--outputs", required=True, type=Path, help=f"file or pipe with what {ASK} prints", metavar="FILE"
    )
    ingesting = commands.add_parser(
        "ingest",
        parents=[outputs],
        help="put documents into the index",
        description="Puts documents into the index. Each line is one, as JSON with `content`, optionally `_id`, "
        "and any other fields. Doing it twice makes no document twice.",
    )
    ingesting.add_argument("documents", help="file with a document in each line; - for standard input")
    add_mend(commands, outputs)
    searching = commands.add_parser("search", parents=[outputs], help="search by meaning")
    searching.add_argument("query", help="what to look for, in words")
    searching.add_argument("--size", type=_size, default=3, help="number of documents (default 3)")
    searching.add_argument("--json", action="store_true", help="print a line of JSON for each document")
    _add_backups(commands, outputs)
    return parser


def _add_backups(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", outputs: argparse.ArgumentParser
) -> None:
    backing_up = commands.add_parser(
        "backup",
        parents=[outputs],
        help="back up the stack's own node",
        description="Backs up all indices of the stack's own node into its volume of backups.",
    )
    backing_up.add_argument("--keep", type=_count, default=7, help="backups to keep (default 7)")
    backing_up.add_argument("--list", action="store_true", help="only list the backups that are there")
    restoring = commands.add_parser(
        "restore",
        parents=[outputs],
        help="restore a backup into a stack that is up",
        description="Restores a backup, verifies it, and puts it behind the stack's alias. Refuses when the "
        "alias leads to documents of yours.",
    )
    restoring.add_argument("--snapshot", default="", help="name of the backup (default: the newest)")


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f'"{text}" must be a whole number of at least 1')
    return int(text)


def _size(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 10_000:  # Elasticsearch's own limit
        raise argparse.ArgumentTypeError(f'"{text}" must be a whole number from 1 to 10000')
    return int(text)
