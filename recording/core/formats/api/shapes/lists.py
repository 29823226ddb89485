"""Lists of recordings as the API answers them, and the history of one."""

from typing import Annotated, TypedDict

from recording.core.formats.api.shapes.recordings import Known
from recording.core.formats.schema import Count, Moment, Schema
from recording.core.model import RecordingState


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


class SummaryPage(TypedDict):
    """A page of recordings; `next` is given as `after` for the next page, and null after the last."""

    recordings: list[Summary]
    next: str | None


class OwedPage(TypedDict):
    """A page of what is owed; `next` is given as `after` for the next page, and null after the last."""

    owed: list[Owed]
    next: str | None
