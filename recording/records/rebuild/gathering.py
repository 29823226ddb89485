"""Gathers what the blobs of a recording say: its manifest, its trail, the copies that stand; with the events given."""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from recording.core.callers import actor_at
from recording.core.errors import SourceNotReady
from recording.core.formats.metadata import parse_metadata
from recording.core.formats.records.manifests import read_manifest
from recording.core.lifecycle import Announced, Announcement, Started, knows_documents
from recording.core.model import (
    Act,
    BlobName,
    CatalogEntry,
    Chunk,
    DocumentId,
    Door,
    FileEvent,
    Place,
    Proof,
    Recording,
    RecordingId,
    Trail,
)
from recording.core.naming import encode, manifest_name
from recording.core.records.rebuilding import Seen, open_chunks, rebuilt, with_copies
from recording.core.records.told_by_acts import DIGEST, Standing, blobs_of, manifest_of, proof_of
from recording.core.trail import MOST_ACT, folder_of, parse_name, read_act
from recording.ports import Archive, Inventory, ListedBlob
from recording.records.standing_blobs import MOST_MANIFEST, is_manifest_of, listed

_MANIFEST = ".manifest"
_REVISION = re.compile(r"\.manifest(?:-(?P<revision>\d{1,4}))?\.json", re.ASCII)
_MOST_METADATA = 4 << 20
_MOST_APART = 9
"""Names that a copy which stands apart may have: see `chunks.setting_apart`."""


@dataclass(frozen=True, slots=True)
class Came:
    """A file event of the journal, when it came there, and by which door."""

    event: FileEvent
    door: Door
    at: datetime


class Names(Protocol):
    """What says how the chunks of an event are named, and when their sources end: `chunks.announcing`."""

    def announced(self, event: FileEvent, door: Door, recording: Recording | None, at: datetime) -> Announced:
        """The fact that an event came at that moment."""


