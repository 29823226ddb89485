"""Pauses, and recordings of one call that continue each other, as JSON: alike in API, manifest and notification."""

from recording.core.model import Recording
from recording.core.times import format_known, format_time


def joined_fields(recording: Recording) -> dict[str, object]:
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


def pauses_view(recording: Recording, *, with_actors: bool) -> list[dict[str, object]]:
    """The pauses, in order; `to` is null for one that lasts, or lasted until the end. Actors may be people."""
    return [
        {
            "from": format_time(pause.since),
            "to": format_known(pause.until),
            **({"by": pause.by, "endedBy": pause.until_by} if with_actors else {}),
        }
        for pause in recording.pauses
    ]
