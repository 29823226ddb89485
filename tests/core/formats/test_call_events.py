"""Callbacks about recordings that run and about the people in a call: what is read, and what is tolerated."""

from datetime import UTC, datetime
from typing import Any

import pytest

from local.acs import events
from recording.core.errors import MalformedEvent
from recording.core.formats.events import (
    PARTICIPANTS_UPDATED,
    RECORDING_STATE_CHANGED,
    START_RECORDING_FAILED,
    parse_event,
)
from recording.core.model import (
    CallConnectionId,
    ParticipantKind,
    ParticipantsEvent,
    RecordingId,
    ServerCallId,
    StartFailedEvent,
    StateEvent,
)

K = ParticipantKind
AT = "2026-03-01T12:00:00.1234567Z"
NOON = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
GUID = "b6372803-0c35-4ec0-833b-c19b798cef2d"


def callback(kind: str, **data: object) -> dict[str, Any]:
    return {"id": "e", "type": kind, "time": AT, "specversion": "1.0", "data": data}


@pytest.mark.parametrize(
    ("state", "is_active"), [("active", True), ("Active", True), ("inactive", False), ("somethingNew", False)]
)
def test_a_state_callback_is_read(state: str, *, is_active: bool) -> None:
    """Year 1 as start, and a connection that may be the recorder's own, are not read."""
    raw = callback(
        RECORDING_STATE_CHANGED,
        recordingId="r",
        state=state,
        startDateTime="0001-01-01T00:00:00Z",
        callConnectionId="leg",
        serverCallId="s",
    )
    assert StateEvent("e", RecordingId("r"), is_active, NOON) == parse_event(raw)


@pytest.mark.parametrize("data", [{"state": "active"}, {"recordingId": "r"}, {"recordingId": 7, "state": "active"}])
def test_a_state_callback_without_recording_or_state_is_refused_by_name(data: dict[str, object]) -> None:
    with pytest.raises(MalformedEvent) as caught:
        parse_event(callback(RECORDING_STATE_CHANGED, **data))
    assert caught.value.field in {"data.recordingId", "data.state"}


@pytest.mark.parametrize(
    ("result", "cause"),
    [
        ({"resultInformation": {"code": 500, "subCode": 8570, "message": "+15551230001"}}, "code 500, subCode 8570"),
        ({"resultInfo": {"code": 500}}, "code 500"),
        ({"resultInformation": None}, "it gave no code"),
        ({}, "it gave no code"),
        ({"resultInformation": {"code": True, "subCode": "x"}}, "it gave no code"),
    ],
)
def test_a_start_that_failed_names_its_recording_and_the_codes(result: dict[str, object], cause: str) -> None:
    """The block of the result has two names, or is absent; its message may name people."""
    assert StartFailedEvent("e", cause, RecordingId("r"), at=NOON) == parse_event(
        callback(START_RECORDING_FAILED, recordingId="r", **result)
    )


def test_a_start_that_failed_may_name_its_call_only() -> None:
    raw = callback(START_RECORDING_FAILED, serverCallId="s", callConnectionId="c")
    expected = StartFailedEvent("e", "it gave no code", None, ServerCallId("s"), CallConnectionId("c"), NOON)
    assert expected == parse_event(raw)


def test_a_start_that_failed_without_any_id_is_refused() -> None:
    with pytest.raises(MalformedEvent, match="neither it nor an id of the call"):
        parse_event(callback(START_RECORDING_FAILED))


def test_participants_are_counted_by_kind() -> None:
    """Teams apps and extension users too; the ids are not kept."""
    people = [
        {"identifier": {"rawId": "4:+15551230001"}, "isMuted": False},
        {"identifier": {"rawId": f"8:acs:{GUID}_{GUID}_{GUID}"}},
        {"identifier": {"rawId": f"28:orgid:{GUID}"}},
        {"rawId": f"8:orgid:{GUID}"},
        {"identifier": {"kind": "unknown"}},
        "odd",
    ]
    found = parse_event(callback(PARTICIPANTS_UPDATED, participants=people, sequenceNumber=3, serverCallId="s"))
    kinds = ((K.PHONE_NUMBER, 1), (K.TEAMS_APP, 1), (K.TEAMS_EXTENSION_USER, 1), (K.TEAMS_USER, 1))
    assert ParticipantsEvent("e", 3, tuple(sorted(kinds)), ServerCallId("s")) == found


@pytest.mark.parametrize(
    "data",
    [
        {"sequenceNumber": 1, "serverCallId": "s"},
        {"participants": [], "serverCallId": "s"},
        {"participants": [], "sequenceNumber": 1},
    ],
)
def test_a_list_of_participants_without_order_or_call_is_ignored(data: dict[str, object]) -> None:
    assert parse_event(callback(PARTICIPANTS_UPDATED, **data)) is None


def test_the_names_are_those_of_the_service() -> None:
    assert events.RECORDING_STATE_CHANGED == RECORDING_STATE_CHANGED
