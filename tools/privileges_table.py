"""Writes the table of privileges in README.md from components/elasticsearch/cluster/privileges.py: `make settings`."""

import json
import sys
from pathlib import Path

from components.elasticsearch.cluster import privileges

PROJECT_DIRECTORY = Path(__file__).resolve().parent.parent
BEGIN = "<!-- privileges: made by `make settings` from components/elasticsearch/cluster/privileges.py -->"
END = "<!-- end of privileges -->"

ALIAS = "jina-demo"
WHEN = {
    "always": "always",
    "inference": "with `elasticsearchEmbedding: inference`, and once more to leave it",
    "change of license": "once, with `elasticsearchStartTrial`",
}


def privileges_table() -> str:
    """Return the Markdown table of all privileges, and the request that makes a key which has those of the defaults."""
    own = f"`{ALIAS}` and `{ALIAS}-*`"
    cluster = [f"| cluster | `{one.name}` | {one.purpose} | {WHEN[one.when]} |" for one in privileges.CLUSTER]
    index = [
        f"| index, on {'`*`' if one.everywhere else own} | `{one.name}` | {one.purpose} | always |"
        for one in privileges.INDEX
    ]
    key = json.dumps(privileges.Needed(aliases=[ALIAS]).key())
    return "\n".join(
        [
            "| kind | privilege | what for | when |",
            "| --- | --- | --- | --- |",
            *cluster,
            *index,
            "",
            "```",
            "POST /_security/api_key",
            key,
            "```",
        ]
    )


def with_table(readme: str) -> str:
    """Return the text of the README with what is between its two marks made anew."""
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{privileges_table()}\n{END}{after}"


def main() -> int:
    """Rewrite README.md."""
    readme = PROJECT_DIRECTORY / "README.md"
    readme.write_text(with_table(readme.read_text()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
