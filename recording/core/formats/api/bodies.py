"""The bodies of requests as types, with their names on the wire; `parse_start` and `parse_decision` read them."""

from typing import Annotated, Any, NotRequired, TypedDict

from recording.core.formats import reading
from recording.core.formats.api.decisions import LONGEST_NAME, LONGEST_REASON
from recording.core.formats.api.paging import LONGEST_SECONDS, MOST_LISTED, OUTPUTS
from recording.core.formats.api.requests import LOCATORS, OUTPUT_FIELDS
from recording.core.formats.schema import Moment, Schema
from recording.core.model import CallKind, Channel, Content, Direction, EventKind, Format, RecordingState, Ruling
from recording.core.outputs import VALID, output_fields
from recording.core.records.own_keys import KEY_PATTERN, LONGEST_PURPOSE
from recording.core.records.people import MOST_RAW_IDS

_NOT_BLANK = r"\S"
type _Id = Annotated[str, Schema(minLength=1, maxLength=reading.LONGEST_TEXT, pattern=_NOT_BLANK)]


type _Text = Annotated[str, Schema(minLength=1, maxLength=reading.LONGEST_TEXT)]
type _Short = Annotated[str, Schema(minLength=1, maxLength=500, pattern=_NOT_BLANK)]
type _Seconds = Annotated[int, Schema(minimum=0, maximum=LONGEST_SECONDS)]
type _Participants = Annotated[
    list[str], Schema(maxItems=350, items={"type": "string", "minLength": 1, "maxLength": reading.LONGEST_ID})
]
type _Reason = Annotated[str, Schema(minLength=1, maxLength=LONGEST_REASON, pattern=_NOT_BLANK)]
type _By = Annotated[
    str,
    Schema(
        minLength=1,
        maxLength=LONGEST_NAME,
        pattern=_NOT_BLANK,
        description="Who decides: needed with the function key, and left out with a token, which says who.",
    ),
]


class WithdrawalBody(TypedDict):
    """Why consent is withdrawn, and by whom."""

    reason: _Reason
    by: NotRequired[_By]


class AttestationBody(TypedDict):
    """On which basis those who have joined later consent, and who says it."""

    basis: _Reason
    by: NotRequired[_By]


def _is_output(fields: dict[str, str]) -> dict[str, object]:
    return {"properties": {name: {"const": value} for name, value in fields.items()}, "required": list(OUTPUT_FIELDS)}


_OUTPUTS = [_is_output({**output_fields(facts.output)}) for facts in VALID]  # type: ignore[dict-item]
_NO_OUTPUT = {"not": {"anyOf": [{"required": [name]} for name in OUTPUT_FIELDS]}}


class ConsentBody(TypedDict):
    """Somebody's word that the participants have consented."""

    basis: _Short
    by: _Short
    at: Moment


class CallBody(TypedDict):
    """What is known of a call, and the output that is asked for: all of content, channel and format, or none."""

    event: NotRequired[EventKind | None]
    callKind: NotRequired[CallKind | None]
    at: NotRequired[Moment | None]
    direction: NotRequired[Direction | None]
    participants: NotRequired[_Participants | None]
    operationContext: NotRequired[_Text | None]
    consent: NotRequired[ConsentBody | None]
    content: NotRequired[Content]
    channel: NotRequired[Channel]
    format: NotRequired[Format]


type _Call = Annotated[CallBody, Schema(anyOf=[_NO_OUTPUT, *_OUTPUTS], additionalProperties=False)]


class ExplainBody(TypedDict):
    """What is to be explained: an event as it came, or what is known of a call."""

    event: NotRequired[dict[str, Any]]
    call: NotRequired[_Call]


class StartBody(TypedDict):
    """A recording to start: one id of the call, and either all of content, channel and format or none of them."""

    serverCallId: NotRequired[_Id]
    groupCallId: NotRequired[_Id]
    roomId: NotRequired[_Id]
    callConnectionId: NotRequired[_Id]
    content: NotRequired[Content]
    channel: NotRequired[Channel]
    format: NotRequired[Format]
    pauseOnStart: NotRequired[bool | None]
    direction: NotRequired[Direction | None]
    participants: NotRequired[
        Annotated[_Participants | None, Schema(description="The raw ids of all who are in the call.")]
    ]
    operationContext: NotRequired[_Text | None]
    consent: NotRequired[ConsentBody | None]


class DecisionBody(TypedDict):
    """A decision, why, and by whom."""

    decision: Ruling
    reason: _Reason
    by: NotRequired[_By]


class IdentityBody(TypedDict):
    """The raw ids and telephone numbers of a person, in any spelling; none: nothing is to be known of the key."""

    rawIds: Annotated[
        list[str],
        Schema(maxItems=MOST_RAW_IDS, items={"type": "string", "minLength": 1, "maxLength": reading.LONGEST_ID}),
    ]


class SearchBody(TypedDict):
    """A search by person: an own key or a raw id, what for, and what else is asked of the recordings."""

    person: NotRequired[Annotated[str, Schema(pattern=f"^{KEY_PATTERN}$")]]
    rawId: NotRequired[_Id]
    purpose: Annotated[str, Schema(minLength=1, maxLength=LONGEST_PURPOSE, pattern=_NOT_BLANK)]
    since: NotRequired[_Id]
    until: NotRequired[_Id]
    state: NotRequired[RecordingState]
    call: NotRequired[_Id]
    output: NotRequired[Annotated[str, Schema(enum=list(OUTPUTS))]]
    retentionClass: NotRequired[_Id]
    held: NotRequired[bool]
    minSeconds: NotRequired[_Seconds]
    maxSeconds: NotRequired[_Seconds]
    limit: NotRequired[Annotated[int, Schema(minimum=1, maximum=MOST_LISTED)]]
    after: NotRequired[_Text]


START_BODY = Annotated[
    StartBody,
    Schema(
        oneOf=[{"required": [name]} for name in LOCATORS], anyOf=[_NO_OUTPUT, *_OUTPUTS], additionalProperties=False
    ),
]
"""With what holds for several of its fields at once."""
WITHDRAWAL_BODY = Annotated[WithdrawalBody, Schema(additionalProperties=False)]
ATTESTATION_BODY = Annotated[AttestationBody, Schema(additionalProperties=False)]
DECISION_BODY = Annotated[DecisionBody, Schema(additionalProperties=False)]

EXPLAIN_BODY = Annotated[
    ExplainBody, Schema(oneOf=[{"required": ["event"]}, {"required": ["call"]}], additionalProperties=False)
]
IDENTITY_BODY = Annotated[IdentityBody, Schema(additionalProperties=False)]
IDENTITIES_BODY = Schema(type="string", description="CSV: the header `key,rawId`, and a line for each raw id.")
SEARCH_BODY = Annotated[
    SearchBody, Schema(oneOf=[{"required": ["person"]}, {"required": ["rawId"]}], additionalProperties=False)
]
POLICY_BODY = Schema(type="string", description="A draft of a policy, in JSON or YAML.")
EVENTS_BODY = Schema(
    description="Events of the schema of Event Grid or of CloudEvents: one, or an array of at most 100.",
    oneOf=[{"type": "object"}, {"type": "array", "items": {"type": "object"}, "maxItems": 100}],
)
