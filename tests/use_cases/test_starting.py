"""One recording for a call and an output, with repeated, late, concurrent and refused starts."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from recording.calls.starting import Start
from recording.core.errors import CallNotReady, CallRefused, RequestIdReused, ServiceBusy, Transient
from recording.core.model import (
    APP,
    CallConnectionId,
    CallLocator,
    RecordingId,
    RecordingState,
    ServerCallId,
    StartOrder,
)
from tests.copying.copies import run_together
from tests.fakes.service import FakeCall
from tests.use_cases.desks import MP3, WAV, Desk, id_of

MINUTE = timedelta(minutes=1)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def call(desk: Desk) -> FakeCall:
    return desk.calls.add_call()


# Refused for now: retried


def test_an_event_of_a_call_that_is_not_established_comes_again(desk: Desk) -> None:
    """The retry records it, even if the service repeats its refusal for the old request id."""
    desk.calls.arm("start_refusal_replayed")
    call = desk.calls.add_call(established=False)
    early = desk.event(call)
    for _ in range(2):
        with pytest.raises(CallNotReady) as caught:
            desk.starting.start_for_call(early, by=APP)
        assert isinstance(caught.value, Transient)
    desk.wait(timedelta(hours=3))  # however long it rings
    with pytest.raises(CallNotReady):
        desk.starting.start_for_call(early, by=APP)
    call.established = True

    assert [desk.starting.start_for_call(desk.event(call), by=APP)] == call.recordings


def test_a_request_for_a_call_that_is_not_established_may_be_sent_again(desk: Desk) -> None:
    """With the same request id, though the service repeats its refusal for the order sent before."""
    desk.calls.arm("start_refusal_replayed")
    call = desk.calls.add_call(established=False)
    with pytest.raises(CallNotReady):
        desk.ask(call.locators[0], request_id="r")
    call.established = True
    start = desk.ask(call.locators[0], request_id="r")

    assert (call.recordings, True) == ([id_of(start)], start.is_new)


def test_an_event_of_a_call_that_is_not_found_in_its_first_minute_comes_again(desk: Desk, call: FakeCall) -> None:
    """The minute counts from the event's own time."""
    event = desk.event(call)
    desk.calls.arm("start_call_not_found", times=2)
    with pytest.raises(CallNotReady):
        desk.starting.start_for_call(event, by=APP)
    desk.wait(2 * MINUTE)
    with pytest.raises(CallRefused) as caught:
        desk.starting.start_for_call(event, by=APP)

    assert 404 == caught.value.status


def test_without_a_time_the_first_claim_tells_how_young_a_call_is(desk: Desk, call: FakeCall) -> None:
    """Without a time in the event, the minute counts from the first claim."""
    event = replace(desk.event(call), at=None)
    desk.calls.arm("start_call_not_found", times=2)
    with pytest.raises(CallNotReady):
        desk.starting.start_for_call(event, by=APP)
    desk.wait(2 * MINUTE)
    with pytest.raises(CallRefused):
        desk.starting.start_for_call(event, by=APP)

    assert [desk.starting.start_for_call(event, by=APP)] == call.recordings


def test_a_request_for_a_call_that_is_not_there_is_refused_at_once(desk: Desk) -> None:
    """A request with a wrong id is a mistake of the caller; unlike an event, it is not retried."""
    with pytest.raises(CallRefused) as caught:
        desk.ask(CallLocator(server_call_id=ServerCallId("nowhere")))

    assert (404, None) == (caught.value.status, caught.value.running)


# Outcome unknown


@pytest.mark.parametrize("fault", ["start_response_lost", "start_500_though_started", "start_503"])
@pytest.mark.parametrize("request_id", ["", "r"])
def test_a_start_whose_outcome_nobody_knows_is_repeated_as_it_was(
    desk: Desk, call: FakeCall, fault: str, request_id: str
) -> None:
    """One recording, by request or by event, with the request id header or without."""
    desk.calls.arm(fault, times=2)
    for _ in range(2):
        with pytest.raises(ServiceBusy):
            desk.ask(call.locators[0], request_id=request_id)
    event = desk.starting.start_for_call(desk.event(call), by=APP)
    again = desk.ask(call.locators[0], request_id=request_id)

    assert [event] == [id_of(again)] == call.recordings


