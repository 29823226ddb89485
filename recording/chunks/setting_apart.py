"""Copies content into another container of ours than the archive. The source is left alone.

What is in doubt goes to the quarantine container, for a person. What is nearly due while the archive cannot be written
goes to the overflow (`overflowing`).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from recording.chunks.metadata_file import MetadataFile, MetadataRead
from recording.chunks.storing import Attempt, InTheWay, Storing
from recording.copying.destination import Copied, CutOff, Destination
from recording.copying.engine import Engine
from recording.core.deadlines import Waits, another_look
from recording.core.lifecycle import Quarantined
from recording.core.model import BlobName, Candidate, CatalogEntry, Chunk, Place, Proof
from recording.ports import Archive

_MOST_NAMES_APART = 9


@dataclass(frozen=True, slots=True)
class InDoubt:
    """Why the content, of that length, is not stored in the archive."""

    reasons: tuple[str, ...]
    length: int


@dataclass(frozen=True, slots=True)
class SettingApart:
    """Copies into the container `apart`, which is the `place`."""

    engine: Engine
    apart: Archive
    place: Place
    metadata_file: MetadataFile
    storing: Storing
    waits: Waits

    def set_apart(
        self,
        entry: CatalogEntry,
        chunk: Chunk,
        candidate: Candidate,
        metadata: MetadataRead,
        doubt: InDoubt,
        attempt: Attempt,
    ) -> Quarantined | None:
        """Copy to the quarantine container, unless a copy with the same length and doubts is there already.

        Returns None if the time slice ended before the copy did.
        """
        is_there = self._is_apart_already(chunk, doubt)
        proof = None if is_there else self.put(entry, chunk, candidate, metadata, attempt)
        if isinstance(proof, CutOff):
            return None
        look_at = another_look(chunk, self.storing.now(), self.waits)
        return Quarantined(chunk.document_id, doubt.reasons, look_at, proof, attempt.due)

    def put(
        self, entry: CatalogEntry, chunk: Chunk, candidate: Candidate, metadata: MetadataRead, attempt: Attempt
    ) -> Proof | CutOff | None:
        """A copy in the container, with its metadata file; None if other blobs have every name that it could have."""
        stored = None if metadata.raw is None else self.metadata_file.store(self.apart, entry, chunk, metadata.raw)
        for name in _names_apart(chunk.name):
            to = self.storing.destination(self.apart, name, entry, chunk, metadata)
            copied = self._put_apart(entry, chunk, candidate, to, attempt)
            if isinstance(copied, CutOff):
                return copied
            if copied is not None:
                return self.storing.proof(name, copied, stored, self.place)
        return None

    def _is_apart_already(self, chunk: Chunk, doubt: InDoubt) -> bool:
        """Whether a copy with the same length and doubts is there; a person may have deleted the earlier one."""
        apart = chunk.apart
        if apart is None or apart.place is not self.place:
            return False
        if chunk.doubts != doubt.reasons or apart.length != doubt.length:
            return False
        found = self.apart.find(apart.name)
        return found is not None and found.etag == apart.etag

    def _put_apart(
        self, entry: CatalogEntry, chunk: Chunk, candidate: Candidate, to: Destination, attempt: Attempt
    ) -> Copied | CutOff | None:
        """A copy under that name, made now or by an earlier try; None if another blob has that name."""
        if self.apart.find(to.name) is None:
            with self.engine.open(candidate.announced.content_location) as opened:
                outcome = self.storing.store(opened, to, entry, chunk, attempt, self.place)
            if not isinstance(outcome, InTheWay):
                return outcome
        return self.engine.compare(candidate.announced.content_location, to)


def _names_apart(name: BlobName) -> Iterator[BlobName]:
    yield name
    for number in range(2, _MOST_NAMES_APART + 1):
        yield BlobName(f"{name}.apart-{number}")
