"""Takes a person out of a recording that is kept: out of its metadata files, its people document, and the rows.

First the entry says that it has begun: nobody else is taken out of it meanwhile, so each starts from what the one
before has left. Then the metadata files are written anew under other names, read back, and noted in the entry as its
proofs; a manifest says so; and only then is removed whatever stands beside them and is not what entry and manifest
name. That needs nobody's name: cut off there, it is finished without knowing who it was. A row tells the daily pass of
it, which also looks again for some days, at what runs have written that had begun before.
"""

import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta

import msgspec

from recording import log
from recording.catalog_updates import CatalogUpdates
from recording.core.errors import ArchiveDamaged, BlobExists, BlobProtected, CatalogConflict, Permanent, RecordingOpen
from recording.core.formats.metadata import redacted
from recording.core.lifecycle import Completed, Rewritten, UnlinkBegun, Unlinked, UnlinkGivenUp, why_not_unlinked
from recording.core.model import (
    APP,
    Actor,
    BlobName,
    CatalogEntry,
    Chunk,
    DocumentId,
    MetadataProof,
    Proof,
    RecordingId,
    RecordingState,
    Unlinking,
)
from recording.core.naming import encode, is_muted, sibling_name
from recording.core.participants import one_spelling
from recording.core.records.blobs import blobs_of
from recording.core.records.erasing import Deferral, Erase, Mode, Why, is_one_of
from recording.core.records.muting import Muted
from recording.core.records.traces import Traces
from recording.ports import Archive, Index, IndexRow, Inventory, ListedBlob, Removal
from recording.records.erasing_events import listed, names_of
from recording.records.filing_people import FilingPeople
from recording.records.holding import Holding
from recording.records.muting import Muting
from recording.records.proven_bytes import NotAsProven, NotReadable, ProvenBytes
from recording.records.removing import Forget, Removing, is_of
from recording.writing_trail import WritingTrail

_UNLINKED = "unlinking"
"""The partition of the recordings that somebody is being taken out of, or was some days ago."""
_LOOKS = timedelta(days=3)
"""For so long it is looked again: no run that had begun before, and no source, lasts longer."""
_OPERATION = "unlink person"
_MOST_MANIFEST = 16 << 20
_DIGITS = 32
_PAGE = 500


@dataclass(frozen=True, slots=True)
class _Noted:
    """A recording of the daily pass: beside which manifest, and under which names, may something have been written."""

    recording_id: RecordingId
    manifest: BlobName
    names: tuple[BlobName, ...] = ()


@dataclass(frozen=True, slots=True)
class _Rewritten:
    """A metadata file that is to be written anew: of which chunk, under which name, and what is proven of it so far."""

    document_id: DocumentId
    name: BlobName
    body: bytes
    proof: Proof


# Created at import: see `adapters.rows`.
_ROW = msgspec.json.Decoder(_Noted)


