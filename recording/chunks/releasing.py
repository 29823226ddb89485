"""Deletes a chunk at the source, where a proof gives the authority to; where nothing does, the source is left alone.

A source that is kept by mistake ends by itself within a day. One that is deleted by mistake is gone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from recording import log
from recording.chunks.metadata_file import MOST_METADATA
from recording.copying.engine import Engine
from recording.core.errors import HostileLocation, SourceGone, SourceNotReady, SourceUnexpected
from recording.core.formats.metadata import parse_metadata
from recording.core.lifecycle import Damaged, Kept, Released
from recording.core.locations import object_id
from recording.core.model import Authority, BlobName, CatalogEntry, Chunk, Door, Location, Proof
from recording.ports import Archive, Catalog, Source

_OPERATION = "release chunk"
_METADATA_UNDER = "/content/acsmetadata"


class _NotAllowed(Exception):
    """Nothing gives the authority to delete; the message says why. `is_conflict`: another chunk claims the source."""

    def __init__(self, reason: str, *, is_conflict: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.is_conflict = is_conflict


@dataclass(frozen=True, slots=True)
class Releasing:
    """Release at the source; `authority` is the RELEASE_AT_SOURCE setting."""

    catalog: Catalog
    engine: Engine
    source: Source
    archive: Archive
    authority: Authority
    now: Callable[[], datetime]

    def release(self, entry: CatalogEntry, chunk: Chunk, proof: Proof) -> Released | Kept | Damaged:
        """Release one archived chunk, or say why it is kept, or that the archive no longer holds what was proven.

        Raises:
            Transient: the source may or may not be deleted; the next try finds out.
        """
        try:
            location = self._authorized(entry, chunk, proof)
            if damage := self._damage(proof):
                return Damaged(chunk.document_id, damage)
            was_there = self._delete(chunk, location, proof)
        except _NotAllowed as error:
            return self._keep(entry, chunk, error)
        except HostileLocation as error:
            return self._keep(entry, chunk, _NotAllowed(f"deleteLocation: {error.cause}"))
        log.event(
            "recording.chunk_released",
            {
                "recording_id": entry.recording.recording_id,
                "document_id": chunk.document_id,
                "found": "yes" if was_there else "gone already",
            },
        )
        return Released(chunk.document_id, self.now())

    # Authority

    def _authorized(self, entry: CatalogEntry, chunk: Chunk, proof: Proof) -> Location:
        """The location that may be asked to delete."""
        if self.authority is Authority.NEVER:
            raise _NotAllowed("RELEASE_AT_SOURCE is false")
        if proof.by_its_own_word:
            raise _NotAllowed("the source had ended before its copy could be compared with it")
        if chunk.candidate.door is Door.FUNCTION_KEY:
            raise _NotAllowed("its event came by the function key alone")
        location = chunk.announced.delete_location
        if location is None:
            raise _NotAllowed("the event named no deleteLocation")
        content, deleted = object_id(chunk.announced.content_location), object_id(location)
        if deleted is None or content != deleted:
            self._look_under(location, chunk)
            self._assert_not_announced(deleted, entry, chunk)
        for key in dict.fromkeys((deleted or location, content or chunk.announced.content_location)):
            self._own(key, entry, chunk)
        return location

    def _assert_not_announced(self, key: str | None, entry: CatalogEntry, chunk: Chunk) -> None:
        """What is to be deleted is no other chunk's content, as far as the events of this recording say."""
        for other in entry:
            places = [one.announced.content_location for one in other.candidates if one.door is Door.EVENT_GRID]
            if other.document_id != chunk.document_id and key in map(object_id, places):
                raise _NotAllowed(f"deleteLocation names the object of document {other.document_id}", is_conflict=True)

    def _look_under(self, location: Location, chunk: Chunk) -> None:
        """The object to be deleted has another id than the content: its own metadata must name this document."""
        under = Location(f"{location.partition('?')[0].rstrip('/')}{_METADATA_UNDER}")
        is_enough = self.authority is Authority.EVENT  # unless it is seen to be somebody else's
        try:
            named = parse_metadata(self.engine.read_small(under, MOST_METADATA)).document_id
        except (SourceGone, SourceNotReady) as error:
            if is_enough:
                return
            raise _NotAllowed(
                f"contentLocation and deleteLocation name different objects, and no metadata is found under the latter:"
                f" {error.cause}"
            ) from error
        if named == chunk.document_id or (named is None and is_enough):
            return
        if named is None:
            raise _NotAllowed("deleteLocation names an object whose metadata does not say of which document it is")
        raise _NotAllowed("deleteLocation names an object whose metadata is of another document", is_conflict=True)

    def _own(self, key: str, entry: CatalogEntry, chunk: Chunk) -> None:
        """One source object belongs to one chunk of one recording: to the first that was proven."""
        mine = (entry.recording.recording_id, chunk.document_id)
        owner = self.catalog.own(key, *mine)
        if owner != mine:
            reason = f"its source object belongs to recording {owner[0]}, document {owner[1]}"
            raise _NotAllowed(reason, is_conflict=True)

    def _keep(self, entry: CatalogEntry, chunk: Chunk, why: _NotAllowed) -> Kept:
        ids = {"recording_id": entry.recording.recording_id, "document_id": chunk.document_id}
        log.event("recording.chunk_kept_at_source", {**ids, "reason": why.reason})
        return Kept(chunk.document_id, why.reason, why.is_conflict)

    # The delete

    def _delete(self, chunk: Chunk, location: Location, proof: Proof) -> bool:
        """Whether it was there. That it was not is believed only if the content is gone as well."""
        if self.source.delete(location, proof):
            return True
        try:
            with self.source.open(chunk.announced.content_location, 0, 1):
                pass
        except SourceGone:
            return False
        raise SourceUnexpected(
            _OPERATION,
            "deleteLocation says that nothing is there, while contentLocation still serves the content",
            hint="the source ends by itself; look at the event in the journal container",
        )

    def _damage(self, proof: Proof) -> str:
        """What the archive lacks of what the proof says, or nothing."""
        media = self._differs(proof.name, proof.length, proof.etag)
        if media or proof.metadata is None:
            return media
        return self._differs(proof.metadata.name, proof.metadata.length, proof.metadata.etag)

    def _differs(self, name: BlobName, length: int, etag: str) -> str:
        found = self.archive.find(name)
        if found is None:
            return f"the proven blob {name} is gone: something deletes archived blobs"
        if (found.length, found.etag) != (length, etag):
            return f"the proven blob {name} has been changed: something rewrites archived blobs"
        return ""
