"""The calling API, used by the real SDK and by an incorrect caller."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import urllib3
from azure.communication.callautomation import (
    AzureBlobContainerRecordingStorage,
    AzureCommunicationsRecordingStorage,
    CallAutomationClient,
)
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from local.acs import LocalAcs
from local.acs.faults import Fault
from local.acs.model import Call
from tests.local.acs_caller import RECORDINGS, VERSION, Caller

# The SDK gets the time with a function that Python 3.13 deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")

WAV: dict[str, Any] = {
    "recording_content_type": "audio",
    "recording_channel_type": "mixed",
    "recording_format_type": "wav",
}


def code_of(error: HttpResponseError) -> str | None:
    """The service's own code in an error of the SDK."""
    return error.error.code if error.error else None


@pytest.fixture(scope="module")
def acs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAcs]:
    """One service for all tests of this file."""
    with LocalAcs(tmp_path_factory.mktemp("acs"), lambda _: None) as running:
        yield running


@pytest.fixture
def client(acs: LocalAcs, monkeypatch: pytest.MonkeyPatch) -> Iterator[CallAutomationClient]:
    """The real client, led to the local service by environment variables alone."""
    for name, value in acs.environment().items():
        monkeypatch.setenv(name, value)
    credential = AzureKeyCredential(acs.world.access_key)
    with CallAutomationClient(acs.endpoint, credential, retry_total=0) as opened:
        yield opened


@pytest.fixture
def caller(acs: LocalAcs) -> Iterator[Caller]:
    """A caller without the SDK; disarms all faults afterwards."""
    with Caller(acs) as opened:
        yield opened
    acs.world.faults.clear()


@pytest.fixture
def call(acs: LocalAcs) -> Iterator[Call]:
    """An established call."""
    made = acs.world.start_call(chunk_ms=[1000])
    acs.world.connect(made)
    yield made
    acs.world.end_call(made)


def test_a_recording_lives_from_start_to_stop(client: CallAutomationClient, call: Call) -> None:
    """Inactive at first, then active; inactive while paused, active again, and unknown once stopped."""
    recording = client.start_recording(server_call_id=call.server_call_id, **WAV)
    assert recording.recording_id is not None
    states = [recording.recording_state]
    states.append(client.get_recording_properties(recording.recording_id).recording_state)

    client.pause_recording(recording.recording_id)
    states.append(client.get_recording_properties(recording.recording_id).recording_state)
    client.resume_recording(recording.recording_id)
    states.append(client.get_recording_properties(recording.recording_id).recording_state)
    client.stop_recording(recording.recording_id)

    assert ["inactive", "active", "inactive", "active"] == states
    with pytest.raises(ResourceNotFoundError):
        client.get_recording_properties(recording.recording_id)
    with pytest.raises(ResourceNotFoundError) as second:
        client.stop_recording(recording.recording_id)
    assert "8522" == code_of(second.value)


def test_a_recording_may_be_written_into_a_container_of_the_customer(
    acs: LocalAcs, client: CallAutomationClient, call: Call
) -> None:
    """As the order says; another kind of storage is the service's own."""
    container = "https://customer.blob.core.windows.net/calls"
    storages = (AzureBlobContainerRecordingStorage(container), AzureCommunicationsRecordingStorage(), None)
    for storage in storages:
        client.start_recording(server_call_id=call.server_call_id, recording_storage=storage, **WAV)
    found = [one.external_container for one in acs.world.recordings.values() if one.call is call]
    assert [container, None, None] == found


def test_a_recording_that_starts_paused_stays_inactive(client: CallAutomationClient, call: Call) -> None:
    """It becomes active when it is resumed."""
    recording = client.start_recording(server_call_id=call.server_call_id, pause_on_start=True, **WAV)
    assert recording.recording_id is not None
    assert "inactive" == client.get_recording_properties(recording.recording_id).recording_state


def test_pausing_twice_is_one_pause(acs: LocalAcs, client: CallAutomationClient, call: Call) -> None:
    """Pause and resume are idempotent."""
    recording = client.start_recording(server_call_id=call.server_call_id, **WAV)
    assert recording.recording_id is not None
    for turn in (
        client.pause_recording,
        client.pause_recording,
        client.resume_recording,
        client.resume_recording,
    ):
        turn(recording.recording_id)
    assert 1 == len(acs.world.recordings[recording.recording_id].pauses)


