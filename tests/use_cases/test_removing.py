"""Everything of a recording is removed, and nothing of another one, wherever its removal is cut off."""

import json
from dataclasses import replace

import pytest

from recording.core.errors import BlobProtected, RecordingOpen
from recording.core.lifecycle import Started
from recording.core.model import (
    Actor,
    AnnouncedChunk,
    BlobName,
    CallConnectionId,
    CallLocator,
    ChunkState,
    RecordingId,
    RecordingState,
    RemovalReason,
    ServerCallId,
    StartOrder,
)
from recording.core.records.jobs import JobKind, JobState
from recording.ports import IndexRow, StartClaim
from recording.records.filing import about
from tests.core.entries_of import WAV
from tests.use_cases.kills import CONTAINERS, killed_anywhere
from tests.use_cases.world import RECORDING, World, file_event_of, metadata_of

ADA = Actor("entra:ada")
OTHER = RecordingId("recording-2")
ANN, BOB = "8:acs:ann", "8:acs:bob"
KEYS = "a2V5LWtleS1rZXkta2V5LWtleS1rZXkta2V5LWtleS0="


def two_recordings() -> World:
    """Two whole recordings, filed: of Ann, and of Bob; beside the first what a try has left that nobody has noted."""
    world = World(settings={"PEOPLE_INDEX_KEY": KEYS})
    world.updates.apply(RECORDING, Started(RECORDING, WAV, ServerCallId("call"), CallConnectionId("connection")))
    order = StartOrder(CallLocator(ServerCallId("call")), WAV, "id", world.clock.now(), channels=(ANN,))
    world.catalog.claim(StartClaim(f"{WAV} call/call", order, "event/1", world.clock.now(), RECORDING))
    for number, (recording_id, who) in enumerate(((RECORDING, ANN), (OTHER, BOB))):
        chunks = [add(world, f"document-{number}{index}", index, who) for index in range(2)]
        event = file_event_of(*chunks, recording_id=recording_id, event_id=f"event-{number}")
        world.deliver(event)
    world.run()
    for message in [message for _, message in world.record_queue.messages]:
        world.app.records.filing.file(message.recording_id)
    name = world.entry().chunks[0].name
    world.archive.put_as_stranger(BlobName(f"{name}.metadata-2.json"), ANN.encode())
    world.quarantine.put_as_stranger(BlobName(f"{name}.apart-2"), b"her voice")
    world.overflow.put_as_stranger(name, b"her voice")
    world.archive.put_as_stranger(BlobName(f"{name[: -len('.wav')]}x.wav"), b"of a stranger, with a longer name")
    return world


def add(world: World, document_id: str, index: int, who: str) -> AnnouncedChunk:
    """A chunk in which one person is heard."""
    return world.add(
        document_id,
        index,
        seconds=0.1,
        metadata=metadata_of(document_id, index, 0.1, participants=[{"participantId": who}]),
    )


def remove(world: World) -> None:
    """Remove the first recording."""
    world.app.records.removing.finish()
    world.app.records.removing.remove(world.entry(), RemovalReason.ERASURE, by=ADA)


def everything(world: World) -> dict[str, bytes]:
    """All bytes that the account holds, by place."""
    found = {
        f"{container} {name}": blob.content
        for container in CONTAINERS
        for name, blob in getattr(world, container).blobs.items()
    }
    found |= {f"trail {name}": blob.content for name, blob in world.trail.archive.blobs.items()}
    found |= {f"index {row.partition} {row.key}": row.body for row in world.index.rows.values()}
    found |= {f"catalog {one}": repr(entry).encode() for one, entry in world.catalog.entries.items()}
    found |= {f"claim {one}": repr(msg(claim)).encode() for one, claim in world.catalog.claims.items()}
    return found


def msg(claim: StartClaim) -> tuple[object, ...]:
    """A claim with what its `repr` hides."""
    return claim, claim.order.channels


def of_others(world: World) -> dict[str, bytes]:
    """Of that, what does not name the first recording; in the index only the rows of the other one."""
    return {place: body for place, body in everything(world).items() if is_of_others(place, body)}


def is_of_others(place: str, body: bytes) -> bool:
    named = place.encode() + body
    return "00x" in place or (RECORDING.encode() not in named and not place.startswith("trail"))


