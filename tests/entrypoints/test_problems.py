"""Problem details (RFC 9457): one type for each cause, with what the caller can correct."""

import math

import pytest

from recording.core import errors, outputs
from recording.core.errors import (
    CallerNotAllowed,
    CallerUnproven,
    CallRefused,
    CatalogConflict,
    ConditionMissing,
    ConsentMissing,
    ConsentRefused,
    DecisionRefused,
    HoldChanged,
    InvalidRequest,
    JobRefused,
    MalformedEvent,
    MethodNotAllowed,
    NotSealed,
    PageMissing,
    PeopleIndexOff,
    Permanent,
    PersonChanged,
    PolicyInvalid,
    PolicyRefused,
    RecordingChanged,
    RecordingErased,
    RecordingError,
    RequestIdReused,
    RequestTooLarge,
    ServiceBusy,
    SettingsInvalid,
    SourceBusy,
    Transient,
    UnknownAsset,
    UnknownChunk,
    UnknownHold,
    UnknownJob,
    UnknownPerson,
    UnknownRecording,
    UnknownRoute,
)
from recording.core.model import RecordingId
from recording.entrypoints.problems import problem, unforeseen

START = "start recording"


@pytest.mark.parametrize(
    ("error", "lacks"), [(CallerUnproven, "invalid_token"), (CallerNotAllowed, "insufficient_scope")]
)
def test_who_is_refused_is_told_what_is_lacking(error: type[Permanent], lacks: str) -> None:
    """As RFC 6750 has it; others hear nothing of it."""
    assert {"WWW-Authenticate": f'Bearer error="{lacks}"'} == problem(error("prove caller", "no")).headers
    assert "WWW-Authenticate" not in problem(UnknownRecording("find recording", "no")).headers


FIELDLESS = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type)
    and issubclass(kind, RecordingError)
    and kind.__init__ in {RecordingError.__init__, Transient.__init__}
]


def refusal(operation: str, status: int, code: str = "", running: RecordingId | None = None, **ids: str) -> CallRefused:
    """A refusal; with a code it is from the service."""
    if code:
        ids["code"] = code
    return CallRefused(operation, f"{status} no.", status=status, ids=ids, running=running)


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (InvalidRequest("field", "wrong"), 400, "invalid-request"),
        (MalformedEvent("data.x", "wrong"), 400, "malformed-event"),
        (refusal(START, 400, "8500", server_call_id="?"), 400, "invalid-locator"),
        (PolicyInvalid(("line 1 column 1: wrong",)), 400, "policy-invalid"),
        (PolicyRefused("private", "r"), 403, "policy-refused"),
        (ConsentMissing("none came", "r"), 403, "consent-missing"),
        (UnknownRecording("find recording", "unknown"), 404, "unknown-recording"),
        (UnknownChunk("decide about chunk", "unknown"), 404, "unknown-chunk"),
        (UnknownPerson("find person", "unknown"), 404, "unknown-person"),
        (PeopleIndexOff("find person", "no key"), 409, "people-index-off"),
        (UnknownAsset("show page", "unknown"), 404, "unknown-asset"),
        (UnknownRoute("find route", "unknown"), 404, "unknown-route"),
        (MethodNotAllowed("find route", "not this"), 405, "method-not-allowed"),
        (refusal(START, 404, "8522"), 404, "call-not-found"),
        (refusal(START, 400, "8553"), 409, "recording-running"),
        (refusal(START, 409, running=RecordingId("r")), 409, "recording-running"),
        (refusal("pause recording", 404, "8522"), 409, "recording-over"),
        (refusal("stop recording", 409), 409, "recording-over"),
        (refusal("pause recording", 409, "8600"), 409, "call-refused"),
        (refusal("read state", 412), 409, "call-refused"),
        (refusal(START, 403, "8600"), 409, "call-refused"),
        (DecisionRefused("decide about chunk", "it is released"), 409, "decision-refused"),
        (ConsentRefused("resume recording", "it was withdrawn"), 409, "consent-refused"),
        (RecordingErased("decide about chunk", "it was erased"), 410, "recording-erased"),
        (RecordingChanged("decide about chunk", "it has changed"), 412, "recording-changed"),
        (ConditionMissing("If-Match", "missing"), 428, "condition-missing"),
        (RequestTooLarge("body", "large"), 413, "request-too-large"),
        (RequestIdReused(START, "it was sent with another order"), 422, "request-id-reused"),
        (Permanent("save entry", "too many"), 500, "permanent"),
        (SettingsInvalid(("A: missing",)), 503, "settings-invalid"),
        (PageMissing("show page", "not packed"), 503, "page-missing"),
        (SourceBusy("read source", "busy"), 503, "source-busy"),
        (CatalogConflict("save entry", "changed"), 503, "catalog-conflict"),
    ],
    ids=str,
)
def test_every_cause_has_a_type_and_a_status_of_its_own(error: RecordingError, status: int, kind: str) -> None:
    """Different conflicts have different types."""
    found = problem(error)

    assert (status, status) == (found.status, found.details["status"])
    assert f"urn:recording:problem:{kind}" == found.details["type"]
    assert kind.replace("-", " ") == str(found.details["title"]).lower()


