"""What a failed step means for its chunk, and the log line about it."""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta

from recording import log
from recording.chunks.storing import Attempt
from recording.core.deadlines import Waits, another_look, next_look
from recording.core.errors import ARCHIVE_FAILURES, CopyInTheWay, CopyLost, Permanent, RecordingError, Transient
from recording.core.formats.messages import ChunkMessage
from recording.core.lifecycle import (
    AcceptCopy,
    ArchiveMetadata,
    CompleteRecording,
    CopyChunk,
    Expired,
    Failed,
    NextStep,
    OverflowClosed,
    ProveInPlace,
    Quarantined,
    RemoveOverflow,
)
from recording.core.model import Chunk, Failure, Subject

_SUBJECTS: Mapping[type[NextStep], Subject] = {ArchiveMetadata: Subject.METADATA, CompleteRecording: Subject.MANIFEST}
"""What a failed step was about; all other steps are about the media."""
_TRIES_HOME = 3
"""Tries that find a copy lost, or its name taken, after which a person decides: both may pass by themselves."""
_ARCHIVE_AWAITED = timedelta(days=1)
"""How long after `gone_by` a chunk waits for the archive to say whether it has a copy."""
_TRIES_REMOVAL = 5
"""Failed tries to remove a copy after which the next is the last: with the usual waits a quarter of an hour."""


def fact_of(
    chunk: Chunk, step: NextStep, attempt: Attempt, error: RecordingError, now: datetime, waits: Waits
) -> Failed | Expired | Quarantined | OverflowClosed:
    """The fact that follows from a failed step.

    - A copy that failed with a permanent error is in doubt: the chunk is quarantined. An accepted copy that cannot be
      archived is a person's again.
    - A copy in the overflow that some tries could not remove is left there: the chunk must not wait for that.
    - After `gone_by` an open chunk has expired. But while the archive cannot be asked, for a day at most, nobody knows
      whether an earlier try has left a copy there.
    - Neither holds for a chunk that is being brought home from the overflow: it stays open until it is home. But if its
      copy was lost, or another blob has its name, and some tries have found that, it is in doubt: a person decides.
    - In all other cases the step is tried again, no earlier than a Retry-After allows.
    """
    subject = _SUBJECTS.get(type(step), Subject.MEDIA)
    failure = Failure(now, error.operation, subject, error.code, error.cause, error.hint)
    retry_after = error.retry_after if isinstance(error, Transient) else None
    is_over = now >= chunk.gone_by
    is_from_overflow = is_over or isinstance(error, CopyLost | CopyInTheWay)
    is_brought_home = is_from_overflow and chunk.overflow is not None and not chunk.is_proven
    is_in_doubt = not is_brought_home or _cannot_come_home(chunk, error)
    if isinstance(step, CopyChunk | ProveInPlace) and isinstance(error, Permanent) and is_in_doubt:
        reasons = (f"{error.operation}: {error.cause}",)
        return Quarantined(chunk.document_id, reasons, another_look(chunk, now, waits), due=attempt.due)
    if isinstance(step, AcceptCopy) and isinstance(error, Permanent):
        return Quarantined(chunk.document_id, (f"{error.operation}: {error.cause}",), None)
    if isinstance(step, RemoveOverflow) and (isinstance(error, Permanent) or chunk.tries >= _TRIES_REMOVAL):
        return OverflowClosed(chunk.document_id, f"{error.operation}: {error.cause}")
    needs_source = not chunk.is_accepted and not isinstance(step, RemoveOverflow)
    is_open = not chunk.is_closed and needs_source
    is_known = not isinstance(error, ARCHIVE_FAILURES) or now >= chunk.gone_by + _ARCHIVE_AWAITED
    if is_over and is_open and is_known and not is_brought_home:
        return Expired(chunk.document_id, failure)
    return Failed(
        chunk.document_id,
        failure,
        next_look(chunk, now, waits, retry_after),
        progressed=attempt.has_progressed,
        needs_a_person=isinstance(error, Permanent),
        due=attempt.due,
    )


def _cannot_come_home(chunk: Chunk, error: RecordingError) -> bool:
    """Whether so many tries have found why that no further one will mend it."""
    return isinstance(error, CopyLost | CopyInTheWay) and dict(chunk.failures).get(error.code, 0) >= _TRIES_HOME


def log_failure(message: ChunkMessage, error: RecordingError, tries: int) -> None:
    """Log one line for a failed try, and add the chunk's ids to the error, which may still be raised to the host."""
    error.ids = {"recording_id": message.recording_id, "document_id": message.document_id, **error.ids}
    fields = {**error.ids, "code": error.code, "attempt": tries, "operation": error.operation}
    hint = {"hint": error.hint} if error.hint else {}
    log.event("recording.step_failed", {**fields, "cause": error.cause, **hint}, logging.WARNING)
