"""The index is lost alone, and the catalog is there: a rebuild lets all that was in it go on, or be filed again."""

from contextlib import suppress
from datetime import timedelta

import pytest

from recording.core.errors import ArchiveBusy, BlobProtected
from recording.core.formats.messages import RecordMessage, Task
from recording.core.model import BlobName, RecordingId, RecordingState, RemovalReason
from recording.core.records.jobs import JobKind
from tests.fakes import FakeCatalog, FakeDirectory, FakeIndex, FakeOpenWork
from tests.use_cases.erasures import ADA, ANN, BOB, OTHER, add, file_all, places_of, run_jobs, two_recordings
from tests.use_cases.unlinkings import again, begun, found_by, metadata_name, of_two
from tests.use_cases.world import RECORDING, World, file_event_of

LATER = timedelta(days=40).total_seconds()


def lose_index(world: World) -> None:
    """Throw its table away, long after what the daily pass looks at."""
    world.clock.sleep(LATER)
    world.index = FakeIndex()
    world.worker()


def rebuild(world: World) -> None:
    """Rebuild by a job."""
    world.app.records.jobs.make(JobKind.REBUILD, "{}", by=ADA)
    run_jobs(world)


def test_people_find_their_recordings_again() -> None:
    """Else an erasure by person would certify that there is nothing of them."""
    world = two_recordings()
    lose_index(world)
    rebuild(world)
    file_all(world)

    assert [RECORDING] == found_by(world, ANN)
    assert [str(OTHER)] == found_by(world, BOB)


def test_people_find_recordings_again_that_were_rebuilt_two_days_before() -> None:
    """An earlier rebuild has filed them, not this one, and the daily pass looks no further back."""
    world = two_recordings()
    world.catalog, world.open_work, world.directory = FakeCatalog(), FakeOpenWork(), FakeDirectory()
    lose_index(world)
    rebuild(world)
    file_all(world)
    assert [RECORDING] == found_by(world, ANN)
    world.clock.sleep(timedelta(days=2, hours=20).total_seconds())
    world.index = FakeIndex()
    world.worker()
    rebuild(world)
    file_all(world)
    again(world)

    assert [RECORDING] == found_by(world, ANN)
    assert [str(OTHER)] == found_by(world, BOB)


def test_what_is_filed_is_not_filed_again_by_a_rebuild_on_a_suspicion() -> None:
    """Of ten million recordings, a message for each would keep all others waiting."""
    world = two_recordings()
    world.record_queue.messages.clear()
    rebuild(world)

    assert [] == [message for _, message in world.record_queue.messages if message.task is Task.FILE]
    world.index.delete(f"record~{OTHER}", "filed")
    rebuild(world)
    assert [RecordMessage(OTHER, Task.FILE)] == [message for _, message in world.record_queue.messages]


def test_an_erasure_that_has_begun_comes_to_its_end() -> None:
    """A row said that it is not finished, and nobody erases again what is erased already."""
    world = two_recordings()
    protected = world.removals["archive"].kept
    protected.add(world.entry().chunks[0].name)
    with pytest.raises(BlobProtected):
        world.app.records.removing.remove(world.entry(), RemovalReason.ERASURE, by=ADA)
    lose_index(world)
    rebuild(world)
    assert world.entry().chunks
    protected.clear()
    again(world)

    erasure = world.entry().recording.erasure
    assert erasure is not None
    assert erasure.finished_at is not None
    assert set() == {
        place for place in places_of(world, RECORDING) if place.startswith("archive ") and "00x" not in place
    }
    assert RecordingState.ERASED is not world.entry(RecordingId(OTHER)).recording.state


def test_what_a_rebuild_cannot_remove_of_an_erased_recording_is_not_taken_for_gone() -> None:
    """An event has made its entry anew: it says that all of it is erased, and a blob that is protected stands."""
    world = two_recordings()
    media = world.entry().chunks[0].name
    protected = world.removals["archive"].kept
    protected.add(media)
    removing = world.app.records.removing
    with pytest.raises(BlobProtected):
        removing.remove(world.entry(), RemovalReason.ERASURE, by=ADA)
    world.catalog.entries.clear()
    world.open_work.rows.clear()
    lose_index(world)
    world.deliver(file_event_of(add(world, "late", 2, ANN), event_id="late"))
    world.run()
    rebuild(world)
    assert media in world.archive.blobs
    assert world.app.records.removing.is_unfinished(RECORDING)
    assert not world.app.records.removing.is_gone(RECORDING)

    protected.clear()
    rebuild(world)
    assert media not in world.archive.blobs
    assert not world.app.records.removing.is_unfinished(RECORDING)


def test_what_names_somebody_who_is_being_taken_out_is_removed() -> None:
    """The entry names what was written anew: what it had named before would stand for ever."""
    world = of_two()
    before = metadata_name(world)
    world.clock.sleep(timedelta(days=2).total_seconds())
    world.removals["archive"].kept.add(before)
    begun(world, ANN)
    run_jobs(world)
    assert metadata_name(world) != before
    assert before in world.archive.blobs
    lose_index(world)
    rebuild(world)
    world.removals["archive"].kept.clear()
    file_all(world)
    again(world)

    assert set() == {place for place in places_of(world, ANN) if not place.startswith("journal ")}
    assert all(one.finished_at for one in world.entry().recording.unlinked)


def test_somebody_else_can_be_taken_out_where_that_had_begun_for_one_whose_erasure_is_lost() -> None:
    """One at a time: else nobody could be any more, as the job is lost that knows whom that was."""
    world = of_two()
    world.clock.sleep(timedelta(days=2).total_seconds())
    begun(world, ANN)
    before = world.archive.before

    def fail(operation: str, name: BlobName) -> None:
        if ".metadata-" in name and operation == "put":
            raise ArchiveBusy(operation, "503")

    world.archive.before = fail
    with suppress(ArchiveBusy):
        run_jobs(world)
    world.archive.before = before
    begun_once = world.entry().recording.unlinked
    assert [None] == [one.rewritten_at for one in begun_once]
    world.app.records.erasing.parts.unlinking.finish(lambda: False)
    assert begun_once == world.entry().recording.unlinked  # its erasure is known, and goes on with it
    world.job_queue.jobs.clear()
    lose_index(world)
    rebuild(world)
    file_all(world)
    again(world)
    bob = begun(world, BOB)
    run_jobs(world)
    again(world)

    assert [bob] == [one.erasure_id for one in world.entry().recording.unlinked if one.finished_at]
    assert [] == found_by(world, BOB)
    assert all(one.finished_at for one in world.entry().recording.unlinked)
