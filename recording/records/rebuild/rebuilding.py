"""Makes the entry of a recording again from what its blobs say, if the catalog has none. Safe twice and at once."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from recording import log
from recording.catalog_updates import CatalogUpdates
from recording.core.deadlines import is_urgent
from recording.core.errors import NewerSchema
from recording.core.formats.messages import ChunkMessage, RecordMessage, Task
from recording.core.formats.records.tombstones import Tombstone
from recording.core.lifecycle import ErasureBegun, Rebuilt, knows_documents, lacks, why_not_erased
from recording.core.model import (
    Actor,
    BlobName,
    CatalogEntry,
    DocumentId,
    Door,
    Erasure,
    FileEvent,
    Recording,
    RecordingId,
    RecordingState,
)
from recording.ports import ChunkQueue, RecordQueue, Tombstones
from recording.records.erasure.removing import Removing
from recording.records.erasure.unlinking import UnlinkingPeople
from recording.records.rebuild.gathering import Came, Gathering


class Outcome(StrEnum):
    """What became of one recording."""

    REBUILT = "rebuilt"
    KNOWN = "known"
    """The catalog has it, with every chunk of the event."""
    ANNOUNCED = "announced"
    """The catalog has it, and did not have a chunk of the event."""
    ERASED = "erased"
    UNKNOWN = "unknown"
    """Nothing says what it is."""


class Announces(Protocol):
    """What announces the chunks of events: `chunks.announcing`."""

    def announce(self, event: FileEvent, door: Door, found: str = "", *, by: Actor) -> list[ChunkMessage]:
        """Save the chunks of an event; the messages to put."""


@dataclass(frozen=True, slots=True)
class Rebuilding:
    """Rebuild entries; never over one that is there."""

    updates: CatalogUpdates
    announcing: Announces
    gathering: Gathering
    tombstones: Tombstones
    removing: Removing
    unlinking: UnlinkingPeople
    chunks: ChunkQueue
    filing: RecordQueue
    is_to_file: Callable[[CatalogEntry], bool]
    now: Callable[[], datetime]

    def rebuild(
        self,
        recording_id: RecordingId,
        came: Sequence[Came] = (),
        manifest: BlobName | None = None,
        *,
        since: datetime,
        by: Actor,
    ) -> Outcome:
        """Make its entry, unless the catalog has one; its chunks go on as after a crash.

        Args:
            recording_id: of the recording.
            came: events of it that are known.
            manifest: one of its manifests, if one is known; the last of them is read.
            since: when somebody asked for it: what an earlier pass has done since is not done again.
            by: who asked for it.

        Raises:
            Transient: something is not available; rebuild it again.
            Permanent: a blob makes no sense; the catalog has no entry then.
        """
        try:
            known = self.updates.load(recording_id)
        except NewerSchema:  # a newer version of the app has made one
            return Outcome.KNOWN
        if known is not None and manifest is not None and _says_no_more_than_erased(known):
            self._remove_left(known, came, manifest)
            return Outcome.ERASED
        if known is not None:
            known, is_new = self._with_rewritten(known, manifest, by)
            if manifest is None and not came:  # it is the turn of its trail
                known, is_new = self._with_start(known, by)
            outcome = self._announce_rest(known, came, by)
            if not is_new:
                self._let_go_on(known, manifest, since)
            return Outcome.REBUILT if is_new else outcome
        tombstone = self.tombstones.find(recording_id)
        if tombstone is not None:
            self._stay_erased(tombstone, came, manifest)
            return Outcome.ERASED
        entry, sources = self.gathering.gather(recording_id, came, manifest)
        if entry is None:
            return Outcome.UNKNOWN
        decision = self.updates.apply(recording_id, Rebuilt(entry, sources), known=None, by=by)
        self._continue(decision.entry, decision.steps)
        if decision.entry.recording.unlinked:
            self.unlinking.note(decision.entry)
        log.event(
            "recording.rebuilt",
            {"recording_id": recording_id, "state": decision.entry.recording.state, "from": sources},
            logging.WARNING,
        )
        return Outcome.REBUILT

    def _with_rewritten(self, entry: CatalogEntry, manifest: BlobName | None, by: Actor) -> tuple[CatalogEntry, bool]:
        """The entry with what was written anew when somebody was taken out, if it was made without that; whether so.

        An event has made it after the catalog had lost the one before: what it lacks, no source has any more.
        """
        is_doubtful = lacks(entry) or not all(chunk.is_proven for chunk in entry)
        if manifest is None or not is_doubtful or entry.recording.state is RecordingState.ERASED:
            return entry, False
        found = self.gathering.rewritten(entry, manifest)
        if found is None:
            return entry, False
        name = found.recording.manifest_name or manifest
        decision = self.updates.apply(entry.recording.recording_id, Rebuilt(found, name), known=entry, by=by)
        self._continue(decision.entry, decision.steps)
        self.unlinking.note(decision.entry)
        return decision.entry, True

    def _with_start(self, entry: CatalogEntry, by: Actor) -> tuple[CatalogEntry, bool]:
        """The entry with what its trail says of its start, if it was made without that, by an event; whether so."""
        recording = entry.recording
        is_known = recording.requested_at is not None or recording.applied is not None
        if is_known or recording.state is RecordingState.ERASED:
            return entry, False
        found = self.gathering.started(recording.recording_id)
        if found is None or found.recording.applied is None:
            return entry, False
        decision = self.updates.apply(recording.recording_id, Rebuilt(found, "its trail"), known=entry, by=by)
        self._continue(decision.entry, decision.steps)
        return decision.entry, True

    def _stay_erased(self, tombstone: Tombstone, came: Sequence[Came], manifest: BlobName | None) -> None:
        """Say in the catalog that it is erased; what the erasure had not removed yet is removed."""
        recording_id = tombstone.recording_id
        entry, sources = self.gathering.gather(recording_id, came, manifest)
        if entry is None or not entry.chunks:  # nothing of it is left but perhaps its trail
            is_unfinished = self.removing.is_unfinished(recording_id)  # its rows may be left
            finished_at = None if is_unfinished else tombstone.at
            erasure = Erasure(tombstone.at, tombstone.reason, tombstone.by, finished_at=finished_at)
            trail = self.gathering.trail_of(recording_id)
            found = CatalogEntry(Recording(recording_id, RecordingState.ERASED, erasure=erasure, trail=trail))
            made = self.updates.apply(recording_id, Rebuilt(found, "its tombstone"), known=None, by=tombstone.by).entry
            if is_unfinished:
                self.removing.resume(made)
            return
        if why_not_erased(entry, self.now()):  # something came of it too late: that is removed too, and hides no blob
            entry = _erased(entry, Erasure(tombstone.at, tombstone.reason, tombstone.by))
        facts = Rebuilt(entry, sources), ErasureBegun(recording_id, tombstone.reason)
        self.removing.resume(self.updates.apply(recording_id, *facts, known=None, by=tombstone.by).entry)

    def _remove_left(self, known: CatalogEntry, came: Sequence[Came], manifest: BlobName) -> None:
        """Remove what is left of an erased recording: its manifests go last, so something else may stand too.

        Its erasure was cut off and its entry lost, and an event has made one that says no more than that it is erased.
        """
        recording, erasure = known.recording, known.recording.erasure
        entry, _ = self.gathering.gather(recording.recording_id, came, manifest)
        if entry is None or erasure is None:
            return
        left = _erased(entry, replace(erasure, finished_at=None))
        self.removing.note(recording.recording_id)  # else what is protected now would be taken for gone
        self.removing.remove(left, erasure.reason, by=erasure.by)
        log.event("recording.erased_again", {"recording_id": recording.recording_id}, logging.WARNING)

    def _let_go_on(self, entry: CatalogEntry, manifest: BlobName | None, since: datetime) -> None:
        """Let go on what rows of the index would ask for: that may be lost, and the catalog not."""
        recording = entry.recording
        if recording.state is RecordingState.ERASED:
            is_begun = recording.erasure is not None and recording.erasure.finished_at is None
            if is_begun and not self.removing.is_unfinished(recording.recording_id):
                self.removing.resume(entry)
            return
        if manifest is None:  # all that is filed has one, by which the rebuild comes to it once more
            return
        if any(one.what == Rebuilt.__name__ and one.at >= since for one in recording.history):
            return  # an earlier pass has made it, and put its message
        if recording.unlinked:
            self.unlinking.note(entry)
        if self.is_to_file(entry):
            self.filing.put(RecordMessage(recording.recording_id, Task.FILE))

    def _announce_rest(self, entry: CatalogEntry, came: Sequence[Came], by: Actor) -> Outcome:
        """An event whose chunks the entry does not have was never taken; it is, in the usual way."""
        outcome = Outcome.KNOWN
        for one in came:
            if not knows_documents(entry, one.event):
                for message in self.announcing.announce(one.event, one.door, by=by):
                    self.chunks.put(message, timedelta(), is_urgent=message.is_urgent)
                outcome = Outcome.ANNOUNCED
        return outcome

    def _continue(self, entry: CatalogEntry, steps: Sequence[DocumentId]) -> None:
        """Put the messages that go on with it. If they are lost, the sweep and the daily pass find what is owed."""
        recording, now = entry.recording, self.now()
        for document_id in steps:
            chunk = entry.chunk(document_id)
            assert chunk is not None  # noqa: S101 - steps name chunks of the entry
            hurry = not chunk.is_closed and is_urgent(chunk.due, now)
            message = ChunkMessage(recording.recording_id, document_id, chunk.look_at or now, hurry)
            self.chunks.put(message, timedelta(), is_urgent=hurry)
        if recording.completed_at is not None:
            self.filing.put(RecordMessage(recording.recording_id, Task.FILE))


def _says_no_more_than_erased(entry: CatalogEntry) -> bool:
    return entry.recording.state is RecordingState.ERASED and not entry.chunks


def _erased(entry: CatalogEntry, erasure: Erasure) -> CatalogEntry:
    """The entry as one whose erasure has begun."""
    return replace(entry, recording=replace(entry.recording, state=RecordingState.ERASED, erasure=erasure))
