"""What is to be done, beside telling a person, when a recording does not record although it should."""

from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum, auto

from recording.core.lifecycle import runs
from recording.core.model import APP, CatalogEntry, Reaction, Recording, RecordingState

NEVER_ACTIVE = timedelta(minutes=5)
"""By then a recording that the service accepted must have begun."""
_RESTARTS = timedelta(hours=1)
"""For so long a restart that fails is tried again."""


NO_REACTION = Reaction()


class Act(Enum):
    """What is done now."""

    RESTART = auto()
    """Start a new recording of the call, in place of this one."""
    STOP_AND_RESTART = auto()
    """The same, but the service may still have this one, which has never recorded."""
    RESUME = auto()


def reaction_of(entry: CatalogEntry, usual_limit: timedelta | None) -> Reaction:
    """What the rule of a recording wants; `usual_limit` is that of a pause where the rule has none."""
    applied = entry.recording.applied
    reaction = NO_REACTION if applied is None else applied.reaction
    return reaction if reaction.pause_limit is not None else replace(reaction, pause_limit=usual_limit)


def act_due(entry: CatalogEntry, reaction: Reaction, now: datetime) -> Act | None:
    """What the reaction wants now; None for nothing."""
    recording, ordered = entry.recording, entry.recording.ordered
    if recording.continued_by is not None or recording.withdrawn is not None:
        return None
    is_stopped = ordered is not None and ordered.state is RecordingState.STOPPED
    if recording.interrupted_at is not None:
        is_wanted = reaction.restart and not is_stopped and now - recording.interrupted_at < _RESTARTS
        return Act.RESTART if is_wanted else None
    if not runs(entry) or (is_stopped and ordered is not None and ordered.by != APP):
        return None  # also if the service has not answered whoever stopped it
    # The last answer about one that was resumed may be from before that.
    known_at = recording.checked_at if recording.pauses else None
    if is_never_active(recording, known_at or now):
        return Act.STOP_AND_RESTART if recording.attempt <= reaction.tries else None
    return Act.RESUME if reaction.resumes_at_limit and paused_too_long(recording, reaction, now) else None


def may_go_on(recording: Recording) -> bool:
    """Whether another recording may be started in place of this one, which does not record."""
    reaction = NO_REACTION if recording.applied is None else recording.applied.reaction
    is_stopped = recording.ordered is not None and recording.ordered.state is RecordingState.STOPPED
    return (reaction.restart or reaction.tries > 0) and recording.withdrawn is None and not is_stopped


def is_never_active(recording: Recording, now: datetime) -> bool:
    """Whether the service accepted the start, and does not record: as it says itself, or for `NEVER_ACTIVE`.

    One that was paused from the start on begins when it is resumed.
    """
    last = recording.pauses[-1] if recording.pauses else None
    begun = recording.requested_at if last is None else last.until
    if recording.active_at is not None or begun is None:
        return False
    return recording.failed_at is not None or now - begun >= NEVER_ACTIVE


def paused_too_long(recording: Recording, reaction: Reaction, now: datetime) -> bool:
    """Whether a pause that lasts is longer than its limit."""
    pause, limit = recording.open_pause, reaction.pause_limit
    return pause is not None and limit is not None and now - pause.since >= limit