@pytest.mark.parametrize("kind", FIELDLESS)
def test_every_error_there_is_can_be_told(kind: type[RecordingError]) -> None:
    """A transient error is 503, any other 500, unless the list above says otherwise."""
    found = problem(kind("do it", "it failed"))

    known = {
        CallerUnproven.code: 401,
        CallerNotAllowed.code: 403,
        UnknownRecording.code: 404,
        UnknownChunk.code: 404,
        NotSealed.code: 404,
        UnknownPerson.code: 404,
        UnknownJob.code: 404,
        JobRefused.code: 409,
        PeopleIndexOff.code: 409,
        UnknownHold.code: 404,
        HoldChanged.code: 412,
        PersonChanged.code: 412,
        DecisionRefused.code: 409,
        ConsentRefused.code: 409,
        RecordingErased.code: 410,
        RecordingChanged.code: 412,
        RequestIdReused.code: 422,
        UnknownAsset.code: 404,
        UnknownRoute.code: 404,
        MethodNotAllowed.code: 405,
        PageMissing.code: 503,
    }

    assert known.get(kind.code, 503 if issubclass(kind, Transient) else 500) == found.status


@pytest.mark.parametrize(
    ("error", "detail"),
    [
        (UnknownRecording("find recording", "unknown"), "Could not find recording: unknown."),
        (refusal(START, 404), "Could not start recording: 404 no."),
        (InvalidRequest("format", "missing"), "format: missing."),
        (
            ServiceBusy(START, "503 busy", hint="check ACS_ENDPOINT and the network"),
            "Could not start recording: 503 busy.",
        ),
    ],
    ids=str,
)
def test_the_detail_is_the_cause_in_a_sentence_without_the_operators_hint(error: RecordingError, detail: str) -> None:
    """Ids do not appear as in the log."""
    assert detail == problem(error).details["detail"]


def test_ids_are_members_in_camel_case() -> None:
    """Only ids that a caller may know; names of blobs and keys of the catalog are not among them."""
    ids = {"recording_id": "r", "document_id": "d", "event_id": "e", "code": "8522", "blob": "b", "entry": "call/x"}
    details = problem(Permanent("do it", "it failed", ids=ids)).details

    assert {"recordingId": "r", "documentId": "d", "eventId": "e", "serviceCode": "8522"} == {
        key: value for key, value in details.items() if key not in {"type", "title", "status", "detail"}
    }


@pytest.mark.parametrize(
    ("error", "field"),
    [
        (InvalidRequest("field", "wrong"), "field"),
        (MalformedEvent("data.x", "wrong"), "data.x"),
        (RequestTooLarge("body", "large"), "body"),
        (RequestIdReused(START, "it was sent with another order"), "Repeatability-Request-ID"),
        (refusal(START, 400, "8500", server_call_id="?"), "serverCallId"),
        (refusal(START, 400, "8500", room_id="?"), "roomId"),
        (refusal(START, 400), "serverCallId | groupCallId | roomId | callConnectionId"),
    ],
    ids=str,
)
def test_what_the_caller_can_mend_is_named_by_its_field(error: RecordingError, field: str) -> None:
    """Also if the service reported it: a serverCallId that is not base64."""
    assert field == problem(error).details["field"]


@pytest.mark.parametrize("error", [refusal("pause recording", 404), refusal(START, 404), SourceBusy("do", "busy")])
def test_where_there_is_nothing_to_mend_no_field_is_named(error: RecordingError) -> None:
    """A field would be misleading."""
    assert "field" not in problem(error).details


def test_a_running_recording_is_named() -> None:
    """The caller can continue with that recording."""
    assert "r" == problem(refusal(START, 400, "8553", running=RecordingId("r"))).details["recordingId"]
    assert "recordingId" not in problem(refusal(START, 400, "8553")).details


def test_valid_outputs_come_with_a_wrong_one() -> None:
    """Not with any other error."""
    assert outputs.table() == problem(InvalidRequest("content", "wrong")).details["validOutputs"]
    assert "validOutputs" not in problem(InvalidRequest("field", "wrong")).details


def test_a_refusal_of_the_policy_names_the_rule() -> None:
    details = problem(PolicyRefused("it is private", "r")).details

    assert ("r", "Could not start recording: it is private.") == (details["rule"], details["detail"])
    assert "rule" not in problem(PolicyRefused("no rule matches")).details


def test_what_is_wrong_with_a_policy_is_named_all_at_once() -> None:
    assert ["line 1", "line 2"] == problem(PolicyInvalid(("line 1", "line 2"))).details["problems"]


def test_settings_are_named_all_at_once() -> None:
    assert ["A: missing", "B: wrong"] == problem(SettingsInvalid(("A: missing", "B: wrong"))).details["problems"]


@pytest.mark.parametrize(
    ("asked", "header"),
    [(7.2, "8"), (0.0, "1"), (86400.0, "3600"), (math.inf, "3600"), (math.nan, "1"), (None, "10")],
)
def test_what_passes_says_when_to_ask_again(asked: float | None, header: str) -> None:
    """Whole seconds, at most an hour, with a default if the service sent none."""
    assert {"Retry-After": header} == problem(Transient("read", "busy", retry_after=asked)).headers


def test_wrong_settings_say_when_to_ask_again() -> None:
    """After the time that a person needs to correct them."""
    assert {"Retry-After": "60"} == problem(SettingsInvalid(("A: missing",))).headers


@pytest.mark.parametrize("error", [InvalidRequest("field", "wrong"), refusal(START, 404), Permanent("do", "failed")])
def test_where_waiting_does_not_help_nobody_is_asked_to(error: RecordingError) -> None:
    """The same request would be refused again."""
    assert {} == problem(error).headers


def test_an_error_that_nobody_foresaw_is_a_problem_too() -> None:
    """It points to the log and shows no internals."""
    found = unforeseen()

    assert (500, {}) == (found.status, found.headers)
    assert "urn:recording:problem:internal-error" == found.details["type"]
