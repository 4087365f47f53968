"""The ten demo documents and the five demo queries."""

from dataclasses import dataclass

from components.elasticsearch.documents.bulk import Document

DEMO_CONTENTS = (
    "To resolve an out-of-memory error in Kubernetes, increase the resource limits in your pod spec. "
    "Set resources.limits.memory to a higher value and redeploy. If the OOMKilled status persists, "
    "profile your application's heap usage to find the leak.",
    "SSH connections timing out are usually caused by firewalls dropping idle connections. Add "
    "ServerAliveInterval 60 to your ~/.ssh/config to send keepalive packets. If using a jump host, "
    "ensure the ProxyJump directive is configured correctly.",
    "PostgreSQL slow queries can often be fixed by adding appropriate indexes. Run EXPLAIN ANALYZE on"
    " the problematic query to identify sequential scans on large tables. Consider partial indexes if"
    " only a subset of rows is frequently queried.",
    "When a Docker container exits immediately after starting, check the entrypoint and command. Run "
    "docker logs <container_id> to see stderr output. Common causes include missing environment "
    "variables, incorrect file permissions, or a crashing application process.",
    "Rate limiting in API design protects backend services from abuse. Implement it using a token "
    "bucket or sliding window algorithm. Return HTTP 429 with a Retry-After header so clients know "
    "when to retry.",
    "Git merge conflicts occur when two branches modify the same lines. Use git diff to inspect the "
    "conflict markers, then manually resolve by choosing the correct version. Run git add on the "
    "resolved files and complete the merge with git commit.",
    "TLS certificate renewal with Let's Encrypt can be automated using certbot. Set up a cron job or "
    "systemd timer to run certbot renew twice daily. The command is idempotent and only renews "
    "certificates within 30 days of expiry.",
    "To reduce cold start latency in AWS Lambda, minimize the deployment package size, use "
    "provisioned concurrency for critical functions, and avoid heavyweight frameworks that increase "
    "initialization time.",
    "Cross-Origin Resource Sharing errors happen when a browser blocks requests to a different "
    "domain. Configure your server to return the Access-Control-Allow-Origin header. For APIs "
    "consumed by SPAs, you may also need to allow specific methods and headers via preflight "
    "responses.",
    "Elasticsearch cluster health turns yellow when replica shards are unassigned. This commonly "
    "happens in single-node clusters where replicas have no node to be allocated to. Set "
    "number_of_replicas to 0 for development, or add more nodes for production.",
)

DEMO_DOCUMENTS = tuple(
    Document(f"demo-{number:02}", content) for number, content in enumerate(DEMO_CONTENTS, start=1)
)


@dataclass(frozen=True)
class DemoQuery:
    """A question, the number of hits to ask for (`size`), and the id of the document that must come first."""

    text: str
    expected: str
    size: int = 1

    @property
    def document(self) -> Document:
        """The document that must come first."""
        return next(one for one in DEMO_DOCUMENTS if one.id == self.expected)


DEMO_QUERIES = (
    DemoQuery("my app keeps getting killed in the cluster", "demo-01", size=2),
    DemoQuery("database queries taking forever", "demo-03"),
    DemoQuery("our HTTPS certificate expired and the site is down", "demo-07"),
    DemoQuery("frontend app can't call the backend API from the browser", "demo-09"),
    DemoQuery("serverless function takes ages on first request", "demo-08"),
)
