"""What the catalog knows of one recording."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from recording.core.model.chunk import Chunk
from recording.core.model.evidence import Alert, Unread
from recording.core.model.words import (
    APP,
    Actor,
    BlobName,
    CallConnectionId,
    CallId,
    DocumentId,
    Output,
    RecordingId,
    RecordingState,
    ServerCallId,
)


@dataclass(frozen=True, slots=True)
class Recording:
    """All that is known of one recording id, its chunks aside.

    Attributes:
        requested_at: when this app started it; None for a recording that was started by others.
        stopped_at: when the service agreed to stop it; None for one that ended otherwise.
        unread: members of its events that could not be read.
        untold: alerts that are decided and not yet published.
        manifest_name: the last manifest written.
        lacks: what that manifest lacks; empty for a whole recording.
        completed_at: when that manifest was written; None while one is owed.
        revision: counts the manifests: what changes after completion starts the next one.
        changed_by: who brought the last change about.
    """

    recording_id: RecordingId
    state: RecordingState
    output: Output | None = None
    call_id: CallId | None = None
    server_call_id: ServerCallId | None = None
    call_connection_id: CallConnectionId | None = None
    group_call_id: str | None = None
    room_id: str | None = None
    requested_at: datetime | None = None
    stopped_at: datetime | None = None
    started_at: datetime | None = None
    duration: timedelta | None = None
    session_end_reason: str = ""
    announced_at: datetime | None = None
    unread: tuple[Unread, ...] = ()
    untold: tuple[Alert, ...] = ()
    manifest_name: BlobName | None = None
    lacks: tuple[str, ...] = ()
    completed_at: datetime | None = None
    revision: int = 1
    changed_by: Actor = APP


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """What we know of one recording: itself and its chunks, in the order of their index.

    `version` is the catalog's own mark of what was read, handed back on save; empty for an entry never saved.
    """

    recording: Recording
    chunks: tuple[Chunk, ...] = ()
    version: str = field(default="", compare=False)

    def __iter__(self) -> Iterator[Chunk]:
        """Walk over the chunks."""
        return iter(self.chunks)

    def chunk(self, document_id: DocumentId) -> Chunk | None:
        """The chunk of that document id, if the recording has it."""
        return next((chunk for chunk in self.chunks if chunk.document_id == document_id), None)

    @property
    def due(self) -> datetime | None:
        """The earliest moment at which a source that is still owed may end."""
        return min((chunk.due for chunk in self.chunks if not chunk.is_closed), default=None)

    @property
    def gone_by(self) -> datetime | None:
        """The latest moment at which any of its sources ends."""
        return max((chunk.gone_by for chunk in self.chunks), default=None)
