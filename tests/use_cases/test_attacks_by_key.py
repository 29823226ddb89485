"""Attacks by someone who has the function key."""

import random
from dataclasses import replace
from datetime import timedelta
from itertools import count, islice

import pytest

from recording.core.formats.messages import ChunkMessage
from recording.core.model import (
    Authority,
    ChunkState,
    DocumentId,
    Door,
    Location,
    RecordingId,
    RecordingState,
)
from tests.use_cases.world import RECORDING, World, assert_nothing_lost, elsewhere, file_event_of, metadata_of, sound

OTHER = RecordingId("recording-2")
KEY, GRID = Door.FUNCTION_KEY, Door.EVENT_GRID
MESSAGE = ChunkMessage(RECORDING, DocumentId("document-0"))


# The function key


def test_a_delete_location_of_the_function_key_is_not_lent_authority_by_event_grid() -> None:
    """Event Grid names the same content without deleteLocation; the key's event named another object to delete."""
    world = World(authority=Authority.EVENT)
    chunk = world.add(metadata=b"")
    victim = Location("https://eu-api.asm.skype.com/v1/objects/victim")
    world.source.contents[Location(f"{victim}/content/audio")] = b"somebody's recording"
    with assert_nothing_lost(world):
        world.announce(elsewhere(chunk, delete=victim), door=KEY, event_id="forged")
        world.one()
        world.announce(elsewhere(chunk, delete=None), event_id="true")
        assert chunk.metadata_location is not None
        world.source.contents[chunk.metadata_location] = metadata_of("document-0")
        world.run()

    assert (ChunkState.KEPT, []) == (world.state(), world.source.deletions)


def test_an_output_that_the_function_key_names_does_not_keep_the_media_out() -> None:
    """The forged event arrived first; after Event Grid's the media is not checked against the forged output."""
    world = World()
    chunk = world.add()
    forged = file_event_of(
        chunk,
        event_id="forged",
        recordingContentType="AudioVideo",
        recordingChannelType="Mixed",
        recordingFormatType="Mp4",
    )
    true = file_event_of(
        chunk, event_id="true", recordingContentType="Audio", recordingChannelType="Mixed", recordingFormatType="Wav"
    )
    world.deliver(forged, KEY)
    world.deliver(true)
    world.run()

    assert ChunkState.RELEASED == world.state()


def test_a_chunk_that_the_function_key_placed_wrongly_is_put_right_by_event_grid() -> None:
    """It was proven under a wrong index before Event Grid named the right one."""
    world = World()
    chunk = world.add()
    world.announce(replace(chunk, index=7), door=KEY, event_id="forged")
    world.run(until=timedelta(minutes=1))
    assert ChunkState.KEPT == world.state()
    with assert_nothing_lost(world):
        world.announce(chunk, event_id="true")
        world.run()

    assert (ChunkState.RELEASED, 0) == (world.state(), world.chunk().index)
    assert (RecordingState.RELEASED, ()) == (world.entry().recording.state, world.entry().recording.lacks)


def test_another_content_that_the_function_key_named_does_not_hide_the_one_of_event_grid() -> None:
    """Another rendition is archived and proven; Event Grid's content is stored apart, with an alert."""
    world = World()
    chunk = world.add()
    other = Location(chunk.content_location.replace("/audio", "/other"))
    world.source.contents[other] = sound(1.0, 5)
    world.announce(elsewhere(chunk, content=other), door=KEY, event_id="forged")
    world.run(until=timedelta(minutes=1))
    world.announce(chunk, event_id="true")
    world.run()

    assert sound() in [blob.content for blob in world.quarantine.blobs.values()]
    assert [] == world.source.deletions
    assert {"ConflictingEvents", "RecordingQuarantined"} <= set(world.told())


def noise(length: int, seed: int) -> str:
    """Text that does not compress."""
    return "".join(random.Random(seed).choices("abcdefghijklmnopqrstuvwxyz0123456789", k=length))


def test_a_catalog_entry_that_the_function_key_has_filled_has_room_for_event_grid() -> None:
    """Otherwise anyone with the key could prevent any recording from being archived."""
    world = World()
    seeds = count()
    for times, chunks, texts in [(4, 80, 3000), (12, 10, 3000), (15, 1, 3000), (15, 1, 300), (30, 1, 10)]:
        for _ in range(times):
            junk = [
                replace(world.add(f"{number}-{noise(300, number)}", 1 + number), end_reason=noise(texts, number))
                for number in islice(seeds, chunks)
            ]
            world.deliver(file_event_of(*junk, event_id=f"junk-{junk[0].index}"), KEY)
    world.queue.messages.clear()
    world.source.contents.clear()
    chunk = world.add(seconds=3.0)
    for number in range(20):
        world.deliver(
            file_event_of(
                elsewhere(chunk, content=f"{chunk.content_location}{noise(900, number)}"), event_id=noise(3000, number)
            ),
            KEY,
        )
    with assert_nothing_lost(world):
        world.deliver(file_event_of(chunk, event_id="true"))
        world.run(until=timedelta(hours=1))

    assert ChunkState.RELEASED == world.state()


