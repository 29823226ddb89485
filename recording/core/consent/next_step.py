"""What is done next about a consent: the only place that decides it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from recording.core.consent.deciding import unasked
from recording.core.consent.state import Consent, Operation, OperationKind, Outcome
from recording.core.consent.terms import LateJoiners, OtherWay
from recording.core.model import ConsentEvidence, ConsentKind

_PATIENCE = timedelta(minutes=1)
"""How long a report may take beyond the prompt and the silence after it."""
_CHARACTERS = 8
"""Of a prompt, spoken in a second, at the slowest."""
_LOOKS_AGAIN = timedelta(minutes=1)
"""No sooner after a look another one follows while the call is recorded: the event of who joins may never come."""


@dataclass(frozen=True, slots=True)
class LookWho:
    """Read from the service who is in the call."""


@dataclass(frozen=True, slots=True)
class LookAgain:
    """Read it once more while the call is recorded, though nobody has said that it has changed."""


@dataclass(frozen=True, slots=True)
class Play:
    """Store this order, then play the prompt to all."""

    operation: Operation


@dataclass(frozen=True, slots=True)
class Ask:
    """Store this order, then play the prompt to one participant and wait for a key."""

    operation: Operation


@dataclass(frozen=True, slots=True)
class Say:
    """Store this order, then play the prompt of the rule's other way to all."""

    operation: Operation


@dataclass(frozen=True, slots=True)
class Wait:
    """Do nothing until then, unless something happens: the report of an order comes, or somebody joins."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Lapse:
    """Expect no more report of that order."""

    number: int


@dataclass(frozen=True, slots=True)
class Start:
    """Start the recording, on this evidence, which is stored."""

    evidence: ConsentEvidence


@dataclass(frozen=True, slots=True)
class NoteEvidence:
    """Put the evidence, which has grown, into the recording's entry."""

    evidence: ConsentEvidence


@dataclass(frozen=True, slots=True)
class Pause:
    """Pause the recording: somebody has joined whom the consent does not cover."""


@dataclass(frozen=True, slots=True)
class Resume:
    """Resume it: nobody is left whom the consent does not cover."""


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the call for everyone."""


@dataclass(frozen=True, slots=True)
class Tell:
    """Tell a person."""


@dataclass(frozen=True, slots=True)
class Done:
    """Nothing, until something happens."""


Look = LookWho | LookAgain
Step = Look | Play | Ask | Say | Wait | Lapse | Start | NoteEvidence | Pause | Resume | HangUp | Tell | Done


def next_step(consent: Consent, now: datetime) -> Step:
    """What is to be done now. Each step may be done twice, and by two workers at once."""
    if consent.outcome is None:
        return _asking(consent, now)
    if consent.outcome is Outcome.GRANTED and consent.evidence is not None:
        return _granted(consent, consent.evidence, now)
    if consent.outcome is Outcome.UNASKED and not consent.is_told:
        return Tell()
    if consent.outcome in {Outcome.DECLINED, Outcome.SILENT} and not consent.is_over:
        return _other_way(consent, now)
    return Done()


def _other_way(consent: Consent, now: datetime) -> Step:
    """What becomes of a call whose participants have declined."""
    if consent.terms.other_prompt is not None and not consent.is_said:
        if consent.operation is not None:
            return _waiting(consent, consent.operation, now)
        return Say(_order(consent, OperationKind.SAY, (), now))
    is_owed = consent.terms.other_way is OtherWay.HANG_UP and not consent.is_other_way_gone
    return HangUp() if is_owed else Done()


def is_closed(consent: Consent, now: datetime) -> bool:
    """Whether nothing is to be done before something happens, not even a look later: it needs no row of open work."""
    return isinstance(next_step(consent, now), Done)


def _asking(consent: Consent, now: datetime) -> Step:
    if consent.operation is not None:
        return _waiting(consent, consent.operation, now)
    if consent.terms.minds_participants and consent.looked_at is None:
        return LookWho()
    if consent.terms.kind is ConsentKind.KEYPRESS:
        left = unasked(consent)
        if left:
            return Ask(_order(consent, OperationKind.ASK, left[:1], now))
        looked = consent.looked_at or now
        return Wait(looked + _PATIENCE) if now < looked + _PATIENCE else LookWho()  # nobody is listed yet
    return Play(_order(consent, OperationKind.PLAY, consent.late, now))


def _granted(consent: Consent, evidence: ConsentEvidence, now: datetime) -> Step:
    if consent.recording_id is None:
        return Done() if consent.is_over else Start(evidence)
    if consent.noted < len(evidence.operations):
        return NoteEvidence(evidence)
    if consent.is_over or consent.terms.late_joiners is LateJoiners.GO_ON:
        return Done()
    return LookWho() if consent.looked_at is None else _for_late_joiners(consent, consent.looked_at, now)


def _for_late_joiners(consent: Consent, looked_at: datetime, now: datetime) -> Step:
    if consent.keeps_paused != consent.is_paused:
        return Pause() if consent.keeps_paused else Resume()
    if consent.is_unheard and not consent.is_told:
        return Tell()
    if consent.operation is not None:
        return _waiting(consent, consent.operation, now)
    if consent.late and not consent.keeps_paused:
        return Play(_order(consent, OperationKind.PLAY, consent.late, now))
    until = looked_at + _LOOKS_AGAIN
    return Wait(until) if looked_at <= now < until else LookAgain()


def _waiting(consent: Consent, operation: Operation, now: datetime) -> Step:
    spoken = timedelta(seconds=len(consent.prompt_of(operation).text) / _CHARACTERS)
    until = operation.sent_at + _PATIENCE + spoken + consent.terms.silence
    return Wait(until) if operation.sent_at <= now < until or now < operation.sent_at else Lapse(operation.number)


def _order(consent: Consent, kind: OperationKind, who: tuple[str, ...], now: datetime) -> Operation:
    return Operation(consent.number + 1, kind, now, who)
