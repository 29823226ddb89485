"""The books close after a short soak of the real stack; `make soak` is the long one."""

from pathlib import Path

import pytest

from tests.soak.plan import plan_of
from tests.soak.soaking import soak

SECONDS = 7.0


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", [8])
def test_the_books_close_whatever_went_wrong(seed: int, tmp_path: Path) -> None:
    """After faults, kills, lost messages and a long outage; the log of a run that fails is in its folder."""
    said: list[str] = []
    result = soak(plan_of(seed, SECONDS), tmp_path, tmp_path / "media", said.append)
    assert () == result.findings, said
    assert result.counts["Kill"]
    assert result.counts["host started again"]
    assert result.states["released"]
    assert result.states["quarantined"]
    assert result.states["lost"]