@pytest.mark.parametrize("kind", ["group_call_id", "room_id", "call_connection_id"])
def test_every_locator_finds_its_call(acs: LocalAcs, client: CallAutomationClient, kind: str) -> None:
    """Group, room and call connection start a recording as the server call id does."""
    made = acs.world.start_call(group_id=str(uuid4()), room_id="99123", chunk_ms=[1000])
    acs.world.connect(made)
    where = {
        "group_call_id": made.group_id,
        "room_id": made.room_id,
        "call_connection_id": made.call_connection_id,
    }
    chosen: dict[str, Any] = {kind: where[kind]}
    recording = client.start_recording(**chosen, **WAV)
    assert recording.recording_id is not None
    assert made is acs.world.recordings[recording.recording_id].call
    acs.world.end_call(made)


def test_the_same_repeatability_id_starts_one_recording(
    acs: LocalAcs, client: CallAutomationClient, call: Call
) -> None:
    """However often it is sent, the reply is the same."""
    headers = {
        "Repeatability-Request-ID": str(uuid4()),
        "Repeatability-First-Sent": "Mon, 23 Nov 2026 10:00:00 GMT",
    }
    before = len(acs.world.recordings)
    replies = {
        client.start_recording(server_call_id=call.server_call_id, headers=dict(headers), **WAV).recording_id
        for _ in range(3)
    }
    assert 1 == len(replies)
    assert before + 1 == len(acs.world.recordings)


def test_a_lost_answer_to_start_leaves_one_recording(acs: LocalAcs, client: CallAutomationClient, call: Call) -> None:
    """The recording runs though nobody was told; the same id finds it again."""
    acs.world.arm("start_response_lost")
    headers = {
        "Repeatability-Request-ID": str(uuid4()),
        "Repeatability-First-Sent": "Mon, 23 Nov 2026 10:00:00 GMT",
    }
    before = len(acs.world.recordings)
    with pytest.raises(Exception, match=r"(?i)connection"):
        client.start_recording(server_call_id=call.server_call_id, headers=dict(headers), **WAV)
    client.start_recording(server_call_id=call.server_call_id, headers=dict(headers), **WAV)
    assert before + 1 == len(acs.world.recordings)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"recordingContentType": "audioVideo", "recordingFormatType": "mp3"}, "7201"),
        ({"recordingChannelType": "unmixed", "recordingFormatType": "mp4"}, "7201"),
        ({"recordingFormatType": "flac"}, "7201"),
        ({"callConnectionId": "also"}, "BadRequest"),
        ({"callLocator": {"kind": "serverCallLocator"}}, "BadRequest"),
        ({"callLocator": {"kind": "other", "serverCallId": "x"}}, "BadRequest"),
        ({"callLocator": None}, "BadRequest"),
        ({"recordingStateCallbackUri": "/relative"}, "BadRequest"),
        ({"externalStorage": {"recordingStorageKind": "azureBlobStorage"}}, "BadRequest"),
        ({"externalStorage": {"recordingStorageKind": "other"}}, "BadRequest"),
        ({"externalStorage": ["azureBlobStorage"]}, "BadRequest"),
    ],
)
def test_a_wrong_start_is_refused(caller: Caller, call: Call, fields: dict[str, Any], code: str) -> None:
    """400, with an error object that names what is wrong."""
    body = {"callLocator": {"kind": "serverCallLocator", "serverCallId": call.server_call_id}} | fields
    answer = caller.send("POST", f"{RECORDINGS}?{VERSION}", body=json.dumps(body).encode())
    assert (400, code) == (answer.status, json.loads(answer.body)["error"]["code"])


def test_a_call_that_is_not_there_is_refused_in_three_ways(
    acs: LocalAcs, client: CallAutomationClient, call: Call
) -> None:
    """Not base64, not established, unknown."""
    ringing = acs.world.start_call()
    seen = []
    for server_call_id in ("%%%", ringing.server_call_id, "dW5rbm93bg=="):
        with pytest.raises(HttpResponseError) as refused:
            client.start_recording(server_call_id=server_call_id, **WAV)
        seen.append((refused.value.status_code, code_of(refused.value)))
    assert [(400, "8500"), (400, "8501"), (404, "8522")] == seen


@pytest.fixture
def armed(acs: LocalAcs) -> Iterator[Callable[[str], Fault]]:
    """Arms a fault, for one test."""
    yield acs.world.arm
    acs.world.faults.clear()


