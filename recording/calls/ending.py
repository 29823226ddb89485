"""Notes that a recording is over when its call is.

A call event is not believed by itself: a call may go on when our connection to it ends. The service is asked.
"""

from dataclasses import dataclass

from recording import log
from recording.calls.starting import call_keys
from recording.catalog_updates import CatalogUpdates
from recording.core.errors import CallRefused
from recording.core.lifecycle import Ended
from recording.core.model import RUNNING, CallEndEvent, RecordingId
from recording.ports import Calls

_NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class Ending:
    """Note the end of recordings. What is missed here is found by the sweep, which asks the service too."""

    updates: CatalogUpdates
    calls: Calls

    def end_for_call(self, event: CallEndEvent) -> tuple[RecordingId, ...]:
        """Note the end of each recording of that call which the service says is over; those recordings. Idempotent.

        Raises:
            ServiceBusy, ServiceRefused: retry with the same event.
        """
        found = []
        for key in call_keys(event.server_call_id, event.call_connection_id):
            claim = self.updates.catalog.find_claim(key)
            if claim is not None and claim.recording_id is not None and self._has_ended(claim.recording_id):
                found.append(claim.recording_id)
        return tuple(found)

    def _has_ended(self, recording_id: RecordingId) -> bool:
        entry = self.updates.load(recording_id)
        if entry is None or entry.recording.state not in RUNNING:
            return False
        try:
            self.calls.state(recording_id)
        except CallRefused as error:
            if error.status != _NOT_FOUND:
                raise
        else:
            return False
        self.updates.apply(recording_id, Ended("its call is over"), known=entry)
        log.event("recording.ended", {"recording_id": recording_id})
        return True
