"""Replays dead letters: each event that Event Grid gave up on goes through the queue of events, once by intent.

A pass lists the days that are not settled, leaves out the blobs that are settled in the ledger, and reads the oldest of
the rest; those that could not be replayed before come last, so that they hold up no other. It puts their events into
the queue, those first whose source ends first, and notes each blob in the ledger. After a crash in between, or by two
passes at once, an event is replayed twice, which changes nothing. Events are written to the journal before: the ledger
says that a blob was replayed, not that its events were taken.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from recording import log
from recording.core.deadlines import due_of
from recording.core.errors import MalformedEvent, Permanent, Transient
from recording.core.formats import reading
from recording.core.formats.api import MOST_BODY
from recording.core.formats.dead_letters import DeadLetter, DeadLettered, folders_of, read_dead_letter
from recording.core.formats.deliveries import Member
from recording.core.formats.events import Event, event_id_of, parse_event
from recording.core.model import APP, CallEndEvent, CallEvent, Door, FileEvent
from recording.core.times import parse_day
from recording.ports import Inventory, Ledger, ListedBlob
from recording.refusing import Refusing
from recording.watch.putting_back import PuttingBack
from recording.watch.replayed import Outcome, Replayed

FOUND = "its event was a dead letter"
_MOST_LETTERS = 1000
"""Blobs that one pass reads."""
_MOST_EVENTS = 1000
"""Events after which a pass begins no further blob: what the app copies in some minutes."""
_MOST_BYTES = 2 * MOST_BODY
"""Bytes of a blob that is read; Event Grid delivers at most a mebibyte at once."""
_FIRST_LOOK = timedelta(days=7)
_LONGEST_LOOK = timedelta(days=30)
"""How far back the very first pass looks, and the first one after an outage."""
_KEPT = _LONGEST_LOOK + timedelta(days=2)
"""How long the ledger keeps what it says of a letter: longer than any pass looks back."""
_MOST_FORGOTTEN = 500
_FAILED = "failed "
"""What the ledger says of a letter that could not be replayed begins so; the number of times follows."""
_SECTION = "letters"
_SETTLED = "settled before"


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A blob that is not settled, the ledger's section for its day, and how often it could not be replayed."""

    section: str
    blob: ListedBlob
    failures: int

    @property
    def turn(self) -> tuple[int, datetime, str]:
        """In what order letters are read."""
        return self.failures, self.blob.modified_at, self.blob.name


