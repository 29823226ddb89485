"""Advances one chunk: takes its next step, again and again, until there is nothing to do now.

The way of one chunk through the modules:
1. `archive_chunk` is called for each queue message. `running_chunks` allows one run for a chunk in a worker process.
   The entry is loaded from the catalog. A message that another one has replaced ends here.
2. `core.lifecycle.next_step` computes the next step from the entry, and `_take` does it. What happened is a fact:
   - `CopyChunk`: `copying_chunk` reads the metadata file (`metadata_file`), opens the content (`copying.engine`) and
     inspects it. It stores the content in the archive (`storing`), or in the quarantine container if it is in doubt
     (`setting_apart`). If neither can be written, and the chunk is nearly due, `overflowing` uses a second account.
   - `ProveInPlace`: `proving_in_place` reads and judges what the service has written into a native container.
   - `AcceptCopy`: `accepting` archives the copy that stands apart, as a person decided.
   - `ArchiveMetadata`: `copying_chunk` stores a metadata file that came after the media.
   - `RemoveOverflow`: `removing_overflow` deletes a copy in the second account that the archive has by now.
   - `ReleaseChunk`: `releasing` deletes the source, or returns the reason why it is kept.
   - `CompleteRecording`: `completing` writes the manifest and publishes its event.
3. `catalog_updates` applies the fact and saves the entry. A failed step is a fact too (`failed_step`). Then 2 again.
4. `catalog_updates` publishes the alerts of the entry.
5. If work remains, a new message is put into the queue, with the delay until the next look.
6. `writing_trail` writes the acts of the run, for the audit trail.

No order of steps is stored. After a crash the host delivers the message again, and the next run continues from what the
catalog, the archive and the source contain. Every step is idempotent.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from recording import telemetry
from recording.catalog_updates import CatalogUpdates
from recording.chunks.accepting import Accepting
from recording.chunks.completing import Completing
from recording.chunks.copying_chunk import CopyingChunk
from recording.chunks.failed_step import fact_of, log_failure
from recording.chunks.overflowing import Overflowing
from recording.chunks.proving_in_place import ProvingInPlace
from recording.chunks.releasing import Releasing
from recording.chunks.removing_overflow import RemovingOverflow
from recording.chunks.running_chunks import RunningChunks
from recording.chunks.storing import Attempt
from recording.chunks.throttling import Throttling
from recording.core.deadlines import Waits, is_urgent, next_look
from recording.core.errors import RecordingErased, RecordingError, Transient, UnknownRecording
from recording.core.formats.messages import ChunkMessage
from recording.core.lifecycle import (
    AcceptCopy,
    ArchiveMetadata,
    Compared,
    CompleteRecording,
    CopyChunk,
    Done,
    Fact,
    Kept,
    LookAgain,
    NextStep,
    ProveInPlace,
    ReadOn,
    ReleaseChunk,
    Released,
    RemoveOverflow,
    decide,
    next_step,
)
from recording.core.model import CatalogEntry, Chunk, DocumentId, Place, RecordingId, RecordingState
from recording.ports import ChunkQueue
from recording.writing_trail import WritingTrail

_OPERATION = "archive chunk"
_MOST_STEPS = 30
"""Steps of one run. A chunk needs four; it needs more only if other runs change the entry meanwhile."""
_WAITS_TO_TELL = 10
"""If alerts cannot be published, they are tried again after this many times the first wait."""
_ASKS_SOURCE = CopyChunk | ArchiveMetadata | ReleaseChunk
_LONGEST_DELAY = timedelta(hours=1)
"""A run that comes too early only puts its message back. So a message that is hours old shows that its runs crash."""


class Outcome(StrEnum):
    """How a run ended that did not fail."""

    DONE = "done"
    WAITS = "waits"
    CONTINUES = "continues"
    ALREADY_RUNNING = "already running"
    REPLACED = "replaced"
    ERASED = "erased"
    """The recording was erased: there is nothing to do for its chunks."""


@dataclass(frozen=True, slots=True)
class Archiving:
    """Advances chunks. `slice_seconds` bounds how long one run copies; the next message continues the copy."""

    updates: CatalogUpdates
    copying: CopyingChunk
    overflowing: Overflowing
    proving_in_place: ProvingInPlace
    accepting: Accepting
    removing_overflow: RemovingOverflow
    releasing: Releasing
    completing: Completing
    writing_trail: WritingTrail
    throttling: Throttling
    queue: ChunkQueue
    waits: Waits
    slice_seconds: float
    monotonic: Callable[[], float]
    running: RunningChunks = field(default_factory=RunningChunks)

    def is_copying(self) -> bool:
        """Whether a run goes on in this worker."""
        return len(self.running) > 0

    def archive_chunk(
        self,
        recording_id: RecordingId,
        document_id: DocumentId,
        look_at: datetime | None = None,
        *,
        is_again: bool = True,
    ) -> Outcome:
        """Advance the chunk as far as it goes now. If work remains, put a message with its own delay into the queue.

        Args:
            recording_id: the recording of the chunk.
            document_id: the chunk.
            look_at: the chunk's `look_at` when the message was put; None if a person put it.
            is_again: whether the message may have been delivered before.

        Raises:
            Transient: the catalog or the queue is not available; the message must be delivered again.
            Permanent: the catalog has no such chunk, or can never store the result.
        """
        message = ChunkMessage(recording_id, document_id, look_at)
        with self.running.start(message) as run:
            if run is None:
                return Outcome.ALREADY_RUNNING
            while True:
                outcome = self._advance(message, is_again=is_again)
                if run.finish():
                    return outcome
                is_again = True  # it goes on for another message, which is gone and may have had the chunk's `look_at`

    def _advance(self, message: ChunkMessage, *, is_again: bool) -> Outcome:
        try:
            entry, chunk = load_known(self.updates, message)
        except RecordingErased:
            return Outcome.ERASED
        if not is_again and self._is_replaced(chunk, message):
            return Outcome.REPLACED
        entry, at = self._take_steps(message, entry)
        try:
            entry = self.updates.tell(entry)
        except Transient as error:
            log_failure(message, error, 1)
            now = self.updates.now()
            at = now + _WAITS_TO_TELL * self.waits.first if at is None else min(at, now + self.waits.longest)
        outcome = self._put_next(message, entry, at)
        self.writing_trail.write(entry)
        return outcome

    def _put_next(self, message: ChunkMessage, entry: CatalogEntry, at: datetime | None) -> Outcome:
        """Put the message for the next look, if there is one."""
        if at is None:
            return Outcome.DONE
        now, chunk = self.updates.now(), _chunk_of(entry, message)
        delay = max(timedelta(), at - now)
        hurry = not chunk.is_closed and not chunk.stays and is_urgent(chunk.due, now + delay)
        later = telemetry.continued(replace(message, look_at=chunk.look_at))
        self.queue.put(later, min(delay, _LONGEST_DELAY), is_urgent=hurry)
        return Outcome.WAITS if delay else Outcome.CONTINUES

    def _is_replaced(self, chunk: Chunk, message: ChunkMessage) -> bool:
        """Whether another message is in the queue for the chunk's next look.

        For each `look_at` that is saved a message is put; a run that crashes in between has its own message delivered
        again. So a message that is delivered for the first time and names another `look_at` is superfluous. Without
        this check each repeated event would add a message that returns until the source is gone. A message without
        `look_at` was put by a person, and is never dropped.
        """
        if message.look_at is None or chunk.look_at is None:
            return False
        return self.updates.now() < chunk.look_at != message.look_at

    def _take_steps(self, message: ChunkMessage, saved: CatalogEntry) -> tuple[CatalogEntry, datetime | None]:
        """Take steps until there is nothing to do now; the entry after that, and when the next look is, if any.

        The entry that is returned is saved: the audit trail is written from it, and no blob of that can be taken back.
        """
        entry, unsaved = saved, tuple[Fact, ...]()
        for _ in range(_MOST_STEPS):
            now = self.updates.now()
            step = next_step(entry, message.document_id, now)
            match step:
                case Done():
                    return self._saved(saved, unsaved), None
                case LookAgain():
                    return self._saved(saved, unsaved), step.at
            chunk = _chunk_of(entry, message)
            if isinstance(step, _ASKS_SOURCE) and (until := self.throttling.wait_until(chunk)) is not None:
                return self._saved(saved, unsaved), until
            attempt = Attempt(self.monotonic() + self.slice_seconds)
            try:
                with telemetry.stepping(step):
                    fact = self._take(step, entry, chunk, attempt)
            except RecordingError as error:
                telemetry.failed(step, error.code)
                self.throttling.note(error)
                saved = entry = self._save_failure(entry, chunk, step, attempt, error, unsaved)
                unsaved = ()
                if isinstance(step, CompleteRecording):  # the chunk is closed and has no `look_at` of its own
                    return entry, next_look(chunk, self.updates.now(), self.waits)
                continue
            telemetry.done(entry, chunk, fact, self.updates.now())
            if fact is None or isinstance(fact, Compared | ReadOn):
                return self._cut_off(self._saved(saved, unsaved), message, attempt, fact), now
            if _leads_to_completion(entry, fact, message, now):
                unsaved = (fact,)
                entry = decide(entry, fact, now).entry
                continue
            # A failed save is not a failed step: the message is delivered again, and its run finds the step done.
            saved = entry = self.updates.apply(message.recording_id, *unsaved, fact, known=saved).entry
            unsaved = ()
        return self._saved(saved, unsaved), self.updates.now() + self.waits.first

    def _saved(self, saved: CatalogEntry, unsaved: tuple[Fact, ...]) -> CatalogEntry:
        """The entry with the facts that waited for the completion, which did not follow after all."""
        return self.updates.apply(saved.recording.recording_id, *unsaved, known=saved).entry if unsaved else saved

    def _cut_off(
        self, entry: CatalogEntry, message: ChunkMessage, attempt: Attempt, fact: Compared | ReadOn | None
    ) -> CatalogEntry:
        """The entry after a step that a new run goes on with; its row shows that it came further."""
        if fact is not None:
            entry = self.updates.apply(message.recording_id, fact, known=entry).entry
        if fact is not None or attempt.has_progressed:
            self.updates.show_life(entry, message.document_id)
        return entry

    def _take(self, step: NextStep, entry: CatalogEntry, chunk: Chunk, attempt: Attempt) -> Fact | None:
        """Do one step. Its result as a fact; None if a new run must go on: out of time, or its entry is out of date."""
        match step:
            case CopyChunk() | ProveInPlace() | AcceptCopy() | ArchiveMetadata():
                return self._prove(step, entry, chunk, attempt)
            case RemoveOverflow() if chunk.overflow is not None and chunk.proof is not None:
                return self.removing_overflow.remove(entry, chunk, chunk.overflow, chunk.proof)
            case ReleaseChunk() if chunk.proof is not None:
                return self.releasing.release(entry, chunk, chunk.proof)
            case CompleteRecording():
                return self.completing.complete(entry)
        raise AssertionError(f"{step} cannot be done")

    def _prove(
        self,
        step: CopyChunk | ProveInPlace | AcceptCopy | ArchiveMetadata,
        entry: CatalogEntry,
        chunk: Chunk,
        attempt: Attempt,
    ) -> Fact | None:
        """Do a step that proves media or its metadata file: in the archive, or where the service has written them."""
        in_place = self.proving_in_place
        match step:
            case CopyChunk():
                return self.overflowing.copy(entry, chunk, step.candidate, attempt)
            case ProveInPlace():
                return in_place.prove(entry, chunk, step.candidate, attempt)
            case AcceptCopy() if chunk.apart is not None and chunk.apart.place is Place.NATIVE:
                return in_place.accept(entry, chunk, chunk.apart)
            case AcceptCopy():
                return self.accepting.accept(entry, chunk, attempt)
        if chunk.proof is not None and chunk.proof.place is Place.NATIVE:
            return in_place.archive_metadata(entry, chunk, step.candidate, attempt)
        return self.copying.archive_metadata(entry, chunk, step.candidate, attempt)

    def _save_failure(
        self,
        entry: CatalogEntry,
        chunk: Chunk,
        step: NextStep,
        attempt: Attempt,
        error: RecordingError,
        unsaved: tuple[Fact, ...],
    ) -> CatalogEntry:
        """Save a failed step, after the facts before it that are not saved yet; the entry after that.

        Raises:
            Transient: the failure could not be saved; the message must be delivered again.
            Permanent: neither the step nor the save can ever succeed.
        """
        recording_id = entry.recording.recording_id
        fact = fact_of(chunk, step, attempt, error, self.updates.now(), self.waits)
        log_failure(ChunkMessage(recording_id, chunk.document_id), error, chunk.tries + 1)
        try:
            return self.updates.apply(recording_id, *unsaved, fact).entry
        except RecordingError as unnoted:
            # The message is kept for a person only if neither of the two errors is transient.
            raise (error if isinstance(error, Transient) else unnoted) from unnoted


def load_known(updates: CatalogUpdates, message: ChunkMessage) -> tuple[CatalogEntry, Chunk]:
    """The entry and the chunk that a message names.

    Raises:
        Transient: the catalog is not available.
        RecordingErased: it was erased.
        Permanent: it has no such chunk.
    """
    entry = updates.load(message.recording_id)
    if entry is not None and entry.recording.state is RecordingState.ERASED:
        raise RecordingErased(_OPERATION, "it was erased", ids={"recording_id": message.recording_id})
    chunk = entry.chunk(message.document_id) if entry else None
    if entry is None or chunk is None:
        raise UnknownRecording(
            _OPERATION,
            "the catalog does not know it",
            hint="if its event is in the journal container, put that into the queue recording-events",
            ids={"recording_id": message.recording_id, "document_id": message.document_id},
        )
    return entry, chunk


def _leads_to_completion(entry: CatalogEntry, fact: Fact, message: ChunkMessage, now: datetime) -> bool:
    """Whether the next step after this fact is the completion; then both facts are saved together, in one request.

    After a crash before that save, the next run finds that the source is gone and that the manifest is there.
    """
    if not isinstance(fact, Released | Kept):
        return False
    return isinstance(next_step(decide(entry, fact, now).entry, message.document_id, now), CompleteRecording)


def _chunk_of(entry: CatalogEntry, message: ChunkMessage) -> Chunk:
    chunk = entry.chunk(message.document_id)
    if chunk is None:
        raise AssertionError("the entry has the chunk: `load_known` checks it, and no fact removes a chunk")
    return chunk
