"""The bodies of requests about holds and ends, as types with their names on the wire."""

from typing import Annotated, NotRequired, TypedDict

from recording.core.formats import reading
from recording.core.formats.api.decisions import LONGEST_NAME, LONGEST_REASON
from recording.core.formats.api.holds import MOST_NAMED, WHATS
from recording.core.formats.api.paging import LONGEST_SECONDS, OUTPUTS
from recording.core.formats.schema import Schema
from recording.core.model import RecordingState
from recording.core.records.own_keys import KEY_PATTERN
from recording.core.retention import Choice

_NOT_BLANK = r"\S"
type _Id = Annotated[str, Schema(minLength=1, maxLength=reading.LONGEST_ID, pattern=_NOT_BLANK)]
type _Seconds = Annotated[int, Schema(minimum=0, maximum=LONGEST_SECONDS)]
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


class QueryBody(TypedDict):
    """What recordings must fit: the day or moment from which on they began, and what a search can ask for."""

    since: str
    until: NotRequired[str]
    state: NotRequired[RecordingState]
    call: NotRequired[_Id]
    output: NotRequired[Annotated[str, Schema(enum=list(OUTPUTS))]]
    retentionClass: NotRequired[_Id]
    minSeconds: NotRequired[_Seconds]
    maxSeconds: NotRequired[_Seconds]


class HoldBody(TypedDict):
    """What is to be held, why, who answers for it, and when somebody is to look whether it is still needed."""

    recordings: NotRequired[
        Annotated[
            list[str],
            Schema(
                minItems=1,
                maxItems=MOST_NAMED,
                items={"type": "string", "minLength": 1, "maxLength": reading.LONGEST_ID},
            ),
        ]
    ]
    call: NotRequired[_Id]
    person: NotRequired[Annotated[str, Schema(pattern=f"^{KEY_PATTERN}$", description="An own key of the person.")]]
    rawId: NotRequired[Annotated[str, Schema(minLength=1, description="A raw id or a telephone number.")]]
    query: NotRequired[Annotated[QueryBody, Schema(additionalProperties=False)]]
    future: NotRequired[Annotated[bool, Schema(description="Those too that are archived later.")]]
    unknownPeople: NotRequired[
        Annotated[bool, Schema(description="Those too of which it is not known for sure who is heard; unless false.")]
    ]
    reason: _Reason
    owner: Annotated[str, Schema(minLength=1, maxLength=LONGEST_NAME, pattern=_NOT_BLANK)]
    reviewOn: Annotated[str, Schema(format="date")]
    retentionClass: NotRequired[
        Annotated[str, Schema(minLength=1, maxLength=40, description="What it covers is kept so long at least.")]
    ]
    by: NotRequired[_By]


class EndHoldBody(TypedDict):
    """Why a hold ends, and who ends it."""

    reason: _Reason
    by: NotRequired[_By]


class ChoiceBody(TypedDict):
    """What is done with a recording whose days are over."""

    decision: Choice
    endsOn: Annotated[str, Schema(format="date", description="Its end, as it was shown.")]
    until: NotRequired[Annotated[str, Schema(format="date", description="To keep it: until when.")]]
    reason: _Reason
    by: NotRequired[_By]


HOLD_BODY = Annotated[HoldBody, Schema(oneOf=[{"required": [name]} for name in WHATS], additionalProperties=False)]
END_HOLD_BODY = Annotated[EndHoldBody, Schema(additionalProperties=False)]
CHOICE_BODY = Annotated[ChoiceBody, Schema(additionalProperties=False)]
