"""What is archived is read once more: damage and silence are told, and a sidecar says what was found."""

import hashlib
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from recording.adapters.archive import crc64
from recording.core.errors import ArchiveBusy, NotSealed, ServiceBusy
from recording.core.formats.messages import ChunkMessage, RecordMessage, Task
from recording.core.model import BlobName, ChunkState, DocumentId, RecordingId
from recording.core.naming import sibling_name
from recording.ports import IndexRow
from recording.records.record_tasks import WAITS
from tests.core.media_files import FTYP, box, movie
from tests.core.real_media import make
from tests.use_cases.kills import KilledError
from tests.use_cases.seals import LASTS, LOUD, QUIET, TALK, archived, file, people, recorded, seal, sidecar
from tests.use_cases.world import NATIVE, RECORDING, World, file_event_of, metadata_of


def test_the_sidecar_says_what_stands_in_the_archive() -> None:
    world = archived(TALK)
    assert 1 == seal(world)

    found, of = sidecar(world)["chunks"][0], world.chunk()
    assert of.proof is not None
    assert (len(TALK), hashlib.sha256(TALK).hexdigest()) == (found["length"], found["sha256"])
    assert f"{crc64(memoryview(TALK)):016x}" == found["crc64"]["value"]
    assert (of.proof.digest.sha256, of.proof.digest.block_size) == (
        found["digest"]["value"],
        found["digest"]["blockSize"],
    )
    assert (True, "", of.proof.name) == (found["agrees"], found["finding"], found["blob"])
    assert {-14} == set(found["audio"]["channels"][0]["levelsDb"])
    assert (LASTS, 10 * LASTS) == (
        found["audio"]["channels"][0]["loudSeconds"],
        len(found["audio"]["channels"][0]["peaks"]),
    )


def test_it_stands_beside_the_manifest_and_nothing_else_is_left() -> None:
    world = archived(TALK)
    seal(world)
    manifest = world.entry().recording.manifest_name
    assert manifest is not None

    assert sibling_name(manifest, "seal") in world.archive.blobs
    assert {"duty", "filed", "sealed"} == {
        key for partition, key in world.index.rows if partition == f"record~{RECORDING}"
    }
    assert ["RecordingArchived"] == world.told()


def test_a_recording_is_sealed_once() -> None:
    world = archived(TALK)
    seal(world)
    before = len(world.archive.calls)
    world.app.records.sealing.seal(RECORDING)
    world.app.records.sealing.seal(RECORDING)

    assert before == len(world.archive.calls)


def test_what_is_not_known_or_not_archived_is_left_alone() -> None:
    world = World()
    world.app.records.sealing.seal(RECORDING)
    world.announce(world.add())
    world.app.records.sealing.seal(RECORDING)

    assert not world.archive.blobs
    with pytest.raises(NotSealed):
        world.app.records.sealing.read(world.entry())


# Silence


@pytest.mark.parametrize(
    ("content", "metadata", "channels"),
    [
        (recorded(LOUD, QUIET), people(0, 1), [[1]]),
        (recorded(QUIET, LOUD), people(1, 2), [[0]]),
        (recorded(LOUD, QUIET), people(None), [[1]]),
        (recorded(LOUD, QUIET, QUIET), people(0, 2), [[2]]),
        (recorded(QUIET, QUIET, LOUD), people(1, 1), [[0, 1]]),
    ],
    ids=["from 0", "from 1", "of the file", "one that somebody has", "either of two"],
)
def test_a_silent_channel_is_told_once(content: bytes, metadata: bytes, channels: list[list[int]]) -> None:
    world = archived(content, metadata=metadata)
    seal(world)

    assert "RecordingSilent" == world.told()[-1]
    assert channels == world.topic.received[-1].body["channels"]
    assert channels == sidecar(world)["silence"]["channels"]
    world.app.records.sealing.seal(RECORDING)
    assert 1 == world.told().count("RecordingSilent")


def test_a_channel_that_nobody_has_may_be_silent() -> None:
    world = archived(recorded(LOUD, QUIET), metadata=people(0))
    seal(world)

    assert "RecordingSilent" not in world.told()
    assert {"judged": True, "all": False, "channels": []}.items() <= sidecar(world)["silence"].items()


