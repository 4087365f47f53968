"""The picture of the demo shows the program as it is now."""

import html
import re

from components.elasticsearch.documents.demo import DEMO_QUERIES
from tests.unit.declared import declare_program
from tests.unit.project import PROJECT_DIRECTORY


def shown() -> str:
    drawn = (PROJECT_DIRECTORY / "docs" / "demo.svg").read_text()
    return html.unescape("\n".join(re.findall(r"<text[^>]*>(.*?)</text>", drawn))).replace("\xa0", " ")


def test_as_many_resources_are_shown_as_the_program_declares() -> None:
    counted = re.search(r"(\d+) created, 0 unchanged|all (\d+) resources", shown())

    assert counted, "run `make pictures` on a stack that is new or unchanged"
    declared = [resource for resource in declare_program("cpu") if resource.type != "pulumi:pulumi:Stack"]
    assert int(counted[1] or counted[2]) == len(declared) + 1  # the stack itself


def test_every_question_is_shown() -> None:
    assert [query.text for query in DEMO_QUERIES if query.text not in shown()] == []
