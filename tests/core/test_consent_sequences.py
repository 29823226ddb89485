"""Facts about a consent in any order: nothing is recorded without evidence, and everything ends."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from recording.core.consent import (
    Agreed,
    Ask,
    Attested,
    Began,
    CallOver,
    Consent,
    ConsentFact,
    Declined,
    Done,
    EvidenceNoted,
    HangUp,
    Lapse,
    Lapsed,
    LateJoiners,
    Looked,
    LookWho,
    MustAgree,
    NoteEvidence,
    NotPlayed,
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
    Silent,
    Start,
    StartRefused,
    Step,
    Tell,
    Told,
    Wait,
    Withdrawn,
    decide,
    is_closed,
    next_step,
)
from recording.core.model import ConsentKind, RecordingId
from tests.core.consents import MINUTE, NOW, consent

PEOPLE = ("phone-ann", "phone-bob", "acs-eve")
people = st.lists(st.sampled_from(PEOPLE), unique=True).map(tuple)
numbers = st.integers(0, 6)
outside = st.one_of(
    st.builds(Looked, people, st.sampled_from(["", *PEOPLE])),
    st.just(ParticipantsChanged()),
    st.builds(Played, numbers),
    st.builds(NotPlayed, numbers, st.just("PlayFailed")),
    st.builds(Lapsed, numbers),
    st.builds(Agreed, numbers, st.just("one")),
    st.builds(Declined, numbers),
    st.builds(Silent, numbers, st.just("no key")),
    st.just(CallOver()),
    st.just(Attested("key:x", "b")),
    st.just(Withdrawn("no")),
    st.just(StartRefused("404")),
)
consents = st.builds(
    consent,
    st.sampled_from([ConsentKind.ANNOUNCED, ConsentKind.KEYPRESS]),
    prompts=st.integers(1, 3),
    late_joiners=st.sampled_from(LateJoiners),
    must_agree=st.sampled_from(MustAgree),
    other_way=st.sampled_from(OtherWay),
)


def done(found: Consent, step: Step, present: tuple[str, ...]) -> ConsentFact | None:  # noqa: PLR0911 - one for each step
    """The fact that follows when a step is carried out; None if there is none to carry out."""
    match step:
        case LookWho():
            return Looked(present)
        case Play(operation) | Ask(operation):
            return Ordered(operation)
        case Lapse(number):
            return Lapsed(number)
        case Start():
            return Began(RecordingId("r"))
        case NoteEvidence(evidence):
            return EvidenceNoted(len(evidence.operations))
        case Pause() | Resume():
            return PauseChanged(is_paused=isinstance(step, Pause))
        case HangUp():
            return OtherWayGone()
        case Tell():
            return Told()
        case _:
            assert not isinstance(step, Start), found
            return None


@given(consents, st.lists(st.one_of(outside, st.just(None)), max_size=30), people)
def test_nothing_is_recorded_that_nobody_consented_to(
    found: Consent, happened: list[ConsentFact | None], present: tuple[str, ...]
) -> None:
    """A recording starts only on a report of an order that was outstanding, whatever else comes; None is a step."""
    heard: set[int] = set()
    for fact in happened:
        before = found
        step = next_step(found, NOW)
        said = done(found, step, present) if fact is None else fact
        if said is None:
            continue
        outstanding = found.operation.number if found.operation else None
        if isinstance(said, Played | Agreed) and said.number == outstanding:
            heard.add(said.number)
        found = decide(found, said, NOW)
        if isinstance(step, Start):
            assert heard
            assert step.evidence.operations
            assert Outcome.GRANTED is before.outcome
        if before.outcome in {Outcome.DECLINED, Outcome.WITHDRAWN}:
            assert found.outcome in {before.outcome, Outcome.WITHDRAWN}
        assert found.recording_id is None or found.evidence is not None


@given(consents, st.lists(outside, max_size=20), people)
def test_what_happened_twice_has_happened_once(
    found: Consent, happened: list[ConsentFact], present: tuple[str, ...]
) -> None:
    """Each report may be delivered again."""
    for fact in happened:
        step = done(found, next_step(found, NOW), present)
        found = found if step is None else decide(found, step, NOW)
        found = decide(found, fact, NOW)
        if not isinstance(fact, Attested):
            assert found == replace(decide(found, fact, NOW), changes=found.changes)  # which counts the deliveries


@given(consents, st.lists(outside, max_size=20), people)
def test_left_alone_everything_ends(found: Consent, happened: list[ConsentFact], present: tuple[str, ...]) -> None:
    """With no report at all, in a bounded number of steps and waits, unless nobody is there to be asked."""
    for fact in happened:
        found = decide(found, fact, NOW)
    now = NOW
    for _ in range(200):
        step = next_step(found, now)
        if isinstance(step, Done):
            assert is_closed(found, now)
            return
        if isinstance(step, Wait):
            now = step.until + timedelta(microseconds=1)
            continue
        said = done(found, step, present or PEOPLE)
        assert said is not None
        found = decide(found, said, now)
    raise AssertionError(found, now - NOW > MINUTE)
