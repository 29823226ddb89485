"""The contract of `Calls`, on the fake and on the local service over TLS."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from local.acs import LocalAcs
from recording.core.errors import CallRefused, RecordingError, ServiceBusy, ServiceRefused
from recording.core.model import (
    CallConnectionId,
    CallLocator,
    Channel,
    Content,
    Format,
    Output,
    RecordingId,
    ServerCallId,
)
from recording.core.outputs import VALID
from recording.ports import Calls
from tests.contracts.switchboards import FakeSwitchboard, Locators, RealSwitchboard, Switchboard, order
from tests.copying.copies import run_together

UNKNOWN = RecordingId("eyJ1bmtub3duIjoieWVzIn0/+=")


@pytest.fixture
def real(acs: LocalAcs) -> Iterator[RealSwitchboard]:
    """The adapter before the local service."""
    board = RealSwitchboard(acs)
    yield board
    board.close()


@pytest.fixture(params=["fake", "real"])
def board(request: pytest.FixtureRequest) -> Switchboard:
    """The fake, then the real one."""
    found: Switchboard = FakeSwitchboard() if request.param == "fake" else request.getfixturevalue("real")
    return found


# Calls


def test_a_call_goes_on_until_it_ends(board: Switchboard) -> None:
    """A connection that the service does not know is one that has ended."""
    locators = board.call()
    connection = locators.connection.call_connection_id
    assert connection is not None
    assert board.calls.goes_on(connection)
    board.end(locators)
    assert not board.calls.goes_on(connection)
    assert not board.calls.goes_on(CallConnectionId("unknown"))


def test_a_service_that_is_busy_does_not_say_whether_a_call_goes_on(board: Switchboard) -> None:
    connection = board.call().connection.call_connection_id
    assert connection is not None
    board.arm("call_503")
    with pytest.raises(ServiceBusy):
        board.calls.goes_on(connection)


def test_a_start_names_where_the_service_is_to_tell_of_the_recording(acs: LocalAcs) -> None:
    """If there is such a place."""
    board = RealSwitchboard(acs, callback_url="https://app.example.net/api/calls/callbacks")
    named = board.calls.start(order(board.call().server))
    board.close()
    assert "https://app.example.net/api/calls/callbacks" == acs.world.recordings[named].state_callback_uri
    other = RealSwitchboard(acs)
    unnamed = other.calls.start(order(other.call().server))
    other.close()
    assert acs.world.recordings[unnamed].state_callback_uri is None


# Starting


@pytest.mark.parametrize("way", Locators._fields)
def test_a_call_can_be_named_in_four_ways(board: Switchboard, way: str) -> None:
    """Each starts a recording."""
    locators = board.call()
    recording_id = board.calls.start(order(getattr(locators, way)))

    assert "active" == board.calls.state(recording_id)
    assert 1 == board.recordings()


@pytest.mark.parametrize("output", [facts.output for facts in VALID], ids=str)
def test_every_valid_output_can_be_ordered(board: Switchboard, output: Output) -> None:
    """The service takes content, channel and format."""
    assert board.calls.start(order(board.call().server, output=output))


def test_channels_go_to_participants_in_the_order_of_the_order(acs: LocalAcs, real: RealSwitchboard) -> None:
    """Of whatever kind they are; the service's metadata says who has which channel."""
    people = ["8:acs:a", "4:+4930123456", "28:bot"]
    call = acs.world.start_call(participants=people, chunk_ms=[500])
    acs.world.connect(call)
    locator = CallLocator(server_call_id=ServerCallId(call.server_call_id))
    first = replace(order(locator, output=VALID[3].output), channels=("4:+4930123456", "8:acs:a"))
    recording_id = real.calls.start(first)

    assert ("4:+4930123456", "8:acs:a") == acs.world.recordings[recording_id].channels


