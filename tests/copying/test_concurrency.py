"""How many connections a copy uses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.copying.concurrency import ConcurrencyController

PIECE = 1000


class Run:
    """A controller fed by as many connections as it wants; how fast they are together, each test says."""

    def __init__(self, most: int) -> None:
        self.now = 0.0
        self.controller = ConcurrencyController(most)
        self.connections = 0

    def use(self, connections: int) -> None:
        """Have so many connections receive."""
        while self.connections < connections:
            self.controller.connected(self.now)
            self.connections += 1
        while self.connections > connections:
            self.controller.disconnected(self.now)
            self.connections -= 1

    def rest(self, seconds: float) -> None:
        """Receive nothing for a while."""
        self.use(0)
        self.now += seconds

    def measure(self, rate: float, times: int = 1) -> int:
        """Receive so many pieces a second, over as many connections as are wanted, for a window; the target then."""
        for _ in range(times):
            self.use(0)  # a new window begins
            self.use(self.controller.target)
            for _ in range(max(self.controller.target, int(rate * ConcurrencyController.WINDOW) + 1)):
                self.now += 1 / rate
                self.controller.received(PIECE, self.now)
        return self.controller.target


def test_it_starts_with_four_connections_at_most() -> None:
    """With fewer where fewer are allowed."""
    assert [1, 3, 4, 4] == [ConcurrencyController(most).target for most in (1, 3, 4, 8)]


def test_where_connections_are_fast_it_goes_on_with_two() -> None:
    """And increases from there as from any other start."""
    run = Run(8)
    fast = 5 * ConcurrencyController.FAST // PIECE
    assert 2 == run.measure(fast)

    assert [4, 8, 8] == [run.measure(rate) for rate in (fast, 2 * fast, 4 * fast)]


def test_it_doubles_while_that_raises_the_throughput() -> None:
    """Up to the most; where that is less than twice as many, less is enough."""
    run = Run(20)

    assert [8, 16, 20, 20] == [run.measure(rate) for rate in (100, 200, 400, 450)]


def test_an_increase_that_does_not_pay_is_taken_back() -> None:
    """A quarter more is the least that pays."""
    run = Run(16)
    assert 8 == run.measure(100)

    assert [8, 8, 4, 4] == [run.measure(124) for _ in range(4)]


def test_an_increase_has_three_windows_to_pay() -> None:
    """A new connection is slow at first."""
    run = Run(16)
    run.measure(100)

    assert [8, 8, 16] == [run.measure(rate) for rate in (100, 120, 130)]


def test_an_increase_that_did_not_pay_is_tried_again_after_a_rest() -> None:
    """It is compared with the rate of that time."""
    run = Run(16)
    run.measure(100)
    run.measure(100, ConcurrencyController.WINDOWS)
    assert 4 == run.measure(1000)

    run.rest(ConcurrencyController.REST)
    assert [8, 8, 16] == [run.measure(rate) for rate in (500, 600, 625)]


@pytest.mark.parametrize("most", [1, 4])
def test_where_it_starts_with_the_most_it_is_settled(most: int) -> None:
    """Several blocks may be asked for in one request from the beginning."""
    assert ConcurrencyController(most).settled


def test_it_is_settled_at_the_most_and_where_increases_ended() -> None:
    """Not before."""
    run = Run(16)
    settled = []
    for rate in (100, 200, 400):
        settled.append(run.controller.settled)
        run.measure(rate)
    assert ([False, False, False], True) == (settled, run.controller.settled)

    run = Run(8)
    run.measure(100, 1 + ConcurrencyController.WINDOWS)
    assert run.controller.settled


def test_fewer_connections_than_wanted_are_not_measured() -> None:
    """Their rate says nothing about as many as are wanted."""
    run = Run(8)
    run.use(1)
    for moment in range(100):
        run.controller.received(PIECE, float(moment))
    assert 4 == run.controller.target

    assert 8 == run.measure(100)


def test_a_connection_that_ends_ends_the_window() -> None:
    """What comes without it is not measured, and what came before it is forgotten."""
    run = Run(8)
    run.use(4)
    for _ in range(100):
        run.controller.received(PIECE, 1e-3)
    run.use(3)
    for _ in range(100):
        run.controller.received(PIECE, 1.0)
    run.now = 2.0
    run.use(4)
    for _ in range(3):
        run.controller.received(PIECE, 3.0)
    assert 4 == run.controller.target

    run.controller.received(PIECE, 3.0)
    assert 8 == run.controller.target


def test_a_window_has_enough_seconds_and_pieces() -> None:
    """Much that came in a moment says nothing, nor next to nothing that came in a long time."""
    run = Run(8)
    run.use(4)
    for _ in range(100):
        run.controller.received(PIECE, ConcurrencyController.WINDOW / 2)
    assert 4 == run.controller.target

    run = Run(8)
    run.use(4)
    for _ in range(3):
        run.controller.received(PIECE, 10.0)
    assert 4 == run.controller.target


def test_throttling_halves_the_target() -> None:
    """Down to one, never to none."""
    run = Run(8)
    for rate in (100, 200, 400):
        run.measure(rate)
    targets = []
    for _ in range(5):
        run.controller.throttled(run.now)
        targets.append(run.controller.target)

    assert [4, 2, 1, 1, 1] == targets


def test_the_target_increases_again_after_a_rest_without_throttling() -> None:
    """From the reduced target; throttling meanwhile starts the rest anew."""
    run = Run(4)
    run.measure(100)
    run.controller.throttled(run.now)
    run.rest(ConcurrencyController.REST / 2)
    assert 2 == run.measure(100)

    run.controller.throttled(run.now)
    run.rest(ConcurrencyController.REST / 2)
    assert 1 == run.measure(100)

    run.rest(ConcurrencyController.REST / 2)
    assert [2, 4] == [run.measure(rate) for rate in (100, 200)]


@given(
    st.integers(1, 64),
    st.lists(st.one_of(st.none(), st.integers(0, 64), st.floats(0, 100, allow_nan=False)), max_size=200),
)
def test_the_target_stays_within_its_bounds(most: int, steps: list[float | None]) -> None:
    """Whatever comes over however many connections, and however often the source throttles."""
    run = Run(most)
    for step in steps:
        if step is None:
            run.controller.throttled(run.now)
        elif isinstance(step, int):
            run.use(step)
        else:
            run.now += step
            run.controller.received(PIECE, run.now)
        assert 1 <= run.controller.target <= most
