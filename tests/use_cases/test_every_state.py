"""Every state of a chunk against every behaviour of the source, through the real use case."""

from dataclasses import replace
from datetime import timedelta

import pytest

from recording.core.formats.messages import ChunkMessage
from recording.core.lifecycle import Damaged, Disputed, Expired, Fact, Failed, Kept, Quarantined, Released
from recording.core.model import AnnouncedChunk, ChunkState, DocumentId, RecordingState
from tests.core.entries_of import failure
from tests.use_cases.world import RECORDING, START, World, assert_nothing_lost, metadata_of

DOCUMENT = DocumentId("document-0")
MESSAGE = ChunkMessage(RECORDING, DOCUMENT)
LATER = START + timedelta(minutes=5)

# Behaviours of the source (normal, gone, failing, hostile, not media), whether the source's latest end has passed, and
# the chunk's state once no message is left.
EXPECTED = """
                    good      gone         failing      hostile      doubtful     good late  gone late
announced           released  lost         lost         lost         quarantined  released   lost
waiting             released  lost         lost         lost         quarantined  released   lost
archived            released  released     released     released     released     released   released
metadata owed       released  kept         kept         kept         quarantined  released   kept
released            released  released     released     released     released     released   released
kept                kept      kept         kept         kept         kept         kept       kept
quarantined         released  lost         lost         lost         quarantined  released   lost
apart               released  quarantined  quarantined  quarantined  quarantined  released   quarantined
disputed            released  quarantined  quarantined  quarantined  quarantined  released   quarantined
damaged             released  kept         kept         kept         quarantined  released   kept
left to a person    quarantined quarantined quarantined quarantined quarantined   quarantined quarantined
lost                lost      lost         lost         lost         lost         lost       lost
"""
NAMES = [line[:20].strip() for line in EXPECTED.strip("\n").splitlines()[1:]]
SOURCES = ["good", "gone", "failing", "hostile", "doubtful", "good late", "gone late"]
CASES = [
    (name, source, cell)
    for name, line in zip(NAMES, EXPECTED.strip("\n").splitlines()[1:], strict=True)
    for source, cell in zip(SOURCES, line[20:].split(), strict=True)
]


def brought_into(name: str, world: World) -> AnnouncedChunk:
    """A world whose only chunk is in that state, reached by facts; no message is queued."""
    chunk = world.add()
    world.announce(chunk)
    record = world.updates.apply
    match name:
        case "waiting":
            record(RECORDING, Failed(DOCUMENT, failure(), LATER))
        case "archived" | "disputed" | "damaged" | "released" | "kept":
            world.source.arm("delete_503")
            world.one()
            facts: dict[str, Fact] = {
                "disputed": Disputed(DOCUMENT, ("disputed",), LATER),
                "damaged": Damaged(DOCUMENT, "gone"),
                "released": Released(DOCUMENT, world.clock.now()),
                "kept": Kept(DOCUMENT, "told to"),
            }
            if name in facts:
                record(RECORDING, facts[name])
            if name == "released":
                world.remove(chunk)
        case "metadata owed":
            assert chunk.metadata_location is not None
            world.source.contents[chunk.metadata_location] = b""
            world.one()
            world.source.contents[chunk.metadata_location] = metadata_of("document-0")
        case "quarantined":
            record(RECORDING, Quarantined(DOCUMENT, ("doubted",), LATER))
        case "apart" | "left to a person":
            media = world.source.contents[chunk.content_location]
            world.source.contents[chunk.content_location] = b"limit exceeded!"
            world.one()
            world.source.contents[chunk.content_location] = media
            if name == "left to a person":
                record(RECORDING, Expired(DOCUMENT, failure()))
        case "lost":
            record(RECORDING, Expired(DOCUMENT, failure()))
    world.queue.messages.clear()
    world.topic.received.clear()
    return chunk


def met_by(source: str, world: World, chunk: AnnouncedChunk) -> None:
    """Give the source that behaviour from now on."""
    if source.endswith("late"):
        world.clock.at = world.chunk().gone_by + timedelta(minutes=1)
    match source.split(maxsplit=1)[0]:
        case "gone":
            world.remove(chunk)
        case "failing":
            world.source.arm("server_error_500", times=None)
        case "hostile":
            world.source.arm("redirect_elsewhere", times=None)
        case "doubtful":
            world.source.contents[chunk.content_location] = b"something that is no media"


@pytest.mark.parametrize(("name", "source", "expected"), CASES, ids=[f"{name}-{source}" for name, source, _ in CASES])
def test_a_chunk_in_any_state_meets_any_source(name: str, source: str, expected: str) -> None:
    """It ends closed; nothing is deleted that was not archived; every bad end has an alert."""
    world = World()
    chunk = brought_into(name, world)
    before = world.state()
    with assert_nothing_lost(world):
        met_by(source, world, chunk)
        world.queue.put(MESSAGE, timedelta())
        world.run()

    after = world.chunk()
    assert (expected, True) == (after.state, after.is_closed)
    assert [] == world.errors
    if after.is_proven:
        assert world.entry().recording.completed_at is not None
        assert after.proof is not None
        assert after.proof.name in world.archive.blobs
    elif before is not after.state:
        assert {"RecordingLost", "RecordingQuarantined"} & set(world.told())
    if after.state is ChunkState.RELEASED:
        assert RecordingState.RELEASED == world.entry().recording.state
    assert () == world.entry().recording.untold


@pytest.mark.parametrize("name", NAMES)
def test_two_workers_that_meet_a_chunk_in_any_state_agree(name: str) -> None:
    """One after the other; the second starts from what the first has left."""
    world = World()
    brought_into(name, world)
    with assert_nothing_lost(world):
        for _ in range(2):
            world.archiving = world.worker()
            world.queue.put(MESSAGE, timedelta())
            world.run()
    once = world.entry()
    world.queue.put(MESSAGE, timedelta())
    world.run()

    assert replace(once, version="") == replace(world.entry(), version="")
