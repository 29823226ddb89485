"""Prompts and participants of the local service, used by the real SDK, and their reports to the app's address."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from azure.communication.callautomation import (
    CallAutomationClient,
    CallConnectionClient,
    CommunicationUserIdentifier,
    FileSource,
    PhoneNumberIdentifier,
    TextSource,
)
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import HttpResponseError

from local.acs import LocalAcs
from local.acs.model import Call, Prompted
from local.acs.world import DEFAULT_PARTICIPANTS
from local.stack import wait_for
from tests.local.webhook_receiver import Receiver, receiving

# The SDK gets the time with a function that Python 3.13 deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")

ANN, BOB = DEFAULT_PARTICIPANTS
PROMPT = TextSource(text="This call is recorded.", source_locale="en-US")


@pytest.fixture(scope="module")
def acs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAcs]:
    """One service for all tests of this file."""
    with LocalAcs(tmp_path_factory.mktemp("acs"), lambda _: None) as running:
        yield running


@pytest.fixture
def receiver(acs: LocalAcs) -> Iterator[Receiver]:
    """The app's callback address."""
    with receiving() as listening:
        acs.world.callback_url = listening.url
        yield listening
    acs.world.callback_url = None
    acs.world.faults.clear()


@pytest.fixture
def call(acs: LocalAcs) -> Call:
    """An established call."""
    found = acs.world.start_call()
    acs.world.connect(found)
    return found


@pytest.fixture
def connection(acs: LocalAcs, call: Call, monkeypatch: pytest.MonkeyPatch) -> Iterator[CallConnectionClient]:
    """The SDK's client for that call."""
    for name, value in acs.environment().items():
        monkeypatch.setenv(name, value)
    credential = AzureKeyCredential(acs.world.access_key)
    with CallAutomationClient(acs.endpoint, credential, retry_total=0) as opened:
        yield opened.get_call_connection(call.call_connection_id)


def reports(receiver: Receiver, count: int = 1) -> list[dict[str, Any]]:
    """The reports that came, once there are so many."""
    wait_for(lambda: len(receiver.bodies) >= count, "the reports")
    return [event for body in receiver.bodies for event in body]


def test_a_prompt_for_all_is_reported_under_its_context(
    call: Call, connection: CallConnectionClient, receiver: Receiver
) -> None:
    """With what the service says of every event of a call."""
    connection.play_media(PROMPT, operation_context="ours")
    connection.play_media(FileSource("https://prompts.example/a.wav"), operation_context="file")
    first, second = reports(receiver, 2)

    assert {"Microsoft.Communication.PlayCompleted"} == {first["type"], second["type"]}
    assert {"ours", "file"} == {one["data"]["operationContext"] for one in (first, second)}
    assert (call.call_connection_id, call.server_call_id) == (
        first["data"]["callConnectionId"],
        first["data"]["serverCallId"],
    )
    assert [
        Prompted("This call is recorded.", "ours"),
        Prompted("", "file", None, "https://prompts.example/a.wav"),
    ] == (call.prompts)


def test_a_key_is_reported_and_then_silence(
    acs: LocalAcs, call: Call, connection: CallConnectionClient, receiver: Receiver
) -> None:
    """The keys that were laid out for the participant, one for each prompt."""
    acs.world.press(call, ANN, "one")
    for number in (1, 2):
        connection.start_recognizing_media(
            "dtmf", CommunicationUserIdentifier(ANN), play_prompt=PROMPT, operation_context=str(number)
        )
        reports(receiver, number)
    pressed, silent = reports(receiver)

    assert ["one"] == pressed["data"]["dtmfResult"]["tones"]
    assert ("Microsoft.Communication.RecognizeFailed", 8510) == (
        silent["type"],
        silent["data"]["resultInformation"]["subCode"],
    )


