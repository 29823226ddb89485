"""Applies facts to a consent: the only place that says what a fact means."""

from dataclasses import replace
from datetime import datetime
from itertools import chain

from recording.core.consent.evidence import evidence_of
from recording.core.consent.facts import (
    Agreed,
    Attested,
    Began,
    CallOver,
    ConsentFact,
    Declined,
    EvidenceNoted,
    Lapsed,
    Looked,
    NotPlayed,
    NotSent,
    Ordered,
    OtherWayGone,
    ParticipantsChanged,
    PauseChanged,
    Played,
    Silent,
    StartRefused,
    Told,
    Withdrawn,
)
from recording.core.consent.state import Consent, Operation, OperationKind, Outcome
from recording.core.consent.terms import MustAgree
from recording.core.model import ConsentKind, ConsentOperation
from recording.core.model.consent import ATTESTED

_MOST_ORDERS = 50
"""Of one consent before it is granted: those who join in the prompt are each played another one."""
_LAPSED = "no report of it came"

_Report = Played | NotPlayed | Lapsed | Agreed | Declined | Silent


def decide(consent: Consent, fact: ConsentFact, now: datetime) -> Consent:
    """The consent after the fact; the same if the fact changes nothing."""
    if isinstance(fact, _Report):
        return _concluded(_reported(consent, fact, now), now)
    if isinstance(fact, CallOver):
        over = replace(consent, is_over=True, operation=None)
        return _ended(over, Outcome.SILENT, "the call ended before", now) if consent.outcome is None else over
    if consent.outcome is Outcome.WITHDRAWN:
        return consent
    if isinstance(fact, Looked | ParticipantsChanged | Attested | Withdrawn):
        return _changed(consent, fact, now)
    return _noted(consent, fact, now)


def _changed(consent: Consent, fact: Looked | ParticipantsChanged | Attested | Withdrawn, now: datetime) -> Consent:
    """The consent after what was found or said outside."""
    match fact:
        case Looked(present, caller):
            if consent.is_paused and not present:
                present = consent.present  # a call that goes on has somebody in it: nobody is known to have left
            after = replace(consent, present=tuple(sorted(present)), caller=caller, looked_at=now)
            if after.is_unheard and not after.late:
                after = replace(after, is_unheard=False, is_told=False, tries=0)
            after = _concluded(after, now)
        case ParticipantsChanged():
            is_open = consent.outcome in {None, Outcome.GRANTED} and (not consent.is_over or _may_go_on(consent))
            if not (consent.terms.minds_participants and is_open):
                return consent
            # Also if nobody has looked since the last: who was just looking may have done so before this one came.
            after = replace(consent, looked_at=None, changes=consent.changes + 1, is_over=False)
        case Attested():
            after = _attested(consent, fact, now)
        case _:
            after = _ended(consent, Outcome.WITHDRAWN, fact.reason, now)
    return after


def _may_go_on(consent: Consent) -> bool:
    """Whether a call that was said to be over may go on all the same, and be recorded, as an event of it says.

    One answer that there is no such call may be wrong; if it is not, the next look says so again.
    """
    return consent.recording_id is not None and bool(consent.key)


def _noted(
    consent: Consent,
    fact: Ordered | NotSent | Began | StartRefused | EvidenceNoted | PauseChanged | Told | OtherWayGone,
    now: datetime,
) -> Consent:
    """The consent after what we did ourselves."""
    match fact:
        case Ordered(operation):
            is_next = consent.operation is None and operation.number == consent.number + 1
            after = replace(consent, operation=operation, number=operation.number) if is_next else consent
        case NotSent(number):
            is_last = consent.operation is not None and consent.operation.number == number
            after = replace(consent, operation=None) if is_last else consent
        case Began(recording_id):
            after = replace(consent, recording_id=recording_id, noted=len(consent.reports))
        case StartRefused(cause):
            after = replace(consent, is_over=True, reason=cause, decided_at=consent.decided_at or now)
        case EvidenceNoted(operations):
            after = replace(consent, noted=max(consent.noted, operations))
        case PauseChanged(is_paused):
            # What is found to record, though it was paused, shows that the call is not over.
            after = replace(consent, is_paused=is_paused, is_over=consent.is_over and is_paused)
        case Told():
            after = replace(consent, is_told=True)
        case _:
            after = replace(consent, is_other_way_gone=True)
    return after


