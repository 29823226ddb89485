"""Begins what events and requests ask for: at once, or, where the rule asks the participants, by their consent.

What the policy decides when a consent begins is what is started when it is granted, whatever the policy says by then.
A call has one consent, by our connection to it, and the consent is for one recording.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NoReturn

from recording.calls.answering import Answering
from recording.calls.claims import asked_by_event
from recording.calls.consenting import Consenting
from recording.calls.ordering import Decided, leaves_open
from recording.calls.starting import NEW_REQUEST_ID, Start, Starting
from recording.core.consent import Consent, Wanted
from recording.core.errors import CallRefused, ConsentMissing, PolicyRefused, RequestIdReused, SettingsInvalid
from recording.core.formats.api import StartRequest
from recording.core.lifecycle import runs
from recording.core.model import Actor, CallConnectionId, CallEvent, EventKind, KnownCall, Recording, RecordingId

_DECIDED = KnownCall(EventKind.CALL_CONNECTED)
"""In place of what an event says of its call: the policy has decided, and raw ids are not kept."""
_CONFLICT = 409
_ANOTHER_CONNECTION = "only through another connection to the call are its participants asked again"


@dataclass(frozen=True, slots=True)
class Beginning:
    """Begin recordings. `check` raises what is wrong with the settings that starts need."""

    starting: Starting
    answering: Answering
    consenting: Consenting
    check: Callable[[], None]

    def begin(self, event: CallEvent, *, by: Actor) -> RecordingId | None:
        """Record the event's call if nobody needs to be asked, else tell or ask; None while that goes on. Idempotent.

        Raises:
            SettingsInvalid: the policy, or something else that starts need, is wrong: retry.
            PolicyRefused: the call is not recorded, as the policy says.
            ConsentMissing: it is not recorded: somebody declined, or nobody can be asked.
            Transient, CallRefused: as `Starting.start_for_call`.
        """
        self.check()
        consent = self.consenting.known(event.call_connection_id)
        if consent is None:
            decided = self.starting.ordering.for_event(event)
            if decided.asks is None:
                return self.starting.start_for_call(event, decided, by=by)
            wanted = Wanted(asked_by_event(event), by, decided.order, decided.applied, replace(event, call=_DECIDED))
            consent = self._open(event.call_connection_id, decided, wanted)
        return self._obtained(consent).recording_id

    def why_owed(self, event: CallEvent) -> str | None:
        """Why the call of an event must be recorded although nothing of that has begun; None if it need not be.

        Of a call whose consent was asked for, or that the policy refuses, nothing is owed. What the policy says now
        counts: what it said when the event came is kept nowhere.

        Raises:
            Transient: as `Answering.has_answer`, or the consents are not available.
        """
        if self.consenting.known(event.call_connection_id) is not None:
            return None
        reason = "the policy wants its call recorded, and nothing of that has begun"
        try:
            self.check()
            decided = self.starting.ordering.for_event(event)
        except PolicyRefused:
            return None
        except SettingsInvalid as error:
            reason = f"its call is not recorded: {error.cause}"
        else:
            if decided.asks is not None and not event.call_connection_id:
                return None  # refused, as nobody can be asked
        return None if self.answering.has_answer(event) else reason

    def begin_requested(self, request: StartRequest, *, by: Actor) -> Start | Consent:
        """The same for a request: the recording, or the consent while it goes on. Idempotent for one request id.

        Raises:
            PolicyRefused, ConsentMissing: as `begin`.
            RequestIdReused: this request id was used for another call, output or pauseOnStart.
            Transient, CallRefused: as `Starting.start_requested`.
        """
        self.check()
        asked_by = self.starting.asked_by_request(request)
        consent = self.consenting.known(request.call_connection_id)
        if consent is None:
            decided = None if self.starting.is_known(request) else self.starting.ordering.for_request(request)
            if decided is None or decided.asks is None:
                return self.starting.start_requested(request, decided, by=by)
            wanted = Wanted(asked_by, by, decided.order, decided.applied)
            if request.call_connection_id is not None:
                self.starting.note_asking(request, decided.order)
            consent = self._open(request.call_connection_id, decided, wanted)
        is_first = consent.wanted.asked_by == asked_by
        if not is_first and self.starting.has_recording(request):
            return self.starting.start_requested(request, by=by)
        if not leaves_open(consent.wanted.order, request):
            _refuse_other(consent, request, is_first=is_first)
        noted_at = None if is_first else self.starting.note_asking(request, consent.wanted.order)
        consent = self._obtained(consent)
        if consent.recording_id is None:
            return consent
        entry = self.consenting.recording_of(consent)
        if not (is_first or runs(entry) or _was_noted_before_end(noted_at, entry.recording)):
            cause = "the recording that its consent was for is over, and a consent is for one recording"
            ids = {"recording_id": str(entry.recording.recording_id)}
            raise ConsentMissing(cause, _rule_of(consent), hint=_ANOTHER_CONNECTION, ids=ids)
        return Start(entry, is_new=is_first)

    def _open(self, connection_id: CallConnectionId | None, decided: Decided, wanted: Wanted) -> Consent:
        terms, rule = decided.asks, decided.applied.rule if decided.applied else ""
        if terms is None or not connection_id:
            cause = "its rule asks the participants by a prompt, and no connection is named that can play it"
            hint = "answer or make the call by Call Automation; start with its callConnectionId, or on CallConnected"
            raise ConsentMissing(cause, rule, hint=hint)
        return self.consenting.open(connection_id, terms, wanted)

    def _obtained(self, consent: Consent) -> Consent:
        """Go on with a consent; it has a recording, or goes on.

        Raises:
            ConsentMissing: nothing is recorded, as the participants have not consented.
        """
        consent = self.consenting.drive(consent)
        if consent.outcome is not None and consent.recording_id is None:
            cause = f"its consent is {consent.outcome}: {consent.reason}"
            ids = {"call_connection_id": str(consent.connection_id)}
            raise ConsentMissing(cause, _rule_of(consent), hint=_ANOTHER_CONNECTION, ids=ids)
        return consent


def _was_noted_before_end(noted_at: datetime | None, recording: Recording) -> bool:
    """Whether a request had come before its recording was over: it is answered with that however often it comes."""
    ended = recording.stopped_at or recording.announced_at
    return noted_at is not None and ended is not None and noted_at < ended


def _refuse_other(consent: Consent, request: StartRequest, *, is_first: bool) -> NoReturn:
    """Refuse a request for something else than what the consent of its call is for."""
    if is_first:
        cause = "this request id stands for another order: another call, output or pauseOnStart"
        ids = {"request_id": request.request_id}
        raise RequestIdReused("start recording", cause, hint=NEW_REQUEST_ID, ids=ids)
    cause = "the consent of this call is for another recording: another output or pauseOnStart"
    ids = {"call_connection_id": str(consent.connection_id)}
    hint = "ask for what the consent is for, or through another connection to the call"
    raise CallRefused("start recording", cause, status=_CONFLICT, hint=hint, ids=ids, running=consent.recording_id)


def _rule_of(consent: Consent) -> str:
    return consent.wanted.applied.rule if consent.wanted.applied else ""
