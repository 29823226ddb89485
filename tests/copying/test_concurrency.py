"""How many connections a copy uses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.copying.concurrency import ConcurrencyController

PIECE = 1000


class Ride:
    """A pace fed by as many connections as it wants, at a rate in pieces per second that the number of them decides."""

    def __init__(self, most: int) -> None:
        self.now = 0.0
        self.pace = ConcurrencyController(most)

    def measure(self, rate: float, times: int = 1) -> int:
        """Let all that are wanted flow until their rate has been measured; the target then."""
        for _ in range(times):
            self.pace.flowing(self.pace.target, self.now)
            for _ in range(max(self.pace.target, int(rate * ConcurrencyController.WINDOW) + 1)):
                self.now += 1 / rate
                self.pace.arrived(PIECE, self.now)
        return self.pace.target


def test_it_starts_with_four_connections_at_most() -> None:
    """And with one where only one is allowed."""
    assert [1, 3, 4, 4] == [ConcurrencyController(most).target for most in (1, 3, 4, 8)]


def test_where_connections_are_fast_it_goes_on_with_two() -> None:
    """From which it grows as from any other start, if that brings something."""
    ride = Ride(8)
    fast = 5 * ConcurrencyController.FAST // PIECE
    assert 2 == ride.measure(fast)

    assert [4, 8, 8] == [ride.measure(rate) for rate in (fast, 2 * fast, 4 * fast)]


def test_it_grows_while_that_brings_throughput() -> None:
    """Twofold, up to the most; a smaller step need bring less."""
    ride = Ride(20)

    assert [8, 16, 20, 20] == [ride.measure(rate) for rate in (100, 200, 400, 450)]


def test_a_step_that_brings_nothing_is_taken_back() -> None:
    """A quarter is the least that counts."""
    ride = Ride(16)
    assert 8 == ride.measure(100)

    assert [8, 8, 4, 4] == [ride.measure(124) for _ in range(4)]


def test_a_step_has_some_time_to_bring_something() -> None:
    """A new connection is slow at first."""
    ride = Ride(16)
    ride.measure(100)

    assert [8, 8, 16] == [ride.measure(rate) for rate in (100, 120, 130)]


def test_a_step_that_brought_nothing_is_tried_again_after_a_while() -> None:
    """Held against what comes by then."""
    ride = Ride(16)
    ride.measure(100)
    ride.measure(100, ConcurrencyController.PATIENCE)
    assert 4 == ride.measure(1000)

    ride.now += ConcurrencyController.REST
    assert [8, 8, 16] == [ride.measure(rate) for rate in (500, 600, 625)]


@pytest.mark.parametrize("most", [1, 4])
def test_where_there_is_no_room_to_grow_it_is_settled(most: int) -> None:
    """Long runs may be asked for from the first."""
    assert ConcurrencyController(most).settled


def test_it_is_settled_at_the_most_and_where_growth_ended() -> None:
    """And not before."""
    ride = Ride(16)
    settled = []
    for rate in (100, 200, 400):
        settled.append(ride.pace.settled)
        ride.measure(rate)
    assert ([False, False, False], True) == (settled, ride.pace.settled)

    ride = Ride(8)
    ride.measure(100, 1 + ConcurrencyController.PATIENCE)
    assert ride.pace.settled


def test_fewer_connections_than_wanted_are_not_measured() -> None:
    """One that is still opening would look like one that brings nothing."""
    ride = Ride(8)
    ride.pace.flowing(1, 0.0)
    for moment in range(100):
        ride.pace.arrived(PIECE, float(moment))
    assert 4 == ride.pace.target

    assert 8 == ride.measure(100)


def test_a_moment_is_not_measured() -> None:
    """However much came in it; nor a long time in which next to nothing came."""
    pace = ConcurrencyController(8)
    pace.flowing(4, 0.0)
    for _ in range(100):
        pace.arrived(PIECE, ConcurrencyController.WINDOW / 2)
    assert 4 == pace.target

    pace = ConcurrencyController(8)
    pace.flowing(4, 0.0)
    for _ in range(3):
        pace.arrived(PIECE, 10.0)
    assert 4 == pace.target


def test_a_busy_source_halves_the_target() -> None:
    """Down to one, never to none."""
    ride = Ride(8)
    for rate in (100, 200, 400):
        ride.measure(rate)
    targets = []
    for _ in range(5):
        ride.pace.busy(ride.now)
        targets.append(ride.pace.target)

    assert [4, 2, 1, 1, 1] == targets


def test_growth_begins_again_after_a_quiet_while() -> None:
    """At the reduced target; a refusal meanwhile begins the while anew."""
    ride = Ride(4)
    ride.measure(100)
    ride.pace.busy(ride.now)
    ride.now += ConcurrencyController.REST / 2
    assert 2 == ride.measure(100)

    ride.pace.busy(ride.now)
    ride.now += ConcurrencyController.REST / 2
    assert 1 == ride.measure(100)

    ride.now += ConcurrencyController.REST / 2
    assert [2, 4] == [ride.measure(rate) for rate in (100, 200)]


@given(
    st.integers(1, 64),
    st.lists(st.one_of(st.none(), st.integers(0, 64), st.floats(0, 100, allow_nan=False)), max_size=200),
)
def test_the_target_stays_within_its_bounds(most: int, steps: list[float | None]) -> None:
    """Whatever arrives over however many connections, and however often the source is busy."""
    now = 0.0
    pace = ConcurrencyController(most)
    for step in steps:
        if step is None:
            pace.busy(now)
        elif isinstance(step, int):
            pace.flowing(step, now)
        else:
            now += step
            pace.arrived(PIECE, now)
        assert 1 <= pace.target <= most
