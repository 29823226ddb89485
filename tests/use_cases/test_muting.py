"""A person's own channel of unmixed wav is muted: proven beside the old blob, which goes last."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from recording.core.formats.api import DecisionRequest, etag
from recording.core.formats.messages import Task
from recording.core.lifecycle import Archived
from recording.core.model import (
    BlobName,
    CatalogEntry,
    Chunk,
    ChunkState,
    DocumentId,
    RecordingState,
    RemovalReason,
    Ruling,
)
from recording.core.naming import is_muted
from recording.core.records.erasing import Mode
from recording.core.records.exporting import Person, Rule, Wanted
from recording.core.records.jobs import JobState
from tests.use_cases.erasures import ADA, ANN, BOB, KEYS, check_erased, file_all, places_of, run_jobs, state
from tests.use_cases.exports import exported, of_ids, put_down
from tests.use_cases.kills import killed_anywhere
from tests.use_cases.mutings import FRAMES, FULL, SECONDS, UNMIXED, channel, check_muted, heard, of_two, voices, why_not
from tests.use_cases.unlinkings import again, begun, check_unlinked, found_by, lose_tables, media
from tests.use_cases.world import RECORDING, World, file_event_of, metadata_of
from tools.verify.cli import main


def test_the_own_channel_is_silent_and_nothing_names_the_person() -> None:
    """Of every chunk; certificate and manifest say so."""
    world = of_two(2)
    before = media(world)
    erasure_id = begun(world, ANN, mode=Mode.MUTE)
    run_jobs(world)
    file_all(world)
    assert JobState.DONE is state(world, erasure_id)
    check_muted(world, before, 0)
    check_unlinked(world, ANN)
    certificate = json.loads(world.trail.archive.blobs[BlobName(f"certificates/{erasure_id}-1.json")].content)
    assert ("mute", [RECORDING]) == (certificate["mode"], certificate["erased"])
    assert any("silent" in one for one in certificate["left"])


def test_killed_at_every_call_it_goes_on() -> None:
    """At no moment is there no whole copy of the other's voice; it ends in the same state."""

    def made() -> World:
        world = of_two()
        begun(world, ANN, mode=Mode.MUTE)
        return world

    before, number = media(made()), 0
    for number, world in enumerate(killed_anywhere(made, run_jobs), 1):  # noqa: B007 - counted
        file_all(world)
        check_muted(world, before, 0)
        check_unlinked(world, ANN)
        assert 1 == sum(is_muted(name) and ".metadata" not in name for name in world.archive.blobs)
        assert not [row for row in world.index.rows.values() if row.key.startswith("muted~")]
    assert number > 100


def test_a_chunk_in_which_the_person_is_not_heard_stays_as_it_is() -> None:
    world = World(settings={"PEOPLE_INDEX_KEY": KEYS})
    first = world.add("d-0", 0, content=voices(), metadata=heard("d-0", 0, (ANN, 0), (BOB, 1)), end_reason=FULL)
    second = world.add("d-1", 1, content=voices(seed=9), metadata=heard("d-1", 1, (BOB, 0)))
    world.deliver(file_event_of(first, second, **UNMIXED))
    world.run()
    file_all(world)
    kept = world.chunk("d-1").proof
    begun(world, ANN, mode=Mode.MUTE)
    run_jobs(world)
    assert kept == world.chunk("d-1").proof
    assert channel(media(world)["d-0"], 0) == bytes(2 * FRAMES)


def test_two_people_are_muted_one_after_the_other() -> None:
    """The second from what the first has left: both are silent."""
    world = of_two()
    before = media(world)
    begun(world, ANN, BOB, mode=Mode.MUTE)
    run_jobs(world)
    file_all(world)
    check_muted(world, before, 0, 1)
    check_unlinked(world, ANN, BOB, kept=())


@pytest.mark.parametrize(
    ("people", "expected"),
    [
        (((ANN, 1), (BOB, 3)), "channel"),
        (((ANN, 1),), "counted from 0 or from 1"),
        (((ANN, None), (BOB, 1)), "for everybody"),
        (((ANN, 0), (BOB, 0)), "several on one channel"),
    ],
)
def test_where_the_channel_is_not_certain_nothing_is_muted(
    people: tuple[tuple[str, int | None], ...], expected: str
) -> None:
    """The plan says so; executed, it waits until it is asked for as whole. Else somebody else would be silenced."""
    world = of_two(1, *people)
    assert why_not(world)
    assert expected in why_not(world)[0] or "in doubt" in why_not(world)[0]
    before, blobs = media(world), dict(world.archive.blobs)
    erasure_id = begun(world, ANN, mode=Mode.MUTE)
    run_jobs(world)
    again(world)
    assert JobState.WAITING is state(world, erasure_id)
    assert before == media(world)
    assert blobs.keys() == {name for name in world.archive.blobs if ".seal" not in name}
    assert [RECORDING] == found_by(world, ANN)

    begun(world, ANN, mode=Mode.WHOLE)
    run_jobs(world)
    again(world, 9)  # the plans that nobody has executed are forgotten too
    assert JobState.DONE is state(world, erasure_id)
    check_erased(world)


