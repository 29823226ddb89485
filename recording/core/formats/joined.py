"""Pauses, and recordings of one call that continue each other, as JSON: alike in API, manifest and notification."""

from typing import Annotated, NotRequired, TypedDict

from recording.core.formats.schema import Moment, Schema
from recording.core.model import Recording
from recording.core.times import format_known, format_time


class Continued(TypedDict):
    """The recording of the same call before this one, and the gap that nothing has recorded."""

    recordingId: str
    gapFrom: Moment
    gapTo: Moment | None


class Joined(TypedDict):
    """What a recording continues, and by what it is continued."""

    continues: Continued | None
    continuedBy: Annotated[str | None, Schema(description="The id of the next recording of the same call.")]


PauseView = TypedDict(
    "PauseView",
    {"from": Moment, "to": Moment | None, "by": NotRequired[str], "endedBy": NotRequired[str | None]},
)
"""A pause, and who began and ended it; `to` is null for one that lasts, or lasted until the end."""


def joined_fields(recording: Recording) -> Joined:
    """What the recording continues, with the gap that nothing has recorded, and by what it is continued."""
    earlier = recording.continues
    return {
        "continues": None
        if earlier is None
        else {
            "recordingId": earlier.recording_id,
            "gapFrom": format_time(earlier.since),
            "gapTo": format_known(recording.started_at or recording.requested_at),
        },
        "continuedBy": recording.continued_by,
    }


def pauses_view(recording: Recording, *, with_actors: bool) -> list[PauseView]:
    """The pauses, in order; `to` is null for one that lasts, or lasted until the end. Actors may be people."""
    found: list[PauseView] = []
    for pause in recording.pauses:
        view: PauseView = {"from": format_time(pause.since), "to": format_known(pause.until)}
        found.append({**view, "by": pause.by, "endedBy": pause.until_by} if with_actors else view)
    return found
