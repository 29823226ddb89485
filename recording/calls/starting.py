"""Starts recordings: one of a call in an output, however often and by whichever name the call is told of.

Events come twice, late and in any order, and people ask beside them. What keeps them to one recording is a claim in
the catalog, one for a call and an output:

- Who finds a claim sends its order, and not one of its own. The service starts one recording for one request id, so
  many who ask at once get one, and so does who asks again after a reply that was lost.
- An order that was refused gets a new request id, as the service may refuse the old one for ever. One whose outcome
  nobody knows keeps its id.
- A claim whose recording is over is an answer to the events of before the end: a call that a person has stopped
  recording is not recorded again because an event came twice or late. Whoever asks after the end, by an event or a
  request, takes the claim over.

A connection id is resolved to the server call id by the service. A group or room id is not, by any of its operations:
a call that is named by it has a claim of its own, and where the service records a call once, that is the service's to
refuse.
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
from recording.core.model import RUNNING, CallEvent, CatalogEntry, Output, RecordingId, ServerCallId
from recording.core.outputs import VALID
from recording.ports import CallLocator, Calls, StartClaim, StartOrder

_NOT_FOUND = 404
_CONFLICT = 409
_NOT_ESTABLISHED = "8501"
_RECORDED_ALREADY = "8553"
_YOUNG = timedelta(minutes=1)
"""The age up to which a call that the service does not find may not be there yet."""


@dataclass(frozen=True, slots=True)
class Start:
    """What came of a wish to record: the recording, and whether it was started for this very wish."""

    entry: CatalogEntry
    is_new: bool


@dataclass(frozen=True, slots=True)
class _Wish:
    """Who wants what to be recorded; `event` is what tells of the call, where one does."""

    asked_by: str
    order: StartOrder
    event: CallEvent | None = None


@dataclass(frozen=True, slots=True)
class _Call:
    """What a call's claims are called by, and its server call id where that is known."""

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

    def start_for_call(self, event: CallEvent) -> RecordingId:
        """Record the call that an event tells of, or find the recording that answers this event.

        Raises:
            CallNotReady, ServiceBusy, ServiceRefused: the event must be sent again.
            CallRefused: the call is over, or cannot be recorded.
        """
        server, connection = event.server_call_id, event.call_connection_id
        locator = CallLocator(server_call_id=server) if server else CallLocator(call_connection_id=connection)
        wish = _Wish(f"event/{event.event_id}", self._order(locator, self.output), event)
        return self._recorded(wish).entry.recording.recording_id

    def start_requested(self, request: StartRequest) -> Start:
        """Record what a person or a program asked for; the same request id gives the same recording.

        Raises:
            CallNotReady, ServiceBusy, ServiceRefused: ask again, with the same request id.
            CallRefused: the call is not there, or cannot be recorded; it names the recording that stands in the way.
            RequestIdReused: something else was asked for under this request id.
        """
        locator = CallLocator(
            request.server_call_id, request.group_call_id, request.room_id, request.call_connection_id
        )
        order = self._order(locator, request.output, pause_on_start=request.pause_on_start)
        wish = _Wish(f"request/{request.request_id or self.new_id()}", order)
        return self._repeated(wish) if request.request_id else self._recorded(wish)

    def _order(self, locator: CallLocator, output: Output, *, pause_on_start: bool = False) -> StartOrder:
        return StartOrder(locator, output, str(self.new_id()), self.updates.now(), pause_on_start)

    def _repeated(self, wish: _Wish) -> Start:
        """What the same request got before, or gets now."""
        catalog = self.updates.catalog
        mine = catalog.claim(StartClaim(wish.asked_by, wish.order, wish.asked_by, wish.order.first_sent))
        if not mine.order.is_same_as(wish.order):
            raise RequestIdReused(
                "start recording",
                "this request id stands for another order: another call, output or pauseOnStart",
                ids={"request_id": wish.asked_by.partition("/")[2]},
            )
        if mine.recording_id is not None:
            return Start(self._told(mine.recording_id, mine), is_new=mine.asked_by == wish.asked_by)
        start = self._recorded(wish)
        starter = wish.asked_by if start.is_new else ""
        catalog.settle(replace(mine, recording_id=start.entry.recording.recording_id, asked_by=starter))
        return start

    def _recorded(self, wish: _Wish) -> Start:
        """Claim, order, settle; or find it done. Whoever is cut off is followed by one who sends the same order."""
        call = self._call(wish.order.locator)
        wanted = StartClaim(call.claim_key(wish.order.output), wish.order, wish.asked_by, wish.order.first_sent)
        claim = self.updates.catalog.claim(wanted)
        while True:  # to its end: a claim that is taken over is ours, or that of a rival who was quicker
            is_new = claim.asked_by == wish.asked_by
            if claim.recording_id is None:
                claim = self._ordered(claim, call, wish)
            elif is_new or self._is_answer(claim, claim.recording_id, wish):
                return Start(self._told(claim.recording_id, claim, call, wish.event), is_new)
            else:
                claim = self.updates.catalog.settle(replace(wanted, version=claim.version))

    def _call(self, locator: CallLocator) -> _Call:
        server = locator.server_call_id
        if locator.call_connection_id:
            server = self.calls.resolve(locator.call_connection_id)
        if server:
            return _Call(f"call/{server}", server)
        if locator.group_call_id:
            return _Call(f"group/{locator.group_call_id}")
        return _Call(f"room/{locator.room_id}" if locator.room_id else f"connection/{locator.call_connection_id}")

    def _is_answer(self, claim: StartClaim, recording_id: RecordingId, wish: _Wish) -> bool:
        """Whether the claim's recording is what the wish is for: it runs, or it ended after the event."""
        entry = self.updates.load(recording_id)
        if wish.event is not None and (wish.event.at is None or wish.event.at <= _answers_until(entry, claim)):
            return True
        if entry is not None and entry.recording.state not in RUNNING:
            return False
        try:
            self.calls.state(recording_id)
        except CallRefused as error:
            if error.status != _NOT_FOUND:
                raise
            return False
        return True

    def _ordered(self, claim: StartClaim, call: _Call, wish: _Wish) -> StartClaim:
        catalog, order = self.updates.catalog, claim.order
        try:
            recording_id = self.calls.start(order)
        except CallRefused as error:
            renewed = replace(order, request_id=str(self.new_id()), first_sent=self.updates.now())
            catalog.settle(replace(claim, order=renewed))
            return self._refused(error, claim, call, wish)
        self._told(recording_id, claim, call, wish.event)
        settled = replace(claim, recording_id=recording_id)
        standing = catalog.settle(settled)
        while standing.recording_id is None:  # a rival sent the same order, was refused, and has renewed it
            standing = catalog.settle(replace(standing, recording_id=recording_id))
        log.event("recording.started", {"recording_id": recording_id, "output": order.output})
        return settled

    def _refused(self, error: CallRefused, claim: StartClaim, call: _Call, wish: _Wish) -> StartClaim:
        """The claim of a recording that was started meanwhile; or the refusal, for now or for good."""
        code = error.ids.get("code")
        if code == _RECORDED_ALREADY or error.status == _CONFLICT:
            running = self._running(call)
            for one in running:
                if one.key == claim.key:
                    return one
            named = running[0].recording_id if running else None
            raise CallRefused(
                error.operation, error.cause, status=error.status, hint=error.hint, ids=error.ids, running=named
            ) from error
        since = (wish.event.at or claim.made_at) if wish.event else None
        is_young = since is not None and self.updates.now() - since < _YOUNG
        if code == _NOT_ESTABLISHED or (error.status == _NOT_FOUND and is_young):
            raise CallNotReady(
                error.operation, error.cause, hint="it passes when the call is established", ids=error.ids
            ) from error
        raise error

    def _running(self, call: _Call) -> list[StartClaim]:
        """The claims of this call whose recordings run, as far as the catalog knows."""
        found = (self.updates.catalog.find_claim(call.claim_key(facts.output)) for facts in VALID)
        return [claim for claim in found if claim is not None and self._runs(claim.recording_id)]

    def _runs(self, recording_id: RecordingId | None) -> bool:
        entry = self.updates.load(recording_id) if recording_id is not None else None
        return entry is not None and entry.recording.state in RUNNING

    def _told(
        self, recording_id: RecordingId, claim: StartClaim, call: _Call | None = None, event: CallEvent | None = None
    ) -> CatalogEntry:
        """The entry, which knows at least what the claim, the call and the event say."""
        locator = claim.order.locator
        fact = Started(
            recording_id,
            claim.order.output,
            server_call_id=locator.server_call_id or (call.server_call_id if call else None),
            call_connection_id=locator.call_connection_id or (event.call_connection_id if event else None),
            group_call_id=locator.group_call_id,
            room_id=locator.room_id,
            paused=claim.order.pause_on_start,
        )
        return self.updates.apply(recording_id, fact).entry


def _answers_until(entry: CatalogEntry | None, claim: StartClaim) -> datetime:
    """Until when an event is answered by the claim's recording: its end; its order, while nobody knows of its end."""
    recording = entry.recording if entry is not None else None
    ended = (recording.stopped_at or recording.announced_at) if recording is not None else None
    return ended or claim.order.first_sent
