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
from datetime import datetime, timedelta
from itertools import batched

import msgspec

from recording import log
from recording.catalog_updates import CatalogUpdates
from recording.core.errors import (
    ArchiveDamaged,
    BlobProtected,
    CatalogConflict,
    EntryUnreadable,
    NewerSchema,
    Permanent,
    RecordingError,
    RecordingOpen,
)
from recording.core.formats.records.manifests import read_manifest
from recording.core.formats.records.tombstones import Tombstone
from recording.core.lifecycle import Erased, ErasureBegun, is_made_by_its_tombstone, why_not_erased
from recording.core.model import Actor, BlobName, CatalogEntry, Chunk, RecordingId, RecordingState, RemovalReason
from recording.core.naming import encode, journal_folder, sibling_name
from recording.core.records.traces import Traces
from recording.ports import Index, IndexRow, Inventory, Removal, Tombstones
from recording.records.erasing_events import ErasingEvents, listed, names_of
from recording.records.erasing_exports import remove_rows
from recording.records.filing import about
from recording.records.holding import Holding
from recording.writing_trail import WritingTrail

OF_ONE = (ArchiveDamaged, CatalogConflict, EntryUnreadable, NewerSchema)
"""Errors that are about a single recording, and may pass: a pass over many goes on with the next."""
_UNFINISHED = "erasing"
"""The partition of the recordings whose erasure has begun and is not finished."""
UNLINKED = "unlinking"
"""The partition of the recordings that somebody is being taken out of, or was some days ago."""
_ERASED = "erased-of-late"
"""The partition of the recordings that were erased some days ago."""
_LOOKS = timedelta(days=3)
"""For so long they are looked at again: no run that had begun before lasts longer."""
_RECENT = timedelta(days=1)
"""Of a recording that was completed longer ago no run can be copying anything that had begun before its end."""
_NAMES = 20
"""Of chunks in a row: they may be long."""
_OPERATION = "erase recording"
_AROUND = (timedelta(days=-1), timedelta(), timedelta(days=1))
"""The days on which an event was written to the journal, around the moment at which it was taken."""
_PAGE = 500
_MOST_MANIFEST = 16 << 20


@dataclass(frozen=True, slots=True)
class _Gone:
    """Some chunks of an erased recording, whose entry does not name them any more, and where its own blobs may be."""

    recording_id: RecordingId
    erased_at: datetime
    chunks: tuple[BlobName, ...]
    folders: tuple[str, ...]
    is_first: bool = True


# Created at import: see `adapters.rows`.
_GONE = msgspec.json.Decoder(_Gone)

type Forget = Callable[[CatalogEntry], None]
"""Removes what another use case has written about a recording; idempotent, and raises Transient to be called again."""


