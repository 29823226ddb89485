"""Tells the catalog a fact: read the entry, decide, save; and decide again on a conflict. Then tells people."""

import logging
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from recording import log
from recording.core.errors import CatalogConflict, Transient
from recording.core.formats import notifications
from recording.core.lifecycle import Decision, Fact, Told, decide
from recording.core.model import APP, Actor, Alert, CatalogEntry, RecordingId
from recording.ports import Catalog, Topic

_FIRST_WAIT = 0.02
_LONGEST_WAIT = 5.0
_PATIENCE = 45.0
"""Seconds of conflicts after which a step is given back; whoever wins a conflict has moved on, so this is rare."""


@dataclass(slots=True)
class _Turn:
    """One recording's turn within this worker: who holds the lock may write. `latest` is what was saved last."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    latest: CatalogEntry | None = None
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class CatalogUpdates:
    """The catalog's entries, changed by facts alone.

    Within one worker the facts of a recording take turns, so that the chunks of a recording, which run at the same
    time, do not conflict with each other; workers among themselves do, and wait a little longer each time.

    Attributes:
        sleep: waits so many seconds.
        spread: numbers from 0 to 1, for rivals not to come back at the same moment.
    """

    catalog: Catalog
    topic: Topic
    now: Callable[[], datetime]
    sleep: Callable[[float], None]
    spread: Callable[[], float] = random.random
    _turns: dict[RecordingId, _Turn] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def load(self, recording_id: RecordingId) -> CatalogEntry | None:
        """The entry as it stands."""
        return self.catalog.load(recording_id)

    def apply(
        self, recording_id: RecordingId, fact: Fact, known: CatalogEntry | None = None, by: Actor = APP
    ) -> Decision:
        """Save what the fact makes of the entry; what it is now, and which steps are to be queued.

        Alerts are saved with the entry, and published afterwards by `tell`: a conflict cannot tell what is not so,
        whoever is cut off in between is followed by one who finds them untold, and a topic that is out of order holds
        up nothing but itself.

        Args:
            recording_id: whose entry.
            fact: what has happened.
            known: the entry as just loaded or saved, which spares a request if nobody has changed it since.
            by: who brought it about.

        Raises:
            CatalogConflict: other workers were quicker every time.
            Transient: the catalog cannot be had.
        """
        with self._turn(recording_id) as turn:
            return self._save(recording_id, fact, turn, known, by)

    def tell(self, entry: CatalogEntry) -> CatalogEntry:
        """Publish what is untold of an entry, at least once, and note that it is told; the entry as it is then.

        Raises:
            Transient: the topic or the catalog cannot be had; what is untold stays so.
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
            with self._turn(recording_id) as turn:
                entry = self._save(recording_id, Told(tuple(told)), turn, entry, APP).entry
        if failure is not None:
            raise failure
        return entry

    def _save(
        self, recording_id: RecordingId, fact: Fact, turn: _Turn, known: CatalogEntry | None, by: Actor
    ) -> Decision:
        entry = turn.latest or known
        wait, waited = _FIRST_WAIT, 0.0
        while True:
            if entry is None:
                entry = self.catalog.load(recording_id)
            decision = decide(entry, fact, self.now(), by)
            if decision.entry == entry:
                turn.latest = entry
                return decision
            try:
                turn.latest = self.catalog.save(decision.entry)
            except CatalogConflict:
                turn.latest = entry = None
                if waited >= _PATIENCE:
                    raise
                pause = wait * (1 + self.spread()) / 2
                self.sleep(pause)
                wait, waited = min(2 * wait, _LONGEST_WAIT), waited + pause
            else:
                return Decision(turn.latest, decision.steps)

    @contextmanager
    def _turn(self, recording_id: RecordingId) -> Iterator[_Turn]:
        with self._lock:
            turn = self._turns.setdefault(recording_id, _Turn())
            turn.waiting += 1
        try:
            with turn.lock:
                yield turn
        finally:
            with self._lock:
                turn.waiting -= 1
                if not turn.waiting:  # what was saved last is only worth knowing while others wait for their turn
                    del self._turns[recording_id]

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
