"""Work that is on its way: so much at a time, never two of one key, and what becomes of failures."""

import threading
import time

import pytest

from jinactl.ingest.feeding import Feeder


def first_letter(item: str) -> list[str]:
    return [item[0]]


def test_work_is_done_side_by_side_but_never_two_of_one_key_and_those_in_order() -> None:
    done: list[str] = []
    at_work: set[str] = set()
    most = 0

    def work(item: str) -> None:
        nonlocal most
        assert item[0] not in at_work
        at_work.add(item[0])
        most = max(most, len(at_work))
        time.sleep(0.005)
        at_work.remove(item[0])
        done.append(item)

    feeder = Feeder(work, first_letter, 3)
    items = [f"{letter}{number:02}" for number in range(20) for letter in "abcaa"]
    for item in items:
        feeder.put(item)
    feeder.finish()
    feeder.close()
    assert sorted(done) == sorted(items)
    assert [one for one in done if one[0] == "b"] == sorted(one for one in items if one[0] == "b")
    assert 2 <= most <= 3


def test_no_more_is_taken_than_is_worked_on_soon() -> None:
    go = threading.Event()

    def work(_item: str) -> None:
        go.wait(10)

    def put_all() -> None:
        for item in "abcdefgh":
            feeder.put(item)

    feeder = Feeder(work, first_letter, 2)
    putting = threading.Thread(target=put_all)
    putting.start()
    putting.join(0.2)
    assert putting.is_alive()
    go.set()
    putting.join()
    feeder.finish()
    feeder.close()


def test_a_failure_is_raised_where_work_is_put_in_and_at_the_end() -> None:
    def work(_item: str) -> None:
        raise ValueError("broken")

    feeder = Feeder(work, first_letter, 2)
    feeder.put("a")
    with pytest.raises(ValueError, match="broken"):
        feeder.finish()
    with pytest.raises(ValueError, match="broken"):
        feeder.put("b")
    feeder.close()
