"""The bodies of requests for exports as types, with their names on the wire; `exports` reads them."""

from typing import Annotated, NotRequired, TypedDict

from recording.core.formats import reading
from recording.core.formats.api.decisions import LONGEST_NAME
from recording.core.formats.api.exports import MOST_IDS, MOST_MINUTES, SUBJECTS, USUAL_MINUTES
from recording.core.formats.api.paging import LONGEST_SECONDS, OUTPUTS
from recording.core.formats.schema import Schema
from recording.core.model import RecordingState
from recording.core.records.exporting import Rule
from recording.core.records.own_keys import KEY_PATTERN, LONGEST_PURPOSE

_NOT_BLANK = r"\S"
type _Id = Annotated[str, Schema(minLength=1, maxLength=reading.LONGEST_ID, pattern=_NOT_BLANK)]
type _Day = Annotated[str, Schema(format="date")]
type _Seconds = Annotated[int, Schema(minimum=0, maximum=LONGEST_SECONDS)]
type Purpose = Annotated[
    str, Schema(minLength=1, maxLength=LONGEST_PURPOSE, pattern=_NOT_BLANK, description="What for; put on record.")
]
type By = Annotated[
    str,
    Schema(
        minLength=1,
        maxLength=LONGEST_NAME,
        pattern=_NOT_BLANK,
        description="Who asks: needed with the function key, and left out with a token, which says who.",
    ),
]


class ExportedPerson(TypedDict):
    """Whose recordings: an own key, or a raw id of the service."""

    key: NotRequired[Annotated[str, Schema(pattern=f"^{KEY_PATTERN}$")]]
    rawId: NotRequired[_Id]


class ExportedCall(TypedDict):
    """A call by any of its ids, and the day (UTC) on which its recordings were first known."""

    id: _Id
    day: _Day


class ExportedSearch(TypedDict):
    """Recordings that were first known on these days (UTC), and what else is asked of them."""

    firstDay: _Day
    lastDay: _Day
    state: NotRequired[RecordingState]
    call: NotRequired[_Id]
    output: NotRequired[Annotated[str, Schema(enum=list(OUTPUTS))]]
    retentionClass: NotRequired[_Id]
    held: NotRequired[bool]
    minSeconds: NotRequired[_Seconds]
    maxSeconds: NotRequired[_Seconds]


class ExportBody(TypedDict):
    """What is to be exported, for what, and what of the voices of others goes with it."""

    purpose: Purpose
    rule: Rule
    person: NotRequired[
        Annotated[
            ExportedPerson,
            Schema(oneOf=[{"required": ["key"]}, {"required": ["rawId"]}], additionalProperties=False),
        ]
    ]
    call: NotRequired[Annotated[ExportedCall, Schema(additionalProperties=False)]]
    search: NotRequired[Annotated[ExportedSearch, Schema(additionalProperties=False)]]
    recordingIds: NotRequired[
        Annotated[
            list[str],
            Schema(
                minItems=1,
                maxItems=MOST_IDS,
                items={"type": "string", "minLength": 1, "maxLength": reading.LONGEST_ID, "pattern": _NOT_BLANK},
            ),
        ]
    ]
    by: NotRequired[By]


class LinkBody(TypedDict):
    """For what a link is made, and for how long it holds."""

    purpose: Purpose
    minutes: NotRequired[Annotated[int, Schema(minimum=1, maximum=MOST_MINUTES, default=USUAL_MINUTES)]]
    by: NotRequired[By]


EXPORT_BODY = Annotated[
    ExportBody, Schema(oneOf=[{"required": [name]} for name in SUBJECTS], additionalProperties=False)
]
LINK_BODY = Annotated[LinkBody, Schema(additionalProperties=False)]
