"""The audit trail of a recording, through the host and Azurite: what was done stands there, and a change is found."""

from typing import Any
from urllib.parse import quote

import requests

from local.stack import TRAIL, Stack, wait_for
from tests.scenarios.sounds import short_wav
from tests.scenarios.worlds import Given, assert_archived, given


def path_of(found: Given) -> str:
    return f"recordings/{quote(found.id, safe='')}/trail"


def verified(stack: Stack, found: Given) -> dict[str, Any]:
    answer: dict[str, Any] = stack.call("GET", f"{path_of(found)}/verify").json()
    return answer


def test_one_changed_byte_of_a_trail_is_found_at_its_link(stack: Stack) -> None:
    """And the trail says what was done, also who looked at it."""
    found = given(stack, [short_wav(97)])
    found.publish()
    assert_archived(stack, found.recording)
    wait_for(lambda: verified(stack, found)["links"] == 3, "the acts of the run to be written")
    assert verified(stack, found)["intact"]
    page = stack.call("GET", path_of(found), params={"limit": "2"}).json()
    rest = stack.call("GET", path_of(found), params={"after": page["next"]}).json()
    acts = page["trail"] + rest["trail"]
    assert ["Archived", "Released", "Completed", "Looked"] == [act["what"] for act in acts]
    assert [""] + [act["hash"] for act in acts[:3]] == [act["previous"] for act in acts]

    blob = stack.container(TRAIL).get_blob_client(acts[1]["blob"])
    content = bytearray(blob.download_blob().readall())
    content[content.index(b"app")] ^= 1
    blob.upload_blob(bytes(content), overwrite=True)
    answer = verified(stack, found)

    assert not answer["intact"]
    assert [(2, acts[1]["blob"])] == [(one["number"], one["blob"]) for one in answer["breaks"]]
    assert requests.codes.not_found == stack.call("GET", "recordings/none/trail").status_code
