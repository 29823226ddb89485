"""Quarantine keeps the source and retries without a person, until the content is right or the source has expired."""

from datetime import timedelta

import pytest

from recording.core.model import (
    Channel,
    ChunkState,
    Content,
    Door,
    FileEvent,
    Format,
    Location,
    Output,
    Place,
    RecordingState,
)
from tests.use_cases.world import RECORDING, START, World, assert_nothing_lost, elsewhere, metadata_of, sound

LIMIT = b"limit exceeded!"


def test_text_in_place_of_media_once_costs_nothing() -> None:
    """Fifteen bytes for a minute, then the media: it is archived, and the doubtful copy stays in quarantine."""
    world = World()
    chunk = world.add()
    media = world.source.contents[chunk.content_location]
    world.source.contents[chunk.content_location] = LIMIT
    world.announce(chunk)
    world.run(until=timedelta(seconds=10))

    doubted = world.chunk()
    assert (ChunkState.QUARANTINED, RecordingState.QUARANTINED) == (doubted.state, world.entry().recording.state)
    assert (Place.QUARANTINE, len(LIMIT)) == (
        doubted.apart and doubted.apart.place,
        doubted.apart and doubted.apart.length,
    )
    assert doubted.look_at is not None
    assert ["RecordingQuarantined"] == world.told()
    world.source.contents[chunk.content_location] = media
    with assert_nothing_lost(world):
        world.run()
    assert (ChunkState.RELEASED, ["RecordingQuarantined", "RecordingArchived"]) == (world.state(), world.told())


def test_a_doubt_that_stays_is_looked_at_until_its_source_has_ended_and_told_once() -> None:
    """The copy in quarantine is left to a person; it is not copied at every try."""
    world = World()
    chunk = world.add(content=LIMIT)
    world.announce(chunk)
    world.run()

    assert (ChunkState.QUARANTINED, True) == (world.state(), world.chunk().is_closed)
    assert ["RecordingQuarantined"] == world.told()
    assert 50 <= world.chunk().tries <= 150
    assert 1 == len([name for name in world.quarantine.blobs if "metadata" not in name])
    assert ([], []) == (world.source.deletions, world.queue.messages)


@pytest.mark.parametrize("fault", ["redirect_elsewhere", "redirect_http"])
def test_one_redirect_off_the_allow_list_costs_nothing(fault: str) -> None:
    world = World()
    chunk = world.add()
    world.source.arm(fault, after=1)
    with assert_nothing_lost(world):
        world.announce(chunk)
        world.run()

    assert (ChunkState.RELEASED, ["RecordingQuarantined", "RecordingArchived"]) == (world.state(), world.told())


def test_a_hostile_location_that_stays_is_told_as_lost_in_the_end() -> None:
    """There is no copy anywhere."""
    world = World()
    chunk = elsewhere(world.add(), content="https://evil.example/v1/objects/document-0/content/audio")
    world.announce(chunk)
    world.run()

    assert (ChunkState.LOST, ["RecordingQuarantined", "RecordingLost"]) == (world.state(), world.told())


WRONG = [
    {"content": "https://evil.example/v1/objects/document-0/content/audio"},
    {"content": "http://eu-api.asm.skype.com/v1/objects/document-0/content/audio"},
    {"content": "https://eu-api.asm.skype.com/v1/objects/elsewhere/content/audio"},
    {"delete": None},
    {"metadata": "https://evil.example/metadata"},
]


@pytest.mark.parametrize("door", Door)
@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_a_first_event_that_is_wrong_is_mended_by_a_second_that_is_right(
    wrong: dict[str, str | None], door: Door
) -> None:
    world = World()
    chunk = world.add()
    with assert_nothing_lost(world):
        world.announce(elsewhere(chunk, **wrong), door=door, event_id="wrong")
        if "delete" not in wrong and "metadata" not in wrong:
            world.run(until=timedelta(hours=1))
        world.announce(chunk, event_id="right")
        world.run()

    assert ChunkState.RELEASED == world.state()
    assert chunk.content_location not in world.source.contents


def test_a_metadata_file_that_is_corrected_ends_the_doubt() -> None:
    """At first it stated four times the duration."""
    world = World()
    chunk = world.add(metadata=metadata_of("document-0", seconds=400.0))
    world.announce(chunk)
    world.run(until=timedelta(hours=1))
    assert ChunkState.QUARANTINED == world.state()

    assert chunk.metadata_location is not None
    world.source.contents[chunk.metadata_location] = metadata_of("document-0")
    world.run()
    assert ChunkState.RELEASED == world.state()


def test_an_event_that_comes_again_lets_a_doubt_be_looked_at_at_once() -> None:
    world = World()
    chunk = world.add(content=LIMIT)
    world.announce(chunk)
    world.run(until=timedelta(hours=10))
    world.source.contents[chunk.content_location] = sound()
    before = world.clock.now()
    world.announce(chunk)
    message = min(world.queue.messages)
    world.queue.messages.remove(message)
    world.hand_out(message[1])

    assert (ChunkState.RELEASED, before) == (world.state(), world.clock.now())


