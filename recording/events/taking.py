"""Takes the events of one delivery one by one, within a time limit, and collects the results and the work left."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import chain
from typing import Unpack

from recording import log
from recording.calls.beginning import Beginning
from recording.calls.consenting import Consenting
from recording.calls.ending import Ending
from recording.calls.reacting import Reacting
from recording.chunks.announcing import Announcing
from recording.core.callers import is_origin_of_event_grid
from recording.core.errors import MalformedEvent, Permanent, PolicyRefused, RecordingErased, SettingsInvalid, Transient
from recording.core.formats.api.shapes import EventOutcome, Outcome, OutcomeMore
from recording.core.formats.deliveries import MOST_AT_ONCE, Member, can_wait, messages
from recording.core.formats.events import (
    CALLBACKS,
    CALLS_OF_EVENT_GRID,
    ValidationEvent,
    event_id_of,
    event_type_of,
    parse_event,
)
from recording.core.formats.messages import ChunkMessage
from recording.core.formats.notifications import EventName
from recording.core.model import (
    Actor,
    BlobName,
    CallEndEvent,
    CallEvent,
    ComplianceEvent,
    Door,
    FileEvent,
    ParticipantsEvent,
    PromptEvent,
    StartFailedEvent,
    StateEvent,
)
from recording.refusing import Refusing

MOST_NAMED = 10
"""Refused events of one delivery that get a log line, a blob and an alert each; the others share one."""
_SECONDS = 15.0
"""After this time no further event of a delivery is begun: Event Grid waits 30 s for the answer."""


@dataclass(slots=True)
class Reception:
    """The result of a delivery.

    Attributes:
        outcomes: one for each event, in order; at most `MOST_AT_ONCE`.
        messages: chunk messages to put into their queue.
        later: messages for the queue of events: the events that this run did not take.
        validation_code: the answer to a handshake.
        malformed: the first event's error, if no event of the delivery could be read.
        failure: why the delivery must be retried.
    """

    outcomes: list[EventOutcome] = field(default_factory=list)
    messages: list[ChunkMessage] = field(default_factory=list)
    later: list[str] = field(default_factory=list)
    validation_code: str | None = None
    malformed: MalformedEvent | None = None
    failure: Exception | None = None


@dataclass(slots=True)
class Run:
    """One delivery in progress.

    Attributes:
        monotonic: a clock, in seconds.
        door: by which the events came.
        by: who sent them.
        found: where the app found them; empty for a delivery.
        takes_calls: whether the events of calls and handshakes are for this run; the doors for file events ignore them.
        takes_callbacks: whether also those of them that only Call Automation sends.
        takes_grid_calls: whether also those of them that only Event Grid sends.
        has_announced: whether there was a file event.
        taken: how many events were begun.
        refused: how many malformed events were reported one by one.
        logged: how many log lines were written for single events.
        unlogged: how many events are only counted in the log.
        unreported: malformed events beyond `MOST_NAMED`, reported together.
        ignored: events that concern no recording, reported together.
        unproven: events of calls that anyone with the function key can have sent, reported together.
        waiting: events left for a later run, by the door as whose they wait.
        failed: events with a transient failure, or a bug.
        until: after this time no further event is begun.
    """

    beginning: Beginning
    consenting: Consenting
    ending: Ending
    reacting: Reacting
    announcing: Announcing
    refusing: Refusing
    monotonic: Callable[[], float]
    door: Door
    by: Actor
    found: str = ""
    takes_calls: bool = False
    takes_callbacks: bool = True
    takes_grid_calls: bool = True
    reception: Reception = field(default_factory=Reception)
    has_announced: bool = False
    taken: int = 0
    refused: int = 0
    logged: int = 0
    unlogged: int = 0
    unreported: list[Member] = field(default_factory=list)
    ignored: list[Member] = field(default_factory=list)
    unproven: list[Member] = field(default_factory=list)
    waiting: dict[Door, list[Member]] = field(default_factory=dict)
    failed: list[Member] = field(default_factory=list)
    until: float = field(init=False)

    def __post_init__(self) -> None:
        self.until = self.monotonic() + _SECONDS

    def take(self, member: Member) -> None:
        """Take one event, or sort it into `unreported`, `ignored` or `waiting`."""
        try:
            event = parse_event(member.raw)
        except MalformedEvent as error:
            self.refuse(member, error)
            return
        if not self.takes_callbacks and event_type_of(member.raw) in CALLBACKS:
            self._ignore(member, "it is a callback, and came without the token of Call Automation")
            return
        if self.takes_calls and not self.takes_grid_calls and event_type_of(member.raw) in CALLS_OF_EVENT_GRID:
            self.unproven.append(member)
            self._answer(member, "ignored", reason="it is an event of a call, and came without the token of Event Grid")
            return
        match event:
            case ValidationEvent() if self.takes_calls and _is_allowed(event):
                self.reception.validation_code = event.code
                self._answer(member, "validated")
            case FileEvent():
                self.has_announced = True
                self._now_or_later(member, self.door, lambda journal: self._announce(member, event, journal))
            # The queue takes the events of calls of this door only; they have no authority that another would give.
            case CallEvent() if self.takes_calls:
                self._now_or_later(member, Door.FUNCTION_KEY, lambda _: self._start(member, event))
            case CallEndEvent() if self.takes_calls:
                self._now_or_later(member, Door.FUNCTION_KEY, lambda _: self._end(member, event))
            case StateEvent() | StartFailedEvent() | ParticipantsEvent() | PromptEvent() if self.takes_calls:
                self._now_or_later(member, Door.FUNCTION_KEY, lambda _: self._note(member, event))
            case ComplianceEvent():
                self._ignore(member, "it is of a compliance recording of Teams: noted, never fetched")
            case _:  # also a call event at the doors for file events: only the endpoint for call events takes it
                self._ignore(member, f"{event_type_of(member.raw)} concerns no recording"[:200])

    def refuse(self, member: Member, error: MalformedEvent) -> None:
        """Report a malformed event: the first `MOST_NAMED` one by one, the others together."""
        self.reception.malformed = self.reception.malformed or error
        self._answer(member, "refused", field=error.field, reason=error.cause)
        if self.refused < MOST_NAMED and not self._is_late():
            self.refused += 1
            self._try(member, lambda journal: self._tell(member, error.cause, journal))
        else:
            self.unreported.append(member)

    def finished(self, *, is_queued: bool) -> Reception:
        """Report the ignored and the remaining malformed events; the result of the delivery."""
        self._report(self.ignored, self._log_ignored)
        self._report(self.unproven, self._log_unproven)
        self._report(self.unreported, self._tell_unreported)
        if self.unlogged:
            log.event("event.refused", {"alert": EventName.UNREADABLE, "more": self.unlogged}, logging.ERROR)
        reception = self.reception
        if self.taken or self.ignored or self.unproven or reception.validation_code is not None:
            reception.malformed = None
        if is_queued and len(self.failed) <= MOST_AT_ONCE and all(can_wait(member) for member in self.failed):
            reception.failure = None
            again = (messages([member], self.door, self.found, by=self.by) for member in self.failed)
            reception.later += chain.from_iterable(again)
        for door, members in self.waiting.items():
            reception.later += messages(members, door, self.found, by=self.by)
        reception.messages = list(dict.fromkeys(reception.messages))
        return reception

    def _ignore(self, member: Member, reason: str) -> None:
        self.ignored.append(member)
        self._answer(member, "ignored", reason=reason)

    def _now_or_later(self, member: Member, door: Door, act: Callable[[BlobName], None]) -> None:
        if (self.taken >= MOST_AT_ONCE or self._is_late()) and can_wait(member):
            self.waiting.setdefault(door, []).append(member)
            self._answer(member, "waiting")
            return
        self.taken += 1
        self._try(member, act)

    def _is_late(self) -> bool:
        return self.monotonic() >= self.until

    def _try(self, member: Member, act: Callable[[BlobName], None]) -> None:
        try:
            act(self.refusing.keep_events([member], self.door))
        except Exception as error:  # noqa: BLE001 - not even a bug in one event may stop the others
            self.reception.failure = self.reception.failure or error
            self.failed.append(member)
            self._answer(member, "again")

    def _announce(self, member: Member, event: FileEvent, journal: BlobName) -> None:
        try:
            self.reception.messages += self.announcing.announce(event, self.door, self.found, by=self.by)
        except RecordingErased as error:  # it is in the recording's history, and no fault that a person must hear of
            self._log(member, error.cause, journal, is_alert=False)
            self._answer(member, "refused", reason=error.cause)
            return
        except Permanent as error:  # a retry cannot succeed
            self._tell(member, error.cause, journal)
            self._answer(member, "refused", reason=error.cause)
            return
        if event.unread:  # no alert here: the recording's entry has one
            count, cause = len(event.unread), event.unread[0].cause
            self._log(member, f"{count} of its members cannot be read, the first: {cause}", journal, is_alert=False)
        if event.chunks:
            self._answer(member, "announced")
        else:
            self._answer(member, "refused", reason=event.unread[0].cause)

    def _start(self, member: Member, event: CallEvent) -> None:
        try:
            recording_id = self.beginning.begin(event, by=self.by)
        except SettingsInvalid:
            raise  # the event comes again, until the policy is right
        except PolicyRefused as error:  # as the rule says, or for want of consent: no error of the app
            fields = {"event_id": event.event_id, "rule": error.rule, "reason": error.cause, "hint": error.hint}
            log.event("call.refused_by_policy", fields)
            self._answer(member, "not recorded", reason=error.cause, **({"rule": error.rule} if error.rule else {}))
        except Permanent as error:
            log.event("call.not_recorded", {"event_id": event.event_id, "cause": error.cause}, logging.ERROR)
            self._answer(member, "refused", reason=error.cause)
        else:
            if recording_id is None:
                self._answer(member, "asked for consent")
            else:
                self._answer(member, "recording", recordingId=recording_id)

    def _end(self, member: Member, event: CallEndEvent) -> None:
        try:
            self.consenting.call_ended(event.call_connection_id)
            over = self.ending.end_for_call(event, by=self.by)
        except Permanent as error:  # the sweep asks again
            log.event("call.end_not_noted", {"event_id": event.event_id, "cause": error.cause}, logging.WARNING)
            self._answer(member, "refused", reason=error.cause)
        else:
            self._answer(member, "ended" if over else "ignored")

    def _note(self, member: Member, event: StateEvent | StartFailedEvent | ParticipantsEvent | PromptEvent) -> None:
        """Take what the service says of a recording that runs, of the people in its call, or of a prompt."""
        try:
            is_news = self._is_news(event)
        except Permanent as error:  # the sweep asks again
            log.event("recording.state_not_noted", {"event_id": event.event_id, "cause": error.cause}, logging.WARNING)
            self._answer(member, "refused", reason=error.cause)
        else:
            self._answer(member, "noted" if is_news else "ignored")

    def _is_news(self, event: StateEvent | StartFailedEvent | ParticipantsEvent | PromptEvent) -> bool:
        match event:
            case StateEvent():
                return self.reacting.state_changed(event, by=self.by)
            case StartFailedEvent():
                return bool(self.reacting.start_failed(event, by=self.by))
            case PromptEvent():
                return self.consenting.take_report(event)
            case ParticipantsEvent():
                try:  # first: whoever has joined may have to be told
                    self.consenting.participants_changed(event.call_connection_id)
                finally:
                    self.reacting.participants_updated(event, by=self.by)
                return True

    def _tell(self, member: Member, cause: str, journal: BlobName) -> None:
        self._log(member, cause, journal, is_alert=True)
        self.refusing.tell(event_id_of(member.raw), cause, journal)

    def _log(self, member: Member, cause: str, journal: BlobName, *, is_alert: bool) -> None:
        if self.logged == MOST_NAMED:
            self.unlogged += 1
            return
        self.logged += 1
        fields = {"event_id": event_id_of(member.raw), "cause": cause, "journal": journal}
        if is_alert:
            log.event("event.refused", {"alert": EventName.UNREADABLE, **fields}, logging.ERROR)
        else:
            log.event("event.refused", fields, logging.WARNING)

    def _report(self, members: list[Member], report: Callable[[BlobName], None]) -> None:
        try:
            if members:
                report(self.refusing.keep_events(members, self.door))
        except Transient as error:
            self.reception.failure = self.reception.failure or error
            self.failed += members

    def _log_ignored(self, journal: BlobName) -> None:
        first = self.ignored[0].raw
        fields = {"event_id": event_id_of(first), "event_type": event_type_of(first), "events": len(self.ignored)}
        log.event("event.ignored", {**fields, "journal": journal}, logging.WARNING)

    def _log_unproven(self, journal: BlobName) -> None:
        """An error: if it is Event Grid whose token proves nothing, no call is recorded until that is mended."""
        first = self.unproven[0].raw
        fields = {"event_id": event_id_of(first), "event_type": event_type_of(first), "events": len(self.unproven)}
        log.event("call.unproven", {**fields, "journal": journal}, logging.ERROR)

    def _tell_unreported(self, journal: BlobName) -> None:
        self.unlogged += len(self.unreported)
        cause = f"{len(self.unreported)} more events of one delivery cannot be read"
        self.refusing.tell(event_id_of(self.unreported[0].raw), cause, journal)

    def _answer(self, member: Member, outcome: Outcome, **more: Unpack[OutcomeMore]) -> None:
        if len(self.reception.outcomes) < MOST_AT_ONCE:
            self.reception.outcomes.append({"id": event_id_of(member.raw), "outcome": outcome, **more})


def _is_allowed(event: ValidationEvent) -> bool:
    return event.origin is None or is_origin_of_event_grid(event.origin)
