"""How many connections a copy uses: more while that brings throughput, fewer when the source asks for peace."""


class Pace:
    """Counts what arrives and sets a target for the number of connections. Not locked: its owner is.

    It starts with few. While as many connections bring bytes as are wanted, it measures their rate together. If a step
    brought a quarter of what as many more would at best, it allows twice as many; twofold, that is a quarter more. If
    not, the step is taken back and the growth ends: each connection costs a thread and a buffer, and where the CPU
    is the limit, more of them only get in each other's way. A source that is busy halves the target, and growth starts
    again after a quiet while.

    Args:
        most: the largest target, at least 1.
    """

    FIRST = 2
    GAIN = 0.25
    WINDOW = 0.1
    """Seconds that a rate is measured for, at least."""
    PIECES = 2
    """Arrivals that a rate is measured over, at least, for each connection."""
    QUIET = 10.0
    """Seconds without a refusal after which a busy source is tried with more connections again."""

    def __init__(self, most: int) -> None:
        self.target = self._proven = min(self.FIRST, most)
        self._most = most
        self._best = 0.0
        self.settled = self.target == most
        """Whether the target is not about to grow."""
        self._busy_at: float | None = None
        self._began: float | None = None
        self._bytes = self._pieces = 0

    def flowing(self, connections: int, now: float) -> None:
        """So many connections bring bytes from now on; fewer than are wanted cannot be measured."""
        self._began = now if connections >= self.target else None
        self._bytes = self._pieces = 0

    def arrived(self, length: int, now: float) -> None:
        """Count bytes that have come."""
        if self._began is None:
            return
        self._bytes += length
        self._pieces += 1
        seconds = now - self._began
        if seconds >= self.WINDOW and self._pieces >= self.PIECES * self.target:
            self._measured(self._bytes / seconds, now)

    def busy(self, now: float) -> None:
        """The source asked for fewer requests."""
        self.target = self._proven = max(1, self.target // 2)
        self.settled, self._busy_at = True, now

    def _measured(self, rate: float, now: float) -> None:
        if self._busy_at is not None and now - self._busy_at >= self.QUIET:
            self.settled, self._busy_at, self._best = False, None, 0.0
        if not self.settled:
            step = self.target / self._proven - 1
            if rate > self._best * (1 + self.GAIN * step):
                self._best = rate
                self._proven, self.target = self.target, min(self._most, 2 * self.target)
                self.settled = self.target == self._proven
            else:
                self.settled, self.target = True, self._proven
        self.flowing(self._proven, now)