@dataclass(frozen=True, slots=True)
class Removing:
    """Remove recordings. Whoever asks for it has asked for the holds just before.

    They are asked for once more when the entry says that its erasure has begun, and whenever it goes on: a hold that
    was made meanwhile stops it, as long as any blob of it is there.

    Attributes:
        removals, inventories: by what the container is for: archive, quarantine, overflow if there is one.
        forgets: remove what others have written: the exports that contain it, the rows by which it is found.
    """

    updates: CatalogUpdates
    writing_trail: WritingTrail
    tombstones: Tombstones
    index: Index
    holding: Holding
    removals: Mapping[str, Removal]
    inventories: Mapping[str, Inventory]
    events: ErasingEvents
    forgets: Sequence[Forget]

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
        own = set(self._own_blobs(entry))
        blobs = self._in_order(entry, own)
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
        self._note_gone(entry)
        entry = self.updates.apply(recording_id, Erased(), known=entry, by=by).entry
        self.index.delete(_UNFINISHED, encode(recording_id))
        log.event("recording.erased", {"recording_id": recording_id, "reason": erasure.reason})
        self.writing_trail.write(entry)

    def remove_late(self, entry: CatalogEntry, manifest: BlobName) -> None:
        """Remove what was written beside a manifest, and in rows, after the erasure was finished; idempotent.

        Raises:
            BlobProtected: a hold or a time protects a blob.
            Transient: it is not finished; do it again.
        """
        recording_id = entry.recording.recording_id
        for name in set(self._own(_folder_of(manifest), recording_id)):
            self.removals["archive"].remove(name)
        for forget in self.forgets:
            forget(entry)
        remove_rows(self.index, about(recording_id))
        log.event("recording.erased_again", {"recording_id": recording_id}, logging.WARNING)

    def resume(self, entry: CatalogEntry) -> None:
        """Go on with an erasure that has begun; what is protected is left to the daily pass.

        Raises:
            Transient: it is not finished; do it again.
        """
        self._note(entry.recording.recording_id)
        self._finish(entry.recording.recording_id)

    def finish(self, is_over: Callable[[], bool]) -> int:
        """Finish the erasures that were cut off, and look again at those of late; how many could not be finished.

        Raises:
            Transient: they are finished another time.
        """
        left = sum(is_over() or not self._finish(RecordingId(row.body.decode())) for row in self._rows(_UNFINISHED))
        for row in self._rows(_ERASED):
            if is_over():  # its row stays until it was looked at after its days
                break
            left += not self._look_again(row)
        return left

    def is_gone(self, recording_id: RecordingId) -> bool:
        """Whether a recording of which the catalog has no entry was erased to its end: else its blobs may stand."""
        return not self.is_unfinished(recording_id) and self.tombstones.find(recording_id) is not None

    def is_unfinished(self, recording_id: RecordingId) -> bool:
        """Whether a row says that its erasure has begun, and is not finished."""
        return self.index.get(_UNFINISHED, encode(recording_id)) is not None

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
        except (Permanent, *OF_ONE) as error:
            _log_left(recording_id, error)
            return False
        return True

    def _look_again(self, row: IndexRow) -> bool:
        """Remove what was written since by runs that had begun before; they may have been killed, and told nobody.

        And let others forget what they may have kept then.
        """
        gone, key = _GONE.decode(row.body), row.key
        recording_id = gone.recording_id
        try:
            found = set(self._standing(recording_id, gone.chunks, gone.folders))
            entry = self.updates.load(recording_id)
            if found and self.holding.of(recording_id, entry):
                return False
            for role, name in found:
                self.removals[role].remove(name)
            if entry is not None and gone.is_first:  # such as of a call that may have gone on when it was erased
                for forget in self.forgets:
                    forget(entry)
                remove_rows(self.index, about(recording_id))
        except (Permanent, *OF_ONE) as error:
            _log_left(recording_id, error)
            return False
        if found:
            fields = {"recording_id": recording_id, "blobs": len(found)}
            log.event("recording.erased_again", fields, logging.WARNING)
        if self.updates.now() - gone.erased_at > _LOOKS:
            self.index.delete(_ERASED, key)
        return True

    def _note_gone(self, entry: CatalogEntry) -> None:
        """Let the daily pass look again, if a run may be writing that had loaded the entry before."""
        recording, now = entry.recording, self.updates.now()
        is_old = recording.completed_at is not None and now - recording.completed_at > _RECENT
        if is_old and not self._is_unlinked_of_late(entry):
            return
        for number, chunks in enumerate(batched(entry, _NAMES, strict=False)):
            names, folders = tuple(chunk.name for chunk in chunks), tuple(sorted(_folders_of(entry, chunks)))
            body = msgspec.json.encode(_Gone(recording.recording_id, now, names, folders, is_first=number == 0))
            self.index.put(IndexRow(_ERASED, f"{encode(recording.recording_id)}~{number:04}", body))

    def _is_unlinked_of_late(self, entry: CatalogEntry) -> bool:
        """Whether a run may be taking somebody out of it, also one that has not noted that yet, or was given up."""
        if any(one.finished_at is None for one in entry.recording.unlinked):
            return True
        return self.index.get(UNLINKED, encode(entry.recording.recording_id)) is not None

    def _rows(self, partition: str) -> Iterator[IndexRow]:
        """The rows of a partition; they may leave it meanwhile."""
        after = ""
        while True:
            page = self.index.page(partition, _PAGE, after)
            yield from page.rows
            after = page.next
            if not after:
                return

    def _begin(self, entry: CatalogEntry, reason: RemovalReason, by: Actor) -> CatalogEntry:
        recording_id = entry.recording.recording_id
        self._check(entry)
        entry = self.updates.tell(entry)
        self._note(recording_id)
        entry = self.updates.apply(recording_id, ErasureBegun(recording_id, reason), known=entry, by=by).entry
        if entry.recording.state is not RecordingState.ERASED:
            self.index.delete(_UNFINISHED, encode(recording_id))
            self._check(entry)
        return entry

    def _note(self, recording_id: RecordingId) -> None:
        self.index.put(IndexRow(_UNFINISHED, encode(recording_id), recording_id.encode()))

    def _check(self, entry: CatalogEntry) -> None:
        why_not = why_not_erased(entry, self.updates.now())
        if why_not:
            ids = {"recording_id": entry.recording.recording_id}
            raise RecordingOpen(_OPERATION, why_not, hint="it can be erased once nothing of it is open", ids=ids)

    def _remove_blobs(self, blobs: Iterable[tuple[str, BlobName]]) -> None:
        for role, name in blobs:
            self.removals[role].remove(name)

    def _of_chunks(self, entry: CatalogEntry, own: AbstractSet[tuple[str, BlobName]]) -> Iterator[tuple[str, BlobName]]:
        """Every blob of its chunks, in each container: of those in the entry, and of those that its manifests name.

        An entry that an event has made, after the catalog had lost the one before, has not all of them.
        """
        names = {chunk.name for chunk in entry}
        for _, manifest in own:
            names |= chunks_named_by(self.inventories["archive"], manifest, entry.recording.recording_id)
        yield from self._standing(entry.recording.recording_id, sorted(names), ())

    def _own_blobs(self, entry: CatalogEntry) -> Iterator[tuple[str, BlobName]]:
        """What stands under its own name: if the catalog loses its entry, only that says what else there is of it."""
        yield from self._standing(entry.recording.recording_id, (), _folders_of(entry, entry))

    def _standing(
        self, recording_id: RecordingId, chunks: Iterable[BlobName], folders: Iterable[str]
    ) -> Iterator[tuple[str, BlobName]]:
        """Every blob of these chunks in each container, and what stands under the recording's own name in folders."""
        for chunk in chunks:
            for role, inventory in self.inventories.items():
                yield from ((role, name) for name in names_of(inventory, chunk) if is_of(name, chunk))
        for folder in folders:
            yield from (("archive", name) for name in self._own(folder, recording_id))

    def _in_order(self, entry: CatalogEntry, own: AbstractSet[tuple[str, BlobName]]) -> list[tuple[str, BlobName]]:
        """All blobs, each once: what stands under its own name after the others.

        Last but for the manifests who takes part: as long as anything else is left, a hold for a person asks for it.
        """
        manifest = entry.recording.manifest_name
        people = None if manifest is None else sibling_name(manifest, "people")
        found = own | set(self._of_chunks(entry, own))
        return sorted(found, key=lambda blob: (blob in own, ".manifest" in blob[1], blob[1] == people, blob))

    def _own(self, folder: str, recording_id: RecordingId) -> Iterator[BlobName]:
        """What stands under the recording's own name: manifests, and what is beside them."""
        yield from names_of(self.inventories["archive"], f"{folder}{encode(recording_id)}.")


