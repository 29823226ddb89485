"""Consent in the entry of a recording: noted with the start, extended, withdrawn."""

from dataclasses import replace
from datetime import timedelta

import pytest

from recording.core.formats.consents import consent_view, shown_consent
from recording.core.lifecycle import (
    Consented,
    ConsentWithdrawn,
    Ordered,
    Paused,
    Started,
    Stopped,
    decide,
    with_opening,
    withdrawal_owed,
)
from recording.core.lifecycle.wholeness import FULL
from recording.core.model import (
    Actor,
    CatalogEntry,
    ChunkState,
    ConsentEvidence,
    ConsentKind,
    ConsentOperation,
    Recording,
    RecordingId,
    RecordingState,
    Withdrawal,
    WithdrawnConsent,
)
from recording.core.watching import Limits, look
from tests.core.consents import NOW
from tests.core.entries_of import chunk, entry_of
from tests.use_cases.desks import WAV

R = RecordingId("r")
BY = Actor("key:somebody")
PLAYED = ConsentOperation("played", NOW, "consent.1.1", "event", "correlation", ("phone-1",))
EVIDENCE = ConsentEvidence(ConsentKind.ANNOUNCED, "b", NOW, "", NOW, "en-US", "3", "ab", (PLAYED,), "key")


def started(consent: ConsentEvidence | None = EVIDENCE) -> CatalogEntry:
    """A recording that has just started."""
    return decide(None, Started(R, WAV, consent=consent), NOW).entry


def test_a_recording_has_the_evidence_from_its_start() -> None:
    """A repeated start does not replace it; the history names the kind."""
    found = decide(started(), Started(R, WAV, consent=replace(EVIDENCE, basis="other")), NOW).entry

    assert EVIDENCE == found.recording.consent
    assert "audio-mixed-wav; consent announced" == found.recording.history[0].detail
    assert "audio-mixed-wav" == started(None).recording.history[0].detail


def test_consent_is_extended() -> None:
    """By what was played to those who joined later."""
    more = replace(EVIDENCE, operations=(PLAYED, replace(PLAYED, context="consent.1.2")))
    found = decide(started(), Consented(more), NOW).entry

    assert more == found.recording.consent
    assert "played" == found.recording.history[-1].detail
    assert "" == decide(started(), Consented(replace(EVIDENCE, operations=())), NOW).entry.recording.history[-1].detail


def test_a_withdrawal_marks_what_lies_before_it() -> None:
    """The first one counts, and says who and when."""
    found = decide(started(), ConsentWithdrawn("no more"), NOW, BY).entry
    again = decide(found, ConsentWithdrawn(), NOW + timedelta(minutes=1), Actor("key:other")).entry

    assert WithdrawnConsent(NOW, BY, "no more") == found.recording.withdrawn == again.recording.withdrawn
    assert ("no more", BY) == (found.recording.history[-1].detail, found.recording.history[-1].by)


def test_a_withdrawal_opens_a_row_that_is_looked_at_soon() -> None:
    """Until the recording is stopped: the row from before may be looked at hours later."""
    running = with_opening(None, started())
    withdrawn = with_opening(running, decide(running, ConsentWithdrawn(), NOW, BY).entry)
    stopped = with_opening(withdrawn, decide(withdrawn, Stopped(), NOW).entry)

    assert running.recording.opening.number < withdrawn.recording.opening.number < stopped.recording.opening.number


@pytest.mark.parametrize(
    ("state", "wanted", "owed"),
    [
        (RecordingState.STARTED, Withdrawal.STOP, Withdrawal.STOP),
        (RecordingState.PAUSED, Withdrawal.STOP, Withdrawal.STOP),
        (RecordingState.STARTED, Withdrawal.PAUSE, Withdrawal.PAUSE),
        (RecordingState.PAUSED, Withdrawal.PAUSE, None),
        (RecordingState.STARTED, None, Withdrawal.STOP),
        (RecordingState.STOPPED, Withdrawal.STOP, None),
    ],
)
def test_a_withdrawal_stops_or_pauses_what_runs(
    state: RecordingState, wanted: Withdrawal | None, owed: Withdrawal | None
) -> None:
    """As its terms say; without terms it is stopped."""
    evidence = ConsentEvidence(ConsentKind.ATTESTED, "b", NOW, on_withdrawal=wanted) if wanted else None
    recording = Recording(R, state, consent=evidence, withdrawn=WithdrawnConsent(NOW, BY))

    assert owed is withdrawal_owed(CatalogEntry(recording))
    assert withdrawal_owed(CatalogEntry(replace(recording, withdrawn=None))) is None


def long_recording(wanted: Withdrawal) -> CatalogEntry:
    """A recording of many hours: it goes on, and its first chunk is archived. Consent was withdrawn."""
    full = chunk(0, ChunkState.RELEASED, end_reason=FULL)
    begun = started(replace(EVIDENCE, on_withdrawal=wanted))
    whole = replace(begun, recording=replace(begun.recording, state=RecordingState.RELEASED), chunks=(full,))
    return with_opening(whole, decide(whole, ConsentWithdrawn(), NOW, BY).entry)


