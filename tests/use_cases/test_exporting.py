"""An export is one package: what is in it, what is not and why, and that it proves itself."""

import json
import wave
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path

import pytest

from recording.core.lifecycle import Erased, ErasureBegun
from recording.core.model import BlobName, RecordingId, RemovalReason
from recording.core.records.exporting import Days, Person, Rule, Wanted
from recording.core.records.jobs import JobState
from recording.core.records.people import OwnIdentity
from tests.use_cases.exports import (
    ADA,
    ANN,
    BEN,
    FRAMES,
    KEYS,
    archive,
    ask,
    contents,
    exported,
    finish,
    of_ann,
    of_ids,
    package,
    put_down,
    unpacked,
)
from tests.use_cases.world import START, World, file_event_of
from tools.verify.cli import main


@pytest.fixture
def world() -> World:
    return World(settings=KEYS)


def verified(files: Mapping[str, bytes], folder: Path) -> int:
    """What the program in the package says of it, by its exit code."""
    return main([str(put_down(files, folder))])


def test_a_whole_recording_is_packed_as_it_was_archived(world: World, tmp_path: Path) -> None:
    """Media, metadata, manifest under their own names; trail, people and vCon beside; and it proves itself."""
    archive(world)
    files = exported(world, of_ids("r-1"))
    blobs = {str(name): blob.content for name, blob in world.archive.blobs.items() if ".people" not in name}
    assert {f"archive/{name}": content for name, content in blobs.items()} == {
        name: content for name, content in files.items() if name.startswith("archive/")
    }
    assert {"trail.jsonl", "people.json", "recording.vcon.json"} == {
        name.removeprefix("recordings/r-1/") for name in files if name.startswith("recordings/")
    }
    assert {"index.html", "contents.json", "hashes.json", "hashes.json.sha256", "verify/__main__.py"} <= set(files)
    assert ("complete", []) == (contents(files)["r-1"]["outcome"], contents(files)["r-1"]["absent"])
    assert 0 == verified(files, tmp_path)


def test_the_vcon_names_the_media_beside_it(world: World) -> None:
    archive(world)
    files = exported(world, of_ids("r-1"))
    vcon = json.loads(files["recordings/r-1/recording.vcon.json"])
    assert [ANN, BEN] == [one["uuid"] for one in vcon["parties"]]
    assert [[0, 1], [0, 1]] == [one["parties"] for one in vcon["dialog"]]
    assert {name for name in files if name.endswith(".wav")} == {one["filename"] for one in vcon["dialog"]}


def test_each_look_at_a_recording_that_is_given_away_is_in_its_trail(world: World) -> None:
    """By whom, for what, and in which package; not in words that could name somebody."""
    archive(world)
    job = finish(world, ask(world, of_ids("r-1")))
    acts = [act for act in world.entry(RecordingId("r-1")).recording.trail.unwritten if act.what == "Exported"]
    details = dict(acts[0].details)
    assert [ADA] == [act.by for act in acts]
    assert (job.job_id, "whole", "complete") == tuple(details[name] for name in ("export", "rule", "outcome"))
    assert "file 47" not in str(acts)
    result = json.loads(job.result)
    assert {"complete": 1, "partly": 0, "damaged": 0, "absent": 0} == result["outcomes"]
    assert result["hashes"] == details["hashesSha256"]


@pytest.mark.parametrize("person", [Person(raw_id=ANN), Person(key="crm-1")])
def test_of_a_person_only_their_own_channel(world: World, tmp_path: Path, person: Person) -> None:
    """No sample, name or raw id of anybody else is in any file of the package."""
    archive(world)
    world.app.records.people.save([OwnIdentity("crm-1", (ANN,))], by=ADA)
    files = exported(world, Wanted("file 47", Rule.OWN_CHANNEL, person=person))
    sounds = {name: content for name, content in files.items() if name.endswith(".wav")}
    assert 2 == len(sounds)
    for content in sounds.values():
        with wave.open(BytesIO(content)) as sound:
            assert (1, FRAMES) == (sound.getnchannels(), sound.getnframes())
            assert not any(sample % 2 for sample in memoryview(sound.readframes(FRAMES)).cast("H"))
    assert not [name for name, content in files.items() if BEN.encode() in content or b"30123456" in content]
    assert [ANN] == [
        one["rawId"] for one in json.loads(files["recordings/r-1/people.json"])["chunks"][0]["participants"]
    ]
    assert {"media", "metadata file"} == {one["what"] for one in contents(files)["r-1"]["absent"]}
    assert "partly" == contents(files)["r-1"]["outcome"]
    assert 0 == verified(files, tmp_path)