def test_the_service_is_told_to_write_into_a_container(real: RealSwitchboard) -> None:
    container = "https://account.blob.core.windows.net/container"
    recording_id = real.calls.start(replace(order(real.call().server), native_container=container))

    assert container == real.world.recordings[recording_id].external_container


def test_the_same_order_starts_one_recording(board: Switchboard) -> None:
    """However often it is sent, also after the call has ended; another order starts another recording."""
    locators = board.call()
    first = order(locators.server)
    recording_id = board.calls.start(first)
    assert recording_id == board.calls.start(first)
    assert recording_id != board.calls.start(order(locators.server))
    board.end(locators)

    assert recording_id == board.calls.start(first)
    assert 2 == board.recordings()


def test_the_same_order_sent_at_once_starts_one_recording(board: Switchboard) -> None:
    """By several machines."""
    first = order(board.call().server)
    started: list[RecordingId] = []
    run_together(*[lambda: started.append(board.calls.start(first))] * 4)

    assert (4, 1, 1) == (len(started), len(set(started)), board.recordings())


def test_an_order_whose_reply_is_lost_is_found_done(board: Switchboard) -> None:
    """When the same order is sent again."""
    first = order(board.call().server)
    board.arm("start_response_lost")
    with pytest.raises(ServiceBusy):
        board.calls.start(first)
    board.calls.start(first)

    assert 1 == board.recordings()


@pytest.mark.parametrize("fault", ["start_503", "start_500", "start_429"])
def test_a_busy_service_starts_nothing(board: Switchboard, fault: str) -> None:
    """The same order can be sent again."""
    first = order(board.call().server)
    board.arm(fault)
    with pytest.raises(ServiceBusy):
        board.calls.start(first)
    assert 0 == board.recordings()

    board.calls.start(first)
    assert 1 == board.recordings()


def test_a_recording_may_be_started_paused(board: Switchboard) -> None:
    """It records once it is resumed."""
    recording_id = board.calls.start(order(board.call().server, paused=True))
    assert "inactive" == board.calls.state(recording_id)

    board.calls.resume(recording_id)
    assert "active" == board.calls.state(recording_id)


def test_a_call_that_is_not_established_is_refused(board: Switchboard) -> None:
    """A retry of the same order does not help."""
    with pytest.raises(CallRefused) as caught:
        board.calls.start(order(board.call(established=False).server))

    assert 400 == caught.value.status


def test_a_call_that_is_not_established_says_so_by_its_code(board: Switchboard) -> None:
    """The code distinguishes "not yet" from "never"."""
    with pytest.raises(CallRefused) as caught:
        board.calls.start(order(board.call(established=False).server))

    assert (400, "8501") == (caught.value.status, caught.value.ids["code"])


def test_a_refusal_may_be_replayed_for_its_request_id(board: Switchboard) -> None:
    """Also when the call has been established since; an order with another request id succeeds."""
    board.arm("start_refusal_replayed")
    locators = board.call(established=False)
    first = order(locators.server)
    for _ in range(2):
        with pytest.raises(CallRefused):
            board.calls.start(first)
        board.establish(locators)
    board.calls.start(order(locators.server))

    assert 1 == board.recordings()


def test_a_second_recording_of_a_call_may_be_refused(board: Switchboard) -> None:
    """With its own code; the first order, sent again, still returns its recording."""
    board.arm("start_one_per_call")
    locators = board.call()
    first = order(locators.server)
    recording_id = board.calls.start(first)
    with pytest.raises(CallRefused) as caught:
        board.calls.start(order(locators.connection))

    assert ("8553", recording_id) == (caught.value.ids["code"], board.calls.start(first))


@pytest.mark.parametrize("fault", ["start_500_though_started", "start_400_html"])
def test_what_says_nothing_of_the_order_leaves_its_outcome_open(board: Switchboard, fault: str) -> None:
    """An internal error after the start, or a gateway's page before it: the same order is sent again."""
    first = order(board.call().server)
    board.arm(fault)
    with pytest.raises(ServiceBusy):
        board.calls.start(first)
    board.calls.start(first)

    assert 1 == board.recordings()


