"""The contract of `Prompts`, on the fake and on the local service over TLS."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Protocol

import pytest
from azure.communication.callautomation import CallAutomationClient
from azure.core.credentials import AzureKeyCredential

from local.acs import LocalAcs
from local.acs.model import Prompted
from recording.adapters.http_transport import Urllib3Transport
from recording.adapters.prompts import AcsPrompts
from recording.core.errors import CallRefused, ServiceBusy, ServiceRefused, Transient
from recording.core.model import CallConnectionId, Prompt
from recording.ports import PromptOrder, Prompts
from tests.fakes import FakePrompts

ANN, BOB = "4:+4930123456", "8:acs:b6372803-0c35-4ec0-833b-c19b798cef2d_0000000e-3240-55cf-b8bb-353a0d00a002"
PROMPT = Prompt("This call is recorded. Press one to agree.", "en-US", "1")
SILENCE = timedelta(seconds=5)


class Conference(Protocol):
    """A service with calls."""

    @property
    def prompts(self) -> Prompts:
        """The adapter under test."""

    def call(self, *people: str) -> CallConnectionId:
        """An established call, begun by the first of these."""

    def end(self, call: CallConnectionId) -> None:
        """End it."""

    def heard(self, call: CallConnectionId) -> list[tuple[str, str | None]]:
        """The contexts of the prompts that were played, and to whom; None: to all."""

    def arm(self, name: str) -> None:
        """Let the next operation fail."""


class FakeConference:
    """In memory."""

    def __init__(self) -> None:
        self.prompts = FakePrompts()

    def call(self, *people: str) -> CallConnectionId:
        call = CallConnectionId(f"connection-{len(self.prompts.people)}")
        self.prompts.people[call] = list(people)
        self.prompts.callers[call] = people[0]
        return call

    def end(self, call: CallConnectionId) -> None:
        del self.prompts.people[call]

    def heard(self, call: CallConnectionId) -> list[tuple[str, str | None]]:
        played: list[tuple[str, str | None]] = [
            (order.context, None) for order in self.prompts.played if order.connection_id == call
        ]
        return played + [(order.context, who) for order, who in self.prompts.asked if order.connection_id == call]

    def arm(self, name: str) -> None:
        self.prompts.arm(name)


class RealConference:
    """The local service."""

    def __init__(self, acs: LocalAcs, key: str = "") -> None:
        self.world = acs.world
        self.client = CallAutomationClient(
            acs.endpoint,
            AzureKeyCredential(key or acs.world.access_key),
            transport=Urllib3Transport(4),
            retry_total=0,
        )
        self.prompts = AcsPrompts(self.client, lambda: datetime.now(UTC))

    def call(self, *people: str) -> CallConnectionId:
        call = self.world.start_call(participants=people)
        self.world.connect(call)
        return CallConnectionId(call.call_connection_id)

    def end(self, call: CallConnectionId) -> None:
        self.world.end_call(self.world.calls[call])

    def heard(self, call: CallConnectionId) -> list[tuple[str, str | None]]:
        return [(prompted.context or "", prompted.target) for prompted in self.world.calls[call].prompts]

    def arm(self, name: str) -> None:
        self.world.arm(name)


@pytest.fixture
def real(acs: LocalAcs) -> Iterator[RealConference]:
    found = RealConference(acs)
    yield found
    found.client.close()


@pytest.fixture(params=["fake", "real"])
def conference(request: pytest.FixtureRequest) -> Conference:
    found: Conference = FakeConference() if request.param == "fake" else request.getfixturevalue("real")
    return found


def order(call: CallConnectionId, number: int = 1, prompt: Prompt = PROMPT) -> PromptOrder:
    return PromptOrder(call, f"consent.{number}.ab", prompt)


def test_who_is_in_a_call_is_told_by_raw_ids(conference: Conference) -> None:
    """And who called."""
    found = conference.prompts.participants(conference.call(ANN, BOB))

    assert ((ANN, BOB), ANN) == (found.participants, found.caller)
    assert ANN not in repr(found)


def test_a_prompt_is_played_to_all_under_its_context(conference: Conference) -> None:
    """Sent twice, it is played twice."""
    call = conference.call(ANN, BOB)
    conference.prompts.play_to_all(order(call))
    conference.prompts.play_to_all(order(call, 2))

    assert [("consent.1.ab", None), ("consent.2.ab", None)] == conference.heard(call)


@pytest.mark.parametrize("who", [ANN, BOB, "8:orgid:0d5a-a", "8:teamsvisitor:a"])
def test_one_participant_is_asked_for_a_key(conference: Conference, who: str) -> None:
    call = conference.call("4:+1", who)
    conference.prompts.ask_for_key(order(call), who, SILENCE)

    assert [("consent.1.ab", who)] == conference.heard(call)


def test_who_is_not_in_the_call_cannot_be_asked(conference: Conference) -> None:
    call = conference.call(ANN)
    with pytest.raises(CallRefused) as caught:
        conference.prompts.ask_for_key(order(call), BOB, SILENCE)

    assert not caught.value.says_no_such
    assert [] == conference.heard(call)


def test_a_call_that_is_over_has_no_participants_and_no_prompts(conference: Conference) -> None:
    """Each is refused with 404."""
    call = conference.call(ANN)
    conference.end(call)
    for act in (
        lambda: conference.prompts.participants(call),
        lambda: conference.prompts.play_to_all(order(call)),
        lambda: conference.prompts.ask_for_key(order(call), ANN, SILENCE),
        lambda: conference.prompts.hang_up(call),
    ):
        with pytest.raises(CallRefused) as caught:
            act()
        assert caught.value.says_no_such


def test_a_call_is_ended_for_everyone(conference: Conference) -> None:
    call = conference.call(ANN, BOB)
    conference.prompts.hang_up(call)

    with pytest.raises(CallRefused):
        conference.prompts.participants(call)


@pytest.mark.parametrize(
    ("fault", "heard"),
    [("play_503", 0), ("play_response_lost", 1), ("play_400", 0)],
)
def test_a_prompt_that_fails_says_whether_it_may_have_been_played(
    conference: Conference, fault: str, heard: int
) -> None:
    """Only a refusal says that it was not."""
    call = conference.call(ANN)
    conference.arm(fault)
    with pytest.raises(CallRefused if fault == "play_400" else ServiceBusy):
        conference.prompts.play_to_all(order(call))

    assert heard == len(conference.heard(call))


@pytest.mark.parametrize(("fault", "heard"), [("recognize_response_lost", 1), ("recognize_400", 0)])
def test_a_question_that_fails_says_the_same(conference: Conference, fault: str, heard: int) -> None:
    call = conference.call(ANN)
    conference.arm(fault)
    with pytest.raises(CallRefused if fault == "recognize_400" else ServiceBusy):
        conference.prompts.ask_for_key(order(call), ANN, SILENCE)

    assert heard == len(conference.heard(call))


@pytest.mark.parametrize("fault", ["participants_503", "hang_up_503"])
def test_what_is_busy_passes(conference: Conference, fault: str) -> None:
    call = conference.call(ANN)
    conference.arm(fault)
    with pytest.raises(Transient):
        conference.prompts.participants(call) if fault == "participants_503" else conference.prompts.hang_up(call)

    assert (ANN,) == conference.prompts.participants(call).participants


def test_the_words_or_the_file_of_a_prompt_reach_the_service(real: RealConference) -> None:
    """In its language; with a file, the service speaks nothing."""
    call = real.call(ANN)
    real.prompts.play_to_all(order(call))
    recorded = Prompt(PROMPT.text, "de-DE", "2", "https://prompts.example/announcement.wav")
    real.prompts.play_to_all(order(call, 2, recorded))

    assert [
        Prompted(PROMPT.text, "consent.1.ab"),
        Prompted("", "consent.2.ab", None, "https://prompts.example/announcement.wav"),
    ] == real.world.calls[call].prompts


def test_a_wrong_key_of_ours_is_for_an_operator(acs: LocalAcs) -> None:
    found = RealConference(acs, "d3Jvbmc=")
    call = found.call(ANN)
    with found.client, pytest.raises(ServiceRefused, match="ACS_ACCESS_KEY"):
        found.prompts.play_to_all(order(call))
