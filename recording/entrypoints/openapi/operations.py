"""What is said of each operation of the API; its route and its words are those of its function."""

from collections.abc import Mapping

from recording.core.formats.api import paging, shapes
from recording.core.formats.api.bodies import (
    ATTESTATION_BODY,
    DECISION_BODY,
    EVENTS_BODY,
    EXPLAIN_BODY,
    POLICY_BODY,
    START_BODY,
    WITHDRAWAL_BODY,
)
from recording.core.formats.schema import Schema
from recording.core.model import RecordingState
from recording.entrypoints.openapi.terms import ANY, ETAG, IF_MATCH, REQUEST_ID, Answer, Operation, Parameter, Proof

_PAGE = (
    Parameter(
        "limit",
        "The most recordings of the page.",
        {"type": "integer", "minimum": 1, "maximum": paging.MOST_LISTED, "default": paging.USUAL},
    ),
    Parameter("after", "The `next` of the page before.", {"type": "string"}),
)
_DATE = {"type": "string", "format": "date"}
_DAY = Parameter("day", "The day (UTC) of the calls; yesterday without it.", _DATE)
_LIST = (
    *_PAGE,
    Parameter("day", "The day (UTC) on which the recording was first known; today without it.", _DATE),
    Parameter("state", "Only those in this state.", {"enum": list(RecordingState)}),
    Parameter("call", "Only those of this call, by any of its ids.", {"type": "string", "pattern": r"\S"}),
)
_TEXT = Schema(type="string")
_RECORDING = Answer("The recording.", shapes.Recording, headers=(ETAG,))
_CONTROLLED = Operation(
    "recordings", {200: _RECORDING}, ("unknown-recording", "recording-over", "call-refused", "consent-refused")
)
_DECISION = ("invalid-request", "unknown-recording", "decision-refused", "recording-changed", "condition-missing")
_EVENTS = Answer("What became of each event.", shapes.EventsAnswer)
_UNREAD_EVENTS = ("malformed-event", "invalid-request", "request-too-large")

OPERATIONS: Mapping[str, Operation] = {
    "start_recording": Operation(
        "recordings",
        {
            201: Answer("It was started.", shapes.Recording, headers=(ETAG,)),
            202: Answer("Consent is being asked for; it starts when that is granted.", shapes.PendingConsent),
            200: _RECORDING,
        },
        (
            "invalid-request",
            "invalid-locator",
            "call-not-found",
            "recording-running",
            "call-refused",
            "policy-refused",
            "consent-missing",
            "request-too-large",
            "request-id-reused",
        ),
        body=START_BODY,
        parameters=(REQUEST_ID,),
    ),
    "list_recordings": Operation(
        "recordings", {200: Answer("A page.", shapes.SummaryPage)}, ("invalid-request",), parameters=_LIST
    ),
    "recording_state": Operation("recordings", {200: _RECORDING}, ("unknown-recording", "call-refused")),
    "recording_history": Operation("recordings", {200: Answer("The history.", shapes.History)}, ("unknown-recording",)),
    "recording_trail": Operation(
        "recordings",
        {200: Answer("A page.", shapes.TrailPage)},
        ("invalid-request", "unknown-recording"),
        parameters=_PAGE,
    ),
    "verify_trail": Operation(
        "recordings", {200: Answer("What was found.", shapes.TrailVerified)}, ("unknown-recording",)
    ),
    "pause_recording": _CONTROLLED,
    "resume_recording": _CONTROLLED,
    "stop_recording": _CONTROLLED,
    "explain_policy": Operation(
        "policy",
        {200: Answer("What the policy says.", shapes.Explained)},
        ("invalid-request", "malformed-event", "request-too-large"),
        body=EXPLAIN_BODY,
    ),
    "replay_policy": Operation(
        "policy",
        {200: Answer("A page of calls.", shapes.ReplayPage)},
        ("invalid-request", "policy-invalid"),
        body=POLICY_BODY,
        media_type="text/plain",
        parameters=(*_PAGE, _DAY),
    ),
    "withdraw_consent": Operation(
        "consent",
        {200: _RECORDING},
        ("invalid-request", "unknown-recording", "call-refused", "request-too-large"),
        body=WITHDRAWAL_BODY,
    ),
    "attest_consent": Operation(
        "consent",
        {200: _RECORDING},
        (
            "invalid-request",
            "unknown-recording",
            "recording-over",
            "call-refused",
            "consent-refused",
            "request-too-large",
        ),
        body=ATTESTATION_BODY,
    ),
    "list_owed": Operation(
        "decisions", {200: Answer("A page.", shapes.OwedPage)}, ("invalid-request",), parameters=_PAGE
    ),
    "decide_chunk": Operation(
        "decisions",
        {200: _RECORDING},
        (*_DECISION, "unknown-chunk", "request-too-large"),
        body=DECISION_BODY,
        parameters=(IF_MATCH,),
    ),
    "decide_recording": Operation(
        "decisions",
        {200: _RECORDING},
        (*_DECISION, "request-too-large"),
        body=DECISION_BODY,
        parameters=(IF_MATCH,),
    ),
    "rebuild_catalog": Operation("rebuild", {202: Answer("The job.", shapes.Rebuild)}),
    "rebuild_state": Operation("rebuild", {200: Answer("The job.", shapes.Rebuild)}, ("unknown-job",)),
    "hand_in_events": Operation("events", {200: _EVENTS}, _UNREAD_EVENTS, body=EVENTS_BODY),
    "calls_events": Operation("events", {200: _EVENTS}, (*_UNREAD_EVENTS, "caller-unproven"), body=EVENTS_BODY),
    "calls_callbacks": Operation(
        "events",
        {200: _EVENTS},
        (*_UNREAD_EVENTS, "caller-unproven"),
        body=EVENTS_BODY,
        proof=Proof.CALL_AUTOMATION,
    ),
    "calls_events OPTIONS": Operation(
        "events",
        {
            200: Answer(
                "The handshake of CloudEvents.",
                headers=(
                    Parameter("WebHook-Allowed-Origin", "Who may deliver.", ANY, "header", is_required=True),
                    Parameter("WebHook-Allowed-Rate", "How much.", ANY, "header", is_required=True),
                ),
            )
        },
        ("caller-not-allowed",),
        parameters=(Parameter("WebHook-Request-Origin", "Who wants to deliver.", ANY, "header"),),
    ),
    "health": Operation(
        "health",
        {200: Answer("The app can run.", shapes.Health)},
        ("invalid-request",),
        parameters=(Parameter("deep", "Whether to do at each service what a copy does.", {"type": "boolean"}),),
    ),
    "openapi_json": Operation("document", {200: Answer("This document.", Schema(type="object"))}, needs_app=False),
    "docs": Operation("document", {200: Answer("The page.", _TEXT, "text/html")}, ("page-missing",), needs_app=False),
    "docs_asset": Operation(
        "document",
        {200: Answer("The script or the style sheet.", _TEXT, "*/*")},
        ("page-missing", "unknown-asset"),
        needs_app=False,
    ),
}
"""By the function's name; for a second method of a function, with that method."""
