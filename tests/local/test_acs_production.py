"""From a call to its media and its event: real files, pauses, chunks, callbacks."""

import json
import queue
import wave
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from local.acs import LocalAcs
from local.acs.callbook import Locator, StartRequest
from local.acs.events import FILE_STATUS_UPDATED, FileEventOptions
from local.acs.media import MediaLibrary, duration_ms
from local.acs.metadata import VARIANTS
from local.acs.model import Recording
from local.acs.object_store import Placement
from local.acs.outputs import OUTPUTS
from local.acs.timeline import plan_chunks
from local.acs.world import World
from tests.local.webhook_receiver import Receiver, receiving


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where made media is kept for all tests of this file."""
    return tmp_path_factory.mktemp("media")


@pytest.fixture
def published() -> "queue.SimpleQueue[dict[str, Any]]":
    """What was published."""
    return queue.SimpleQueue()


@pytest.fixture
def acs(tmp_path: Path, folder: Path, published: "queue.SimpleQueue[dict[str, Any]]") -> Iterator[LocalAcs]:
    """A service that publishes no call events."""
    with LocalAcs(tmp_path, published.put, media_folder=folder) as running:
        running.world.publish_call_events = False
        yield running


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A callback address."""
    with receiving() as listening:
        yield listening


def start(
    world: World, output: str = "wav", *, paused: bool = False, uri: str | None = None, **call: Sequence[Any]
) -> Recording:
    """A recording of a new, established call."""
    made = world.start_call(**call)  # type: ignore[arg-type]
    world.connect(made)
    where = Locator(server_call_id=made.server_call_id)
    return world.begin_recording(StartRequest(where, OUTPUTS[output], paused, uri))


def test_an_ended_call_becomes_chunks_and_one_event(
    acs: LocalAcs, published: "queue.SimpleQueue[dict[str, Any]]"
) -> None:
    """Each chunk a file of its own; the wav's bytes are its duration less its pauses."""
    world = acs.world
    recording = start(world, "unmixed", chunk_ms=[300, 200], participants=["8:acs:a", "8:acs:b", "8:acs:c"])
    world.pause_recording(recording.recording_id)
    world.resume_recording(recording.recording_id)
    world.end_call(recording.call)
    event = published.get(timeout=60)
    assert (FILE_STATUS_UPDATED, "CallEnded") == (event["eventType"], event["data"]["sessionEndReason"])
    chunks = event["data"]["recordingStorageInfo"]["recordingChunks"]
    assert [(0, "ChunkMaximumSizeExceeded"), (1, "SessionEnded")] == [(c["index"], c["endReason"]) for c in chunks]
    total = 0
    for chunk, media_ms in zip(chunks, (300, 200), strict=True):
        entry = world.objects[chunk["documentId"]]
        metadata = json.loads(entry.metadata)
        paused = sum(pause["duration"] for pause in metadata["pauseResumeIntervals"])
        assert media_ms == metadata["chunkDuration"] - paused
        assert [0, 1, 2] == [who["channel"] for who in metadata["participants"]]
        with wave.open(str(entry.path)) as wav:
            assert (3, 16_000, media_ms * 16) == (wav.getnchannels(), wav.getframerate(), wav.getnframes())
        total += metadata["chunkDuration"]
    assert total == event["data"]["recordingDurationMs"]
    assert 2 == len({world.objects[chunk["documentId"]].sha256 for chunk in chunks})


def test_a_recording_never_resumed_yields_no_file(
    acs: LocalAcs, published: "queue.SimpleQueue[dict[str, Any]]"
) -> None:
    """No object, no event; the next one's event is the first that comes."""
    silent = start(acs.world, paused=True)
    acs.world.stop_recording(silent.recording_id)
    heard = start(acs.world, chunk_ms=[100])
    acs.world.stop_recording(heard.recording_id)
    assert heard.recording_id == published.get(timeout=60)["data"]["recordingId"]
    assert 1 == len(acs.world.objects)


def test_state_changes_are_called_back(acs: LocalAcs, receiver: Receiver) -> None:
    """To the recording's own address, one CloudEvent each; year 1 while inactive."""
    recording = start(acs.world, paused=True, uri=receiver.url, chunk_ms=[100])
    assert acs.world.wait_for(lambda _: len(receiver.bodies) == 1)
    acs.world.resume_recording(recording.recording_id)
    assert acs.world.wait_for(lambda _: len(receiver.bodies) == 2)
    first, second = (body[0]["data"] for body in receiver.bodies)
    assert ("inactive", "0001-01-01T00:00:00Z") == (first["state"], first["startDateTime"])
    assert ("active", recording.recording_id) == (second["state"], second["recordingId"])


def test_a_start_is_called_back_as_inactive_first(acs: LocalAcs, receiver: Receiver) -> None:
    """Then as active, once what is said is recorded."""
    start(acs.world, uri=receiver.url, chunk_ms=[100])
    assert acs.world.wait_for(lambda _: len(receiver.bodies) == 2)
    assert ["inactive", "active"] == [body[0]["data"]["state"] for body in receiver.bodies]


