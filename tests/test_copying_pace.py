"""How many connections a copy uses."""

from hypothesis import given
from hypothesis import strategies as st

from recording.copying.pace import Pace

BLOCK = 1000


class Ride:
    """A pace fed with rounds of a given rate, in blocks per second."""

    def __init__(self, most: int) -> None:
        self.now = 0.0
        self.pace = Pace(most, self.now)

    def round(self, rate: float) -> int:
        """Let one round arrive; the target then."""
        for _ in range(self.pace.target):
            self.now += 1 / rate
            self.pace.arrived(BLOCK, self.now)
        return self.pace.target


def test_it_starts_with_four_connections_at_most() -> None:
    """And with one where only one is allowed."""
    assert [1, 2, 4] == [Pace(most, 0.0).target for most in (1, 2, 8)]


def test_it_grows_while_that_brings_throughput() -> None:
    """Twofold, up to the most."""
    ride = Ride(20)

    assert [8, 16, 20, 20] == [ride.round(rate) for rate in (10, 20, 30, 40)]


def test_a_round_that_is_not_faster_ends_the_growth() -> None:
    """A twentieth is the least that counts; the step that did not bring it is taken back."""
    ride = Ride(16)
    assert 8 == ride.round(10)

    assert [4, 4, 4] == [ride.round(rate) for rate in (10.4, 100, 1000)]


def test_a_busy_source_halves_the_target() -> None:
    """Down to one, never to none."""
    ride = Ride(8)
    for rate in (10, 20, 30, 40):
        ride.round(rate)
    targets = []
    for _ in range(5):
        ride.pace.busy(ride.now)
        targets.append(ride.pace.target)

    assert [4, 2, 1, 1, 1] == targets


def test_growth_begins_again_after_quiet_rounds() -> None:
    """A few of them, at the reduced target."""
    ride = Ride(8)
    ride.pace.busy(ride.now)

    quiet = [ride.round(10) for _ in range(Pace.QUIET_ROUNDS)]
    assert [2] * Pace.QUIET_ROUNDS == quiet
    assert 4 == ride.round(10)


def test_blocks_that_arrive_at_the_same_moment_make_no_round() -> None:
    """There is no rate without a time."""
    pace = Pace(8, 5.0)
    for _ in range(20):
        pace.arrived(BLOCK, 5.0)
    assert 4 == pace.target

    pace.arrived(BLOCK, 6.0)
    assert 8 == pace.target


@given(st.integers(1, 64), st.lists(st.one_of(st.none(), st.floats(0, 100)), max_size=200))
def test_the_target_stays_within_its_bounds(most: int, steps: list[float | None]) -> None:
    """Whatever arrives and however often the source is busy."""
    now = 0.0
    pace = Pace(most, now)
    for step in steps:
        if step is None:
            pace.busy(now)
        else:
            now += step
            pace.arrived(BLOCK, now)
        assert 1 <= pace.target <= most
