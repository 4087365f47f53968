"""Makes the table of privileges from components/elasticsearch/cluster/privileges.py."""

import json

from components.elasticsearch.cluster import privileges

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
    key = json.dumps(privileges.Needed(aliases=[ALIAS]).key(), indent=2)
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