@pytest.mark.parametrize("channels", ["mixed", "unmixed"])
def test_mixed_audio_is_not_muted(channels: str) -> None:
    """By the event, or by the metadata file."""
    world = World(settings={"PEOPLE_INDEX_KEY": KEYS})
    info = {"contentType": "audio", "channelType": "mixed", "format": "wav"}
    said = metadata_of("d", 0, SECONDS, participants=[{"participantId": ANN, "channel": 0}], recordingInfo=info)
    world.deliver(
        file_event_of(world.add("d", content=voices(1), metadata=said), **{**UNMIXED, "recordingChannelType": channels})
    )
    world.run()
    file_all(world)
    assert "mixed" in why_not(world)[0]
    assert not why_not(world, Mode.UNLINK)


def test_media_that_are_not_what_was_proven_are_not_muted() -> None:
    """Neither is anything removed, nor somebody else's recording kept waiting."""
    world = of_two()
    (name,) = (chunk.proof.name for chunk in world.entry() if chunk.proof)
    erasure_id = begun(world, ANN, mode=Mode.MUTE)
    content = bytearray(world.archive.blobs.pop(name).content)
    content[-1] ^= 1
    world.archive.put_as_stranger(name, bytes(content))
    run_jobs(world)
    assert JobState.WAITING is state(world, erasure_id)
    assert name in world.archive.blobs
    assert not [one for one in world.archive.blobs if is_muted(one)]

    instead = begun(world, ANN)
    run_jobs(world)
    assert JobState.DONE is state(world, instead)
    assert [] == found_by(world, ANN)


def test_a_blob_of_a_stranger_under_the_new_name_is_not_believed() -> None:
    world = of_two()
    (chunk,) = world.entry().chunks
    assert chunk.proof is not None
    muting = world.app.records.erasing.parts.unlinking.rewriting.muting
    found = muting.found(world.entry(), lambda text: text == ANN)
    assert not isinstance(found, str)
    erasure_id = begun(world, ANN, mode=Mode.MUTE)
    attempt = f"{erasure_id} {(world.clock.now() + timedelta(hours=1)).isoformat()}"
    world.archive.put_as_stranger(muting.name(chunk, found[chunk.document_id], attempt), voices(seed=77))
    run_jobs(world)
    assert not muting.known(world.entry(), chunk, muting.name(chunk, found[chunk.document_id], attempt))
    assert JobState.WAITING is state(world, erasure_id)
    assert chunk.proof.name in world.archive.blobs


def test_a_long_recording_goes_on_with_its_next_chunk() -> None:
    """The time of a run is over after each chunk; none is muted twice."""
    world = of_two(3)
    before = media(world)
    erasure_id = begun(world, ANN, mode=Mode.MUTE)
    erasing = world.app.records.erasing
    muting = erasing.parts.unlinking.rewriting.muting
    made: list[str] = []
    mute = type(muting).mute

    def slow(self: object, entry: CatalogEntry, chunk: Chunk, *rest: object) -> object:
        made.append(chunk.document_id)
        world.clock.sleep(600)
        return mute(self, entry, chunk, *rest)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(muting), "mute", slow)
        run_jobs(world)
    file_all(world)
    assert JobState.DONE is state(world, erasure_id)
    assert ["document-0", "document-1", "document-2"] == made
    check_muted(world, before, 0)


def test_rebuilt_from_its_blobs_the_voice_stays_gone() -> None:
    world = of_two()
    before = media(world)
    begun(world, ANN, mode=Mode.MUTE)
    run_jobs(world)
    file_all(world)
    lose_tables(world)
    again(world)
    check_muted(world, before, 0)
    check_unlinked(world, ANN)


def test_if_the_tables_are_lost_before_the_manifest_says_it_nothing_is_lost_and_it_is_asked_again() -> None:
    """Nothing was removed by then: the recording is as it was, with everybody in it."""
    world = of_two()
    before, put = media(world), world.archive.put
    begun(world, ANN, mode=Mode.MUTE)

    def dies(name: BlobName, *rest: object) -> str:
        if ".manifest-2" in name:
            raise KeyboardInterrupt
        return put(name, *rest)  # type: ignore[arg-type]

    world.archive.put = dies  # type: ignore[method-assign,assignment]
    with pytest.raises(KeyboardInterrupt):
        run_jobs(world)
    world.archive.put = put  # type: ignore[method-assign]
    lose_tables(world)
    assert before == media(world)
    assert [RECORDING] == found_by(world, ANN)

    begun(world, ANN, mode=Mode.MUTE)
    run_jobs(world)
    file_all(world)
    check_muted(world, before, 0)
    check_unlinked(world, ANN)