@dataclass(frozen=True, slots=True)
class UnlinkingPeople:
    """Take people out of recordings. Whoever asks for it has asked what defers it just before.

    Attributes:
        complete: writes the manifest that an entry owes: `chunks.completing`.
        removals, inventories: by what the container is for: archive, quarantine, overflow if there is one.
        forgets: remove what others have written of who took part: exports that contain it, what is kept of the call.
        removing: removes what is written here of a recording that is erased meanwhile.
    """

    updates: CatalogUpdates
    writing_trail: WritingTrail
    archive: Archive
    complete: Callable[[CatalogEntry], Completed | None]
    filing_people: FilingPeople
    index: Index
    muting: Muting
    holding: Holding
    removals: Mapping[str, Removal]
    inventories: Mapping[str, Inventory]
    forgets: Sequence[Forget]
    removing: Removing

    def why_not(self, entry: CatalogEntry, erase: Erase) -> tuple[Deferral, ...]:
        """Why it cannot be muted, whatever else defers it: for the plan, and just before.

        Raises:
            Transient: it cannot be said now.
        """
        is_begun = any(one.rewritten_at and not one.finished_at for one in entry.recording.unlinked)
        if erase.mode is not Mode.MUTE or is_begun:
            return ()
        found = self.muting.found(entry, _naming(erase.raw_ids))
        return (Deferral(Why.MODE, found),) if isinstance(found, str) else ()

    def unlink(
        self, entry: CatalogEntry, erasure_id: str, erase: Erase, is_over: Callable[[], bool], *, by: Actor
    ) -> tuple[Deferral, ...] | None:
        """Take the person out of the recording; idempotent. What defers it, if that is seen only now.

        None if the time was over: the next run goes on with it.

        Raises:
            RecordingOpen: it cannot be begun yet; nothing is changed.
            BlobProtected: it has begun, and a hold, or a time, keeps a blob: the daily pass tries it again.
            Transient: it is not finished; do it again.
        """
        known = _of(entry, erasure_id)
        if known is None or known.rewritten_at is None:
            found = self._rewritten(entry, erase)
            silent = self._silent(entry, erase)
            if isinstance(found, Deferral) or isinstance(silent, Deferral):
                return tuple(one for one in (found, silent) if isinstance(one, Deferral))
            names = [
                self.muting.name(chunk, silent[chunk.document_id]) for chunk in entry if chunk.document_id in silent
            ]
            self._note(entry, *(one.name for one in found), *names)
            entry = self._begin(entry, erasure_id, erase, by)
            try:
                media = self._muted(entry, silent, is_over)
                if media is None:
                    return None
                proofs = {one.document_id: self._store(one) for one in found}
            except (ArchiveDamaged, NotAsProven, NotReadable) as error:
                self.updates.apply(entry.recording.recording_id, UnlinkGivenUp(erasure_id), known=entry, by=by)
                return (Deferral(Why.MODE, f"what was written anew cannot be proven: {error}"),)
            proofs |= {of: replace(proof, metadata=(proofs.get(of) or proof).metadata) for of, proof in media.items()}
            self._check_holds(entry)  # a hold that is placed now would be left on blobs that no entry names
            entry = self.updates.apply_once(entry, Rewritten(erasure_id, tuple(proofs.items())), by=by).entry
        self._finish(entry, erasure_id, by)
        return ()

    def _silent(self, entry: CatalogEntry, erase: Erase) -> Mapping[DocumentId, Muted] | Deferral:
        """What is to be silent; nothing if the mode does not ask for it."""
        found = self.muting.found(entry, _naming(erase.raw_ids)) if erase.mode is Mode.MUTE else {}
        return Deferral(Why.MODE, found) if isinstance(found, str) else found

    def _muted(
        self, entry: CatalogEntry, silent: Mapping[DocumentId, Muted], is_over: Callable[[], bool]
    ) -> dict[DocumentId, Proof] | None:
        """The proofs of the muted media; None if the time was over before the last."""
        found: dict[DocumentId, Proof] = {}
        for chunk in entry:
            of = silent.get(chunk.document_id)
            if of is None or chunk.proof is None:
                continue
            known = self.muting.known(entry, chunk, of)
            if known is None and found and is_over():
                return None
            found[chunk.document_id] = known or self.muting.mute(entry, chunk, chunk.proof, of)
        return found

    def finish(self, is_over: Callable[[], bool]) -> int:
        """Finish what was cut off, and look again at what was done of late; how many could not be finished.

        Raises:
            Transient: it is done another time.
        """
        left, after = 0, ""
        while True:
            page = self.index.page(_UNLINKED, _PAGE, after)
            for row in page.rows:
                left += is_over() or not self._settle(_ROW.decode(row.body))
            after = page.next
            if not after or is_over():
                return left

    def look_again(self, entry: CatalogEntry) -> None:
        """Remove what was written beside what was written anew, and write the rows as the entry says; idempotent.

        Raises:
            BlobProtected: a hold, or a time, keeps a blob.
            Transient: do it again.
        """
        if entry.recording.completed_at is None:  # something of it is being written: it is looked at after that
            return
        self.filing_people.file(entry)
        self._remove_rest(entry)

    def note(self, entry: CatalogEntry) -> None:
        """Let the daily pass look at a recording whose entry was made again: what was not finished is finished."""
        self._note(entry)

    def _settle(self, noted: _Noted) -> bool:
        """One that cannot be finished keeps no other from it."""
        recording_id = noted.recording_id
        try:
            entry = self.updates.load(recording_id)
            if entry is None:  # a rebuild goes on with it
                return True
            open_ = next((one for one in entry.recording.unlinked if one.finished_at is None), None)
            if entry.recording.state is RecordingState.ERASED:
                self._stay_erased(entry, noted)
            elif open_ is None:
                self._look_again_or_end(entry)
            elif open_.rewritten_at is not None:  # else its erasure goes on with it, which knows who it is
                self._finish(entry, open_.erasure_id, APP)
        except (Permanent, CatalogConflict) as error:
            fields = {"recording_id": recording_id, "code": error.code, "cause": error}
            log.event("recording.unlinking_left", fields, logging.WARNING)
            return False
        return True

    def _look_again_or_end(self, entry: CatalogEntry) -> None:
        last = max((one.finished_at for one in entry.recording.unlinked if one.finished_at), default=None)
        if last is not None:
            self.look_again(entry)
        if last is None or self.updates.now() - last > _LOOKS:
            self.index.delete(_UNLINKED, encode(entry.recording.recording_id))

    def _stay_erased(self, entry: CatalogEntry, noted: _Noted) -> None:
        """Remove what was written while it was erased: what it had removed itself was not there yet."""
        erasure = entry.recording.erasure
        if erasure is None or erasure.finished_at is None:
            return
        for name in noted.names:
            self.removals["archive"].remove(name)
        self.removing.remove_late(entry, noted.manifest)
        if self.updates.now() - erasure.finished_at > _LOOKS:
            self.index.delete(_UNLINKED, encode(entry.recording.recording_id))

    def _rewritten(self, entry: CatalogEntry, erase: Erase) -> list[_Rewritten] | Deferral:
        """The metadata files that name the person, without them; or why it cannot be done. Nothing is written."""
        names = _naming(erase.raw_ids)
        if why := next(self._why_not(entry, names), None):
            return Deferral(Why.MODE, why)
        found: list[_Rewritten] = []
        for chunk in entry:
            proof = chunk.proof
            if proof is None or proof.metadata is None:
                continue
            try:
                body = ProvenBytes(self.archive).metadata(proof.metadata)
            except (NotAsProven, NotReadable) as error:
                return Deferral(Why.MODE, f"the metadata file of chunk {chunk.index} cannot be read: {error}")
            after = redacted(body, names)
            if isinstance(after, str):
                return Deferral(Why.MODE, f"the metadata file of chunk {chunk.index} cannot be written anew: {after}")
            if after != body:
                found.append(_Rewritten(chunk.document_id, _name_of(chunk, after), after, proof))
        return found

    def _why_not(self, entry: CatalogEntry, names: Callable[[str], bool]) -> Iterator[str]:
        """What names the person and cannot be written anew: it says who has consented, or is a manifest."""
        consent = entry.recording.consent
        if consent is not None and any(map(names, (consent.by, consent.basis, *_whos(entry)))):
            yield "the evidence of its consent names them"
        for blob in self._own(entry):
            if ".manifest" in blob.name and blob.length <= _MOST_MANIFEST:
                content = self.inventories["archive"].read(blob)
                if names(content.decode("utf-8", "replace")):
                    yield f"its manifest {blob.name} names them"

    def _begin(self, entry: CatalogEntry, erasure_id: str, erase: Erase, by: Actor) -> CatalogEntry:
        """Say in the entry that it begins.

        Raises:
            RecordingOpen: somebody else is being taken out of it, or it has changed.
        """
        recording_id = entry.recording.recording_id
        entry = self.updates.apply(
            recording_id, UnlinkBegun(erasure_id, erase.purpose, erase.mode is Mode.MUTE), known=entry, by=by
        ).entry
        if _of(entry, erasure_id) is None:
            cause = why_not_unlinked(entry, self.updates.now()) or "another erasure is taking somebody out of it"
            ids = {"recording_id": recording_id}
            raise RecordingOpen(_OPERATION, cause, hint="it can be done once that is over", ids=ids)
        return entry

    def _store(self, one: _Rewritten) -> Proof:
        """The proof with the metadata file that was written anew, and read back.

        Raises:
            ArchiveDamaged: what stands there is something else.
        """
        known = None if one.proof.metadata is None else self.archive.find(one.proof.metadata.name)
        said = {} if known is None else known.blob_metadata
        with suppress(BlobExists):  # by a run that was cut off: it is read below
            self.archive.put(one.name, memoryview(one.body), said, "application/json")
        found = self.archive.find(one.name)
        sha256 = hashlib.sha256(one.body).hexdigest()
        written = MetadataProof(one.name, len(one.body), sha256, "" if found is None else found.etag)
        try:
            ProvenBytes(self.archive).metadata(written)
        except (NotAsProven, NotReadable) as error:
            hint = "find out who wrote the blob, and move it away"
            raise ArchiveDamaged(_OPERATION, str(error), hint=hint, ids={"blob": one.name}) from error
        return replace(one.proof, metadata=written)

    def _finish(self, entry: CatalogEntry, erasure_id: str, by: Actor) -> None:
        """Let a manifest say it, and remove what names them; who that was needs not be known."""
        recording_id = entry.recording.recording_id
        known = _of(entry, erasure_id)
        if known is None or known.finished_at is not None:
            self.writing_trail.write(entry)
            return
        entry = self._completed(entry)
        self._note(entry)
        self.look_again(entry)
        for forget in self.forgets:
            forget(entry)
        self.muting.forget(entry)
        entry = self.updates.apply(recording_id, Unlinked(erasure_id), known=entry, by=by).entry
        log.event("recording.unlinked", {"recording_id": recording_id, "job_id": erasure_id})
        self.writing_trail.write(entry)

    def _completed(self, entry: CatalogEntry) -> CatalogEntry:
        """The entry with its manifest written.

        Raises:
            CatalogConflict: it has changed meanwhile, as one that was erased.
        """
        recording_id = entry.recording.recording_id
        if entry.recording.completed_at is None:
            completed = self.complete(entry)
            if completed is not None:
                entry = self.updates.apply(recording_id, completed, known=entry).entry
        if entry.recording.completed_at is None or entry.recording.state is RecordingState.ERASED:
            raise CatalogConflict(_OPERATION, "its manifest is still owed", ids={"recording_id": recording_id})
        return entry

    def _remove_rest(self, entry: CatalogEntry) -> None:
        """Remove metadata files, people documents and media of muted chunks that entry and last manifest do not name.

        Raises:
            BlobProtected: see there.
        """
        recording_id = entry.recording.recording_id
        rest = sorted(set(self._rest(entry)))
        if not rest:
            return
        latest = self.updates.load(recording_id)
        if latest is None or _names_of(latest) != _names_of(entry):
            raise CatalogConflict(_OPERATION, "it has changed meanwhile", ids={"recording_id": recording_id})
        self._check_holds(entry)
        for role, name in rest:
            self.removals[role].remove(name)

    def _check_holds(self, entry: CatalogEntry) -> None:
        recording_id = entry.recording.recording_id
        if holds := self.holding.of(recording_id, entry):
            ids = {"recording_id": recording_id, "hold_id": holds[0].hold_id}
            raise BlobProtected(_OPERATION, "a hold was made meanwhile", hint="it is done once that ends", ids=ids)

    def _rest(self, entry: CatalogEntry) -> Iterator[tuple[str, BlobName]]:
        kept = set(blobs_of(entry))
        for chunk in entry:
            for role, inventory in self.inventories.items():
                of_chunk = chunk.name if chunk.proof and is_muted(chunk.proof.name) else f"{chunk.name}.metadata"
                for name in names_of(inventory, of_chunk):
                    if is_of(name, chunk.name) and (role, name) not in kept:
                        yield role, name
        has_muted = any(chunk.proof is not None and is_muted(chunk.proof.name) for chunk in entry)
        kinds = ("people", "seal") if has_muted else ("people",)  # a seal has the waveform of each channel
        manifest = entry.recording.manifest_name
        current = () if manifest is None else tuple(sibling_name(manifest, kind) for kind in kinds)
        for blob in self._own(entry):
            if any(f".{kind}" in blob.name for kind in kinds) and blob.name not in current:
                yield "archive", blob.name

    def _own(self, entry: CatalogEntry) -> Iterable[ListedBlob]:
        """What stands under the recording's own name."""
        manifest = entry.recording.manifest_name
        names = [chunk.name for chunk in entry] + ([] if manifest is None else [manifest])
        for folder in sorted({name[: name.rfind("/") + 1] for name in names}):
            yield from listed(self.inventories["archive"], f"{folder}{encode(entry.recording.recording_id)}.")

    def _note(self, entry: CatalogEntry, *names: BlobName) -> _Noted:
        recording_id = entry.recording.recording_id
        noted = _Noted(recording_id, entry.recording.manifest_name or BlobName(""), names)
        self.index.put(IndexRow(_UNLINKED, encode(recording_id), msgspec.json.encode(noted)))
        return noted


def _of(entry: CatalogEntry, erasure_id: str) -> Unlinking | None:
    return next((one for one in entry.recording.unlinked if one.erasure_id == erasure_id), None)


def _name_of(chunk: Chunk, body: bytes) -> BlobName:
    """A name that the content gives, beside the chunk: written twice, it is the same."""
    return BlobName(f"{chunk.name}.metadata-{hashlib.sha256(body).hexdigest()[:_DIGITS]}.json")


def _names_of(entry: CatalogEntry) -> tuple[object, ...]:
    """What an entry says that stands, and what must not be removed."""
    return entry.recording.manifest_name, entry.recording.completed_at, entry.chunks


def _whos(entry: CatalogEntry) -> Iterator[str]:
    consent = entry.recording.consent
    for one in consent.operations if consent is not None else ():
        yield from (one.what, *one.who)


def _naming(raw_ids: Iterable[str]) -> Callable[[str], bool]:
    """Whether a text is one of these ids in any spelling, or contains one."""
    known = tuple(raw_ids)
    is_person, traces = is_one_of(known, one_spelling), Traces.of((), known)
    return lambda text: is_person(text) or traces.are_in_text(text)
