"""Carries out what a person decides about a chunk, or about a recording of which nothing can be read."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from recording import log
from recording.catalog_updates import CatalogUpdates
from recording.core.deadlines import is_urgent
from recording.core.errors import (
    CatalogConflict,
    DecisionRefused,
    RecordingChanged,
    RecordingErased,
    Transient,
    UnknownChunk,
    UnknownRecording,
)
from recording.core.formats import api
from recording.core.formats.messages import ChunkMessage
from recording.core.lifecycle import Decided, GivenUp, refusal, refusal_of_giving_up
from recording.core.model import Actor, CatalogEntry, DocumentId, RecordingId, RecordingState, Ruling
from recording.ports import ChunkQueue

_OPERATION = "decide about chunk"
_GIVE_UP = "give up recording"


@dataclass(frozen=True, slots=True)
class Deciding:
    """Decide about chunks that are in doubt, lost, or not archived yet."""

    updates: CatalogUpdates
    queue: ChunkQueue
    now: Callable[[], datetime]

    def decide(self, recording_id: RecordingId, document_id: DocumentId, asked: api.DecisionRequest) -> CatalogEntry:
        """Save a decision if the recording is still as the person has seen it, and drive the chunk; the new entry.

        On a conflict nothing is tried again: what the person has not seen is not decided.

        Raises:
            UnknownRecording: the catalog has no such recording.
            RecordingErased: it was erased; that somebody decided is noted.
            UnknownChunk: the recording has no such chunk.
            RecordingChanged: the recording has changed since.
            DecisionRefused: the decision cannot be carried out in the state of the chunk.
            Transient: the decision is not saved.
        """
        ids = {"recording_id": recording_id, "document_id": document_id}
        entry = self.updates.load(recording_id)
        if entry is None:
            raise UnknownRecording(_OPERATION, "the catalog does not know the recording", ids=ids)
        self._refuse_erased(entry, Decided(document_id, asked.ruling, asked.reason), asked.by)
        chunk = entry.chunk(document_id)
        if chunk is None:
            raise UnknownChunk(_OPERATION, "the recording has no chunk with this document id", ids=ids)
        if api.etag(entry) != asked.etag:
            raise _changed(ids)
        why_not = refusal(chunk, asked.ruling)
        if why_not:
            raise DecisionRefused(_OPERATION, why_not, ids=ids)
        try:
            fact = Decided(document_id, asked.ruling, asked.reason)
            decision = self.updates.apply_once(entry, fact, by=asked.by)
        except CatalogConflict as error:
            raise _changed(ids) from error
        log.event("recording.decided", {**ids, "decision": asked.ruling})
        for of in decision.steps:
            self._drive(decision.entry, of)
        return decision.entry

    def give_up(self, recording_id: RecordingId, asked: api.DecisionRequest) -> CatalogEntry:
        """Give up a recording that is open only for events that were handed in and cannot be read; the new entry.

        Raises:
            UnknownRecording: the catalog has no such recording.
            RecordingErased: it was erased; that somebody decided is noted.
            RecordingChanged: the recording has changed since.
            DecisionRefused: another decision than to give up, or more is known of the recording.
            Transient: the decision is not saved.
        """
        ids = {"recording_id": str(recording_id)}
        entry = self.updates.load(recording_id)
        if entry is None:
            raise UnknownRecording(_GIVE_UP, "the catalog does not know the recording", ids=ids)
        self._refuse_erased(entry, GivenUp(asked.reason), asked.by)
        if api.etag(entry) != asked.etag:
            raise _changed(ids, _GIVE_UP)
        why_not = refusal_of_giving_up(entry)
        if asked.ruling is not Ruling.GIVE_UP:
            why_not = f"of a recording as a whole the only decision is {Ruling.GIVE_UP}"
        if why_not:
            raise DecisionRefused(_GIVE_UP, why_not, ids=ids)
        try:
            entry = self.updates.apply_once(entry, GivenUp(asked.reason), by=asked.by).entry
        except CatalogConflict as error:
            raise _changed(ids, _GIVE_UP) from error
        log.event("recording.decided", {**ids, "decision": asked.ruling})
        try:
            return self.updates.tell(entry)
        except Transient as error:  # the alert is saved, so that its row is open: the sweep publishes it
            log.event("recording.alert_left", {**ids, "code": error.code, "cause": error.cause}, logging.WARNING)
            return entry

    def _refuse_erased(self, entry: CatalogEntry, fact: Decided | GivenUp, by: Actor) -> None:
        recording_id = entry.recording.recording_id
        if entry.recording.state is RecordingState.ERASED:
            self.updates.apply(recording_id, fact, known=entry, by=by)  # it is noted, and changes nothing
            raise RecordingErased(_OPERATION, "it was erased", ids={"recording_id": recording_id})

    def _drive(self, entry: CatalogEntry, document_id: DocumentId) -> None:
        """Put the message of a chunk; the run that takes it publishes the alerts too."""
        recording_id, chunk = entry.recording.recording_id, entry.chunk(document_id)
        hurry = chunk is not None and not chunk.is_closed and is_urgent(chunk.due, self.now())
        try:
            self.queue.put(ChunkMessage(recording_id, document_id), timedelta(), is_urgent=hurry)
        except Transient as error:  # the decision is saved, so that its row is open: the sweep puts the message
            ids = {"recording_id": recording_id, "document_id": document_id}
            log.event("recording.message_left", {**ids, "code": error.code, "cause": error.cause}, logging.WARNING)


def _changed(ids: dict[str, str], operation: str = _OPERATION) -> RecordingChanged:
    return RecordingChanged(operation, "the recording has changed since it was looked at", ids=ids)
