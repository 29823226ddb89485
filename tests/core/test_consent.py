"""What a fact means for a consent, and what is done next."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

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
    LateJoiners,
    LookAgain,
    Looked,
    LookWho,
    MustAgree,
    NoteEvidence,
    NotPlayed,
    NotSent,
    Operation,
    OperationKind,
    Ordered,
    OtherWay,
    OtherWayGone,
    Outcome,
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
    Tell,
    Told,
    Wait,
    Withdrawn,
    attested_by,
    context_of,
    decide,
    granted_at_once,
    is_closed,
    next_step,
    pseudonym,
    read_context,
)
from recording.core.model import (
    APP,
    Attestation,
    CallConnectionId,
    ConsentEvidence,
    ConsentKind,
    Prompt,
    RecordingId,
)
from tests.core.consents import CONSENT_ID, MINUTE, NOW, PROMPT, consent, stepped, terms

KEYPRESS = ConsentKind.KEYPRESS
R = RecordingId("r")
ANN, BOB, EVE = "phone-ann", "phone-bob", "phone-eve"
NOTHING_OWED = Wait(NOW + MINUTE)
"""Of a recording that goes on: the next look who is in the call."""


def facts(found: Consent, *happened: ConsentFact) -> Consent:
    """One after the other, at the same time."""
    for fact in happened:
        found = decide(found, fact, NOW)
    return found


def announced(*people: str, **fields: Any) -> Consent:  # noqa: ANN401 - of any field
    """One whose announcement was played to these; who joined meanwhile is not known yet."""
    found, _ = stepped(consent(**fields), *people)
    return facts(found, Played(1, "report", "correlation"))


def granted(*people: str, **fields: Any) -> Consent:  # noqa: ANN401 - the same
    """One that is granted, and whose recording runs."""
    found, step = stepped(announced(*people, **fields), *people)
    assert isinstance(step, Start)
    return facts(found, Began(R))


# Announced


def test_nothing_starts_before_the_prompt_was_played() -> None:
    """It is played to those in the call, then awaited; then the evidence is there, and the recording starts."""
    found, step = stepped(consent(), ANN, BOB)

    assert Play(Operation(1, OperationKind.PLAY, NOW, (ANN, BOB))) == step
    assert isinstance(next_step(found, NOW), Wait)
    found, step = stepped(facts(found, Played(1, "report", "correlation")), ANN, BOB)
    assert Outcome.GRANTED is found.outcome
    assert isinstance(step, Start)
    (operation,) = step.evidence.operations
    assert ("played", context_of(CONSENT_ID, 1), "report", (ANN, BOB)) == (
        operation.what,
        operation.context,
        operation.event_id,
        operation.who,
    )
    assert ("en-US", "3", PROMPT.sha256) == (
        step.evidence.language,
        step.evidence.text_version,
        step.evidence.text_sha256,
    )
    assert NOTHING_OWED == next_step(facts(found, Began(R)), NOW)


def test_who_is_in_the_call_is_not_asked_where_it_does_not_matter() -> None:
    """So the recording starts as soon as the prompt was played."""
    found, step = stepped(consent(late_joiners=LateJoiners.GO_ON))
    assert isinstance(step, Play)

    assert isinstance(next_step(facts(found, Played(1)), NOW), Start)


def test_a_prompt_that_failed_never_starts_a_recording() -> None:
    """It is played again; after the last one a person is told, once, and nothing is recorded."""
    found = consent(prompts=3)
    for number in (1, 2, 3):
        found, step = stepped(found, ANN)
        assert isinstance(step, Play)
        found = facts(found, NotPlayed(number, "PlayFailed 500/8536"))

    assert (Outcome.UNASKED, "PlayFailed 500/8536", Tell()) == (found.outcome, found.reason, next_step(found, NOW))
    assert Done() == next_step(facts(found, Told()), NOW)
    assert found == facts(found, Played(3), Played(1))  # each was reported as failed


def test_a_report_that_is_lost_lets_it_be_played_again() -> None:
    """After a bounded wait, a bounded number of times; a clock that jumped back makes nothing lapse."""
    found, _ = stepped(consent(prompts=2), ANN)
    assert isinstance(next_step(found, NOW + MINUTE), Wait)
    assert isinstance(next_step(found, NOW - MINUTE), Wait)
    found, step = stepped(found, ANN, now=NOW + 2 * MINUTE)
    assert isinstance(step, Play)
    found, step = stepped(found, ANN, now=NOW + 4 * MINUTE)

    assert (Outcome.UNASKED, Tell()) == (found.outcome, step)


def test_a_late_report_of_the_last_prompt_still_counts() -> None:
    """Though a person was told: the announcement was made."""
    found, _ = stepped(consent(prompts=1), ANN)
    found = facts(found, Lapsed(1), Told())
    assert is_closed(found, NOW)
    found, step = stepped(facts(found, Lapsed(1), Played(1)), ANN)

    assert isinstance(step, Start)


def test_a_late_report_that_it_failed_changes_nothing() -> None:
    found, _ = stepped(consent(prompts=1), ANN)
    found = facts(found, Lapsed(1))

    assert found == facts(found, NotPlayed(1, "PlayFailed"))


@pytest.mark.parametrize("fact", [Played(0), Played(2), Agreed(1, "one"), Declined(1), Silent(1, "no key")], ids=str)
def test_a_report_of_another_order_changes_nothing(fact: ConsentFact) -> None:
    """One that is old, never sent, or of another kind."""
    found, _ = stepped(consent(), ANN)

    assert found == facts(found, fact)


def test_a_report_that_comes_twice_counts_once() -> None:
    found = announced(ANN)

    assert found == facts(found, Played(1, "again"))


def test_who_joins_in_the_prompt_and_stays_hears_another_one() -> None:
    """Before anything is recorded. The evidence names them for it, and the others for the first."""
    found, step = stepped(announced(ANN), ANN, EVE)
    assert Play(Operation(2, OperationKind.PLAY, NOW, (EVE,))) == step

    assert isinstance(stepped(facts(found, Played(2)), ANN, EVE)[1], Start)


def test_who_joins_and_leaves_in_the_prompt_changes_nothing() -> None:
    """Nobody is left who has not heard it."""
    found, _ = stepped(consent(), ANN)
    found = facts(found, ParticipantsChanged(), ParticipantsChanged(), Played(1))

    assert isinstance(stepped(found, ANN)[1], Start)


def test_joining_without_end_ends() -> None:
    """After so many prompts a person is told."""
    found = consent()
    for number in range(1, 51):
        found, step = stepped(found, ANN, f"phone-{number}")
        assert isinstance(step, Play), number
        found = facts(found, Played(number))
    found, step = stepped(found, ANN, "phone-new")

    assert (Outcome.UNASKED, Tell()) == (found.outcome, step)


def test_many_failures_among_them_end_too() -> None:
    found, _ = stepped(replace(consent(), number=49), ANN)
    found = facts(found, NotPlayed(50, "PlayFailed"))

    assert Outcome.UNASKED is found.outcome


# Keypress


def test_everyone_is_asked_one_after_the_other() -> None:
    """All of them must agree; the evidence says which key each pressed."""
    found, step = stepped(consent(KEYPRESS), ANN, BOB)
    assert Ask(Operation(1, OperationKind.ASK, NOW, (ANN,))) == step
    found, step = stepped(facts(found, Agreed(1, "one", "report")), ANN, BOB)
    assert Ask(Operation(2, OperationKind.ASK, NOW, (BOB,))) == step
    found, step = stepped(facts(found, Agreed(2, "one")), ANN, BOB)

    assert isinstance(step, Start)
    assert [((ANN,), "one"), ((BOB,), "one")] == [(one.who, one.tone) for one in step.evidence.operations]


def test_one_who_declines_ends_it() -> None:
    """Whoever agreed before; nothing is recorded, and the call goes on."""
    found, _ = stepped(consent(KEYPRESS), ANN, BOB)
    found, _ = stepped(facts(found, Agreed(1, "one")), ANN, BOB)
    found = facts(found, Declined(2))

    assert (Outcome.DECLINED, Done()) == (found.outcome, next_step(found, NOW))
    assert found == facts(found, Agreed(2, "one"), ParticipantsChanged(), Attested("key:x", "b"))


@pytest.mark.parametrize(("last", "outcome"), [(Declined(3), Outcome.DECLINED), (Silent(3, "none"), Outcome.SILENT)])
def test_the_rules_other_way_is_gone_once(last: ConsentFact, outcome: Outcome) -> None:
    """After nobody agreed."""
    found = consent(KEYPRESS, other_way=OtherWay.HANG_UP)
    for fact in (Silent(1, "none"), Silent(2, "another key"), last):
        found, step = stepped(found, ANN)
        assert isinstance(step, Ask)
        found = facts(found, fact)

    assert (outcome, HangUp()) == (found.outcome, next_step(found, NOW))
    assert Done() == next_step(facts(found, OtherWayGone()), NOW)
    assert Done() == next_step(facts(found, CallOver()), NOW)


@pytest.mark.parametrize("report", [Played(2), NotPlayed(2, "busy"), Lapsed(2)], ids=str)
@pytest.mark.parametrize("way", OtherWay)
def test_the_other_way_begins_with_its_prompt(report: ConsentFact, way: OtherWay) -> None:
    """Played once, to all; if it cannot be played the other way is gone all the same."""
    sorry = Prompt("Goodbye.", "en-US", "1")
    found, _ = stepped(consent(KEYPRESS, other_way=way, other_prompt=sorry, prompts=1), ANN)
    found, step = stepped(facts(found, Declined(1)), ANN)

    assert isinstance(step, Say)
    assert sorry == found.prompt_of(step.operation)
    assert isinstance(next_step(found, NOW), Wait)
    assert found == facts(found, Played(1), Agreed(1, "one"))
    found = facts(found, report)
    assert (Outcome.DECLINED, None) == (found.outcome, found.operation)
    assert (HangUp() if way is OtherWay.HANG_UP else Done()) == next_step(found, NOW)


def test_the_prompt_of_the_other_way_is_given_up() -> None:
    """When no report of it has come for long; nobody is kept in the call for it."""
    found, _ = stepped(consent(KEYPRESS, other_prompt=PROMPT, prompts=1), ANN)
    found, step = stepped(facts(found, Silent(1, "none")), ANN)
    assert isinstance(step, Say)

    assert Lapse(2) == next_step(found, NOW + 10 * MINUTE)
    assert Done() == next_step(facts(found, CallOver()), NOW)


def test_an_order_plays_what_the_terms_have() -> None:
    found, step = stepped(consent(), ANN)
    assert isinstance(step, Play)

    assert PROMPT == found.prompt_of(step.operation)
    with pytest.raises(ValueError, match="no other is ordered"):
        found.prompt_of(replace(step.operation, kind=OperationKind.SAY))


def test_a_prompt_that_nobody_could_hear_is_no_silence() -> None:
    """A person is told."""
    found = consent(KEYPRESS, prompts=1)
    found, _ = stepped(found, ANN)

    assert Outcome.UNASKED is facts(found, NotPlayed(1, "RecognizeFailed 500/8511")).outcome


def test_the_key_of_the_caller_may_be_enough() -> None:
    """And of everyone, where the caller is not among them."""
    wanted = consent(KEYPRESS, must_agree=MustAgree.CALLER)
    found, step = stepped(wanted, ANN, BOB, caller=BOB)
    assert isinstance(step, Ask)
    assert (BOB,) == step.operation.who
    assert isinstance(stepped(facts(found, Agreed(1, "one")), ANN, BOB, caller=BOB)[1], Start)
    found, step = stepped(wanted, ANN, caller=EVE)

    assert isinstance(step, Ask)
    assert (ANN,) == step.operation.who


def test_who_leaves_need_not_agree() -> None:
    """If somebody else has."""
    found, _ = stepped(consent(KEYPRESS), ANN, BOB)

    assert isinstance(stepped(facts(found, Agreed(1, "one")), ANN)[1], Start)


def test_while_nobody_is_listed_it_is_looked_again() -> None:
    """So that a list that comes late is found, without an event."""
    found, step = stepped(consent(KEYPRESS))
    assert Wait(NOW + MINUTE) == step

    assert LookWho() == next_step(found, NOW + MINUTE)
    assert isinstance(stepped(facts(found, ParticipantsChanged()), ANN)[1], Ask)


# The end of the call


def test_a_call_that_ends_before_is_not_recorded() -> None:
    found = facts(stepped(consent(), ANN)[0], CallOver())

    assert (Outcome.SILENT, Done()) == (found.outcome, next_step(found, NOW))
    assert found == facts(found, Played(1), ParticipantsChanged())


def test_a_call_that_ends_after_consent_ends_the_asking() -> None:
    found = facts(granted(ANN), CallOver())

    assert Done() == next_step(found, NOW)
    found = facts(found, ParticipantsChanged())  # which says that it goes on: the service is asked once more
    assert LookWho() == next_step(found, NOW)
    assert Done() == next_step(facts(found, CallOver()), NOW)
    assert Done() == next_step(facts(stepped(announced(ANN), ANN)[0], CallOver()), NOW)


def test_a_start_that_is_refused_is_not_tried_for_ever() -> None:
    found = facts(stepped(announced(ANN), ANN)[0], StartRefused("404 Call not found."))

    assert Done() == next_step(found, NOW)


# Who joins later


def test_who_joins_later_is_announced_to() -> None:
    """The evidence grows, and goes into the entry."""
    found, step = stepped(facts(granted(ANN), ParticipantsChanged()), ANN, EVE)
    assert isinstance(step, Play)
    found, step = stepped(facts(found, Played(2, "again")), ANN, EVE)
    assert isinstance(step, NoteEvidence)

    assert 2 == len(step.evidence.operations)
    assert NOTHING_OWED == stepped(facts(found, EvidenceNoted(2)), ANN, EVE)[1]


def test_who_cannot_be_announced_to_pauses_the_recording() -> None:
    """A person is told; it goes on when they have left."""
    found, step = stepped(facts(granted(ANN, prompts=1), ParticipantsChanged()), ANN, EVE)
    assert isinstance(step, Play)
    found = facts(found, NotPlayed(2, "PlayFailed"))
    assert Pause() == next_step(found, NOW)
    found = facts(found, PauseChanged(is_paused=True))
    assert Tell() == next_step(found, NOW)
    found = facts(found, Told())
    assert NOTHING_OWED == next_step(found, NOW)
    found, step = stepped(facts(found, ParticipantsChanged()), ANN)
    assert Resume() == step

    assert NOTHING_OWED == next_step(facts(found, PauseChanged(is_paused=False)), NOW)


def test_what_others_have_resumed_is_paused_again_also_in_a_call_that_was_said_to_be_over() -> None:
    """That it records shows that it is not."""
    wanted = granted(ANN, late_joiners=LateJoiners.PAUSE_UNTIL_ATTESTED)
    found, _ = stepped(facts(wanted, ParticipantsChanged()), ANN, EVE)
    found = facts(found, PauseChanged(is_paused=True), CallOver())
    assert Done() == next_step(found, NOW)
    assert found == facts(found, PauseChanged(is_paused=True))

    assert Pause() == next_step(facts(found, PauseChanged(is_paused=False)), NOW)


def test_an_order_that_the_service_could_not_take_yet_is_no_try() -> None:
    found, step = stepped(facts(granted(ANN, prompts=1), ParticipantsChanged()), ANN, EVE)
    assert isinstance(step, Play)
    after = facts(found, NotSent(2))
    assert (None, found.tries) == (after.operation, after.tries)
    assert after == facts(after, NotSent(2))
    assert found == facts(found, NotSent(1))

    assert isinstance(next_step(after, NOW), Play)


def test_a_report_that_is_awaited_for_late_joiners_lapses() -> None:
    """It is played again, as before the start."""
    found, _ = stepped(facts(granted(ANN), ParticipantsChanged()), ANN, EVE)
    assert isinstance(next_step(found, NOW), Wait)

    assert isinstance(stepped(found, ANN, EVE, now=NOW + 2 * MINUTE)[1], Play)


def test_until_somebody_attests_the_recording_is_paused() -> None:
    """What is attested is evidence."""
    wanted = granted(ANN, late_joiners=LateJoiners.PAUSE_UNTIL_ATTESTED)
    found, step = stepped(facts(wanted, ParticipantsChanged()), ANN, EVE)
    assert Pause() == step
    found = facts(found, PauseChanged(is_paused=True))
    assert NOTHING_OWED == next_step(found, NOW)
    found = facts(found, Attested("key:x", "she said yes"))
    step = next_step(found, NOW)
    assert isinstance(step, NoteEvidence)
    assert ("attested: she said yes", ("key:x", EVE)) == (
        step.evidence.operations[-1].what,
        step.evidence.operations[-1].who,
    )
    noted = [attested_by(step.evidence.operations[since:]) for since in range(3)]
    assert ["key:x", "key:x", APP] == noted
    assert ["", "she said yes"] == [operation.attested for operation in step.evidence.operations]
    found = facts(found, EvidenceNoted(2))

    assert Resume() == next_step(found, NOW)
    assert found == facts(found, Attested("key:y", "again"))


def test_an_empty_list_says_of_nobody_that_they_have_left_while_it_is_paused() -> None:
    """A call that goes on has somebody in it."""
    wanted = granted(ANN, late_joiners=LateJoiners.PAUSE_UNTIL_ATTESTED)
    found, _ = stepped(facts(wanted, ParticipantsChanged()), ANN, EVE)
    found = facts(found, PauseChanged(is_paused=True), ParticipantsChanged())

    assert (ANN, EVE) == facts(found, Looked(())).present
    assert Resume() == next_step(facts(found, Looked((ANN,))), NOW)


def test_an_attestation_reopens_what_was_said_to_be_over() -> None:
    """Whether it is, the next look says."""
    wanted = granted(ANN, late_joiners=LateJoiners.PAUSE_UNTIL_ATTESTED)
    found, _ = stepped(facts(wanted, ParticipantsChanged()), ANN, EVE)
    found = facts(found, PauseChanged(is_paused=True), CallOver(), Attested("key:x", "she said yes"))
    assert isinstance(next_step(found, NOW), NoteEvidence)
    found = facts(found, EvidenceNoted(2))

    assert LookWho() == next_step(found, NOW)
    assert Resume() == next_step(facts(found, Looked((ANN, EVE))), NOW)


def test_who_joins_later_may_not_matter() -> None:
    """The event is not even looked into, and nobody looks without one."""
    found = granted(late_joiners=LateJoiners.GO_ON)

    assert found == facts(found, ParticipantsChanged())
    assert Done() == next_step(found, NOW + 9 * MINUTE)


def test_while_it_is_recorded_it_is_looked_again_who_is_there() -> None:
    """Also by a clock that runs behind that of the last look; and no more once the call is over."""
    found = granted(ANN)

    assert NOTHING_OWED == next_step(found, NOW + 0.9 * MINUTE)
    assert [LookAgain()] * 2 == [next_step(found, NOW + MINUTE), next_step(found, NOW - MINUTE)]
    assert not is_closed(found, NOW)
    later, step = stepped(decide(found, Looked((ANN,)), NOW + 9 * MINUTE), ANN, now=NOW + 9 * MINUTE)
    assert Wait(NOW + 10 * MINUTE) == step
    assert is_closed(facts(later, CallOver()), NOW)


# Withdrawal


def test_after_a_withdrawal_nothing_starts_and_nothing_goes_on() -> None:
    """Whenever it comes."""
    for found in (consent(), announced(ANN), stepped(announced(ANN), ANN)[0], granted(ANN)):
        after = facts(found, Withdrawn("no more"))
        assert (Outcome.WITHDRAWN, Done()) == (after.outcome, next_step(after, NOW))
        assert Done() == next_step(facts(after, CallOver(), Played(1), Looked((ANN, EVE)), Began(R)), NOW)
        assert after == facts(after, Withdrawn("again"))


# Values


def test_what_asks_nobody_is_granted_at_once() -> None:
    """With a reason, or with somebody's word."""
    attested = ConsentTerms(ConsentKind.ATTESTED, "the rule", attestation=Attestation("a form", "desk 4", NOW - MINUTE))

    assert ConsentEvidence(ConsentKind.NOT_NEEDED, "a test line", NOW) == granted_at_once(
        ConsentTerms(ConsentKind.NOT_NEEDED, "a test line"), NOW
    )
    assert ConsentEvidence(ConsentKind.ATTESTED, "a form", NOW, "desk 4", NOW - MINUTE) == granted_at_once(
        attested, NOW
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"basis": " "},
        {"prompt": None},
        {"kind": ConsentKind.NOT_NEEDED},
        {"kind": ConsentKind.NOT_NEEDED, "prompt": None, "other_prompt": PROMPT},
        {"kind": ConsentKind.ATTESTED, "prompt": None},
        {"attestation": Attestation("b", "x", NOW)},
        {"agree": "two"},
        {"agree": "1"},
        {"prompts": 0},
        {"prompts": 11},
        {"silence": timedelta()},
        {"silence": timedelta(hours=1)},
    ],
    ids=str,
)
def test_terms_that_make_no_sense_cannot_be_made(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=" "):
        replace(terms(), **fields)


