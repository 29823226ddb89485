"""A ledger in memory."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


def _undisturbed(operation: str) -> None:
    """The default of `before`: do nothing."""


@dataclass
class FakeLedger:
    """`Ledger`: `outcomes` by section and key. `before` is called before every operation, and may raise."""

    outcomes: dict[tuple[str, str], str] = field(default_factory=dict)
    before: Callable[[str], None] = _undisturbed

    def find(self, section: str, key: str) -> str | None:
        self.before("find")
        return self.outcomes.get((section, key))

    def note(self, section: str, key: str, outcome: str) -> None:
        self.before("note")
        self.outcomes[section, key] = outcome

    def note_first(self, section: str, key: str, outcome: str) -> str:
        self.before("note_first")
        return self.outcomes.setdefault((section, key), outcome)

    def all(self, section: str) -> Mapping[str, str]:
        self.before("all")
        return {key: outcome for (within, key), outcome in self.outcomes.items() if within == section}

    def forget(self, first: str, end: str, limit: int) -> int:
        self.before("forget")
        found = sorted(place for place in self.outcomes if first <= place[0] < end)[:limit]
        for place in found:
            del self.outcomes[place]
        return len(found)
