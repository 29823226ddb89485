"""Applies facts to the catalog: load, decide, save with If-Match, on conflict again. Publishes the alerts.

The rows of open work are kept here too. A row is written before the entry that it stands for is saved, and removed
after one is saved that it no longer stands for. So there may be a row too many after a crash, but never one too few.
"""

import logging
import random
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto

from recording import log
from recording.core.errors import CatalogConflict, RecordingError, Transient
from recording.core.formats import notifications
from recording.core.lifecycle import (
    Decision,
    Fact,
    Told,
    decide_all,
    known_since,
    life_of,
    makes_entry,
    with_opening,
)
from recording.core.model import APP, Actor, Alert, CatalogEntry, DocumentId, RecordingId
from recording.ports import Catalog, Directory, OpenWork, Topic

_FIRST_WAIT = 0.02
_LONGEST_WAIT = 5.0
_PATIENCE = 45.0
"""Seconds after which `apply` gives up on conflicts. Rare: of the conflicting writers one succeeds each time."""


class NotLoaded(Enum):
    """Nobody has looked yet whether there is an entry."""

    NOT_LOADED = auto()


type Known = CatalogEntry | NotLoaded | None


@dataclass(slots=True)
class _WriteLock:
    """The lock that serializes the writes of one recording in this worker; `latest` is the entry saved last."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    latest: CatalogEntry | None = None
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class CatalogUpdates:
    """The catalog's entries, changed only by facts, with optimistic concurrency.

    Within one worker a lock for each recording serializes the facts, so that its chunks, which run concurrently, do not
    conflict. Different workers do conflict, and retry with exponential backoff and jitter.

    Attributes:
        sleep: waits so many seconds.
        spread: random numbers from 0 to 1, for the jitter.
    """

    catalog: Catalog
    open_work: OpenWork
    directory: Directory
    topic: Topic
    now: Callable[[], datetime]
    sleep: Callable[[float], None]
    spread: Callable[[], float] = random.random
    _write_locks: dict[RecordingId, _WriteLock] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def load(self, recording_id: RecordingId) -> CatalogEntry | None:
        """The entry in the catalog, or None."""
        return self.catalog.load(recording_id)

    def apply(
        self, recording_id: RecordingId, *facts: Fact, known: Known = NotLoaded.NOT_LOADED, by: Actor = APP
    ) -> Decision:
        """Apply the facts in order and save the entry; the new entry, and the chunks that need a queue message.

        Alerts are saved with the entry and published afterwards by `tell`. So no alert is published for a save that
        lost a conflict, a crash before `tell` leaves the alerts in the entry for the next run, and an unavailable topic
        delays nothing but the alerts.

        Args:
            recording_id: whose entry.
            facts: what has happened, in order; saved together or not at all.
            known: the entry as just loaded or saved, None where there was none; saves a request if it has not changed
                since.
            by: who caused it.

        Raises:
            CatalogConflict: every try lost against another worker, or there is no entry, and the fact makes none.
            Transient: the catalog is unavailable.
        """
        with self._locked(recording_id, known) as (own, newest):
            return self._save(recording_id, facts, own, newest, by)

    def apply_once(self, entry: CatalogEntry, *facts: Fact, by: Actor) -> Decision:
        """As `apply`, for facts that are true only of this very entry: if it has changed since, nothing is saved.

        Raises:
            CatalogConflict: it has changed since it was loaded.
            Transient: the catalog is unavailable.
        """
        with self._locked(entry.recording.recording_id, entry) as (own, _):
            decision = decide_all(entry, facts, self.now(), by)
            return Decision(self._save_opened(entry, with_opening(entry, decision.entry), own), decision.steps)

    def show_life(self, entry: CatalogEntry, document_id: DocumentId) -> None:
        """Note in the row of an entry that the work on a chunk goes on, so that the sweep puts no message for it.

        Raises:
            Transient: it could not be noted; the sweep may put a message too many.
        """
        recording = entry.recording
        if recording.opening.at is not None:
            self.open_work.touch(recording.recording_id, recording.opening, lives={life_of(document_id): self.now()})

    def tell(self, entry: CatalogEntry) -> CatalogEntry:
        """Publish the entry's untold alerts, then save that they are told; the new entry.

        At least once: publish before save.

        Raises:
            Transient: the topic or the catalog is unavailable; the alerts stay untold.
        """
        recording_id = entry.recording.recording_id
        told: list[Alert] = []
        failure: Transient | None = None
        for alert in entry.recording.untold:
            try:
                self._publish(recording_id, alert)
            except Transient as error:
                failure = error
                break
            told.append(alert)
        if told:
            with self._locked(recording_id, entry) as (own, newest):
                entry = self._save(recording_id, (Told(tuple(told)),), own, newest, APP).entry
        if failure is not None:
            raise failure
        return entry

    def _save(
        self, recording_id: RecordingId, facts: Sequence[Fact], own: _WriteLock, known: Known, by: Actor
    ) -> Decision:
        entry = known
        wait, waited = _FIRST_WAIT, 0.0
        while True:
            if entry is NotLoaded.NOT_LOADED:
                entry = self.catalog.load(recording_id)
            if entry is None and not makes_entry(facts[0]):  # whoever applies it had seen one
                hint = "rebuild what the catalog has lost"
                raise CatalogConflict("save entry", "it is gone", hint=hint, ids={"recording_id": recording_id})
            decision = decide_all(entry, facts, self.now(), by)
            after = with_opening(entry, decision.entry)
            if after == entry:
                return decision
            try:
                saved = self._save_opened(entry, after, own)
            except CatalogConflict:
                entry = NotLoaded.NOT_LOADED
                if waited >= _PATIENCE:
                    raise
                pause = wait * (1 + self.spread()) / 2
                self.sleep(pause)
                wait, waited = min(2 * wait, _LONGEST_WAIT), waited + pause
            else:
                return Decision(saved, decision.steps)

    def _save_opened(self, before: CatalogEntry | None, after: CatalogEntry, own: _WriteLock) -> CatalogEntry:
        """Save an entry between the two changes of its row; the entry as saved."""
        recording_id, now = after.recording.recording_id, self.now()
        known, opening = before.recording.opening if before else None, after.recording.opening
        if opening != known and opening.at is not None:
            self.open_work.put(recording_id, opening, now)
        if before is None:
            self.directory.add(recording_id, known_since(after.recording) or now)
        saved = own.latest = self.catalog.save(after)
        if known is not None and known != opening and known.at is not None:
            try:
                self.open_work.remove(recording_id, known)
            except RecordingError as error:  # the sweep removes the row: it stands for nothing now
                fields = {"recording_id": recording_id, "code": error.code, "cause": error.cause}
                log.event("recording.row_left", fields, logging.WARNING)
        return saved

    @contextmanager
    def _locked(self, recording_id: RecordingId, known: Known) -> Iterator[tuple[_WriteLock, Known]]:
        """The lock, held, and the newest entry: `known`, or what another thread saved while this one waited.

        What was saved before this thread came may be older than `known`: the lock is held for longer than the save.
        """
        with self._lock:
            own = self._write_locks.setdefault(recording_id, _WriteLock())
            own.waiting += 1
            saved_before = own.latest
        try:
            with own.lock:
                yield own, known if own.latest is saved_before else own.latest
        finally:
            with self._lock:
                own.waiting -= 1
                if not own.waiting:  # `latest` is used only by threads that wait for the lock
                    del self._write_locks[recording_id]

    def _publish(self, recording_id: RecordingId, found: Alert) -> None:
        event = notifications.alert(recording_id, found, self.now())
        log.event(
            f"recording.{found.alarm}",
            {
                "alert": event.event_type,
                "recording_id": recording_id,
                "document_id": found.document_id,
                "reason": found.reason,
            },
            logging.ERROR,
        )
        self.topic.publish(event)
