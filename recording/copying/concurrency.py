"""How many connections a copy uses: as many as raise its throughput, and fewer when the source throttles."""

from dataclasses import dataclass


@dataclass(slots=True)
class _Window:
    """A measurement in progress: when it began, and what has come since."""

    began: float
    received: int = 0
    pieces: int = 0


class ConcurrencyController:
    """A multiplicative-increase, multiplicative-decrease controller of the number of connections.

    While at least `target` connections receive, it measures the throughput of all of them together, in windows of at
    least `WINDOW` seconds and `target` pieces. Three rules set the target:

    - Increase: it doubles, up to `most`, whenever the last increase has paid. That is so if
      `rate >= best * (1 + GAIN * (target / proven - 1))`, with `best` the rate measured at `proven` connections: a
      doubling must bring a quarter more. A new connection is slow at first, so an increase has `WINDOWS` windows to
      pay; then the target returns to `proven` and rests there for `REST` seconds, after which doubling is tried again.
    - Decrease: it halves with every throttled reply, to 1 at least, and rests likewise. The wait that the reply asks
      for is that of its own range alone.
    - Fast connections: where the first window shows `FAST` bytes per second for each connection, the CPU is the limit
      and not the network; then it goes on from `FEW`.

    Not more than needed, because each connection costs a thread and a buffer. Not thread-safe: its owner locks.

    Args:
        most: the largest target, at least 1.

    Attributes:
        target: how many connections to use.
    """

    FIRST = 4
    FEW = 2
    FAST = 100 << 20
    GAIN = 0.25
    WINDOW = 0.1
    WINDOWS = 3
    REST = 10.0

    def __init__(self, most: int) -> None:
        self.target = self._proven = min(self.FIRST, most)
        self._most = most
        self._best = 0.0
        self._too_slow = 0
        self._rests_since: float | None = None
        self._receiving = 0
        self._window: _Window | None = None

    @property
    def settled(self) -> bool:
        """Whether the target is not about to change."""
        return self._rests_since is not None or self._proven == self._most

    def connected(self, now: float) -> None:
        """One more connection has begun to receive."""
        self._receiving += 1
        self._restart_window(now)

    def disconnected(self, now: float) -> None:
        """One connection that was receiving has ended."""
        self._receiving -= 1
        self._restart_window(now)

    def received(self, length: int, now: float) -> None:
        """A piece of so many bytes has come, over any of the connections."""
        if self._window is None:
            return
        self._window.received += length
        self._window.pieces += 1
        seconds = now - self._window.began
        if seconds >= self.WINDOW and self._window.pieces >= self.target:
            self._decide(self._window.received / seconds, now)
            self._restart_window(now)

    def throttled(self, now: float) -> None:
        """The source asked for fewer requests."""
        self.target = self._proven = max(1, self.target // 2)
        self._rests_since = now

    def _restart_window(self, now: float) -> None:
        # With fewer connections than wanted, the rate would be too low to be held against the best.
        self._window = _Window(now) if self._receiving >= self.target else None

    def _decide(self, rate: float, now: float) -> None:
        if self._rests_since is not None:
            if now - self._rests_since >= self.REST:
                self._rests_since = None
                self._increase(rate)
        elif not self._best and self.target > self.FEW and rate >= self.FAST * self.target:
            self.target = self._proven = self.FEW
        elif rate >= self._best * (1 + self.GAIN * (self.target / self._proven - 1)):
            self._increase(rate)
        else:
            self._too_slow += 1
            if self._too_slow == self.WINDOWS:
                self.target, self._rests_since = self._proven, now

    def _increase(self, rate: float) -> None:
        self._best, self._proven, self._too_slow = rate, self.target, 0
        self.target = min(self._most, 2 * self.target)
