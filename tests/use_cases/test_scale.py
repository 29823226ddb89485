"""What the records cost does not grow with the archive; but for a rebuild, which grows as it does."""

import pytest

from bench.scale.counting import FLAT, archive_of, rebuild
from bench.scale.simulated import Template

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


def test_a_rebuild_takes_so_many_requests_for_each_recording_whatever_their_number(template: Template) -> None:
    """Some more where its events are of the last days: those are looked at twice."""
    totals = [sum(rebuild(archive_of(size, template, is_lost=True)).values()) for size in (50, 100, 200)]

    assert totals[2] - totals[1] == 2 * (totals[1] - totals[0])
    assert totals[2] < 200 * MOST_OF_A_RECORDING
