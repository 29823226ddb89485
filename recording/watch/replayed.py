"""What a pass over dead letters or the journal has found and done."""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """How a dead letter or an entry of the journal ended; what the ledger says of it."""

    REPLAYED = "replayed"
    DONE = "done already"
    UNREADABLE = "unreadable"
    TOLD = "told"
    """It cannot be replayed, and a person hears of it."""
    IGNORED = "ignored"
    """It concerns no recording."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """The result of a pass.

    Attributes:
        replayed: events put into the queue of events.
        done: events of which the catalog had every chunk already.
        unreadable: dead letters that could not be read, now before a person.
        failed: dead letters that could not be replayed this time; the next pass tries again.
        unbegun: events of calls that are not recorded although they should be, told to a person.
        is_finished: whether the pass came to all that it found.
    """

    replayed: int = 0
    done: int = 0
    unreadable: int = 0
    failed: int = 0
    unbegun: int = 0
    is_finished: bool = True

    def __add__(self, other: "Replayed") -> "Replayed":
        """Both together."""
        return Replayed(
            self.replayed + other.replayed,
            self.done + other.done,
            self.unreadable + other.unreadable,
            self.failed + other.failed,
            self.unbegun + other.unbegun,
            self.is_finished and other.is_finished,
        )
