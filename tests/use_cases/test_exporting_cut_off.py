"""An export that is killed at any of its writes, any number of times, becomes the package that it would have become."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from itertools import count
from pathlib import Path

import pytest

from recording.core.errors import ArchiveBusy, StagedBlocksGone
from recording.core.lifecycle import Looked
from recording.core.model import BlobName, RecordingId, View
from recording.core.records import packing
from recording.core.records.exporting import Rule, Wanted
from recording.core.records.jobs import Job, JobState
from recording.ports import IndexRow
from recording.records import proven_bytes
from tests.fakes import FakeIndex
from tests.use_cases.exports import KEYS, archive, ask, contents, finish, of_ann, of_ids, package, put_down, unpacked
from tests.use_cases.kills import KilledError
from tests.use_cases.world import World
from tools.verify.cli import main


@dataclass
class Kill:
    """Raises at the write of that number; `written` says whether the write was done before."""

    at: int
    written: bool
    writes: int = 0

    def __call__(self, *, is_after: bool) -> None:
        if not is_after:
            self.writes += 1
        if self.writes == self.at and self.written == is_after:
            raise KilledError


class KillingIndex(FakeIndex):
    """An index that counts its writes."""

    kill: Kill | None = None

    def _write(self, row: IndexRow) -> IndexRow:
        if self.kill:
            self.kill(is_after=False)
        found = super()._write(row)
        if self.kill:
            self.kill(is_after=True)
        return found

    def delete(self, partition: str, key: str) -> None:
        if self.kill:
            self.kill(is_after=False)
        super().delete(partition, key)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several blocks for each chunk, and several reads for each block."""
    monkeypatch.setattr(packing, "BLOCK", 6000)
    monkeypatch.setattr(proven_bytes, "PIECE", 2500)


def world_of(*recording_ids: str) -> tuple[World, KillingIndex]:
    index = KillingIndex()
    world = World(settings=KEYS, index=index)
    for one in recording_ids:
        archive(world, one, chunks=2 if len(recording_ids) > 1 else 1)
    return world, index


def watch(world: World, index: KillingIndex, kill: Kill | None) -> None:
    """Count the writes of the index, the packages and the catalog."""
    index.kill = kill
    of_blobs = {"stage", "commit"}

    def before(operation: str, _: BlobName) -> None:
        if kill and operation in of_blobs:
            kill(is_after=False)

    def after(operation: str, _: BlobName) -> None:
        if kill and operation in of_blobs:
            kill(is_after=True)

    world.exports.before, world.exports.after = before, after


def run_killed(world: World, index: KillingIndex, job: Job, kill: Kill) -> bool:
    """Run the job once; whether it was killed. What was in memory is gone then."""
    watch(world, index, kill)
    try:
        world.app.records.jobs.run(job.job_id)
    except KilledError:
        return True
    finally:
        watch(world, index, None)
        world.worker()
    return False


def assert_whole(world: World, job: Job, folder: Path, wanted: Wanted, *recording_ids: str) -> None:
    """The package proves itself, and has what that of an export that nothing disturbs has."""
    done = finish(world, job)
    assert JobState.DONE is done.state
    files, other = unpacked(world, done), undisturbed(wanted.rule, *recording_ids)
    assert 0 == main([str(put_down(files, folder))])
    assert set(other) == set(files)
    same = {name for name in files if name.startswith("archive/") or name.endswith((".wav", "people.json"))}
    assert {name: other[name] for name in same} == {name: files[name] for name in same}
    for one in recording_ids:
        vcon = f"recordings/{one}/recording.vcon.json"
        assert json.loads(other[vcon])["dialog"] == json.loads(files[vcon])["dialog"]
        acts = [act.what for act in world.entry(RecordingId(one)).recording.trail.unwritten]
        assert ["Exported"] == [act for act in acts if act != "Looked"]


def wanted_of(rule: Rule, *recording_ids: str) -> Wanted:
    return of_ids(*recording_ids) if rule is Rule.WHOLE else of_ann(rule)


@pytest.mark.parametrize(("rule", "written"), [(Rule.WHOLE, False), (Rule.WHOLE, True), (Rule.OWN_CHANNEL, True)])
def test_killed_at_any_write_it_becomes_the_same_package(tmp_path: Path, rule: Rule, *, written: bool) -> None:
    """At each in turn, before it or after it."""
    wanted = wanted_of(rule, "r-1")
    for number in count(1):
        world, index = world_of("r-1")
        job = ask(world, wanted)
        if not run_killed(world, index, job, Kill(number, written)):
            break
        assert_whole(world, job, tmp_path / str(number), wanted, "r-1")
    assert number > 15


