"""The catalog's entry of one recording."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from recording.core.model.chunk import Chunk
from recording.core.model.consent import ConsentEvidence, WithdrawnConsent
from recording.core.model.evidence import Alert, Happened, Unread
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
class Opening:
    """Since when, and in which row of the open work, a recording owes something.

    Attributes:
        at: the minute of the moment that `core.lifecycle.opening` computes; None while nothing is owed.
        number: raised with every change of that minute, so that each row has a key of its own.
    """

    at: datetime | None = None
    number: int = 0


@dataclass(frozen=True, slots=True)
class Recording:
    """All that is known of one recording, except its chunks.

    Attributes:
        output: what is recorded; None while it is not known.
        requested_at: when this app started it; None for a recording that others started.
        stopped_at: when it ended, as far as is known: the service accepted our order to stop it, or said for the first
            time that it has no such recording.
        checked_at: when the service was last asked for its state.
        active_at: when the service last said that it records.
        denied_at: since when the service answers that it has no such recording; None while it says otherwise.
        started_at, duration, session_end_reason: as its file event says.
        announced_at: when its first file event came.
        unread: chunks of its events that could not be read.
        untold: alerts that are not published yet.
        manifest_name: of the last manifest written.
        lacks: what was missing when that manifest was written; empty for a whole recording.
        completed_at: when that manifest was written; None while one is owed.
        revision: the number of the manifest, from 1; a change after completion owes the next.
        changed_by: who caused the last change.
        warned: the warnings that have been given already, each of which is given once.
        history: what happened to it, in order; see `core.lifecycle.history`.
        opening: its row of the open work.
        consent: why it may be recorded; None if no rule asked.
        withdrawn: that consent was withdrawn, and when.
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
    checked_at: datetime | None = None
    active_at: datetime | None = None
    denied_at: datetime | None = None
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
    warned: tuple[str, ...] = ()
    history: tuple[Happened, ...] = ()
    opening: Opening = Opening()
    consent: ConsentEvidence | None = None
    withdrawn: WithdrawnConsent | None = None


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """One recording and its chunks, by index.

    `version` is the catalog's ETag of what was read, the condition of the next save; empty for an entry never saved.
    """

    recording: Recording
    chunks: tuple[Chunk, ...] = ()
    version: str = field(default="", compare=False)

    def __iter__(self) -> Iterator[Chunk]:
        """The chunks, by index."""
        return iter(self.chunks)

    def chunk(self, document_id: DocumentId) -> Chunk | None:
        """The chunk with that document id; None if there is none."""
        return next((chunk for chunk in self.chunks if chunk.document_id == document_id), None)

    @property
    def due(self) -> datetime | None:
        """The earliest moment at which the source of an open chunk may end; None if no chunk is open."""
        return min((chunk.due for chunk in self.chunks if not chunk.is_closed), default=None)

    @property
    def gone_by(self) -> datetime | None:
        """The latest moment at which the source of a chunk ends; None without chunks."""
        return max((chunk.gone_by for chunk in self.chunks), default=None)
