"""The native containers: which locations lie in them, and how a blob there is read.

Only containers that the settings name are asked; see `core.locations.native_blob`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from recording.copying.engine import Engine
from recording.core.errors import SourceGone
from recording.core.locations import native_blob, of_blob
from recording.core.model import AnnouncedChunk, BlobName, Location, Subject
from recording.ports import NativeContainer

_OPERATION = "read native blob"


@dataclass(frozen=True, slots=True)
class Readable:
    """A native container, and an engine that reads it."""

    blobs: NativeContainer
    engine: Engine


@dataclass(frozen=True, slots=True)
class Found:
    """A blob that is there: its container's URL and its name, its ETag, and how it is read while it has that."""

    container: str
    name: BlobName
    etag: str
    length: int
    engine: Engine

    @property
    def location(self) -> Location:
        """What the engine reads."""
        return of_blob(self.name, self.etag)


def name_of(url: str) -> str:
    """The name of a container, for the log, which has no URLs."""
    return url.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class NativeContainers:
    """The native containers by URL."""

    by_url: Mapping[str, Readable] = field(default_factory=dict)

    def native(self, announced: AnnouncedChunk) -> tuple[Subject, ...]:
        """Which of a chunk's two blobs an event says to be in a native container."""
        places = {Subject.MEDIA: announced.content_location, Subject.METADATA: announced.metadata_location}
        return tuple(subject for subject, place in places.items() if native_blob(place, self.by_url) is not None)

    def find(self, location: Location) -> Found | None:
        """The blob at a location; None if that lies in no native container.

        Raises:
            SourceGone: no blob is there.
            Transient: it cannot be asked now.
        """
        at = native_blob(location, self.by_url)
        if at is None:
            return None
        readable = self.by_url[at.container]
        blob = readable.blobs.find(at.name)
        if blob is None:
            ids = {"container": name_of(at.container), "blob": str(at.name)}
            raise SourceGone(_OPERATION, "no such blob is in the native container", hint="it may come later", ids=ids)
        return Found(at.container, at.name, blob.etag, blob.length, readable.engine)