def test_an_order_that_others_repeat_is_the_one_that_was_sent(desk: Desk, call: FakeCall) -> None:
    """The order must be equal in every field, or the service refuses it, as the fake does."""
    server, _, _, connection = call.locators
    desk.calls.arm("start_response_lost")
    with pytest.raises(ServiceBusy):
        desk.ask(connection, pause_on_start=True)

    assert [id_of(desk.ask(server))] == [desk.starting.start_for_call(desk.event(call), by=APP)] == call.recordings


# Once


def test_two_events_and_four_requests_at_once_make_one_recording(desk: Desk, call: FakeCall) -> None:
    """They name the call in different ways, and one of the requests is a retry."""
    server, _, _, connection = call.locators
    found: list[RecordingId] = []
    news: list[bool] = []

    def ask(locator: CallLocator, request_id: str = "") -> None:
        start = desk.ask(locator, request_id=request_id)
        found.append(id_of(start))
        news.append(start.is_new)

    run_together(
        lambda: found.append(desk.starting.start_for_call(desk.event(call, by="both"), by=APP)),
        lambda: found.append(desk.starting.start_for_call(desk.event(call, by="connection"), by=APP)),
        lambda: ask(server),
        lambda: ask(connection),
        lambda: ask(server, "one"),
        lambda: ask(connection, "two"),
    )

    assert ([found[0]] * 6, [found[0]]) == (found, call.recordings)
    assert sum(news) <= 1


@pytest.mark.parametrize("way", [0, 1, 2, 3])
def test_a_second_request_for_a_call_that_is_recorded_gets_that_recording(desk: Desk, call: FakeCall, way: int) -> None:
    """The second request names it by the same locator, and its `is_new` is false."""
    first = desk.ask(call.locators[way])
    second = desk.ask(call.locators[way])

    assert (id_of(first), True, False) == (id_of(second), first.is_new, second.is_new)
    assert 1 == len(call.recordings)


def test_a_connection_that_the_service_does_not_resolve_stands_for_itself(desk: Desk, call: FakeCall) -> None:
    desk.calls.arm("call_404", times=2)
    connection = call.locators[3]

    assert id_of(desk.ask(connection)) == id_of(desk.ask(connection))
    assert 1 == len(call.recordings)


def test_a_connection_is_not_guessed_at_while_the_service_cannot_say(desk: Desk, call: FakeCall) -> None:
    """The same event is retried."""
    event = desk.event(call, by="connection")
    desk.calls.arm("call_503")
    with pytest.raises(ServiceBusy):
        desk.starting.start_for_call(event, by=APP)

    assert [desk.starting.start_for_call(event, by=APP)] == call.recordings


def test_an_event_without_server_call_id_starts_by_connection(desk: Desk, call: FakeCall) -> None:
    """Callbacks of the 2022 API are such; the entry has both ids."""
    recording_id = desk.starting.start_for_call(desk.event(call, by="connection"), by=APP)
    recording = desk.entry(recording_id).recording

    assert (call.locators[0].server_call_id, call.locators[3].call_connection_id) == (
        recording.server_call_id,
        recording.call_connection_id,
    )


def test_another_output_of_a_call_is_another_recording_where_the_service_lets_it(desk: Desk, call: FakeCall) -> None:
    first, second = (desk.ask(call.locators[0], output=output) for output in (WAV, MP3))

    assert (2, True) == (len(call.recordings), second.is_new)
    assert id_of(first) != id_of(second)


def test_a_refusal_names_the_recording_that_stands_in_the_way(desk: Desk, call: FakeCall) -> None:
    """For another output; a request for the same output gets that recording."""
    desk.calls.arm("start_one_per_call")
    running = desk.starting.start_for_call(desk.event(call), by=APP)
    with pytest.raises(CallRefused) as caught:
        desk.ask(call.locators[3], output=MP3)
    same = desk.ask(call.locators[3])

    assert ("8553", running) == (caught.value.ids["code"], caught.value.running)
    assert (running, False) == (id_of(same), same.is_new)


def test_what_is_refused_for_a_recording_of_others_names_none(desk: Desk, call: FakeCall) -> None:
    """From a group id the app cannot know which call it is."""
    desk.calls.arm("start_one_per_call")
    desk.ask(call.locators[1])
    with pytest.raises(CallRefused) as caught:
        desk.ask(call.locators[2])

    assert caught.value.running is None


