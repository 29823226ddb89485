"""Obtains the consent that a rule asks for, then starts the recording; ADR 19.

Everything here may be done twice, by two workers at once, and may end at any instruction. An order to the service is
stored before it is sent; of two workers that want to send one, only the one that has stored it does. The evidence is
stored before the recording is started. A row of open work is put before there is something to do, and removed after it
is done; the sweep drives what has one.
"""

import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from recording import log
from recording.calls.controlling import Controlling
from recording.calls.starting import YOUNG, Starting
from recording.core.consent import (
    Agreed,
    Ask,
    Attested,
    Began,
    CallOver,
    Consent,
    ConsentFact,
    ConsentTerms,
    Declined,
    Done,
    EvidenceNoted,
    HangUp,
    Lapse,
    Lapsed,
    LookAgain,
    Looked,
    LookWho,
    NoteEvidence,
    NotPlayed,
    NotSent,
    Ordered,
    OtherWayGone,
    ParticipantsChanged,
    Pause,
    PauseChanged,
    Play,
    Played,
    Resume,
    Say,
    Silent,
    Start,
    StartRefused,
    Step,
    Told,
    Wait,
    Wanted,
    attested_by,
    context_of,
    decide,
    is_closed,
    next_step,
    pseudonym,
    read_context,
)
from recording.core.errors import (
    CallNotReady,
    CallRefused,
    CatalogConflict,
    ConsentMissing,
    ConsentRefused,
    Permanent,
    RecordingError,
    UnknownRecording,
)
from recording.core.formats import notifications
from recording.core.lifecycle import Consented, is_paused_by_others, may_record, may_revive
from recording.core.model import (
    APP,
    Actor,
    CallConnectionId,
    CatalogEntry,
    PromptEvent,
    PromptResult,
    RecordingId,
)
from recording.core.participants import is_program
from recording.core.reactions import may_go_on
from recording.ports import Consents, InCall, PromptOrder, Prompts, Topic

_MOST_STEPS = 50
_MOST_CONFLICTS = 20