@pytest.mark.parametrize(
    "fields",
    [
        {"text": " "},
        {"language": ""},
        {"version": ""},
        {"url": "http://a/b.wav"},
        {"url": "https://a/b.wav?sig=secret"},
        {"url": "https://user@a/b.wav"},
        {"url": "https://a\\.b/c.wav"},
    ],
    ids=str,
)
def test_a_prompt_that_makes_no_sense_or_has_a_secret_cannot_be_made(fields: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="prompt"):
        replace(PROMPT, **fields)


def test_a_consent_that_makes_no_sense_cannot_be_made() -> None:
    """Without a connection; granted, or with a recording, without evidence."""
    for fields in (
        {"connection_id": CallConnectionId("")},
        {"terms": ConsentTerms(ConsentKind.NOT_NEEDED, "b")},
        {"outcome": Outcome.GRANTED},
        {"recording_id": R},
    ):
        with pytest.raises(ValueError, match=" "):
            replace(consent(), **fields)
    assert CallConnectionId("connection") == consent().connection_id


def test_a_prompt_is_given_by_its_words_or_a_file() -> None:
    """Its digest is that of the words."""
    assert Prompt("a", "en", "1").sha256 == Prompt("a", "en", "1", "https://a.example/b.wav").sha256


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "ours",
        "consent.1",
        f"consent.1.{'0' * 32}",
        context_of("another", 1),
        context_of(CONSENT_ID, 1).replace(".1.", ".2."),
        f"{context_of(CONSENT_ID, 1)}0",
    ],
)
def test_a_context_that_is_not_ours_is_read_as_none(text: str | None) -> None:
    """One that is malformed, of another order, or of another consent."""
    assert read_context(CONSENT_ID, text) is None