def test_a_call_that_is_not_there_yet_is_refused_as_one_that_is_over(board: Switchboard) -> None:
    """Only the age of the call distinguishes the two."""
    first = order(board.call().server)
    board.arm("start_call_not_found")
    with pytest.raises(CallRefused) as caught:
        board.calls.start(first)

    assert 404 == caught.value.status


def test_a_connection_is_resolved_to_its_call(board: Switchboard) -> None:
    """While the call lasts, and if the service returns the id."""
    locators, other = board.call(), board.call(established=False)
    connection, ringing = (one.connection.call_connection_id for one in (locators, other))
    assert connection is not None
    assert ringing is not None
    assert locators.server.server_call_id == board.calls.resolve(connection)
    assert other.server.server_call_id == board.calls.resolve(ringing)

    board.arm("call_404")
    assert board.calls.resolve(connection) is None
    board.arm("call_503")
    with pytest.raises(ServiceBusy):
        board.calls.resolve(connection)
    board.end(locators)
    assert board.calls.resolve(connection) is None
    assert board.calls.resolve(CallConnectionId("no such/connection?")) is None


def test_a_call_that_is_over_is_refused(board: Switchboard) -> None:
    locators = board.call()
    board.end(locators)
    for locator in locators:
        with pytest.raises(CallRefused) as caught:
            board.calls.start(order(locator))
        assert 404 == caught.value.status


# Controlling


def test_a_recording_is_paused_resumed_and_stopped(board: Switchboard) -> None:
    """Pause and resume are idempotent; a stopped recording has no state any more."""
    calls = board.calls
    recording_id = calls.start(order(board.call().server))
    for operate, state in ((calls.pause, "inactive"), (calls.resume, "active")):
        for _ in range(2):
            operate(recording_id)
            assert state == calls.state(recording_id)
    calls.pause(recording_id)
    calls.stop(recording_id)

    with pytest.raises(CallRefused) as caught:
        calls.state(recording_id)
    assert 404 == caught.value.status


OPERATIONS: dict[str, Callable[[Calls, RecordingId], object]] = {
    "state": lambda calls, recording_id: calls.state(recording_id),
    "pause": lambda calls, recording_id: calls.pause(recording_id),
    "resume": lambda calls, recording_id: calls.resume(recording_id),
    "stop": lambda calls, recording_id: calls.stop(recording_id),
}
every_operation = pytest.mark.parametrize("operation", OPERATIONS)


@every_operation
def test_a_recording_that_is_over_cannot_be_controlled(board: Switchboard, operation: str) -> None:
    """The service answers the same if it was stopped, ended with its call, or never existed."""
    stopped = board.calls.start(order(board.call().server))
    board.calls.stop(stopped)
    locators = board.call()
    ended = board.calls.start(order(locators.server))
    board.end(locators)
    for recording_id in (stopped, ended, UNKNOWN):
        with pytest.raises(CallRefused) as caught:
            OPERATIONS[operation](board.calls, recording_id)
        assert 404 == caught.value.status


@pytest.mark.parametrize(
    ("operation", "fault"),
    [("state", "state_503"), ("pause", "pause_500"), ("resume", "resume_500"), ("stop", "stop_500")],
)
def test_a_busy_service_changes_nothing(board: Switchboard, operation: str, fault: str) -> None:
    recording_id = board.calls.start(order(board.call().server))
    board.arm(fault)
    with pytest.raises(ServiceBusy):
        OPERATIONS[operation](board.calls, recording_id)
    assert "active" == board.calls.state(recording_id)

    OPERATIONS[operation](board.calls, recording_id)


