"""Drives one chunk on, step by step, until there is nothing to do now.

`next_step` says what is to be done; each step ends as a fact, and the next one is decided on what the facts have made
of the entry. A step that fails is a fact as well. So there is no order of steps here, and no state: whoever is cut off
is followed by one who asks the catalog, and the world, anew.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from recording import log
from recording.catalog_updates import CatalogUpdates
from recording.chunks.completing import Completing
from recording.chunks.copying_chunk import CopyingChunk
from recording.chunks.in_hand import InHand
from recording.chunks.releasing import Releasing
from recording.chunks.storing import Trial
from recording.core.deadlines import Waits, another_look, next_look
from recording.core.errors import Permanent, RecordingError, Transient, UnknownRecording
from recording.core.formats.messages import ChunkMessage
from recording.core.lifecycle import (
    ArchiveMetadata,
    CompleteRecording,
    CopyChunk,
    Done,
    Expired,
    Fact,
    Failed,
    Kept,
    LookAgain,
    NextStep,
    Quarantined,
    ReleaseChunk,
    Released,
    decide,
    next_step,
)
from recording.core.model import CatalogEntry, Chunk, DocumentId, Failure, RecordingId, Subject
from recording.ports import ChunkQueue

_OPERATION = "archive chunk"
_MOST_STEPS = 30
"""Steps of one run. A chunk needs four; more are only taken while others change the entry."""
_TO_TELL = 10
"""How many first waits pass before a topic that is out of order is asked again."""
_LONGEST_DELAY = timedelta(hours=1)
"""Whoever comes too early looks, and waits again: so a message that is hours old is one whose runs die."""
_SUBJECTS: Mapping[type[NextStep], Subject] = {ArchiveMetadata: Subject.METADATA, CompleteRecording: Subject.MANIFEST}
"""What a try that failed was about; all others were about the media."""


class Outcome(StrEnum):
    """How a run ended that did not fail."""

    DONE = "done"
    WAITS = "waits"
    CONTINUES = "continues"
    IN_HAND = "in hand"
    ANSWERED = "answered"


@dataclass(frozen=True, slots=True)
class Archiving:
    """The way of one chunk. `slice_seconds` bounds how long one run copies before it hands on to the next."""

    updates: CatalogUpdates
    copying: CopyingChunk
    releasing: Releasing
    completing: Completing
    queue: ChunkQueue
    waits: Waits
    slice_seconds: float
    monotonic: Callable[[], float]
    in_hand: InHand = field(default_factory=InHand)

    def archive_chunk(
        self,
        recording_id: RecordingId,
        document_id: DocumentId,
        look_at: datetime | None = None,
        *,
        is_again: bool = True,
    ) -> Outcome:
        """Drive the chunk on as far as it goes; what must come back is put into the queue with its own delay.

        Args:
            recording_id: whose chunk.
            document_id: which chunk.
            look_at: the look that the message was put for.
            is_again: whether the message may have been handed out before.

        Raises:
            Transient: the catalog or the queue cannot be had; the message must come again.
            Permanent: the catalog has no such chunk, or can never hold what came of it.
        """
        step = ChunkMessage(recording_id, document_id, look_at)
        with self.in_hand.take(step) as held:
            if held is None:
                return Outcome.IN_HAND
            while True:
                outcome = self._drive(step, is_again=is_again)
                if held.let_go():
                    return outcome

    def _drive(self, step: ChunkMessage, *, is_again: bool) -> Outcome:
        entry = self._load(step)
        if not is_again and self._is_answered(_chunk_of(entry, step), step):
            return Outcome.ANSWERED
        entry, at = self._go_on(step, entry)
        try:
            self.updates.tell(entry)
        except Transient as error:
            _step_failed(step, error, 1)
            now = self.updates.now()
            at = now + _TO_TELL * self.waits.first if at is None else min(at, now + self.waits.longest)
        if at is None:
            return Outcome.DONE
        delay = max(timedelta(), at - self.updates.now())
        self.queue.put(replace(step, look_at=_chunk_of(entry, step).look_at), min(delay, _LONGEST_DELAY))
        return Outcome.WAITS if delay else Outcome.CONTINUES

    def _is_answered(self, chunk: Chunk, step: ChunkMessage) -> bool:
        """Whether the chunk waits for a look that another message comes for.

        Whoever sets a look puts a message for it, or is cut off, and then its own message is handed out again. So one
        that is handed out for the first time and was put for another look is one too many: else each event that is
        repeated would add a message that comes back for as long as the source lives. One without a look was put by a
        person, who may have had a reason.
        """
        if step.look_at is None or chunk.look_at is None:
            return False
        return self.updates.now() < chunk.look_at != step.look_at

    def _go_on(self, step: ChunkMessage, saved: CatalogEntry) -> tuple[CatalogEntry, datetime | None]:
        """Do what is to be done until nothing is, for now; the entry as it is then, and when to come back."""
        entry, held = saved, tuple[Fact, ...]()
        for _ in range(_MOST_STEPS):
            now = self.updates.now()
            todo = next_step(entry, step.document_id, now)
            match todo:
                case Done():
                    return entry, None
                case LookAgain():
                    return entry, todo.at
            chunk = _chunk_of(entry, step)
            trial = Trial(self.monotonic() + self.slice_seconds)
            try:
                fact = self._carry_out(todo, entry, chunk, trial)
            except RecordingError as error:
                saved = entry = self._failed(entry, chunk, todo, trial, error, held)
                held = ()
                if isinstance(todo, CompleteRecording):  # no look of a chunk stands for it
                    return entry, next_look(chunk, self.updates.now(), self.waits)
                continue
            if fact is None:
                return entry, now
            if _waits_for_completion(entry, fact, step, now):
                held = (fact,)
                entry = decide(entry, fact, now).entry
                continue
            # What is done and cannot be noted is no failed try: the message comes again, and finds it done.
            saved = entry = self.updates.apply(step.recording_id, *held, fact, known=saved).entry
            held = ()
        return entry, self.updates.now() + self.waits.first

    def _carry_out(self, todo: NextStep, entry: CatalogEntry, chunk: Chunk, trial: Trial) -> Fact | None:
        """Do what is to be done; what came of it, or None when the time of this run is up."""
        match todo:
            case CopyChunk():
                return self.copying.copy(entry, chunk, todo.candidate, trial)
            case ArchiveMetadata():
                return self.copying.archive_metadata(entry, chunk, todo.candidate, trial)
            case ReleaseChunk() if chunk.proof is not None:
                return self.releasing.release(entry, chunk, chunk.proof)
            case CompleteRecording():
                return self.completing.complete(entry)
        raise AssertionError(f"{todo} is no step to be carried out")

    def _failed(
        self,
        entry: CatalogEntry,
        chunk: Chunk,
        todo: NextStep,
        trial: Trial,
        error: RecordingError,
        held: tuple[Fact, ...],
    ) -> CatalogEntry:
        """Note a failed try, and what was held before it; the entry as it is then.

        Raises:
            Transient: not even the failure could be noted; the message must come again.
            Permanent: neither the try nor its note can ever work.
        """
        step = ChunkMessage(entry.recording.recording_id, chunk.document_id)
        fact = self._fact_of(chunk, todo, trial, error, self.updates.now())
        _step_failed(step, error, chunk.tries + 1)
        try:
            return self.updates.apply(entry.recording.recording_id, *held, fact).entry
        except RecordingError as unnoted:
            # The message is for a person only if nothing of the two passes by itself.
            raise (error if isinstance(error, Transient) else unnoted) from unnoted

    def _fact_of(
        self, chunk: Chunk, todo: NextStep, trial: Trial, error: RecordingError, now: datetime
    ) -> Failed | Expired | Quarantined:
        """What a failed try means."""
        subject = _SUBJECTS.get(type(todo), Subject.MEDIA)
        failure = Failure(now, error.operation, subject, error.code, error.cause, error.hint)
        asked = error.retry_after if isinstance(error, Transient) else None
        if isinstance(todo, CopyChunk) and isinstance(error, Permanent):
            reasons = (f"{error.operation}: {error.cause}",)
            return Quarantined(chunk.document_id, reasons, another_look(chunk, now, self.waits), due=trial.due)
        if now >= chunk.gone_by and not chunk.is_closed:
            return Expired(chunk.document_id, failure)
        return Failed(
            chunk.document_id,
            failure,
            next_look(chunk, now, self.waits, asked),
            progressed=trial.has_progressed,
            needs_a_person=isinstance(error, Permanent),
            due=trial.due,
        )

    def _load(self, step: ChunkMessage) -> CatalogEntry:
        entry = self.updates.load(step.recording_id)
        if entry is None or entry.chunk(step.document_id) is None:
            raise UnknownRecording(
                _OPERATION,
                "the catalog does not know it",
                hint="if its event is in the journal container, put that into the queue recording-events",
                ids={"recording_id": step.recording_id, "document_id": step.document_id},
            )
        return entry


def _waits_for_completion(entry: CatalogEntry, fact: Fact, step: ChunkMessage, now: datetime) -> bool:
    """Whether a fact is noted together with the completion that it leads to at once.

    Who is cut off before that finds the source gone, and the manifest that was written.
    """
    if not isinstance(fact, Released | Kept):
        return False
    return isinstance(next_step(decide(entry, fact, now).entry, step.document_id, now), CompleteRecording)


def _chunk_of(entry: CatalogEntry, step: ChunkMessage) -> Chunk:
    chunk = entry.chunk(step.document_id)
    if chunk is None:
        raise AssertionError("next_step knows the chunk")
    return chunk


def _step_failed(step: ChunkMessage, error: RecordingError, attempt: int) -> None:
    """One line for each failed try; its ids go into the error as well, which may yet leave this use case."""
    error.ids = {"recording_id": step.recording_id, "document_id": step.document_id, **error.ids}
    fields = {**error.ids, "code": error.code, "attempt": attempt, "operation": error.operation}
    log.event("recording.step_failed", {**fields, "cause": error.cause}, logging.WARNING)
