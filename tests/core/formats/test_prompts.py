"""Reports of prompts, and of who is in a call, as Call Automation sends them."""

from typing import Any

import pytest

from recording.core.formats.events import parse_event
from recording.core.model import (
    CallConnectionId,
    ParticipantKind,
    ParticipantsEvent,
    PromptEvent,
    PromptResult,
    ServerCallId,
)

_P = "Microsoft.Communication."


def report(kind: str, code: int = 200, subcode: int = 0, **data: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """A CloudEvent as the service posts it."""
    body = {
        "version": "2026-03-12",
        "operationContext": "consent.1.2",
        "resultInformation": {"code": code, "subCode": subcode, "message": "Said."},
        "callConnectionId": "connection",
        "serverCallId": "server",
        "correlationId": "correlation",
    }
    return {"id": "e", "type": _P + kind, "specversion": "1.0", "source": "s", "data": body | data}


@pytest.mark.parametrize(
    ("kind", "subcode", "result"),
    [
        ("PlayCompleted", 0, PromptResult.PLAYED),
        ("PlayFailed", 8536, PromptResult.NOT_PLAYED),
        ("PlayCanceled", 8508, PromptResult.NOT_PLAYED),
        ("RecognizeCompleted", 8531, PromptResult.ANSWERED),
        ("RecognizeFailed", 8510, PromptResult.SILENT),
        ("RecognizeFailed", 8532, PromptResult.SILENT),
        ("RecognizeFailed", 8511, PromptResult.NOT_PLAYED),
        ("RecognizeCanceled", 8508, PromptResult.NOT_PLAYED),
    ],
)
def test_each_report_says_what_became_of_the_prompt(kind: str, subcode: int, result: PromptResult) -> None:
    """Silence is told from a prompt that could not be played by the subcode."""
    found = parse_event(report(kind, 400, subcode))

    assert isinstance(found, PromptEvent)
    assert (result, "consent.1.2", "connection", "correlation") == (
        found.result,
        found.context,
        found.call_connection_id,
        found.correlation_id,
    )
    assert found.cause.startswith(kind)
    assert found.cause.endswith("Said.")


@pytest.mark.parametrize(
    ("data", "tones"),
    [
        ({"recognitionType": "dtmf", "dtmfResult": {"tones": ["one"]}}, ("one",)),
        ({"collectTonesResult": {"tones": ["two", 3]}}, ("two",)),
        ({"dtmfResult": {"tones": "one"}}, ()),
        ({"dtmfResult": None}, ()),
        ({}, ()),
    ],
    ids=str,
)
def test_the_keys_are_read_under_both_names(data: dict[str, Any], tones: tuple[str, ...]) -> None:
    """What is no key is left out."""
    found = parse_event(report("RecognizeCompleted", **data))

    assert isinstance(found, PromptEvent)
    assert tones == found.tones


def test_a_report_with_almost_nothing_in_it_is_read() -> None:
    """Without a result, a context and a correlation id, and with the older name of the result."""
    bare = report("PlayFailed", operationContext=None, resultInformation=None, correlationId=None)
    found = parse_event(bare)

    assert isinstance(found, PromptEvent)
    assert (None, "", "PlayFailed /") == (found.context, found.correlation_id, found.cause)
    older = parse_event(report("PlayFailed", resultInformation=None, resultInfo={"code": 400, "subCode": 8536}))
    assert isinstance(older, PromptEvent)
    assert "PlayFailed 400/8536" == older.cause


@pytest.mark.parametrize("kind", ["PlayCompleted", "RecognizeFailed", "ParticipantsUpdated"])
@pytest.mark.parametrize("data", [None, {}, {"callConnectionId": 5}, "no object"], ids=str)
def test_what_names_no_call_concerns_nothing(kind: str, data: object) -> None:
    assert parse_event({"id": "e", "type": _P + kind, "data": data}) is None


def test_a_change_of_participants_names_its_call() -> None:
    """And how many of each kind there are."""
    people = [{"identifier": {"rawId": "4:+4930123"}, "isMuted": False}]

    found = ParticipantsEvent(
        "e", 3, ((ParticipantKind.PHONE_NUMBER, 1),), ServerCallId("server"), CallConnectionId("connection")
    )

    assert found == parse_event(report("ParticipantsUpdated", participants=people, sequenceNumber=3))
