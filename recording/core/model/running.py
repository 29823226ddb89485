"""What happens to a recording while it runs: orders, pauses, and the recording that continues another."""

from dataclasses import dataclass
from datetime import datetime

from recording.core.model.words import Actor, RecordingId, RecordingState


@dataclass(frozen=True, slots=True)
class Order:
    """What was last ordered of a recording, and by whom; the service may have refused it.

    `state` is the one it leads to: PAUSED, STARTED (by a resume) or STOPPED.
    """

    state: RecordingState
    by: Actor
    at: datetime


@dataclass(frozen=True, slots=True)
class Pause:
    """An interval that is not recorded, and who began and ended it; `until` is None while it lasts.

    `OUTSIDE` stands for anybody but this app: the service told of it.
    """

    since: datetime
    by: Actor
    until: datetime | None = None
    until_by: Actor | None = None


@dataclass(frozen=True, slots=True)
class Continuation:
    """The recording of the same call before this one; `since` is when that did not record any more."""

    recording_id: RecordingId
    since: datetime
