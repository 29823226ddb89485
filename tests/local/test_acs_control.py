"""The control API, used with plain HTTP as with curl."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.acs import LocalAcs
from local.acs.fault_table import FAULTS
from tests.local.webhook_receiver import Receiver, receiving


@pytest.fixture
def acs(tmp_path: Path) -> Iterator[LocalAcs]:
    """A local service."""
    with LocalAcs(tmp_path, lambda _: None) as running:
        yield running


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """The app's callback address."""
    with receiving() as listening:
        yield listening


def ask(acs: LocalAcs, method: str, path: str, body: object = None) -> tuple[int, Any]:
    """Status and JSON of one request."""
    content = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(acs.control_url + path, content, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_a_call_is_started_connected_and_ended(acs: LocalAcs, receiver: Receiver) -> None:
    """The app gets CallConnected; the call's state changes at each step."""
    acs.control.callback_url = receiver.url
    _, call = ask(acs, "POST", "/calls", {"chunkMs": [1000], "groupCallId": "g", "operationContext": "c"})
    where = f"/calls/{call['callConnectionId']}"
    _, connected = ask(acs, "POST", f"{where}/connect")
    _, ended = ask(acs, "POST", f"{where}/end")
    assert ["ringing", "established", "ended"] == [one["state"] for one in (call, connected, ended)]
    assert 200 == connected["callback"]["status"]
    (event,) = receiver.bodies[0]
    assert ("Microsoft.Communication.CallConnected", call["serverCallId"], "c") == (
        event["type"],
        event["data"]["serverCallId"],
        event["data"]["operationContext"],
    )
    assert [ended] == ask(acs, "GET", "/calls")[1]["calls"]


def test_recordings_and_objects_are_listed(acs: LocalAcs) -> None:
    """Each recording is listed with its chunks, and each chunk with whether it still exists."""
    acs.world.add_recording([b"content"], output="mp3")
    (recording,) = ask(acs, "GET", "/recordings")[1]["recordings"]
    assert ("ended", {"content": "audio", "channel": "mixed", "format": "mp3"}, 7) == (
        recording["state"],
        recording["output"],
        recording["chunks"][0]["length"],
    )
    assert recording["chunks"] == ask(acs, "GET", "/objects")[1]["objects"]


def test_what_the_app_has_published_is_listed(acs: LocalAcs) -> None:
    """The list is empty without a topic."""
    assert {"events": []} == ask(acs, "GET", "/published")[1]
    acs.control.published = lambda: [{"eventType": "RecordingArchived"}]
    assert {"events": [{"eventType": "RecordingArchived"}]} == ask(acs, "GET", "/published")[1]


def test_faults_are_listed_armed_and_cleared(acs: LocalAcs) -> None:
    """The catalogue names every fault."""
    status, armed = ask(acs, "POST", "/faults", {"name": "busy_503", "count": 2, "retryAfter": 3})
    assert (201, "busy_503", 2) == (status, armed["name"], armed["count"])
    listed = ask(acs, "GET", "/faults")[1]
    assert ([armed], list(FAULTS)) == (listed["armed"], [line["name"] for line in listed["catalogue"]])
    assert (200, {"armed": []}) == ask(acs, "DELETE", "/faults")
    assert [] == acs.world.faults.armed()


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "words"),
    [
        ("POST", "/calls", b"{", 400, "not JSON"),
        ("POST", "/calls", b"\xff", 400, "utf-8"),
        ("POST", "/calls", [], 400, "JSON object"),
        ("POST", "/calls", {"participant": "x"}, 400, "unknown fields participant"),
        ("POST", "/calls", {"participants": []}, 400, "participants"),
        ("POST", "/calls", {"chunkMs": [0]}, 400, "chunkMs"),
        ("POST", "/calls", {"pstn": "yes"}, 400, "pstn"),
        ("POST", "/calls", {"groupCallId": 1}, 400, "groupCallId"),
        ("POST", "/calls/none/connect", None, 404, "none"),
        ("POST", "/faults", {}, 400, "name"),
        ("POST", "/faults", {"name": "busy"}, 400, "busy_503"),
        ("POST", "/faults", {"name": "busy_503", "count": "two"}, 400, "count"),
        ("POST", "/faults", {"name": "busy_503", "on": "everything"}, 400, "on"),
        ("POST", "/faults", {"name": "busy_503", "hop": 1}, 400, "hop"),
        ("GET", "/nowhere", None, 404, "/nowhere"),
        ("PUT", "/calls", None, 405, "Not Allowed"),
    ],
)
def test_a_mistake_is_answered_with_what_was_wrong(
    acs: LocalAcs, method: str, path: str, body: object, status: int, words: str
) -> None:
    """The answer is JSON and names the field."""
    answered, answer = ask(acs, method, path, body)
    assert status == answered
    assert words in answer["error"]


def test_a_callback_that_fails_is_told(acs: LocalAcs) -> None:
    """The answer is 502; the call is established nevertheless."""
    _, call = ask(acs, "POST", "/calls")
    where = f"/calls/{call['callConnectionId']}/connect"
    status, answer = ask(acs, "POST", where, {"callbackUrl": "http://127.0.0.1:1/x"})
    assert 502 == status
    assert "127.0.0.1:1" in answer["error"]
    assert "nowhere" in ask(acs, "POST", where)[1]["callback"]


def test_people_join_and_leave_and_the_app_is_told(acs: LocalAcs, receiver: Receiver) -> None:
    """Each list has a higher number; identifiers of Teams have the form of the service."""
    acs.control.callback_url = receiver.url
    _, call = ask(acs, "POST", "/calls", {})
    where = f"/calls/{call['callConnectionId']}/participants"
    people = ["28:orgid:app", "8:acs:resource_tenant_user", "8:orgid:user", "4:+15551230001"]
    numbers = []
    for _ in range(2):
        status, told = ask(acs, "POST", where, {"participants": people})
        numbers.append((status, told["callback"]["status"]))
    assert [(200, 200)] * 2 == numbers
    found = [body[0]["data"] for body in receiver.bodies]
    assert [1, 2] == [data["sequenceNumber"] for data in found]
    kinds = [set(person["identifier"]) - {"rawId"} for person in found[0]["participants"]]
    assert [{"microsoftTeamsApp"}, {"teamsExtensionUser"}, {"microsoftTeamsUser"}, {"phoneNumber"}] == kinds
    assert 400 == ask(acs, "POST", where, {"participants": []})[0]


def test_a_token_is_to_be_had_where_a_local_entra_runs(acs: LocalAcs) -> None:
    """With the roles that are asked for."""
    assert 404 == ask(acs, "POST", "/tokens", {"roles": []})[0]
    acs.control.token = ",".join

    assert (201, {"token": "a,b"}) == ask(acs, "POST", "/tokens", {"roles": ["a", "b"]})
    assert [400, 400] == [ask(acs, "POST", "/tokens", body)[0] for body in ({"roles": "a"}, {"role": "a"})]
