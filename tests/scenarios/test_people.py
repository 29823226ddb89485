"""The recordings of a person, through the host and Azurite: filed by its queue, found, and put on record."""

import json

from local.stack import TRAIL, Stack, wait_for
from recording.core.formats.messages import Task
from tests.scenarios.sounds import short_wav
from tests.scenarios.worlds import ARCHIVE, assert_archived, blobs_of, do_at_once, given, wait_completed

PURPOSE = {"purpose": "request 7"}
BEA = "8:acs:e7a5e0b2-0000-4000-8000-000000000001_00000000-0000-0000-0000-0000000000b2"
"""In no other recording of the stack: so hers are on the first page."""


def test_a_recording_is_found_by_the_person_who_is_heard_in_it(stack: Stack) -> None:
    """By an own key in the URL, and by a raw id in a body; no URL and no name of a blob has the raw id."""
    found = given(stack, [short_wav(101)], participants=[BEA])
    found.publish()
    assert_archived(stack, found.recording)
    wait_completed(stack, found.id)
    do_at_once(stack, found.id, Task.FILE)
    wait_for(lambda: any(".people" in name for name in blobs_of(stack, ARCHIVE, found.id)), "its people document")
    (name,) = (name for name in blobs_of(stack, ARCHIVE, found.id) if ".people" in name)
    document = json.loads(stack.container(ARCHIVE).download_blob(name).readall())
    raw_id = document["chunks"][0]["participants"][0]["rawId"]

    assert 200 == stack.call("PUT", "people/crm-101", json={"rawIds": [raw_id]}).status_code
    wait_for(lambda: stack.call("GET", "people/crm-101/recordings", params=PURPOSE).json()["recordings"], "its rows")
    by_body = stack.call("POST", "recordings/search", json={**PURPOSE, "rawId": raw_id}).json()

    assert BEA == raw_id
    assert [found.id] == [one["recordingId"] for one in by_body["recordings"]]
    assert 400 == stack.call("GET", f"people/{raw_id}", params=PURPOSE).status_code
    acts = [json.loads(stack.container(TRAIL).download_blob(one).readall()) for one in acts_of(stack)]
    assert {"find recordings", "save raw ids"} <= {one["what"] for one in acts}
    assert raw_id not in json.dumps(acts) + name


def acts_of(stack: Stack) -> list[str]:
    """The names of the looks on record."""
    return list(stack.container(TRAIL).list_blob_names(name_starts_with="acts/"))