@dataclass(frozen=True, slots=True)
class Gathering:
    """Gather; nothing is changed.

    Attributes:
        archived: lists and reads the archive's container.
        trails: lists and reads the container of the trails.
        overflow: the container in the second account; None if there is none.
    """

    names: Names
    archive: Archive
    archived: Inventory
    trails: Inventory
    quarantine: Archive
    overflow: Archive | None
    now: Callable[[], datetime]

    def gather(
        self, recording_id: RecordingId, came: Sequence[Came], hint: BlobName | None
    ) -> tuple[CatalogEntry | None, str]:
        """The entry, None if nothing says what it is; and what it was made from, for its history.

        Args:
            recording_id: of the recording.
            came: events of it that are known.
            hint: one of its manifests, if one is known; the last of them is read.

        Raises:
            Transient: something is not available; gather it again.
            Permanent: a blob makes no sense.
        """
        links = self._links(recording_id)
        last = self._act(links[-1]) if links else None
        manifest = self._manifest(recording_id, (last and manifest_of([last])) or hint)
        needs_acts = _needs_acts(manifest, came)
        acts = tuple(act for link in links if (act := self._act(link)) is not None) if needs_acts else ()
        begun = manifest or rebuilt(recording_id, None, (), acts, {})
        seen = self._seen(begun.recording if begun is not None else None, came)
        if manifest is None:
            manifest = self._manifest(recording_id, manifest_of(acts) or _first_manifest(recording_id, seen))
        manifest = _completed(manifest, last)
        entry = rebuilt(recording_id, manifest, seen, acts, self._standing(acts) if seen else {})
        if entry is None:
            return None, ""
        if manifest is None:
            entry = self._with_copies(entry)
        trail = _trail(recording_id, links, last)
        name = manifest.recording.manifest_name if manifest is not None else "no manifest"
        sources = f"{name}; events: {len(seen)}; acts of the trail: {trail.number}"
        return replace(entry, recording=replace(entry.recording, trail=trail)), sources

    def rewritten(self, entry: CatalogEntry, hint: BlobName) -> CatalogEntry | None:
        """What the last manifest beside that one says by which somebody was taken out whom the entry does not know of.

        Raises:
            Transient: it cannot be read now.
            Permanent: a blob makes no sense.
        """
        known = {one.erasure_id for one in entry.recording.unlinked}
        for blob in self._manifests(entry.recording.recording_id, hint):
            found = self._with_etags(read_manifest(self.archived.read(blob), blob.name, blob.modified_at))
            is_news = any(one.rewritten_at and one.erasure_id not in known for one in found.recording.unlinked)
            if is_news and is_manifest_of(found, entry.recording.recording_id):
                return found
        return None

    def started(self, recording_id: RecordingId) -> CatalogEntry | None:
        """What the first act of its trail says of its start; None if that is another act."""
        links = self._links(recording_id)
        act = self._act(links[0]) if links else None
        return rebuilt(recording_id, None, (), (act,), {}) if act is not None and act.what == Started.__name__ else None

    def trail_of(self, recording_id: RecordingId) -> Trail:
        """Its trail, to go on where its last blob stands."""
        links = self._links(recording_id)
        return _trail(recording_id, links, self._act(links[-1]) if links else None)

    def _links(self, recording_id: RecordingId) -> list[ListedBlob]:
        """The blobs of its trail, in order."""
        found = listed(self.trails, folder_of(recording_id))
        return [blob for blob in found if parse_name(blob.name, recording_id) and blob.length <= MOST_ACT]

    def _act(self, link: ListedBlob) -> Act | None:
        found = read_act(self.trails.read(link))
        return None if found is None else found[1]

    def _manifest(self, recording_id: RecordingId, one: BlobName | None) -> CatalogEntry | None:
        """The last manifest of the recording beside that one, as an entry; None if there is none."""
        for blob in () if one is None else self._manifests(recording_id, one):
            entry = read_manifest(self.archived.read(blob), blob.name, blob.modified_at)
            if is_manifest_of(entry, recording_id):
                return self._with_etags(entry)
        return None

    def _manifests(self, recording_id: RecordingId, one: BlobName) -> Iterator[ListedBlob]:
        """The manifests beside that one, the last first; none of what is too long to be one."""
        folder, slash, _ = one.rpartition("/")
        prefix = f"{folder}{slash}{encode(recording_id)}{_MANIFEST}"
        beside = (blob for blob in listed(self.archived, prefix) if blob.length <= MOST_MANIFEST)
        found = {revision_of(blob.name): blob for blob in beside}
        found.pop(0, None)
        yield from (found[revision] for revision in sorted(found, reverse=True))

    def _with_etags(self, entry: CatalogEntry) -> CatalogEntry:
        """The entry with the ETags of metadata files, which manifests of earlier versions do not say."""
        return replace(entry, chunks=tuple(map(self._with_etag, entry.chunks)))

    def _with_etag(self, chunk: Chunk) -> Chunk:
        proof = chunk.proof
        metadata = proof.metadata if proof else None
        if proof is None or metadata is None or metadata.etag or metadata.container:
            return chunk
        found = self.archive.find(metadata.name)
        if found is None:
            return chunk
        return replace(chunk, proof=replace(proof, metadata=replace(metadata, etag=found.etag)))

    def _seen(self, recording: Recording | None, came: Sequence[Came]) -> list[Seen]:
        return [
            Seen(one.at, self.names.announced(one.event, one.door, recording, one.at), actor_at(one.door))
            for one in came
        ]

    def _standing(self, acts: Sequence[Act]) -> Mapping[BlobName, Standing]:
        found = ((name, self._find(self.archive, name)) for name in sorted(blobs_of(acts)))
        return {name: self._read(name, blob) for name, blob in found if blob is not None}

    def _read(self, name: BlobName, blob: Standing) -> Standing:
        """A metadata file with what it says."""
        if DIGEST in blob.blob_metadata or not 0 < blob.length <= _MOST_METADATA:
            return blob
        content = bytearray(blob.length)
        self.archive.read(name, 0, memoryview(content))
        blob = replace(blob, sha256=hashlib.sha256(content).hexdigest())
        try:
            meaning = parse_metadata(bytes(content))
        except SourceNotReady:  # it says nothing: it was archived as it came
            return blob
        return replace(blob, duration=meaning.duration, paused=meaning.paused, notes=meaning.notes)

    def _with_copies(self, entry: CatalogEntry) -> CatalogEntry:
        overflow, apart = dict[DocumentId, Proof](), dict[DocumentId, Proof]()
        for chunk in open_chunks(entry):
            for place, container, copies in (
                (Place.OVERFLOW, self.overflow, overflow),
                (Place.QUARANTINE, self.quarantine, apart),
            ):
                copy = None if container is None else self._copy(container, chunk, place)
                if copy is not None:
                    copies[chunk.document_id] = copy
        return with_copies(entry, overflow, apart, self.now()) if overflow or apart else entry

    def _copy(self, container: Archive, chunk: Chunk, place: Place) -> Proof | None:
        """The last copy of a chunk that stands apart."""
        last = None
        for number in range(1, _MOST_APART + 1):
            name = chunk.name if number == 1 else BlobName(f"{chunk.name}.apart-{number}")
            blob = self._find(container, name)
            if blob is None:
                return last
            last = proof_of(chunk.document_id, name, blob, place, self.now()) or last
        return last

    def _find(self, container: Archive, name: BlobName) -> Standing | None:
        found = container.find(name)
        return None if found is None else Standing(found.length, found.etag, found.blob_metadata)


def revision_of(name: BlobName) -> int:
    """The revision in the name of a manifest; 0 if it is none."""
    found = _REVISION.search(name)
    return 0 if found is None or found.end() != len(name) else int(found["revision"] or 1)


def _completed(manifest: CatalogEntry | None, last: Act | None) -> CatalogEntry | None:
    """The entry with the moment of its completion: the blob was written a little before it, by another clock."""
    if manifest is None or last is None or manifest_of([last]) != manifest.recording.manifest_name:
        return manifest
    return replace(manifest, recording=replace(manifest.recording, completed_at=last.at))


def _needs_acts(manifest: CatalogEntry | None, came: Sequence[Came]) -> bool:
    """Whether the trail says more than its last act: there is no manifest, or it is of before an event."""
    if manifest is None or not all(knows_documents(manifest, one.event) for one in came):
        return True
    recording = manifest.recording  # earlier versions did not write when it was started
    return recording.applied is not None and recording.requested_at is None


def _trail(recording_id: RecordingId, links: Sequence[ListedBlob], last: Act | None) -> Trail:
    named = parse_name(links[-1].name, recording_id) if links else None
    return Trail() if named is None else Trail(*named, last)


def _first_manifest(recording_id: RecordingId, seen: Sequence[Seen]) -> BlobName | None:
    """Where its first manifest is, by the names of its chunks."""
    first = min((one for found in seen for one in found.announced.chunks), key=_index, default=None)
    return None if first is None else manifest_name(recording_id, first.name, 1)


def _index(one: Announcement) -> int:
    return one.announced.index
