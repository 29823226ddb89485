"""Deletes a chunk at the source if that is authorized by a proof; otherwise the source is left alone.

A source that is kept by mistake is deleted by the service within a day. A source that is deleted by mistake is lost.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from recording import log
from recording.chunks.metadata_file import MOST_METADATA
from recording.chunks.still_archived import damage_of
from recording.copying.engine import Engine
from recording.core.errors import HostileLocation, SourceGone, SourceNotReady, SourceUnexpected
from recording.core.formats.metadata import parse_metadata
from recording.core.lifecycle import Damaged, Kept, Released
from recording.core.locations import object_id
from recording.core.model import Authority, CatalogEntry, Chunk, Door, Location, Place, Proof
from recording.ports import Archive, Catalog, Source

_OPERATION = "release chunk"
NATIVE = "native"
"""Why what stands in a native container is kept: it is the customer's, and nothing of it is ever deleted."""
_METADATA_UNDER = "/content/acsmetadata"


class _NotAllowed(Exception):
    """The delete is not authorized; the message is the reason. `is_conflict`: another chunk claims the source."""

    def __init__(self, reason: str, *, is_conflict: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.is_conflict = is_conflict


@dataclass(frozen=True, slots=True)
class Releasing:
    """Releases chunks at the source. `authority` is the RELEASE_AT_SOURCE setting."""

    catalog: Catalog
    engine: Engine
    source: Source
    archive: Archive
    authority: Authority
    now: Callable[[], datetime]

    def release(self, entry: CatalogEntry, chunk: Chunk, proof: Proof) -> Released | Kept | Damaged:
        """Release an archived chunk; or return why it is kept, or what is damaged in the archive since the proof.

        Raises:
            Transient: the source may or may not be deleted; try again.
        """
        try:
            location = self._authorized(entry, chunk, proof)
            if damage := damage_of(self.archive, proof):
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
        """The location that may be deleted.

        Raises:
            _NotAllowed: nothing may be deleted.
        """
        if proof.place is Place.NATIVE:
            if chunk.candidate.door is Door.EVENT_GRID:
                self._own(f"{proof.container}/{proof.name}", entry, chunk)
            raise _NotAllowed(NATIVE)
        if self.authority is Authority.NEVER:
            raise _NotAllowed("RELEASE_AT_SOURCE is false")
        if proof.by_its_own_word:
            raise _NotAllowed("its copy was not compared with a source: that had ended, or holds something else")
        if chunk.candidate.door is Door.FUNCTION_KEY:
            raise _NotAllowed("its event came by the function key alone")
        if chunk.announced.metadata_location is None:
            raise _NotAllowed("its event named no metadata file: if there is one, it would be deleted unarchived")
        location = chunk.announced.delete_location
        if location is None:
            raise _NotAllowed("the event named no deleteLocation")
        content, deleted = object_id(chunk.announced.content_location), object_id(location)
        if deleted is None or content != deleted:
            self._check_metadata_under(location, chunk)
            self._check_not_announced(deleted, entry, chunk)
        for key in dict.fromkeys((deleted or location, content or chunk.announced.content_location)):
            self._own(key, entry, chunk)
        return location

    def _check_not_announced(self, key: str | None, entry: CatalogEntry, chunk: Chunk) -> None:
        """No event of this recording says that the object to delete is the content of another chunk."""
        for other in entry:
            places = [one.announced.content_location for one in other.candidates if one.door is Door.EVENT_GRID]
            if other.document_id != chunk.document_id and key in map(object_id, places):
                raise _NotAllowed(f"deleteLocation names the object of document {other.document_id}", is_conflict=True)

    def _check_metadata_under(self, location: Location, chunk: Chunk) -> None:
        """The object to delete has another id than the content: its own metadata must name this document."""
        under = Location(f"{location.partition('?')[0].rstrip('/')}{_METADATA_UNDER}")
        is_enough = self.authority is Authority.EVENT  # unless its metadata names another document
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
        """Claim the source object. It belongs to one chunk of one recording: the first that claims it."""
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
        """Delete; whether the object was there. If not, the content must be gone as well."""
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
            hint="the service deletes the source by itself; look at the event in the journal container",
        )
