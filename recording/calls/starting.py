"""Starts recordings that the policy allows: at most one running recording for each call and output.

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
6. The claim's recording had its consent withdrawn: nothing is started before somebody has consented since. An event is
   answered with that recording; a request is refused, unless its rule needs no consent.

The policy decides before the first claim: what it refuses leaves none, and what needs a consent that is asked for comes
here once that is granted (`Consenting`). The claim keeps the rule and the evidence of consent, so that both are written
before the service is asked, and a retry goes on with what was decided. A call event
is answered with the recording that another event or request has started of its call, in whatever output. So whoever is
about to send an order says so in its claim, then looks for one of the same call in another output: an event gives way.

The service resolves a connection id to the server call id. None of its operations resolves a group or room id: a call
named by one of those has a claim under that id. Such a call can have two claims; where the service allows one recording
for each call, it refuses the second.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from recording import log
from recording.calls.claims import (
    Call,
    asked_by_event,
    asked_by_request_id,
    claims_under,
    end_of,
    instead_of,
    is_idle,
    noted_for,
    was_refused,
)
from recording.calls.ordering import Decided, Ordering, is_for, locator_of
from recording.catalog_updates import CatalogUpdates
from recording.core.consent import Wanted
from recording.core.errors import CallNotReady, CallRefused, ConsentMissing, RequestIdReused
from recording.core.formats.api import StartRequest
from recording.core.lifecycle import Started, runs
from recording.core.model import (
    APP,
    Actor,
    CallConnectionId,
    CallEvent,
    CallLocator,
    CatalogEntry,
    ConsentEvidence,
    ConsentKind,
    RecordingId,
    StartOrder,
    WithdrawnConsent,
)
from recording.core.outputs import VALID
from recording.ports import Calls, StartClaim

NEW_REQUEST_ID = "a request for something else needs a request id of its own"
_CONFLICT = 409
_NOT_ESTABLISHED = "8501"
_RECORDED_ALREADY = "8553"
YOUNG = timedelta(minutes=1)
"""Up to this age a call that the service answers with 404 may not exist there yet: retry."""


@dataclass(frozen=True, slots=True)
class Start:
    """The result of a start: the recording, and whether it was started by this event or request."""

    entry: CatalogEntry
    is_new: bool


@dataclass(frozen=True, slots=True)
class _Trigger:
    """What asks for a recording: a call event, or a request, for which `event` is None; and who sent it.

    `connection_id`: our connection to the call, where it is known and the order is not by it.
    """

    asked_by: str
    by: Actor
    decided: Decided
    event: CallEvent | None = None
    connection_id: CallConnectionId | None = None

    def __post_init__(self) -> None:
        if self.decided.asks is not None:
            raise ConsentMissing(f"its consent is {self.decided.asks.kind}, and nobody was asked")

    @property
    def order(self) -> StartOrder:
        return self.decided.order


@dataclass(frozen=True, slots=True)
class Starting:
    """Start recordings. `ordering` asks the policy; `new_id` makes UUIDs."""

    updates: CatalogUpdates
    calls: Calls
    ordering: Ordering
    new_id: Callable[[], uuid.UUID]

    def start_for_call(self, event: CallEvent, decided: Decided | None = None, *, by: Actor) -> RecordingId:
        """Record the event's call, or return the recording that this event has already; idempotent.

        Args:
            event: of the call.
            decided: what the policy says of it, if it was asked already.
            by: who sent the event.

        Raises:
            CallNotReady, ServiceBusy, ServiceRefused: retry with the same event.
            CallRefused: the call is over, or cannot be recorded.
            PolicyRefused: the policy says that it is not recorded; nothing is claimed.
            ConsentMissing: the same, as the participants must be asked first.
        """
        trigger = _Trigger(asked_by_event(event), by, decided or self.ordering.for_event(event), event)
        return self._start_once(trigger).entry.recording.recording_id

    def start_consented(self, wanted: Wanted, consent: ConsentEvidence) -> RecordingId:
        """Record what was decided when the consent began, now that it is granted; idempotent.

        Raises:
            CallNotReady, ServiceBusy, ServiceRefused: retry.
            CallRefused: the call is over, or cannot be recorded.
            ConsentMissing: consent was withdrawn in the call since.
        """
        order = replace(wanted.order, first_sent=self.updates.now())
        trigger = _Trigger(wanted.asked_by, wanted.by, Decided(order, wanted.applied, consent), wanted.event)
        return self._start_once(trigger).entry.recording.recording_id

    def is_known(self, request: StartRequest) -> bool:
        """Whether its request id stands for an order already."""
        catalog, request_id = self.updates.catalog, request.request_id
        return bool(request_id) and catalog.find_claim(asked_by_request_id(request_id)) is not None

    def has_recording(self, request: StartRequest) -> bool:
        """Whether its request id was answered with a recording already, for which nobody was asked."""
        asked_by = asked_by_request_id(request.request_id)
        claim = self.updates.catalog.find_claim(asked_by) if request.request_id else None
        return claim is not None and claim.recording_id is not None

    def start_requested(self, request: StartRequest, decided: Decided | None = None, *, by: Actor) -> Start:
        """Record what a person or a program asked for; idempotent for one request id.

        `decided` is what the policy says of it, if it was asked already.

        Raises:
            CallNotReady, ServiceBusy, ServiceRefused: retry with the same request id.
            CallRefused: the call does not exist, or cannot be recorded; names the recording that prevents it, if any.
            RequestIdReused: this request id was used for another call, output or pauseOnStart.
            PolicyRefused: the policy says that it is not recorded; nothing is claimed.
            ConsentMissing: the same, as the participants must be asked first, or consent was withdrawn in the call.
        """
        asked_by = self.asked_by_request(request)
        if request.request_id:
            return self._start_for_request_id(asked_by, request, decided, by)
        return self._start_once(_Trigger(asked_by, by, decided or self.ordering.for_request(request)))

    def asked_by_request(self, request: StartRequest) -> str:
        """What names a request in claims: its id, or a new one."""
        return asked_by_request_id(request.request_id or str(self.new_id()))

    def note_asking(self, request: StartRequest, order: StartOrder) -> datetime | None:
        """Note what a request id stands for, of which the participants are asked first; nothing is started by the note.

        `order` may be one that was decided before this request came, for the same call. The moment of the first note is
        returned; None without a request id.

        Raises:
            RequestIdReused: it stands for another order already.
        """
        if not request.request_id:
            return None
        self._refuse_reused(self.updates.catalog.find_claim(asked_by_request_id(request.request_id)), request)
        bare = replace(order, locator=locator_of(request), channels=())
        key, now = noted_for(request.request_id), self.updates.now()
        claim = self.updates.catalog.claim(StartClaim(key, bare, self.asked_by_request(request), now))
        self._refuse_reused(claim, request)
        return claim.made_at

    def start_again(self, entry: CatalogEntry, *, is_paused: bool = False) -> Start:
        """Record the call of a recording that does not record any more, as it was; idempotent for that recording.

        One that was paused starts paused: for those who have not consented, or as somebody wanted it.

        Raises:
            CallNotReady, ServiceBusy, ServiceRefused: retry.
            CallRefused: the call is over, or cannot be recorded.
            ConsentMissing: consent was withdrawn meanwhile.
        """
        known = entry.recording
        orders = [claim.order for claim in self._claims_of(entry) if claim.recording_id == known.recording_id]
        decided = self.ordering.again(known, orders[0].channels if orders else (), is_paused=is_paused)
        return self._start_once(_Trigger(instead_of(entry), APP, decided, connection_id=known.call_connection_id))

    def started_again(self, entry: CatalogEntry) -> RecordingId | None:
        """What was started in place of a recording by a worker that may have died before it could say so."""
        for claim in self._claims_of(entry):
            if claim.asked_by == instead_of(entry) and claim.recording_id is not None:
                return claim.recording_id
        return None

    def _claims_of(self, entry: CatalogEntry) -> list[StartClaim]:
        known = entry.recording
        return claims_under(self.updates.catalog, known.server_call_id, known.call_connection_id)

    def _start_for_request_id(self, asked_by: str, request: StartRequest, decided: Decided | None, by: Actor) -> Start:
        """Start once, and store the result under the caller's request id: a retry gets the same result."""
        catalog = self.updates.catalog
        claim = catalog.find_claim(asked_by)
        if claim is None:
            self._refuse_reused(catalog.find_claim(noted_for(request.request_id)), request)
            trigger = _Trigger(asked_by, by, decided or self.ordering.for_request(request))
            claim = catalog.claim(_claim_of(asked_by, trigger))
        self._refuse_reused(claim, request)
        trigger = _Trigger(asked_by, by, Decided(claim.order, claim.applied, claim.consent))
        if claim.recording_id is not None:
            return Start(self._update_entry(claim.recording_id, claim, trigger), is_new=claim.asked_by == asked_by)
        start = self._start_once(trigger)
        starter, recording_id = asked_by if start.is_new else "", start.entry.recording.recording_id
        # The claim of the call has the participants too, and is found when they are to be forgotten.
        bare = replace(claim.order, channels=())
        catalog.settle(replace(claim, recording_id=recording_id, asked_by=starter, order=bare))
        return start

    def _refuse_reused(self, claim: StartClaim | None, request: StartRequest) -> None:
        """Refuse a request whose id stands for another order already."""
        if claim is not None and not is_for(claim.order, request):
            cause = "this request id stands for another order: another call, output or pauseOnStart"
            raise RequestIdReused("start recording", cause, hint=NEW_REQUEST_ID, ids={"request_id": request.request_id})

    def _start_once(self, trigger: _Trigger) -> Start:
        """Claim, send the order, settle the claim; or return what the claim has. After a crash a retry continues."""
        call = self._identify_call(trigger.order.locator)
        own = _claim_of(call.claim_key(trigger.order.output), trigger)
        claim = self._other_claim(call, trigger) or self.updates.catalog.claim(own)
        is_sent = False
        while True:  # ends: each pass returns, raises, or goes on with a newer claim, our own or the winner's of a race
            is_new = claim.asked_by == trigger.asked_by
            if claim.recording_id is None:
                claim = self._take_up(claim, own, call, trigger)
                if claim.recording_id is None:
                    claim, is_sent = self._send_order(claim, call, trigger), True
            elif (is_new and is_sent) or self._is_answered_by(claim, claim.recording_id, trigger):
                return Start(self._update_entry(claim.recording_id, claim, trigger, call), is_new)
            else:
                claim = self.updates.catalog.settle(replace(own, version=claim.version))

    def _other_claim(self, call: Call, trigger: _Trigger) -> StartClaim | None:
        """The claim in another output that has the recording which answers an event; None for a request.

        Events and requests of a call may be decided by rules with different outputs, and a request may name its own.

        Raises:
            CallNotReady: it is just being started, in another output than the event asks for; retry.
            ConsentMissing: as `_stands`.
        """
        for output in (facts.output for facts in VALID if facts.output != trigger.order.output):
            claim = self.updates.catalog.find_claim(call.claim_key(output))
            started = claim.recording_id if claim is not None else None
            if claim is None:
                continue
            if started is None:
                if trigger.event is not None and self._is_in_progress(claim):
                    cause = "the call's recording is just being started in another output"
                    raise CallNotReady("start recording", cause, hint="it passes in a moment")
            elif trigger.event is None:
                self._refuse_withdrawn(started, trigger)
            elif self._is_answered_by(claim, started, trigger):
                return claim
        return None

    def _take_up(self, claim: StartClaim, own: StartClaim, call: Call, trigger: _Trigger) -> StartClaim:
        """The claim whose order is to be sent now; or one that has a recording meanwhile, of any output.

        Two events that claim at once, in two outputs, may neither have seen the claim of the other before. So each
        writes that its order is about to be sent, and only then looks again: at least one sees the other and gives way.
        If both do, both come again, and the same holds then.

        Raises:
            CallNotReady: as `_other_claim`.
        """
        catalog, is_unsent = self.updates.catalog, claim.order == own.order
        while claim.order != own.order and claim.recording_id is None:  # ends: if it goes on, another run has written
            is_unsent, wanted = is_idle(claim), replace(claim, retried_at=self.updates.now())
            claim = catalog.settle(wanted)
            if claim == wanted:
                break
        if claim.recording_id is not None or trigger.event is None:
            return claim
        # What may have been sent keeps its request id, as it may have started a recording.
        given_way = self._renewed(claim, gave_way=not was_refused(claim)) if is_unsent else claim
        try:
            other = self._other_claim(call, trigger)
        except CallNotReady:
            catalog.settle(given_way)
            raise
        if other is not None:
            catalog.settle(given_way)
        return other or claim

    def _renewed(self, claim: StartClaim, *, gave_way: bool = False) -> StartClaim:
        """The claim with an order that is to be sent as another request."""
        order = replace(claim.order, request_id=str(self.new_id()), first_sent=self.updates.now())
        return replace(claim, order=order, retried_at=None, gave_way=gave_way)

    def _is_in_progress(self, claim: StartClaim) -> bool:
        """Whether a run may wait for the service's answer: not if its order is idle, nor if that run must be over."""
        since = claim.retried_at or claim.made_at
        return not is_idle(claim) and timedelta() <= self.updates.now() - since < YOUNG

    def _refuse_withdrawn(self, recording_id: RecordingId, trigger: _Trigger) -> None:
        entry = self.updates.load(recording_id)
        if entry is not None and entry.recording.withdrawn is not None:
            _stands(entry.recording.withdrawn, trigger)

    def _identify_call(self, locator: CallLocator) -> Call:
        server = locator.server_call_id
        if locator.call_connection_id:
            server = self.calls.resolve(locator.call_connection_id)
        if server:
            return Call(f"call/{server}", server)
        if locator.group_call_id:
            return Call(f"group/{locator.group_call_id}")
        return Call(f"room/{locator.room_id}" if locator.room_id else f"connection/{locator.call_connection_id}")

    def _is_answered_by(self, claim: StartClaim, recording_id: RecordingId, trigger: _Trigger) -> bool:
        """Whether the claim's recording is the one asked for.

        It was started for this; or it still runs; or it ended after the event (rule 4); or consent was withdrawn in it
        (rule 6). One whose start failed, after the service had accepted it, is not.

        Raises:
            ConsentMissing: as `_stands`.
        """
        entry = self.updates.load(recording_id)
        recording, event = entry.recording if entry is not None else None, trigger.event
        if recording is not None and recording.failed_at is not None:
            return False  # it never began: the same event may start another
        if claim.asked_by == trigger.asked_by:
            return True
        if recording is not None and recording.withdrawn is not None:
            return _stands(recording.withdrawn, trigger)
        if event is not None and (event.at is None or event.at <= end_of(entry, claim)):
            return True
        return (entry is None or runs(entry)) and self._is_at_service(recording_id)

    def _is_at_service(self, recording_id: RecordingId) -> bool:
        try:
            self.calls.state(recording_id)
        except CallRefused as error:
            if not error.says_no_such:
                raise
            return False
        return True

    def _send_order(self, claim: StartClaim, call: Call, trigger: _Trigger) -> StartClaim:
        """Start at the service; the claim with its recording, saved in the catalog."""
        catalog, order = self.updates.catalog, claim.order
        try:
            recording_id = self.calls.start(order)
        except CallRefused as error:
            catalog.settle(self._renewed(claim))
            return self._claim_after_refusal(error, claim, call, trigger)
        self._update_entry(recording_id, claim, trigger, call)
        settled = replace(claim, recording_id=recording_id)
        standing = catalog.settle(settled)
        while standing.recording_id is None:  # another run takes the order up, or was refused, and gave it a new id
            standing = catalog.settle(replace(standing, recording_id=recording_id))
        log.event("recording.started", {"recording_id": recording_id, "output": order.output})
        return settled

    def _claim_after_refusal(self, error: CallRefused, claim: StartClaim, call: Call, trigger: _Trigger) -> StartClaim:
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
        is_young = since is not None and self.updates.now() - since < YOUNG
        if code == _NOT_ESTABLISHED or (error.says_no_such and is_young):
            raise CallNotReady(
                error.operation, error.cause, hint="it passes when the call is established", ids=error.ids
            ) from error
        raise error

    def _running_claims(self, call: Call) -> list[StartClaim]:
        """The claims of this call, in all outputs, whose recordings run according to the catalog."""
        found = (self.updates.catalog.find_claim(call.claim_key(facts.output)) for facts in VALID)
        return [claim for claim in found if claim is not None and self._is_running(claim.recording_id)]

    def _is_running(self, recording_id: RecordingId | None) -> bool:
        entry = self.updates.load(recording_id) if recording_id is not None else None
        return entry is not None and runs(entry)

    def _update_entry(
        self, recording_id: RecordingId, claim: StartClaim, trigger: _Trigger, call: Call | None = None
    ) -> CatalogEntry:
        """Save in the entry what the claim, the call and the event say; the entry. Idempotent."""
        locator, event = claim.order.locator, trigger.event
        fact = Started(
            recording_id,
            claim.order.output,
            server_call_id=locator.server_call_id or (call.server_call_id if call else None),
            call_connection_id=locator.call_connection_id
            or trigger.connection_id
            or (event.call_connection_id if event else None),
            group_call_id=locator.group_call_id,
            room_id=locator.room_id,
            paused=claim.order.pause_on_start,
            applied=claim.applied,
            consent=claim.consent,
        )
        return self.updates.apply(recording_id, fact, by=trigger.by).entry


def _stands(withdrawn: WithdrawnConsent, trigger: _Trigger) -> bool:
    """Whether a withdrawal in this call holds for what asks now: nobody has consented since.

    Who requests a recording for which no consent is needed has decided so; an event has not.

    Raises:
        ConsentMissing: it holds for a request, which has no recording then.
    """
    consent = trigger.decided.consent
    if consent is not None and consent.at is not None and consent.at > withdrawn.at:
        return False
    if trigger.event is not None:
        return True
    if consent is None or consent.kind is ConsentKind.NOT_NEEDED:
        return False
    rule = trigger.decided.applied.rule if trigger.decided.applied else ""
    raise ConsentMissing("consent was withdrawn in this call, and nobody has consented since", rule)


def _claim_of(key: str, trigger: _Trigger) -> StartClaim:
    order, applied, consent, _ = trigger.decided
    return StartClaim(key, order, trigger.asked_by, order.first_sent, applied=applied, consent=consent)