def test_once_the_other_output_is_over_the_refused_one_starts(desk: Desk, call: FakeCall) -> None:
    """With a new request id, as the service repeats the refusal of the old one."""
    desk.calls.arm("start_one_per_call")
    desk.calls.arm("start_refusal_replayed")
    first = desk.ask(call.locators[0])
    with pytest.raises(CallRefused):
        desk.ask(call.locators[0], output=MP3, request_id="r")
    desk.controlling.stop(id_of(first), by=APP)
    second = desk.ask(call.locators[0], output=MP3, request_id="r")

    assert (2, True) == (len(call.recordings), second.is_new)


# The caller's request id


def test_a_request_id_gives_the_same_recording_and_the_same_answer(desk: Desk, call: FakeCall) -> None:
    """Also after the recording is over."""
    first = desk.ask(call.locators[0], request_id="r")
    desk.controlling.stop(id_of(first), by=APP)
    again = desk.ask(call.locators[0], request_id="r")

    assert (id_of(first), True, RecordingState.STOPPED) == (id_of(again), again.is_new, again.entry.recording.state)
    assert 1 == len(call.recordings)


def test_a_request_id_that_found_a_recording_is_answered_so_again(desk: Desk, call: FakeCall) -> None:
    """The recording was not started by this request, so `is_new` is false both times."""
    running = desk.ask(call.locators[0])
    found = [desk.ask(call.locators[0], request_id="r") for _ in range(2)]

    assert [Start(running.entry, is_new=False)] * 2 == found


OTHERS: dict[str, Callable[[Desk, FakeCall, FakeCall], Start]] = {
    "call": lambda desk, _, other: desk.ask(other.locators[0], request_id="r"),
    "locator": lambda desk, call, _: desk.ask(call.locators[3], request_id="r"),
    "output": lambda desk, call, _: desk.ask(call.locators[0], request_id="r", output=MP3),
    "pause": lambda desk, call, _: desk.ask(call.locators[0], request_id="r", pause_on_start=True),
}


@pytest.mark.parametrize("other", OTHERS)
def test_a_request_id_of_another_order_is_refused_by_the_headers_name(desk: Desk, call: FakeCall, other: str) -> None:
    """Nothing is started, and the first request is still answered as before."""
    first = desk.ask(call.locators[0], request_id="r")
    elsewhere = desk.calls.add_call()
    with pytest.raises(RequestIdReused) as caught:
        OTHERS[other](desk, call, elsewhere)

    assert "Repeatability-Request-ID" == caught.value.field
    assert (1, 0) == (len(call.recordings), len(elsewhere.recordings))
    assert id_of(first) == id_of(desk.ask(call.locators[0], request_id="r"))


def test_a_request_id_stands_for_its_order_even_while_nothing_is_started(desk: Desk, call: FakeCall) -> None:
    """The outcome of the first start is unknown."""
    desk.calls.arm("start_response_lost")
    with pytest.raises(ServiceBusy):
        desk.ask(call.locators[0], request_id="r")
    with pytest.raises(RequestIdReused):
        desk.ask(call.locators[0], request_id="r", output=MP3)


# After the end


def test_events_of_before_the_stop_do_not_start_a_stopped_call_again(desk: Desk, call: FakeCall) -> None:
    """A repeated event, a late one, one without a time: a person has stopped the recording."""
    first, late = desk.event(call), desk.event(call)
    timeless = replace(desk.event(call), at=None)
    recording_id = desk.starting.start_for_call(first, by=APP)
    on_the_way = desk.event(call, by="both")
    desk.controlling.stop(recording_id, by=APP)
    desk.wait(timedelta(hours=1))

    assert {recording_id} == {
        desk.starting.start_for_call(event, by=APP) for event in (first, late, timeless, on_the_way)
    }
    assert 1 == len(call.recordings)


def test_an_event_of_after_the_stop_starts_a_recording_of_its_own(desk: Desk, call: FakeCall) -> None:
    """From then on that recording answers the event."""
    first = desk.starting.start_for_call(desk.event(call), by=APP)
    desk.controlling.stop(first, by=APP)
    newer = desk.event(call)
    second = desk.starting.start_for_call(newer, by=APP)

    assert [first, second] == call.recordings
    assert second == desk.starting.start_for_call(newer, by=APP)


def test_a_request_after_the_stop_starts_a_recording_of_its_own(desk: Desk, call: FakeCall) -> None:
    first = desk.ask(call.locators[0])
    desk.controlling.stop(id_of(first), by=APP)
    second, third = desk.ask(call.locators[0]), desk.ask(call.locators[3])

    assert [id_of(first), id_of(second)] == call.recordings
    assert (True, False, id_of(second)) == (second.is_new, third.is_new, id_of(third))


