"""Recordings are controlled by the state at the service, and answered with the entry in the catalog."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from recording.core.errors import CallRefused, ServiceBusy, UnknownRecording
from recording.core.model import APP, CatalogEntry, RecordingId, RecordingState
from tests.fakes.service import FakeCall
from tests.use_cases.desks import Desk, id_of

UNKNOWN = RecordingId("no-such-recording")
TURNS: dict[str, Callable[[Desk, RecordingId], CatalogEntry]] = {
    "pause": lambda desk, recording_id: desk.controlling.pause(recording_id, by=APP),
    "resume": lambda desk, recording_id: desk.controlling.resume(recording_id, by=APP),
    "stop": lambda desk, recording_id: desk.controlling.stop(recording_id, by=APP),
}


def without_order(entry: CatalogEntry) -> CatalogEntry:
    """The entry as if nothing had been ordered: an order is noted before it is sent."""
    recording = replace(entry.recording, ordered=None, was_resumed=False, history=entry.recording.history[:1])
    return replace(entry, recording=recording)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def call(desk: Desk) -> FakeCall:
    return desk.calls.add_call()


@pytest.fixture
def recording_id(desk: Desk, call: FakeCall) -> RecordingId:
    """A recording of the call."""
    return id_of(desk.ask(call.locators[0]))


@pytest.fixture
def of_others(desk: Desk, call: FakeCall) -> RecordingId:
    """A recording that exists at the service and not in the catalog."""
    started = id_of(desk.ask(call.locators[0]))
    del desk.catalog.entries[started]
    return started


def test_a_recording_is_paused_resumed_and_stopped(desk: Desk, recording_id: RecordingId) -> None:
    """Entry and service agree after each; each is idempotent."""
    seen = []
    for turn in ("pause", "pause", "resume", "resume", "stop"):
        entry = TURNS[turn](desk, recording_id)
        seen.append((str(entry.recording.state), desk.calls.recordings[recording_id]))

    assert [("paused", "inactive")] * 2 + [("started", "active")] * 2 + [("stopped", "over")] == seen


def test_a_second_stop_is_answered_as_the_first(desk: Desk, recording_id: RecordingId) -> None:
    """Stopping is idempotent, also while the service is unavailable."""
    first = desk.controlling.stop(recording_id, by=APP)
    desk.calls.arm("stop_500")

    assert first == desk.controlling.stop(recording_id, by=APP)
    assert first.recording.stopped_at is not None


@pytest.mark.parametrize("ended", ["by a lost reply", "with its call"])
def test_a_stop_that_finds_the_recording_over_stops_it(
    desk: Desk, call: FakeCall, recording_id: RecordingId, ended: str
) -> None:
    """The service answers 404."""
    if ended == "with its call":
        desk.calls.end(call)
    else:
        desk.calls.arm("stop_response_lost")
        with pytest.raises(ServiceBusy):
            desk.controlling.stop(recording_id, by=APP)

    assert RecordingState.STOPPED is desk.controlling.stop(recording_id, by=APP).recording.state


@pytest.mark.parametrize("turn", ["pause", "resume"])
@pytest.mark.parametrize("ended", ["stopped", "with its call"])
def test_what_is_over_is_not_paused_or_resumed(
    desk: Desk, call: FakeCall, recording_id: RecordingId, turn: str, ended: str
) -> None:
    """The answer is 409, and the state does not change."""
    if ended == "stopped":
        desk.controlling.stop(recording_id, by=APP)
    else:
        desk.calls.end(call)
    before = without_order(desk.entry(recording_id))
    with pytest.raises(CallRefused, match="over") as caught:
        TURNS[turn](desk, recording_id)

    assert (409, before) == (caught.value.status, without_order(desk.entry(recording_id)))


@pytest.mark.parametrize("turn", TURNS)
def test_what_fails_by_the_services_fault_may_be_asked_again(desk: Desk, recording_id: RecordingId, turn: str) -> None:
    """The state does not change."""
    before = without_order(desk.entry(recording_id))
    desk.calls.arm(f"{turn}_500")
    with pytest.raises(ServiceBusy):
        TURNS[turn](desk, recording_id)
    assert before == without_order(desk.entry(recording_id))

    TURNS[turn](desk, recording_id)


# State


def test_the_state_is_told_with_the_services_own_word(desk: Desk, call: FakeCall, recording_id: RecordingId) -> None:
    """The service's state is None for a recording that is over, and `unknown` while the service is unavailable."""
    words = [desk.controlling.state(recording_id, by=APP)[1]]
    desk.controlling.pause(recording_id, by=APP)
    words.append(desk.controlling.state(recording_id, by=APP)[1])
    desk.calls.arm("state_503")
    words.append(desk.controlling.state(recording_id, by=APP)[1])
    desk.calls.end(call)
    words.append(desk.controlling.state(recording_id, by=APP)[1])
    desk.controlling.stop(recording_id, by=APP)
    words.append(desk.controlling.state(recording_id, by=APP)[1])

    assert ["active", "inactive", "unknown", None, None] == words


# Recordings that the catalog does not know


def test_the_state_of_a_recording_of_others_is_told(desk: Desk, of_others: RecordingId) -> None:
    """As the service reports it; nothing is saved in the catalog."""
    entry, word = desk.controlling.state(of_others, by=APP)

    assert (of_others, RecordingState.STARTED, "active") == (
        entry.recording.recording_id,
        entry.recording.state,
        word,
    )
    assert {} == desk.catalog.entries


@pytest.mark.parametrize(("turn", "state", "word"), [("pause", "paused", "inactive"), ("stop", "stopped", "over")])
def test_a_recording_of_others_is_controlled(
    desk: Desk, of_others: RecordingId, turn: str, state: str, word: str
) -> None:
    """A person can stop a recording that this app did not start; nothing is saved in the catalog."""
    entry = TURNS[turn](desk, of_others)

    assert (state, word) == (str(entry.recording.state), desk.calls.recordings[of_others])
    assert {} == desk.catalog.entries


@pytest.mark.parametrize("operation", [*TURNS, "state"])
def test_what_neither_catalog_nor_service_knows_is_said_to_be_unknown(desk: Desk, operation: str) -> None:
    with pytest.raises(UnknownRecording, match="neither"):
        desk.controlling.state(UNKNOWN, by=APP) if operation == "state" else TURNS[operation](desk, UNKNOWN)


@pytest.mark.parametrize("operation", [*TURNS, "state"])
def test_what_the_catalog_does_not_know_is_not_called_unknown_in_an_outage(desk: Desk, operation: str) -> None:
    """The service may know it."""
    desk.calls.arm(f"{operation}_503")
    with pytest.raises(ServiceBusy):
        desk.controlling.state(UNKNOWN, by=APP) if operation == "state" else TURNS[operation](desk, UNKNOWN)