def test_a_silent_recording_is_told_as_that() -> None:
    world = archived(recorded(QUIET, QUIET), metadata=people(0, 1))
    seal(world)

    assert ([], True) == (world.topic.received[-1].body["channels"], sidecar(world)["silence"]["all"])
    assert "all of it is silent" in str(world.topic.received[-1].body["reason"])


def test_a_channel_that_speaks_in_a_later_chunk_is_not_silent() -> None:
    world = archived(recorded(LOUD, QUIET), recorded(LOUD, LOUD))
    seal(world)

    assert "RecordingSilent" not in world.told()


def test_a_silence_that_was_told_is_not_told_of_the_next_manifest() -> None:
    world = archived(recorded(LOUD, QUIET))
    seal(world)
    world.announce(
        world.add("document-0", content=recorded(LOUD, QUIET), metadata=people(None)),
        world.add(
            "document-1", 1, content=recorded(QUIET, QUIET), metadata=people(None, document_id="document-1", index=1)
        ),
        event_id="event-2",
    )
    world.run()
    file(world)
    seal(world)

    silent = [event.body["channels"] for event in world.topic.received if event.event_type == "RecordingSilent"]
    assert [[[1]]] == silent
    assert 2 == len(sidecar(world)["chunks"])


def test_another_silence_is_told_of_the_next_manifest() -> None:
    """A copy that was made anew holds something else."""
    world = archived(recorded(LOUD, QUIET))
    seal(world)
    seals, before = world.app.records.sealing.seals, world.app.records.sealing.seals.sealed(RECORDING)
    assert before is not None
    assert ("1",) == before.told
    seals.save_sealed(RECORDING, replace(before, manifest=BlobName("an earlier one"), told=("0",)))
    world.app.records.sealing.seal(RECORDING)

    assert 2 == world.told().count("RecordingSilent")
    assert replace(before, told=("0", "1"), at=world.clock.now()) == seals.sealed(RECORDING)


def test_silence_that_could_not_be_published_is_told_later() -> None:
    world = archived(recorded(QUIET))
    world.topic.fail(503)
    with pytest.raises(ServiceBusy):
        world.app.records.sealing.seal(RECORDING)
    seal(world)

    assert ["RecordingArchived", "RecordingSilent"] == world.told()


@pytest.mark.parametrize(("format_", "kind"), [("mp3", "audio"), ("mp4", "audioVideo")])
def test_what_is_not_decoded_says_so(format_: str, kind: str, tmp_path: Path) -> None:
    """Its digests are there all the same."""
    mp4 = FTYP + movie(1000, 60_000) + box(b"mdat", bytes(10_000))
    content = make("constant.mp3", tmp_path) if format_ == "mp3" else mp4
    about = {"contentType": kind, "channelType": "mixed", "format": format_}
    world = archived(content, metadata=metadata_of("document-0", 0, 60, recordingInfo=about))
    seal(world)

    found = sidecar(world)
    assert (None, True) == (found["chunks"][0]["audio"], found["chunks"][0]["agrees"])
    assert f"it is {format_}" in found["chunks"][0]["why"]
    assert (False, found["chunks"][0]["why"]) == (found["silence"]["judged"], found["silence"]["why"])
    assert "RecordingSilent" not in world.told()


# Native containers


def native(world: World, content: bytes = TALK) -> None:
    world.deliver(file_event_of(world.add_native(content=content, metadata=people(None))))
    world.run()
    assert ChunkState.KEPT is world.state()
    file(world)


def test_what_stands_in_a_native_container_is_read_there() -> None:
    world = World()
    native(world)
    seal(world)

    found = sidecar(world)["chunks"][0]
    assert (NATIVE, True, hashlib.sha256(TALK).hexdigest()) == (found["container"], found["agrees"], found["sha256"])


def test_what_was_replaced_in_a_native_container_is_damaged() -> None:
    """It is its own source: nothing else could be copied."""
    world = World()
    native(world)
    of = world.chunk().proof
    assert of is not None
    world.native.put_as_stranger(of.name, bytes(len(TALK)))
    seal(world)

    assert (ChunkState.KEPT, "RecordingDamaged") == (world.state(), world.told()[-1])