@dataclass(slots=True)
class _Seen:
    """Who is in the call, by the name in the evidence: raw ids are kept only while one call is driven."""

    raw_ids: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Consenting:
    """Obtain consent, and start what it allows.

    Attributes:
        starting: asks the policy, and starts.
        secret: gives PARTICIPANT_KEY, or raises SettingsInvalid where that cannot be read: a name that was made without
            it could be found by trying, and whoever has consented would not be known again.
        new_id: makes UUIDs.
    """

    starting: Starting
    controlling: Controlling
    consents: Consents
    prompts: Prompts
    topic: Topic
    secret: Callable[[], str]
    new_id: Callable[[], uuid.UUID]
    now: Callable[[], datetime]

    def known(self, connection_id: CallConnectionId | None) -> Consent | None:
        """The consent of the call of that connection; None if none has begun."""
        return self.consents.load(connection_id) if connection_id else None

    def open(self, connection_id: CallConnectionId, terms: ConsentTerms, wanted: Wanted) -> Consent:
        """A new consent, or that of another worker, which was first."""
        consent = Consent(str(self.new_id()), connection_id, wanted, terms, str(self.new_id()), self.now())
        self.consents.put_row(consent.connection_id, consent.opening, self.now())
        try:
            return self.consents.save(consent)
        except CatalogConflict:
            return self._loaded(consent)

    def recording_of(self, consent: Consent) -> CatalogEntry:
        """The entry of what was started for it, or of what was started in place of that since."""
        entry = self._entry(consent.recording_id or RecordingId(""))
        return [entry, *self.controlling.later_than(entry)][-1]

    def take_report(self, event: PromptEvent) -> bool:
        """Go on with what became of a prompt; False if no order of ours is known under its operation context.

        Raises:
            Transient: the event must come again.
        """
        consent = self.consents.load(event.call_connection_id)
        number = read_context(consent.consent_id, event.context) if consent is not None else None
        if consent is None or number is None:
            return False
        self.drive(self._apply(consent, _fact_of(event, number, consent.terms)))
        return True

    def note(self, connection_id: CallConnectionId | None, fact: ConsentFact) -> Consent | None:
        """Go on with a fact about the call of that connection; None if no consent of it is known.

        Raises:
            Transient: the fact must come again.
        """
        consent = self.known(connection_id)
        return None if consent is None else self.drive(self._apply(consent, fact))

    def participants_changed(self, connection_id: CallConnectionId | None) -> bool:
        """Read who is in the call, if its consent depends on it, as an event says that it has changed.

        False if no consent is known.
        """
        return self.note(connection_id, ParticipantsChanged()) is not None

    def call_ended(self, connection_id: CallConnectionId | None) -> None:
        """Ask the service whether the call of a consent is over, as an event says.

        Raises:
            Transient: the event must come again.
        """
        consent = self.known(connection_id)
        if consent is None or consent.is_over:
            return
        try:
            self.prompts.participants(consent.connection_id)
        except CallRefused as error:
            self.drive(self._apply(consent, self._call_over(error)))

    def attest(self, recording_id: RecordingId, basis: str, *, by: Actor) -> CatalogEntry:
        """Somebody attests that those consent who have joined later; the recording's entry after that.

        Raises:
            UnknownRecording: the catalog does not know it.
            ConsentRefused: no consent of the recording's call was asked for, or it was withdrawn.
        """
        ids = {"recording_id": str(recording_id)}
        entry = self._entry(recording_id)
        if entry.recording.withdrawn is not None:
            hint = "only another recording, on a consent of its own, can go on"
            raise ConsentRefused("attest consent", "it was withdrawn", hint=hint, ids=ids)
        if self.note(entry.recording.call_connection_id, Attested(by, basis)) is None:
            cause = "no consent was asked for in its call, so there is none that could be extended"
            hint = "an attestation is needed only of who joins under a rule that announces or asks for a key"
            raise ConsentRefused("attest consent", cause, hint=hint, ids=ids)
        return self._entry(recording_id)

    def _entry(self, recording_id: RecordingId) -> CatalogEntry:
        entry = self.controlling.updates.load(recording_id)
        if entry is None:
            cause = "the catalog does not know it"
            raise UnknownRecording("attest consent", cause, ids={"recording_id": recording_id})
        return entry

    def drive(self, consent: Consent) -> Consent:
        """Do what is to be done now; the consent after that.

        Raises:
            Transient, SettingsInvalid: it is to be driven again; the row of open work stands.
            CallRefused: the recording cannot be started.
            ConsentMissing: the same, as consent was withdrawn in the call since.
        """
        seen = _Seen()
        for _ in range(_MOST_STEPS):
            step = next_step(consent, self.now())
            if isinstance(step, Done | Wait):
                return consent
            consent = self._carry_out(consent, step, seen)
        return consent  # the sweep goes on

    def _carry_out(self, consent: Consent, step: Step, seen: _Seen) -> Consent:
        match step:
            case LookWho() | LookAgain():
                after = self._look(consent, seen, is_asked=isinstance(step, LookWho))
            case Play() | Ask() | Say():
                after = self._send(consent, step, seen)
            case Lapse(number):
                after = self._apply(consent, Lapsed(number))
            case Start():
                after = self._start(consent, step)
            case NoteEvidence():
                after = self._note_evidence(consent, step)
            case Pause() | Resume():
                after = self._pause_or_resume(consent, is_paused=isinstance(step, Pause))
            case HangUp():
                after = self._hang_up(consent)
            case _:
                after = self._tell(consent)
        return after

    def _look(self, consent: Consent, seen: _Seen, *, is_asked: bool = True) -> Consent:
        if self._is_recorded_no_more(consent):
            return self._apply(consent, CallOver())
        try:
            found = self.prompts.participants(consent.connection_id)
        except CallRefused as error:
            over = self._call_over(error)
            # One answer in hours of looks may be wrong, and after this one nobody would look any more.
            if self._is_young(consent) or not (is_asked or self._is_at_service_no_more(consent)):
                raise CallNotReady(error.operation, error.cause, ids=error.ids) from error
            return self._apply(consent, over)
        seen.raw_ids = self._named(consent, found)
        present = tuple(who for who, raw_id in seen.raw_ids.items() if not is_program(raw_id))
        caller = pseudonym(self.secret(), consent.key, found.caller) if found.caller else ""
        return self._apply_if_unchanged(consent, Looked(present, caller))

    def _is_recorded_no_more(self, consent: Consent) -> bool:
        """Whether nobody who joins can be recorded any more, as the recording is over and none follows it.

        The call may go on: whoever joined would be told that it is recorded, and nobody would stop looking.
        That the service denied one may be wrong, until its file is there.
        """
        last = self._last_of(consent)
        if last is None or last.recording.continued_by is not None:
            return False  # what is recorded now has no entry
        return not (may_record(last) or may_go_on(last.recording) or may_revive(last))

    def _is_at_service_no_more(self, consent: Consent) -> bool:
        last = self._last_of(consent)
        return last is None or self.controlling.asking.ask(last.recording.recording_id, "its call is denied").is_denial

    def _last_of(self, consent: Consent) -> CatalogEntry | None:
        entry = self.controlling.updates.load(consent.recording_id) if consent.recording_id is not None else None
        return None if entry is None else [entry, *self.controlling.later_than(entry)][-1]

    def _named(self, consent: Consent, found: InCall) -> dict[str, str]:
        secret = self.secret()
        return {pseudonym(secret, consent.key, raw_id): raw_id for raw_id in found.participants}

    def _send(self, consent: Consent, step: Play | Ask | Say, seen: _Seen) -> Consent:
        """Store the order, then send it; the consent as it stands after another worker's, if that was first."""
        operation, prompt = step.operation, consent.prompt_of(step.operation)
        if isinstance(step, Ask) and not set(operation.who) <= set(seen.raw_ids):
            return self._look(consent, seen)  # another worker has looked: this one does not know the raw id
        try:
            stored = self._save(consent, decide(consent, Ordered(operation), self.now()))
        except CatalogConflict:  # another worker sends one, or knows more
            return self._loaded(consent)
        order = PromptOrder(consent.connection_id, context_of(consent.consent_id, operation.number), prompt)
        try:
            if isinstance(step, Ask):
                self.prompts.ask_for_key(order, seen.raw_ids[operation.who[0]], consent.terms.silence)
            else:
                self.prompts.play_to_all(order)
        except CallRefused as error:
            if error.says_no_such and not self._is_young(stored):
                return self._apply(stored, CallOver())
            is_no_try = error.says_no_such  # it may not be there yet, or be over: in a minute that is known
            fact = NotSent(operation.number) if is_no_try else NotPlayed(operation.number, error.cause)
            after = self._apply(stored, fact)
            if is_no_try or after.outcome is None:
                cause, hint = error.cause, "it is played again"
                raise CallNotReady(error.operation, cause, hint=hint, ids=error.ids) from error
            return after
        log.event("consent.prompted", {"call_connection_id": consent.connection_id, "order": operation.number})
        return stored

    def _start(self, consent: Consent, step: Start) -> Consent:
        try:
            recording_id = self.starting.start_consented(consent.wanted, step.evidence)
        except (CallRefused, ConsentMissing) as error:
            self._apply(consent, StartRefused(error.cause))
            if isinstance(error, CallRefused):  # what brings it here, a report or the sweep, says nothing of a start
                log.event("call.not_recorded", {**_ids(consent), "cause": error.cause}, logging.ERROR)
            raise
        log.event("consent.granted", {"recording_id": recording_id, "kind": step.evidence.kind})
        return self._apply(consent, Began(recording_id))

    def _note_evidence(self, consent: Consent, step: NoteEvidence) -> Consent:
        if consent.recording_id is not None:
            entry, by = self.recording_of(consent), attested_by(step.evidence.operations[consent.noted :])
            self.controlling.updates.apply(entry.recording.recording_id, Consented(step.evidence), known=entry, by=by)
        return self._apply(consent, EvidenceNoted(len(step.evidence.operations)))

    def _pause_or_resume(self, consent: Consent, *, is_paused: bool) -> Consent:
        if consent.recording_id is None:
            return consent
        recording = self.recording_of(consent).recording
        recording_id = recording.recording_id
        if not is_paused and is_paused_by_others(recording):  # what a person has paused only a person resumes
            return self._apply(consent, PauseChanged(is_paused))
        try:
            (self.controlling.pause if is_paused else self.controlling.resume)(recording_id, by=APP)
        except Permanent as error:  # the recording is over, or its consent was withdrawn; or another worker knows more
            if isinstance(error, CallRefused) and self._is_so_already(error, recording_id, is_paused=is_paused):
                return self._apply(consent, PauseChanged(is_paused))
            latest = self._loaded(consent)
            if latest.keeps_paused and not is_paused:
                return latest
            is_last = not is_paused or not may_go_on(self.recording_of(consent).recording)
            return self._apply(consent, CallOver() if is_last else PauseChanged(is_paused))
        return self._apply(consent, PauseChanged(is_paused))

    def _is_so_already(self, error: CallRefused, recording_id: RecordingId, *, is_paused: bool) -> bool:
        """Whether what the service refuses is as it should be all the same; False if the recording is over.

        Raises:
            CallNotReady: it is not: it records those who have not consented, or does not record though all have.
            ServiceBusy, ServiceRefused: that is not known.
        """
        try:
            answer = self.controlling.asking.ask(recording_id, "asked as a pause or resume was refused")
        except CallRefused as unknown:
            raise CallNotReady(unknown.operation, unknown.cause, ids=unknown.ids) from unknown
        if not answer.is_denial and answer.is_active is is_paused:
            raise CallNotReady(error.operation, error.cause, hint="it is tried again", ids=error.ids) from error
        return not answer.is_denial

    def _hang_up(self, consent: Consent) -> Consent:
        try:
            self.prompts.hang_up(consent.connection_id)
        except CallRefused as error:
            fields = {**_ids(consent), "cause": error.cause}
            log.event("consent.not_hung_up", fields, logging.INFO if error.says_no_such else logging.WARNING)
        return self._apply(consent, OtherWayGone())

    def _tell(self, consent: Consent) -> Consent:
        event = notifications.not_consented(consent, self.now())
        fields = {**_ids(consent), "alert": event.event_type, "cause": consent.failure or consent.reason}
        log.event("consent.not_obtained", fields, logging.ERROR)
        self.topic.publish(event)
        return self._apply(consent, Told())

    def _is_young(self, consent: Consent) -> bool:
        """Whether the service may not know the call yet: its word alone is not believed then."""
        return timedelta() <= self.now() - consent.begun_at < YOUNG

    def _call_over(self, error: CallRefused) -> CallOver:
        if not error.says_no_such:
            raise CallNotReady(error.operation, error.cause, ids=error.ids) from error
        return CallOver()

    def _apply(self, consent: Consent, fact: ConsentFact) -> Consent:
        """Apply a fact and save; after a conflict it is applied to what the other worker saved."""
        for _ in range(_MOST_CONFLICTS):
            try:
                return self._save(consent, decide(consent, fact, self.now()))
            except CatalogConflict:
                consent = self._loaded(consent)
        raise CatalogConflict("save consent", "every try lost against another worker", ids=_ids(consent))

    def _apply_if_unchanged(self, consent: Consent, fact: ConsentFact) -> Consent:
        """The same for a fact that is true only of this very consent: after a conflict, what the other worker saved."""
        try:
            return self._save(consent, decide(consent, fact, self.now()))
        except CatalogConflict:
            return self._loaded(consent)

    def _save(self, before: Consent, after: Consent) -> Consent:
        if after == before:
            return before
        now = self.now()
        was_closed, closes = is_closed(before, now), is_closed(after, now)
        if was_closed and not closes:
            after = replace(after, opening=before.opening + 1)
            self.consents.put_row(after.connection_id, after.opening, now)
        saved = self.consents.save(after)
        if closes and not was_closed:
            try:
                self.consents.remove_row(saved.connection_id, saved.opening)
            except RecordingError as error:  # the sweep removes it: it stands for nothing now
                log.event("consent.row_left", {**_ids(saved), "cause": error.cause}, logging.WARNING)
        return saved

    def _loaded(self, consent: Consent) -> Consent:
        found = self.consents.load(consent.connection_id)
        if found is None:
            raise CatalogConflict("load consent", "it was deleted meanwhile", ids=_ids(consent))
        return found


def _fact_of(event: PromptEvent, number: int, terms: ConsentTerms) -> ConsentFact:
    """What a report means under these terms."""
    if event.result is PromptResult.PLAYED:
        return Played(number, event.event_id, event.correlation_id)
    if event.result is PromptResult.NOT_PLAYED:
        return NotPlayed(number, event.cause)
    if event.tones[-1:] == (terms.agree,):
        return Agreed(number, terms.agree, event.event_id, event.correlation_id)
    if event.tones[-1:] == (terms.decline,):
        return Declined(number)
    return Silent(number, "another key was pressed" if event.tones else "no key was pressed")


def _ids(consent: Consent) -> dict[str, str]:
    return {"call_connection_id": str(consent.connection_id)}
