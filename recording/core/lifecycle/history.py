"""The history of a recording: what happened to it, for people. Nothing is decided by it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain
from typing import Any

from recording.core.lifecycle.facts import (
    Announced,
    Archived,
    Checked,
    Compared,
    Completed,
    Consented,
    ConsentWithdrawn,
    Continued,
    Damaged,
    Decided,
    Denied,
    Disputed,
    Expired,
    Fact,
    Failed,
    FoundBySweep,
    GivenUp,
    Joined,
    Kept,
    MetadataArchived,
    Missed,
    NeverCame,
    Ordered,
    OverflowClosed,
    Overflowed,
    ParticipantsSeen,
    Quarantined,
    ReadOn,
    Started,
    StartFailed,
    Told,
    Warned,
)
from recording.core.lifecycle.records_facts import (
    ErasureBegun,
    Rebuilt,
    Rewritten,
    UnlinkBegun,
    Unlinked,
    UnlinkGivenUp,
)
from recording.core.model import Actor, CatalogEntry, DocumentId, Happened

MOST_HISTORY = 500
MOST_TEXT = 64_000
"""Characters of all details and ids in it: an entry must be stored, whatever its events and errors contain.

If there is more of either, the oldest failure is dropped; if there is none, the oldest of what was added last, but no
decision of a person while anything else was added last.
"""
_MOST_DETAIL = 1000
DECISIONS = frozenset({Decided.__name__, GivenUp.__name__, ConsentWithdrawn.__name__})
"""What a person has decided."""


def with_history(
    before: CatalogEntry | None, after: CatalogEntry, fact: Fact, now: datetime, by: Actor
) -> CatalogEntry:
    """The entry after a fact that has changed it, with the fact in its history."""
    if isinstance(fact, Told | Compared | ParticipantsSeen | ReadOn) or (
        isinstance(fact, Checked) and before and _seems_the_same(before, after)
    ):
        return after
    known = after.recording.history  # as it was before: only `Rebuilt` brings one
    new = Happened(now, type(fact).__name__, by, _detail(fact), _document_of(fact))
    return replace(after, recording=replace(after.recording, history=_added(known, new)))


def with_refusal(entry: CatalogEntry, fact: Fact, now: datetime, by: Actor, why: str) -> CatalogEntry:
    """The entry after a fact that was refused, with that in its history, and nothing of what the fact says."""
    new = Happened(now, type(fact).__name__, by, why)
    return replace(entry, recording=replace(entry.recording, history=_added(entry.recording.history, new)))


def _seems_the_same(before: CatalogEntry, after: CatalogEntry) -> bool:
    """Whether an answer of the service has changed nothing that people ask about."""
    one, other = before.recording, after.recording
    return (one.state, one.pauses, one.interrupted_at) == (other.state, other.pauses, other.interrupted_at)


def _added(known: tuple[Happened, ...], new: Happened) -> tuple[Happened, ...]:
    if known:
        last = known[-1]
        if (last.what, last.by, last.detail, last.document_id) == (new.what, new.by, new.detail, new.document_id):
            return (*known[:-1], replace(last, times=last.times + 1, until=new.at))
    left, room = list(known), MOST_TEXT - sum(map(_length, known)) - _length(new)
    while left and (len(left) >= MOST_HISTORY or room < 0):
        room += _length(left.pop(_dropped_first(left)))
    return (*left, new)


def _dropped_first(known: Sequence[Happened]) -> int:
    half = len(known) // 2  # the first half, which says how it began, stays
    failures = (place for place, one in enumerate(known) if one.what == Failed.__name__)
    others = (place for place in range(half, len(known)) if known[place].what not in DECISIONS)
    return next(chain(failures, others), half)


def _length(one: Happened) -> int:
    return len(one.detail) + len(one.by) + len(one.document_id or "")


def _document_of(fact: Fact) -> DocumentId | None:
    return getattr(fact, "document_id", None)


def _detail(fact: Fact) -> str:
    describe = _DETAILS.get(type(fact))
    found = "" if describe is None else describe(fact)
    return found if len(found) <= _MOST_DETAIL else f"{found[:_MOST_DETAIL]}…"


def _started(fact: Started) -> str:
    applied = fact.applied
    by = f", by rule {applied.rule}: {applied.reason}" if applied else ""
    consent = f"; consent {fact.consent.kind}" if fact.consent else ""
    return f"{fact.output}{by}{consent}"


def _announced(fact: Announced) -> str:
    unread = f", {len(fact.event.unread)} that cannot be read" if fact.event.unread else ""
    return f"event {fact.event.event_id} by {fact.door}: {len(fact.chunks)} chunks{unread}"


def _failed(fact: Failed | Expired) -> str:
    return f"{fact.failure.operation}: {fact.failure.code}: {fact.failure.cause}"


def _reasons(fact: Quarantined | Disputed) -> str:
    return "; ".join(fact.reasons)


def _reason(fact: Kept | Missed | NeverCame | GivenUp) -> str:
    return fact.reason


_DETAILS: Mapping[type, Callable[[Any], str]] = {
    Started: _started,
    Consented: lambda fact: fact.evidence.operations[-1].what if fact.evidence.operations else "",
    ConsentWithdrawn: lambda fact: fact.reason,
    Joined: lambda fact: f"it continues {fact.earlier}",
    Continued: lambda fact: fact.later,
    Ordered: lambda fact: f"to be {fact.state}",
    StartFailed: lambda fact: fact.cause,
    Denied: lambda fact: fact.how,
    Checked: lambda fact: "the service says that it records" if fact.is_active else "the service says inactive",
    Announced: _announced,
    Archived: lambda fact: f"{fact.proof.length} bytes as {fact.proof.name}, digest {fact.proof.digest.sha256}",
    MetadataArchived: lambda fact: f"{fact.metadata.length} bytes as {fact.metadata.name}",
    Quarantined: _reasons,
    Disputed: _reasons,
    Damaged: lambda fact: fact.cause,
    Failed: _failed,
    Overflowed: lambda fact: f"{fact.proof.length} bytes as {fact.proof.name}, in the second account",
    OverflowClosed: lambda fact: fact.left,
    Expired: _failed,
    Kept: _reason,
    Missed: _reason,
    NeverCame: _reason,
    Decided: lambda fact: f"{fact.ruling}: {fact.reason}",
    GivenUp: _reason,
    Warned: lambda fact: f"{fact.stage}: {fact.reason}",
    FoundBySweep: lambda fact: fact.what,
    Completed: lambda fact: "; ".join((fact.manifest_name, *fact.lacks)),
    ErasureBegun: lambda fact: fact.reason,
    Rebuilt: lambda fact: fact.sources,
    UnlinkBegun: lambda fact: f"by erasure {fact.erasure_id}",
    UnlinkGivenUp: lambda fact: f"by erasure {fact.erasure_id}",
    Rewritten: lambda fact: f"by erasure {fact.erasure_id}",
    Unlinked: lambda fact: f"by erasure {fact.erasure_id}",
}
"""What is said of a fact besides its name; nothing of the others."""
