"""Holds and retention as the API answers them."""

from typing import Annotated, Literal, NotRequired, TypedDict

from recording.core.formats.schema import Count, Moment, Schema
from recording.core.records.holds import HoldState
from recording.core.retention import Afterwards

type _Day = Annotated[str, Schema(format="date")]


class HoldQuery(TypedDict):
    """What recordings must fit; null for what is not asked for."""

    since: Moment | None
    until: Moment | None
    state: str | None
    call: str | None
    output: str | None
    retentionClass: str | None
    minSeconds: Count | None
    maxSeconds: Count | None


class HoldScope(TypedDict):
    """What a hold covers. Of a person only that it is a person's recordings."""

    kind: Literal["recordings", "call", "person", "query"]
    recordings: NotRequired[list[str]]
    call: NotRequired[str]
    unknownPeople: NotRequired[
        Annotated[bool, Schema(description="Whether recordings are covered too of which it is not known who is heard.")]
    ]
    query: NotRequired[HoldQuery]


class Hold(TypedDict):
    """A hold: what it covers, why, who answers for it, and how far its job is."""

    holdId: str
    state: HoldState
    scope: HoldScope
    future: Annotated[bool, Schema(description="Whether it covers recordings that are archived later.")]
    reason: str
    owner: str
    reviewOn: _Day
    retentionClass: str | None
    madeAt: Moment
    madeBy: str
    endedAt: Moment | None
    endedBy: str | None
    endReason: str | None
    progress: Annotated[
        dict[str, int], Schema(description="On how many recordings it was placed, or from how many taken off.")
    ]


class HoldPage(TypedDict):
    """A page of holds."""

    holds: list[Hold]
    next: str | None


class PlanCount(TypedDict):
    """How many recordings of a class something is done with."""

    retentionClass: str
    afterwards: Afterwards
    waits: Annotated[str | None, Schema(description="What they wait for since the day on which they were to end.")]
    recordings: Count


class RetentionPlan(TypedDict):
    """What ends by the end of a day, as it stands now."""

    day: _Day
    ends: list[PlanCount]
    mostADay: Annotated[Count, Schema(description="No more are deleted on a day.")]
    deleting: Annotated[Count, Schema(description="Those whose deletion has begun, and is not finished.")]
    held: Annotated[Count, Schema(description="Those that end only after the last hold on them.")]
    kept: Annotated[Count, Schema(description="Those that have no end: their class is missing or not known.")]
    isMore: Annotated[bool, Schema(description="Whether one of the numbers is only the least.")]


class AskedEnd(TypedDict):
    """A recording whose days are over, and about which a person decides."""

    recordingId: str
    retentionClass: str
    endsOn: _Day


class AskedPage(TypedDict):
    """A page of such recordings."""

    recordings: list[AskedEnd]
    next: str | None


class EndView(TypedDict):
    """Until when a recording is kept."""

    recordingId: str
    retentionClass: str | None
    endsOn: _Day | None
    afterwards: Afterwards | None
    waits: str | None