def test_what_cannot_be_played_or_asked_is_refused(connection: CallConnectionClient, call: Call) -> None:
    """As the service refuses it: nobody of that id, no prompt, no language."""
    stranger = PhoneNumberIdentifier("+49")
    acts: list[Callable[[], object]] = [
        lambda: connection.start_recognizing_media("dtmf", stranger, play_prompt=PROMPT),
        lambda: connection.start_recognizing_media("dtmf", CommunicationUserIdentifier(ANN)),
        lambda: connection.start_recognizing_media("choices", CommunicationUserIdentifier(ANN), choices=[]),
        lambda: connection.play_media([]),
        lambda: connection.play_media(TextSource(text="In which language?")),
        lambda: connection.play_media(FileSource("http://prompts.example/a.wav")),
        lambda: connection.play_media(PROMPT, [stranger]),
    ]
    for act in acts:
        with pytest.raises(HttpResponseError) as caught:
            act()
        assert 400 == caught.value.status_code
    assert [] == call.prompts


@pytest.mark.parametrize(
    ("fault", "kinds"),
    [("report_failed", ["PlayFailed"]), ("report_twice", ["PlayCompleted"] * 2), ("report_lost", [])],
)
def test_reports_can_fail(
    acs: LocalAcs, call: Call, connection: CallConnectionClient, receiver: Receiver, fault: str, kinds: list[str]
) -> None:
    """The prompt is played in each case."""
    acs.world.arm(fault)
    connection.play_media(PROMPT)
    connection.play_media(PROMPT, operation_context="last")
    found = reports(receiver, len(kinds) + 1)

    assert sorted([*kinds, "PlayCompleted"]) == sorted(one["type"].rpartition(".")[2] for one in found)
    assert 2 == len(call.prompts)


def test_a_key_whose_prompt_failed_is_pressed_after_the_next(
    acs: LocalAcs, call: Call, connection: CallConnectionClient, receiver: Receiver
) -> None:
    acs.world.arm("report_failed")
    acs.world.press(call, ANN, "two")
    for number in (1, 2):
        connection.start_recognizing_media("dtmf", CommunicationUserIdentifier(ANN), play_prompt=PROMPT)
        reports(receiver, number)
    failed, pressed = reports(receiver)

    assert (8511, ["two"]) == (failed["data"]["resultInformation"]["subCode"], pressed["data"]["dtmfResult"]["tones"])


def test_who_comes_and_goes_is_reported_and_listed(
    acs: LocalAcs, call: Call, connection: CallConnectionClient, receiver: Receiver
) -> None:
    """With a number that grows."""
    acs.world.join(call, "4:+49301")
    reports(receiver)
    acs.world.leave(call, BOB)
    first, second = reports(receiver, 2)
    listed = [one.identifier.raw_id for one in connection.list_participants() if one.identifier]

    assert [ANN, "4:+49301"] == listed
    assert [ANN, "4:+49301"] == [one["identifier"]["rawId"] for one in second["data"]["participants"]]
    assert first["data"]["sequenceNumber"] < second["data"]["sequenceNumber"]
    source = connection.get_call_properties().source
    assert source is not None
    assert ANN == source.raw_id


def test_a_call_that_is_hung_up_is_over(call: Call, connection: CallConnectionClient) -> None:
    connection.hang_up(is_for_everyone=True)

    assert call.ended is not None


def test_a_person_can_join_leave_and_press(acs: LocalAcs, call: Call) -> None:
    """By the control API; what is missing is named."""

    def ask(path: str, **body: object) -> tuple[int, Any]:
        url = f"{acs.control_url}/calls/{call.call_connection_id}/{path}"
        try:
            with urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode()), timeout=10) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    assert [ANN, BOB, "4:+1"] == ask("join", rawId="4:+1")[1]["participants"]
    assert [ANN, BOB] == ask("leave", rawId="4:+1")[1]["participants"]
    assert [200, 200] == [ask("press", rawId=ANN, key=key)[0] for key in ("1", "#")]
    assert (400, {"error": "key: a string"}) == ask("press", rawId=ANN)
    assert (400, {"error": "key: one of 0 to 9, * and #"}) == ask("press", rawId=ANN, key="one")
    assert "no participant of this call" in ask("press", rawId="4:+2", key="1")[1]["error"]
    assert {ANN: ["one", "pound"]} == call.keys
