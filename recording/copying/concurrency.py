"""How many connections a copy uses: more while that brings throughput, fewer when the source asks for peace."""


class ConcurrencyController:
    """Counts what arrives and sets a target for the number of connections. Not locked: its owner is.

    It starts with few, and goes on with fewer where each of them is fast: two keep the CPU busy then. While as many
    connections bring bytes as are wanted, it measures their rate together, again and again. As soon as a step has
    brought a quarter of what as many more could at best, it allows twice as many; twofold, that is a quarter more. A
    new connection is slow at first, so a step has some measures' time to bring that; then it is taken back, and tried
    again after a while. Each connection costs a thread and a buffer, and where the CPU is the limit, more of them only
    get in each other's way. A source that is busy halves the target, for a while too.

    Args:
        most: the largest target, at least 1.
    """

    FIRST = 4
    FEW = 2
    FAST = 100 << 20
    """Bytes per second of a connection that is not what limits the copy."""
    GAIN = 0.25
    WINDOW = 0.1
    """Seconds that a rate is measured for, at least; and at least as many arrivals as there are connections."""
    PATIENCE = 3
    """Measures that a step has to bring what it should."""
    REST = 10.0
    """Seconds after which a step that brought nothing, or a source that was busy, is tried again."""

    def __init__(self, most: int) -> None:
        self.target = self._proven = min(self.FIRST, most)
        self._most = most
        self._best = 0.0
        self._tries = 0
        self._rests_from: float | None = None
        self._flowing = 0
        self._began: float | None = None
        self._bytes = self._pieces = 0

    @property
    def settled(self) -> bool:
        """Whether the target is not about to change."""
        return self._rests_from is not None or self._proven == self._most

    def flowing(self, connections: int, now: float) -> None:
        """So many connections bring bytes from now on; fewer than are wanted cannot be measured."""
        self._flowing = connections
        self._began = now if connections >= self.target else None
        self._bytes = self._pieces = 0

    def arrived(self, length: int, now: float) -> None:
        """Count bytes that have come."""
        if self._began is None:
            return
        self._bytes += length
        self._pieces += 1
        seconds = now - self._began
        if seconds >= self.WINDOW and self._pieces >= self.target:
            self._measured(self._bytes / seconds, now)
            self.flowing(self._flowing, now)

    def busy(self, now: float) -> None:
        """The source asked for fewer requests."""
        self.target = self._proven = max(1, self.target // 2)
        self._rests_from = now

    def _measured(self, rate: float, now: float) -> None:
        if self._rests_from is not None:
            if now - self._rests_from >= self.REST:
                self._rests_from = None
                self._step(rate)
        elif not self._best and self.target > self.FEW and rate >= self.FAST * self.target:
            self.target = self._proven = self.FEW
        elif rate >= self._best * (1 + self.GAIN * (self.target / self._proven - 1)):
            self._step(rate)
        else:
            self._tries += 1
            if self._tries == self.PATIENCE:
                self.target, self._rests_from = self._proven, now

    def _step(self, rate: float) -> None:
        """The target has shown its rate: try twice as many."""
        self._best, self._proven, self._tries = rate, self.target, 0
        self.target = min(self._most, 2 * self.target)