@pytest.mark.parametrize("way", ["event", "request"])
def test_a_recording_that_the_service_no_longer_knows_is_no_answer(desk: Desk, call: FakeCall, way: str) -> None:
    """It ended by itself, and the catalog does not know that yet."""
    first = desk.starting.start_for_call(desk.event(call), by=APP)
    desk.calls.recordings[first] = "over"
    second = (
        desk.starting.start_for_call(desk.event(call), by=APP) if way == "event" else id_of(desk.ask(call.locators[0]))
    )

    assert [first, second] == call.recordings


def test_many_who_ask_at_once_after_the_end_start_one_recording(desk: Desk, call: FakeCall) -> None:
    """One replaces the claim; the others read the new one."""
    first = desk.starting.start_for_call(desk.event(call), by=APP)
    desk.controlling.stop(first, by=APP)
    event = desk.event(call)
    run_together(
        *[lambda: desk.ask(call.locators[0])] * 3,
        *[lambda: desk.starting.start_for_call(event, by=APP)] * 2,
    )

    assert 2 == len(call.recordings)


def test_while_the_service_cannot_say_whether_it_runs_nothing_is_started(desk: Desk, call: FakeCall) -> None:
    """The caller must retry."""
    desk.ask(call.locators[0])
    desk.calls.arm("state_503")
    with pytest.raises(ServiceBusy):
        desk.ask(call.locators[0])

    assert 1 == len(call.recordings)


# Entries in the catalog


def test_a_recording_that_starts_paused_is_shown_as_paused(desk: Desk, call: FakeCall) -> None:
    start = desk.ask(call.locators[0], pause_on_start=True)
    resumed = desk.controlling.resume(id_of(start), by=APP)

    assert (RecordingState.PAUSED, RecordingState.STARTED) == (start.entry.recording.state, resumed.recording.state)


@pytest.mark.parametrize("way", [0, 1, 2, 3])
def test_the_entry_knows_the_calls_ids(desk: Desk, call: FakeCall, way: int) -> None:
    """The id of the request, and the server call id if the service resolves the connection."""
    recording = desk.ask(call.locators[way]).entry.recording
    known = CallLocator(
        recording.server_call_id, recording.group_call_id, recording.room_id, recording.call_connection_id
    )
    server = call.locators[0].server_call_id

    assert known == (replace(call.locators[way], server_call_id=server) if way == 3 else call.locators[way])


def test_an_entry_that_was_never_saved_is_saved_by_the_next_who_asks(desk: Desk, call: FakeCall) -> None:
    """A worker died between claim and entry, or the catalog was cleared."""
    first = desk.ask(call.locators[0], request_id="r")
    desk.catalog.entries.clear()
    again = desk.ask(call.locators[0], request_id="r")

    assert (id_of(first), WAV) == (id_of(again), desk.entry(id_of(first)).recording.output)


def test_a_claim_that_others_renewed_is_settled_all_the_same(
    desk: Desk, call: FakeCall, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another run sent the same order, was refused just before ours succeeds, and has renewed the claim."""
    carry_out = desk.calls.start

    def start(order: StartOrder) -> RecordingId:
        (claim,) = desk.catalog.claims.values()
        desk.catalog.settle(replace(claim, order=replace(claim.order, request_id="another")))
        return carry_out(order)

    monkeypatch.setattr(desk.calls, "start", start)

    assert (
        [desk.starting.start_for_call(desk.event(call), by=APP)]
        == [id_of(desk.ask(call.locators[0]))]
        == call.recordings
    )


def test_an_event_of_a_clock_that_is_wrong_is_recorded(desk: Desk, call: FakeCall) -> None:
    """With a time in 1970, or in the far future."""
    other = desk.calls.add_call()
    desk.starting.start_for_call(desk.event(call, at=datetime(1970, 1, 1, tzinfo=UTC)), by=APP)
    desk.starting.start_for_call(desk.event(other, at=datetime(2096, 1, 1, tzinfo=UTC)), by=APP)

    assert (1, 1) == (len(call.recordings), len(other.recordings))


def test_a_connection_that_nobody_knows_is_refused(desk: Desk) -> None:
    """By the service's reply to the start."""
    with pytest.raises(CallRefused, match="not found"):
        desk.ask(CallLocator(call_connection_id=CallConnectionId("nowhere")))
