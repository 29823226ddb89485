"""Files a recording under its people: a document beside the manifest says who was heard, and rows find it."""

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass

from recording import log
from recording.core.errors import ArchiveDamaged, BlobExists, SourceGone, SourceNotReady
from recording.core.formats.metadata import MAX_LENGTH, parse_metadata
from recording.core.formats.records.heard import chunk_people
from recording.core.formats.records.people import people_json, read_people
from recording.core.locations import of_blob
from recording.core.model import BlobName, CatalogEntry, Chunk, MetadataProof
from recording.core.naming import sibling_name
from recording.core.records.people import ChunkPeople, PeopleDocument, moment_of
from recording.ports import Archive, NativeContainer
from recording.records.people.people_index import PeopleIndex


@dataclass(frozen=True, slots=True)
class FilingPeople:
    """File recordings under their people. `natives` are the containers that the service itself writes into, by URL."""

    archive: Archive
    natives: Mapping[str, NativeContainer]
    people: PeopleIndex

    def file(self, entry: CatalogEntry) -> None:
        """Write the people document, if there is none beside this manifest, and the rows that it asks for.

        Raises:
            Transient: a metadata file cannot be read now, or not all is written.
        """
        if (document := self._document_of(entry, writes=True)) is not None:
            self.people.write(document, moment_of(entry.recording))

    def _document_of(self, entry: CatalogEntry, *, writes: bool) -> PeopleDocument | None:
        """The people document, written if there is none and that is asked for; None if there is no manifest of it.

        Raises:
            ArchiveDamaged: what has its name is none, or another recording's.
            Transient: a metadata file cannot be read now, or it cannot be written.
        """
        manifest = entry.recording.manifest_name
        if manifest is None:
            return None
        name = sibling_name(manifest, "people")
        found = self.archive.find(name)
        if found is None:
            made = PeopleDocument(entry.recording.recording_id, manifest, tuple(map(self._people_of, entry)))
            if not writes:
                return made
            try:
                self.archive.put(name, memoryview(people_json(made)), {}, "application/json")
                return made
            except BlobExists:
                found = self.archive.find(name)
        length = 0 if found is None else found.length
        document = read_people(self._read(name, length))
        if (document.recording_id, document.manifest) != (entry.recording.recording_id, manifest):
            cause, hint = "it is that of another recording", "find out who wrote the blob, and move it away"
            raise ArchiveDamaged("read people", cause, hint=hint, ids={"blob": name})
        return document

    def known_of(self, entry: CatalogEntry) -> PeopleDocument | None:
        """What the people document says, or would say; None also if what has its name is none: it may be of anybody.

        Nothing is written: whoever only asks looks at no erasure that came meanwhile.

        Raises:
            Transient: it cannot be read now.
        """
        try:
            return self._document_of(entry, writes=False)
        except (ArchiveDamaged, BlobExists) as error:  # or it is in the archive tier
            fields = {"recording_id": entry.recording.recording_id, "code": error.code, "cause": error}
            log.event("people.damaged", fields, logging.ERROR)
            return None

    def _people_of(self, chunk: Chunk) -> ChunkPeople:
        """The participants of a chunk. What cannot be read, and will not be readable, is a doubt."""
        proof = None if chunk.proof is None else chunk.proof.metadata
        if proof is None:
            return ChunkPeople(chunk.document_id, chunk.index, (), ("no metadata file of it is archived",))
        try:
            body = self._metadata(proof)
            metadata = parse_metadata(body)
        except (BlobExists, SourceGone, SourceNotReady):
            return ChunkPeople(chunk.document_id, chunk.index, (), ("its metadata file cannot be read",))
        is_proven = hashlib.sha256(body).hexdigest() == proof.sha256
        doubts = () if is_proven else ("its metadata file is not what was proven",)
        return chunk_people(chunk.document_id, chunk.index, metadata, *doubts)

    def _metadata(self, proof: MetadataProof) -> bytes:
        """The bytes of a metadata file; none of one that is gone, or larger than any that is read."""
        if not proof.container:
            found = self.archive.find(proof.name)
            return b"" if found is None or found.length > MAX_LENGTH else self._read(proof.name, found.length)
        if proof.length > MAX_LENGTH or (native := self.natives.get(proof.container)) is None:
            return b""
        view = memoryview(bytearray(proof.length))
        with native.open(of_blob(proof.name, proof.etag), 0, proof.length) as transfer:
            done = 0
            while done < len(view) and (read := transfer.readinto(view[done:])):
                done += read
        return bytes(view[:done])

    def _read(self, name: BlobName, length: int) -> bytes:
        if not length:
            return b""
        view = memoryview(bytearray(length))
        return bytes(view[: self.archive.read(name, 0, view)])