def test_mixed_sound_is_held_back_where_only_the_persons_may_be_given(world: World, tmp_path: Path) -> None:
    archive(world, is_unmixed=False)
    files = exported(world, Wanted("p", Rule.OWN_CHANNEL, person=Person(raw_id="8:acs:somebody")))
    assert not [name for name in files if name.startswith("archive/") and "manifest" not in name]
    reasons = [one["reason"] for one in contents(files)["r-1"]["absent"] if one["what"] == "media"]
    assert ["its audio is mixed: others' voices cannot be left out"] * 2 == reasons
    assert b"its audio is mixed" in files["index.html"]
    assert 0 == verified(files, tmp_path)


def test_metadata_alone(world: World, tmp_path: Path) -> None:
    archive(world)
    files = exported(world, of_ids("r-1", rule=Rule.METADATA_ONLY))
    assert not [content for content in files.values() if content[:4] == b"RIFF"]
    assert not [name for name, content in files.items() if ANN.encode() in content]
    assert 0 == verified(files, tmp_path)


def test_what_is_not_there_is_named_with_the_reason(world: World, tmp_path: Path) -> None:
    """Lost, not known, not finished: a package never looks more complete than it is."""
    archive(world, "r-1")
    lost = world.add("r-2-0", 0)
    there = world.add("r-2-1", 1)
    world.deliver(file_event_of(lost, there, recording_id="r-2"))
    world.remove(lost)
    world.run()
    files = exported(world, of_ids("r-1", "r-2", "nobody"))
    said = contents(files)
    assert ["complete", "partly", "absent"] == [said[name]["outcome"] for name in ("r-1", "r-2", "nobody")]
    assert "it is lost" in json.dumps(said["r-2"]["absent"])
    assert "does not know it" in json.dumps(said["nobody"]["absent"])
    assert b"does not know it" in files["index.html"]
    assert 0 == verified(files, tmp_path)


