"""Errors as problem details (RFC 9457); every HTTP error of the app is made here."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from recording.core import outputs
from recording.core.errors import (
    CallRefused,
    InvalidRequest,
    MalformedEvent,
    PlanChanged,
    PolicyInvalid,
    RecordingError,
    RequestIdReused,
    SettingsInvalid,
    Transient,
)
from recording.core.formats.api import shapes
from recording.core.formats.api.erasures import plan_view
from recording.core.formats.api.requests import LOCATORS, OUTPUT_FIELDS
from recording.core.formats.api.shapes import HealthCheck, ProblemMembers, ShownId
from recording.core.records.erasing import Plan


@dataclass(frozen=True, slots=True)
class Problem:
    """An error as the caller gets it: HTTP status, problem details, and the seconds of Retry-After."""

    status: int
    details: shapes.Problem
    retry_after: int | None = None

    @property
    def headers(self) -> dict[str, str]:
        """Retry-After, if set; and for a caller who was refused, what is lacking (RFC 6750)."""
        wait = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        challenge = _CHALLENGES.get(self.status)
        return wait if challenge is None else {**wait, "WWW-Authenticate": challenge}


def problem(error: RecordingError) -> Problem:
    """The problem of an error: its cause, and what the caller can correct. The operator's hint goes to the log only."""
    kind = _kind(error)
    named = error.field if isinstance(error, InvalidRequest | MalformedEvent | RequestIdReused) else ""
    field = _locator_of(error) if kind == _BAD_LOCATOR else named
    members: ProblemMembers = {}
    for key, name in _SHOWN_IDS.items():
        if key in error.ids:
            members[name] = error.ids[key]
    if field:
        members["field"] = field
    if field in {*OUTPUT_FIELDS, "output"}:
        members["validOutputs"] = outputs.table()
    if isinstance(error, SettingsInvalid | PolicyInvalid):
        members["problems"] = list(error.problems)
    if isinstance(error, PlanChanged) and isinstance(error.plan, Plan):
        members["plan"] = plan_view(error.plan)
    if isinstance(error, CallRefused) and error.running:
        members["recordingId"] = error.running
    cause = error.cause.rstrip(".")  # the service's messages end with one
    detail = f"{cause}." if named else f"Could not {error.operation}: {cause}."
    status = _status(kind, error)
    return _problem(kind, status, detail, members, _retry_after(error) if status == UNAVAILABLE else None)


def unforeseen() -> Problem:
    """The problem of a bug: an exception that is not a RecordingError."""
    return _problem(
        "internal-error", OUR_FAULT, "The app failed in a way that it does not know; its log says more.", {}
    )


def unhealthy(checks: Sequence[HealthCheck]) -> Problem:
    """The problem of a health check of which a part failed: every check, and what is wrong."""
    failed = [check["name"] for check in checks if not check["ok"]]
    detail = f"Copies would fail now: {', '.join(failed)}."
    return _problem("unhealthy", UNAVAILABLE, detail, {"checks": list(checks)}, math.ceil(_WAIT_FOR_PEOPLE))


def type_of(kind: str) -> str:
    """The `type` of a kind of problem."""
    return f"urn:recording:problem:{kind}"


def _problem(kind: str, status: int, detail: str, members: ProblemMembers, retry_after: int | None = None) -> Problem:
    title = kind.replace("-", " ").capitalize()
    details: shapes.Problem = {"type": type_of(kind), "title": title, "status": status, "detail": detail, **members}
    return Problem(status, details, retry_after)


UNAVAILABLE = 503
OUR_FAULT = 500
_BAD_LOCATOR = "invalid-locator"
_CHALLENGES = {401: 'Bearer error="invalid_token"', 403: 'Bearer error="insufficient_scope"'}
STATUSES = {
    "invalid-request": 400,
    "malformed-event": 400,
    "policy-invalid": 400,
    _BAD_LOCATOR: 400,
    "caller-unproven": 401,
    "caller-not-allowed": 403,
    "policy-refused": 403,
    "consent-missing": 403,
    "unknown-recording": 404,
    "unknown-chunk": 404,
    "unknown-job": 404,
    "unknown-hold": 404,
    "not-sealed": 404,
    "unknown-person": 404,
    "call-not-found": 404,
    "unknown-asset": 404,
    "unknown-route": 404,
    "method-not-allowed": 405,
    "recording-running": 409,
    "recording-over": 409,
    "call-refused": 409,
    "consent-refused": 409,
    "decision-refused": 409,
    "job-refused": 409,
    "people-index-off": 409,
    "plan-changed": 409,
    "recording-erased": 410,
    "recording-changed": 412,
    "hold-changed": 412,
    "person-changed": 412,
    "request-too-large": 413,
    "request-id-reused": 422,
    "condition-missing": 428,
    "settings-invalid": UNAVAILABLE,
    "page-missing": UNAVAILABLE,
}
"""By problem type. Transient errors are 503; a type not listed is 500."""

_SHOWN_IDS: Mapping[str, ShownId] = {
    "rule": "rule",
    "recording_id": "recordingId",
    "document_id": "documentId",
    "event_id": "eventId",
    "server_call_id": "serverCallId",
    "group_call_id": "groupCallId",
    "room_id": "roomId",
    "call_connection_id": "callConnectionId",
    "code": "serviceCode",
}
"""The ids of an error that callers may see, with the names of their members."""

_CONFLICT = 409
_ALREADY_RECORDED = "8553"
_START = "start recording"


def _kind(error: RecordingError) -> str:
    """The last part of the problem's type: the error's code; refusals of the service are distinguished further."""
    if not isinstance(error, CallRefused):
        return error.code.replace("_", "-")
    if error.running or error.ids.get("code") == _ALREADY_RECORDED:
        return "recording-running"
    if error.operation == _START:
        return {400: _BAD_LOCATOR, 404: "call-not-found"}.get(error.status, "call-refused")
    # The catalog knows this recording: the service answers 404, or the 409 is our own, without a code of the service.
    is_over = error.says_no_such or (error.status == _CONFLICT and "code" not in error.ids)
    return "recording-over" if is_over else "call-refused"


def _status(kind: str, error: RecordingError) -> int:
    return UNAVAILABLE if isinstance(error, Transient) else STATUSES.get(kind, OUR_FAULT)


def _locator_of(error: RecordingError) -> str:
    """The field in which the caller named the call; all four if the error does not say which."""
    named = [_SHOWN_IDS[key] for key in error.ids if _SHOWN_IDS.get(key) in LOCATORS]
    return " | ".join(named or LOCATORS)


_USUAL_WAIT = 10.0
_WAIT_FOR_PEOPLE = 60.0
_LONGEST_WAIT = 3600.0


def _retry_after(error: RecordingError) -> int:
    if isinstance(error, Transient):
        asked = _USUAL_WAIT if error.retry_after is None else error.retry_after
    else:
        asked = _WAIT_FOR_PEOPLE
    return math.ceil(min(max(1.0, asked), _LONGEST_WAIT))
