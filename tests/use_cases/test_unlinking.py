"""A person is taken out of recordings that are kept: nothing names them any more, and nothing brings them back."""

import hashlib
import json
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from recording.core.formats.messages import Task
from recording.core.model import Authority, BlobName, Chunk, RecordingState, RemovalReason
from recording.core.records.erasing import Deferral, Mode, Why
from recording.core.records.exporting import Person, Wanted
from recording.core.records.jobs import JobKind, JobState
from recording.ports import IndexRow
from recording.records.exports.export_run import without_person
from recording.records.filing import about
from recording.records.keeping.moving import Moved
from tests.use_cases.erasures import (
    ADA,
    ANN,
    BOB,
    KEYS,
    add,
    check_erased,
    everything,
    file_all,
    places_of,
    run_jobs,
    state,
)
from tests.use_cases.kills import killed_anywhere
from tests.use_cases.unlinkings import (
    WHY,
    again,
    begun,
    check_unlinked,
    found_by,
    heard,
    manifests,
    media,
    metadata_name,
    of_two,
)
from tests.use_cases.world import RECORDING, START, World, file_event_of, metadata_of


def test_nothing_names_the_person_and_the_media_are_kept() -> None:
    """Others are found as before; that somebody was taken out is in manifest, trail and certificate, who is not."""
    world = of_two(2)
    before = media(world)
    erasure_id = begun(world, ANN)
    run_jobs(world)
    file_all(world)

    assert JobState.DONE is state(world, erasure_id)
    check_unlinked(world, ANN)
    assert before == media(world)
    assert (2, 1) == (world.entry().recording.revision, len(manifests(world)[1]["unlinked"]))  # type: ignore[arg-type]
    assert [["taken-out:1", BOB]] * 2 == heard(world)
    acts = [json.loads(blob.content) for name, blob in world.trail.archive.blobs.items() if name.startswith("trail/")]
    assert ["UnlinkBegun", "Rewritten", "Unlinked"] == [
        act["what"] for act in acts if act["what"] in {"UnlinkBegun", "Rewritten", "Unlinked"}
    ]
    certificate = json.loads(world.trail.archive.blobs[BlobName(f"certificates/{erasure_id}-1.json")].content)
    assert ("unlink", [RECORDING], []) == tuple(certificate[name] for name in ("mode", "erased", "deferred"))
    assert any("media" in one for one in certificate["left"])
    assert "asked for it" not in json.dumps(certificate)
    assert [RECORDING] == [row.recording_id for row in world.app.records.people.unknown().rows]


def test_killed_at_every_call_it_goes_on() -> None:
    """Wherever its run is cut off, it comes to the same end, and no medium is lost on the way."""

    def made() -> World:
        world = of_two()
        begun(world, ANN)
        return world

    expected, number = media(made()), 0
    for number, world in enumerate(killed_anywhere(made, run_jobs), 1):  # noqa: B007 - counted
        file_all(world)
        check_unlinked(world, ANN)
        assert expected == media(world)
        assert 1 == len(world.entry().recording.unlinked)
        assert [JobState.DONE] == [
            state(world, row.key) for row in world.index.rows.values() if row.partition == "jobs"
        ]
        assert not [row for row in world.index.rows.values() if row.partition.startswith(("job~", "open-jobs"))]
    assert number > 100


def test_two_people_are_taken_out_one_after_the_other() -> None:
    """Each starts from what the one before has left; a third person is still found."""
    world = of_two()
    begun(world, ANN, BOB)
    run_jobs(world)
    file_all(world)
    check_unlinked(world, ANN, BOB, kept=())
    assert 2 == len(world.entry().recording.unlinked)
    assert [["taken-out:1", "taken-out:2"]] == [sorted(one) for one in heard(world)]


def test_what_its_class_lets_nobody_delete_is_not_written_anew() -> None:
    """Else what names the person would stand beside that for years; erased whole, it is refused at least."""
    world = of_two()
    until = START.date() + timedelta(days=400)
    world.index.put(IndexRow(about(RECORDING), "moves", msgspec.json.encode(Moved(RECORDING, guarded=until))))
    for mode, expected in (
        (Mode.UNLINK, [Deferral(Why.PROTECTED, "its blobs are immutable", until)]),
        (Mode.WHOLE, []),
    ):
        shown = world.app.records.erasing.plan(Person(raw_id=ANN), mode, WHY, by=ADA)
        assert shown.plan is not None
        assert expected == [why for one in shown.plan.recordings for why in one.deferred]


