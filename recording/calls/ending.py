"""Asks the service about a recording when its call is said to have ended.

A call event is not believed by itself: a call may go on when our connection to it ends. Nor is one answer of the
service: if it has no such recording, the sweep asks again some minutes later.
"""

from dataclasses import dataclass

from recording import log
from recording.calls.asking import Asking
from recording.calls.claims import call_keys
from recording.catalog_updates import CatalogUpdates
from recording.core.model import RUNNING, Actor, CallEndEvent, RecordingId


@dataclass(frozen=True, slots=True)
class Ending:
    """Note what the service says. What is missed here is found by the sweep, which asks too."""

    updates: CatalogUpdates
    asking: Asking

    def end_for_call(self, event: CallEndEvent, *, by: Actor) -> tuple[RecordingId, ...]:
        """Note of each recording of that call that the service has no such; those recordings. Idempotent.

        Raises:
            ServiceBusy, ServiceRefused: retry with the same event.
        """
        found = []
        for key in call_keys(event.server_call_id, event.call_connection_id):
            claim = self.updates.catalog.find_claim(key)
            if claim is not None and claim.recording_id is not None and self._is_denied(claim.recording_id, by):
                found.append(claim.recording_id)
        return tuple(found)

    def _is_denied(self, recording_id: RecordingId, by: Actor) -> bool:
        entry = self.updates.load(recording_id)
        if entry is None or entry.recording.state not in RUNNING:
            return False
        answer = self.asking.ask(recording_id, "asked at the end of its call")
        if answer.is_denial:
            self.updates.apply(recording_id, answer.fact, known=entry, by=by)
            log.event("recording.denied", {"recording_id": recording_id})
        return answer.is_denial
