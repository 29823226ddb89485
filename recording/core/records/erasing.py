"""What an erasure is of, what defers it for a recording, and the plan that is shown before anything is done."""

import hashlib
import json
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from recording.core.lifecycle import why_not_erased, why_not_unlinked
from recording.core.model import CatalogEntry, Chunk, RecordingId
from recording.core.records.holds import Hold
from recording.core.retention import Duty, Kept, NoEnd
from recording.core.times import format_known

MOST_SHOWN = 500
"""Recordings of a plan that are shown; its hash is over all of them."""
_UNKNOWN_DUTIES = {
    Kept.UNKNOWN_CLASS: "a class that is not declared",
    Kept.CLASSES_UNKNOWN: "classes that cannot be read",
    Kept.JOINED_UNREAD: "that of a recording that cannot be read, and with which it ends",
}
"""Nobody can say that these recordings have no duty."""


class Mode(StrEnum):
    """What becomes of a person's recordings."""

    WHOLE = "whole"
    """They are erased, with everybody in them."""
    UNLINK = "unlink"
    """The person is taken out of what says who is heard in them; the media are kept."""
    MUTE = "mute"
    """As `UNLINK`, and their own channel of unmixed wav is silent from then on."""


@dataclass(frozen=True, slots=True)
class Erase:
    """An erasure as it was asked for.

    Attributes:
        raw_ids: of the person, each in one spelling; empty once nothing is left to be erased.
        key: the customer's own key of the person, if it was asked for by that.
        purpose: why, in the words of whoever asked.
        overrides_duties: whether the days of a retention class do not defer it.
    """

    mode: Mode
    purpose: str
    raw_ids: tuple[str, ...] = field(default=(), repr=False)
    key: str = field(default="", repr=False)
    overrides_duties: bool = False


class Why(StrEnum):
    """What defers the erasure of a recording."""

    HOLD = "hold"
    DUTY = "duty"
    """Its retention class keeps it until a day."""
    PROTECTED = "protected"
    """Nobody can delete its blobs until a day."""
    OPEN = "open"
    """It is not archived to its end."""
    MODE = "mode"
    """What the mode asks for cannot be done to it; it can be erased whole."""


@dataclass(frozen=True, slots=True)
class Deferral:
    """Why a recording is not erased now: `by` which hold or class, or in words; and until when, if that is known."""

    why: Why
    by: str
    until: date | None = None


UNREADABLE = Deferral(Why.OPEN, "its entry cannot be read")
"""One recording must not keep the others from being erased; it is looked at again each day."""
LOST = Deferral(Why.OPEN, "the catalog has lost its entry: rebuild it")


@dataclass(frozen=True, slots=True)
class Planned:
    """A recording of a plan.

    Attributes:
        others: how many other participants are heard in it, whose recording it is too.
        is_doubtful: whether it is not sure who is heard in it.
        deferred: why it is not erased now; empty if it is.
    """

    recording_id: RecordingId
    revision: int
    started_at: datetime | None
    chunks: int
    length: int
    others: int
    is_doubtful: bool
    deferred: tuple[Deferral, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What an erasure would do. `unknown`: how many recordings may be of anybody, none of which is touched."""

    erase: Erase
    recordings: tuple[Planned, ...]
    unknown: int

    @property
    def hash(self) -> str:
        """The same for the same plan, whenever it is made; whoever executes it says by this what they have seen."""
        fields = {
            "mode": self.erase.mode,
            "purpose": self.erase.purpose,
            "people": sorted(self.erase.raw_ids),
            "overridesDuties": self.erase.overrides_duties,
            "recordings": [_fields(one) for one in sorted(self.recordings, key=lambda one: one.recording_id)],
        }
        text = json.dumps(fields, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def deferrals(
    entry: CatalogEntry,
    now: datetime,
    *,
    holds: Collection[Hold],
    duty: Duty | NoEnd,
    protected: date | None,
    overrides_duties: bool,
    mode: Mode = Mode.WHOLE,
) -> tuple[Deferral, ...]:
    """Why a recording is not erased now.

    Args:
        entry: the recording.
        now: the time.
        holds: those that cover it.
        duty: until when its class keeps it.
        protected: the first day on which nothing protects its blobs; None if nothing does.
        overrides_duties: see `Erase`.
        mode: what becomes of it.
    """
    found = [Deferral(Why.HOLD, hold.hold_id) for hold in sorted(holds, key=lambda hold: hold.hold_id)]
    today = now.date()
    if isinstance(duty, Duty) and duty.ends_on > today and not overrides_duties:
        found.append(Deferral(Why.DUTY, duty.retention_class, duty.ends_on))
    unknown = _UNKNOWN_DUTIES.get(duty.reason) if isinstance(duty, NoEnd) else None
    if unknown and not overrides_duties:
        found.append(Deferral(Why.DUTY, unknown))
    if protected is not None and protected > today:
        found.append(Deferral(Why.PROTECTED, "its blobs are immutable", protected))
    why_open = (why_not_erased if mode is Mode.WHOLE else why_not_unlinked)(entry, now)
    if why_open:
        found.append(Deferral(Why.OPEN, why_open))
    if mode is not Mode.WHOLE and any(map(_is_native, entry)):
        found.append(Deferral(Why.MODE, "its metadata file is in a native container, which is not this app's"))
    return tuple(found)


def planned(entry: CatalogEntry, others: int, deferred: tuple[Deferral, ...], *, is_doubtful: bool) -> Planned:
    """A recording as a plan has it."""
    recording = entry.recording
    return Planned(
        recording.recording_id,
        recording.revision,
        recording.started_at or recording.requested_at or recording.announced_at,
        len(entry.chunks),
        sum(chunk.proof.length for chunk in entry if chunk.proof is not None),
        others,
        is_doubtful,
        deferred,
    )


def planned_unread(recording_id: RecordingId, at: datetime, why: Deferral) -> Planned:
    """A recording as a plan has it whose entry cannot be read: that it is the person's, since when, and why not."""
    return Planned(recording_id, 0, at, 0, 0, 0, is_doubtful=True, deferred=(why,))


def is_one_of(raw_ids: Collection[str], spelling: Callable[[str], str]) -> Callable[[str], bool]:
    """Whether a raw id, in any spelling, is one of these."""
    known = {spelling(raw_id) for raw_id in raw_ids}
    return lambda raw_id: spelling(raw_id) in known


def _is_native(chunk: Chunk) -> bool:
    """Whether the service's own metadata file of it stands in a native container, or may."""
    metadata = chunk.proof.metadata if chunk.proof else None
    return chunk.is_native or bool(chunk.proof and chunk.proof.container) or bool(metadata and metadata.container)


def _fields(one: Planned) -> dict[str, object]:
    return {
        "recordingId": one.recording_id,
        "revision": one.revision,
        "startedAt": format_known(one.started_at),
        "chunks": one.chunks,
        "length": one.length,
        "others": one.others,
        "isDoubtful": one.is_doubtful,
        "deferred": [[two.why, two.by, two.until and two.until.isoformat()] for two in one.deferred],
    }
