"""Slow runs, late events, holds and erasures while somebody is taken out: no media are lost, and nothing is left."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from recording.catalog_updates import CatalogUpdates
from recording.core.errors import Transient
from recording.core.model import BlobName, Door, RecordingId, RemovalReason
from recording.core.records.erasing import Mode
from recording.core.records.holds import Hold, HoldState, Scope
from recording.core.records.jobs import JobKind, JobState
from recording.records.erasure.erasing import FinishingErasures
from recording.records.erasure.muting import Muting
from recording.records.erasure.removing import Removing
from recording.records.erasure.rewriting import Rewriting
from recording.records.erasure.unlinking import UnlinkingPeople
from recording.records.proven_bytes import NotReadable
from tests.fakes.removal import FakeRemoval
from tests.use_cases.erasures import ADA, ANN, BOB, KEYS, add, archive, check_erased, file_all, run_jobs, state
from tests.use_cases.kills import KilledError
from tests.use_cases.mutings import UNMIXED, heard, voices
from tests.use_cases.mutings import of_two as of_two_unmixed
from tests.use_cases.test_late_writes import Between
from tests.use_cases.unlinkings import again, begun, check_unlinked, found_by, of_two
from tests.use_cases.world import RECORDING, START, World, elsewhere, file_event_of

SECOND = RecordingId("recording-2")
MODES = (Mode.UNLINK, Mode.MUTE)


def erase(world: World) -> None:
    """Erase the recording whole."""
    world.app.records.removing.remove(world.entry(), RemovalReason.ERASURE, by=ADA)


def hold(state_: HoldState) -> Hold:
    """A hold on the recording."""
    return Hold("h1", state_, Scope(recordings=(RECORDING,)), "a court", "legal", START.date(), START, ADA)


def run_hold(world: World) -> None:
    """Run the job of that hold."""
    world.app.records.jobs.make(JobKind.HOLD, json.dumps({"holdId": "h1"}), by=ADA)
    run_jobs(world)


def check_named_blobs_stand(world: World) -> None:
    """Nothing is lost that the entry names."""
    for chunk in world.entry():
        assert chunk.proof is not None
        assert chunk.proof.metadata is not None
        assert {chunk.proof.name, chunk.proof.metadata.name} <= world.archive.blobs.keys()


def test_what_a_slow_look_removes_is_never_what_a_new_attempt_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """An attempt that was given up has left a blob; taken up by the next one, the look removed the only medium."""
    world = of_two_unmixed()
    begun(world, ANN, mode=Mode.MUTE)
    run_jobs(world)
    file_all(world)
    bob = begun(world, BOB, mode=Mode.MUTE)
    before, mute = set(world.archive.blobs), Muting.mute

    def busy(*args: object) -> None:
        mute(*args)  # type: ignore[arg-type]
        raise NotReadable("busy")

    with monkeypatch.context() as patch:
        patch.setattr(Muting, "mute", busy)
        run_jobs(world)
    assert JobState.WAITING is state(world, bob)
    assert [name for name in world.archive.blobs.keys() - before if ".muted-" in name]

    unlinking, jobs = world.app.records.erasing.parts.unlinking, world.app.records.jobs
    removal, remove, is_begun = world.removals["archive"], FakeRemoval.remove, list[bool]()

    def remove_late(self: FakeRemoval, name: BlobName) -> bool:
        if self is removal and not is_begun:
            is_begun.append(True)
            jobs.go_on(jobs.load(bob))
            while state(world, bob) is not JobState.DONE:
                jobs.run(bob)
        return remove(self, name)

    world.clock.sleep(60)
    monkeypatch.setattr(FakeRemoval, "remove", remove_late)
    unlinking.look_again(world.entry())
    assert is_begun
    check_named_blobs_stand(world)


def run_slowly(world: World, job_id: str, meanwhile: Callable[[], None]) -> None:
    """Run a job that mutes, with something that happens just before it commits its first blob, which stands then."""
    commit, has_happened = world.archive.commit, list[bool]()

    def commit_late(name: BlobName, *rest: object) -> str:
        if ".muted-" in name and not has_happened:
            has_happened.append(True)
            meanwhile()
        return commit(name, *rest)  # type: ignore[arg-type]

    world.archive.commit = commit_late  # type: ignore[method-assign,assignment]
    for _ in range(5):
        try:
            world.app.records.jobs.run(job_id)
        except Transient:  # its message is delivered again
            continue
    assert has_happened
    assert [name for name in world.archive.blobs if ".muted-" in name]


def test_a_blob_that_a_slow_run_writes_after_all_is_erased_is_removed() -> None:
    """Also if the row that told of it was written anew by the erasure of another person."""
    world = of_two_unmixed()
    ann, bob = begun(world, ANN, mode=Mode.MUTE), begun(world, BOB, mode=Mode.MUTE)

    def meanwhile() -> None:
        for _ in range(3):
            world.app.records.jobs.run(bob)
        erase(world)

    run_slowly(world, ann, meanwhile)
    file_all(world)
    again(world, 6)
    assert not [name for name in world.archive.blobs if RECORDING in name]
    check_erased(world)


def test_the_last_daily_look_leaves_nothing_of_what_is_erased_meanwhile() -> None:
    """It writes the people document and the rows, if there are none."""
    world = of_two()
    begun(world, ANN)
    run_jobs(world)
    file_all(world)
    again(world, 2)
    world.clock.sleep(timedelta(days=3).total_seconds())
    find, is_erased = world.archive.find, list[bool]()

    def find_late(name: BlobName) -> object:
        if ".people" in name and not is_erased:
            is_erased.append(True)
            erase(world)
        return find(name)

    world.archive.find = find_late  # type: ignore[method-assign,assignment]
    world.app.records.daily.run()
    assert is_erased
    file_all(world)
    again(world, 5)
    assert [] == found_by(world, BOB)
    check_erased(world)


@pytest.mark.parametrize("mode", MODES)
def test_a_hold_that_ends_just_then_leaves_no_blob_that_nobody_can_remove(mode: Mode) -> None:
    """Its legal holds were set on what the entry named before, and are taken off by what it names then."""
    world = of_two_unmixed()
    records = world.app.records
    records.holding.insert(hold(HoldState.PLACING))
    run_hold(world)
    assert world.removals["archive"].held
    ann = begun(world, ANN, mode=mode)
    run_jobs(world)
    assert JobState.WAITING is state(world, ann)

    records.holding.change("h1", lambda known: replace(known, state=HoldState.ENDING))
    records.jobs.go_on(records.jobs.load(ann))
    run_jobs(world)  # before the job of the hold
    run_hold(world)
    again(world, 3)
    assert JobState.DONE is state(world, ann)
    assert not world.removals["archive"].held & world.archive.blobs.keys()
    assert [] == found_by(world, ANN)


def test_the_daily_look_removes_no_metadata_file_of_a_chunk_that_is_copied_just_now() -> None:
    """One by the function key alone keeps no recording open: its manifest stands, and it is looked at."""
    world = of_two()
    begun(world, ANN)
    run_jobs(world)
    file_all(world)
    world.clock.sleep(60)
    world.deliver(file_event_of(add(world, "late", 1, ANN, BOB), event_id="late"), Door.FUNCTION_KEY)
    looks = list[bool]()

    def look(operation: str, name: str) -> None:
        if operation == "put" and "late" in name and ".metadata" in name and not looks:
            looks.append(True)
            world.app.records.erasing.parts.unlinking.look_again(world.entry())

    world.archive.after = look
    world.run()
    assert looks
    assert world.entry().recording.completed_at is not None
    check_named_blobs_stand(world)


def test_no_manifest_of_a_part_is_written_while_a_chunk_may_still_come(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is told too early that it is incomplete; and the other recordings of the erasure do not wait."""
    world = of_two()
    archive(world, SECOND, ANN)
    ann = begun(world, ANN)

    def die(*_: object) -> None:
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(UnlinkingPeople, "_finish", die)
        with pytest.raises(KilledError):
            run_jobs(world)
    world.clock.sleep(1)
    world.deliver(file_event_of(add(world, "last", 2, ANN, BOB), event_id="last"))
    told = world.told()
    for _ in range(6):
        world.one()
    run_jobs(world)
    assert JobState.WAITING is state(world, ann)
    assert "RecordingIncomplete" not in world.told()[len(told) :]
    assert [True] == [one.finished_at is not None for one in world.entry(SECOND).recording.unlinked]

    world.deliver(file_event_of(add(world, "between", 1, ANN, BOB), event_id="between"))
    world.run()
    file_all(world)
    again(world, 2)
    assert JobState.DONE is state(world, ann)
    check_unlinked(world, ANN)


