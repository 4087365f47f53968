"""The facts of the machine."""

from benchmarks.machine import FLAGS, machine


def test_a_reader_learns_what_figures_depend_on() -> None:
    facts = machine()

    assert int(facts["cores"]) >= 1
    assert float(facts["memory_gib"]) > 0
    assert facts["processor"]
    assert set(str(facts["flags"]).split()) <= set(FLAGS)
