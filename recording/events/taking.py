"""Takes the events of one delivery, each by itself, within a time: what came of it, and what is left to do."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from recording import log
from recording.calls.starting import Starting
from recording.chunks.announcing import Announcing
from recording.core.errors import MalformedEvent, Permanent, Transient
from recording.core.formats.deliveries import MOST_AT_ONCE, Member, can_wait, kept, messages
from recording.core.formats.events import ValidationEvent, event_id_of, event_type_of, parse_event
from recording.core.formats.messages import ChunkMessage
from recording.core.model import BlobName, CallEvent, Door, FileEvent
from recording.events.refusing import Refusing

MOST_NAMED = 10
"""Refusals of one delivery that get a line, a blob and an alert of their own."""
_SECONDS = 15.0
"""After so long nothing more of a delivery is begun: Event Grid waits for 30, and something is out of order."""


@dataclass(slots=True)
class Reception:
    """What came of a delivery.

    Attributes:
        outcomes: an answer for each event, in order; of a long delivery, for the first.
        steps: to be queued, whatever else happened.
        later: messages for the queue of events: those that this run did not take.
        validation_code: the answer to a handshake.
        malformed: why the first event that could not be read could not be, where none could.
        failure: why the delivery must come again.
    """

    outcomes: list[dict[str, str]] = field(default_factory=list)
    steps: list[ChunkMessage] = field(default_factory=list)
    later: list[str] = field(default_factory=list)
    validation_code: str | None = None
    malformed: MalformedEvent | None = None
    failure: Exception | None = None


@dataclass(slots=True)
class Run:
    """One delivery under way.

    Attributes:
        monotonic: a clock, in seconds.
        refused: how many refusals were to be told by themselves.
        named: how many of them got a line.
        nameless: refused events that got none.
        until: when nothing more is begun.
    """

    starting: Starting
    announcing: Announcing
    refusing: Refusing
    monotonic: Callable[[], float]
    door: Door
    reception: Reception = field(default_factory=Reception)
    taken: int = 0
    refused: int = 0
    named: int = 0
    unlogged: int = 0
    nameless: list[Member] = field(default_factory=list)
    ignored: list[Member] = field(default_factory=list)
    waiting: list[Member] = field(default_factory=list)
    failed: list[Member] = field(default_factory=list)
    until: float = field(init=False)

    def __post_init__(self) -> None:
        self.until = self.monotonic() + _SECONDS

    def take(self, member: Member) -> None:
        """Take one event, or put it with its like."""
        try:
            event = parse_event(member.raw)
        except MalformedEvent as error:
            self.refuse(member, error)
            return
        match event:
            case ValidationEvent() if self.door is Door.FUNCTION_KEY:
                self.reception.validation_code = event.code
                self._answer(member, "validated")
            case FileEvent():
                self._now_or_later(member, lambda journal: self._announce(member, event, journal))
            case CallEvent() if self.door is Door.FUNCTION_KEY:
                self._now_or_later(member, lambda _: self._start(member, event))
            case _:  # also a call event at the doors for file events: nobody has asked there that calls be recorded
                self.ignored.append(member)
                self._answer(member, "ignored", reason=f"{event_type_of(member.raw)} concerns no recording"[:200])

    def refuse(self, member: Member, error: MalformedEvent) -> None:
        """Put what cannot be read before a person: the first few each by itself, the others together."""
        self.reception.malformed = self.reception.malformed or error
        self._answer(member, "refused", field=error.field, reason=error.cause)
        if self.refused < MOST_NAMED and not self._is_late():
            self.refused += 1
            self._try(member, lambda journal: self._tell(member, error.cause, journal))
        else:
            self.nameless.append(member)

    def finished(self, *, is_queued: bool) -> Reception:
        """Say the rest in a line each, and what is left to do."""
        self._finish(self.ignored, self._log_ignored)
        self._finish(self.nameless, self._tell_nameless)
        if self.unlogged:
            log.event("event.refused", {"more": self.unlogged}, logging.ERROR)
        reception = self.reception
        if self.taken or self.ignored or reception.validation_code is not None:
            reception.malformed = None
        if is_queued and len(self.failed) <= MOST_AT_ONCE and all(can_wait(member) for member in self.failed):
            reception.failure = None
            reception.later += [text for member in self.failed for text in messages([member], self.door)]
        reception.later += messages(self.waiting, self.door)
        reception.steps = list(dict.fromkeys(reception.steps))
        return reception

    def _now_or_later(self, member: Member, act: Callable[[BlobName], None]) -> None:
        if (self.taken >= MOST_AT_ONCE or self._is_late()) and can_wait(member):
            self.waiting.append(member)
            self._answer(member, "waiting")
            return
        self.taken += 1
        self._try(member, act)

    def _is_late(self) -> bool:
        return self.monotonic() >= self.until

    def _try(self, member: Member, act: Callable[[BlobName], None]) -> None:
        try:
            act(self._keep([member]))
        except Exception as error:  # noqa: BLE001 - a bug that one event meets must not cost its neighbours either
            self.reception.failure = self.reception.failure or error
            self.failed.append(member)
            self._answer(member, "again")

    def _announce(self, member: Member, event: FileEvent, journal: BlobName) -> None:
        try:
            self.reception.steps += self.announcing.announce(event, self.door)
        except Permanent as error:  # sending it again would not mend it
            self._tell(member, error.cause, journal)
            self._answer(member, "refused", reason=error.cause)
            return
        if event.unread:  # the recording's own alerts tell of them
            count, cause = len(event.unread), event.unread[0].cause
            self._log(member, f"{count} of its members cannot be read, the first: {cause}", journal)
        if event.chunks:
            self._answer(member, "announced")
        else:
            self._answer(member, "refused", reason=event.unread[0].cause)

    def _start(self, member: Member, event: CallEvent) -> None:
        try:
            recording_id = self.starting.start_for_call(event)
        except Permanent as error:
            log.event("call.not_recorded", {"event_id": event.event_id, "cause": error.cause}, logging.ERROR)
            self._answer(member, "refused", reason=error.cause)
        else:
            self._answer(member, "recording", recordingId=recording_id)

    def _tell(self, member: Member, cause: str, journal: BlobName) -> None:
        self._log(member, cause, journal)
        self.refusing.tell(event_id_of(member.raw), cause, journal)

    def _log(self, member: Member, cause: str, journal: BlobName) -> None:
        if self.named == MOST_NAMED:
            self.unlogged += 1
            return
        self.named += 1
        fields = {"event_id": event_id_of(member.raw), "cause": cause, "journal": journal}
        log.event("event.refused", fields, logging.ERROR)

    def _finish(self, members: list[Member], say: Callable[[BlobName], None]) -> None:
        try:
            if members:
                say(self._keep(members))
        except Transient as error:
            self.reception.failure = self.reception.failure or error
            self.failed += members

    def _log_ignored(self, journal: BlobName) -> None:
        first = self.ignored[0].raw
        fields = {"event_id": event_id_of(first), "event_type": event_type_of(first), "events": len(self.ignored)}
        log.event("event.ignored", {**fields, "journal": journal}, logging.WARNING)

    def _tell_nameless(self, journal: BlobName) -> None:
        self.unlogged += len(self.nameless)
        cause = f"{len(self.nameless)} more events of one delivery cannot be read"
        self.refusing.tell(event_id_of(self.nameless[0].raw), cause, journal)

    def _keep(self, members: list[Member]) -> BlobName:
        bodies = [kept(member, self.door) for member in members]
        body = bodies[0] if len(bodies) == 1 else b"[" + b",".join(bodies) + b"]"
        return self.refusing.keep(event_id_of(members[0].raw), body)

    def _answer(self, member: Member, outcome: str, **more: str) -> None:
        if len(self.reception.outcomes) < MOST_AT_ONCE:
            self.reception.outcomes.append({"id": event_id_of(member.raw), "outcome": outcome, **more})
