"""What became of the events of a request."""

from typing import Literal, NotRequired, TypedDict

type Outcome = Literal[
    "again",
    "announced",
    "asked for consent",
    "ended",
    "ignored",
    "not recorded",
    "noted",
    "recording",
    "refused",
    "validated",
    "waiting",
]


class OutcomeMore(TypedDict, total=False):
    """What more is said of an event: the recording that it started, or why not: by which rule or field."""

    recordingId: str
    rule: str
    field: str
    reason: str


class EventOutcome(OutcomeMore):
    """What became of one event of a request."""

    id: str
    outcome: Outcome


class EventsAnswer(TypedDict):
    """What became of each event of a request, or the answer to the handshake of Event Grid."""

    events: NotRequired[list[EventOutcome]]
    validationResponse: NotRequired[str]
