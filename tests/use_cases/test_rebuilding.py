"""The catalog is lost, and made again from Blob alone: entries are what they were, and open ones come to their end."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest

from recording.core.errors import ArchiveBusy
from recording.core.formats.api import HoldRequest, StartRequest, etag_of_hold
from recording.core.formats.messages import RecordMessage, Task
from recording.core.formats.records.tombstones import Tombstone
from recording.core.lifecycle import Done, next_step
from recording.core.model import (
    UNKNOWN_LOCATION,
    Actor,
    BlobName,
    CatalogEntry,
    Chunk,
    ChunkState,
    DocumentId,
    Door,
    Opening,
    Place,
    Recording,
    RecordingId,
    RecordingState,
    RemovalReason,
)
from recording.core.naming import encode
from recording.core.records.holds import HoldState, Scope
from recording.core.records.jobs import JobKind, JobState
from recording.records.standing_blobs import MOST_MANIFEST
from tests.core.entries_of import WAV
from tests.fakes import FakeCatalog, FakeDirectory, FakeIndex, FakeLedger, FakeOpenWork, FakeQueue
from tests.use_cases.keepings import run_jobs
from tests.use_cases.kills import KilledError
from tests.use_cases.world import RECORDING, World, assert_nothing_lost, file_event_of

ANNA = Actor("key:anna")
LATER = timedelta(days=40)


@pytest.fixture
def world() -> World:
    world = World()
    for container in (world.archive, world.quarantine, world.trail.archive):
        container.now = world.clock.now
    return world


def event(world: World, recording: str = RECORDING, *indices: int, ends: bool = True, **fields: object) -> object:
    """An event of chunks that the source has."""
    chunks = [
        world.add(f"{recording}-{index}", index, end_reason="SessionEnded" if ends else "ChunkMaximumSizeExceeded")
        for index in indices or (0,)
    ]
    numbered = "-".join(map(str, indices))
    return file_event_of(*chunks, recording_id=recording, event_id=f"event-of-{recording}-{numbered}", **fields)


def lose_tables(world: World) -> dict[RecordingId, CatalogEntry]:
    """Throw away all tables and queues, as they are lost with their account or deleted; the entries that there were."""
    lost = dict(world.catalog.entries)
    world.catalog, world.open_work, world.directory = FakeCatalog(), FakeOpenWork(), FakeDirectory()
    world.index, world.ledger = FakeIndex(), FakeLedger()
    world.queue = FakeQueue(world.clock.now)
    world.given_back.clear()
    world.archiving = world.worker()
    return lost


def rebuild(world: World, most: int = 100) -> dict[str, int]:
    """Rebuild the catalog by a job; the counts."""
    jobs = world.app.records.jobs
    job = jobs.make(JobKind.REBUILD, "{}", by=ANNA)
    for _ in range(most):
        if jobs.load(job.job_id).is_over:
            break
        jobs.run(job.job_id)
    done = jobs.load(job.job_id)
    assert JobState.DONE is done.state
    return {str(name): number for name, number in done.progress.items() if not name.startswith("blobs")}


def essence(entry: CatalogEntry) -> tuple[Recording, tuple[Chunk, ...]]:
    """What must be as it was: all but the history, counts of tries and failures, and when the service was asked."""
    recording = replace(
        entry.recording,
        history=(),
        warned=(),
        changed_by=ANNA,
        opening=Opening(),
        trail=replace(entry.recording.trail, last=None),
    )
    chunks = (replace(one, failures=(), last_failure=None, tries=0, turn=0, partly_read=None) for one in entry)
    return recording, tuple(chunks)


def assert_equal(world: World, lost: dict[RecordingId, CatalogEntry]) -> None:
    """Each entry is what it was; what is done is done."""
    assert lost.keys() == world.catalog.entries.keys()
    for recording_id, before in lost.items():
        now = world.entry(recording_id)
        assert essence(before) == essence(now)
        assert all(
            isinstance(next_step(now, one.document_id, world.clock.now()), Done)
            == isinstance(next_step(before, one.document_id, world.clock.now()), Done)
            for one in before
        )
    assert [] == list(world.missing_rows())


def test_a_closed_recording_is_what_it_was(world: World) -> None:
    """State, proofs, names, totals, times and manifest; its history begins anew, and says so."""
    world.deliver(event(world, RECORDING, 0, 1))
    world.run()
    world.clock.at += timedelta(minutes=1)
    lost = lose_tables(world)
    assert {"rebuilt": 1, "known": 3} == rebuild(world)
    assert_equal(world, lost)
    entry = world.entry()
    assert RecordingState.RELEASED is entry.recording.state
    assert [("Rebuilt", ANNA)] == [(one.what, one.by) for one in entry.recording.history]
    assert [] == world.queue.messages


def test_a_recording_of_long_ago_is_what_it_was_but_for_the_places_at_the_source(world: World) -> None:
    """Its events are no longer in the journal; a late copy of one changes nothing, and is no conflict."""
    raw = event(world, RECORDING, 0, 1)
    world.deliver(raw)
    world.run()
    world.clock.at += LATER
    lost = lose_tables(world)
    world.journal.blobs.clear()
    rebuild(world)
    entry = world.entry()
    assert {UNKNOWN_LOCATION} == {one.announced.content_location for one in entry}
    assert [one.proof for one in lost[RECORDING]] == [one.proof for one in entry]
    assert (RecordingState.RELEASED, 1) == (entry.recording.state, entry.recording.revision)
    world.deliver(raw)
    world.run()
    entry = world.entry()
    assert (RecordingState.RELEASED, 1) == (entry.recording.state, entry.recording.revision)
    assert [one.announced for one in lost[RECORDING]] == [one.announced for one in entry]
    assert ["RecordingArchived"] == world.told()


def kill_at(world: World, at: int) -> Callable[[], bool]:
    """Kill the process at the call with that number of a container or the source; returns whether that has come."""
    numbers = count()
    killed: list[bool] = []

    def call(*_: object) -> None:
        if next(numbers) == at:
            killed.append(True)
            raise KilledError

    for container in (world.archive, world.trail.archive):
        container.before, container.after = call, call
    world.source.on_open = call
    return lambda: bool(killed)


def calm(world: World) -> None:
    """Disturb nothing any more."""
    for container in (world.archive, world.trail.archive):
        container.before = container.after = lambda *_: None
    world.source.on_open = lambda: None


def test_an_open_recording_comes_to_its_end_wherever_its_catalog_is_lost(world: World) -> None:
    """At calls of a container and of the source: no chunk is lost, what was released stays so, nothing is doubted."""
    for at in count(0, 3):
        world = World()
        world.deliver(event(world, RECORDING, 0, 1))
        with assert_nothing_lost(world):
            is_killed = kill_at(world, at)
            with suppress(KilledError):
                world.run()
            calm(world)
            before = lose_tables(world)[RECORDING]
            rebuild(world)
            world.run()
        entry = world.entry()
        assert RecordingState.RELEASED is entry.recording.state or any(one.released_at for one in before), at
        assert all(one.is_proven and one.is_closed for one in entry), at
        assert entry.recording.completed_at is not None, at
        assert not any(one.doubts or one.apart for one in entry), at
        assert [] == list(world.missing_rows())
        if not is_killed():
            break
    assert at > 20


def test_what_was_released_before_the_loss_is_proven_by_the_trail(world: World) -> None:
    """Its source is gone, so nothing else could prove it but its own word, a day later."""
    world.deliver(event(world, RECORDING, 0, ends=False))
    world.run(until=timedelta(minutes=5))
    assert ChunkState.RELEASED is world.state(f"{RECORDING}-0")
    lost = lose_tables(world)
    rebuild(world)
    assert_equal(world, lost)
    world.deliver(event(world, RECORDING, 1))
    world.run()
    assert RecordingState.RELEASED is world.entry().recording.state


def test_a_recording_that_runs_is_known_again_by_its_trail(world: World) -> None:
    """With its output, its rule and its pause; so that it is missed if its file event never comes."""
    call = world.calls.add_call()
    start = StartRequest(WAV, server_call_id=call.locators[0].server_call_id)
    world.app.beginning.starting.start_requested(start, by=ANNA)
    (recording_id,) = world.catalog.entries
    world.app.controlling.pause(recording_id, by=ANNA)
    world.app.archiving.writing_trail.write(world.entry(recording_id))
    before = lose_tables(world)[recording_id].recording
    rebuild(world)
    now = world.entry(recording_id).recording
    assert (before.state, before.output, before.requested_at) == (now.state, now.output, now.requested_at)
    assert [one.since for one in before.pauses] == [one.since for one in now.pauses]
    assert (before.applied and before.applied.rule) == (now.applied and now.applied.rule)
    assert [] == list(world.missing_rows())


def test_what_the_trail_says_counts_only_while_its_blob_stands(world: World) -> None:
    """Else the chunk is copied again."""
    world.deliver(event(world, RECORDING, 0, ends=False))
    world.source.contents = dict(world.source.contents)
    contents = dict(world.source.contents)
    world.run(until=timedelta(minutes=5))
    name = world.chunk(f"{RECORDING}-0").name
    lose_tables(world)
    del world.archive.blobs[name]
    world.source.contents |= contents
    rebuild(world)
    assert ChunkState.ANNOUNCED is world.state(f"{RECORDING}-0")
    world.run(until=timedelta(minutes=10))
    assert contents[world.chunk(f"{RECORDING}-0").announced.content_location] == world.archive.blobs[name].content


def test_a_copy_in_quarantine_is_found_again(world: World) -> None:
    """In doubt, it still waits for a person, who can accept it."""
    chunk = world.add("document-0", content=b"RIFF no sound at all" * 40)
    world.deliver(file_event_of(chunk))
    world.run()
    lost = lose_tables(world)
    rebuild(world)
    found, before = world.chunk(), lost[RECORDING].chunks[0]
    assert before.apart is not None
    assert found.apart is not None
    assert (ChunkState.QUARANTINED, True) == (found.state, found.is_undecided)
    assert (before.apart.name, before.apart.digest, Place.QUARANTINE) == (
        found.apart.name,
        found.apart.digest,
        found.apart.place,
    )
    assert RecordingState.QUARANTINED is world.entry().recording.state


def test_a_lost_chunk_stays_lost_and_is_told_once(world: World) -> None:
    world.deliver(file_event_of(world.add("document-0"), world.add("document-1", 1)))
    world.remove(world.chunk("document-1").announced)
    world.run()
    told, lost = world.told(), lose_tables(world)
    rebuild(world)
    world.run()
    assert ChunkState.LOST is world.state("document-1")
    assert lost[RECORDING].recording.lacks == world.entry().recording.lacks
    assert told == world.told()


def test_the_door_of_an_event_is_as_it_was(world: World) -> None:
    """By the function key there is no authority to delete; by Event Grid there is, after the rebuild too."""
    for number, door in enumerate((Door.EVENT_GRID, Door.FUNCTION_KEY)):
        recording = RecordingId(f"recording-by-{door}")
        world.deliver(event(world, recording, 0), door)
        assert number + 1 == len(world.catalog.entries)
    lose_tables(world)
    rebuild(world)
    world.run()
    assert [ChunkState.RELEASED, ChunkState.KEPT] == [
        world.state(f"recording-by-{door}-0", RecordingId(f"recording-by-{door}"))
        for door in (Door.EVENT_GRID, Door.FUNCTION_KEY)
    ]


@pytest.mark.parametrize("is_cut_off", [True, False])
def test_a_recording_that_was_erased_stays_so(world: World, *, is_cut_off: bool) -> None:
    """Its tombstone outlasts whatever may still speak of it; what its erasure had not removed yet is removed."""
    world.deliver(event(world, RECORDING, 0))
    world.run()
    removing, tombstone = world.app.records.removing, Tombstone(RECORDING, world.clock.at, RemovalReason.ERASURE, ANNA)
    if is_cut_off:
        world.tombstones.put(tombstone)
    else:
        removing.remove(world.entry(), RemovalReason.ERASURE, by=ANNA)
    lose_tables(world)
    assert rebuild(world)["erased"] > 0
    assert RecordingState.ERASED == world.entry().recording.state
    assert {} == world.archive.blobs
    assert 0 == world.app.records.removing.finish(lambda: False)
    world.app.looking.history(RECORDING, by=ANNA)
    world.app.archiving.writing_trail.write(world.entry())
    assert () == world.app.looking.verify(RECORDING).breaks


def test_an_entry_that_is_there_is_never_replaced(world: World) -> None:
    """A live event has made it before its turn; what it lacks is announced in the usual way."""
    world.deliver(event(world, RECORDING, 0, ends=False))
    world.run(until=timedelta(minutes=5))
    lose_tables(world)
    later = world.add("later", 1)
    world.deliver(file_event_of(later, recording_id=RECORDING, event_id="later"))
    before = world.entry().chunks
    counts = rebuild(world)
    assert (0, 1) == (counts.get("rebuilt", 0), counts["announced"])
    assert before[0] == world.chunk("later")
    assert [DocumentId(f"{RECORDING}-0"), DocumentId("later")] == [one.document_id for one in world.entry()]


def test_a_rebuild_done_twice_changes_nothing(world: World) -> None:
    world.deliver(event(world, RECORDING, 0, 1))
    world.run()
    lose_tables(world)
    rebuild(world)
    once = dict(world.catalog.entries)
    assert "rebuilt" not in rebuild(world)
    assert once == world.catalog.entries


def test_a_rebuild_that_is_cut_off_goes_on(world: World) -> None:
    """At each call of a container: the run raises, its message comes again, and all is as if nothing had been."""
    recordings = [RecordingId(f"recording-{number}") for number in range(3)]
    for recording in recordings:
        world.deliver(event(world, recording, 0))
    world.run()
    for at in range(0, 40, 3):
        lost = lose_tables(world)
        numbers = count()

        def fail(*_: object, at: int = at, numbers: Iterator[int] = numbers) -> None:
            if next(numbers) == at:
                raise ArchiveBusy("read blob", "503")

        jobs = world.app.records.jobs
        job = jobs.make(JobKind.REBUILD, "{}", by=ANNA)
        for container in (world.archive, world.journal, world.trail.archive):
            container.before = fail
        for _ in range(3):
            try:
                jobs.run(job.job_id)
            except ArchiveBusy:
                continue
        assert JobState.DONE is jobs.load(job.job_id).state
        assert_equal(world, lost)


def test_what_is_rebuilt_is_filed_again(world: World) -> None:
    """The rows of the index were lost too."""
    world.deliver(event(world, RECORDING, 0))
    world.run()
    lose_tables(world)
    world.record_queue.messages.clear()
    rebuild(world)
    assert [RecordMessage(RECORDING, Task.FILE)] == [message for _, message in world.record_queue.messages]


def test_it_is_listed_under_the_day_on_which_it_was_first_known(world: World) -> None:
    world.deliver(event(world, RECORDING, 0))
    world.run()
    first = world.clock.at
    world.clock.at += LATER
    lose_tables(world)
    rebuild(world)
    assert (RECORDING,) == world.directory.page(first, 10).recording_ids
    assert () == world.directory.page(world.clock.at, 10).recording_ids


def test_the_trail_goes_on_where_it_stood(world: World) -> None:
    """No link is written twice, and the chain is whole."""
    world.deliver(event(world, RECORDING, 0))
    world.run()
    lost = lose_tables(world)[RECORDING].recording.trail
    rebuild(world)
    assert (lost.number, lost.hash) == (world.entry().recording.trail.number, world.entry().recording.trail.hash)
    world.app.looking.history(RECORDING, by=ANNA)
    world.app.archiving.writing_trail.write(world.entry())
    verified = world.app.looking.verify(RECORDING)
    assert (lost.number + 1, ()) == (verified.links, verified.breaks)


def test_a_hold_survives_the_loss_of_the_tables(world: World) -> None:
    """It holds before its recordings are placed again; one that has ended does not come back, and no copy is left."""
    world.deliver(event(world))
    world.run()
    keeping = world.app.records.keeping
    scope = Scope(recordings=(RECORDING,))
    day = world.clock.at.date()
    asked = HoldRequest(scope, "case 7", "legal", day, by=ANNA)
    held, ended = (keeping.deciding_holds.make(asked, (), by=ANNA) for _ in range(2))
    run_jobs(world)
    ended = keeping.holding.load(ended.hold_id)
    keeping.deciding_holds.end(ended.hold_id, etag_of_hold(ended), "closed", by=ANNA)
    run_jobs(world)
    lose_tables(world)
    assert [held.hold_id] == [hold.hold_id for hold in world.app.records.holding.of(RECORDING)]

    assert 1 == rebuild(world)["holds"]
    assert [held.hold_id] == [hold.hold_id for hold in world.app.records.holding.of(RECORDING)]
    world.app.records.keeping.watching_holds.run()
    run_jobs(world)
    (hold,) = world.app.records.holding.of(RECORDING)
    assert HoldState.ACTIVE is hold.state
    world.app.records.keeping.deciding_holds.end(hold.hold_id, etag_of_hold(hold), "closed", by=ANNA)
    run_jobs(world)
    assert [] == [name for name in world.archive.blobs if name.startswith("holds/")]


def test_a_copy_of_a_hold_that_cannot_be_read_fails_the_rebuild_and_names_the_blob(world: World) -> None:
    """Nothing is rebuilt that a hold should keep; and no run repeats it without an end."""
    world.archive.put_as_stranger(BlobName("holds/one.json"), b"no hold")
    jobs = world.app.records.jobs
    job = jobs.make(JobKind.REBUILD, "{}", by=ANNA)
    jobs.run(job.job_id)
    failed = jobs.load(job.job_id)
    assert (JobState.FAILED, True) == (failed.state, "holds/one.json" in failed.cause)


@pytest.mark.parametrize("kept", ["journal", "trail", "manifest"])
def test_each_of_journal_trail_and_manifest_names_a_recording_whose_id_is_too_long_for_a_name(
    world: World, kept: str
) -> None:
    """Its name in a container is shortened, and does not say whose it is."""
    recording = RecordingId("r" * 300)
    world.deliver(event(world, recording, 0))
    world.run()
    lose_tables(world)
    world.clock.at += LATER
    if kept != "journal":
        world.journal.blobs.clear()
    if kept != "trail":
        world.trail.archive.blobs.clear()
    assert 1 == rebuild(world)["rebuilt"]
    assert RecordingState.RELEASED is world.entry(recording).recording.state


def test_what_is_too_long_for_a_manifest_hides_none(world: World) -> None:
    """Whoever can write to the container could else make all unknown that only the manifest says."""
    world.deliver(event(world, RECORDING, 0))
    world.run()
    world.clock.at += LATER
    lost = lose_tables(world)
    world.journal.blobs.clear()
    world.trail.archive.blobs.clear()
    name = lost[RECORDING].recording.manifest_name
    assert name is not None
    world.archive.put_as_stranger(BlobName(name.replace(".manifest", ".manifest-9")), bytes(MOST_MANIFEST + 1))
    rebuild(world)
    assert [one.proof for one in lost[RECORDING]] == [one.proof for one in world.entry()]


def test_a_manifest_that_makes_no_sense_holds_up_no_other(world: World) -> None:
    world.deliver(event(world, RECORDING, 0))
    world.run()
    world.clock.at += LATER
    lose_tables(world)
    world.journal.blobs.clear()
    for name in ("broken", "r" * 300):
        world.archive.put_as_stranger(BlobName(f"2026/{encode(name)}.manifest.json"), b"{}")
    assert (1, 1) == (rebuild(world)["rebuilt"], len(world.catalog.entries))
