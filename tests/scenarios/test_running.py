"""Callbacks about recordings that run, through the host: signed, to the address that the start has named."""

from collections.abc import Iterator

import pytest

from local.acs.model import Call, Recording
from local.net.hosts import APP_HOST
from local.stack import Stack, wait_for
from recording.core.formats.notifications import EventName
from tests.scenarios.worlds import assert_archived, told, view

GUID = "b6372803-0c35-4ec0-833b-c19b798cef2d"
PEOPLE = (f"28:orgid:{GUID}", f"8:acs:{GUID}_{GUID}_{GUID}", "4:+15551230001")
"""A Teams app, a Teams Phone extension user, and a telephone."""


@pytest.fixture
def call(stack: Stack) -> Iterator[Call]:
    """A call as in Teams Phone Extensibility: no event of Event Grid tells of it."""
    found = stack.acs.world.start_call(participants=PEOPLE, pstn=True, chunk_ms=[1_000])
    stack.acs.world.connect(found)
    yield found
    stack.acs.world.end_call(found)


def start(stack: Stack, call: Call, *, is_active: bool = True) -> Recording:
    """A recording that was started by the call's connection; the app knows that it records."""
    reply = stack.call("POST", "recordings", json={"callConnectionId": call.call_connection_id})
    assert 201 == reply.status_code
    recording_id = reply.json()["recordingId"]
    if is_active:
        wait_for(lambda: view(stack, recording_id)["serviceState"] == "active", "the recording to begin")
    return stack.acs.world.recordings[recording_id]


def wait_alert(stack: Stack, name: EventName, recording: Recording) -> None:
    wait_for(lambda: told(stack, name, recording.recording_id), name)


def test_a_call_is_recorded_by_its_connection_and_its_pauses_by_others_are_kept(stack: Stack, call: Call) -> None:
    """Nothing else is needed; what somebody else does to the recording is told, kept, and compared."""
    world = stack.acs.world
    recording = start(stack, call)
    assert f"https://{APP_HOST}/api/calls/callbacks" == recording.state_callback_uri

    assert 200 == stack.call_back(world.change_participants(call, [*PEOPLE, "8:orgid:somebody"])).status_code
    kinds = {"teamsApp": 1, "teamsExtensionUser": 1, "phoneNumber": 1, "teamsUser": 1}
    assert kinds == view(stack, recording.recording_id)["participants"]

    world.pause_recording(recording.recording_id)
    wait_alert(stack, EventName.INTERRUPTED, recording)
    found = view(stack, recording.recording_id)
    assert ("paused", "outside") == (found["state"], found["pauses"][0]["by"])
    world.resume_recording(recording.recording_id)
    wait_for(lambda: view(stack, recording.recording_id)["state"] == "started", "the end of the pause")

    world.end_call(call)
    manifest = assert_archived(stack, recording)
    assert 1 == len(manifest["pauses"])
    assert None is not manifest["pauses"][0]["to"]
    assert "by" not in manifest["pauses"][0]
    assert 1 == len(told(stack, EventName.INTERRUPTED, recording.recording_id))


@pytest.mark.parametrize("fault", ["callback_twice", "callback_late"])
def test_a_callback_that_comes_twice_or_late_is_told_once(stack: Stack, call: Call, fault: str) -> None:
    """After those that follow it."""
    recording = start(stack, call)
    stack.acs.world.arm(fault, seconds=0.5)
    stack.acs.world.pause_recording(recording.recording_id)
    wait_alert(stack, EventName.INTERRUPTED, recording)
    stack.acs.world.resume_recording(recording.recording_id)
    wait_for(lambda: view(stack, recording.recording_id)["state"] == "started", "the end of the pause")

    assert 1 == len(told(stack, EventName.INTERRUPTED, recording.recording_id))
    assert 1 == len(view(stack, recording.recording_id)["pauses"])


def test_a_callback_that_is_lost_is_made_up_for_by_asking(stack: Stack, call: Call) -> None:
    """The sweep asks; here a person does."""
    recording = start(stack, call)
    stack.acs.world.arm("callback_lost")
    stack.acs.world.pause_recording(recording.recording_id)
    assert "paused" == view(stack, recording.recording_id)["state"]


def test_a_recording_that_ends_in_mid_call_is_told(stack: Stack, call: Call) -> None:
    """What there is of it is archived."""
    recording = start(stack, call)
    stack.acs.world.interrupt_recording(recording.recording_id)
    wait_alert(stack, EventName.INTERRUPTED, recording)

    assert_archived(stack, recording)


def test_a_recording_that_ends_soon_after_its_start_is_archived_all_the_same(stack: Stack, call: Call) -> None:
    """The service may not have known it yet: whether a person is told at once, or by the sweep, depends on that."""
    stack.acs.world.arm("inactive_mid_call", seconds=0.1)
    assert_archived(stack, start(stack, call, is_active=False))


def test_a_start_that_was_accepted_and_failed_is_told_and_may_be_tried_again(stack: Stack, call: Call) -> None:
    """202, then StartRecordingFailed; it names the service's codes."""
    stack.acs.world.arm("start_recording_failed")
    failed = start(stack, call, is_active=False)
    wait_alert(stack, EventName.NOT_STARTED, failed)

    assert 1 == len(told(stack, EventName.NOT_STARTED, failed.recording_id))
    assert view(stack, failed.recording_id)["fileExpected"] is False
    again = start(stack, call)
    assert failed.recording_id != again.recording_id
    stack.acs.world.end_call(call)
    assert_archived(stack, again)


def test_a_start_that_is_accepted_and_never_records_is_seen(stack: Stack, call: Call) -> None:
    """The service's own word is shown; after five minutes the sweep tells a person."""
    stack.acs.world.arm("state_never_active")
    recording = start(stack, call, is_active=False)
    found = view(stack, recording.recording_id)
    assert ("started", "inactive", []) == (found["state"], found["serviceState"], found["pauses"])


def test_what_was_started_paused_and_never_resumed_is_empty(stack: Stack, call: Call) -> None:
    order = {"callConnectionId": call.call_connection_id, "pauseOnStart": True}
    recording_id = stack.call("POST", "recordings", json=order).json()["recordingId"]
    assert view(stack, recording_id)["fileExpected"] is False
    assert "empty" == stack.call("POST", f"recordings/{recording_id}/stop").json()["state"]
