"""Archives the copy that stands apart, once a person has accepted it.

A copy in quarantine is copied into the archive. A disputed copy, which is in the archive already, is read back. The
person decides what the archive holds, not what is deleted: the source is released only if it holds the same bytes. They
are compared in as many time slices as that takes.
"""

from dataclasses import dataclass, replace

from recording.chunks.metadata_file import MetadataFile, MetadataRead
from recording.chunks.recopying import Recopying, is_lost
from recording.chunks.storing import Attempt, Storing
from recording.copying.destination import Copied, Destination
from recording.copying.matching import Matched
from recording.core.errors import ArchiveBusy, ArchiveRefused, CopyLost, RecordingError, SourceGone
from recording.core.lifecycle import Archived, Compared
from recording.core.model import Candidate, CatalogEntry, Chunk, Comparison, Place, Proof
from recording.ports import Archive


@dataclass(frozen=True, slots=True)
class Accepting:
    """Archives copies that were accepted.

    Attributes:
        metadata_file: reads the source.
        recopying: reads the quarantine container.
    """

    metadata_file: MetadataFile
    recopying: Recopying
    archive: Archive
    storing: Storing

    def accept(self, entry: CatalogEntry, chunk: Chunk, attempt: Attempt) -> Archived | Compared | None:
        """Archive the copy that stands apart, and verify it; then compare it with its source.

        None when the time slice ended before the copy did; `Compared` if it ended before the comparison did.

        Raises:
            CopyLost: the copy is gone or has been changed; a person decides anew.
            CopyInTheWay: another blob has its name; likewise.
            Transient: try again; staged blocks stay staged.
        """
        copy = chunk.apart
        if copy is None:
            raise CopyLost("accept copy", "no copy of the chunk stands apart", hint="retry it, or give it up")
        is_apart = copy.place is Place.QUARANTINE
        read = self._metadata_of(chunk, copy)
        to = self.storing.destination(self.archive, chunk.name if is_apart else copy.name, entry, chunk, read)
        copied = self._verified_before(chunk, copy, to)
        if copied is None and is_apart:
            copied = self.recopying.copy(entry, chunk, copy, to, attempt)
        elif copied is None:
            copied = self._read_again(copy, to)
        if copied is None:
            return None
        stored = None if read.raw is None else self.metadata_file.store(self.archive, entry, chunk, read.raw)
        found, note = self._at_source(chunk, copied, to, attempt)
        if isinstance(found, Comparison):
            return Compared(chunk.document_id, found)
        metadata = None if isinstance(read.error, SourceGone) else stored
        proof = self.storing.proof(to.name, copied, metadata, Place.ARCHIVE, by_its_own_word=found is None)
        meaning = read.meaning
        notes = (*meaning.notes, *chunk.doubts, "a person has accepted this copy", *([note] if note else []))
        candidate = found or chunk.candidate
        return Archived(chunk.document_id, proof, candidate, notes, meaning.duration, meaning.paused)

    def _metadata_of(self, chunk: Chunk, copy: Proof) -> MetadataRead:
        """What was set apart with the media; if that says nothing, what the source has by now.

        If that is gone, the error says so: the file that says nothing is stored, and proves nothing.
        """
        if copy.place is Place.QUARANTINE:
            read = self.recopying.read_metadata(copy)
        else:
            read = self.metadata_file.standing(self.archive, chunk)
        if read.error is None:
            return read
        now = self.metadata_file.read(chunk.candidate.announced.metadata_location)
        return now if now.raw is not None and now.error is None else replace(read, error=now.error)

    def _read_again(self, copy: Proof, to: Destination) -> Copied:
        """The disputed copy in the archive, read back whole."""
        found = self.archive.find(to.name)
        if found is None or (found.length, found.etag) != (copy.length, copy.etag):
            raise is_lost(copy.name)
        digest = self.metadata_file.engine.read_back(to, copy.length, copy.digest.block_size)
        copied = Copied(copy.length, digest, found.etag)
        self.recopying.check_same(copy, copied, to)
        return copied

    def _verified_before(self, chunk: Chunk, copy: Proof, to: Destination) -> Copied | None:
        """The copy in the archive, if an earlier try has verified it and was cut off while it compared the source."""
        known = chunk.compared
        found = self.archive.find(to.name) if known is not None else None
        if known is None or found is None or (found.etag, copy.digest.sha256) != (known.etag, known.accepted):
            return None
        return Copied(copy.length, copy.digest, found.etag)

    def _at_source(
        self, chunk: Chunk, copied: Copied, to: Destination, attempt: Attempt
    ) -> tuple[Candidate | Comparison | None, str]:
        """The candidate whose source holds exactly these bytes; if none does, why: for the manifest.

        A `Comparison` if the time slice ended before; the next try goes on from it.
        """
        engine, why, known = self.metadata_file.engine, "", chunk.compared
        accepted = chunk.apart.digest.sha256 if chunk.apart else ""
        if known is not None and (known.accepted, known.etag) != (accepted, copied.etag):
            known = None
        places = [candidate.announced.content_location for candidate in chunk.candidates]
        begin = places.index(known.content_location) if known and known.content_location in places else 0
        for candidate, place in list(zip(chunk.candidates, places, strict=True))[begin:]:
            before = Matched(int(known.source, 16), known.length) if known and known.content_location == place else None
            try:
                matched = engine.match(place, to, copied.length, before, attempt.until)
            except (ArchiveBusy, ArchiveRefused):  # it says nothing about the source: the step is tried again
                raise
            except RecordingError as error:
                why = f"the source could not be compared with the copy that was accepted: {error.cause}"
                continue
            if matched is None:
                why = "the source holds something else than the copy that was accepted"
            elif matched.length == copied.length:
                return candidate, ""
            else:
                return Comparison(accepted, copied.etag, place, f"{matched.source:x}", matched.length), ""
        return None, why
