"""What a person's decision about a chunk does in every state."""

from dataclasses import replace
from datetime import datetime

import pytest

from recording.core.lifecycle import (
    AcceptCopy,
    Compared,
    CopyChunk,
    Decided,
    Fact,
    Failed,
    GivenUp,
    Quarantined,
    decide,
    next_step,
    refusal,
    refusal_of_giving_up,
)
from recording.core.model import (
    Actor,
    Alarm,
    Alert,
    CatalogEntry,
    Chunk,
    ChunkState,
    Door,
    Place,
    Recording,
    RecordingState,
    Ruling,
    Unread,
)
from tests.core.entries_of import (
    COMPARISON,
    NOW,
    RECORDING_ID,
    UNERASED,
    announced,
    archived,
    candidate,
    chunk,
    chunk_facts,
    document,
    entry_of,
    failure,
    proof,
)

C = ChunkState
PERSON = Actor("a person")


def chunks() -> dict[str, Chunk]:
    quarantined = chunk(0, C.QUARANTINED, apart=True)
    return {
        "announced": chunk(0),
        "failed": replace(chunk(0), failures=(("source_busy", 1),)),
        "archived": chunk(0, C.ARCHIVED),
        "released": chunk(0, C.RELEASED),
        "kept": chunk(0, C.KEPT),
        "quarantined": quarantined,
        "undecided": replace(quarantined, look_at=None),
        "without a copy": chunk(0, C.QUARANTINED),
        "not brought home": replace(quarantined, apart=None, look_at=None, overflow=proof(place=Place.OVERFLOW)),
        "accepted": replace(quarantined, look_at=None, is_accepted=True),
        "lost": chunk(0, C.LOST),
        "lost with a copy": chunk(0, C.LOST, apart=True),
        "given up": replace(chunk(0, C.LOST, apart=True), is_given_up=True),
    }


EXPECTED = """
chunk               retry      accept       give-up
announced           announced  refused      refused
failed              announced  refused      lost
archived            archived   refused      refused
released            refused    refused      refused
kept                refused    refused      refused
quarantined         announced  accepted     lost
undecided           announced  accepted     lost
without-a-copy      announced  refused      lost
not-brought-home    announced  refused      lost
accepted            announced  accepted     lost
lost                announced  refused      refused
lost-with-a-copy    announced  accepted     refused
given-up            announced  accepted     refused
"""


def decided(before: CatalogEntry, ruling: Ruling) -> CatalogEntry:
    return decide(before, Decided(document(0), ruling, "I listened"), NOW, PERSON).entry


def given_up(entry: CatalogEntry) -> CatalogEntry:
    return decide(entry, GivenUp("a test"), NOW, Actor("key:Ada")).entry


@pytest.mark.parametrize("state", UNERASED)
@pytest.mark.parametrize("door", Door)
@pytest.mark.parametrize("requested_at", [None, NOW])
def test_only_what_the_function_key_alone_holds_open_is_given_up_as_a_whole(
    state: RecordingState, door: Door, requested_at: datetime | None
) -> None:
    """Everything else stays as it is, and it is said why."""
    entry = CatalogEntry(
        Recording(
            RECORDING_ID, state, announced_at=NOW, requested_at=requested_at, unread=(Unread("event", "no", door=door),)
        )
    )
    after = given_up(entry)
    is_given_up = state is RecordingState.ANNOUNCED and door is Door.FUNCTION_KEY and requested_at is None
    assert is_given_up == (after != entry) == (not refusal_of_giving_up(entry))
    if is_given_up:
        assert RecordingState.LOST is after.recording.state
        assert (Alert(Alarm.LOST, "given up by a person: a test"),) == after.recording.untold


def test_a_recording_with_chunks_is_not_given_up_as_a_whole() -> None:
    entry = entry_of(chunk(0))
    assert entry == given_up(entry)
    assert "chunks" in refusal_of_giving_up(entry)


@pytest.mark.parametrize("line", EXPECTED.strip().splitlines()[1:])
def test_a_decision_in_every_state(line: str) -> None:
    """It leads to the state in the table, and a message is queued; or it is refused, with a reason."""
    name, *expected = line.split()
    standing = chunks()[name.replace("-", " ")]
    before = entry_of(standing)
    for ruling, state in zip(Ruling, expected, strict=True):
        decision = decide(before, Decided(document(0), ruling, "I listened"), NOW, PERSON)
        (after,) = decision.entry.chunks
        if state == "refused":
            assert refusal(standing, ruling)
            assert (before, ()) == (decision.entry, decision.steps)
            continue
        assert "" == refusal(standing, ruling)
        assert (document(0),) == decision.steps
        assert state == ("accepted" if after.is_accepted else after.state)
        assert (after.is_given_up, after.tries, after.look_at) == (ruling is Ruling.GIVE_UP, 0, None)
        assert after.apart == standing.apart


