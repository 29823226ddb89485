"""Two erasures, the daily pass and late chunks at once: no media are lost, nobody comes back, no erasure is stuck."""

import json
from dataclasses import replace

import pytest

from recording.core.errors import CatalogConflict, RecordingOpen
from recording.core.lifecycle import UnlinkBegun, UnlinkGivenUp
from recording.core.model import BlobName, CatalogEntry, RecordingId
from recording.core.records.erasing import Erase, Mode
from recording.core.records.exporting import Person
from recording.core.records.jobs import JobState
from recording.records.erasure.rewriting import Rewriting
from recording.records.erasure.unlinking import UnlinkingPeople
from tests.use_cases.erasures import ADA, ANN, BOB, add, archive, file_all, places_of, run_jobs, state
from tests.use_cases.kills import KilledError
from tests.use_cases.mutings import UNMIXED, heard, of_two, voices, why_not
from tests.use_cases.unlinkings import WHY, again, begun
from tests.use_cases.unlinkings import of_two as of_two_unlinked
from tests.use_cases.world import RECORDING, World, file_event_of

MODES = (Mode.UNLINK, Mode.MUTE)
SECOND = RecordingId("recording-2")


def done(world: World, *erasures: str) -> None:
    """Let everything go on for some days; all of these are done, and what the entry names stands."""
    for _ in range(4):
        try:
            run_jobs(world)
        except CatalogConflict:  # its message is delivered again
            continue
    file_all(world)
    again(world, 2)
    assert [JobState.DONE] * len(erasures) == [state(world, one) for one in erasures]
    for chunk in world.entry():
        assert chunk.proof is not None
        assert chunk.proof.metadata is not None
        assert {chunk.proof.name, chunk.proof.metadata.name} <= world.archive.blobs.keys()


