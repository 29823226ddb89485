"""A person's recordings are erased through the host and Azurite: planned, executed, certified, and stay erased."""

import json
from typing import Any

from local.stack import TRAIL, Stack, wait_for
from recording.core.formats.messages import Task
from tests.scenarios.sounds import short_wav
from tests.scenarios.worlds import ARCHIVE, JOURNAL, assert_archived, blobs_of, do_at_once, given, view, wait_completed

ANN = "8:acs:e7a5e0b2-0000-4000-8000-000000000001_00000000-0000-0000-0000-0000000000e1"


def test_a_persons_recording_is_erased_and_stays_erased(stack: Stack) -> None:
    """Nothing of it is left in the archive and the journal; its event, delivered again, changes nothing."""
    found = given(stack, [short_wav(301)], participants=[ANN])
    found.publish()
    assert_archived(stack, found.recording)
    wait_completed(stack, found.id)
    do_at_once(stack, found.id, Task.FILE)
    asked = {"person": {"rawId": ANN}, "mode": "whole", "purpose": "request 9", "by": "Ada"}
    planned: dict[str, Any] = {}

    def is_planned() -> bool:
        planned.update(stack.call("POST", "erasures", json=asked).json())
        return [found.id] == [one["recordingId"] for one in planned["plan"]["recordings"]]

    wait_for(is_planned, "its rows")
    path = f"erasures/{planned['erasureId']}"
    refused = stack.call("POST", f"{path}/execute", json={"planHash": "0" * 64, "by": "Ada"})
    assert (409, planned["plan"]["hash"]) == (refused.status_code, refused.json()["plan"]["hash"])
    begun = stack.call("POST", f"{path}/execute", json={"planHash": planned["plan"]["hash"], "by": "Ada"})
    assert 202 == begun.status_code
    wait_for(lambda: stack.call("GET", path).json()["state"] == "done", "the end of the erasure")

    shown = stack.call("GET", path).json()
    certificate = json.loads(stack.container(TRAIL).download_blob(shown["result"]["certificate"]).readall())
    assert [found.id] == certificate["erased"]
    assert ANN not in json.dumps([shown, certificate])
    assert "erased" == view(stack, found.id)["state"]
    assert not blobs_of(stack, ARCHIVE, found.id)
    journal = stack.container(JOURNAL)
    events = [journal.download_blob(name).readall() for name in journal.list_blob_names()]
    assert not [body for body in events if found.id.encode() in body]

    found.publish()
    wait_for(lambda: "refused" in stack.call("GET", f"recordings/{found.id}/history").text, "its refusal")
    assert not blobs_of(stack, ARCHIVE, found.id)