def repeatable() -> dict[str, str]:
    """The headers of an order of its own."""
    return {"Repeatability-Request-ID": str(uuid4()), "Repeatability-First-Sent": "Mon, 23 Nov 2026 10:00:00 GMT"}


def test_a_second_recording_of_a_call_can_be_refused(
    armed: Callable[[str], Fault], client: CallAutomationClient, call: Call
) -> None:
    """Code 8553, while the first one runs."""
    armed("start_one_per_call")
    first = client.start_recording(server_call_id=call.server_call_id, **WAV)
    with pytest.raises(HttpResponseError, match="8553"):
        client.start_recording(server_call_id=call.server_call_id, **WAV)
    client.stop_recording(str(first.recording_id))

    assert client.start_recording(server_call_id=call.server_call_id, **WAV).recording_id


def test_a_refusal_can_be_replayed_for_its_request_id(
    acs: LocalAcs, armed: Callable[[str], Fault], client: CallAutomationClient
) -> None:
    """Though the call is established meanwhile; another id is heard."""
    armed("start_refusal_replayed")
    ringing, headers = acs.world.start_call(), repeatable()
    with pytest.raises(HttpResponseError, match="8501"):
        client.start_recording(server_call_id=ringing.server_call_id, headers=dict(headers), **WAV)
    acs.world.connect(ringing)
    with pytest.raises(HttpResponseError, match="8501"):
        client.start_recording(server_call_id=ringing.server_call_id, headers=dict(headers), **WAV)

    assert client.start_recording(server_call_id=ringing.server_call_id, headers=repeatable(), **WAV).recording_id


def test_a_start_can_fail_though_it_is_carried_out(
    acs: LocalAcs, armed: Callable[[str], Fault], client: CallAutomationClient, call: Call
) -> None:
    """The same request id finds what it started."""
    armed("start_500_though_started")
    before, headers = set(acs.world.recordings), repeatable()
    with pytest.raises(HttpResponseError, match="9999"):
        client.start_recording(server_call_id=call.server_call_id, headers=dict(headers), **WAV)
    (started,) = set(acs.world.recordings) - before

    assert (
        started == client.start_recording(server_call_id=call.server_call_id, headers=dict(headers), **WAV).recording_id
    )


@pytest.mark.parametrize(("fault", "status"), [("start_400_html", 400), ("start_call_not_found", 404)])
def test_a_start_can_be_refused_for_once(
    acs: LocalAcs, armed: Callable[[str], Fault], client: CallAutomationClient, call: Call, fault: str, status: int
) -> None:
    """Nothing is started, and the next is heard."""
    armed(fault)
    before = len(acs.world.recordings)
    with pytest.raises(HttpResponseError) as refused:
        client.start_recording(server_call_id=call.server_call_id, **WAV)

    assert (status, before) == (refused.value.status_code, len(acs.world.recordings))
    assert client.start_recording(server_call_id=call.server_call_id, **WAV).recording_id


@pytest.mark.parametrize(("operation", "state"), [("pause", "paused"), ("resume", "active"), ("stop", "ended")])
def test_a_control_can_be_answered_in_other_words(
    acs: LocalAcs, armed: Callable[[str], Fault], client: CallAutomationClient, call: Call, operation: str, state: str
) -> None:
    """It is carried out, and the SDK takes the answer for an error."""
    started = str(client.start_recording(server_call_id=call.server_call_id, **WAV).recording_id)
    armed(f"{operation}_200")
    with pytest.raises(HttpResponseError) as told:
        getattr(client, f"{operation}_recording")(started)

    assert (200, state) == (told.value.status_code, acs.world.recordings[started].state)


def test_a_connection_tells_its_call(
    acs: LocalAcs, armed: Callable[[str], Fault], client: CallAutomationClient, call: Call
) -> None:
    """Its server call id and state, while the call lasts."""
    connection = client.get_call_connection(call.call_connection_id)
    found = connection.get_call_properties()
    assert (call.server_call_id, "connected") == (found.server_call_id, found.call_connection_state)
    for fault, code in (("call_404", "8522"), ("call_503", "9999")):
        armed(fault)
        with pytest.raises(HttpResponseError, match=code):
            connection.get_call_properties()
    acs.world.end_call(call)
    with pytest.raises(ResourceNotFoundError):
        connection.get_call_properties()