def test_a_withdrawal_stops_a_recording_of_many_hours() -> None:
    """Its state is that of its chunks and does not say whether it runs. It is owed until a stop was answered."""
    found = long_recording(Withdrawal.STOP)
    ordered = decide(found, Ordered(RecordingState.STOPPED), NOW, BY).entry
    stopped = with_opening(ordered, decide(ordered, Stopped(), NOW, BY).entry)

    assert (Withdrawal.STOP, Withdrawal.STOP) == (withdrawal_owed(found), withdrawal_owed(ordered))
    assert withdrawal_owed(stopped) is None
    assert found.recording.opening.at is not None
    assert found.recording.opening != stopped.recording.opening


def test_a_stop_that_was_answered_long_ago_is_none_of_what_runs() -> None:
    """A wrong answer has once said that it was over; the stop that is ordered now was not answered."""
    found = long_recording(Withdrawal.STOP)
    denied = replace(found, recording=replace(found.recording, stopped_at=NOW))

    assert Withdrawal.STOP is withdrawal_owed(denied)
    assert Withdrawal.STOP is withdrawal_owed(decide(denied, Ordered(RecordingState.STOPPED), NOW, BY).entry)


def test_a_withdrawal_pauses_a_recording_of_many_hours() -> None:
    """But if somebody has ordered to stop it, it is stopped."""
    found = long_recording(Withdrawal.PAUSE)
    ordered = decide(found, Ordered(RecordingState.STOPPED), NOW, BY).entry

    assert (Withdrawal.PAUSE, Withdrawal.STOP) == (withdrawal_owed(found), withdrawal_owed(ordered))
    assert withdrawal_owed(decide(found, Paused(), NOW, BY).entry) is None


def test_of_a_recording_that_has_ended_nothing_is_owed() -> None:
    found = long_recording(Withdrawal.STOP)
    last = chunk(1, ChunkState.RELEASED, end_reason="SessionEnded")

    assert withdrawal_owed(replace(found, chunks=(*found.chunks, last))) is None


def test_what_a_withdrawal_owes_is_looked_at_by_every_sweep() -> None:
    limits = Limits(timedelta(hours=24), timedelta(hours=1), timedelta(minutes=15))

    assert NOW == look(long_recording(Withdrawal.STOP), NOW, NOW, limits).again_at


def test_a_manifest_that_does_not_say_it_is_followed_by_another() -> None:
    """Whichever of the two comes after its completion."""
    whole = entry_of(chunk(0, ChunkState.RELEASED))
    done = replace(whole, recording=replace(whole.recording, completed_at=NOW, state=RecordingState.RELEASED))
    for fact in (Consented(EVIDENCE), ConsentWithdrawn()):
        found = decide(done, fact, NOW).entry.recording
        assert (None, done.recording.revision + 1) == (found.completed_at, found.revision)


def test_consent_is_shown_without_names_of_participants() -> None:
    """With all that proves it, and the withdrawal."""
    found = decide(started(), ConsentWithdrawn("no more"), NOW, BY).entry.recording

    assert consent_view(found) == {
        "kind": "announced",
        "basis": "b",
        "notedAt": "2026-03-01T12:00:00Z",
        "by": None,
        "at": "2026-03-01T12:00:00Z",
        "prompt": {"language": "en-US", "version": "3", "sha256": "ab"},
        "operations": [
            {
                "what": "played",
                "at": "2026-03-01T12:00:00Z",
                "operationContext": "consent.1.1",
                "eventId": "event",
                "correlationId": "correlation",
                "who": ["phone-1"],
                "tone": None,
            }
        ],
        "key": "key",
        "withdrawnAt": "2026-03-01T12:00:00Z",
        "withdrawnBy": BY,
        "withdrawnFor": "no more",
    }


def test_the_state_of_a_recording_names_participants_by_their_kind_alone() -> None:
    """Nobody is on record as having read it. Whoever attests is named, as in every act."""
    evidence = started().recording.consent
    assert evidence is not None
    attested = ConsentOperation("attested: said yes", NOW, who=(BY, "phoneNumber-2", "teams-user-3"))
    operations = (*evidence.operations, attested)
    recording = replace(started().recording, consent=replace(evidence, operations=operations))

    shown, whole = shown_consent(recording), consent_view(recording)
    assert shown is not None
    assert whole is not None
    assert [["phone-1"], list(attested.who)] == [one["who"] for one in whole["operations"]]
    kinds = (["phone"], [BY, "phoneNumber", "teams-user"])
    named = [{**one, "who": who} for one, who in zip(whole["operations"], kinds, strict=True)]
    assert {**whole, "operations": named} == shown
    assert shown_consent(started(None).recording) is None


def test_what_is_not_known_of_consent_is_null() -> None:
    """Nothing at all where no rule asked; a withdrawal also without evidence."""
    assert consent_view(started(None).recording) is None
    attested = consent_view(started(ConsentEvidence(ConsentKind.ATTESTED, "b", NOW, "desk 4")).recording)
    assert attested is not None
    assert (None, "desk 4", [], None) == (
        attested["prompt"],
        attested["by"],
        attested["operations"],
        attested["withdrawnAt"],
    )
    withdrawn = consent_view(decide(started(None), ConsentWithdrawn(), NOW, BY).entry.recording)
    assert withdrawn is not None
    assert (BY, None) == (withdrawn["withdrawnBy"], withdrawn["withdrawnFor"])
