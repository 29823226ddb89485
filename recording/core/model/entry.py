"""The catalog's entry of one recording."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from recording.core.model.calls import AppliedRule, ParticipantKind
from recording.core.model.chunk import Chunk
from recording.core.model.consent import ConsentEvidence, WithdrawnConsent
from recording.core.model.erasure import Erasure, Unlinking
from recording.core.model.evidence import Alert, Happened, Unread
from recording.core.model.running import Continuation, Order, Pause
from recording.core.model.trail import Trail
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
        applied: the rule that this app started it by; None for a recording that others started.
        requested_at: when this app started it; None for a recording that others started.
        stopped_at: when it ended, as far as is known: the service accepted our order to stop it, or said for the first
            time that it has no such recording.
        checked_at: when the service was last asked for its state.
        active_at: when the service last said that it records.
        denied_at: since when the service answers that it has no such recording; None while it says otherwise.
        ordered: the last order to pause, resume or stop it.
        pauses: the intervals that are not recorded, as far as is known, in order.
        was_resumed: whether anybody here has ordered to resume it.
        interrupted_at: since when it does not record any more, unasked, while its call goes on.
        failed_at: when the service said that the start, which it had accepted, failed.
        continues: the recording of the same call that ended unasked, or never began, before this one.
        continued_by: the recording that was started in place of this one.
        attempt: which try this is to record the call, from 1.
        participants: how many of each kind are in the call, as the service said last; no ids.
        participants_number: the number that the service gave that list: a list with a lower one is older.
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
        trail: its audit trail, as far as no blob has it yet.
        consent: why it may be recorded; None if no rule asked.
        withdrawn: that consent was withdrawn, and when.
        erasure: that it was erased, or is being erased; set in the state ERASED, and only there.
        unlinked: by which erasures somebody was, or is being, taken out of it; in order.
    """

    recording_id: RecordingId
    state: RecordingState
    output: Output | None = None
    call_id: CallId | None = None
    server_call_id: ServerCallId | None = None
    call_connection_id: CallConnectionId | None = None
    group_call_id: str | None = None
    room_id: str | None = None
    applied: AppliedRule | None = None
    requested_at: datetime | None = None
    stopped_at: datetime | None = None
    checked_at: datetime | None = None
    active_at: datetime | None = None
    denied_at: datetime | None = None
    ordered: Order | None = None
    pauses: tuple[Pause, ...] = ()
    was_resumed: bool = False
    interrupted_at: datetime | None = None
    failed_at: datetime | None = None
    continues: Continuation | None = None
    continued_by: RecordingId | None = None
    attempt: int = 1
    participants: tuple[tuple[ParticipantKind, int], ...] = ()
    participants_number: int = -1
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
    trail: Trail = field(default_factory=Trail)
    consent: ConsentEvidence | None = None
    withdrawn: WithdrawnConsent | None = None
    erasure: Erasure | None = None
    unlinked: tuple[Unlinking, ...] = ()

    @property
    def open_pause(self) -> Pause | None:
        """The pause that lasts, if there is one."""
        last = self.pauses[-1] if self.pauses else None
        return last if last is not None and last.until is None else None

    @property
    def has_recorded_nothing(self) -> bool:
        """Whether no file is expected: its start failed, it was replaced as it never began, or it was never resumed."""
        if self.active_at is not None or self.requested_at is None:
            return False
        first = self.pauses[0] if self.pauses else None
        is_unresumed = first is not None and first.since <= self.requested_at and not self.was_resumed
        is_replaced = self.continued_by is not None and self.interrupted_at is None
        return self.failed_at is not None or is_replaced or is_unresumed


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
