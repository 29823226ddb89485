"""What the service writes into the customer's own container, through the host: proven there, and left alone."""

import hashlib
import json
from typing import Any

import pytest

from local.acs.model import Recording
from local.stack import NATIVE, Stack, wait_for
from tests.scenarios.worlds import view, wait_completed


def exported(stack: Stack, chunk_ms: list[int]) -> Recording:
    """A recording that a rule of the policy has the service write into the customer's container; it has ended."""
    world = stack.acs.world
    call = world.start_call(chunk_ms=chunk_ms)
    world.connect(call)
    wanted = {"serverCallId": call.server_call_id, "operationContext": "native"}
    reply = stack.call("POST", "recordings", json=wanted)
    assert 201 == reply.status_code, reply.text
    world.end_call(call)
    recording = world.recordings[reply.json()["recordingId"]]
    assert stack.native_container == recording.external_container
    return recording


def manifest_of(stack: Stack, recording: Recording) -> dict[str, Any]:
    """Its manifest in the archive, once it is complete."""
    body = wait_completed(stack, recording.recording_id)
    with stack.container() as container:
        found: dict[str, Any] = json.loads(container.download_blob(body["manifest"]).readall())
    return found


def etags(stack: Stack) -> dict[str, str]:
    """The blobs in the customer's container, by name."""
    with stack.container(NATIVE) as container:
        return {blob.name: str(blob.etag) for blob in container.list_blobs()}


def test_it_is_proven_where_it_stands_and_a_failed_export_is_archived_from_the_service(stack: Stack) -> None:
    """Two chunks of one recording, each by its own location."""
    world = stack.acs.world
    world.arm("export_failed", after=1)
    recording = exported(stack, [1_200, 1_200])
    wait_for(lambda: recording.announced, "its event")
    written = etags(stack)
    manifest = manifest_of(stack, recording)

    native, served = manifest["chunks"]
    first, second = (world.objects[document] for document in recording.documents)
    assert (stack.native_container, "native") == (native["container"], native["keptReason"])
    assert first.content_location == f"{native['container']}/{native['blob']}"
    with stack.container(NATIVE) as container:
        content = container.download_blob(native["blob"]).readall()
    assert (first.length, first.sha256) == (native["length"], hashlib.sha256(content).hexdigest())
    assert "container" not in served
    with stack.container() as archive:
        assert second.sha256 == hashlib.sha256(archive.download_blob(served["blob"]).readall()).hexdigest()
        assert not list(archive.list_blobs(name_starts_with=native["blob"]))
    # Nothing of the first was asked of the service or changed in the container; the second is released.
    assert written == etags(stack)
    assert {second.document_id} == {one.document_id for one in world.requests if one.document_id in recording.documents}
    assert second.deleted is not None
    assert first.deleted is None
    assert "kept" == view(stack, recording.recording_id)["chunks"][0]["state"]


@pytest.mark.parametrize("seconds", [3.0])
def test_what_is_written_after_its_event_is_looked_for_again(stack: Stack, seconds: float) -> None:
    stack.acs.world.arm("export_late", seconds=seconds)
    recording = exported(stack, [1_200])
    manifest = manifest_of(stack, recording)

    (chunk,) = manifest["chunks"]
    assert (stack.native_container, "native") == (chunk["container"], chunk["keptReason"])
    assert [] == manifest["lacks"]
