"""Lists of recordings as the API answers them, and the history of one."""

from typing import Annotated, TypedDict

from recording.core.formats.api.shapes.recordings import Known
from recording.core.formats.schema import Count, Moment, Schema
from recording.core.model import RecordingState
from recording.core.records.people import MOST_COUNTED


class Summary(Known):
    """A recording in a list; `error` says why its entry cannot be read, and then little else is known."""

    state: RecordingState | None
    chunks: Count | None
    error: str | None


class Owed(TypedDict):
    """What a recording owes, why, how long is left, what a person is to do, and the chapter of the runbook."""

    recordingId: str
    state: RecordingState | None
    due: Moment | None
    goneBy: Moment | None
    secondsLeft: int | None
    owed: Annotated[list[str], Schema(description="The first 20 things, and how many more.")]
    tries: Count
    lastError: Annotated[str | None, Schema(description="What holds it up.")]
    toDo: str
    see: Annotated[str | None, Schema(description="The chapter of docs/runbook.md.")]


class Happening(TypedDict):
    """Something that happened, once or several times from `at` to `until`; `by` is who did it."""

    at: Moment
    until: Moment | None
    times: Count
    what: str
    by: str
    detail: str | None
    documentId: str | None
    index: int | None


class History(TypedDict):
    """All that happened to a recording, in order."""

    recordingId: str
    history: list[Happening]


class UnknownPeople(TypedDict):
    """Recordings of the time that was asked for in which anybody may be heard: not all their participants are known."""

    count: Annotated[Count, Schema(maximum=MOST_COUNTED)]
    isMore: Annotated[bool, Schema(description="Whether there may be more than were counted.")]
    list: Annotated[str, Schema(description="What lists them; a purpose is to be added.")]


class SummaryPage(TypedDict):
    """A page of recordings; `next` is given as `after` for the next page, and null after the last."""

    recordings: list[Summary]
    next: str | None


class PersonSummary(Summary):
    """A recording of a person: the channels that are theirs, and whether its list of participants is in doubt."""

    channels: list[int]
    doubtful: bool


class PersonPage(TypedDict):
    """A page of recordings of a person; `next` is given as `after` for the next page, and null after the last."""

    recordings: list[PersonSummary]
    next: str | None
    unknown: Annotated[UnknownPeople | None, Schema(description="Null where these are listed themselves.")]


class OwedPage(TypedDict):
    """A page of what is owed; `next` is given as `after` for the next page, and null after the last."""

    owed: list[Owed]
    next: str | None
