"""The bodies of requests as types, with their names on the wire; `parse_start` and `parse_decision` read them."""

from typing import Annotated, NotRequired, TypedDict

from recording.core.formats import reading
from recording.core.formats.api.decisions import LONGEST_NAME, LONGEST_REASON
from recording.core.formats.api.requests import LOCATORS, OUTPUT_FIELDS
from recording.core.formats.schema import Schema
from recording.core.model import Channel, Content, Format, Ruling
from recording.core.outputs import VALID, output_fields

_NOT_BLANK = r"\S"
type _Id = Annotated[str, Schema(minLength=1, maxLength=reading.LONGEST_TEXT, pattern=_NOT_BLANK)]


type _By = Annotated[
    str,
    Schema(
        minLength=1,
        maxLength=LONGEST_NAME,
        pattern=_NOT_BLANK,
        description="Who decides: needed with the function key, and left out with a token, which says who.",
    ),
]


class StartBody(TypedDict):
    """A recording to start: one id of the call, and either all of content, channel and format or none of them."""

    serverCallId: NotRequired[_Id]
    groupCallId: NotRequired[_Id]
    roomId: NotRequired[_Id]
    callConnectionId: NotRequired[_Id]
    content: NotRequired[Content]
    channel: NotRequired[Channel]
    format: NotRequired[Format]
    pauseOnStart: NotRequired[bool]


class DecisionBody(TypedDict):
    """A decision, why, and by whom."""

    decision: Ruling
    reason: Annotated[str, Schema(minLength=1, maxLength=LONGEST_REASON, pattern=_NOT_BLANK)]
    by: NotRequired[_By]


def _is_output(fields: dict[str, str]) -> dict[str, object]:
    return {"properties": {name: {"const": value} for name, value in fields.items()}, "required": list(OUTPUT_FIELDS)}


_OUTPUTS = [_is_output({**output_fields(facts.output)}) for facts in VALID]  # type: ignore[dict-item]
_NO_OUTPUT = {"not": {"anyOf": [{"required": [name]} for name in OUTPUT_FIELDS]}}
START_BODY = Annotated[
    StartBody,
    Schema(
        oneOf=[{"required": [name]} for name in LOCATORS], anyOf=[_NO_OUTPUT, *_OUTPUTS], additionalProperties=False
    ),
]
"""With what holds for several of its fields at once."""
DECISION_BODY = Annotated[DecisionBody, Schema(additionalProperties=False)]

EVENTS_BODY = Schema(
    description="Events of the schema of Event Grid or of CloudEvents: one, or an array of at most 100.",
    oneOf=[{"type": "object"}, {"type": "array", "items": {"type": "object"}, "maxItems": 100}],
)