@pytest.mark.parametrize("mode", MODES)
def test_a_late_event_withdraws_no_proof_of_what_was_written_anew(mode: Mode) -> None:
    """Its source has ended; without the file it would not be known any more who else is heard in it."""
    world = World(settings={"PEOPLE_INDEX_KEY": KEYS})
    metadata = heard("document-0", 0, (ANN, 0), (BOB, 1))
    one = world.add("document-0", content=voices(), metadata=metadata, end_reason="SessionEnded")
    world.deliver(file_event_of(replace(one, delete_location=None), **UNMIXED), Door.FUNCTION_KEY)
    world.run()
    file_all(world)
    world.clock.sleep(timedelta(days=3).total_seconds())
    ann = begun(world, ANN, mode=mode)
    run_jobs(world)
    file_all(world)
    assert JobState.DONE is state(world, ann)
    world.remove(one)

    other = elsewhere(one, content="https://x.asm.skype.com/v1/objects/0-eus-d1-other/content/video")
    world.deliver(file_event_of(other, event_id="late", **UNMIXED))
    world.run()
    world.clock.sleep(timedelta(days=3).total_seconds())
    world.run()
    file_all(world)
    again(world, 2)
    check_named_blobs_stand(world)
    assert [RECORDING] == found_by(world, BOB)
    assert "ConflictingEvents" in world.told()


