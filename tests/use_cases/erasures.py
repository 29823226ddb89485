"""A world of several people's recordings, to be erased."""

from datetime import timedelta

from recording.core.formats.messages import Task
from recording.core.lifecycle import Started
from recording.core.model import (
    Actor,
    AnnouncedChunk,
    BlobName,
    CallConnectionId,
    CallLocator,
    RecordingId,
    RecordingState,
    ServerCallId,
    StartOrder,
)
from recording.core.records.jobs import JobState
from recording.ports import StartClaim
from tests.core.entries_of import WAV
from tests.use_cases.kills import CONTAINERS
from tests.use_cases.world import RECORDING, World, file_event_of, metadata_of

ADA = Actor("entra:ada")
OTHER = RecordingId("recording-2")
ANN, BOB = "8:acs:ann", "8:acs:bob"
_MAY_NAME_IT = (
    *("trail ", "catalog ", "claim ", "directory ", "index jobs "),
    *("index erased-of-late ", "queue ", "open work "),
)
"""Where an erased recording is still named: its entry, its acts, its certificate; for days, that it is looked for."""
KEYS = "a2V5LWtleS1rZXkta2V5LWtleS1rZXkta2V5LWtleS0="


def two_recordings(chunks: int = 2) -> World:
    """Two whole recordings, filed: of Ann, and of Bob; beside the first what a try has left that nobody has noted."""
    world = World(settings={"PEOPLE_INDEX_KEY": KEYS})
    world.updates.apply(RECORDING, Started(RECORDING, WAV, ServerCallId("call"), CallConnectionId("connection")))
    order = StartOrder(CallLocator(ServerCallId("call")), WAV, "id", world.clock.now(), channels=(ANN,))
    world.catalog.claim(StartClaim(f"{WAV} call/call", order, "event/1", world.clock.now(), RECORDING))
    for number, (recording_id, who) in enumerate(((RECORDING, ANN), (OTHER, BOB))):
        found = [add(world, f"document-{number}{index}", index, who) for index in range(chunks)]
        world.deliver(file_event_of(*found, recording_id=recording_id, event_id=f"event-{number}"))
    world.run()
    file_all(world)
    name = world.entry().chunks[0].name
    world.archive.put_as_stranger(BlobName(f"{name}.metadata-2.json"), ANN.encode())
    world.quarantine.put_as_stranger(BlobName(f"{name}.apart-2"), b"her voice")
    world.overflow.put_as_stranger(name, b"her voice")
    world.archive.put_as_stranger(BlobName(f"{name[: -len('.wav')]}x.wav"), b"of a stranger, with a longer name")
    return world


def archive(world: World, recording_id: RecordingId, *people: str, document: str = "") -> None:
    """Archive and file a recording of one chunk in which these people are heard."""
    name = document or f"of-{recording_id}"
    world.deliver(
        file_event_of(add(world, name, 0, *people), recording_id=recording_id, event_id=f"event-of-{recording_id}")
    )
    world.run()
    file_all(world)


def add(world: World, document_id: str, index: int, *people: str) -> AnnouncedChunk:
    """A chunk in which these people are heard."""
    heard = [{"participantId": who} for who in people]
    return world.add(document_id, index, seconds=0.1, metadata=metadata_of(document_id, index, 0.1, participants=heard))


def file_all(world: World) -> None:
    """File what is queued to be filed."""
    while world.record_queue.messages:
        _, message = world.record_queue.messages.pop(0)
        if message.task is Task.FILE:
            world.app.records.filing.file(message.recording_id)


def run_jobs(world: World, most: int = 50) -> None:
    """Run every job that is queued, also those whose message was lost."""
    world.clock.sleep(timedelta(hours=1).total_seconds())
    world.app.records.jobs.restart_silent()
    for _ in range(most):
        if not world.job_queue.jobs:
            return
        world.app.records.jobs.run(world.job_queue.jobs.pop(0))
    raise AssertionError("it does not come to an end")


def state(world: World, erasure_id: str) -> JobState:
    """How far an erasure is."""
    return world.app.records.jobs.load(erasure_id).state


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
    found |= {
        f"claim {one}": repr((claim, claim.order.channels)).encode() for one, claim in world.catalog.claims.items()
    }
    found |= {f"consent {one}": repr(consent).encode() for one, consent in world.consents.stored.items()}
    found |= {f"ledger {place}": outcome.encode() for place, outcome in world.ledger.outcomes.items()}
    found |= {f"open work {row.opening}": repr(row).encode() for row in world.open_work.rows.values()}
    found |= {f"events {number}": repr(one).encode() for number, one in enumerate(world.event_queue.messages)}
    queues = (world.queue, world.record_queue)
    messages = [repr(one).encode() for queue in queues for _, one in queue.messages]
    found |= {f"queue {number}": one for number, one in enumerate(messages)}
    return found | {f"directory {key}": one.encode() for key, one in world.directory.days.items()}


def places_of(world: World, text: str) -> set[str]:
    """Where a text stands, in names or bytes."""
    return {place for place, body in everything(world).items() if text.encode() in place.encode() + body}


def check_erased(world: World) -> None:
    """Nothing of the first recording is left but entry, trail, tombstone, certificate, and a claim."""
    recording = world.entry().recording
    assert (RecordingState.ERASED, ()) == (recording.state, world.entry().chunks)
    assert recording.erasure is not None
    assert recording.erasure.finished_at is not None
    left = {place for place in places_of(world, RECORDING) if "00x" not in place}
    assert set() == {one for one in left if not one.startswith(_MAY_NAME_IT)}
    assert f"trail tombstones/{RECORDING}.json" in left
    assert [] == [place for place, body in everything(world).items() if ANN.encode() in body]
    assert b"her voice" not in everything(world).values()
    assert [] == list(world.missing_rows())
    assert not recording.trail.unwritten
    acts = [body for name, body in everything(world).items() if name.startswith(f"trail trail/{RECORDING}/")]
    assert sum(b'"what":"Erased"' in body for body in acts) == 1
