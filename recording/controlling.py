"""State, pause, resume and stop of a recording."""

from dataclasses import dataclass

from recording import log
from recording.core.errors import CallRefused, Transient, UnknownRecording
from recording.core.lifecycle import Paused, Resumed, Stopped
from recording.core.model import CatalogEntry, RecordingId, RecordingState
from recording.entries import Entries
from recording.ports import Calls

_NOT_FOUND = 404
_RUNNING = frozenset({RecordingState.STARTED, RecordingState.PAUSED})


@dataclass(frozen=True, slots=True)
class Controlling:
    """Control recordings while the service makes them."""

    entries: Entries
    calls: Calls

    def state(self, recording_id: RecordingId) -> tuple[CatalogEntry, str | None]:
        """What the catalog knows, and the service's own word: `active`, `inactive`, or None for what is over there.

        While the service cannot answer, that is `unknown`: whoever asks in an outage wants what is known.

        Raises:
            UnknownRecording: neither knows it.
        """
        entry = self._known(recording_id)
        if entry.recording.state not in _RUNNING:
            return entry, None
        try:
            return entry, self.calls.state(recording_id)
        except CallRefused as error:
            if error.status != _NOT_FOUND:
                raise
            return entry, None  # it is over, and its file event has not come yet
        except Transient:
            return entry, "unknown"

    def pause(self, recording_id: RecordingId) -> CatalogEntry:
        """Skip what follows, until `resume`."""
        entry = self._running("pause recording", recording_id)
        self.calls.pause(recording_id)
        log.event("recording.paused", {"recording_id": recording_id})
        return self.entries.record(recording_id, Paused(), entry).entry

    def resume(self, recording_id: RecordingId) -> CatalogEntry:
        """Record again."""
        entry = self._running("resume recording", recording_id)
        self.calls.resume(recording_id)
        log.event("recording.resumed", {"recording_id": recording_id})
        return self.entries.record(recording_id, Resumed(), entry).entry

    def stop(self, recording_id: RecordingId) -> CatalogEntry:
        """End the recording; its file event comes minutes later.

        Raises:
            CallRefused: with status 409 for one that is known to be over.
            UnknownRecording: the catalog does not know it.
        """
        entry = self._running("stop recording", recording_id)
        try:
            self.calls.stop(recording_id)
        except CallRefused as error:
            if error.status != _NOT_FOUND:
                raise
            # It has ended with its call, or by a stop whose reply was lost: what was asked for is so.
        log.event("recording.stopped", {"recording_id": recording_id})
        return self.entries.record(recording_id, Stopped(), entry).entry

    def _running(self, operation: str, recording_id: RecordingId) -> CatalogEntry:
        entry = self._known(recording_id)
        if entry.recording.state not in _RUNNING:
            raise CallRefused(
                operation,
                f"the recording is over: its state is {entry.recording.state}",
                status=409,
                ids={"recording_id": recording_id},
            )
        return entry

    def _known(self, recording_id: RecordingId) -> CatalogEntry:
        entry = self.entries.load(recording_id)
        if entry is None:
            raise UnknownRecording("find recording", "the catalog does not know it", ids={"recording_id": recording_id})
        return entry
