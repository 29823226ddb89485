"""State, pause, resume and stop of a recording, also of one that the catalog does not know."""

from collections.abc import Callable
from dataclasses import dataclass

from recording import log
from recording.catalog_updates import CatalogUpdates
from recording.core.errors import CallRefused, Transient, UnknownRecording
from recording.core.lifecycle import Paused, Resumed, Stopped
from recording.core.model import RUNNING, CatalogEntry, Recording, RecordingId, RecordingState
from recording.ports import Calls

_NOT_FOUND = 404
_UNKNOWN = frozenset({400, _NOT_FOUND})
"""How the service answers to an id that is none of its recordings, in form or in fact."""


@dataclass(frozen=True, slots=True)
class Controlling:
    """Control recordings while the service makes them.

    The service alone knows whether a recording still runs, so it is asked, whatever the catalog says. Where the catalog
    has no entry, the answer is made of what the service says, and is not saved: it was started by others.
    """

    updates: CatalogUpdates
    calls: Calls

    def state(self, recording_id: RecordingId) -> tuple[CatalogEntry, str | None]:
        """What the catalog knows, and the service's own word: `active`, `inactive`, or None for what is over there.

        While the service cannot answer, that is `unknown`: whoever asks in an outage wants what is known.

        Raises:
            UnknownRecording: neither knows it.
        """
        entry = self.updates.load(recording_id)
        if entry is not None and entry.recording.state not in RUNNING:
            return entry, None
        try:
            word = self.calls.state(recording_id)
        except CallRefused as error:
            if entry is None and error.status in _UNKNOWN:
                raise _unknown(recording_id) from error
            if entry is None or error.status != _NOT_FOUND:
                raise
            return entry, None  # it is over, and its file event has not come yet
        except Transient:
            if entry is None:
                raise
            return entry, "unknown"
        return entry or _of_others(recording_id, RecordingState.STARTED), word

    def pause(self, recording_id: RecordingId) -> CatalogEntry:
        """Skip what follows, until `resume`.

        Raises:
            CallRefused: with status 409 for one that is over.
            UnknownRecording: neither the catalog nor the service knows it.
        """
        return self._turn("pause recording", self.calls.pause, recording_id, Paused(), RecordingState.PAUSED)

    def resume(self, recording_id: RecordingId) -> CatalogEntry:
        """Record again.

        Raises:
            CallRefused: with status 409 for one that is over.
            UnknownRecording: neither the catalog nor the service knows it.
        """
        return self._turn("resume recording", self.calls.resume, recording_id, Resumed(), RecordingState.STARTED)

    def stop(self, recording_id: RecordingId) -> CatalogEntry:
        """End the recording, or find it over; its file event comes minutes later.

        Raises:
            UnknownRecording: neither the catalog nor the service knows it.
        """
        entry = self.updates.load(recording_id)
        if entry is not None and entry.recording.state is RecordingState.STOPPED:
            return entry
        try:
            self.calls.stop(recording_id)
        except CallRefused as error:
            if entry is None and error.status in _UNKNOWN:
                raise _unknown(recording_id) from error
            if entry is None or error.status != _NOT_FOUND:
                raise
            # It has ended with its call, or by a stop whose reply was lost: what was asked for is so.
        log.event("recording.stopped", {"recording_id": recording_id})
        if entry is None:
            return _of_others(recording_id, RecordingState.STOPPED)
        return self.updates.apply(recording_id, Stopped(), entry).entry

    def _turn(
        self,
        operation: str,
        turn: Callable[[RecordingId], None],
        recording_id: RecordingId,
        fact: Paused | Resumed,
        state: RecordingState,
    ) -> CatalogEntry:
        entry = self.updates.load(recording_id)
        try:
            turn(recording_id)
        except CallRefused as error:
            if entry is None and error.status in _UNKNOWN:
                raise _unknown(recording_id) from error
            if entry is None or error.status != _NOT_FOUND:
                raise
            cause = f"the recording is over: its state is {entry.recording.state}"
            raise CallRefused(operation, cause, status=409, ids={"recording_id": recording_id}) from error
        log.event(f"recording.{type(fact).__name__.lower()}", {"recording_id": recording_id})
        if entry is None:
            return _of_others(recording_id, state)
        return self.updates.apply(recording_id, fact, entry).entry


def _of_others(recording_id: RecordingId, state: RecordingState) -> CatalogEntry:
    return CatalogEntry(Recording(recording_id, state))


def _unknown(recording_id: RecordingId) -> UnknownRecording:
    cause = "neither the catalog nor the service knows it"
    return UnknownRecording("find recording", cause, ids={"recording_id": recording_id})
