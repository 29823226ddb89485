"""A world with a recording of two people, of whom one is taken out of it."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from recording.core.lifecycle import Started
from recording.core.model import (
    BlobName,
    CallConnectionId,
    CallLocator,
    RecordingState,
    ServerCallId,
    StartOrder,
)
from recording.core.naming import sibling_name
from recording.core.records.erasing import Mode
from recording.core.records.exporting import Person
from recording.core.records.jobs import JobKind
from recording.ports import StartClaim
from tests.core.entries_of import WAV
from tests.fakes import FakeCatalog, FakeDirectory, FakeIndex, FakeOpenWork
from tests.use_cases.erasures import ADA, ANN, BOB, KEYS, add, file_all, places_of, run_jobs
from tests.use_cases.world import RECORDING, World, file_event_of

WHY = "she has asked for it"


def of_two(chunks: int = 1) -> World:
    """A whole recording of Ann and Bob, filed; beside it what tries have left that nobody has noted."""
    world = World(settings={"PEOPLE_INDEX_KEY": KEYS})
    world.updates.apply(RECORDING, Started(RECORDING, WAV, ServerCallId("call"), CallConnectionId("connection")))
    order = StartOrder(CallLocator(ServerCallId("call")), WAV, "id", world.clock.now(), channels=(ANN,))
    world.catalog.claim(StartClaim(f"{WAV} call/call", order, "event/1", world.clock.now(), RECORDING))
    found = [
        replace(
            add(world, f"document-{index}", index, ANN, BOB),
            end_reason="SessionEnded" if index == chunks - 1 else "ChunkMaximumSizeExceeded",
        )
        for index in range(chunks)
    ]
    world.deliver(file_event_of(*found))
    world.run()
    file_all(world)
    name = world.entry().chunks[0].name
    world.archive.put_as_stranger(BlobName(f"{name}.metadata-2.json"), ANN.encode())
    world.quarantine.put_as_stranger(BlobName(f"{name}.metadata.json"), ANN.encode())
    call = {"id": "call-of-ann", "eventType": "Microsoft.Communication.CallStarted", "data": {"by": {"rawId": ANN}}}
    world.journal.put_as_stranger(BlobName(f"{world.clock.now():%Y/%m/%d}/call.json"), json.dumps([call]).encode())
    return world


def begun(world: World, *raw_ids: str, mode: Mode = Mode.UNLINK) -> str:
    """Plan and execute an erasure for each of these; the id of the last."""
    erasing = world.app.records.erasing
    erasure_id = ""
    for raw_id in raw_ids:
        shown = erasing.plan(Person(raw_id=raw_id), mode, WHY, by=ADA)
        assert shown.plan is not None
        erasing.execute(shown.job.job_id, shown.plan.hash, by=ADA)
        erasure_id = shown.job.job_id
    return erasure_id


def again(world: World, days: int = 1) -> None:
    """Some days later."""
    for _ in range(days):
        world.clock.sleep(timedelta(days=1).total_seconds())
        world.app.records.daily.run()
        file_all(world)
        run_jobs(world)


def media(world: World) -> dict[str, bytes]:
    """The bytes of the chunks in the archive, as the entry names them."""
    return {chunk.document_id: world.archive.blobs[chunk.proof.name].content for chunk in world.entry() if chunk.proof}


def found_by(world: World, raw_id: str) -> list[str]:
    """The recordings that a search by that id finds."""
    return [row.recording_id for row in world.app.records.people.recordings_of([raw_id]).rows]


def manifests(world: World) -> list[dict[str, object]]:
    """All manifests, the earliest first."""
    names = sorted((name for name in world.archive.blobs if ".manifest" in name), key=lambda name: (len(name), name))
    return [json.loads(world.archive.blobs[name].content) for name in names]


def check_unlinked(world: World, *raw_ids: str, kept: Iterable[str] = (BOB,)) -> None:
    """Nothing names them; media, manifest and others are there."""
    for raw_id in raw_ids:
        assert set() == places_of(world, raw_id)
        assert [] == found_by(world, raw_id)
    for raw_id in kept:
        assert [RECORDING] == found_by(world, raw_id)
    entry = world.entry()
    assert RecordingState.RELEASED is entry.recording.state
    assert entry.recording.completed_at is not None
    assert all(one.finished_at for one in entry.recording.unlinked)
    for chunk in entry:
        assert chunk.proof is not None
        assert chunk.proof.metadata is not None
        assert chunk.proof.metadata.name in world.archive.blobs
        assert chunk.proof.name in world.archive.blobs
    said = manifests(world)[-1]
    assert [one.erasure_id for one in entry.recording.unlinked] == [
        one["erasureId"]
        for one in said["unlinked"]  # type: ignore[attr-defined]
    ]
    assert [] == list(world.missing_rows())
    assert not entry.recording.trail.unwritten


def heard(world: World) -> list[list[str]]:
    """Who is heard in each chunk, by the people document of the last manifest."""
    manifest = world.entry().recording.manifest_name
    assert manifest is not None
    document = json.loads(world.archive.blobs[sibling_name(manifest, "people")].content)
    return [[one["rawId"] for one in chunk["participants"]] for chunk in document["chunks"]]


def metadata_name(world: World) -> BlobName:
    """The name of the first chunk's metadata file, as its proof has it."""
    proof = world.entry().chunks[0].proof
    assert proof is not None
    assert proof.metadata is not None
    return proof.metadata.name


def lose_tables(world: World) -> None:
    """Throw the tables away, and rebuild the catalog from the blobs."""
    world.catalog, world.open_work, world.directory = FakeCatalog(), FakeOpenWork(), FakeDirectory()
    world.index = FakeIndex()
    world.worker()
    world.app.records.jobs.make(JobKind.REBUILD, "{}", by=ADA)
    run_jobs(world)
    file_all(world)