@pytest.mark.parametrize(
    ("query", "code"),
    [("", "MissingApiVersionParameter"), ("?api-version=soon", "UnsupportedApiVersionValue")],
)
def test_the_api_version_is_required(caller: Caller, query: str, code: str) -> None:
    """Without one, or with one that is not a date, the status is 400."""
    answer = caller.get(f"{RECORDINGS}/someone{query}")
    assert (400, code) == (answer.status, json.loads(answer.body)["error"]["code"])


def test_what_is_no_operation_is_refused(caller: Caller) -> None:
    """404 for an unknown path, 405 for a method."""
    paths = (("GET", RECORDINGS), ("PUT", f"{RECORDINGS}/x"), ("GET", f"{RECORDINGS}/x:pause"))
    assert [404, 405, 405] == [caller.send(method, f"{url}?{VERSION}").status for method, url in paths]


@pytest.mark.parametrize("minutes", [-10, 10])
def test_a_clock_that_is_off_is_refused(caller: Caller, minutes: int) -> None:
    """Ten minutes in either direction are too much."""
    url = f"{RECORDINGS}/x?{VERSION}"
    headers = caller.signature("GET", url, off_by=timedelta(minutes=minutes))
    assert 401 == caller.send("GET", url, headers=headers, unsigned=True).status


@pytest.mark.parametrize("header", ["x-ms-date", "x-ms-content-sha256", "Authorization"])
def test_a_signature_that_does_not_fit_is_refused(caller: Caller, header: str) -> None:
    """Each signed part is checked."""
    url = f"{RECORDINGS}/x?{VERSION}"
    good = caller.signature("GET", url)
    other = caller.signature("DELETE", f"{url}&more=1", b"body", timedelta(seconds=2))
    assert 404 == caller.send("GET", url, headers=good, unsigned=True).status
    assert 401 == caller.send("GET", url, headers=good | {header: other[header]}, unsigned=True).status
    assert 401 == caller.send("GET", url, headers=good | {header: "nonsense"}, unsigned=True).status


def test_a_bearer_token_passes_if_the_world_knows_it(acs: LocalAcs, caller: Caller) -> None:
    """Unknown tokens are refused."""
    acs.world.accept_tokens.add("known")
    url = f"{RECORDINGS}/x?{VERSION}"
    statuses = [
        caller.send("GET", url, headers={"Authorization": f"Bearer {token}"}, unsigned=True).status
        for token in ("known", "unknown")
    ]
    assert [404, 401] == statuses


@pytest.mark.parametrize("operation", ["start", "state", "pause", "resume", "stop"])
def test_each_operation_can_fail(acs: LocalAcs, caller: Caller, operation: str) -> None:
    """The armed status is answered once, and the operation is not carried out."""
    name = {"start": "start_503", "state": "state_503"}.get(operation, f"{operation}_500")
    method, suffix = {
        "start": ("POST", ""),
        "state": ("GET", "/x"),
        "pause": ("POST", "/x:pause"),
        "resume": ("POST", "/x:resume"),
        "stop": ("DELETE", "/x"),
    }[operation]
    acs.world.arm(name)
    statuses = [caller.send(method, f"{RECORDINGS}{suffix}?{VERSION}", body=b"{}").status for _ in range(2)]
    assert [int(name[-3:]), 400 if operation == "start" else 404] == statuses


def test_nothing_but_known_hosts_is_reachable(acs: LocalAcs, caller: Caller) -> None:
    """The tunnel refuses the connection, and the world records it."""
    for url in ("https://evil.example/x", "https://asm.skype.com/", "https://eu-storage.asm.skype.com:8443/x"):
        with pytest.raises(urllib3.exceptions.ProxyError):
            caller.get(url)
    assert ["evil.example:443", "asm.skype.com:443", "eu-storage.asm.skype.com:8443"] == acs.world.refused_hosts


def test_a_tunnel_can_lead_further_hosts_here(acs: LocalAcs, caller: Caller) -> None:
    """A routed host is answered by the local server; this one answers 421."""
    acs.tunnel.route("evil-asm.skype.com", acs.tls_port)
    assert 421 == caller.get("https://evil-asm.skype.com/x").status


def test_an_unknown_fault_is_refused_with_the_names(acs: LocalAcs, tmp_path: Path) -> None:
    """A misspelt name in a test raises an error instead of arming nothing."""
    with pytest.raises(ValueError, match="busy_503"):
        acs.world.arm("busy_504")
