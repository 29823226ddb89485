"""Writes anew what names a person in a recording: metadata files without them, media with their channel silent.

Each stands under a name of its own beside the old, and is proven, before anything refers to it. First it is asked
whether all of it can be done: nothing is written before that.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

from recording.core.errors import ArchiveDamaged, BlobExists
from recording.core.formats.metadata import redacted
from recording.core.model import BlobName, CatalogEntry, Chunk, DocumentId, MetadataProof, Proof
from recording.core.participants import one_spelling
from recording.core.records.erasing import Deferral, Erase, Mode, Why, is_one_of
from recording.core.records.muting import Muted
from recording.core.records.traces import Traces
from recording.ports import Archive, Inventory
from recording.records.erasure.muting import Muting
from recording.records.proven_bytes import NotAsProven, NotReadable, ProvenBytes
from recording.records.standing_blobs import MOST_MANIFEST, own_blobs

_OPERATION = "unlink person"
_DIGITS = 32


@dataclass(frozen=True, slots=True)
class _File:
    """A metadata file that is to be written anew: of which chunk, and what is proven of it so far."""

    chunk: Chunk
    body: bytes
    proof: Proof


@dataclass(frozen=True, slots=True)
class ToWrite:
    """What is to be written of a recording: its files, and what is to be silent of its chunks."""

    files: tuple[_File, ...] = field(repr=False)
    silent: Mapping[DocumentId, Muted]


@dataclass(frozen=True, slots=True)
class Rewriting:
    """Write anew. `archived` lists and reads the archive's container."""

    archive: Archive
    archived: Inventory
    muting: Muting

    def why_not(self, entry: CatalogEntry, erase: Erase) -> tuple[Deferral, ...]:
        """Why it cannot be muted, whatever else defers it: for the plan, and just before.

        Raises:
            Transient: it cannot be said now.
        """
        is_begun = any(one.rewritten_at and not one.finished_at for one in entry.recording.unlinked)
        if erase.mode is not Mode.MUTE or is_begun:
            return ()
        found = self.muting.found(entry, naming(erase.raw_ids))
        return (Deferral(Why.MODE, found),) if isinstance(found, str) else ()

    def prepare(self, entry: CatalogEntry, erase: Erase) -> ToWrite | tuple[Deferral, ...]:
        """What is to be written; or why it cannot be. Nothing is changed.

        Raises:
            Transient: it cannot be read now.
        """
        files, silent = self._files(entry, erase), self._silent(entry, erase)
        if isinstance(files, Deferral) or isinstance(silent, Deferral):
            return tuple(one for one in (files, silent) if isinstance(one, Deferral))
        return ToWrite(tuple(files), silent)

    def write(
        self, entry: CatalogEntry, what: ToWrite, attempt: str, is_over: Callable[[], bool]
    ) -> tuple[tuple[DocumentId, Proof], ...] | None:
        """The proofs of what is written; None if the time was over: the next run goes on.

        Each attempt has names of its own: what an earlier one has left, and others may be removing, is not taken up.

        Raises:
            ArchiveDamaged, NotAsProven, NotReadable: it cannot be proven.
            Transient: do it again.
        """
        media = self._muted(entry, what.silent, attempt, is_over)
        if media is None:
            return None
        files = {one.chunk.document_id: self._store(one, attempt) for one in what.files}
        both = {of: replace(proof, metadata=(files.get(of) or proof).metadata) for of, proof in media.items()}
        return tuple((files | both).items())

    def _silent(self, entry: CatalogEntry, erase: Erase) -> Mapping[DocumentId, Muted] | Deferral:
        """What is to be silent; nothing if the mode does not ask for it."""
        found = self.muting.found(entry, naming(erase.raw_ids)) if erase.mode is Mode.MUTE else {}
        return Deferral(Why.MODE, found) if isinstance(found, str) else found

    def _muted(
        self, entry: CatalogEntry, silent: Mapping[DocumentId, Muted], attempt: str, is_over: Callable[[], bool]
    ) -> dict[DocumentId, Proof] | None:
        """The proofs of the muted media; None if the time was over before the last."""
        found: dict[DocumentId, Proof] = {}
        for chunk in entry:
            of = silent.get(chunk.document_id)
            if of is None or chunk.proof is None:
                continue
            name = self.muting.name(chunk, of, attempt)
            known = self.muting.known(entry, chunk, name)
            if known is None and found and is_over():
                return None
            found[chunk.document_id] = known or self.muting.mute(entry, chunk, name, of)
        return found

    def _files(self, entry: CatalogEntry, erase: Erase) -> list[_File] | Deferral:
        """The metadata files that name the person, without them; or why it cannot be done. Nothing is written."""
        names = naming(erase.raw_ids)
        if why := next(self._why_not(entry, names), None):
            return Deferral(Why.MODE, why)
        found: list[_File] = []
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
                found.append(_File(chunk, after, proof))
        return found

    def _why_not(self, entry: CatalogEntry, names: Callable[[str], bool]) -> Iterator[str]:
        """What names the person and cannot be written anew: it says who has consented, or is a manifest."""
        consent = entry.recording.consent
        if consent is not None and any(map(names, (consent.by, consent.basis, *_whos(entry)))):
            yield "the evidence of its consent names them"
        for blob in own_blobs(self.archived, entry):
            if ".manifest" in blob.name and blob.length <= MOST_MANIFEST:
                try:
                    content = self.archived.read(blob)
                except BlobExists:  # a conflict: it is there, and its content is not at hand
                    yield f"its manifest {blob.name} cannot be read now, as one in the archive tier"
                    continue
                if names(content.decode("utf-8", "replace")):
                    yield f"its manifest {blob.name} names them"

    def _store(self, one: _File, attempt: str) -> Proof:
        """The proof with the metadata file that was written anew, and read back.

        Raises:
            ArchiveDamaged: what stands there is something else.
        """
        name = _name_of(one.chunk, one.body, attempt)
        known = None if one.proof.metadata is None else self.archive.find(one.proof.metadata.name)
        said = {} if known is None else known.blob_metadata
        with suppress(BlobExists):  # by a run that was cut off: it is read below
            self.archive.put(name, memoryview(one.body), said, "application/json")
        found = self.archive.find(name)
        sha256 = hashlib.sha256(one.body).hexdigest()
        written = MetadataProof(name, len(one.body), sha256, "" if found is None else found.etag)
        try:
            ProvenBytes(self.archive).metadata(written)
        except (NotAsProven, NotReadable) as error:
            hint = "find out who wrote the blob, and move it away"
            raise ArchiveDamaged(_OPERATION, str(error), hint=hint, ids={"blob": name}) from error
        return replace(one.proof, metadata=written)


def _name_of(chunk: Chunk, body: bytes, attempt: str) -> BlobName:
    """A name that attempt and content give, beside the chunk: written twice, it is the same."""
    digest = hashlib.sha256(attempt.encode() + b" " + body).hexdigest()
    return BlobName(f"{chunk.name}.metadata-{digest[:_DIGITS]}.json")


def _whos(entry: CatalogEntry) -> Iterator[str]:
    consent = entry.recording.consent
    for one in consent.operations if consent is not None else ():
        yield from (one.what, *one.who)


def naming(raw_ids: Iterable[str]) -> Callable[[str], bool]:
    """Whether a text is one of these ids in any spelling, or contains one."""
    known = tuple(raw_ids)
    is_person, traces = is_one_of(known, one_spelling), Traces.of((), known)
    return lambda text: is_person(text) or traces.are_in_text(text)