@pytest.mark.parametrize("written", [False, True])
@pytest.mark.parametrize("rule", [Rule.WHOLE, Rule.OWN_CHANNEL])
def test_killed_again_and_again_it_becomes_the_same_package(tmp_path: Path, rule: Rule, *, written: bool) -> None:
    """Of a recording with two chunks and another one."""
    world, index = world_of("r-1", "r-2")
    wanted = wanted_of(rule, "r-1", "r-2")
    job = ask(world, wanted)
    kills = sum(run_killed(world, index, job, Kill(number % 6 + 3, written)) for number in range(12))
    assert kills > 5
    assert_whole(world, job, tmp_path, wanted, "r-1", "r-2")


@cache
def undisturbed(rule: Rule, *recording_ids: str) -> Mapping[str, bytes]:
    """The package of the same export in a world where nothing is killed."""
    world, _ = world_of(*recording_ids)
    return unpacked(world, finish(world, ask(world, wanted_of(rule, *recording_ids))))


def test_a_run_whose_time_is_over_is_gone_on_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After each block the time is over."""
    world, _ = world_of("r-1")
    monkeypatch.setattr("recording.records.exports.exporting.SLICE", timedelta())
    job = ask(world, of_ids("r-1"))
    seen = list[int]()
    while not job.is_over and len(seen) < 50:
        world.app.records.jobs.run(job.job_id)
        job = world.app.records.jobs.load(job.job_id)
        seen.append(job.progress.get("packed", 0))
    assert {0, 1} == set(seen)
    assert len(seen) > 4
    assert 0 == main([str(put_down(unpacked(world, job), tmp_path))])


def test_two_runs_at_once_write_one_package(tmp_path: Path) -> None:
    """The second is quicker, and then the trail gets one more act: the first stops at the step that it would change."""
    world, index = world_of("r-1", "r-2")
    job = ask(world, of_ids("r-1", "r-2"))
    turns = iter(range(1000))

    def rival(operation: str, _: BlobName) -> None:
        if operation == "stage" and next(turns) == 1:
            run_killed(world, index, job, Kill(24, written=True))
            world.updates.apply(RecordingId("r-1"), Looked(View.TRAIL))

    world.exports.before = rival
    with pytest.raises(ArchiveBusy, match="another run"):
        world.app.records.jobs.run(job.job_id)
    assert_whole(world, job, tmp_path, wanted_of(Rule.WHOLE, "r-1", "r-2"), "r-1", "r-2")


def test_a_run_that_comes_too_late_changes_nothing() -> None:
    """While it was about to publish the package, another run has, and has ended the job."""
    world, _ = world_of("r-1")
    job = ask(world, of_ids("r-1"))
    once = iter([True])

    def rival(operation: str, _: BlobName) -> None:
        if operation == "commit" and next(once, False):
            finish(world, job)

    world.exports.before = rival
    world.app.records.jobs.run(job.job_id)
    assert [1] == [sum(act.what == "Exported" for act in world.entry(RecordingId("r-1")).recording.trail.unwritten)]
    assert JobState.DONE is world.app.records.jobs.load(job.job_id).state


def test_a_package_whose_blocks_have_expired_is_written_anew() -> None:
    world, _ = world_of("r-1")
    job = ask(world, of_ids("r-1"))
    gone = iter([True])

    def expire(operation: str, name: BlobName) -> None:
        if operation == "commit" and next(gone, False):
            world.exports.uncommitted.clear()
            raise StagedBlocksGone("commit", "400 InvalidBlockList")

    world.exports.before = expire
    assert {"r-1"} == set(contents(unpacked(world, finish(world, job))))


def test_a_damage_that_is_found_after_blocks_were_staged_leaves_none_of_them(tmp_path: Path) -> None:
    world, _ = world_of("r-1")
    name = next(name for name in world.archive.blobs if name.endswith("r-1-0.wav"))
    content = world.archive.blobs[name].content
    world.archive.put_as_stranger(name, content[:-1] + bytes([content[-1] ^ 1]))
    job = finish(world, ask(world, of_ids("r-1")))
    assert content[100:5000] not in package(world, job)
    assert 0 == main([str(put_down(unpacked(world, job), tmp_path))])


def test_an_export_that_is_cancelled_is_not_published() -> None:
    """Not even if a run is just publishing it."""
    world, _ = world_of("r-1")
    job = ask(world, of_ids("r-1"))

    def cancel(operation: str, _: BlobName) -> None:
        if operation == "commit":
            world.exports.before = lambda *_: None
            world.app.records.exporting.cancel(job.job_id)

    world.exports.before = cancel
    world.app.records.jobs.run(job.job_id)
    assert JobState.CANCELLED is world.app.records.jobs.load(job.job_id).state
    assert {} == world.exports.blobs
