"""A person decides about a chunk: only of what they have seen, once, and with name and reason."""

import json
from datetime import timedelta

import pytest

from recording.core.callers import KEY
from recording.core.errors import (
    ArchiveBusy,
    CatalogConflict,
    DecisionRefused,
    RecordingChanged,
    UnknownChunk,
    UnknownRecording,
)
from recording.core.formats.api import DecisionRequest, etag
from recording.core.model import Actor, CatalogEntry, ChunkState, DocumentId, RecordingId, RecordingState, Ruling
from recording.core.owing import ToDo, owed, to_do
from tests.use_cases.world import RECORDING, START, World, file_event_of

DOCUMENT = DocumentId("document-0")
ADA = Actor("key:Ada")


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def doubted(world: World) -> World:
    """A world with a chunk in quarantine, whose source is about to serve what was recorded."""
    right = world.add(seconds=1.0)
    whole = world.source.contents[right.content_location]
    world.add(content=whole[100:])
    world.announce(right)
    world.one()
    assert ChunkState.QUARANTINED is world.state()
    world.source.contents[right.content_location] = whole
    world.queue.messages.clear()
    return world


def decide(
    world: World,
    ruling: Ruling = Ruling.RETRY,
    tag: str | None = None,
    recording_id: RecordingId = RECORDING,
    document_id: DocumentId = DOCUMENT,
) -> CatalogEntry:
    """Decide, of the entry as it is now unless another ETag is given."""
    seen = etag(world.entry()) if tag is None else tag
    asked = DecisionRequest(ruling, "because", ADA, seen)
    return world.app.deciding.decide(recording_id, document_id, asked)


def test_a_retry_is_tried_at_once_whatever_was_found_before(doubted: World) -> None:
    before = doubted.clock.now()
    decide(doubted)
    doubted.run()

    assert (ChunkState.RELEASED, before) == (doubted.state(), doubted.clock.now())


def test_who_decided_what_and_why_stays_with_the_entry(doubted: World) -> None:
    """And the answer has the ETag of the decided entry."""
    entry = decide(doubted)
    last = entry.recording.history[-1]

    assert ("Decided", ADA, "retry: because", DOCUMENT) == (last.what, last.by, last.detail, last.document_id)
    assert etag(doubted.entry()) == etag(entry)


def test_a_chunk_that_is_given_up_is_lost_and_told_once(doubted: World) -> None:
    decide(doubted, Ruling.GIVE_UP)
    doubted.run()
    doubted.run()

    assert (ChunkState.LOST, RecordingState.LOST) == (doubted.state(), doubted.entry().recording.state)
    assert ["RecordingQuarantined", "RecordingLost"] == doubted.told()
    assert not doubted.source.deletions
    assert list(doubted.missing_rows()) == []


def test_what_has_changed_since_it_was_seen_is_not_decided(doubted: World) -> None:
    """Nor what changes while the decision is saved; nothing is tried again."""
    tag = etag(doubted.entry())
    decide(doubted, Ruling.ACCEPT)
    changed = doubted.entry()
    doubted.queue.messages.clear()
    with pytest.raises(RecordingChanged):
        decide(doubted, Ruling.GIVE_UP, tag)
    doubted.catalog.conflicts = 1
    with pytest.raises(RecordingChanged):
        decide(doubted, Ruling.GIVE_UP)

    assert (changed, []) == (doubted.entry(), doubted.queue.messages)
    assert list(doubted.missing_rows()) == []


def test_a_decision_after_a_conflict_is_of_the_entry_that_was_saved(doubted: World) -> None:
    """The entry that lost is not kept in memory."""
    doubted.catalog.conflicts = 1
    with pytest.raises(RecordingChanged):
        decide(doubted)
    decide(doubted)
    doubted.run()

    assert ChunkState.RELEASED is doubted.state()


def test_a_decision_that_cannot_be_carried_out_says_why(world: World) -> None:
    world.announce(world.add())
    world.run()
    before = world.entry()
    for ruling in Ruling:
        with pytest.raises(DecisionRefused, match="the chunk is released"):
            decide(world, ruling)

    assert (before, []) == (world.entry(), world.queue.messages)


def test_what_the_catalog_does_not_know_is_unknown(doubted: World) -> None:
    """It is said which of the two."""
    with pytest.raises(UnknownRecording, match="the recording"):
        decide(doubted, recording_id=RecordingId("another"))
    with pytest.raises(UnknownChunk, match="no chunk with this document id"):
        decide(doubted, document_id=DocumentId("another"))