def test_a_native_container_that_the_settings_name_no_more_is_not_read() -> None:
    world = World()
    native(world)
    sealing = world.app.records.sealing
    replace(sealing, reading=replace(sealing.reading, natives={})).seal(RECORDING)

    assert "not among the settings" in sidecar(world)["chunks"][0]["finding"]


# Priority, and being cut off


def test_a_long_recording_goes_on_with_its_next_chunk_in_the_next_run() -> None:
    world = archived(TALK, TALK, TALK)
    sealing = world.app.records.sealing
    reads = list[BlobName]()

    def slow(operation: str, name: BlobName) -> None:
        if operation == "read" and name.endswith(".wav"):
            reads.append(name)
            world.clock.sleep(50)

    world.archive.before = slow
    sealing.seal(RECORDING)
    assert [(timedelta(), RecordMessage(RECORDING, Task.SEAL))] == world.record_queue.messages[1:]
    read = set(reads)
    world.record_queue.messages.pop(0)
    reads.clear()
    seal(world)

    assert not read & set(reads)
    assert 3 == len(sidecar(world)["chunks"])


def test_a_seal_of_many_runs_is_put_off_for_two_hours_in_all_and_not_before_each_run() -> None:
    """While copies go on without a pause; also where another recording is sealed when its turn comes."""
    world = archived(TALK, TALK, TALK)
    tasks, waited = world.app.records.tasks, timedelta()
    others = [tasks.sealing._one]  # noqa: SLF001 - as another seal that goes on just then

    def slow(operation: str, name: BlobName) -> None:
        if operation == "read" and name.endswith(".wav"):
            world.clock.sleep(130)

    world.archive.before = slow
    with world.app.archiving.running.start(ChunkMessage(RecordingId("another"), DocumentId("document"))):
        while world.record_queue.messages:
            wait, message = world.record_queue.messages.pop(0)
            waited += wait
            is_turn = message.put_off == len(WAITS[Task.SEAL])
            with others.pop() if is_turn and others else nullcontext():
                tasks.run(message)

    assert [] == others
    assert 3 == len(sidecar(world)["chunks"])
    assert waited < timedelta(hours=2.25)


def test_a_kill_at_any_operation_costs_no_more_than_the_chunk_in_hand() -> None:
    whole = archived(recorded(LOUD, QUIET), recorded(LOUD, QUIET))
    seal(whole)
    operations = 0
    for at in range(200):
        world = archived(recorded(LOUD, QUIET), recorded(LOUD, QUIET))
        operations = kill(world, at)
        if operations < at:
            break
        world.archive.before = lambda operation, name: None
        world.app.records.sealing.seal(RECORDING)
        assert sidecar(whole)["silence"] == sidecar(world)["silence"]
        assert [one["sha256"] for one in sidecar(whole)["chunks"]] == [
            one["sha256"] for one in sidecar(world)["chunks"]
        ]
        assert 1 == len({event.event_id for event in world.topic.received if event.event_type == "RecordingSilent"})
    assert 5 < operations < at


def kill(world: World, at: int) -> int:
    """Seal, and die at that operation of the archive or after that write of the index; how many there were."""
    operations = 0

    def count(*_: object) -> None:
        nonlocal operations
        operations += 1
        if operations == at + 1:
            raise KilledError

    put = world.index.put

    def put_and_count(row: IndexRow) -> None:
        put(row)
        count()

    world.archive.before = count
    world.index.put = put_and_count  # type: ignore[method-assign]
    try:
        world.app.records.sealing.seal(RECORDING)
    except KilledError:
        pass
    finally:
        world.index.put = put  # type: ignore[method-assign]
    return operations


