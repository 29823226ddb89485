"""Until when a recording is kept: which classes count, the longest of them, and what is done on a day."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from recording.core.model import Actor, CatalogEntry, Recording
from recording.core.retention.classes import Afterwards, RetentionClass, RetentionClasses, TierMove


class Kept(StrEnum):
    """Why a recording has no end: it is kept, and a person can see that."""

    NO_CLASS = "no class"
    """No rule gave it one, and there is no default."""
    UNKNOWN_CLASS = "unknown class"
    """It, or a recording that continues it, has a class that is not declared: how long is not known."""
    END_UNKNOWN = "end unknown"
    """It is not known when it ended, or its days lead beyond every calendar."""
    CLASSES_UNKNOWN = "RETENTION_CLASSES cannot be read"
    """Nothing can be said now: it is looked at again as soon as they can."""
    JOINED_UNREAD = "a recording that it continues, or that continues it, cannot be read"
    """They end together, so nothing can be said now: it is looked at again each day."""


@dataclass(frozen=True, slots=True)
class Duty:
    """A recording is kept until a day, by a class; on that day, or later, `afterwards` is done."""

    retention_class: str
    ends_on: date
    afterwards: Afterwards


class Choice(StrEnum):
    """What a person decides about a recording whose class asks when its days are over."""

    DELETE = "delete"
    KEEP = "keep"
    """Until another day, on which it is asked again."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a person has decided, about the end that the recording had then."""

    choice: Choice
    ends_on: date
    until: date | None
    by: Actor
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class NoEnd:
    """A recording is kept for good, and flagged."""

    reason: Kept


def class_of(recording: Recording) -> str:
    """The class that a rule gave it; empty if none did."""
    return recording.applied.retention_class if recording.applied else ""


def ended_at(recording: Recording) -> datetime | None:
    """From when its days are counted: the latest that this app's own clock knows of its end.

    What an event says of itself counts only where nothing else is known: a wrong date must not end a recording early,
    or keep it for centuries.
    """
    own = [moment for moment in (recording.stopped_at, recording.announced_at) if moment is not None]
    if own:
        return max(own)
    if recording.started_at is None:
        return None
    try:
        return recording.started_at + (recording.duration or timedelta())
    except OverflowError:
        return None


def duty_of(joined: Sequence[CatalogEntry], by_holds: Iterable[str], classes: RetentionClasses) -> Duty | NoEnd:
    """Until when a recording is kept: the longest of all duties.

    Args:
        joined: the recording, and those of its call that continue it or that it continues: they end together.
        by_holds: the classes of the holds that cover it, or have covered it, any of them.
        classes: those that are declared.
    """
    if not classes.are_known:
        return NoEnd(Kept.CLASSES_UNKNOWN)
    named: list[tuple[str, datetime]] = []
    for entry in joined:
        at = ended_at(entry.recording)
        if at is None:
            return NoEnd(Kept.END_UNKNOWN)
        named.append((class_of(entry.recording) or classes.default, at))
    latest = max(at for _, at in named)
    named += [(name, latest) for name in by_holds if name]
    if not all(name for name, _ in named):
        return NoEnd(Kept.NO_CLASS)
    found = [(classes.find(name), at) for name, at in named]
    duties = [_duty(one, at) for one, at in found if one is not None]
    if len(duties) < len(found):
        return NoEnd(Kept.UNKNOWN_CLASS)
    known = [one for one in duties if one is not None]
    if len(known) < len(duties):
        return NoEnd(Kept.END_UNKNOWN)
    # On the same day a person is asked rather than not.
    return max(known, key=lambda one: (one.ends_on, one.afterwards is Afterwards.ASK))


def _duty(one: RetentionClass, at: datetime) -> Duty | None:
    """The first day on which all days of the class are over; None if no calendar has it."""
    try:
        end = at.astimezone(UTC) + timedelta(days=one.days)
        day = end.date()
        is_midnight = end == datetime(end.year, end.month, end.day, tzinfo=UTC)
        return Duty(one.name, day if is_midnight else day + timedelta(days=1), one.afterwards)
    except OverflowError:
        return None


def with_choice(duty: Duty | NoEnd, chosen: Chosen | None) -> tuple[Duty | NoEnd, bool]:
    """The duty after what a person has decided, and whether it may be deleted at its end without another question.

    A decision to delete is about the end that the person has seen: if the duty has become longer, it is asked again.
    """
    if chosen is None or isinstance(duty, NoEnd):
        return duty, False
    if chosen.until is not None and chosen.until > duty.ends_on:
        return Duty(duty.retention_class, chosen.until, Afterwards.ASK), False
    return duty, chosen.choice is Choice.DELETE and chosen.ends_on == duty.ends_on


class Step(StrEnum):
    """What is done with a recording whose row says that its days are over."""

    DELETE = "delete"
    ASK = "ask"
    WAIT = "wait"
    """Its days are not over, by what is known now."""
    HELD = "held"
    """It is left as long as a hold covers it."""
    BUSY = "busy"
    """Something of it is still being done: it is looked at again on the next day."""
    KEEP = "keep"
    """It has no end."""


def step_on(day: date, duty: Duty | NoEnd, *, is_held: bool, is_busy: bool, is_decided: bool = False) -> Step:
    """What is done on a day; the only place that says that a recording is deleted.

    Args:
        day: today (UTC).
        duty: as it is now, not as a row says.
        is_held: whether a hold covers it.
        is_busy: whether it is not complete, or owes anything.
        is_decided: whether a person has decided that it is deleted when its days are over.
    """
    if isinstance(duty, NoEnd):
        return Step.KEEP
    if day < duty.ends_on:
        return Step.WAIT
    if is_held:
        return Step.HELD
    if is_busy:
        return Step.BUSY
    if duty.afterwards is Afterwards.ASK and not is_decided:
        return Step.ASK
    return Step.DELETE


def is_busy(entry: CatalogEntry) -> bool:
    """Whether a recording is not complete, or owes anything."""
    recording = entry.recording
    return recording.completed_at is None or recording.opening.at is not None


def protected_until(entry: CatalogEntry, immutable_days: int) -> date | None:
    """The first day on which nothing protects its blobs any more; None if nothing does.

    Args:
        entry: the recording.
        immutable_days: for which nobody can delete a blob after its commit; 0: for none.
    """
    proven = [chunk.proof.verified_at for chunk in entry if chunk.proof is not None]
    written = [*proven, *([entry.recording.completed_at] if entry.recording.completed_at else [])]
    if not immutable_days or not written:
        return None
    return max(written).astimezone(UTC).date() + timedelta(days=immutable_days + 1)


def guarded_until(entry: CatalogEntry, one: RetentionClass) -> datetime | None:
    """Until when nobody may be able to delete its blobs by its class; None if it asks for no such days."""
    at = ended_at(entry.recording)
    if not one.worm_days or at is None:
        return None
    return datetime.combine(at.astimezone(UTC).date() + timedelta(days=one.worm_days), time(), UTC)


def next_move(entry: CatalogEntry, one: RetentionClass, done: Collection[str]) -> tuple[date, TierMove] | None:
    """The next move of its media into another tier, and the first day for it; None if no more are to come."""
    at = ended_at(entry.recording)
    for move in one.moves:
        if move.tier not in done and at is not None:
            return at.astimezone(UTC).date() + timedelta(days=move.after_days + 1), move
    return None
