"""Who files or seals a recording that is erased meanwhile leaves nothing of it, also if they are cut off."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from recording.core.errors import ArchiveBusy, CatalogConflict
from recording.core.formats.messages import Task
from recording.core.model import CatalogEntry, RecordingState, RemovalReason
from tests.use_cases.erasures import ADA, check_erased, file_all, two_recordings
from tests.use_cases.world import RECORDING, World


@dataclass
class Between:
    """A filer that does something else at its turn."""

    do: Callable[[], None]

    def file(self, entry: CatalogEntry) -> None:
        self.do()


def unfiled() -> World:
    """A world with two recordings, of which the first is to be filed again."""
    world = two_recordings()
    world.index.delete(f"record~{RECORDING}", "filed")
    return world


def erase(world: World) -> None:
    world.app.records.removing.remove(world.entry(), RemovalReason.ERASURE, by=ADA)


def die() -> None:
    raise KeyboardInterrupt


def fail() -> None:
    raise ArchiveBusy("find blob", "503")


def test_who_files_across_an_erasure_leaves_nothing() -> None:
    """The entry was loaded before; the people document and all rows are written after."""
    world = unfiled()
    filing = world.app.records.filing
    replace(filing, filers=(Between(lambda: erase(world)), *filing.filers)).file(RECORDING)
    file_all(world)
    check_erased(world)


def test_a_document_that_names_people_is_not_left() -> None:
    """The metadata file was read before the erasure began."""
    world = unfiled()
    for name in [name for name in world.archive.blobs if f"/{RECORDING}.people" in name]:
        del world.archive.blobs[name]
    put = world.archive.put

    def put_late(name: object, *rest: object) -> object:
        if ".people" in str(name):
            erase(world)
        return put(name, *rest)  # type: ignore[arg-type]

    world.archive.put = put_late  # type: ignore[method-assign, assignment]
    world.app.records.filing.file(RECORDING)
    assert RecordingState.ERASED is world.entry().recording.state
    file_all(world)
    check_erased(world)


def test_who_is_cut_off_in_it_leaves_nothing_either() -> None:
    """The message comes again; if it is lost, the daily pass puts another, once the writer cannot be at work."""
    world = unfiled()
    filing = world.app.records.filing
    with pytest.raises(KeyboardInterrupt):
        replace(filing, filers=(Between(lambda: erase(world)), *filing.filers, Between(die))).file(RECORDING)
    assert [name for name in world.archive.blobs if f"/{RECORDING}.people" in name]
    world.record_queue.messages.clear()
    world.clock.sleep(timedelta(hours=2).total_seconds())
    world.app.records.daily.run()
    file_all(world)
    check_erased(world)


def test_a_row_of_a_person_is_not_written_after_its_note_was_removed() -> None:
    """Nothing else finds it: its key is the hash of who is named in a document that is gone."""
    world = unfiled()
    put = world.index.put
    is_erased = False

    def put_late(row: object) -> None:
        nonlocal is_erased
        if not is_erased and str(getattr(row, "partition", "")).startswith("person~"):
            is_erased = True
            erase(world)
        put(row)  # type: ignore[arg-type]

    world.index.put = put_late  # type: ignore[method-assign]
    world.app.records.filing.file(RECORDING)
    file_all(world)
    assert is_erased
    check_erased(world)


def test_who_seals_across_an_erasure_leaves_nothing() -> None:
    world = two_recordings()
    world.clock.sleep(timedelta(hours=1).total_seconds())
    sealing = world.app.records.sealing
    put = world.archive.put

    def put_late(name: object, *rest: object) -> object:
        if ".seal" in str(name):
            erase(world)
        return put(name, *rest)  # type: ignore[arg-type]

    world.archive.put = put_late  # type: ignore[method-assign, assignment]
    for task in (one for _, one in list(world.record_queue.messages) if one.task is Task.SEAL):
        sealing.seal(task.recording_id)
    sealing.seal(RECORDING)
    assert world.entry().recording.erasure is not None
    check_erased(world)


def test_who_files_without_an_erasure_leaves_no_row_of_it() -> None:
    world = unfiled()
    assert world.app.records.filing.file(RECORDING)
    assert [] == list(world.app.records.filing.late.left())


def test_who_fails_leaves_no_row_of_each_try() -> None:
    """Else one that fails for days would leave hundreds, and each would be looked at each day."""
    world = unfiled()
    filing = world.app.records.filing
    failing = replace(filing, filers=(*filing.filers, Between(fail)))
    for _ in range(3):
        with pytest.raises(ArchiveBusy):
            failing.file(RECORDING)
    assert [] == list(filing.late.left())


def test_who_fails_across_an_erasure_leaves_nothing_either() -> None:
    """Its row stays: what it has asked for last may still be done after it was told of a failure."""
    world = unfiled()
    filing = world.app.records.filing
    with pytest.raises(ArchiveBusy):
        replace(filing, filers=(Between(lambda: erase(world)), *filing.filers, Between(fail))).file(RECORDING)
    assert [RECORDING] == list(filing.late.left())
    world.clock.sleep(timedelta(hours=2).total_seconds())
    world.app.records.daily.run()
    file_all(world)
    check_erased(world)


def test_who_fails_hears_of_that_also_if_it_cannot_be_looked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    world = unfiled()
    filing = world.app.records.filing

    def refuse(*_: object) -> None:
        raise CatalogConflict("load entry", "503")

    def fail_with_catalog() -> None:
        monkeypatch.setattr(world.catalog, "load", refuse)
        fail()

    with pytest.raises(ArchiveBusy):
        replace(filing, filers=(Between(fail_with_catalog),)).file(RECORDING)
    assert [RECORDING] == list(filing.late.left())