def test_a_context_says_which_order_of_which_consent() -> None:
    assert 7 == read_context(CONSENT_ID, context_of(CONSENT_ID, 7))
    assert CONSENT_ID not in context_of(CONSENT_ID, 7)


@pytest.mark.parametrize(
    ("raw_id", "kind"),
    [
        ("4:+4930123", "phoneNumber"),
        ("8:acs:a_b", "communicationUser"),
        ("8:orgid:a", "teamsUser"),
        ("8:teamsvisitor:a", "teamsVisitor"),
        ("28:orgid:a", "teamsApp"),
        ("anything\ud800", "unknown"),
    ],
)
def test_a_participant_is_named_by_kind_and_keyed_hash(raw_id: str, kind: str) -> None:
    """Another secret, call or participant has another name, and none contains the id."""
    name = pseudonym("secret", "key", raw_id)

    assert kind == name.partition("-")[0]
    assert raw_id[3:] not in name
    assert name == pseudonym("secret", "key", raw_id)
    others = {pseudonym("s", "key", raw_id), pseudonym("secret", "k", raw_id), pseudonym("secret", "key", f"{raw_id}1")}
    assert 3 == len(others - {name})


def test_an_order_that_is_not_the_next_is_not_stored() -> None:
    """Of two workers that want to send one, only the first does."""
    found, step = stepped(consent(), ANN)
    assert isinstance(step, Play)

    assert found == facts(found, Ordered(replace(step.operation, number=2)), Ordered(step.operation))
