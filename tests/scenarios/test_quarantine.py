"""Complete but doubtful copies are quarantined and their source kept; blobs in the archive are never overwritten."""

import json
import uuid

import pytest

from local.stack import Stack
from recording.core.naming import encode
from tests.scenarios.sounds import long_wav, short_wav, wav
from tests.scenarios.worlds import (
    assert_archived,
    assert_incomplete,
    assert_quarantined,
    blob_name,
    chunk_view,
    given,
    outlive,
    told,
    view,
    wait_completed,
    wait_staged,
    wait_state,
    wait_told,
)

pytestmark = pytest.mark.usefixtures("way")
NOISE = short_wav(800)[100:]


@pytest.mark.parametrize(
    ("content", "options", "reason"),
    [
        (wav(10_000, 801), {"duration_ms": 60_000}, "10.0 s"),
        (long_wav(802), {"duration_ms": 600_000}, "80.0 s"),
        (wav(60_000, 803), {"duration_ms": 10_000}, "60.0 s"),
        (short_wav(804), {"output": "mp4"}, "wav"),
        (short_wav(805), {"output": "mp3"}, "wav"),
        (NOISE, {"duration_ms": 1_000}, ""),
        (long_wav(806)[100:], {"duration_ms": 80_000}, ""),
        (bytes(100_000), {"output": "mp4"}, ""),
    ],
    ids=["short", "short, of many blocks", "long", "no mp4", "no mp3", "noise", "noise, of many blocks", "zeros"],
)
def test_a_whole_transfer_that_looks_wrong_is_kept_apart_with_its_source(
    stack: Stack, content: bytes, options: dict[str, object], reason: str
) -> None:
    """It is proven in the quarantine container, its source is looked at again, and an alert is published."""
    found = given(stack, [content], **options)
    found.publish(copies=2)

    assert reason in assert_quarantined(stack, found.recording)


def test_a_doubtful_chunk_holds_back_the_archive_of_its_recording_alone(stack: Stack) -> None:
    """The other chunk is archived and released; the recording is not reported as whole."""
    found = given(stack, [wav(10_000, 810), short_wav(811)], duration_ms=[60_000, 1_000])
    found.publish()
    wait_state(stack, found.id, "released", 1)

    assert_quarantined(stack, found.recording, 0)


def test_media_that_looks_right_at_another_look_is_archived_without_a_person(stack: Stack) -> None:
    """The copy in quarantine stays; the alert was published once."""
    found = given(stack, [short_wav(812)], duration_ms=60_000)
    (source,) = found.chunks
    found.publish()
    assert_quarantined(stack, found.recording)
    whole = source.path.with_name(f"whole-{source.path.name}")
    whole.write_bytes(wav(60_000, 812))
    source.path, source.length = whole, whole.stat().st_size

    assert_archived(stack, found.recording, apart=True)
    wait_told(stack, "RecordingQuarantined", found.id)


def test_a_doubt_that_outlives_its_source_waits_for_a_person_beside_its_copy(stack: Stack) -> None:
    """It is not lost, as a copy is in quarantine, and not retried any more. The recording ends as incomplete."""
    found = given(stack, [wav(10_000, 813), short_wav(814)], duration_ms=[60_000, 1_000])
    found.publish()
    wait_state(stack, found.id, "released", 1)
    assert_quarantined(stack, found.recording, 0)
    outlive(stack, found.id)

    assert_incomplete(stack, found.recording, "chunk 0 is in doubt and kept apart")
    chunk = chunk_view(stack, found.id)
    copy = stack.container(chunk["apart"]["container"]).download_blob(chunk["apart"]["blob"])
    assert ("quarantined", None) == (chunk["state"], chunk["nextLookAt"])
    assert found.chunks[0].path.read_bytes() == copy.readall()
    assert "quarantined" == view(stack, found.id)["state"]
    assert {} == told(stack, "RecordingLost", found.id)


@pytest.mark.parametrize("content", [short_wav(820), long_wav(821)], ids=["one block", "many blocks"])
def test_an_equal_blob_that_stands_already_is_proven_and_left_as_it_is(stack: Stack, content: bytes) -> None:
    """Its bytes are read back and compared with the source."""
    found = given(stack, [content])
    stack.container().upload_blob(blob_name(found), content)
    before = stack.container().get_blob_client(blob_name(found)).get_blob_properties()
    found.publish()

    assert_archived(stack, found.recording)
    assert before.etag == stack.container().get_blob_client(blob_name(found)).get_blob_properties().etag


@pytest.mark.parametrize("content", [short_wav(822), long_wav(823)], ids=["one block", "many blocks"])
def test_another_blob_of_the_same_name_is_never_overwritten(stack: Stack, content: bytes) -> None:
    """Ours is quarantined, the source is kept, and an alert is published."""
    found = given(stack, [content])
    other = content[:-1] + bytes([content[-1] ^ 1])
    stack.container().upload_blob(blob_name(found), other)
    found.publish()

    assert "another blob" in assert_quarantined(stack, found.recording)
    assert other == stack.container().download_blob(blob_name(found)).readall()


def test_blocks_that_someone_else_has_staged_do_not_get_into_the_archive(stack: Stack) -> None:
    """Blob storage refuses our ids beside ids of another length: ours is quarantined, and an alert is published."""
    found = given(stack, [long_wav(824)])
    stack.container().get_blob_client(blob_name(found)).stage_block("c3RyYW5nZQ==", b"strange")
    found.publish()

    assert_quarantined(stack, found.recording)


def test_blocks_staged_of_other_content_are_not_used(stack: Stack) -> None:
    """Block ids of our form, but of bytes that the source does not have."""
    found = given(stack, [long_wav(825)])
    blob = stack.container().get_blob_client(blob_name(found))
    probe = given(stack, [long_wav(826)])
    broken = probe.arm("not_ready_404", at=1_500_000, count=None)
    probe.publish()
    for block in wait_staged(stack, blob_name(probe), 1):
        blob.stage_block(block.id, bytes(block.size))
    found.publish()
    broken.stop()

    assert_archived(stack, found.recording)
    assert_archived(stack, probe.recording)


def test_a_manifest_that_says_something_else_is_left_alone(stack: Stack) -> None:
    """Ours gets the next name."""
    found = given(stack, [short_wav(830)])
    folder = blob_name(found).rpartition("/")[0]
    name = f"{folder}/{encode(found.id)}.manifest.json"
    stranger = json.dumps({"id": str(uuid.uuid4())}).encode()
    stack.container().upload_blob(name, stranger)
    found.publish()

    body = wait_completed(stack, found.id, revision=2)
    assert stranger == stack.container().download_blob(name).readall()
    assert name != body["manifest"]
