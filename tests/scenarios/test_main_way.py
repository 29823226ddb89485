"""From a call to a proven archive and a released source, for every kind of recording."""

import pytest

from local.acs.model import Call
from local.acs.outputs import OUTPUTS
from local.eventgrid import Order
from local.stack import Stack, wait_for
from tests.scenarios.sounds import long_wav, short_wav
from tests.scenarios.worlds import (
    assert_archived,
    assert_incomplete,
    given,
    outlive,
    told,
    view,
    wait_completed,
)

pytestmark = pytest.mark.usefixtures("way")


def connected(stack: Stack, chunk_ms: list[int]) -> Call:
    """An established call; its recordings will have chunks of so many milliseconds."""
    call = stack.acs.world.start_call(chunk_ms=chunk_ms)
    stack.acs.world.connect(call)
    return call


def started(stack: Stack, call: Call, output: str = "wav") -> str:
    """Start a recording by the app's HTTP API; its id."""
    wanted = OUTPUTS[output]
    body = {
        "serverCallId": call.server_call_id,
        "content": wanted.content,
        "channel": wanted.channel,
        "format": wanted.format,
    }
    reply = stack.call("POST", "recordings", json=body)
    assert (201, "started") == (reply.status_code, reply.json()["state"])
    return str(reply.json()["recordingId"])


def test_each_output_is_archived(stack: Stack) -> None:
    """All four, started by HTTP and ended with their call."""
    call = connected(stack, [1_200])
    ids = {name: started(stack, call, name) for name in OUTPUTS}
    stack.acs.world.end_call(call)

    for name, recording_id in ids.items():
        manifest = assert_archived(stack, stack.acs.world.recordings[recording_id])
        wanted = OUTPUTS[name]
        assert {"content": wanted.content, "channel": wanted.channel, "format": wanted.format} == manifest["output"]
        assert manifest["chunks"][0]["blob"].endswith(f".{wanted.format}")
        assert [] == manifest["chunks"][0]["notes"]


def test_a_paused_recording_is_shorter_by_its_pause_and_archived(stack: Stack) -> None:
    """By the app's API; the wav has the bytes of its duration without the pause."""
    call = connected(stack, [4_000])
    recording_id = started(stack, call)
    path = f"recordings/{recording_id}"
    states = [stack.call("POST", f"{path}/pause").json()["state"], view(stack, recording_id)["serviceState"]]
    states += [stack.call("POST", f"{path}/resume").json()["state"], view(stack, recording_id)["serviceState"]]
    states += [stack.call("POST", f"{path}/stop").json()["state"]]

    recording = stack.acs.world.recordings[recording_id]
    assert ["paused", "inactive", "started", "active", "stopped"] == states
    manifest = assert_archived(stack, recording)
    assert manifest["durationMs"] > 4_000
    assert [] == manifest["chunks"][0]["notes"]


def test_a_recording_of_three_chunks_is_archived_whole(stack: Stack) -> None:
    """Its only manifest names them in order."""
    call = connected(stack, [1_500, 1_000, 2_000])
    recording_id = started(stack, call)
    stack.acs.world.end_call(call)

    manifest = assert_archived(stack, stack.acs.world.recordings[recording_id])
    assert [0, 1, 2] == [chunk["index"] for chunk in manifest["chunks"]]


def test_a_recording_that_this_app_did_not_start_is_archived(stack: Stack) -> None:
    """Its file event is the first that the app gets of it."""
    found = given(stack, [long_wav(1)])
    assert {} == view(stack, found.id)
    found.publish()

    assert_archived(stack, found.recording)


def test_a_file_event_that_comes_before_the_start_is_known_is_archived(stack: Stack) -> None:
    """The start succeeded, its reply was lost and the caller gave up: the event creates the entry."""
    call = connected(stack, [1_000])
    lost = stack.acs.world.arm("start_response_lost", count=None)
    body = {"serverCallId": call.server_call_id, "content": "audio", "channel": "mixed", "format": "wav"}
    reply = stack.call("POST", "recordings", json=body)
    lost.stop()
    (recording,) = (one for one in stack.acs.world.recordings.values() if one.call is call)
    stack.acs.world.end_call(call)

    assert 503 == reply.status_code
    assert_archived(stack, recording)


@pytest.mark.parametrize("order", ["reversed", "shuffled"])
def test_chunks_announced_one_by_one_in_any_order_make_one_archive(stack: Stack, order: Order) -> None:
    """The recording is not reported as archived while an index is missing; the last chunk completes it."""
    found = given(stack, [short_wav(10), long_wav(11), short_wav(12)])
    last_first = [stack.acs.world.file_event(found.id, only_chunks=[index]) for index in (1, 2)]
    with stack.event_grid.held(order):
        stack.event_grid.publish(last_first)
    wait_for(
        lambda: ["released", "released"] == [chunk["state"] for chunk in view(stack, found.id).get("chunks", [])],
        "the later two chunks to be released",
    )
    assert {} == told(stack, "RecordingArchived", found.id)
    stack.event_grid.publish(stack.acs.world.file_event(found.id, only_chunks=[0]))

    assert_archived(stack, found.recording)


def test_a_recording_of_which_a_chunk_never_comes_is_told_as_incomplete(stack: Stack) -> None:
    """Once no source can be left, with a manifest of the existing chunks; if the chunk comes after all, it is whole."""
    found = given(stack, [short_wav(13), short_wav(14), short_wav(15)])
    stack.event_grid.publish(stack.acs.world.file_event(found.id, only_chunks=[0, 2]))
    wait_for(
        lambda: ["released", "released"] == [chunk["state"] for chunk in view(stack, found.id).get("chunks", [])],
        "the two chunks to be released",
    )
    assert ["chunk 1 was never announced"] == view(stack, found.id)["lacks"]
    outlive(stack, found.id)
    stack.event_grid.publish(stack.acs.world.file_event(found.id, only_chunks=[0, 2]))

    manifest = assert_incomplete(stack, found.recording, "chunk 1 was never announced")
    assert ("incomplete", [0, 2]) == (
        view(stack, found.id)["state"],
        [chunk["index"] for chunk in manifest["chunks"]],
    )
    found.publish()
    assert_archived(stack, found.recording, revision=2)


def test_a_chunk_announced_after_completion_makes_a_second_manifest(stack: Stack) -> None:
    """The first manifest is not changed; nothing announced the later chunk before."""
    found = given(stack, [short_wav(20), short_wav(21)])
    ended = {"endReason": "SessionEnded"}
    stack.event_grid.publish(stack.acs.world.file_event(found.id, only_chunks=[0], replace=ended))
    first = wait_completed(stack, found.id)
    kept = stack.container().download_blob(first["manifest"]).readall()
    found.publish()

    manifest = assert_archived(stack, found.recording, revision=2)
    assert (2, 2) == (manifest["revision"], len(manifest["chunks"]))
    assert kept == stack.container().download_blob(first["manifest"]).readall()