@dataclass(frozen=True, slots=True)
class _Judged:
    """A blob that was read.

    Attributes:
        waiting: the blob.
        due: when the first of the sources of its events ends.
        by_door: the events to replay, each with the door as whose it counts.
        done: how many of its events the catalog knows.
        outcome: for the ledger.
    """

    waiting: _Waiting
    due: datetime
    by_door: tuple[tuple[Door, DeadLettered], ...]
    done: int
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class DeadLetters:
    """The dead letters of all subscriptions that write into one container. `retention` is that of the source."""

    inventory: Inventory
    ledger: Ledger
    putting_back: PuttingBack
    refusing: Refusing
    retention: timedelta
    now: Callable[[], datetime]
    monotonic: Callable[[], float]

    def replay(self, until: float) -> Replayed:
        """Replay what is found until that moment of the monotonic clock; the next pass goes on.

        Raises:
            Transient: container, ledger, catalog or queue are not available. What was replayed before is noted.
        """
        today = self.now().date()
        begin = self._unsettled_since(today)
        waiting = sorted(self._waiting(begin, today), key=lambda one: one.turn)
        settled, result, letters = 0, Replayed(), list[_Judged]()
        for one in waiting[:_MOST_LETTERS]:
            if self.monotonic() >= until:
                break
            try:
                body, letter = self._read(one.blob)
                if letter.fault:
                    self._refuse(one, body, letter.fault)
                    settled, result = settled + 1, result + Replayed(unreadable=1)
                else:
                    letters.append(self._judged(one, letter))
            except Transient as error:  # the others are replayed, and this one by the next pass
                log.event("letter.not_replayed", {"letter": one.blob.name, "cause": error}, logging.WARNING)
                self._note_failure(one)
                result += Replayed(failed=1)
        for judged in sorted(letters, key=lambda one: (one.waiting.failures, one.due)):
            if result.replayed >= _MOST_EVENTS or self.monotonic() >= until:
                break
            try:
                self._settle(judged)
            except Transient:  # queue, journal or ledger: they fail for all; if for this one only, it comes last now
                self._note_failure(judged.waiting)
                raise
            settled, result = settled + 1, result + Replayed(replayed=len(judged.by_door), done=judged.done)
        if settled == len(waiting) and begin < (settled_before := today - timedelta(days=1)):
            self.ledger.note(_SECTION, _SETTLED, settled_before.isoformat())
        self.ledger.forget(f"{_SECTION}~", _section_of(today - _KEPT), _MOST_FORGOTTEN)
        return result + Replayed(is_finished=settled + result.failed == len(waiting))

    def _unsettled_since(self, today: date) -> date:
        """The first day to look at: letters of the days before are all in the ledger."""
        noted = parse_day(self.ledger.find(_SECTION, _SETTLED))
        return today - _FIRST_LOOK if noted is None else max(noted, today - _LONGEST_LOOK)

    def _waiting(self, begin: date, today: date) -> Iterator[_Waiting]:
        for subscription in self.inventory.folders():
            for days in range((today - begin).days + 1):
                day = begin + timedelta(days=days)
                section = _section_of(day)
                blobs = [blob for folder in folders_of(subscription, day) for blob in self._listed(folder)]
                known = self.ledger.all(section) if blobs else {}
                for blob in blobs:
                    failures = _failures(known.get(blob.name))
                    if failures is not None:
                        yield _Waiting(section, blob, failures)

    def _listed(self, folder: str) -> Iterator[ListedBlob]:
        marker, is_last = "", False
        while not is_last:
            page = self.inventory.page(folder, marker)
            yield from page.blobs
            marker, is_last = page.marker, not page.marker

    def _read(self, blob: ListedBlob) -> tuple[bytes, DeadLetter]:
        if blob.length > _MOST_BYTES:
            return b"", DeadLetter(fault=f"{blob.length} bytes, more than Event Grid delivers")
        try:
            body = self.inventory.read(blob)
        except Permanent as error:
            return b"", DeadLetter(fault=f"{error.operation}: {error.cause}")
        return body, read_dead_letter(body)

    def _judged(self, waiting: _Waiting, letter: DeadLetter) -> _Judged:
        came = waiting.blob.modified_at
        due, done, by_door = came + self.retention, 0, list[tuple[Door, DeadLettered]]()
        for one in letter.events:
            event = _parsed(one.member)
            match event:
                case FileEvent() if self.putting_back.is_known(event, Door.EVENT_GRID):
                    done += 1
                    continue
                case FileEvent():
                    due = min(due, due_of(event, came, self.retention))
                    by_door.append((Door.EVENT_GRID, one))
                case CallEvent() | CallEndEvent():  # only the endpoint for call events acts upon them
                    due = min(due, came)
                    by_door.append((Door.FUNCTION_KEY, one))
                case MalformedEvent():  # taken like any other event, and refused there
                    by_door.append((Door.EVENT_GRID, one))
        outcome = Outcome.REPLAYED if by_door else Outcome.DONE if done else Outcome.IGNORED
        return _Judged(waiting, due, tuple(by_door), done, outcome)

    def _settle(self, letter: _Judged) -> None:
        for door in Door:
            events = [one for by, one in letter.by_door if by is door]
            for one in events:  # if its message is lost, the check of the journal finds it there
                self.refusing.keep_events([one.member], door)
            self.putting_back.put([one.member for one in events], door, FOUND, by=APP)
            for one in events:
                self._log(one, letter.waiting.blob)
        self.ledger.note(letter.waiting.section, letter.waiting.blob.name, letter.outcome)

    def _note_failure(self, waiting: _Waiting) -> None:
        self.ledger.note(waiting.section, waiting.blob.name, f"{_FAILED}{waiting.failures + 1}")

    def _log(self, one: DeadLettered, blob: ListedBlob) -> None:
        event, found = _parsed(one.member), one.diagnosis
        log.event(
            "event.replayed",
            {
                "event_id": event_id_of(one.member.raw),
                "recording_id": event.recording_id if isinstance(event, FileEvent) else None,
                "letter": blob.name,
                "reason": found.reason,
                "attempts": found.attempts,
                "last_outcome": found.last_outcome,
                "published_at": found.published_at,
                "last_attempt_at": found.last_attempt_at,
            },
            logging.WARNING,
        )

    def _refuse(self, waiting: _Waiting, body: bytes, fault: str) -> None:
        cause = f"dead letter {waiting.blob.name}: {fault}"
        self.refusing.refuse_events([Member(None, body)], Door.EVENT_GRID, cause)
        self.ledger.note(waiting.section, waiting.blob.name, Outcome.UNREADABLE)


def _section_of(day: date) -> str:
    return f"{_SECTION}~{day:%Y%m%d}"


def _failures(outcome: str | None) -> int | None:
    """How often a letter of that outcome could not be replayed; None if it is settled."""
    if outcome is None:
        return 0
    return (reading.whole(outcome.removeprefix(_FAILED)) or 0) if outcome.startswith(_FAILED) else None


def _parsed(member: Member) -> Event | MalformedEvent | None:
    try:
        return parse_event(member.raw)
    except MalformedEvent as error:
        return error
