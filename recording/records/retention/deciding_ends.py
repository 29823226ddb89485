"""Shows what is about to end, and takes what a person decides about recordings whose class asks."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from recording import log
from recording.catalog_updates import CatalogUpdates
from recording.core.errors import DecisionRefused, UnknownRecording
from recording.core.formats.api import ChoiceRequest, PageRequest
from recording.core.lifecycle import EndDecided
from recording.core.model import RecordingId, RecordingState
from recording.core.retention import Afterwards, Chosen, NoEnd
from recording.ports import Index
from recording.records.keeping.duties import ASKED, ENDS, HELD, KEPT, Duties, End
from recording.records.retention.retaining import REMOVING

MOST_COUNTED = 5000
"""Rows that are counted for a plan; of more than these only the least number is said."""
_PAGE = 1000
_DECIDE = "decide about end"


@dataclass(frozen=True, slots=True)
class Counted:
    """So many recordings of a class, and what they wait for."""

    retention_class: str
    afterwards: Afterwards
    waits: str
    recordings: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What ends by the end of a day, as it stands now; `is_more`: one of the numbers is only the least."""

    day: date
    ends: tuple[Counted, ...]
    deleting: int
    held: int
    kept: int
    is_more: bool


@dataclass(frozen=True, slots=True)
class DecidingEnds:
    """The plan of a day, and the decisions of people."""

    duties: Duties
    updates: CatalogUpdates
    index: Index
    now: Callable[[], datetime]

    def plan(self, day: date) -> Plan:
        """What is to end by the end of a day. It costs some requests, however large the archive is."""
        found, is_more = self._rows(day)
        counts = Counter((one.retention_class, one.afterwards or Afterwards.ASK, one.why) for one in found)
        ends = tuple(Counted(*key, count) for key, count in sorted(counts.items()))
        others = [self._count(partition) for partition in (REMOVING, HELD, KEPT)]
        deleting, held, kept = (count for count, _ in others)
        return Plan(day, ends, deleting, held, kept, is_more or any(more for _, more in others))

    def asked(self, page: PageRequest) -> tuple[tuple[End, ...], str]:
        """Recordings about which a person is asked.

        Raises:
            InvalidRequest: `after` is no page's `next`.
        """
        return self.duties.page(ASKED, page.limit, page.after)

    def decide(self, recording_id: RecordingId, asked: ChoiceRequest) -> End | None:
        """Keep what a person decides about the end that they have seen; where the recording stands then.

        A deletion is done by the next daily pass, which asks for holds again.

        Raises:
            UnknownRecording: the catalog does not know it.
            DecisionRefused: it has another end by now, or none, or is erased.
            Transient: it may or may not be decided.
        """
        ids = {"recording_id": str(recording_id)}
        entry = self.updates.load(recording_id)
        if entry is None:
            raise UnknownRecording(_DECIDE, "the catalog does not know the recording", ids=ids)
        if entry.recording.state is RecordingState.ERASED:
            raise DecisionRefused(_DECIDE, "it is erased", ids=ids)
        duty, _ = self.duties.duty_of(entry)
        if isinstance(duty, NoEnd):
            raise DecisionRefused(_DECIDE, f"it has no end: {duty.reason}", ids=ids)
        if duty.ends_on != asked.ends_on:
            cause = f"it ends on {duty.ends_on}, and not on the day that you have seen"
            raise DecisionRefused(_DECIDE, cause, ids=ids)
        fact = EndDecided(asked.choice, asked.ends_on, asked.until, asked.reason)
        entry = self.updates.apply(recording_id, fact, known=entry, by=asked.by).entry
        chosen = Chosen(asked.choice, asked.ends_on, asked.until, asked.by, self.now(), asked.reason)
        self.duties.choose(recording_id, chosen)
        log.event("retention.decided", {**ids, "decision": asked.choice, "until": asked.until})
        return self.duties.place(entry)

    def _rows(self, day: date) -> tuple[list[End], bool]:
        found: list[End] = []
        after = ""
        while len(found) < MOST_COUNTED:
            page, after = self.duties.page(ENDS, _PAGE, after, day)
            found += page
            if not after:
                return found, False
        return found, True

    def _count(self, partition: str) -> tuple[int, bool]:
        page = self.index.page(partition, _PAGE)
        return len(page.rows), bool(page.next)
