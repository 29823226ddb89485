"""Whatever comes of a recording that was erased is refused, on record; nothing of it is copied again."""

import json
from datetime import timedelta

import pytest

from recording.chunks.archiving import Outcome
from recording.core.errors import RecordingErased
from recording.core.formats.api import DecisionRequest, etag
from recording.core.formats.messages import ChunkMessage
from recording.core.formats.records.tombstones import Tombstone
from recording.core.lifecycle import Erased, ErasureBegun
from recording.core.model import APP, Actor, BlobName, DocumentId, RecordingId, RecordingState, RemovalReason, Ruling
from tests.use_cases.world import RECORDING, World, file_event_of

ADA = Actor("entra:ada")


def erased() -> World:
    """A world with one recording, whole, whose erasure is noted; its blobs are somebody else's care here."""
    world = World()
    world.deliver(file_event_of(world.add()))
    world.run()
    world.tombstones.put(Tombstone(RECORDING, world.clock.now(), RemovalReason.ERASURE, ADA))
    world.updates.apply(RECORDING, ErasureBegun(RECORDING, RemovalReason.ERASURE), Erased(), by=ADA)
    world.archive.blobs.clear()
    world.clock.sleep(60)
    return world


def refusals(world: World) -> list[tuple[str, str]]:
    """What was refused, and by whom it came."""
    history = world.entry().recording.history
    return [(one.what, str(one.by)) for one in history if "refused" in one.detail]


def test_a_late_event_is_refused_on_record() -> None:
    """Its sender hears why; nothing is queued, copied, deleted or alerted."""
    world = erased()
    told = world.told()
    received = world.deliver(file_event_of(world.add("document-7", 1)))

    assert ["refused"] == [one["outcome"] for one in received.outcomes]
    assert [("Announced", "eventGrid")] == refusals(world)
    world.run()
    assert {} == world.archive.blobs
    assert len(world.source.contents)
    assert told == world.told()
    assert RecordingState.ERASED is world.entry().recording.state
    assert [] == list(world.missing_rows())


@pytest.mark.parametrize("is_lost", [False, True])
def test_it_is_refused_too_when_the_catalog_has_lost_its_row(*, is_lost: bool) -> None:
    """The tombstone says it; one request asks for it, and only for a recording that the catalog does not know."""
    world = erased()
    if is_lost:
        world.catalog.entries.clear()
        world.open_work.rows.clear()
    world.trail.archive.calls.clear()
    world.deliver(file_event_of(world.add()))

    recording = world.entry().recording
    assert (RecordingState.ERASED, ()) == (recording.state, world.entry().chunks)
    assert [("Announced", "eventGrid")] == refusals(world)
    assert recording.erasure is not None
    assert recording.erasure.by == ADA
    asked = [name for _, name in world.trail.archive.calls if "tombstones" in name]
    assert (1 if is_lost else 0) == len(asked)


def test_a_dead_letter_of_it_is_taken_and_refused() -> None:
    """It never reached the app before: so it is on record that it came."""
    world = erased()
    name = BlobName(f"sub/2026/3/1/{world.clock.now().hour}/letter.json")
    world.letters.put_as_stranger(name, letter(world))
    world.app.replaying.replay(10)
    world.take_events()

    assert [("Announced", "app")] == refusals(world)
    world.run()
    assert {} == world.archive.blobs


def letter(world: World) -> bytes:
    """A dead letter of the recording's event."""
    return json.dumps([file_event_of(world.add("document-9", 2))]).encode()


def test_the_check_of_the_journal_gives_none_of_its_events_again() -> None:
    """It was taken when it came."""
    world = erased()
    world.clock.sleep(3600)
    world.app.replaying.replay(10)

    assert [] == world.event_queue.messages
    assert [] == refusals(world)


def test_a_message_of_one_of_its_chunks_ends() -> None:
    """Whether it waited in the queue or was given up by the host; nobody is told."""
    world = erased()
    told = world.told()
    message = ChunkMessage(RECORDING, DocumentId("document-0"))

    assert Outcome.ERASED is world.hand_out(message)
    world.app.draining.drain_chunk(message.to_message().encode())
    assert told == world.told()
    assert not world.errors
    assert world.queue.take() is None


def test_a_decision_about_it_is_refused_on_record() -> None:
    """Neither about a chunk of it nor about the whole."""
    world = erased()
    asked = DecisionRequest(Ruling.RETRY, "try again", Actor("key:ada"), etag(world.entry()))
    with pytest.raises(RecordingErased):
        world.app.deciding.decide(RECORDING, DocumentId("document-0"), asked)
    with pytest.raises(RecordingErased):
        world.app.deciding.give_up(RECORDING, asked)

    assert [("Decided", "key:ada"), ("GivenUp", "key:ada")] == refusals(world)


def test_the_event_of_another_recording_is_taken() -> None:
    world = erased()
    other = RecordingId("recording-2")
    world.announce(world.add("document-8"), recording_id=other)
    world.run()
    assert world.entry(other).recording.state is not RecordingState.ERASED
    assert world.archive.blobs


def test_the_sweep_leaves_it_alone() -> None:
    world = erased()
    world.clock.sleep(timedelta(days=3).total_seconds())
    before = world.entry()
    world.app.sweeping.sweep()
    assert before.recording.state is world.entry().recording.state
    assert before.recording.history == world.entry().recording.history
    assert world.entry().recording.changed_by in {ADA, APP}