def test_metadata_that_comes_late_and_contradicts_the_copy_puts_it_in_doubt() -> None:
    """The blob in the archive is a truncated copy: it and the source are kept, and an alert is published."""
    world = World()
    chunk = world.add(seconds=1.0, metadata=b"")
    world.announce(chunk)
    world.run(until=timedelta(minutes=1))
    assert ChunkState.ARCHIVED == world.state()

    assert chunk.metadata_location is not None
    world.source.contents[chunk.metadata_location] = metadata_of("document-0", seconds=600.0)
    world.run(until=timedelta(hours=2))
    assert (ChunkState.QUARANTINED, ["RecordingQuarantined"]) == (world.state(), world.told())
    assert [] == world.source.deletions

    world.source.contents[chunk.content_location] = sound(600.0, 2)
    world.run()
    apart = world.chunk().apart
    assert apart is not None
    assert sound(600.0, 2) == world.quarantine.blobs[apart.name].content
    assert [] == world.source.deletions


def test_a_copy_in_doubt_is_not_believed_on_its_own_word_once_its_source_has_ended() -> None:
    """Metadata that arrived late says that the copy is truncated, and nothing has contradicted that."""
    world = World()
    chunk = world.add(seconds=1.0, metadata=b"")
    world.announce(chunk)
    world.run(until=timedelta(minutes=1))
    assert chunk.metadata_location is not None
    world.source.contents[chunk.metadata_location] = metadata_of("document-0", seconds=600.0)
    world.run(until=timedelta(hours=23))
    world.remove(chunk)
    world.run()

    assert (ChunkState.QUARANTINED, ["RecordingQuarantined"]) == (world.state(), world.told())
    assert sound(1.0) in [blob.content for blob in world.quarantine.blobs.values()]


def test_metadata_that_comes_late_and_agrees_ends_the_waiting() -> None:
    world = World()
    chunk = world.add(metadata=b"")
    world.announce(chunk)
    world.run(until=timedelta(minutes=1))
    assert chunk.metadata_location is not None
    world.source.contents[chunk.metadata_location] = metadata_of("document-0")
    world.run()

    assert (ChunkState.RELEASED, RECORDING) == (world.state(), world.entry().recording.recording_id)
    assert metadata_of("document-0") in world.blobs().values()


@pytest.mark.parametrize(
    "wrong", [sound(0.1, 2), sound(60.0, 2), b"RIFF" + bytes(2000), b"not a recording at all" * 90]
)
def test_one_wrong_reply_as_the_metadata_comes_puts_no_proven_copy_in_doubt(wrong: bytes) -> None:
    """Though it is what the source served last before it ended: the copy is kept."""
    world = World()
    chunk = world.add(seconds=5.0, metadata=b"")
    world.announce(chunk)
    world.run(until=timedelta(minutes=1))
    assert chunk.metadata_location is not None
    metadata = metadata_of("document-0", seconds=5.0)
    right = world.source.contents[chunk.content_location]
    world.source.contents |= {chunk.metadata_location: metadata, chunk.content_location: wrong}
    while "source_changed" not in dict(world.chunk().failures):
        world.one()
    assert (ChunkState.ARCHIVED, []) == (world.state(), world.told())
    assert right in world.blobs().values()

    world.remove(chunk)
    world.run()
    assert (ChunkState.KEPT, []) == (world.state(), [name for name in world.told() if "Quarantined" in name])


def test_candidates_by_the_hundred_are_bounded_and_the_true_one_is_found() -> None:
    """The forged ones came by function key, the true one by Event Grid."""
    world = World()
    chunk = world.add()
    for number in range(100):
        place = Location(f"https://eu-api.asm.skype.com/v1/objects/junk-{number}/content/audio")
        world.announce(elsewhere(chunk, content=place), door=Door.FUNCTION_KEY, event_id=f"junk-{number}")
    world.announce(chunk, event_id="true")
    world.run()

    assert ChunkState.RELEASED == world.state()
    assert len(world.chunk().candidates) <= 8


def test_a_copy_that_somebody_removed_from_the_quarantine_is_made_again() -> None:
    world = World()
    chunk = world.add(content=LIMIT)
    world.announce(chunk)
    world.run(until=timedelta(hours=1))
    world.quarantine.blobs.clear()
    world.run()

    apart = world.chunk().apart
    assert (ChunkState.QUARANTINED, True) == (world.state(), world.chunk().is_closed)
    assert apart is not None
    assert LIMIT == world.quarantine.blobs[apart.name].content


@pytest.mark.parametrize("door", Door)
def test_an_event_that_tells_another_output_does_not_put_good_media_in_doubt(door: Door) -> None:
    """The metadata file and the media agree: this is noted, and outweighs what an event states."""
    world = World()
    chunk = world.add()
    mp4 = Output(Content.AUDIO_VIDEO, Channel.MIXED, Format.MP4)
    world.announce(chunk, door=door, event=FileEvent("event-1", RECORDING, (chunk,), at=START, output=mp4))
    world.run()

    assert world.chunk().is_proven
    assert "the metadata file says audio-mixed-wav, the order or the event audioVideo-mixed-mp4" in world.chunk().notes