def _reported(consent: Consent, fact: _Report, now: datetime) -> Consent:
    """The consent after a report of the outstanding order; every other report changes nothing."""
    operation = consent.operation
    if operation is not None and operation.kind is OperationKind.SAY and operation.number == fact.number:
        return replace(
            consent, operation=None, is_said=True
        )  # a prompt that fails does not keep the call from going on
    if operation is None or not _is_of(consent, operation, fact):
        return consent
    match fact:
        case Played(_, event_id, correlation_id):
            report = ConsentOperation("played", now, consent.context, event_id, correlation_id, operation.who)
            after = _succeeded(consent, report)
        case Agreed(_, tone, event_id, correlation_id):
            report = ConsentOperation("agreed", now, consent.context, event_id, correlation_id, operation.who, tone)
            after = _succeeded(consent, report)
        case Declined():
            after = _ended(replace(consent, operation=None), Outcome.DECLINED, "a participant declined", now)
        case Silent(_, cause):
            after = _failed(consent, cause, Outcome.SILENT, now)
        case NotPlayed(_, cause):
            after = _failed(consent, cause, Outcome.UNASKED, now)
        case _:
            after = _failed(consent, _LAPSED, Outcome.UNASKED, now)
    return after


def _is_of(consent: Consent, operation: Operation, fact: _Report) -> bool:
    """Whether the report is of that order, and may still change something."""
    if operation.number != fact.number or consent.outcome not in {None, Outcome.UNASKED, Outcome.GRANTED}:
        return False
    wrong = Played if operation.kind is OperationKind.ASK else Agreed | Declined | Silent
    return not isinstance(fact, wrong)


def _succeeded(consent: Consent, report: ConsentOperation) -> Consent:
    """The order did what it was for. Who is in the call now is read again: somebody may have joined meanwhile."""
    return replace(
        consent,
        operation=None,
        outcome=None if consent.outcome is Outcome.UNASKED else consent.outcome,
        tries=0,
        failure="",
        reports=(*consent.reports, report),
        covered=tuple(sorted({*consent.covered, *report.who})),
        looked_at=None if consent.terms.minds_participants else consent.looked_at,
    )


def _failed(consent: Consent, cause: str, end: Outcome, now: datetime) -> Consent:
    """The order did not: another one follows, unless these are enough.

    The last order stays outstanding if no report of it came: one that comes late still counts.
    """
    if consent.outcome is Outcome.UNASKED:
        return consent
    tried = replace(consent, operation=None, tries=consent.tries + 1, failure=cause)
    if tried.tries < consent.terms.prompts and (consent.number < _MOST_ORDERS or consent.outcome is not None):
        return tried
    if consent.outcome is Outcome.GRANTED:
        return replace(tried, is_unheard=True)
    left = consent.operation if cause == _LAPSED else None
    return _ended(replace(tried, operation=left), end, cause, now)


def _concluded(consent: Consent, now: datetime) -> Consent:
    """The consent, granted if all is there that the terms ask for."""
    if consent.outcome is Outcome.GRANTED:
        return replace(consent, evidence=evidence_of(consent, now))
    if consent.outcome is not None or not _is_obtained(consent):
        if consent.outcome is None and consent.operation is None and consent.number >= _MOST_ORDERS:
            return _ended(consent, Outcome.UNASKED, f"after {_MOST_ORDERS} prompts not everyone has heard one", now)
        return consent
    covered = tuple(sorted({*consent.covered, *consent.present}))
    return replace(
        consent,
        covered=covered,
        outcome=Outcome.GRANTED,
        decided_at=now,
        reason="",
        evidence=evidence_of(consent, now),
        is_told=False,
        tries=0,
    )


def _is_obtained(consent: Consent) -> bool:
    if consent.operation is not None or not consent.reports:
        return False
    if consent.terms.minds_participants and consent.looked_at is None:
        return False
    if consent.terms.kind is ConsentKind.KEYPRESS:
        return not unasked(consent)
    return not consent.late


def unasked(consent: Consent) -> tuple[str, ...]:
    """Who must agree by a key and has not, of those who are in the call."""
    by_caller = consent.terms.must_agree is MustAgree.CALLER and consent.caller in consent.present
    wanted = (consent.caller,) if by_caller else consent.present
    agreed = set(chain.from_iterable(report.who for report in consent.reports))
    return tuple(who for who in wanted if who not in agreed)


def _attested(consent: Consent, fact: Attested, now: datetime) -> Consent:
    """The consent with a person's word for those who joined later."""
    if consent.outcome is not Outcome.GRANTED or not consent.late:
        return consent
    report = ConsentOperation(f"{ATTESTED}{fact.basis}", now, who=(fact.by, *consent.late))
    covered = tuple(sorted({*consent.covered, *consent.late}))
    after = replace(consent, reports=(*consent.reports, report), covered=covered, operation=None, is_unheard=False)
    if consent.is_over and _may_go_on(consent):  # it waits for this word, unless the next look finds it over again
        after = replace(after, is_over=False, looked_at=None, changes=consent.changes + 1)
    return replace(after, tries=0, evidence=evidence_of(after, now))


def _ended(consent: Consent, outcome: Outcome, reason: str, now: datetime) -> Consent:
    return replace(consent, outcome=outcome, reason=reason, decided_at=now)
