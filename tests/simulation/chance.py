"""What goes wrong, decided by the seed, in such a way that one decision does not depend on the others.

Every decision has a key: what may happen, to whom, and how often it was asked before. Its number is a hash of seed and
key. So a run without one of its faults, or without one of its recordings, decides almost everything else as before,
which is what makes it possible to shrink a failing run.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from zlib import crc32

type Key = tuple[str, str, int]
"""What may happen, to whom, and the how manieth time it is asked."""

_MASK = (1 << 64) - 1


def number(seed: int, *key: object) -> float:
    """A number from 0 to 1, always the same for seed and key."""
    return _mixed(seed, "/".join(map(str, key))) / 2**64


def _mixed(seed: int, text: str) -> int:
    mixed = (crc32(text.encode()) + (seed + 1) * 0x9E3779B97F4A7C15) & _MASK
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
    return mixed ^ (mixed >> 31)


@dataclass
class Chance:
    """The decisions of one run.

    Attributes:
        seed: of the run.
        rates: how likely each fault is, by its name; a fault that is not in it never happens.
        allowed: the only faults that may happen; None for all.
        fired: the faults that have happened.
        spare: a number from 0 to 1 for whatever was asked last, fault or not.
        detail: a number from 0 to 1, for the fault that happened last: how long, or of which kind.
    """

    seed: int
    rates: Mapping[str, float]
    allowed: Collection[Key] | None = None
    fired: dict[Key, str] = field(default_factory=dict)
    detail: float = 0.0
    spare: float = 0.0
    _asked: Counter[tuple[str, str]] = field(default_factory=Counter)

    def value(self, what: str, whom: str = "") -> float:
        """A number from 0 to 1 that is no fault: how long, how many, which."""
        asked = self._asked[what, whom]
        self._asked[what, whom] += 1
        return _mixed(self.seed, f"{what}/{whom}/{asked}") / 2**64

    def between(self, low: float, high: float, what: str, whom: str = "") -> float:
        """A number between two."""
        return low + (high - low) * self.value(what, whom)

    def one_of[T](self, choices: Sequence[T], what: str, whom: str = "") -> T:
        """One of several."""
        return choices[int(self.value(what, whom) * len(choices))]

    def happens(self, fault: str, whom: str = "") -> bool:
        """Whether this fault happens now."""
        return self.which((fault,), fault, whom) is not None

    def which(self, faults: Sequence[str], what: str, whom: str) -> str | None:
        """Which of these faults happens now; at most one."""
        asked = self._asked[what, whom]
        self._asked[what, whom] += 1
        key = (what, whom, asked)
        mixed = _mixed(self.seed, f"{what}/{whom}/{asked}")
        self.spare = (mixed & 0xFFFF) / 0x10000
        if self.allowed is not None and key not in self.allowed:
            return None
        drawn, rates = mixed / 2**64, self.rates
        for fault in faults:
            rate = rates.get(fault, 0.0)
            if drawn < rate:
                self.fired[key] = fault
                self.detail = drawn / rate
                return fault
            drawn -= rate
        return None