def test_a_worker_seals_one_recording_at_a_time() -> None:
    """The messages of others come back later, not all at once: else only one of them would be read each time."""
    world, others = archived(TALK), 20
    world.record_queue.messages.clear()

    def meanwhile(operation: str, name: BlobName) -> None:
        world.archive.before = lambda operation, name: None
        for _ in range(others):
            world.app.records.sealing.seal(RECORDING)

    world.archive.before = meanwhile
    world.app.records.sealing.seal(RECORDING)

    waits = [wait for wait, message in world.record_queue.messages if message == RecordMessage(RECORDING, Task.SEAL)]
    assert (others, True) == (len(waits), len(set(waits)) > others // 2)
    assert all(timedelta(seconds=30) <= wait <= timedelta(seconds=90) for wait in waits)
    assert sidecar(world)["chunks"][0]["agrees"] is True


def test_it_rests_while_a_chunk_is_copied() -> None:
    world = archived(TALK)
    rested = list[float]()
    sealing = world.app.records.sealing
    sealing = replace(sealing, reading=replace(sealing.reading, sleep=rested.append))
    world.archive.before = lambda operation, name: world.clock.sleep(0.5)
    with world.archiving.running.start(ChunkMessage(RECORDING, world.chunk().document_id)):
        sealing.seal(RECORDING)
    assert [2.0] == rested

    world.archive.blobs = {name: blob for name, blob in world.archive.blobs.items() if ".seal" not in name}
    world.index.delete(f"record~{RECORDING}", "sealed")
    sealing.seal(RECORDING)
    assert [2.0] == rested


def test_a_chunk_that_cannot_be_read_in_time_is_read_again_later() -> None:
    world = archived(recorded(LOUD, seconds=700), metadata=people(None, seconds=700))
    world.archive.before = lambda operation, name: world.clock.sleep(1300)
    with pytest.raises(ArchiveBusy, match="came in 1200 s"):
        world.app.records.sealing.seal(RECORDING)


def test_what_was_changed_while_it_was_read_is_not_sealed() -> None:
    """Such as erased: nothing may be written of it then."""
    world = archived(TALK)

    def erase(operation: str, name: BlobName) -> None:
        world.catalog.entries.clear()

    world.archive.before = erase
    seal(world)

    assert not [name for name in world.archive.blobs if ".seal" in name]
    assert ["duty", "filed"] == [key for partition, key in world.index.rows if partition == f"record~{RECORDING}"]


def test_another_blob_in_its_place_is_left_alone() -> None:
    world = archived(TALK)
    manifest = world.entry().recording.manifest_name
    assert manifest is not None
    world.archive.put_as_stranger(sibling_name(manifest, "seal"), b"{}")
    seal(world)

    with pytest.raises(NotSealed):
        world.app.records.sealing.read(world.entry())


@pytest.mark.parametrize("is_another", [False, True])
def test_another_seal_in_its_place_is_told_and_left(caplog: pytest.LogCaptureFixture, *, is_another: bool) -> None:
    """One that says the same, at another time, is that of a run that was cut off."""
    world = archived(TALK)
    seal(world)
    manifest = world.entry().recording.manifest_name
    assert manifest is not None
    name = sibling_name(manifest, "seal")
    stood = world.archive.blobs[name].content
    other = stood.replace(b'"agrees":true', b'"agrees":false') if is_another else stood
    assert is_another is (other != stood)
    world.archive.put_as_stranger(name, other)
    world.index.delete(f"record~{RECORDING}", "sealed")
    world.clock.sleep(3600)
    world.app.records.sealing.seal(RECORDING)

    assert other == world.archive.blobs[name].content
    told = [
        one.levelname for one in caplog.records if f"recording.seal_differs recording_id={RECORDING}" in one.message
    ]
    assert (["ERROR"] if is_another else []) == told


def test_what_cannot_be_read_in_the_index_is_read_in_the_archive_again() -> None:
    world = archived(TALK, TALK)
    sealing = world.app.records.sealing
    first = world.entry().chunks[0]
    assert first.proof is not None
    found = sealing._look(first, first.proof, is_second=False)  # noqa: SLF001 - as an earlier run did
    for broken in ("seal~0000", "~00"):
        sealing.seals.save(RECORDING, first, found)
        for partition, key in list(world.index.rows):
            if key.startswith("seal~") and (key.endswith(broken) or key.startswith(broken)):
                world.index.put(replace(world.index.rows[partition, key], body=b"?"))
        assert sealing.seals.load(RECORDING, first, first.proof) is None
    seal(world)

    assert 2 == len(sidecar(world)["chunks"])


def test_the_daily_pass_finds_what_was_not_sealed() -> None:
    world = archived(TALK)
    world.record_queue.messages.clear()
    world.app.records.daily.run()
    assert [(timedelta(), RecordMessage(RECORDING, Task.SEAL))] == world.record_queue.messages
    seal(world)
    world.app.records.daily.run()
    assert [] == world.record_queue.messages