DAMAGES: Mapping[str, Callable[[World, BlobName], None]] = {
    "changed": lambda world, name: change(world, name, lambda content: content[:-1] + bytes([content[-1] ^ 1])),
    "cut": lambda world, name: change(world, name, lambda content: content[:-1]),
    "halved": lambda world, name: change(world, name, lambda content: content[: len(content) // 2]),
    "longer": lambda world, name: change(world, name, lambda content: content + b"x"),
    "gone": lambda world, name: void(world.archive.blobs.pop(name)),
}


def erased(world: World, recording_id: str) -> None:
    """Erase the recording, as far as the catalog is concerned."""
    found = RecordingId(recording_id)
    world.updates.apply(found, ErasureBegun(found, RemovalReason.ERASURE), Erased())


def void(_: object) -> None:
    """Nothing."""


def change(world: World, name: BlobName, how: Callable[[bytes], bytes]) -> None:
    world.archive.put_as_stranger(name, how(world.archive.blobs[name].content))


@pytest.mark.parametrize(
    ("what", "damage"),
    [
        *((what, damage) for what in ("r-1-0.wav", "r-1-0.wav.metadata.json") for damage in DAMAGES),
        ("r-1.manifest.json", "halved"),
        ("r-1.manifest.json", "gone"),
    ],
)
@pytest.mark.parametrize("rule", [Rule.WHOLE, Rule.OWN_CHANNEL])
def test_what_is_damaged_in_the_archive_is_told_and_never_packed(
    world: World, tmp_path: Path, caplog: pytest.LogCaptureFixture, what: str, damage: str, rule: Rule
) -> None:
    """And the rest is given all the same. A manifest has no proof; it must agree with the catalog."""
    archive(world)
    name = next(name for name in world.archive.blobs if name.endswith(what))
    DAMAGES[damage](world, name)
    files = exported(world, of_ids("r-1") if rule is Rule.WHOLE else of_ann(rule))
    assert f"archive/{name}" not in files
    said = contents(files)["r-1"]
    assert "damaged" == said["outcome"]
    assert [name] == [one["blob"] for one in said["absent"] if "not what its proof says" in one["reason"]]
    assert "export.damaged" in caplog.text
    assert b"not what its proof says" in files["index.html"]
    if what == "r-1-0.wav":
        assert not [other for other in files if "own-channel-0000" in other]
    assert 0 == verified(files, tmp_path)


def test_a_manifest_that_contradicts_the_catalog_is_damaged(world: World) -> None:
    archive(world)
    name = next(name for name in world.archive.blobs if ".manifest" in name)
    digest = world.chunk("r-1-0", RecordingId("r-1")).proof.digest.sha256  # type: ignore[union-attr]
    change(world, name, lambda content: content.replace(digest.encode(), b"0" * 64))
    said = contents(exported(world, of_ids("r-1")))["r-1"]
    assert "damaged" == said["outcome"]


def test_a_broken_trail_is_told(world: World) -> None:
    archive(world)
    name = min(world.trail.archive.blobs)
    blob = world.trail.archive.blobs[name]
    world.trail.archive.put_as_stranger(name, blob.content.replace(b"Archived", b"Released"))
    files = exported(world, of_ids("r-1"))
    assert "recordings/r-1/trail.jsonl" not in files
    assert "damaged" == contents(files)["r-1"]["outcome"]


def test_recordings_of_a_call_and_of_a_search(world: World) -> None:
    archive(world, "r-1")
    archive(world, "r-2", is_unmixed=False)
    day = START.date()
    found = contents(exported(world, Wanted("p", days=Days(day, day, {"call": "call-1"}))))
    assert {"r-1", "r-2"} == set(found)
    found = contents(exported(world, Wanted("p", days=Days(day, day, {"output": "audio-mixed-wav"}))))
    assert {"r-2"} == set(found)
    assert {} == contents(exported(world, Wanted("p", days=Days(day, day, {"call": "another"}))))


def test_every_byte_that_changes_on_the_way_is_found(world: World, tmp_path: Path) -> None:
    """In each file of a package: the first, the last, and one in between; one that is missing, and one more."""
    archive(world, chunks=1)
    files = exported(world, of_ids("r-1"))
    root = put_down(files, tmp_path)
    assert 0 == main([str(root)])
    for name, content in files.items():
        for place in {0, len(content) // 2, len(content) - 1} - {-1}:
            changed = bytearray(content)
            changed[place] ^= 1
            (root / name).write_bytes(changed)
            assert 1 == main([str(root)]), (name, place)
        (root / name).unlink()
        assert name == "hashes.json" or 1 == main([str(root)]), name
        (root / name).write_bytes(content)
    (root / "archive" / "more").write_bytes(b"")
    assert 1 == main([str(root)])


def test_whoever_is_done_is_not_known_any_more(world: World) -> None:
    """The job of an export that is over names nobody."""
    archive(world)
    job = finish(world, ask(world, of_ann(Rule.WHOLE)))
    rows = b"".join(row.body for (partition, _), row in world.index.rows.items() if "job" in partition)
    assert (JobState.DONE, False) == (job.state, ANN.encode() in rows or ANN in job.spec)
    assert {f"record~{'r-1'}"} == {partition for partition, key in world.index.rows if key == f"export~{job.job_id}"}


def test_a_recording_that_was_erased_meanwhile_is_not_given_away(world: World) -> None:
    """Its erasure may not have seen the package, which was not published yet."""
    archive(world, "r-1")
    archive(world, "r-2")
    job = ask(world, of_ids("r-1", "r-2"))

    def erase(operation: str, name: BlobName) -> None:
        if operation == "commit":
            world.exports.after = lambda *_: None
            erased(world, "r-1")

    world.exports.after = erase
    files = unpacked(world, finish(world, job))
    said = contents(files)
    assert ["absent", "complete"] == [said["r-1"]["outcome"], said["r-2"]["outcome"]]
    assert not [name for name in files if "r-1" in name]
    assert package(world, job)
