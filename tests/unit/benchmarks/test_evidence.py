"""The evidence is made of what apt and gensim really carry, and goes between the marks of its page."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.evidence import debian, news
from benchmarks.evidence.page import PAGE, renewed
from benchmarks.evidence.report import OF_THE_SANDBOX, subject
from jinactl.outputs import ServedModel

LONG = " A program that draws cows on the terminal, and lets them say things.\n .\n It can think them, too."


def stanza(name: str, language: str, short: str, long: str = LONG, digest: str = "d1") -> str:
    return f"Package: {name}\nDescription-md5: {digest}\nDescription-{language}: {short}\n{long}\n"


@pytest.fixture
def lists(tmp_path: Path) -> Path:
    for language in debian.LANGUAGES:
        other = LONG.replace("cows", f"{language} ducks")
        stanzas = [
            stanza("cowsay", language, f"{language} cow", LONG.replace("cows", f"{language} cows")),
            stanza("ducksay", language, f"{language} duck", other),
            stanza("ducksay-twin", language, f"{language} duck twin", other),
            stanza("tiny", language, "short", " Little."),
            stanza("another", language, "other", digest=f"of {language}"),
        ]
        (tmp_path / f"mirror_dists_stable_main_i18n_Translation-{language}").write_text("\n".join(stanzas))
        (tmp_path / f"mirror_dists_updates_main_i18n_Translation-{language}").write_text("")
    return tmp_path


def test_packages_with_a_text_of_their_own_in_every_language_are_taken(lists: Path) -> None:
    found = debian.read(lists, 10)

    names = [key.partition(":")[0] for key in found["en"]]
    assert "cowsay" in names
    assert len(names) == len({"ducksay", "ducksay-twin"} & set(names)) + 1 == 2
    assert found["ja"]["cowsay:d1"] == debian.Description(
        "ja cow",
        "A program that draws ja cows on the terminal, and lets them say things.\nIt can think them, too.",
    )
    assert list(found["en"]) == list(found["de"])
    assert len(debian.read(lists, 1)["en"]) == 1


def test_a_short_description_of_one_language_searches_for_the_long_one_of_another(lists: Path) -> None:
    task = debian.task(debian.read(lists, 10), "ja", "en", 1)

    (query,) = task.queries
    assert query.text.startswith("ja ")
    assert task.judgements == {query.id: {query.id: 1}}
    assert len(task.documents) == 2
    assert all("en " in one.content for one in task.documents)


def test_embeddings_that_agree_with_people_wholly_correlate_wholly() -> None:
    vectors = np.random.default_rng(5).normal(size=(news.COUNT, 64)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    means = (vectors @ vectors.T).astype(np.float64)

    whole, half = news.agreement(vectors, means, [64, 8])

    assert (whole.spearman, whole.pearson) == pytest.approx((1.0, 1.0))
    assert 0 < half.spearman < 0.9
    assert half.spearman_interval[0] < half.spearman < half.spearman_interval[1]


@pytest.mark.parametrize("name", ["subject", "languages", "combinations", "news", "parity"])
def test_the_page_has_each_part_once(name: str) -> None:
    page = renewed(PAGE.read_text(encoding="utf-8"), name, ["a line of this test"])

    assert page.count("a line of this test") == 1
    assert renewed(page, name, ["another"]).count("a line of this test") == 0


def test_a_part_that_the_page_lacks_is_said() -> None:
    with pytest.raises(ValueError, match="no part gone"):
        renewed("# Page\n", "gone", [])


@pytest.mark.parametrize(
    ("repository", "told"),
    [("jina-search/minilm-twin", OF_THE_SANDBOX), ("owner/name", "about m (owner/name, c).")],
)
def test_the_page_says_first_which_model_it_is_about(repository: str, told: str) -> None:
    served = ServedModel(
        quant="F16",
        name="m",
        sha256="",
        width=768,
        url="",
        api_key="",
        prefixes={},
        repository=repository,
        revision="c",
        file="",
        container="",
    )

    assert told in subject(served)
