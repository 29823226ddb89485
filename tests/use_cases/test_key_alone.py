"""Events by function key alone never displace what Event Grid announces."""

import random
import string
from dataclasses import replace
from datetime import timedelta

import pytest

from recording.core.errors import EntryTooLarge
from recording.core.model import (
    Alarm,
    AnnouncedChunk,
    Channel,
    ChunkState,
    Content,
    DocumentId,
    Door,
    FileEvent,
    Format,
    Location,
    Output,
    RecordingState,
    Unread,
)
from tests.use_cases.world import RECORDING, World, elsewhere

MP4 = Output(Content.AUDIO_VIDEO, Channel.MIXED, Format.MP4)
WAV = Output(Content.AUDIO, Channel.MIXED, Format.WAV)
CHANCE = random.Random(7)


def noise(length: int) -> str:
    """Text that does not compress."""
    return "".join(CHANCE.choices(string.ascii_letters + string.digits, k=length))


def junk(number: int, index: int) -> AnnouncedChunk:
    """A chunk with the longest fields that an event can have."""
    place = Location(f"https://eu-api.asm.skype.com/v1/objects/{noise(1900)}")
    return AnnouncedChunk(DocumentId(f"{number}-{noise(1900)}"), index, place, Location(place + "/m"), place)


def test_junk_that_fills_an_entry_keeps_no_true_event_out() -> None:
    world = World()
    for number in range(12):
        chunks = [junk(number, index) for index in range(1, 120)]
        world.announce(*chunks, door=Door.FUNCTION_KEY, event_id=f"junk-{number}")
    world.queue.messages.clear()
    world.announce(world.add(), event_id="true")
    world.run(until=timedelta(hours=1))

    assert (ChunkState.RELEASED, RecordingState.RELEASED) == (world.state(), world.entry().recording.state)
    assert EntryTooLarge not in [type(error) for error in world.errors]


def test_candidates_that_fill_an_entry_keep_no_true_event_out() -> None:
    """The junk names chunks that Event Grid has announced."""
    world = World()
    chunks = [world.add(f"document-{index}", index, seconds=0.1) for index in range(30)]
    world.announce(*chunks)
    world.queue.messages.clear()
    for number in range(8):
        places = [junk(number, 0).content_location for _ in chunks]
        forged = [
            elsewhere(one, content=at, metadata=f"{at}m", delete=f"{at}d")
            for one, at in zip(chunks, places, strict=True)
        ]
        world.announce(*forged, door=Door.FUNCTION_KEY, event_id=f"forged-{number}")
    world.queue.messages.clear()
    world.announce(*chunks, event_id="true")
    world.run(until=timedelta(hours=3))

    assert RecordingState.RELEASED == world.entry().recording.state


def test_conflicts_by_the_thousand_are_noted_and_told_once() -> None:
    world = World()
    chunk = world.add()
    world.announce(chunk)
    world.run()
    for number in range(1000):
        forged = elsewhere(chunk, delete="https://eu-api.asm.skype.com/v1/objects/other")
        world.announce(forged, door=Door.FUNCTION_KEY, event_id=f"{number}-{noise(200)}")

    assert 1 == len(world.chunk().notes)
    assert [Alarm.CONFLICT] == [alert.alarm for alert in world.entry().recording.untold]


@pytest.mark.parametrize("is_first", [True, False], ids=["before", "after"])
def test_a_forged_word_about_the_recording_counts_only_where_event_grid_says_nothing(*, is_first: bool) -> None:
    """Another kind of media and another duration, by function key: the good media is not quarantined."""
    world = World()
    chunk = world.add()
    true = FileEvent("true", RECORDING, (chunk,), output=WAV, duration=timedelta(seconds=1))
    forged = replace(true, event_id="forged", chunks=(), output=MP4, duration=timedelta(hours=3))
    for is_forged in (True, False) if is_first else (False, True):
        if is_forged:
            world.announce(event=forged, door=Door.FUNCTION_KEY)
        else:
            world.announce(chunk, event=true)
    world.run()

    assert (ChunkState.RELEASED, ["RecordingArchived"]) == (world.state(), world.told())
    assert [] == world.manifest()["doubts"]


def test_event_grids_last_word_about_the_recording_counts() -> None:
    """The event of the first chunk cannot know the duration of the whole recording."""
    world = World()
    first, second = world.add("a", 0), world.add("b", 1)
    world.announce(first, event=FileEvent("e1", RECORDING, (first,), output=MP4, duration=timedelta(seconds=1)))
    world.announce(second, event=FileEvent("e2", RECORDING, (second,), output=WAV, duration=timedelta(seconds=2)))
    world.run()

    assert (["RecordingArchived"], []) == (world.told(), world.manifest()["doubts"])


def test_a_forged_member_that_cannot_be_read_does_not_withhold_the_manifest() -> None:
    world = World()
    unread = (Unread("forged", "no contentLocation", DocumentId("another"), 1),)
    world.announce(event=FileEvent("forged", RECORDING, (), unread=unread), door=Door.FUNCTION_KEY)
    world.announce(world.add(), event_id="true")
    world.run(until=timedelta(hours=1))

    assert RecordingState.RELEASED == world.entry().recording.state
    assert "RecordingArchived" in world.told()


def test_forged_members_by_the_hundred_hide_no_true_one() -> None:
    """A member that Event Grid announced and that is malformed keeps the recording from counting as whole."""
    world = World()
    for number in range(9):
        forged = tuple(Unread(f"forged-{number}", f"[{index}]", DocumentId(noise(4000))) for index in range(100))
        world.announce(event=FileEvent(f"forged-{number}", RECORDING, (), unread=forged), door=Door.FUNCTION_KEY)
    true = (Unread("true", "[1].contentLocation: missing", DocumentId("b"), 1),)
    chunk = world.add()
    world.announce(chunk, event=FileEvent("true", RECORDING, (chunk,), unread=true))
    world.run()

    assert RecordingState.INCOMPLETE == world.entry().recording.state