def test_conflicts_by_the_thousand_after_a_proof_do_not_fill_the_entry() -> None:
    world = World()
    first, second = world.add("first", 0), world.add("second", 1, seconds=3.0)
    content = world.source.contents.pop(second.content_location)
    world.announce(first, second)
    world.run(until=timedelta(minutes=1))
    for number in range(500):
        forged = elsewhere(first, content=f"{first.content_location}?{number}")
        world.deliver(file_event_of(forged, event_id=noise(3000, number)), KEY)
        if number % 50 == 0:
            forged = elsewhere(first, content=f"{first.content_location}?{number}g")
            world.deliver(file_event_of(forged, event_id=f"{number}"))
    assert len(world.chunk("first").notes) <= 50
    world.source.contents[second.content_location] = content
    world.run()

    assert ChunkState.RELEASED == world.state("second")
    assert "ConflictingEvents" in world.told()


def test_a_junk_event_by_the_function_key_does_not_keep_a_recording_open() -> None:
    """An unreadable member counts as missing only if Event Grid announced it, or if nothing was announced."""
    world = World()
    junk = file_event_of(event_id="junk")
    junk["data"] = {"recordingStorageInfo": {"recordingChunks": [{"index": 9}]}}
    world.deliver(junk, KEY)
    world.deliver(file_event_of(world.add()))
    world.run(until=timedelta(hours=1))
    assert (RecordingState.RELEASED, ()) == (world.entry().recording.state, world.entry().recording.lacks)
    world.deliver(junk | {"id": "more junk"}, KEY)
    assert world.entry().recording.completed_at is not None

    world = World()
    world.deliver(junk, KEY)
    world.deliver(file_event_of(world.add()), KEY)
    world.run(until=timedelta(hours=1))
    assert RecordingState.ANNOUNCED == world.entry().recording.state


def test_unread_members_of_the_function_key_take_no_place_of_event_grids() -> None:
    world = World()
    world.deliver(file_event_of(world.add()))
    for number in range(120):
        junk = file_event_of(event_id=f"junk-{number}")
        junk["data"] = {"recordingStorageInfo": {"recordingChunks": [{"index": 9}]}}
        world.deliver(junk, KEY)
    true = file_event_of(event_id="true")
    true["data"] = {"recordingStorageInfo": {"recordingChunks": [{"index": 1, "documentId": "document-1"}]}}
    world.deliver(true)
    world.run()

    assert RecordingState.INCOMPLETE == world.entry().recording.state
    assert any("event true announces" in lack for lack in world.entry().recording.lacks)


def test_an_event_that_comes_again_and_again_does_not_keep_another_candidate_from_its_turn() -> None:
    """Event Grid's newest candidate is wrong, the older one right; the key's event arrives before every try."""
    world = World()
    chunk = world.add()
    world.announce(chunk, event_id="right")
    wrong = elsewhere(chunk, content="https://eu-api.asm.skype.com/v1/objects/wrong/content/audio")
    world.announce(wrong, event_id="wrong")
    world.queue.messages.clear()
    for number in range(8):
        forged = elsewhere(chunk, content=f"https://eu-api.asm.skype.com/v1/objects/forged-{number}/content/audio")
        world.announce(forged, door=KEY, event_id=f"forged-{number}")
        world.announce(wrong, door=KEY, event_id="again")
        world.queue.messages.clear()
        world.hand_out(MESSAGE)
        world.clock.sleep(1)

    assert ChunkState.RELEASED == world.state()


def test_an_announcement_that_could_not_be_proven_owns_no_source() -> None:
    """When it expires, the app looks up the owner of the object; this must not make it the owner."""
    world = World()
    chunk = world.add(metadata=b"")
    world.announce(elsewhere(chunk, content=f"{chunk.content_location}/nothing"), recording_id=OTHER, door=KEY)
    world.run(until=timedelta(minutes=2))
    world.announce(chunk)
    world.run(until=timedelta(hours=25, minutes=1))
    assert ChunkState.LOST == world.state(recording_id=OTHER)
    assert {} == world.catalog.owners


@pytest.mark.parametrize("door", Door)
@pytest.mark.parametrize("place", [None, "https://eu-api.asm.skype.com/v1/objects/nothing/content/acsmetadata"])
def test_an_announcement_without_the_metadata_does_not_end_a_doubt_that_the_metadata_has_raised(
    door: Door, place: str | None
) -> None:
    """The source serves other content for a while; the second event names no metadata file, or (by key) another."""
    if door is GRID and place is not None:
        return  # two events of Event Grid that contradict each other: both are tried
    world = World()
    chunk = world.add()
    media = world.source.contents[chunk.content_location]
    world.source.contents[chunk.content_location] = sound(4.0, 9)
    world.announce(chunk)
    world.announce(elsewhere(chunk, metadata=place), door=door, event_id="second")
    world.run(until=timedelta(hours=2))
    assert ChunkState.QUARANTINED == world.state()
    world.source.contents[chunk.content_location] = media
    world.run()

    assert ChunkState.RELEASED == world.state()


def test_what_the_function_key_had_proven_without_metadata_is_held_against_it_once_event_grid_names_it() -> None:
    world = World()
    chunk = world.add()
    media = world.source.contents[chunk.content_location]
    world.source.contents[chunk.content_location] = sound(4.0, 9)
    world.announce(elsewhere(chunk, metadata=None), door=KEY, event_id="forged")
    world.run(until=timedelta(hours=1))
    assert ChunkState.KEPT == world.state()
    world.announce(chunk)
    world.run(until=timedelta(hours=2))
    assert ChunkState.QUARANTINED == world.state()
    world.source.contents[chunk.content_location] = media
    world.run()

    assert (ChunkState.QUARANTINED, []) == (world.state(), world.source.deletions)
    assert media in [blob.content for blob in world.quarantine.blobs.values()]
