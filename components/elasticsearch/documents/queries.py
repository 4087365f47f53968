"""The five demo queries, each with the demo document that answers it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DemoQuery:
    """What somebody asks, `size` hits of which are asked for, and the id of the document expected first."""

    text: str
    expected: str
    size: int = 1


DEMO_QUERIES = (
    DemoQuery("my app keeps getting killed in the cluster", "demo-01", size=2),
    DemoQuery("database queries taking forever", "demo-03"),
    DemoQuery("our HTTPS certificate expired and the site is down", "demo-07"),
    DemoQuery("frontend app can't call the backend API from the browser", "demo-09"),
    DemoQuery("serverless function takes ages on first request", "demo-08"),
)
