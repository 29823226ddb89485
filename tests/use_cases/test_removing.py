"""Everything of a recording is removed, and nothing of another one, wherever its removal is cut off."""

import json
from dataclasses import replace

import msgspec
import pytest

from recording.core.errors import BlobProtected, EntryUnreadable, RecordingOpen
from recording.core.model import (
    BlobName,
    CatalogEntry,
    ChunkState,
    RecordingId,
    RecordingState,
    RemovalReason,
)
from recording.core.records.exporting import Person, Wanted
from recording.core.records.jobs import JobKind, JobState
from recording.ports import IndexRow
from recording.records.exports.export_run import without_person
from recording.records.filing import about
from tests.use_cases.erasures import ADA, ANN, OTHER, check_erased, everything, two_recordings
from tests.use_cases.world import RECORDING, World, file_event_of


def remove(world: World) -> None:
    """Remove the first recording."""
    world.app.records.removing.finish(lambda: False)
    world.app.records.removing.remove(world.entry(), RemovalReason.ERASURE, by=ADA)


def of_others(world: World) -> dict[str, bytes]:
    """Of that, what does not name the first recording; in the index only the rows of the other one."""
    return {place: body for place, body in everything(world).items() if is_of_others(place, body)}


def is_of_others(place: str, body: bytes) -> bool:
    named = place.encode() + body
    return "00x" in place or (RECORDING.encode() not in named and not place.startswith("trail"))


def test_nothing_of_it_is_left_and_nothing_of_others_is_gone() -> None:
    world = two_recordings()
    before = of_others(world)
    assert [place for place, body in everything(world).items() if ANN.encode() in body]
    remove(world)

    check_erased(world)
    assert before == of_others(world)
    assert RecordingState.RELEASED is world.entry(OTHER).recording.state


def test_an_export_that_contains_it_is_removed() -> None:
    """Also one that is being made: it is cancelled."""
    world = two_recordings()
    jobs = world.app.records.jobs
    spec = msgspec.json.encode(Wanted("file 47", person=Person(raw_id=ANN))).decode()
    done, going = (jobs.make(JobKind.EXPORT, spec, by=ADA) for _ in range(2))
    jobs.save(without_person(replace(done, state=JobState.DONE)))  # as an export that is over is
    for job in (done, going):
        world.index.put(IndexRow(about(RECORDING), f"export~{job.job_id}"))
        world.index.put(IndexRow(f"job~{job.job_id}", "chosen~000", RECORDING.encode()))
        world.exports.put_as_stranger(BlobName(f"{job.job_id}.zip"), ANN.encode())
    world.exports.put_as_stranger(BlobName("another.zip"), b"of others")
    remove(world)

    check_erased(world)
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
    assert 1 == world.app.records.removing.finish(lambda: False)
    assert name in world.archive.blobs

    world.removals["archive"].held.clear()
    assert 0 == world.app.records.removing.finish(lambda: False)
    check_erased(world)


def test_an_erasure_whose_entry_is_lost_in_the_middle_is_not_forgotten() -> None:
    """A tombstone says that it has begun, and the row that it is not over; a rebuild finishes it."""
    world = two_recordings()
    world.removals["archive"].held.add(world.entry().chunks[0].name)
    with pytest.raises(BlobProtected):
        remove(world)
    entry = world.catalog.entries.pop(RECORDING)
    removing = world.app.records.removing
    assert (1, False) == (removing.finish(lambda: False), removing.is_gone(RECORDING))

    world.catalog.entries[RECORDING] = entry
    world.removals["archive"].held.clear()
    assert (0, True) == (removing.finish(lambda: False), removing.is_gone(RECORDING))
    check_erased(world)


def test_an_erasure_that_cannot_be_finished_keeps_no_other_from_it(monkeypatch: pytest.MonkeyPatch) -> None:
    world = two_recordings()
    world.removals["archive"].held |= {world.entry(one).chunks[0].name for one in (RECORDING, OTHER)}
    for recording_id in (RECORDING, OTHER):
        with pytest.raises(BlobProtected):
            world.app.records.removing.remove(world.entry(recording_id), RemovalReason.ERASURE, by=ADA)
    world.removals["archive"].held.clear()
    load = world.catalog.load

    def unreadable(recording_id: RecordingId) -> CatalogEntry | None:
        if recording_id == RECORDING:
            raise EntryUnreadable("load", "no JSON")
        return load(recording_id)

    monkeypatch.setattr(world.catalog, "load", unreadable)
    assert 1 == world.app.records.removing.finish(lambda: False)
    assert OTHER not in {row.body.decode() for key, row in world.index.rows.items() if key[0] == "erasing"}
    monkeypatch.undo()
    assert 1 == world.app.records.removing.finish(lambda: True)
    assert 0 == world.app.records.removing.finish(lambda: False)


def test_events_of_others_in_the_same_blob_are_kept() -> None:
    """They are written into the journal again, and looked at by its check."""
    world = two_recordings()
    mine, other = (file_event_of(recording_id=one, event_id="event-0") for one in (RECORDING, OTHER))
    (name,) = (name for name in world.journal.blobs if "event-0-" in name)
    world.journal.put_as_stranger(BlobName(f"{name[: -len('.json')]}0.json"), json.dumps([mine, other]).encode())
    remove(world)

    check_erased(world)
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
