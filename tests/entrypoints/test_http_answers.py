"""HTTP answers of failing functions, and what is logged."""

import json
import logging

import azure.functions as func
import pytest

from recording.core.errors import InvalidRequest, RecordingError, ServiceBusy, SettingsInvalid
from recording.entrypoints.answers import problem_details


def answer(error: Exception) -> func.HttpResponse:
    """The reply of a function that raises this."""

    @problem_details
    def failing() -> func.HttpResponse:
        raise error

    return failing()


def logged(caplog: pytest.LogCaptureFixture) -> list[tuple[int, bool]]:
    """The level of each record, and whether it has a traceback."""
    return [(record.levelno, record.exc_info is not None) for record in caplog.records if record.name == "recording"]


@pytest.mark.parametrize("error", [KeyError("s3cret"), ValueError("Invalid s3cret"), RecursionError()], ids=repr)
def test_what_nobody_foresaw_is_a_problem_and_a_traceback_in_the_log(
    caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    """Never a 500 without a body, and no internals in the answer."""
    reply = answer(error)

    assert (500, "application/problem+json") == (reply.status_code, reply.mimetype)
    assert "urn:recording:problem:internal-error" == json.loads(reply.get_body())["type"]
    assert b"s3cret" not in reply.get_body()
    assert [(logging.ERROR, True)] == logged(caplog)


@pytest.mark.parametrize(
    "error",
    [
        ServiceBusy(
            "start recording", "503 busy", hint="check the network", ids={"recording_id": "a\nb"}, retry_after=7
        ),
        SettingsInvalid(("A: missing",)),
    ],
    ids=["service busy", "settings"],
)
def test_what_passes_says_when_to_ask_again_and_leaves_the_hint_to_the_log(
    caplog: pytest.LogCaptureFixture, error: RecordingError
) -> None:
    """One warning in the log, for the operator."""
    reply = answer(error)
    (message,) = caplog.messages

    assert (503, True) == (reply.status_code, "Retry-After" in reply.headers)
    assert error.hint not in reply.get_body().decode()
    assert error.hint in message
    assert message.isprintable()
    assert [(logging.WARNING, False)] == logged(caplog)


def test_the_callers_own_mistake_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    """The answer contains everything."""
    reply = answer(InvalidRequest("format", "missing"))

    assert (400, "format") == (reply.status_code, json.loads(reply.get_body())["field"])
    assert "Retry-After" not in reply.headers
    assert [] == logged(caplog)
