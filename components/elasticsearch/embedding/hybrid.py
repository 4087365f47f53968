"""Fuses the rankings by meaning and by words: in Elasticsearch where its license has that, else here."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

from components.elasticsearch.client.client import Requests
from components.elasticsearch.embedding.fusion import Ranked, fuse
from components.elasticsearch.embedding.hits import Hit, Side, read_hit
from components.elasticsearch.embedding.queries import Question, fetch_body, ranking_bodies, retriever_body
from components.elasticsearch.errors import ElasticsearchError, LicenseError, RefusedError

BY_ELASTICSEARCH = "the rrf retriever of Elasticsearch"
BY_THIS_PROGRAM = "this program"
KEPT = "1m"
"""How long a point in time outlives a program that was killed."""

Request = tuple[str, Mapping[str, Any]]


@dataclass(frozen=True)
class FusedHits:
    """The hits, best first, what fused them, and the searches that were sent."""

    hits: list[Hit]
    by: str
    requests: list[Request]


@dataclass(frozen=True)
class _Ranking:
    """One of the two rankings: its documents, and the score of each by its id."""

    ranked: list[Ranked]
    scores: Mapping[str, float]

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> "_Ranking":
        found = answer["hits"]["hits"]
        ranked = [Ranked(str(one["_id"]), int(one["sort"][-1])) for one in found]
        return cls(ranked, {str(one["_id"]): float(one["_score"]) for one in found})

    def sides(self) -> dict[str, Side]:
        return {one.id: Side(rank, self.scores[one.id]) for rank, one in enumerate(self.ranked, start=1)}


def ask(client: Requests, index: str, question: Question, *, sides: bool) -> FusedHits:
    """Return the documents that are best in both rankings; with `sides`, their ranks and scores in each.

    Raises an ElasticsearchError when there is no answer.
    """
    path, body = f"/{index}/_search", retriever_body(question)
    try:
        answer = client.request("POST", path, body)
    except (LicenseError, RefusedError) as error:
        # Asked first and not looked up, since reading the license takes a privilege that a search does not need.
        if not _lacks_retriever(error):
            raise
        return _fuse_here(client, index, question)
    hits = [read_hit(one) for one in answer["hits"]["hits"]]
    if not sides:
        return FusedHits(hits, BY_ELASTICSEARCH, [(path, body)])
    with _point_in_time(client, index) as pit:
        rankings, requests = _rank(client, question, pit)
    return FusedHits(_with_sides(hits, rankings), BY_ELASTICSEARCH, [(path, body), *requests])


def _fuse_here(client: Requests, index: str, question: Question) -> FusedHits:
    with _point_in_time(client, index) as pit:
        rankings, requests = _rank(client, question, pit)
        fused = fuse([ranking.ranked for ranking in rankings], question.size)
        if not fused:
            return FusedHits([], BY_THIS_PROGRAM, requests)
        body = fetch_body(question, pit, [one.id for one in fused])
        found = client.request("POST", "/_search", body)["hits"]["hits"]
    by_id = {hit.id: hit for hit in map(read_hit, found)}
    hits = [replace(by_id[one.id], score=one.score) for one in fused]
    return FusedHits(_with_sides(hits, rankings), BY_THIS_PROGRAM, requests)


def _rank(client: Requests, question: Question, pit: str) -> tuple[list[_Ranking], list[Request]]:
    bodies = ranking_bodies(question, pit)
    rankings = [_Ranking.of(client.request("POST", "/_search", body)) for body in bodies]
    return rankings, [("/_search", body) for body in bodies]


def _with_sides(hits: Sequence[Hit], rankings: Sequence[_Ranking]) -> list[Hit]:
    semantic, text = (ranking.sides() for ranking in rankings)
    return [replace(hit, semantic=semantic.get(hit.id), text=text.get(hit.id)) for hit in hits]


@contextmanager
def _point_in_time(client: Requests, index: str) -> Iterator[str]:
    """Hold the index as it is: a document's number in its shard, which breaks ties, is the same in every search."""
    pit = str(client.request("POST", f"/{index}/_pit", query={"keep_alive": KEPT})["id"])
    try:
        yield pit
    finally:
        with suppress(ElasticsearchError):  # it ends by itself
            client.request("DELETE", "/_pit", {"id": pit})


def _lacks_retriever(error: LicenseError | RefusedError) -> bool:
    """Tell whether it was refused for want of the retriever: by the license, or where it is not installed."""
    if isinstance(error, LicenseError):
        return True
    told = " ".join((error.reason, *error.causes))
    return "[rrf]" in told and ("unknown" in told.lower() or "not supported" in told)
