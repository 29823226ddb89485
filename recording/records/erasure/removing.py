"""Removes a recording: everything of it, in every container and index, by whatever reason it is erased.

First the entry says that its erasure has begun: from then on nothing that comes of it is taken. Then its tombstone is
written, and only then anything is removed; manifests go after all else, as a rebuild finishes it by them. At the end
the entry is stripped to ids, times and acts. Killed anywhere, it goes on: what is gone already is passed over, and a
row tells the daily pass of an erasure that is not finished.

What is removed is found by listing, not by what the entry says alone: copies and files of tries that nobody has noted
are removed too. A run that had loaded the entry before may write after that: for some days it is listed again. What
the service has written into a native container is the customer's, and is left.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import timedelta

from recording import log
from recording.catalog_updates import CatalogUpdates
from recording.core.errors import BlobProtected, RecordingOpen
from recording.core.formats.records.tombstones import Tombstone
from recording.core.lifecycle import Erased, ErasureBegun, is_made_by_its_tombstone, why_not_erased
from recording.core.model import Actor, BlobName, CatalogEntry, RecordingId, RecordingState, RemovalReason
from recording.core.naming import encode, journal_folder, sibling_name
from recording.core.records.traces import Traces
from recording.ports import Index, IndexRow, Removal, Tombstones
from recording.records.erasure.erased_of_late import OF_ONE, ErasedOfLate, Forget, log_left
from recording.records.erasure.erasing_events import ErasingEvents
from recording.records.filing import about
from recording.records.index_rows import remove_rows, rows_in
from recording.records.keeping.holding import Holding
from recording.records.standing_blobs import Standing, StandingBlobs
from recording.writing_trail import WritingTrail

_UNFINISHED = "erasing"
"""The partition of the recordings whose erasure has begun and is not finished."""
_OPERATION = "erase recording"
_AROUND = (timedelta(days=-1), timedelta(), timedelta(days=1))
"""The days on which an event was written to the journal, around the moment at which it was taken."""


@dataclass(frozen=True, slots=True)
class Removing:
    """Remove recordings. Whoever asks for it has asked for the holds just before.

    They are asked for once more when the entry says that its erasure has begun, and whenever it goes on: a hold that
    was made meanwhile stops it, as long as any blob of it is there.

    Attributes:
        removals: by what the container is for: archive, quarantine, overflow if there is one.
        forgets: remove what others have written: the exports that contain it, the rows by which it is found.
        of_late: looks for some days at what was written about it meanwhile.
    """

    updates: CatalogUpdates
    writing_trail: WritingTrail
    tombstones: Tombstones
    index: Index
    holding: Holding
    removals: Mapping[str, Removal]
    blobs: StandingBlobs
    events: ErasingEvents
    forgets: Sequence[Forget]
    of_late: ErasedOfLate

    def remove(self, entry: CatalogEntry, reason: RemovalReason, *, by: Actor) -> None:
        """Erase a recording; idempotent.

        Raises:
            RecordingOpen: it cannot be erased yet; nothing is changed.
            BlobProtected: its erasure has begun, and a hold, or a time, keeps a blob: the daily pass tries it again.
            Transient: it is not finished; do it again.
        """
        recording_id = entry.recording.recording_id
        if entry.recording.state is not RecordingState.ERASED:
            entry = self._begin(entry, reason, by)
        erasure = entry.recording.erasure
        if erasure is None or erasure.finished_at is not None:
            if is_made_by_its_tombstone(entry) and self.is_unfinished(recording_id):
                cause, hint = "its entry was lost while it was erased, and its blobs may stand", "rebuild the catalog"
                raise RecordingOpen(_OPERATION, cause, hint=hint, ids={"recording_id": recording_id})
            self.index.delete(_UNFINISHED, encode(recording_id))
            self.writing_trail.write(entry)
            return
        of_chunks, own = self.blobs.all_of(entry)
        blobs = _in_order(entry, own.union(of_chunks), own)
        if blobs and (holds := self.holding.of(recording_id, entry)):
            ids = {"recording_id": recording_id, "hold_id": holds[0].hold_id}
            raise BlobProtected(_OPERATION, "a hold was made meanwhile", hint="it is erased once that ends", ids=ids)
        self.tombstones.put(Tombstone(recording_id, erasure.begun_at, erasure.reason, erasure.by))
        first, last = [one for one in blobs if one not in own], [one for one in blobs if one in own]
        self._remove_blobs(first)
        self.events.erase(_journal_of(entry), Traces.of([recording_id]))
        for forget in self.forgets:
            forget(entry)
        self._remove_blobs(last)
        remove_rows(self.index, about(recording_id))
        self.of_late.note(entry)
        entry = self.updates.apply(recording_id, Erased(), known=entry, by=by).entry
        self.index.delete(_UNFINISHED, encode(recording_id))
        log.event("recording.erased", {"recording_id": recording_id, "reason": erasure.reason})
        self.writing_trail.write(entry)

    def resume(self, entry: CatalogEntry) -> None:
        """Go on with an erasure that has begun; what is protected is left to the daily pass.

        Raises:
            Transient: it is not finished; do it again.
        """
        self.note(entry.recording.recording_id)
        self._finish(entry.recording.recording_id)

    def finish(self, is_over: Callable[[], bool]) -> int:
        """Finish the erasures that were cut off, and look again at those of late; how many could not be finished.

        Raises:
            Transient: they are finished another time.
        """
        rows = rows_in(self.index, _UNFINISHED)
        left = sum(is_over() or not self._finish(RecordingId(row.body.decode())) for row in rows)
        return left + self.of_late.look(is_over)

    def is_gone(self, recording_id: RecordingId) -> bool:
        """Whether a recording of which the catalog has no entry was erased to its end: else its blobs may stand."""
        return not self.is_unfinished(recording_id) and self.tombstones.find(recording_id) is not None

    def is_unfinished(self, recording_id: RecordingId) -> bool:
        """Whether a row says that its erasure has begun, and is not finished."""
        return self.index.get(_UNFINISHED, encode(recording_id)) is not None

    def note(self, recording_id: RecordingId) -> None:
        """Note that its erasure is not finished, before anything is removed."""
        self.index.put(IndexRow(_UNFINISHED, encode(recording_id), recording_id.encode()))

    def _finish(self, recording_id: RecordingId) -> bool:
        """One that cannot be finished, as its entry cannot be read, keeps no other from it."""
        try:
            entry = self.updates.load(recording_id)
            if entry is None and self.tombstones.find(recording_id) is not None:
                log.event("recording.erasure_lost", {"recording_id": recording_id}, logging.ERROR)
                return False  # a rebuild finishes it
            erasure = entry.recording.erasure if entry is not None else None
            if entry is None or erasure is None:  # it has never begun
                self.index.delete(_UNFINISHED, encode(recording_id))
                return True
            self.remove(entry, erasure.reason, by=erasure.by)
        except OF_ONE as error:
            log_left(recording_id, error)
            return False
        return True

    def _begin(self, entry: CatalogEntry, reason: RemovalReason, by: Actor) -> CatalogEntry:
        recording_id = entry.recording.recording_id
        self._check(entry)
        entry = self.updates.tell(entry)
        self.note(recording_id)
        entry = self.updates.apply(recording_id, ErasureBegun(recording_id, reason), known=entry, by=by).entry
        if entry.recording.state is not RecordingState.ERASED:
            self.index.delete(_UNFINISHED, encode(recording_id))
            self._check(entry)
        return entry

    def _check(self, entry: CatalogEntry) -> None:
        why_not = why_not_erased(entry, self.updates.now())
        if why_not:
            ids = {"recording_id": entry.recording.recording_id}
            raise RecordingOpen(_OPERATION, why_not, hint="it can be erased once nothing of it is open", ids=ids)

    def _remove_blobs(self, blobs: Iterable[tuple[str, BlobName]]) -> None:
        for role, name in blobs:
            self.removals[role].remove(name)


def _in_order(entry: CatalogEntry, found: AbstractSet[Standing], own: AbstractSet[Standing]) -> list[Standing]:
    """All blobs, each once: what stands under its own name after the others.

    Last but for the manifests who takes part: as long as anything else is left, a hold for a person asks for it.
    """
    manifest = entry.recording.manifest_name
    people = None if manifest is None else sibling_name(manifest, "people")
    return sorted(found, key=lambda blob: (blob in own, ".manifest" in blob[1], blob[1] == people, blob))


def _journal_of(entry: CatalogEntry) -> Iterator[str]:
    """The beginnings of the names that its events may have in the journal."""
    taken = {(one.event_id, one.seen_at) for chunk in entry for one in chunk.candidates}
    recording = entry.recording
    if recording.announced_at is not None:
        taken |= {(one.event_id, recording.announced_at) for one in recording.unread}
    yield from sorted({f"{journal_folder(at + days)}{encode(event_id)}-" for event_id, at in taken for days in _AROUND})
