"""An audit trail as JSON of the HTTP API."""

import hashlib

import pytest

from recording.core.formats.api import trail_view, verified_view
from recording.core.model import Act, Actor, BlobName, Recording, RecordingId, RecordingState, Trail
from recording.core.trail import Break, Fault, Verified, folder_of, links
from tests.core.entries_of import NOW, RECORDING_ID

ACTS = tuple(Act(NOW, what, Actor("entra:ada"), details=(("view", "trail"),)) for what in ("Paused", "Looked"))
FIRST, SECOND = links(Recording(RECORDING_ID, RecordingState.STARTED, trail=Trail(unwritten=ACTS)))

(OF_ANOTHER,) = links(Recording(RecordingId("another"), RecordingState.STARTED, trail=Trail(unwritten=ACTS[:1])))


def test_a_page_has_what_is_written_then_what_is_not() -> None:
    """Everything of an act, its hash, and its blob if there is one."""
    first = {
        "schema": "recording-trail/1",
        "recordingId": RECORDING_ID,
        "number": 1,
        "previous": "",
        "at": "2026-03-01T12:00:00Z",
        "what": "Paused",
        "by": "entra:ada",
        "documentId": None,
        "details": {"view": "trail"},
        "hash": FIRST.hash,
        "blob": FIRST.name,
        "fault": None,
    }
    second = first | {"number": 2, "what": "Looked", "previous": FIRST.hash, "hash": SECOND.hash, "blob": None}

    view = trail_view(RECORDING_ID, [(FIRST.name, FIRST.body)], [SECOND], "2 x")
    assert {"recordingId": RECORDING_ID, "trail": [first, second], "next": "MiB4"} == view
    assert trail_view(RECORDING_ID, [], [], "")["next"] is None


def named_for(body: bytes) -> BlobName:
    return BlobName(f"{folder_of(RECORDING_ID)}000000001-{hashlib.sha256(body).hexdigest()}.json")


@pytest.mark.parametrize(
    ("name", "body", "number", "fault"),
    [
        (FIRST.name, SECOND.body, 1, Fault.CHANGED),
        (named_for(b"no JSON"), b"no JSON", 1, Fault.CHANGED),
        (named_for(b"[1]"), b"[1]", 1, Fault.CHANGED),
        (BlobName("trail/notes.txt"), FIRST.body, None, Fault.ADDED),
        (named_for(SECOND.body), SECOND.body, 1, Fault.ADDED),
        (named_for(OF_ANOTHER.body), OF_ANOTHER.body, 1, Fault.ADDED),
    ],
)
def test_a_blob_that_is_no_act_is_named_and_not_shown(
    name: BlobName, body: bytes, number: int | None, fault: Fault
) -> None:
    view = trail_view(RECORDING_ID, [(name, body)], [], "")
    assert [{"number": number, "blob": name, "fault": str(fault)}] == view["trail"]


def test_a_verified_trail_says_whether_and_where_it_is_broken() -> None:
    broken = Verified(3, (Break(Fault.MISSING, 2), Break(Fault.ADDED, None, BlobName("trail/x"))), more=True)

    intact = {"recordingId": RECORDING_ID, "intact": True, "links": 3, "unwritten": 2, "breaks": [], "more": False}
    assert intact == verified_view(RECORDING_ID, Verified(3, (), unwritten=2))
    assert {
        "recordingId": RECORDING_ID,
        "intact": False,
        "links": 3,
        "unwritten": 0,
        "breaks": [
            {"number": 2, "fault": "its blob is missing", "blob": None},
            {"number": None, "fault": "a blob that is no link of the chain", "blob": "trail/x"},
        ],
        "more": True,
    } == verified_view(RECORDING_ID, broken)
