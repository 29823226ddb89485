"""The words of the domain: ids, places, states, and what is recorded."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

RecordingId = NewType("RecordingId", str)
DocumentId = NewType("DocumentId", str)
"""The id of a chunk in the source storage."""
CallId = NewType("CallId", str)
CallConnectionId = NewType("CallConnectionId", str)
ServerCallId = NewType("ServerCallId", str)
BlobName = NewType("BlobName", str)
Location = NewType("Location", str)
"""An absolute URL that came in an event; trusted for nothing until `core.locations` has checked it."""


class Content(StrEnum):
    """What is recorded, in the service's own spelling."""

    AUDIO = "audio"
    AUDIO_VIDEO = "audioVideo"


class Channel(StrEnum):
    """Whether participants share one channel."""

    MIXED = "mixed"
    UNMIXED = "unmixed"


class Format(StrEnum):
    """The media container of a chunk; also the extension of its blob."""

    WAV = "wav"
    MP3 = "mp3"
    MP4 = "mp4"


@dataclass(frozen=True, slots=True)
class Output:
    """One combination of content, channel and format; `core.outputs` knows the valid ones."""

    content: Content
    channel: Channel
    format: Format

    def __str__(self) -> str:
        """`audio-mixed-wav`, the spelling of the RECORDING_OUTPUT setting."""
        return f"{self.content}-{self.channel}-{self.format}"


class ChunkState(StrEnum):
    """How far a chunk has come; see `core.lifecycle` for the transitions."""

    ANNOUNCED = "announced"
    ARCHIVED = "archived"
    """Proven in the archive; metadata or release are still owed."""
    RELEASED = "released"
    KEPT = "kept"
    """Proven; the source was left alone on purpose, or ended by itself."""
    QUARANTINED = "quarantined"
    """In doubt: the source is left alone and looked at again."""
    LOST = "lost"


PROVEN = frozenset({ChunkState.ARCHIVED, ChunkState.RELEASED, ChunkState.KEPT})
"""The states in which a verified copy stands in the archive."""


class RecordingState(StrEnum):
    """How far a recording has come."""

    STARTED = "started"
    PAUSED = "paused"
    STOPPED = "stopped"
    ANNOUNCED = "announced"
    ARCHIVED = "archived"
    RELEASED = "released"
    QUARANTINED = "quarantined"
    INCOMPLETE = "incomplete"
    LOST = "lost"


class Authority(StrEnum):
    """How much proof is enough to delete at the source: the RELEASE_AT_SOURCE setting."""

    PROVEN = "proven"
    """That the delete location is of the very document whose bytes are proven."""
    EVENT = "event"
    """Also that Event Grid's own door brought the location, unless another chunk owns the object."""
    NEVER = "false"


RUNNING = frozenset({RecordingState.STARTED, RecordingState.PAUSED})
"""The states in which, as far as we know, the service still records."""


class Door(StrEnum):
    """By which way an event came in: with Event Grid's own credential, or with the function key."""

    EVENT_GRID = "eventGrid"
    FUNCTION_KEY = "functionKey"


class Place(StrEnum):
    """In which container a proven copy stands."""

    ARCHIVE = "archive"
    QUARANTINE = "quarantine"


class Subject(StrEnum):
    """What a failure was about: one of a chunk's two files, or the recording's manifest."""

    MEDIA = "media"
    METADATA = "metadata"
    MANIFEST = "manifest"


Actor = NewType("Actor", str)
"""Who brought a fact about: the app itself, or a person by name."""
APP = Actor("app")


class Alarm(StrEnum):
    """What a person must hear of; `core.formats.notifications` gives each its event name."""

    QUARANTINED = "quarantined"
    LOST = "lost"
    DAMAGED = "damaged"
    CONFLICT = "conflict"
    UNREADABLE = "unreadable"
    STUCK = "stuck"
    IMPOSSIBLE = "impossible"
