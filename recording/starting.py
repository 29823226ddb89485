"""Starts recordings: once for a call however often its events come, or on a person's request."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace

from recording import log
from recording.core.events import CallEvent
from recording.core.lifecycle import Started
from recording.core.model import CatalogEntry, Output, RecordingId
from recording.core.requests import StartRequest
from recording.entries import Entries
from recording.ports import CallLocator, Calls, StartClaim, StartOrder


@dataclass(frozen=True, slots=True)
class Starting:
    """Start recordings. `output` is what call events start; `new_id` makes UUIDs."""

    entries: Entries
    calls: Calls
    output: Output
    new_id: Callable[[], uuid.UUID]

    def start_for_call(self, event: CallEvent) -> RecordingId:
        """Record the call that an event tells of, or find it recorded already on account of an earlier event.

        Raises:
            ServiceBusy, ServiceRefused: the event must be sent again; it then sends the same order.
            CallRefused: the call is over, or cannot be recorded.
        """
        locator = CallLocator(server_call_id=event.server_call_id)
        return self._start(f"call/{event.server_call_id}", locator, self.output, pause_on_start=False)

    def start_requested(self, request: StartRequest) -> CatalogEntry:
        """Record what a person or a program asked for; the same request id gives the same recording.

        Raises:
            ServiceBusy, ServiceRefused: ask again, with the same request id.
            CallRefused: the call is not there, or cannot be recorded.
        """
        locator = CallLocator(
            request.server_call_id, request.group_call_id, request.room_id, request.call_connection_id
        )
        key = f"request/{request.request_id or self.new_id()}"
        recording_id = self._start(key, locator, request.output, pause_on_start=request.pause_on_start)
        entry = self.entries.load(recording_id)
        if entry is None:
            raise AssertionError("what was just recorded is in the catalog")
        return entry

    def _start(self, key: str, locator: CallLocator, output: Output, *, pause_on_start: bool) -> RecordingId:
        """Claim, order, settle. Whoever is cut off between them is followed by one who sends the same order."""
        catalog = self.entries.catalog
        claim = catalog.claim(StartClaim(key, str(self.new_id()), self.entries.now()))
        if claim.recording_id is not None:
            return claim.recording_id
        order = StartOrder(locator, output, claim.request_id, claim.first_sent, pause_on_start)
        recording_id = self.calls.start(order)
        self.entries.record(recording_id, Started(recording_id, output, locator.server_call_id))
        catalog.settle(replace(claim, recording_id=recording_id))
        log.event("recording.started", {"recording_id": recording_id, "output": output})
        return recording_id