def check(world: World) -> None:
    """Nothing of the first recording is left but its entry, its trail, its tombstone, and that its call was claimed."""
    recording = world.entry().recording
    assert (RecordingState.ERASED, ()) == (recording.state, world.entry().chunks)
    assert recording.erasure is not None
    assert recording.erasure.finished_at is not None
    left = {place for place, body in everything(world).items() if RECORDING.encode() in place.encode() + body}
    wrong = {one for one in left if not one.startswith(("trail ", "catalog ", "claim ")) and "00x" not in one}
    assert set() == wrong
    assert f"trail tombstones/{RECORDING}.json" in left
    assert [] == [place for place, body in everything(world).items() if ANN.encode() in body]
    assert b"her voice" not in everything(world).values()
    assert [] == list(world.missing_rows())
    assert not recording.trail.unwritten
    acts = [body for name, body in everything(world).items() if name.startswith(f"trail trail/{RECORDING}/")]
    assert sum(b'"what":"Erased"' in body for body in acts) == 1


def test_nothing_of_it_is_left_and_nothing_of_others_is_gone() -> None:
    world = two_recordings()
    before = of_others(world)
    assert [place for place, body in everything(world).items() if ANN.encode() in body]
    remove(world)

    check(world)
    assert before == of_others(world)
    assert RecordingState.RELEASED is world.entry(OTHER).recording.state


def test_killed_at_every_call_it_goes_on() -> None:
    """Wherever it was cut off, what is left is the same."""
    number = 0
    for number, world in enumerate(killed_anywhere(two_recordings, remove)):  # noqa: B007 - counted
        check(world)
        assert len([place for place in everything(world) if str(OTHER) in place]) >= 8
    assert number > 100


def test_an_export_that_contains_it_is_removed() -> None:
    """Also one that is being made: it is cancelled."""
    world = two_recordings()
    jobs = world.app.records.jobs
    done, going = (jobs.make(JobKind.EXPORT, "{}", by=ADA) for _ in range(2))
    jobs.save(replace(done, state=JobState.DONE))
    for job in (done, going):
        world.index.put(IndexRow(about(RECORDING), f"export~{job.job_id}"))
        world.index.put(IndexRow(f"job~{job.job_id}", "chosen~000", RECORDING.encode()))
        world.exports.put_as_stranger(BlobName(f"{job.job_id}.zip"), ANN.encode())
    world.exports.put_as_stranger(BlobName("another.zip"), b"of others")
    remove(world)

    check(world)
    assert ["another.zip"] == list(world.exports.blobs)
    assert [JobState.DONE, JobState.CANCELLED] == [jobs.load(job.job_id).state for job in (done, going)]


def test_what_is_open_is_not_removed() -> None:
    """Nothing is changed; whoever asks hears why."""
    world = World()
    world.announce(world.add())
    before = everything(world)
    with pytest.raises(RecordingOpen):
        remove(world)
    assert before == everything(world)


def test_what_is_opened_meanwhile_is_not_removed() -> None:
    """By an event that comes between the look and the first change."""
    world = two_recordings()
    seen = world.entry()
    world.clock.sleep(1)
    world.announce(world.add("document-7", 7))
    with pytest.raises(RecordingOpen):
        world.app.records.removing.remove(seen, RemovalReason.ERASURE, by=ADA)

    assert RecordingState.ERASED is not world.entry().recording.state
    assert [] == [name for name in world.trail.archive.blobs if name.startswith("tombstones/")]
    assert [] == [key for key in world.index.rows if key[0] == "erasing"]


def test_what_a_hold_protects_is_removed_when_the_hold_ends() -> None:
    """It is refused already; the daily pass goes on with it."""
    world = two_recordings()
    name = world.entry().chunks[0].name
    world.removals["archive"].held.add(name)
    with pytest.raises(BlobProtected):
        remove(world)
    assert RecordingState.ERASED is world.entry().recording.state
    assert 1 == world.app.records.removing.finish()
    assert name in world.archive.blobs

    world.removals["archive"].held.clear()
    assert 0 == world.app.records.removing.finish()
    check(world)


def test_events_of_others_in_the_same_blob_are_kept() -> None:
    """They are written into the journal again, and looked at by its check."""
    world = two_recordings()
    mine, other = (file_event_of(recording_id=one, event_id="event-0") for one in (RECORDING, OTHER))
    (name,) = (name for name in world.journal.blobs if "event-0-" in name)
    world.journal.put_as_stranger(BlobName(f"{name[: -len('.json')]}0.json"), json.dumps([mine, other]).encode())
    remove(world)

    check(world)
    assert json.dumps(other).encode() in [blob.content for blob in world.journal.blobs.values()]


def test_a_doubtful_copy_is_removed_too() -> None:
    """Once a person has decided that nothing more comes of it, or its source has ended."""
    world = World()
    world.announce(world.add(content=b"no media at all", metadata=b""))
    world.run()
    assert ChunkState.QUARANTINED is world.state()
    assert world.quarantine.blobs
    remove(world)

    assert {} == world.quarantine.blobs
    assert RecordingState.ERASED is world.entry().recording.state
