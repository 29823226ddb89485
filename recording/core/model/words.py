"""The vocabulary of the domain: ids, locations, states, kinds of output. docs/glossary.md explains the words."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

RecordingId = NewType("RecordingId", str)
DocumentId = NewType("DocumentId", str)
"""The id that the service gives a chunk, unique in its storage."""
CallId = NewType("CallId", str)
CallConnectionId = NewType("CallConnectionId", str)
ServerCallId = NewType("ServerCallId", str)
BlobName = NewType("BlobName", str)
Location = NewType("Location", str)
"""An absolute URL from an event; nothing is sent to it before `core.locations` has checked it."""
UNKNOWN_LOCATION = Location("")
"""Of a chunk whose event is not known any more: the catalog was rebuilt from a manifest, which has no locations."""


class Content(StrEnum):
    """What is recorded, in the service's own spelling."""

    AUDIO = "audio"
    AUDIO_VIDEO = "audioVideo"


class Channel(StrEnum):
    """Whether all participants are mixed into one channel, or each has one."""

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
        """`audio-mixed-wav`, the spelling of a policy."""
        return f"{self.content}-{self.channel}-{self.format}"


class ChunkState(StrEnum):
    """The state of a chunk; `core.lifecycle` explains each and has the table of transitions."""

    ANNOUNCED = "announced"
    ARCHIVED = "archived"
    """A verified copy is in the archive; its metadata file or its release is still owed."""
    RELEASED = "released"
    KEPT = "kept"
    """A verified copy is in the archive; the source was left alone on purpose, or ended by itself."""
    QUARANTINED = "quarantined"
    """In doubt: the source is left alone and looked at again."""
    LOST = "lost"


PROVEN = frozenset({ChunkState.ARCHIVED, ChunkState.RELEASED, ChunkState.KEPT})
"""The states in which a verified copy is in the archive."""


class RecordingState(StrEnum):
    """The state of a recording; see `core.lifecycle`."""

    STARTED = "started"
    PAUSED = "paused"
    STOPPED = "stopped"
    ANNOUNCED = "announced"
    ARCHIVED = "archived"
    RELEASED = "released"
    QUARANTINED = "quarantined"
    INCOMPLETE = "incomplete"
    MISSING = "missing"
    """It is over, and its file event is overdue."""
    LOST = "lost"
    EMPTY = "empty"
    """It is over, has never recorded, and no file is expected."""
    ERASED = "erased"
    """It was erased, or its erasure has begun: whatever comes of it is refused."""


class Authority(StrEnum):
    """What must be known before the source is deleted: the RELEASE_AT_SOURCE setting."""

    PROVEN = "proven"
    """The delete location belongs to the document whose bytes were verified."""
    EVENT = "event"
    """Or the location came by Event Grid's own door, and no other chunk owns the object."""
    NEVER = "false"


RUNNING = frozenset({RecordingState.STARTED, RecordingState.PAUSED})
"""The states in which, as far as is known, the service still records."""


class Door(StrEnum):
    """How an event was authenticated: with Event Grid's own credential, or with the function key."""

    EVENT_GRID = "eventGrid"
    FUNCTION_KEY = "functionKey"


class Place(StrEnum):
    """The container that holds a verified copy."""

    ARCHIVE = "archive"
    QUARANTINE = "quarantine"
    OVERFLOW = "overflow"
    """In the second account; it is copied home into the archive."""
    NATIVE = "native"
    """In a container of the customer's into which the service itself writes; nothing of it is copied or deleted."""


class Subject(StrEnum):
    """What a failure concerns: one of a chunk's two blobs, or the manifest of its recording."""

    MEDIA = "media"
    METADATA = "metadata"
    MANIFEST = "manifest"


Actor = NewType("Actor", str)
"""Who caused a fact: `app`, `callback`, `eventGrid`, `key`, or KIND:ID (`key:NAME`, `entra:OBJECT-ID`)."""
APP = Actor("app")
OUTSIDE = Actor("outside")
"""Somebody who has asked the service, and not this app."""


class Alarm(StrEnum):
    """The kinds of alert; `core.formats.notifications` gives each its event name."""

    QUARANTINED = "quarantined"
    LOST = "lost"
    DAMAGED = "damaged"
    CONFLICT = "conflict"
    UNREADABLE = "unreadable"
    STUCK = "stuck"
    IMPOSSIBLE = "impossible"
    AT_RISK = "at risk"
    MISSING = "missing"
    FOUND_BY_SWEEP = "found by sweep"
    INTERRUPTED = "interrupted"
    """It does not record any more, in a call that goes on, and nobody has asked for that here."""
    NOT_STARTED = "not started"
    """The service accepted the start, and does not record."""
    PAUSED_LONG = "paused long"


class RemovalReason(StrEnum):
    """Why a recording is erased."""

    ERASURE = "erasure"
    """A person has asked for it."""
    RETENTION = "retention"
    """It has been kept for as long as its class says."""


class View(StrEnum):
    """What a person looked at, as far as that is an act of the audit trail."""

    HISTORY = "history"
    TRAIL = "trail"
    SEAL = "seal"


class Ruling(StrEnum):
    """What a person decides about a chunk."""

    RETRY = "retry"
    """Try again now, whatever was found before."""
    ACCEPT = "accept"
    """The copy that stands apart is right: it goes into the archive."""
    GIVE_UP = "give-up"
    """Nothing more is to be done; the chunk is lost."""