def unreadable(world: World, *, from_event_grid: bool = False) -> None:
    """An event comes whose only chunk cannot be read."""
    location = world.add().content_location
    body = json.dumps(file_event_of(world.add())).replace(f'"{location}"', "7").encode()
    if from_event_grid:
        world.receiving.receive_event(body)
    else:
        world.receiving.receive_file_events(body, by=KEY)


def give_up(world: World, ruling: Ruling = Ruling.GIVE_UP, tag: str | None = None) -> CatalogEntry:
    seen = etag(world.entry()) if tag is None else tag
    return world.app.deciding.give_up(RECORDING, DecisionRequest(ruling, "a test", ADA, seen))


def test_what_is_open_only_for_an_unreadable_event_that_was_handed_in_can_be_given_up(world: World) -> None:
    """It owes nothing but its trail; who gave it up and why stays; a readable event archives it all the same."""
    unreadable(world)
    assert ToDo.MEND_OR_GIVE_UP is to_do(world.entry())
    entry = give_up(world)
    last = entry.recording.history[-1]
    assert ("GivenUp", ADA, "a test") == (last.what, last.by, last.detail)
    assert (RecordingState.LOST, ("1 act of its audit trail",)) == (entry.recording.state, owed(entry))
    assert "RecordingLost" == world.told()[-1]
    world.clock.at += timedelta(minutes=10)
    world.app.sweeping.sweep_all()
    assert {} == world.open_work.rows

    world.announce(world.add())
    world.run()
    assert RecordingState.INCOMPLETE is not world.entry().recording.state
    assert ChunkState.RELEASED is world.state()


def test_the_alert_of_what_was_given_up_is_published_later_if_the_topic_fails(world: World) -> None:
    unreadable(world)
    world.topic.fail(503, 1)
    assert give_up(world).recording.untold
    world.clock.at += timedelta(hours=6, minutes=10)
    world.app.sweeping.sweep_all()
    assert "RecordingLost" == world.told()[-1]


def test_what_may_not_be_given_up_as_a_whole_is_not(world: World) -> None:
    """By its ETag, by the decision, and by what is known of the recording: Event Grid has the last word."""
    with pytest.raises(UnknownRecording):
        give_up(world, tag="none")
    unreadable(world)
    with pytest.raises(RecordingChanged):
        give_up(world, tag="another")
    with pytest.raises(DecisionRefused, match="only decision"):
        give_up(world, Ruling.RETRY)
    seen = etag(world.entry())
    unreadable(world, from_event_grid=True)
    with pytest.raises(RecordingChanged):
        give_up(world, tag=seen)
    with pytest.raises(DecisionRefused, match="Event Grid"):
        give_up(world)
    world.announce(world.add())
    with pytest.raises(DecisionRefused, match="chunks"):
        give_up(world)


def test_a_recording_that_changes_while_it_is_given_up_is_not(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    unreadable(world)

    def conflict(entry: CatalogEntry) -> CatalogEntry:
        raise CatalogConflict("save entry", "412", ids={"recording_id": entry.recording.recording_id})

    monkeypatch.setattr(world.catalog, "save", conflict)
    with pytest.raises(RecordingChanged):
        give_up(world)


def test_a_decision_with_little_time_left_goes_before_the_others(doubted: World) -> None:
    doubted.clock.at = START + timedelta(hours=21)
    decide(doubted)

    assert [DOCUMENT] == [message.document_id for message in doubted.queue.urgent]


def test_a_decision_whose_message_is_lost_is_driven_by_the_sweep(
    doubted: World, caplog: pytest.LogCaptureFixture
) -> None:
    """It is saved: an error would make the person decide again, on a version that is gone."""
    doubted.queue.failures = 1
    decide(doubted)
    assert [] == doubted.queue.messages
    assert "recording.message_left" in caplog.text
    for _ in range(3):
        doubted.clock.at += timedelta(minutes=40)
        doubted.app.sweeping.sweep()
    doubted.run()

    assert ChunkState.RELEASED is doubted.state()


def test_a_decision_that_is_not_saved_is_an_error_and_leaves_nothing(
    doubted: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its row may be one too many."""

    def busy(_entry: CatalogEntry) -> CatalogEntry:
        raise ArchiveBusy("save entry", "503")

    before = doubted.entry()
    monkeypatch.setattr(doubted.catalog, "save", busy)
    with pytest.raises(ArchiveBusy):
        decide(doubted)

    assert (before, []) == (doubted.entry(), doubted.queue.messages)
    assert list(doubted.missing_rows()) == []
