"""Starts recordings: at most one running recording for each call and output.

Events arrive repeated, late and out of order, and requests arrive at the same time. One claim in the catalog for each
call and output makes starts idempotent:

1. One claim per key. The first claim written stands. Everyone else reads it and sends its order, not an order of their
   own. The service starts one recording per request id, so concurrent starts and a retry after a lost reply give one
   recording.
2. Outcome unknown: the order keeps its request id, so that the retry is idempotent.
3. Order refused: the order gets a new request id, because the service may repeat the refusal of the old one.
4. The claim's recording is over, and the event is from before the end: the event is answered with that recording. So a
   repeated or late event does not restart what a person has stopped.
5. The claim's recording is over, and the event is from after the end, or a request asks: a new claim replaces the old
   one under If-Match. Of several at once one wins, and the others continue with its claim.

The service resolves a connection id to the server call id. None of its operations resolves a group or room id: a call
named by one of those has a claim under that id. Such a call can have two claims; where the service allows one recording
for each call, it refuses the second.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from recording import log
from recording.catalog_updates import CatalogUpdates
from recording.core.errors import CallNotReady, CallRefused, RequestIdReused
from recording.core.formats.api import StartRequest
from recording.core.lifecycle import Started
from recording.core.model import (
    RUNNING,
    CallConnectionId,
    CallEvent,
    CatalogEntry,
    ConsentEvidence,
    Output,
    RecordingId,
    ServerCallId,
)
from recording.core.outputs import VALID
from recording.ports import CallLocator, Calls, StartClaim, StartOrder

_CONFLICT = 409
_NOT_ESTABLISHED = "8501"
_RECORDED_ALREADY = "8553"
_YOUNG = timedelta(minutes=1)
"""Up to this age a call that the service answers with 404 may not exist there yet: retry."""


@dataclass(frozen=True, slots=True)
class Start:
    """The result of a start: the recording, and whether it was started by this event or request."""

    entry: CatalogEntry
    is_new: bool


@dataclass(frozen=True, slots=True)
class _Trigger:
    """What asks for a recording: a call event, or a request, for which `event` is None."""

    asked_by: str
    order: StartOrder
    event: CallEvent | None = None
    consent: ConsentEvidence | None = None


@dataclass(frozen=True, slots=True)
class _Call:
    """A call: the key of its claims, and its server call id if known."""

    key: str
    server_call_id: ServerCallId | None = None

    def claim_key(self, output: Output) -> str:
        return f"{output} {self.key}"


@dataclass(frozen=True, slots=True)
class Starting:
    """Start recordings. `output` is what call events start; `new_id` makes UUIDs."""

    updates: CatalogUpdates
    calls: Calls
    output: Output
    new_id: Callable[[], uuid.UUID]

    def start_for_call(self, event: CallEvent, consent: ConsentEvidence | None = None) -> RecordingId:
        """Record the event's call, or return the recording that this event has already; idempotent.

        `consent` is stored with the claim, before the order is sent, and then in the recording's entry.

        Raises:
            CallNotReady, ServiceBusy, ServiceRefused: retry with the same event.
            CallRefused: the call is over, or cannot be recorded.
        """
        server, connection = event.server_call_id, event.call_connection_id
        locator = CallLocator(server_call_id=server) if server else CallLocator(call_connection_id=connection)
        trigger = _Trigger(f"event/{event.event_id}", self._new_order(locator, self.output), event, consent)
        return self._start_once(trigger).entry.recording.recording_id

    def start_requested(self, request: StartRequest) -> Start:
        """Record what a person or a program asked for; idempotent for one request id.

        Raises:
            CallNotReady, ServiceBusy, ServiceRefused: retry with the same request id.
            CallRefused: the call does not exist, or cannot be recorded; names the recording that prevents it, if any.
            RequestIdReused: this request id was used for another call, output or pauseOnStart.
        """
        locator = CallLocator(
            request.server_call_id, request.group_call_id, request.room_id, request.call_connection_id
        )
        order = self._new_order(locator, request.output, pause_on_start=request.pause_on_start)
        trigger = _Trigger(f"request/{request.request_id or self.new_id()}", order)
        return self._start_for_request_id(trigger) if request.request_id else self._start_once(trigger)

    def _new_order(self, locator: CallLocator, output: Output, *, pause_on_start: bool = False) -> StartOrder:
        return StartOrder(locator, output, str(self.new_id()), self.updates.now(), pause_on_start)

    def _start_for_request_id(self, trigger: _Trigger) -> Start:
        """Start once, and store the result under the caller's request id: a retry gets the same result."""
        catalog = self.updates.catalog
        own = StartClaim(trigger.asked_by, trigger.order, trigger.asked_by, trigger.order.first_sent)
        claim = catalog.claim(own)
        if not claim.order.is_same_as(trigger.order):
            raise RequestIdReused(
                "start recording",
                "this request id stands for another order: another call, output or pauseOnStart",
                ids={"request_id": trigger.asked_by.partition("/")[2]},
            )
        if claim.recording_id is not None:
            return Start(self._update_entry(claim.recording_id, claim), is_new=claim.asked_by == trigger.asked_by)
        start = self._start_once(trigger)
        starter = trigger.asked_by if start.is_new else ""
        catalog.settle(replace(claim, recording_id=start.entry.recording.recording_id, asked_by=starter))
        return start

    def _start_once(self, trigger: _Trigger) -> Start:
        """Claim, send the order, settle the claim; or return what the claim has. After a crash a retry continues."""
        call = self._identify_call(trigger.order.locator)
        order = trigger.order
        own = StartClaim(
            call.claim_key(order.output), order, trigger.asked_by, order.first_sent, consent=trigger.consent
        )
        claim = self.updates.catalog.claim(own)
        while True:  # ends: each pass returns, raises, or goes on with a newer claim, our own or the winner's of a race
            is_new = claim.asked_by == trigger.asked_by
            if claim.recording_id is None:
                claim = self._send_order(claim, call, trigger)
            elif is_new or self._is_answered_by(claim, claim.recording_id, trigger):
                return Start(self._update_entry(claim.recording_id, claim, call, trigger.event), is_new)
            else:
                claim = self.updates.catalog.settle(replace(own, version=claim.version))

    def _identify_call(self, locator: CallLocator) -> _Call:
        server = locator.server_call_id
        if locator.call_connection_id:
            server = self.calls.resolve(locator.call_connection_id)
        if server:
            return _Call(f"call/{server}", server)
        if locator.group_call_id:
            return _Call(f"group/{locator.group_call_id}")
        return _Call(f"room/{locator.room_id}" if locator.room_id else f"connection/{locator.call_connection_id}")

    def _is_answered_by(self, claim: StartClaim, recording_id: RecordingId, trigger: _Trigger) -> bool:
        """Whether the claim's recording is the one asked for: it still runs, or it ended after the event (rule 4)."""
        entry = self.updates.load(recording_id)
        event = trigger.event
        if event is not None and (event.at is None or event.at <= _end_of(entry, claim)):
            return True
        if entry is not None and entry.recording.state not in RUNNING:
            return False
        try:
            self.calls.state(recording_id)
        except CallRefused as error:
            if not error.says_no_such:
                raise
            return False
        return True

    def _send_order(self, claim: StartClaim, call: _Call, trigger: _Trigger) -> StartClaim:
        """Start at the service; the claim with its recording, saved in the catalog."""
        catalog, order = self.updates.catalog, claim.order
        try:
            recording_id = self.calls.start(order)
        except CallRefused as error:
            renewed = replace(order, request_id=str(self.new_id()), first_sent=self.updates.now())
            catalog.settle(replace(claim, order=renewed))
            return self._claim_after_refusal(error, claim, call, trigger)
        self._update_entry(recording_id, claim, call, trigger.event)
        settled = replace(claim, recording_id=recording_id)
        standing = catalog.settle(settled)
        while standing.recording_id is None:  # another run sent the same order, was refused, and gave it a new id
            standing = catalog.settle(replace(standing, recording_id=recording_id))
        log.event("recording.started", {"recording_id": recording_id, "output": order.output})
        return settled

    def _claim_after_refusal(self, error: CallRefused, claim: StartClaim, call: _Call, trigger: _Trigger) -> StartClaim:
        """The claim again, if its recording was started concurrently.

        Raises:
            CallNotReady: the call is not established yet, or not found in its first minute; retry.
            CallRefused: all other refusals; names the recording of this call that runs, if any.
        """
        code = error.ids.get("code")
        if code == _RECORDED_ALREADY or error.status == _CONFLICT:
            running = self._running_claims(call)
            for one in running:
                if one.key == claim.key:
                    return one
            named = running[0].recording_id if running else None
            raise CallRefused(
                error.operation, error.cause, status=error.status, hint=error.hint, ids=error.ids, running=named
            ) from error
        event = trigger.event
        since = (event.at or claim.made_at) if event else None
        is_young = since is not None and self.updates.now() - since < _YOUNG
        if code == _NOT_ESTABLISHED or (error.says_no_such and is_young):
            raise CallNotReady(
                error.operation, error.cause, hint="it passes when the call is established", ids=error.ids
            ) from error
        raise error

    def _running_claims(self, call: _Call) -> list[StartClaim]:
        """The claims of this call, in all outputs, whose recordings run according to the catalog."""
        found = (self.updates.catalog.find_claim(call.claim_key(facts.output)) for facts in VALID)
        return [claim for claim in found if claim is not None and self._is_running(claim.recording_id)]

    def _is_running(self, recording_id: RecordingId | None) -> bool:
        entry = self.updates.load(recording_id) if recording_id is not None else None
        return entry is not None and entry.recording.state in RUNNING

    def _update_entry(
        self, recording_id: RecordingId, claim: StartClaim, call: _Call | None = None, event: CallEvent | None = None
    ) -> CatalogEntry:
        """Save in the entry what the claim, the call and the event say; the entry. Idempotent."""
        locator = claim.order.locator
        fact = Started(
            recording_id,
            claim.order.output,
            server_call_id=locator.server_call_id or (call.server_call_id if call else None),
            call_connection_id=locator.call_connection_id or (event.call_connection_id if event else None),
            group_call_id=locator.group_call_id,
            room_id=locator.room_id,
            paused=claim.order.pause_on_start,
            consent=claim.consent,
        )
        return self.updates.apply(recording_id, fact).entry


def call_keys(server: ServerCallId | None, connection: CallConnectionId | None) -> tuple[str, ...]:
    """The keys of the claims that a call can have under these ids, one for each output."""
    names = ([f"call/{server}"] if server else []) + ([f"connection/{connection}"] if connection else [])
    return tuple(_Call(name).claim_key(facts.output) for name in names for facts in VALID)


def _end_of(entry: CatalogEntry | None, claim: StartClaim) -> datetime:
    """When the claim's recording ended; while no end is known, when its order was first sent."""
    recording = entry.recording if entry is not None else None
    ended = (recording.stopped_at or recording.announced_at) if recording is not None else None
    return ended or claim.order.first_sent