def _folders_of(entry: CatalogEntry, chunks: Iterable[Chunk]) -> set[str]:
    """Where what stands under the recording's own name may be: beside its chunks, and its manifest."""
    manifest = entry.recording.manifest_name
    return {_folder_of(name) for name in (*(chunk.name for chunk in chunks), *([manifest] if manifest else []))}


def _folder_of(name: BlobName) -> str:
    return name[: name.rfind("/") + 1]


def chunks_named_by(archived: Inventory, manifest: BlobName, recording_id: RecordingId) -> set[BlobName]:
    """The chunks that a manifest of a recording names.

    None of one that cannot be read, or is none, or is another recording's: a whole entry says them too.
    """
    for blob in listed(archived, manifest) if ".manifest" in manifest else ():
        if blob.name == manifest and blob.length <= _MOST_MANIFEST:
            try:
                found = read_manifest(archived.read(blob), manifest, blob.modified_at)
            except Permanent as error:
                log.event("recording.manifest_unread", {"manifest": manifest, "cause": error}, logging.WARNING)
                continue
            if found.recording.recording_id == recording_id:
                return {chunk.name for chunk in found}
    return set()


def is_of(name: BlobName, chunk: BlobName) -> bool:
    """Whether a blob is the chunk's: what follows its name begins with a point, which no id contains."""
    return name == chunk or name.startswith(f"{chunk}.")


def _journal_of(entry: CatalogEntry) -> Iterator[str]:
    """The beginnings of the names that its events may have in the journal."""
    taken = {(one.event_id, one.seen_at) for chunk in entry for one in chunk.candidates}
    recording = entry.recording
    if recording.announced_at is not None:
        taken |= {(one.event_id, recording.announced_at) for one in recording.unread}
    yield from sorted({f"{journal_folder(at + days)}{encode(event_id)}-" for event_id, at in taken for days in _AROUND})


def _log_left(recording_id: RecordingId, error: RecordingError) -> None:
    fields = {"recording_id": recording_id, "code": error.code, "cause": error}
    log.event("recording.erasure_left", fields, logging.WARNING)
