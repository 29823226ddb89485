"""How many connections a copy uses: more while that brings throughput, fewer when the source asks for peace."""


class Pace:
    """Counts what arrives and sets a target for the number of connections. Not locked: its owner is.

    It starts with few, and after every round (as many blocks as there are connections) compares the rate with the
    best one seen. A round that is a twentieth faster allows twice as many; one that is not takes the last step back and
    ends the growth, because each connection costs a buffer and a thread. A source that is busy halves the target, and
    growth starts again only after some quiet rounds.

    Args:
        most: the largest target, at least 1.
        now: the monotonic time in seconds.
    """

    FIRST = 4
    GAIN = 1.05
    QUIET_ROUNDS = 4

    def __init__(self, most: int, now: float) -> None:
        self.target = self._proven = min(self.FIRST, most)
        self._most = most
        self._best = 0.0
        self._settled = False
        self._quiet = 0
        self._begin_round(now)

    def arrived(self, length: int, now: float) -> None:
        """Count a block of `length` bytes that has been staged."""
        self._bytes += length
        self._blocks += 1
        if self._blocks >= self.target and now > self._began:
            self._end_round(self._bytes / (now - self._began), now)

    def busy(self, now: float) -> None:
        """The source asked for fewer requests."""
        self.target = self._proven = max(1, self.target // 2)
        self._settled, self._best, self._quiet = True, 0.0, 0
        self._begin_round(now)

    def _end_round(self, rate: float, now: float) -> None:
        if self._settled:
            self._quiet += 1
            if self._best == 0.0 and self._quiet >= self.QUIET_ROUNDS:
                self._settled = False  # the source was busy, but is not any more
        elif rate > self._best * self.GAIN:
            self._best = rate
            self._proven, self.target = self.target, min(self._most, 2 * self.target)
        else:
            self._settled, self.target = True, self._proven
        self._begin_round(now)

    def _begin_round(self, now: float) -> None:
        self._began, self._bytes, self._blocks = now, 0, 0
