"""Consent through the host: announced, declined by a key, a prompt that fails; who joins later; withdrawn."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
import requests

from local.acs.model import Call, Recording
from local.acs.world import DEFAULT_PARTICIPANTS
from local.stack import Stack, wait_for
from recording.core.formats.notifications import EventName
from tests.scenarios.conftest import SETTINGS
from tests.scenarios.consent_policy import POLICY
from tests.scenarios.rules import assert_a_rule_hears
from tests.scenarios.test_calls import deliver, recordings_of
from tests.scenarios.worlds import assert_archived, told, view

EVE = "4:+4930123456"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, media_folder: Path) -> Iterator[Stack]:
    """The stack, under a policy whose rules ask for consent."""
    settings = {**SETTINGS, "RECORDING_POLICY": POLICY, "PARTICIPANT_KEY": "c2VjcmV0"}
    with Stack(tmp_path_factory.mktemp("stack"), settings=settings, media_folder=media_folder) as running:
        yield running


def connected(stack: Stack, kind: str, key: str = "two") -> Call:
    """A call under a rule of that kind, of which the app has heard; everyone presses that key when asked.

    While the service is away, the event is delivered again.
    """
    world = stack.acs.world
    call = world.start_call(chunk_ms=[1_000], pstn=True)
    call.operation_context = kind
    body = world.connect(call)
    for who in DEFAULT_PARTICIPANTS:
        world.press(call, who, *([key] if kind == "keypress" else []))
    reply = wait_for(
        lambda: (found := deliver(stack, body)).status_code == requests.codes.ok and found, "it to be taken"
    )
    assert reply.json()["events"][0]["outcome"] in {"asked for consent", "recording"}
    return call


def recorded(stack: Stack, call: Call) -> Recording:
    """The one recording of a call, once it has begun and the app knows it."""
    (found,) = wait_for(lambda: recordings_of(stack, call), "the recording to start")
    wait_for(lambda: view(stack, found.recording_id).get("startedByThisApp"), "the app to know it")
    return found


def consent_path(recording: Recording, what: str) -> str:
    """The route of an act about consent."""
    return f"recordings/{quote(recording.recording_id, safe='')}/consent/{what}"


def test_an_announced_call_is_archived_with_its_evidence(stack: Stack) -> None:
    """Who joins later pauses it until somebody attests; no participant is in the manifest."""
    world = stack.acs.world
    call = connected(stack, "announced")
    recording = recorded(stack, call)
    assert 1 == len(call.prompts)
    world.join(call, EVE)
    wait_for(lambda: recording.state == "paused", "the recording to be paused")
    body = {"basis": "she said yes", "by": "desk 4"}
    assert 200 == stack.call("POST", consent_path(recording, "attest"), json=body).status_code
    wait_for(lambda: recording.state == "active", "it to go on, after the pause was noted too")
    world.end_call(call)

    consent = assert_archived(stack, recording)["consent"]
    assert ["played", "attested: she said yes"] == [one["what"] for one in consent["operations"]]
    assert (call.prompts[0].context, call.correlation_id) == (
        consent["operations"][0]["operationContext"],
        consent["operations"][0]["correlationId"],
    )
    assert EVE[2:] not in str(consent)


def test_a_call_that_is_declined_by_a_key_is_not_recorded(stack: Stack) -> None:
    """Whatever comes after; the call is ended, though the service is busy at first."""
    stack.acs.world.arm("hang_up_503")
    world = stack.acs.world
    call = connected(stack, "keypress")
    wait_for(
        lambda: deliver(stack, world.call_connected(call)).json()["events"][0]["outcome"] == "not recorded", "the key"
    )

    wait_for(lambda: call.ended, "the end of the call")
    assert 1 == len(call.prompts)
    assert [] == recordings_of(stack, call)


def test_a_prompt_that_fails_is_played_again_and_then_a_person_is_told(stack: Stack) -> None:
    """And nothing is recorded."""
    world = stack.acs.world
    world.arm("report_failed", count=2)
    call = connected(stack, "announced")
    (body,) = wait_for(
        lambda: told(stack, EventName.NOT_CONSENTED, call.call_connection_id, of="callConnectionId"), "a person to hear"
    ).values()

    assert (2, []) == (len(call.prompts), recordings_of(stack, call))
    assert body["reason"].startswith("PlayFailed 500/8536")
    assert_a_rule_hears(stack, EventName.NOT_CONSENTED, call.call_connection_id)
    world.end_call(call)


@pytest.mark.parametrize(
    ("kind", "fault"),
    [
        ("announced", "participants_503"),
        ("announced", "play_503"),
        ("announced", "play_400"),
        ("announced", "play_response_lost"),
        ("keypress", "recognize_400"),
        ("keypress", "recognize_response_lost"),
    ],
)
def test_a_prompt_suffers_the_service_and_the_call_is_recorded_once(stack: Stack, kind: str, fault: str) -> None:
    """Nobody hears it twice."""
    armed = stack.acs.world.arm(fault)
    call = connected(stack, kind, "one")
    recorded(stack, call)

    assert armed.spent
    assert (1 if kind == "announced" else 2) == len(call.prompts)
    stack.acs.world.end_call(call)


def test_a_report_that_is_lost_records_nothing(stack: Stack) -> None:
    """However often the event of the call comes."""
    armed = stack.acs.world.arm("report_lost")
    call = connected(stack, "announced")
    wait_for(lambda: armed.spent, "the prompt")
    for _ in range(2):
        assert (
            deliver(stack, stack.acs.world.call_connected(call)).json()["events"][0]["outcome"] == "asked for consent"
        )

    assert (1, []) == (len(call.prompts), recordings_of(stack, call))
    stack.acs.world.end_call(call)


def test_a_withdrawal_stops_the_recording_and_the_manifest_says_when(stack: Stack) -> None:
    """Though the report of the prompt came twice, there is one recording."""
    stack.acs.world.arm("report_twice")
    call = connected(stack, "announced")
    recording = recorded(stack, call)
    reply = stack.call("POST", consent_path(recording, "withdraw"), json={"reason": "not any more", "by": "desk 4"})
    assert (200, "stopped") == (reply.status_code, reply.json().get("state")), reply.text
    assert 409 == stack.call("POST", f"recordings/{quote(recording.recording_id, safe='')}/resume").status_code

    consent = assert_archived(stack, recording)["consent"]
    assert ("key:desk 4", "not any more") == (consent["withdrawnBy"], consent["withdrawnFor"])
    assert [recording] == recordings_of(stack, call)
    stack.acs.world.end_call(call)