def test_a_stop_whose_reply_is_lost_is_found_done(board: Switchboard) -> None:
    """The next stop is refused, as the recording is over."""
    recording_id = board.calls.start(order(board.call().server))
    board.arm("stop_response_lost")
    with pytest.raises(ServiceBusy):
        board.calls.stop(recording_id)
    with pytest.raises(CallRefused) as caught:
        board.calls.stop(recording_id)

    assert 404 == caught.value.status


@pytest.mark.parametrize(("operation", "state"), [("pause", "inactive"), ("resume", "active"), ("stop", "over")])
def test_any_successful_status_is_a_success(board: Switchboard, operation: str, state: str) -> None:
    """200 without a body, where the SDK expects 202 or 204."""
    recording_id = board.calls.start(order(board.call().server))
    board.arm(f"{operation}_200")
    OPERATIONS[operation](board.calls, recording_id)
    if state == "over":
        with pytest.raises(CallRefused):
            board.calls.state(recording_id)
    else:
        assert state == board.calls.state(recording_id)


# What only the network can do


def test_an_order_is_sent_again_by_the_sdk_itself(acs: LocalAcs) -> None:
    """After a busy reply. After a lost reply it is not: the SDK does not retry a POST whose outcome is unknown."""
    board = RealSwitchboard(acs, retries=3)
    board.arm("start_503", times=2)
    board.calls.start(order(board.call().server))
    recordings = board.recordings()
    board.close()

    assert 1 == recordings


@every_operation
def test_a_wrong_key_is_refused_with_a_hint(acs: LocalAcs, operation: str) -> None:
    """The hint says what to check, and does not show the key."""
    board = RealSwitchboard(acs, key="d3Jvbmc=")
    errors: list[RecordingError] = []
    with pytest.raises(ServiceRefused) as controlled:
        OPERATIONS[operation](board.calls, UNKNOWN)
    with pytest.raises(ServiceRefused) as started:
        board.calls.start(order(board.call().server))
    board.close()
    errors += [controlled.value, started.value]

    assert ["ACS_ACCESS_KEY" in error.hint for error in errors] == [True, True]
    assert ["d3Jvbmc=" in f"{error} {error!r}" for error in errors] == [False, False]


def test_no_way_to_the_service_is_busy(acs: LocalAcs, monkeypatch: pytest.MonkeyPatch) -> None:
    """The outcome is unknown."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")  # discard: nobody listens there
    board = RealSwitchboard(acs)
    with pytest.raises(ServiceBusy) as caught:
        board.calls.start(order(board.call().server))
    board.close()

    assert "ACS_ENDPOINT" in caught.value.hint


def test_the_services_own_words_are_in_the_refusal(real: RealSwitchboard) -> None:
    """Its message and code, for the reader of the log."""
    locators = real.call(established=False)
    with pytest.raises(CallRefused) as caught:
        real.calls.start(order(locators.server))
    assert "Established" in caught.value.cause
    assert "8501" == caught.value.ids["code"]

    wrong = replace(order(locators.server), locator=CallLocator(server_call_id=ServerCallId("not base64!")))
    with pytest.raises(CallRefused, match="Base-64"):
        real.calls.start(wrong)


def test_an_invalid_output_is_refused_by_the_service_too(real: RealSwitchboard) -> None:
    invalid = Output(Content.AUDIO_VIDEO, Channel.UNMIXED, Format.WAV)
    with pytest.raises(CallRefused) as caught:
        real.calls.start(order(real.call().server, output=invalid))

    assert 400 == caught.value.status


def test_a_retry_after_of_a_day_is_passed_on(acs: LocalAcs) -> None:
    """It is passed on to the caller: no thread sleeps, though the SDK would, and the order is sent once."""
    board = RealSwitchboard(acs, retries=3)
    before = len(acs.world.requests)
    board.arm("start_retry_after_day")
    with pytest.raises(ServiceBusy) as caught:
        board.calls.start(order(board.call().server))
    board.close()

    assert (86400.0, 1, 0) == (caught.value.retry_after, len(acs.world.requests) - before, board.recordings())