def test_what_a_slow_run_copies_once_more_is_told_and_removed() -> None:
    """It has the voice; the muted blob stays the proof."""
    world = of_two()
    before = media(world)
    (old,) = world.entry().chunks
    assert old.proof is not None
    blob = world.archive.blobs[old.proof.name]
    begun(world, ANN, mode=Mode.MUTE)
    run_jobs(world)
    world.archive.blobs[old.proof.name] = blob
    world.updates.apply(RECORDING, Archived(old.document_id, old.proof, old.candidate))
    world.updates.tell(world.entry())
    assert any("Conflict" in one for one in world.told())
    again(world)
    check_muted(world, before, 0)


def test_a_redelivered_event_brings_no_voice_back() -> None:
    world = of_two()
    before = media(world)
    begun(world, ANN, mode=Mode.MUTE)
    run_jobs(world)
    again_added = world.add("document-0", content=voices(seed=0), metadata=heard("document-0", 0, (ANN, 0), (BOB, 1)))
    for place in (again_added, replace(again_added, content_location=f"{again_added.content_location}2")):  # type: ignore[arg-type]
        world.deliver(file_event_of(place, event_id=f"again {place.content_location}", **UNMIXED))
    world.run()
    file_all(world)
    again(world)
    check_muted(world, before, 0)
    assert RecordingState.RELEASED is world.entry().recording.state


def test_it_can_be_erased_whole_afterwards() -> None:
    world = of_two()
    begun(world, ANN, mode=Mode.MUTE)
    run_jobs(world)
    file_all(world)
    world.app.records.removing.remove(world.entry(), RemovalReason.ERASURE, by=ADA)
    again(world, 4)
    check_erased(world)
    assert not [name for name in world.archive.blobs if RECORDING in name]


def test_it_is_sealed_anew_and_its_silence_is_told_to_nobody() -> None:
    """That the channel is silent was asked for. The seal of before has the waveform of the voice, and goes."""
    world = of_two()
    world.app.records.sealing.seal(RECORDING)
    (old,) = (name for name in world.archive.blobs if ".seal" in name)
    begun(world, ANN, mode=Mode.MUTE)
    run_jobs(world)
    assert old not in world.archive.blobs
    for _ in range(10):
        if world.record_queue.messages:
            delay, message = world.record_queue.messages.pop(0)
            world.clock.sleep(delay.total_seconds())
            records = world.app.records
            (records.filing.file if message.task is Task.FILE else records.sealing.seal)(message.recording_id)
    shown = json.loads(world.app.records.sealing.read(world.entry()))
    assert (True, False) == (shown["chunks"][0]["agrees"], shown["silence"]["judged"])
    assert not [one for one in world.told() if "Silent" in one]
    assert set() == places_of(world, ANN)


@pytest.mark.parametrize("mode", [Mode.UNLINK, Mode.MUTE])
def test_an_export_afterwards_is_proven_offline_and_names_nobody(
    mode: Mode, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its manifests of before speak of what is not there any more; the last one counts."""
    world = of_two()
    begun(world, ANN, mode=mode)
    run_jobs(world)
    file_all(world)
    files = exported(world, of_ids(RECORDING))
    assert not [name for name, content in files.items() if ANN.encode() in content]
    assert [name for name, content in files.items() if BOB.encode() in content]
    code = main([str(put_down(files, tmp_path))])
    assert 0 == code, capsys.readouterr().out


def test_who_is_on_the_channel_of_the_person_cannot_be_given_it_afterwards() -> None:
    """The mark keeps the channel: an export of the other's own channel does not have her voice."""
    world = of_two(1, (ANN, 0), (BOB, 0))
    begun(world, ANN)
    run_jobs(world)
    file_all(world)
    files = exported(world, Wanted("file", Rule.OWN_CHANNEL, person=Person(raw_id=BOB)))
    assert not [name for name in files if name.endswith(".wav")]


def test_a_copy_with_the_voice_that_stands_apart_is_not_passed_over() -> None:
    """A person has given the chunk up; its copy is there all the same."""
    world = World(settings={"PEOPLE_INDEX_KEY": KEYS})
    people = ((ANN, 0), (BOB, 1))
    first = world.add("document-0", content=voices(), metadata=heard("document-0", 0, *people), end_reason=FULL)
    second = world.add("document-1", 1, content=b"her voice", metadata=heard("document-1", 1, *people))
    world.deliver(file_event_of(first, replace(second, end_reason="SessionEnded"), **UNMIXED))
    world.run()
    world.clock.sleep(timedelta(days=3).total_seconds())
    world.run()
    asked = DecisionRequest(Ruling.GIVE_UP, "it is no media", ADA, etag(world.entry()))
    world.app.deciding.decide(RECORDING, DocumentId("document-1"), asked)
    world.run()
    file_all(world)
    assert ChunkState.LOST is world.state("document-1")
    assert world.chunk("document-1").name in world.quarantine.blobs
    assert ["chunk 1: a copy of it stands apart, which cannot be muted"] == why_not(world)