@pytest.mark.parametrize("first", MODES)
@pytest.mark.parametrize("second", MODES)
def test_the_daily_look_removes_nothing_that_another_erasure_has_just_written(
    first: Mode, second: Mode, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = of_two()
    ann = begun(world, ANN, mode=first)
    run_jobs(world)
    file_all(world)
    unlinking, looked_at = world.app.records.erasing.parts.unlinking, world.entry()
    bob, write = begun(world, BOB, mode=second), Rewriting.write
    looks: list[bool] = []

    def written(*args: object) -> object:
        found = write(*args)  # type: ignore[arg-type]
        with pytest.raises(CatalogConflict):
            unlinking.look_again(looked_at)
        looks.append(True)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(Rewriting, "write", written)
        run_jobs(world)
    assert looks
    done(world, ann, bob)
    assert set() == places_of(world, ANN) | places_of(world, BOB)


@pytest.mark.parametrize("first", MODES)
@pytest.mark.parametrize("second", MODES)
def test_what_was_prepared_before_another_erasure_was_done_is_prepared_anew(
    first: Mode, second: Mode, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else its files would bring the other person back, and name media that are gone."""
    world = of_two()
    ann, bob = begun(world, ANN, mode=first), begun(world, BOB, mode=second)
    prepare, others = Rewriting.prepare, list[bool]()

    def prepared(rewriting: Rewriting, entry: CatalogEntry, erase: Erase) -> object:
        found = prepare(rewriting, entry, erase)
        if ANN in erase.raw_ids and not others:
            others.append(True)
            while state(world, bob) is not JobState.DONE:
                world.app.records.jobs.run(bob)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(Rewriting, "prepare", prepared)
        world.app.records.jobs.run(ann)  # notes what is to be done
        with pytest.raises(CatalogConflict):
            world.app.records.jobs.run(ann)
    world.job_queue.jobs.append(ann)
    done(world, ann, bob)
    assert set() == places_of(world, ANN) | places_of(world, BOB)


def test_nothing_is_removed_while_what_the_entry_names_does_not_stand() -> None:
    """Whatever has removed it: what stands beside it may be all there is."""
    world = of_two()
    ann = begun(world, ANN, mode=Mode.MUTE)
    run_jobs(world)
    proof = world.entry().chunks[0].proof
    assert proof is not None
    world.archive.blobs.pop(proof.name)
    beside = BlobName(f"{proof.name.removesuffix('.wav')}x.wav")
    old = BlobName(world.entry().chunks[0].name)
    world.archive.put_as_stranger(old, b"all there is")
    unlinking = world.app.records.erasing.parts.unlinking
    with pytest.raises(RecordingOpen, match="is gone"):
        unlinking.look_again(world.entry())
    assert {old} == {old, beside} & world.archive.blobs.keys()
    assert JobState.DONE is state(world, ann)


def test_a_chunk_that_came_after_somebody_was_taken_out_is_nobodys_to_mute() -> None:
    """It names nobody: whoever asks for it later may be in it."""
    world = of_two()
    ann = begun(world, ANN, mode=Mode.UNLINK)
    run_jobs(world)
    file_all(world)
    world.clock.sleep(60)
    late = world.add("late", 1, content=voices(seed=5), metadata=heard("late", 1, (ANN, 0), (BOB, 1)))
    world.deliver(file_event_of(late, event_id="late", **UNMIXED))
    world.run()
    file_all(world)
    again(world, 4)
    shown = world.app.records.erasing.plan(Person(raw_id=BOB), Mode.MUTE, WHY, by=ADA)
    assert JobState.DONE is state(world, ann)
    assert shown.plan is not None
    assert ["chunk 1: it came after somebody was taken out: nobody knows any more who is in it"] == [
        why.by for one in shown.plan.recordings for why in one.deferred
    ]
    assert [] == why_not(of_two())


def test_a_damaged_people_document_keeps_no_other_erasure_waiting() -> None:
    world = of_two_unlinked()
    ann = begun(world, ANN)
    run_jobs(world)
    file_all(world)
    for name in [one for one in world.archive.blobs if ".people" in one]:
        world.archive.blobs.pop(name)
        world.archive.put_as_stranger(name, b"no JSON")
    plan = world.app.records.erasing.plan(Person(raw_id="8:acs:nobody"), Mode.WHOLE, WHY, by=ADA)
    for _ in range(9):
        world.clock.sleep(86400)
        world.app.records.daily.run()
    assert [JobState.DONE, JobState.CANCELLED] == [state(world, one) for one in (ann, plan.job.job_id)]


@pytest.mark.parametrize("kind", ["manifest", "people"])
def test_a_blob_in_the_archive_tier_keeps_no_other_recording_from_it(kind: str) -> None:
    """As a customer's lifecycle rule puts it there."""
    world = of_two_unlinked()
    archive(world, SECOND, ANN)
    (name,) = (one for one in world.archive.blobs if one.endswith(f"{RECORDING}.{kind}.json"))
    world.archive.blobs[name] = replace(world.archive.blobs[name], tier="Archive")
    begun(world, ANN)
    run_jobs(world)
    again(world, 2)
    assert [True] == [one.finished_at is not None for one in world.entry(SECOND).recording.unlinked]
    assert not [place for place in places_of(world, ANN) if SECOND in place]


def test_while_a_late_chunk_is_copied_no_manifest_of_a_part_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the other recordings of the erasure do not wait for it."""
    world = of_two_unlinked()
    archive(world, SECOND, ANN)
    ann = begun(world, ANN)

    def die(*_: object) -> None:
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(UnlinkingPeople, "_finish", die)
        with pytest.raises(KilledError):
            run_jobs(world)
    world.clock.sleep(1)
    world.deliver(file_event_of(add(world, "late", 1, ANN, BOB), event_id="late"))
    told = world.told()
    run_jobs(world)
    world.app.records.daily.run()
    run_jobs(world)
    assert [True] == [one.finished_at is not None for one in world.entry(SECOND).recording.unlinked]
    assert [] == [one for one in world.told()[len(told) :] if one == "RecordingIncomplete"]

    world.run()
    done(world, ann)
    assert set() == places_of(world, ANN)


@pytest.mark.parametrize("mode", MODES)
def test_what_has_begun_and_can_never_be_done_is_given_up(mode: Mode, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else nobody else could be taken out of it any more."""
    world = of_two(2)
    begun(world, ANN, mode=mode)

    def die(*_: object) -> None:
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(Rewriting, "write", die)
        with pytest.raises(KilledError):
            run_jobs(world)
    assert 1 == len(world.entry().recording.unlinked)
    metadata = world.entry().chunks[1].proof
    assert metadata is not None
    assert metadata.metadata is not None
    world.archive.blobs.pop(metadata.metadata.name)
    world.archive.put_as_stranger(metadata.metadata.name, b"{}")
    run_jobs(world)
    again(world)
    assert () == world.entry().recording.unlinked


def test_a_late_chunk_loses_nobody_while_nobody_was_taken_out_yet() -> None:
    world = of_two()
    world.updates.apply(RECORDING, UnlinkBegun("e1", WHY, False))  # noqa: FBT003
    world.clock.sleep(60)
    late = world.add("late", 1, content=voices(seed=5), metadata=heard("late", 1, (ANN, 0), (BOB, 1)))
    world.deliver(file_event_of(late, event_id="late", **UNMIXED))
    world.run()
    world.updates.apply(RECORDING, UnlinkGivenUp("e1"))
    proof = world.chunk("late").proof
    assert proof is not None
    assert proof.metadata is not None
    said = json.loads(world.archive.blobs[proof.metadata.name].content)
    assert [ANN, BOB] == [one["participantId"] for one in said["participants"]]