def test_who_decided_and_why_is_kept() -> None:
    (line,) = decided(entry_of(chunk(0)), Ruling.RETRY).recording.history
    assert ("Decided", PERSON, "retry: I listened", document(0)) == (line.what, line.by, line.detail, line.document_id)


def test_what_is_given_up_is_told_as_lost() -> None:
    (alert,) = decided(entry_of(chunks()["failed"]), Ruling.GIVE_UP).recording.untold
    assert (Alarm.LOST, "given up by a person: I listened") == (alert.alarm, alert.reason)


def test_an_accepted_copy_is_archived_next_and_a_retried_chunk_copied() -> None:
    accepted = decided(entry_of(chunks()["undecided"]), Ruling.ACCEPT)
    retried = decided(entry_of(chunks()["undecided"]), Ruling.RETRY)

    assert AcceptCopy() == next_step(accepted, document(0), NOW)
    assert isinstance(next_step(retried, document(0), NOW), CopyChunk)


@pytest.mark.parametrize(
    "fact",
    [
        archived(0),
        Quarantined(document(0), ("it is gone",), None),
        Decided(document(0), Ruling.RETRY, "the source is right"),
        Decided(document(0), Ruling.GIVE_UP, "it is a test"),
    ],
    ids=["archived", "in doubt", "retry", "give up"],
)
def test_what_was_compared_of_an_accepted_copy_is_noted_until_that_is_over(fact: Fact) -> None:
    accepted = entry_of(replace(chunk(0, C.QUARANTINED, apart=True), look_at=None, is_accepted=True, tries=3))
    known = decide(accepted, Compared(document(0), COMPARISON), NOW).entry

    assert (COMPARISON, 0) == (known.chunks[0].compared, known.chunks[0].tries)
    assert AcceptCopy() == next_step(known, document(0), NOW)
    assert () == known.recording.history
    assert decide(known, fact, NOW).entry.chunks[0].compared is None


def test_what_a_slow_worker_has_compared_of_another_copy_is_not_noted() -> None:
    """The person has accepted another one meanwhile: else that copy's digest would vouch for the first one's bytes."""
    accepted = entry_of(replace(chunk(0, C.QUARANTINED, apart=True), look_at=None, is_accepted=True))
    late = Compared(document(0), replace(COMPARISON, accepted="cd" * 32))

    assert accepted.chunks == decide(accepted, late, NOW).entry.chunks


def test_a_person_who_accepts_what_the_function_key_named_is_not_overruled() -> None:
    """Event Grid names another location; the person has decided which bytes it is."""
    by_key = candidate(0, host="other", door=Door.FUNCTION_KEY)
    one = replace(chunk(0, C.QUARANTINED, apart=True), look_at=None, is_accepted=True)
    accepted = entry_of(replace(one, candidates=(candidate(0), by_key)))
    after = decide(accepted, replace(archived(0), candidate=by_key), NOW).entry

    assert (C.ARCHIVED, ()) == (after.chunks[0].state, after.recording.untold)


def test_an_accepted_copy_that_is_archived_is_accepted_no_longer() -> None:
    after = decide(decided(entry_of(chunks()["undecided"]), Ruling.ACCEPT), archived(0), NOW).entry
    assert (C.ARCHIVED, False) == (after.chunks[0].state, after.chunks[0].is_accepted)


def test_an_accepted_copy_that_is_found_wrong_waits_for_a_person_again() -> None:
    doubt = Quarantined(document(0), ("it has changed",), None)
    after = decide(decided(entry_of(chunks()["undecided"]), Ruling.ACCEPT), doubt, NOW).entry
    assert (True, ("it has changed",)) == (after.chunks[0].is_undecided, after.chunks[0].doubts)


def test_a_repeated_event_does_not_undo_a_decision_but_a_new_announcement_does() -> None:
    """Events come at least once; another location is new evidence."""
    known = decide(decide(None, announced(0), NOW).entry, Failed(document(0), failure(), NOW), NOW).entry
    given_up = decided(known, Ruling.GIVE_UP)
    repeated = decide(given_up, announced(0), NOW).entry
    renewed = decide(given_up, announced(0, host="us-api"), NOW).entry

    assert (C.LOST, C.ANNOUNCED) == (repeated.chunks[0].state, renewed.chunks[0].state)


@pytest.mark.parametrize("ruling", Ruling)
@pytest.mark.parametrize("kind", chunk_facts())
def test_a_fact_of_another_worker_that_comes_after_a_decision_is_not_refused(kind: str, ruling: Ruling) -> None:
    """Whatever the chunk was before: the fact is true already, so the entry after it can be made."""
    for name, one in chunks().items():
        after = decide(decided(entry_of(one), ruling), chunk_facts()[kind], NOW).entry
        assert not (after.chunks[0].is_given_up and after.chunks[0].is_accepted), name


def test_a_decision_about_an_unknown_chunk_is_a_programming_error() -> None:
    with pytest.raises(KeyError):
        decide(entry_of(chunk(0)), Decided(document(1), Ruling.RETRY, "so"), NOW)
