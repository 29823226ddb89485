"""What is said of each operation of the API; its route and its words are those of its function."""

from collections.abc import Mapping

from recording.core.formats.api import paging, shapes
from recording.core.formats.api.bodies import (
    ATTESTATION_BODY,
    DECISION_BODY,
    EVENTS_BODY,
    EXPLAIN_BODY,
    IDENTITIES_BODY,
    IDENTITY_BODY,
    POLICY_BODY,
    SEARCH_BODY,
    START_BODY,
    WITHDRAWAL_BODY,
)
from recording.core.formats.api.erasure_bodies import ERASURE_BODY, EXECUTION_BODY
from recording.core.formats.api.export_bodies import EXPORT_BODY, LINK_BODY
from recording.core.formats.api.hold_bodies import CHOICE_BODY, END_HOLD_BODY, HOLD_BODY
from recording.core.formats.schema import Schema
from recording.core.model import RecordingState
from recording.core.records.own_keys import KEY_PATTERN, LONGEST_PURPOSE
from recording.entrypoints.openapi.terms import (
    ANY,
    ETAG,
    ETAG_OF_HOLD,
    ETAG_OF_PERSON,
    IF_HOLD_MATCHES,
    IF_MATCH,
    IF_PERSON_MATCHES,
    REQUEST_ID,
    Answer,
    Operation,
    Parameter,
    Proof,
)

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
_SECONDS = {"type": "integer", "minimum": 0, "maximum": paging.LONGEST_SECONDS}
_OWN_KEY = {"type": "string", "pattern": f"^{KEY_PATTERN}$"}
_PURPOSE = {"type": "string", "minLength": 1, "maxLength": LONGEST_PURPOSE, "pattern": r"\S"}
_FILTERS = (
    Parameter("state", "Only those in this state.", {"enum": list(RecordingState)}),
    Parameter("call", "Only those of this call, by any of its ids.", {"type": "string", "pattern": r"\S"}),
    Parameter("output", "Only those of this output.", {"enum": list(paging.OUTPUTS)}),
    Parameter("retentionClass", "Only those whose rule names this class.", {"type": "string", "pattern": r"\S"}),
    Parameter("held", "Only those that a hold keeps, or that none does.", {"type": "boolean"}),
    Parameter("minSeconds", "Only those that are so long.", _SECONDS),
    Parameter("maxSeconds", "Only those that are not longer.", _SECONDS),
)
_LIST = (
    *_PAGE,
    Parameter("day", "The day (UTC) on which the recording was first known; today without it.", _DATE),
    Parameter("hour", "The hour (UTC) of that day.", {"type": "integer", "minimum": 0, "maximum": 23}),
    Parameter("person", "Only those of the person with this own key; of all days without `day`.", _OWN_KEY),
    Parameter("purpose", "What for: needed with `person`, and put on record.", _PURPOSE),
    *_FILTERS,
)
_SEARCH = (
    *_PAGE,
    Parameter("purpose", "What for; it is put on record.", _PURPOSE, is_required=True),
    Parameter("since", "Only those that began at this day or moment, or later.", ANY),
    Parameter("until", "Only those that began before this day or moment.", ANY),
    *_FILTERS,
)
_TEXT = Schema(type="string")
_NOT_FOUND = ("unknown-person", "people-index-off")
_PERSON_PAGE = Answer("A page.", shapes.PersonPage)
_IDENTITY = Answer("The key, with its raw ids.", shapes.OwnIdentity, headers=(ETAG_OF_PERSON,))
_RECORDING = Answer("The recording.", shapes.Recording, headers=(ETAG,))
_HOLD = Answer("The hold.", shapes.Hold, headers=(ETAG_OF_HOLD,))
_CONTROLLED = Operation(
    "recordings", {200: _RECORDING}, ("unknown-recording", "recording-over", "call-refused", "consent-refused")
)
_EXPORT = Answer("The export.", shapes.Export)
_DECISION = (
    "invalid-request",
    "unknown-recording",
    "decision-refused",
    "recording-erased",
    "recording-changed",
    "condition-missing",
)
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
        "recordings",
        {200: Answer("A page; of a person, with more.", shapes.SummaryPage | shapes.PersonPage)},
        ("invalid-request", *_NOT_FOUND, "caller-not-allowed"),
        parameters=_LIST,
    ),
    "search_recordings": Operation(
        "people", {200: _PERSON_PAGE}, ("invalid-request", *_NOT_FOUND, "request-too-large"), body=SEARCH_BODY
    ),
    "person_recordings": Operation("people", {200: _PERSON_PAGE}, ("invalid-request", *_NOT_FOUND), parameters=_SEARCH),
    "show_person": Operation("people", {200: _IDENTITY}, ("invalid-request", *_NOT_FOUND), parameters=(_SEARCH[2],)),
    "save_person": Operation(
        "people",
        {200: _IDENTITY},
        ("invalid-request", "people-index-off", "person-changed", "condition-missing", "request-too-large"),
        body=IDENTITY_BODY,
        parameters=(IF_PERSON_MATCHES,),
    ),
    "save_people": Operation(
        "people",
        {200: Answer("How many were saved.", shapes.KeysSaved)},
        ("invalid-request", "people-index-off", "request-too-large"),
        body=IDENTITIES_BODY,
        media_type="text/csv",
    ),
    "make_hold": Operation(
        "holds",
        {202: Answer("It holds from now on; a job notes it on each recording.", shapes.Hold, headers=(ETAG_OF_HOLD,))},
        ("invalid-request", *_NOT_FOUND, "request-too-large"),
        body=HOLD_BODY,
    ),
    "list_holds": Operation(
        "holds",
        {200: Answer("A page.", shapes.HoldPage)},
        ("invalid-request",),
        parameters=(*_PAGE, Parameter("ended", "Those that are ended, instead.", {"type": "boolean"})),
    ),
    "show_hold": Operation("holds", {200: _HOLD}, ("unknown-hold",)),
    "end_hold": Operation(
        "holds",
        {202: Answer("It holds nothing any more; a job clears the legal holds.", shapes.Hold, headers=(ETAG_OF_HOLD,))},
        ("invalid-request", "unknown-hold", "hold-changed", "condition-missing", "request-too-large"),
        body=END_HOLD_BODY,
        parameters=(IF_HOLD_MATCHES,),
    ),
    "retention_plan": Operation(
        "retention",
        {200: Answer("The plan.", shapes.RetentionPlan)},
        ("invalid-request",),
        parameters=(Parameter("day", "The day (UTC) of the plan; tomorrow without it.", _DATE),),
    ),
    "retention_asked": Operation(
        "retention", {200: Answer("A page.", shapes.AskedPage)}, ("invalid-request",), parameters=_PAGE
    ),
    "decide_end": Operation(
        "retention",
        {200: Answer("Until when it is kept.", shapes.EndView)},
        ("invalid-request", "unknown-recording", "decision-refused", "request-too-large"),
        body=CHOICE_BODY,
    ),
    "recording_state": Operation("recordings", {200: _RECORDING}, ("unknown-recording", "call-refused")),
    "recording_history": Operation("recordings", {200: Answer("The history.", shapes.History)}, ("unknown-recording",)),
    "recording_seal": Operation(
        "recordings", {200: Answer("The seal.", shapes.Seal)}, ("unknown-recording", "not-sealed")
    ),
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
    "make_export": Operation(
        "exports",
        {202: Answer("It is made by a job.", shapes.Export)},
        ("invalid-request", *_NOT_FOUND, "request-too-large"),
        body=EXPORT_BODY,
    ),
    "export_state": Operation("exports", {200: _EXPORT}, ("unknown-job",)),
    "link_export": Operation(
        "exports",
        {200: Answer("The link: a secret.", shapes.ExportLink)},
        ("invalid-request", "unknown-job", "job-refused", "request-too-large"),
        body=LINK_BODY,
    ),
    "cancel_export": Operation("exports", {200: _EXPORT}, ("unknown-job", "job-refused")),
    "plan_erasure": Operation(
        "erasures",
        {
            200: Answer("The erasure, with its plan.", shapes.Erasure),
            202: Answer("Its plan takes longer: look at the erasure later.", shapes.Erasure),
        },
        ("invalid-request", *_NOT_FOUND, "request-too-large"),
        body=ERASURE_BODY,
    ),
    "execute_erasure": Operation(
        "erasures",
        {202: Answer("It has begun.", shapes.Erasure)},
        ("invalid-request", "unknown-job", "job-refused", "plan-changed", *_NOT_FOUND, "request-too-large"),
        body=EXECUTION_BODY,
    ),
    "erasure_state": Operation("erasures", {200: Answer("The erasure.", shapes.Erasure)}, ("unknown-job", *_NOT_FOUND)),
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
