"""What happens to a recording while it runs: orders, pauses, and the recording that continues another."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from recording.core.model.words import Actor, RecordingId, RecordingState


@dataclass(frozen=True, slots=True)
class Reaction:
    """What a rule wants done when a recording does not record although it should; the defaults only tell a person.

    Attributes:
        restart: whether a new recording of the call is started when one ends unasked while the call goes on.
        pause_limit: after what time a pause is too long; None: the usual limit.
        resumes_at_limit: whether it is resumed then; else a person is told.
        tries: how many more times to start a recording that was accepted and never began.
    """

    restart: bool = False
    pause_limit: timedelta | None = None
    resumes_at_limit: bool = False
    tries: int = 0


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
