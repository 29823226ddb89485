"""Errors: two families, a code for each class, and one line for the log."""

import pytest

from recording.core import errors
from recording.core.errors import (
    CallRefused,
    InvalidRequest,
    MalformedEvent,
    Permanent,
    PolicyInvalid,
    PolicyRefused,
    RecordingError,
    SettingsInvalid,
    SourceBusy,
    Transient,
)

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, RecordingError)]


def test_every_error_belongs_to_one_family() -> None:
    assert all(
        issubclass(kind, Transient) != issubclass(kind, Permanent) for kind in KINDS if kind is not RecordingError
    )


def test_every_error_has_a_code_of_its_own() -> None:
    """Failures are counted by code, and problem details are named by it."""
    assert len(KINDS) == len({kind.code for kind in KINDS})


def test_the_line_says_operation_ids_cause_and_hint() -> None:
    """They are in this order; empty ones are left out."""
    error = SourceBusy("read source", "503 busy", hint="wait", ids={"a": "1", "b": "2"}, retry_after=5.0)

    assert "read source a=1 b=2: 503 busy (wait)" == str(error)
    assert 5.0 == error.retry_after
    assert "save entry: too many" == str(Permanent("save entry", "too many"))


def test_an_error_keeps_ids_of_its_own() -> None:
    """Adding an id changes no other error."""
    ids = {"a": "1"}
    error = Transient("do", "failed", ids=ids)
    error.ids["b"] = "2"

    assert {"a": "1"} == ids
    assert error.retry_after is None


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (
            MalformedEvent("data.x", "missing", ids={"event_id": "e"}),
            "read event event_id=e: data.x: missing",
        ),
        (InvalidRequest("format", "unknown"), "read request: format: unknown"),
        (CallRefused("stop", "it is over", status=404), "stop: it is over"),
        (
            SettingsInvalid(("A: missing", "B: wrong")),
            "read settings: A: missing; B: wrong (set them in the app's settings)",
        ),
        (
            PolicyInvalid(("line 1: a", "line 2: b")),
            "read policy: line 1: a; line 2: b (docs/policy.md has the format)",
        ),
        (PolicyRefused("it is private", "r"), "start recording rule=r: it is private"),
        (PolicyRefused("no rule matches"), "start recording: no rule matches"),
    ],
)
def test_errors_with_a_field_of_their_own_say_it(error: RecordingError, line: str) -> None:
    assert line == str(error)


def test_fields_can_be_asked_for() -> None:
    """Code that translates errors reads them as attributes."""
    assert "data.x" == MalformedEvent("data.x", "missing").field
    assert "format" == InvalidRequest("format", "unknown").field
    assert 404 == CallRefused("stop", "over", status=404).status
    assert [True, False] == [CallRefused("stop", "no", status=status).says_no_such for status in (404, 409)]
    assert ("A: missing",) == SettingsInvalid(("A: missing",)).problems