def test_a_source_that_may_be_copied_again_defers_it() -> None:
    """What is kept at its source could be proven anew, with its metadata file: it is done once the source has ended."""
    world = World(settings={"PEOPLE_INDEX_KEY": KEYS}, authority=Authority.NEVER)
    world.deliver(file_event_of(add(world, "document-0", 0, ANN, BOB)))
    world.run()
    file_all(world)
    erasure_id = begun(world, ANN)
    run_jobs(world)
    assert JobState.WAITING is state(world, erasure_id)
    assert RecordingState.ARCHIVED is world.entry().recording.state
    again(world, 3)
    assert JobState.DONE is state(world, erasure_id)
    assert set() == places_of(world, ANN)
    assert [RECORDING] == found_by(world, BOB)


def test_a_native_metadata_file_defers_it_for_good() -> None:
    """It is the customer's: it can be erased whole, and what stands there is left."""
    world = World(settings={"PEOPLE_INDEX_KEY": KEYS})
    said = metadata_of("document-0", participants=[{"participantId": ANN}])
    world.deliver(file_event_of(world.add_native(metadata=said), event_id="native"))
    world.run()
    file_all(world)
    shown = world.app.records.erasing.plan(Person(raw_id=ANN), Mode.UNLINK, WHY, by=ADA)
    assert shown.plan is not None
    assert Why.MODE in {why.why for one in shown.plan.recordings for why in one.deferred}


@pytest.mark.parametrize("what", ["changed", "gone", "no JSON"])
def test_a_metadata_file_that_cannot_be_written_anew_defers_it(what: str) -> None:
    """Nothing is changed: half of it would be left."""
    world = of_two()
    chunk, name = world.chunk(), metadata_name(world)
    erasure_id = begun(world, ANN)
    raw = world.archive.blobs.pop(name)
    if what == "changed":
        world.archive.put_as_stranger(name, raw.content + b" ")
    if what == "no JSON":
        _replace_metadata(world, chunk, f"<html>{ANN}</html>".encode())
    before = everything(world)
    run_jobs(world)
    assert JobState.WAITING is state(world, erasure_id)
    after = everything(world)
    assert {place: after[place] for place in before if place.startswith(("archive", "catalog"))} == {
        place: body for place, body in before.items() if place.startswith(("archive", "catalog"))
    }


def _replace_metadata(world: World, chunk: Chunk, body: bytes) -> None:
    assert chunk.proof is not None
    assert chunk.proof.metadata is not None
    world.archive.put_as_stranger(chunk.proof.metadata.name, body)
    metadata = replace(chunk.proof.metadata, length=len(body), sha256=hashlib.sha256(body).hexdigest())
    known = world.catalog.entries[RECORDING]
    changed = replace(chunk, proof=replace(chunk.proof, metadata=metadata))
    world.catalog.entries[RECORDING] = replace(known, chunks=(changed,))


def test_an_export_that_contains_it_is_removed() -> None:
    world = of_two()
    jobs = world.app.records.jobs
    job = jobs.make(JobKind.EXPORT, msgspec.json.encode(Wanted("file", person=Person(raw_id=BOB))).decode(), by=ADA)
    world.index.put(IndexRow(about(RECORDING), f"export~{job.job_id}"))
    world.exports.put_as_stranger(BlobName(f"{job.job_id}.zip"), ANN.encode())
    jobs.save(without_person(replace(job, state=JobState.DONE)))
    begun(world, ANN)
    run_jobs(world)
    assert {} == world.exports.blobs
    check_unlinked(world, ANN)


def test_it_can_be_erased_whole_afterwards() -> None:
    """For the other person; nothing that was written anew is left."""
    world = of_two()
    begun(world, ANN)
    run_jobs(world)
    file_all(world)
    world.app.records.removing.remove(world.entry(), RemovalReason.ERASURE, by=ADA)
    world.archive.blobs = {name: blob for name, blob in world.archive.blobs.items() if RECORDING not in name}
    again(world, 4)
    check_erased(world)
    assert not [row for row in world.index.rows.values() if row.partition == "unlinking"]


def test_a_recording_is_sealed_again_with_its_new_manifest() -> None:
    world = of_two()
    begun(world, ANN)
    run_jobs(world)
    file_all_but_seals(world)
    assert [RECORDING] == [one.recording_id for _, one in world.record_queue.messages if one.task is Task.SEAL]


def file_all_but_seals(world: World) -> None:
    """File what is queued to be filed, and leave the messages of seals."""
    for delay, message in list(world.record_queue.messages):
        if message.task is Task.FILE:
            world.record_queue.messages.remove((delay, message))
            world.app.records.filing.file(message.recording_id)