@pytest.mark.parametrize("name", OUTPUTS)
def test_every_output_is_real_media(folder: Path, name: str) -> None:
    """Of the length asked for, different for each seed, and made once."""
    library = MediaLibrary(folder)
    output = OUTPUTS[name]
    channels = 5 if name == "unmixed" else 1
    one, other = library.file(output, 700, 1, channels), library.file(output, 700, 2, channels)
    assert abs(duration_ms(one) - 700) <= 150
    assert one.read_bytes() != other.read_bytes()
    made = one.stat().st_mtime_ns
    assert made == library.file(output, 700, 1, channels).stat().st_mtime_ns


def test_a_file_of_the_users_is_served_as_it_is(tmp_path: Path, folder: Path) -> None:
    """For every recording of its format; its duration is found out."""
    mine = MediaLibrary(folder).file(OUTPUTS["wav"], 250, 9)
    library = MediaLibrary(tmp_path, {"wav": mine})
    assert (mine, 250) == (library.file(OUTPUTS["wav"], 99, 1), library.given_duration_ms(OUTPUTS["wav"]))
    assert library.given_duration_ms(OUTPUTS["mp4"]) is None
    (tmp_path / "not.wav").write_text("no media")
    with pytest.raises(ValueError, match="no media"):
        duration_ms(tmp_path / "not.wav")


def test_the_plan_puts_pauses_where_they_were() -> None:
    """Scaled time, cut into chunks; a pause belongs to the chunk it interrupts."""
    chunks = plan_chunks(3000, [(500, 1000)], speed=2, max_chunk_ms=2000)
    assert [(0, 2000), (3000, 2000), (5000, 1000)] == [(chunk.start_ms, chunk.media_ms) for chunk in chunks]
    assert [3000, 2000, 1000] == [chunk.duration_ms for chunk in chunks]
    assert [(1000, 1000)] == [(pause.start_ms, pause.duration_ms) for pause in chunks[0].pauses]
    assert () == plan_chunks(1000, [(0, 1000)])
    assert 1000 == plan_chunks(3, [])[0].media_ms


@pytest.mark.parametrize("variant", VARIANTS)
def test_metadata_comes_in_its_real_life_forms(tmp_path: Path, variant: str) -> None:
    """Each variant differs from the documented form, and is JSON."""
    world = World(tmp_path)
    plain, odd = (
        world.add_recording([b"x"], output="mp4", placement=Placement(variants=variants))
        for variants in ((), (variant,))
    )
    files = [
        world.objects[event["data"]["recordingStorageInfo"]["recordingChunks"][0]["documentId"]].metadata
        for event in (plain, odd)
    ]
    assert json.loads(files[1])["chunkDocumentId"]
    shape = [sorted(json.loads(content)) for content in files]
    assert (variant == "sparse") == (shape[0] != shape[1])
    marks = {
        "swapped": b'"contentType": "mixed"',
        "crlf": b"\r\n",
        "floats": b"60000.0",
        "framerate": b'"framerate"',
        "string_rate": b'"16000"',
        "whole_seconds": b"+00:00",
        "fractions7": b'0Z"',
        "sparse": b"chunkDocumentId",
    }
    assert marks[variant] in files[1]


@pytest.mark.parametrize(
    ("options", "check"),
    [
        ({"schema": "cloudevents"}, lambda event: event["specversion"] == "1.0" and "eventType" not in event),
        ({"subject_form": "call"}, lambda event: event["subject"].count("/") == 3),
        ({"subject_form": "recording"}, lambda event: "serverCallId" not in event["subject"]),
        ({"optional_fields": False}, lambda event: "recordingId" not in event["data"]),
        ({"extra_data": {"new": 1}}, lambda event: event["data"]["new"] == 1),
        ({"only_chunks": [1]}, lambda event: [c["index"] for c in chunks_of(event)] == [1]),
        ({"omit": ["deleteLocation"]}, lambda event: "deleteLocation" not in chunks_of(event)[0]),
        ({"replace": {"contentLocation": "x"}}, lambda event: chunks_of(event)[0]["contentLocation"] == "x"),
    ],
)
def test_the_file_event_comes_in_its_real_life_forms(
    tmp_path: Path, options: FileEventOptions, check: Callable[[dict[str, Any]], bool]
) -> None:
    """With the same id each time, as a duplicate has."""
    world = World(tmp_path)
    event = world.add_recording([b"one", b"two"], **options)
    assert check(event)
    (recording,) = world.recordings.values()
    assert event["id"] == world.file_event(recording.recording_id)["id"]


def chunks_of(event: dict[str, Any]) -> list[dict[str, Any]]:
    """The chunk entries of a file event."""
    found: list[dict[str, Any]] = event["data"]["recordingStorageInfo"]["recordingChunks"]
    return found


def test_a_wav_of_ones_own_tells_its_duration(tmp_path: Path) -> None:
    """Channels and length are read from its header."""
    path = tmp_path / "two.wav"
    with wave.open(str(path), "wb") as wav:
        wav.setnchannels(2)
        wav.setsampwidth(2)
        wav.setframerate(16_000)
        wav.writeframes(bytes(2 * 2 * 16_000))
    world = World(tmp_path / "world")
    world.add_recording([path], output="unmixed", pauses=[[(200, 500)]])
    (entry,) = world.objects.values()
    metadata = json.loads(entry.metadata)
    assert (1500, 2) == (metadata["chunkDuration"], metadata["recordingInfo"]["audioConfiguration"]["channels"])
    assert [500] == [pause["duration"] for pause in metadata["pauseResumeIntervals"]]
