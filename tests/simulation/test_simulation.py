"""A small part of the simulation, with seeds of its own; `make simulate` runs all of it."""

import pytest

from tests.simulation.__main__ import tell
from tests.simulation.hunting import hunt
from tests.simulation.mutants import MUTANTS
from tests.simulation.plan import plan_of
from tests.simulation.shrinking import kind_of, shrunk
from tests.simulation.world import simulate

CALLS = 20


@pytest.mark.parametrize("seed", [1001, 1002, 1003])
def test_no_recording_is_lost_and_no_rule_is_broken_whatever_goes_wrong(seed: int) -> None:
    result = simulate(plan_of(seed, CALLS))

    assert not result.broken, tell(result, CALLS)
    assert result.recordings > CALLS // 2
    assert result.fired


def test_a_seed_gives_the_same_run_each_time() -> None:
    one, other = (simulate(plan_of(1005, 10), is_told=True) for _ in range(2))

    assert one.story == other.story
    assert one.steps > 1000


@pytest.mark.parametrize(
    "name", ["claims do not stand", "the row is written after the save", "acknowledged, not saved"]
)
def test_a_bug_that_is_put_back_is_found(name: str) -> None:
    """`make simulate-mutants` puts back all that are known."""
    found = hunt(name, seeds=5, calls=10)

    assert found.seed is not None


@pytest.mark.parametrize("name", MUTANTS)
def test_every_bug_can_be_put_back(name: str) -> None:
    """What each of them patches is still there."""
    with MUTANTS[name]():
        pass


def test_a_run_that_fails_is_told_as_a_story_of_little_more_than_what_it_takes() -> None:
    plan = plan_of(1, 5)
    with MUTANTS["acknowledged, not saved"]():
        failed = simulate(plan)
        small = shrunk(plan, failed)

    assert kind_of(failed.broken) == kind_of(small.broken)
    assert len(small.fired) <= 3
    assert "no message is left for it" in small.broken
    assert "is given event" in small.story
