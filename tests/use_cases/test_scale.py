"""What the records cost does not grow with the archive; but for a rebuild, which grows as it does."""

import pytest

from bench.scale.counting import FLAT, archive_of, rebuild
from bench.scale.living import LIVING, counted, living
from bench.scale.simulated import BLOB_LIST, BLOB_READ, Template

SIZES = (1_000, 100_000, 10_000_000)
MOST_OF_A_RECORDING = 20


@pytest.fixture(scope="module")
def template() -> Template:
    return Template()


@pytest.mark.parametrize("case", FLAT)
def test_it_costs_as_many_requests_with_ten_million_recordings_as_with_a_thousand(
    template: Template, case: str
) -> None:
    counts = [FLAT[case](archive_of(size, template)) for size in SIZES]

    assert 1 == len({tuple(sorted(one.items())) for one in counts})
    assert sum(counts[0].values()) < 60


@pytest.mark.parametrize("name", ["an export", "a daily pass"])
def test_it_costs_the_same_however_many_recordings_there_are_of_others(name: str) -> None:
    counts = [counted(living(2, others), LIVING[name]) for others in (1, 5)]

    assert counts[0] == counts[1]


def test_an_erasure_reads_of_others_only_the_journal() -> None:
    """Events name people, so all that is kept of it is looked at: here one event a day."""
    few, many = (counted(living(1, others), LIVING["an erasure"]) for others in (1, 5))

    assert {BLOB_READ: 4, BLOB_LIST: 4} == {kind: many[kind] - few[kind] for kind in few if many[kind] != few[kind]}


def test_a_rebuild_takes_so_many_requests_for_each_recording_whatever_their_number(template: Template) -> None:
    """Some more where its events are of the last days: those are looked at twice."""
    totals = [sum(rebuild(archive_of(size, template, is_lost=True)).values()) for size in (50, 100, 200)]

    assert totals[2] - totals[1] == 2 * (totals[1] - totals[0])
    assert totals[2] < 200 * MOST_OF_A_RECORDING
