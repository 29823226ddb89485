"""What was replayed, and how it ended: so that it is not done again."""

from collections.abc import Mapping
from typing import Protocol


class Ledger(Protocol):
    """Outcomes by section and key. A section holds what one pass compares: the dead letters of a day, for example."""

    def find(self, section: str, key: str) -> str | None:
        """The outcome noted last for the key, or None."""

    def note(self, section: str, key: str, outcome: str) -> None:
        """Note an outcome, in place of the one noted before, if any. The last writer wins."""

    def note_first(self, section: str, key: str, outcome: str) -> str:
        """Note an outcome unless one is noted for the key; the one that stands then. The first writer wins."""

    def all(self, section: str) -> Mapping[str, str]:
        """All outcomes of a section, by key."""

    def forget(self, first: str, end: str, limit: int) -> int:
        """Remove at most so many outcomes of the sections from `first` on and before `end`; how many were removed."""