def test_a_blob_of_a_stranger_in_its_way_keeps_no_other_recording_waiting() -> None:
    world = of_two()
    archive(world, SECOND, ANN)
    begun(world, ANN)
    folder = str(world.entry().recording.manifest_name).rpartition("/")[0]
    world.archive.put_as_stranger(BlobName(f"{folder}/{RECORDING}.people-2.json"), b"no JSON")
    run_jobs(world)
    assert [True] == [one.finished_at is not None for one in world.entry(SECOND).recording.unlinked]


def test_each_attempt_has_names_of_its_own() -> None:
    """And the next run of the same attempt has the same."""
    world = of_two_unmixed()
    (chunk,) = world.entry().chunks
    muting = world.app.records.erasing.parts.unlinking.rewriting.muting
    found = muting.found(world.entry(), lambda text: text == ANN)
    assert not isinstance(found, str)
    names = {muting.name(chunk, found[chunk.document_id], attempt) for attempt in ("e-1 1", "e-1 1", "e-1 2", "e-2 1")}
    assert 3 == len(names)


def test_a_look_that_has_not_seen_that_it_begins_lets_its_row_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written by a slow run is found by that row, if all is erased meanwhile."""
    world = of_two_unmixed()
    bob, mute, load = begun(world, BOB, mode=Mode.MUTE), Muting.mute, CatalogUpdates.load

    def busy(*args: object) -> None:
        mute(*args)  # type: ignore[arg-type]
        raise NotReadable("busy")

    with monkeypatch.context() as patch:
        patch.setattr(Muting, "mute", busy)
        run_jobs(world)
    assert [] == list(world.entry().recording.unlinked)

    def die(*_: object) -> None:
        raise KilledError

    is_loaded = list[bool]()

    def load_then_begin(updates: CatalogUpdates, recording_id: RecordingId) -> object:
        found = load(updates, recording_id)
        if not is_loaded:
            is_loaded.append(True)
            world.app.records.jobs.go_on(world.app.records.jobs.load(bob))
            with monkeypatch.context() as patch:
                patch.setattr(Rewriting, "write", die)
                with pytest.raises(KilledError):
                    world.app.records.jobs.run(bob)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(CatalogUpdates, "load", load_then_begin)
        world.app.records.erasing.parts.unlinking.finish(lambda: False)
    assert is_loaded
    assert 1 == len(world.entry().recording.unlinked)
    assert [RECORDING] == [row.key for row in world.index.rows.values() if row.partition == "unlinking"]
    run_jobs(world)
    again(world, 5)
    assert JobState.DONE is state(world, bob)
    assert not [row for row in world.index.rows.values() if row.partition == "unlinking"]


@pytest.mark.parametrize("mode", MODES)
def test_an_event_that_comes_before_the_rebuild_hides_nothing_of_what_was_written_anew(mode: Mode) -> None:
    """It makes an entry that knows nothing of it; no source and no name of a chunk leads to a muted blob."""
    world = of_two_unmixed()
    begun(world, ANN, mode=mode)
    run_jobs(world)
    file_all(world)
    again(world)
    before = world.entry()
    world.clock.sleep(timedelta(days=3).total_seconds())
    world.catalog.entries.clear()
    world.open_work.rows.clear()
    world.worker()
    late = world.add("late", 1, content=voices(seed=9), metadata=heard("late", 1, (BOB, 1)))
    world.deliver(file_event_of(late, event_id="late", **UNMIXED))
    world.run()
    file_all(world)
    assert {"late"} == {chunk.document_id for chunk in world.entry()}

    for _ in range(2):  # the second changes nothing
        world.app.records.jobs.make(JobKind.REBUILD, "{}", by=ADA)
        run_jobs(world)
        world.run()
        world.clock.sleep(timedelta(days=3).total_seconds())
        world.run()
        file_all(world)
        again(world, 2)
        known = before.chunks[0].proof
        assert known is not None
        found = world.chunk().proof
        assert found is not None
        assert (known.name, known.digest, known.metadata) == (found.name, found.digest, found.metadata)
        check_unlinked(world, ANN)
    assert () == world.entry().recording.untold
    assert "RecordingLost" not in world.told()


def test_of_a_recording_of_many_chunks_somebody_is_taken_out_too() -> None:
    """What is kept about it does not grow beyond a row; refused, it kept this erasure from its end for ever."""
    template = "{year}/{month}/{day}/" + 200 * "x" + "/{recording_id}/{index}-{document_id}"
    world = World(settings={"PEOPLE_INDEX_KEY": KEYS, "ARCHIVE_PATH_TEMPLATE": template})
    names = [f"{'d' * 190}{index:03}" for index in range(160)]
    world.deliver(file_event_of(*(add(world, name, index, ANN, BOB) for index, name in enumerate(names))))
    world.run()
    file_all(world)
    assert sum(len(chunk.name) for chunk in world.entry()) > 64 << 10
    ann = begun(world, ANN)
    run_jobs(world)
    file_all(world)
    assert JobState.DONE is state(world, ann)
    check_unlinked(world, ANN)


def test_what_a_slow_run_writes_after_all_is_erased_long_after_its_completion_is_removed() -> None:
    """The archived recording is old: only that somebody is being taken out of it says that a run may be writing."""
    world = of_two_unmixed()
    world.clock.sleep(timedelta(days=30).total_seconds())
    run_slowly(world, begun(world, ANN, mode=Mode.MUTE), lambda: erase(world))
    file_all(world)
    again(world, 2)
    assert not [name for name in world.archive.blobs if RECORDING in name]
    again(world, 4)
    check_erased(world)
    assert not [row for row in world.index.rows.values() if row.partition in {"unlinking", "erased-of-late"}]


def test_looks_at_what_was_erased_keep_nothing_waiting_that_was_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """They may take all of their time, each day anew."""
    world = of_two()
    ann = begun(world, ANN)

    def die(*_: object) -> None:
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(UnlinkingPeople, "_finish", die)
        with pytest.raises(KilledError):
            run_jobs(world)
    assert [None] == [one.finished_at for one in world.entry().recording.unlinked]

    def finish(_: Removing, is_over: Callable[[], bool]) -> int:
        while not is_over():
            world.clock.sleep(10)
        return 0

    monkeypatch.setattr(Removing, "finish", finish)
    world.app.records.jobs.save(replace(world.app.records.jobs.load(ann), state=JobState.CANCELLED))
    FinishingErasures(world.app.records.erasing).run()
    assert [True] == [one.finished_at is not None for one in world.entry().recording.unlinked]


def test_the_looks_last_until_one_was_possible() -> None:
    """While a chunk of it is archived none is: what a slow run has written in those days would name her for ever."""
    world = of_two()
    begun(world, ANN)
    run_jobs(world)
    file_all(world)
    world.deliver(file_event_of(add(world, "late", 1, BOB), event_id="late"))
    assert world.entry().recording.completed_at is None
    stray = BlobName(f"{world.entry().chunks[0].name}.metadata-9.json")
    world.archive.put_as_stranger(stray, ANN.encode())
    again(world, 5)
    assert stray in world.archive.blobs
    world.run()
    file_all(world)
    again(world)
    check_unlinked(world, ANN)
    assert not [row for row in world.index.rows.values() if row.partition == "unlinking"]


def test_who_files_while_nobody_can_look_again_is_looked_at_after_that() -> None:
    """The entry was loaded before she was taken out; a chunk that comes meanwhile lets the look wait."""
    world = of_two()
    filing = world.app.records.filing
    world.index.delete(f"record~{RECORDING}", "filed")

    def meanwhile() -> None:
        begun(world, ANN)
        run_jobs(world)
        world.deliver(file_event_of(add(world, "late", 1, BOB), event_id="late"))
        assert world.entry().recording.completed_at is None

    assert replace(filing, filers=(Between(meanwhile), *filing.filers)).file(RECORDING)
    assert [RECORDING] == list(filing.late.left())
    for row in [row for row in world.index.rows.values() if row.partition == "unlinking"]:
        world.index.delete(row.partition, row.key)  # as after its days
    world.run()
    file_all(world)
    again(world)
    check_unlinked(world, ANN)
    assert [] == list(filing.late.left())
