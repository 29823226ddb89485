"""Until when each recording is kept: one row about it, and one in the order of the days on which recordings end.

The row of the order is written before the row about the recording says so, and the one before is deleted after that.
So a recording may have a row too many, which the daily pass removes, and never one too few. The order is one partition
whose keys begin with the day: what is over is a range of keys, so that nobody needs to know on which days rows were
left, and what the daily pass asks for does not grow with the archive.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import msgspec

from recording import log
from recording.core.errors import EntryUnreadable, NewerSchema
from recording.core.model import CatalogEntry, RecordingId, RecordingState
from recording.core.naming import encode
from recording.core.retention import (
    Afterwards,
    Chosen,
    Duty,
    Kept,
    NoEnd,
    RetentionClasses,
    duty_of,
    protected_until,
    with_choice,
)
from recording.ports import Catalog, Index, IndexPage, IndexRow
from recording.records.filing import about
from recording.records.keeping.holding import Holding
from recording.records.keeping.kept_choices import KeptChoices
from recording.records.keeping.moving import Moving

ENDS = "ends"
"""The partition of the recordings that have an end, by its day."""
ASKED = "ends-asked"
"""Of those whose days are over, and about which a person is asked."""
HELD = "ends-held"
"""Of those that a hold covers."""
KEPT = "ends-never"
"""Of those that have no end."""
PROTECTED = "its blobs cannot be deleted yet"
_DUTY = "duty"
_CHOICE = "duty-choice"
_UNREAD = NoEnd(Kept.JOINED_UNREAD)
_MOST_JOINED = 20
"""Recordings of one call that continue each other."""


@dataclass(frozen=True, slots=True)
class End:
    """A row of the order, and likewise the row about the recording.

    Attributes:
        partition, key: of the row of the order.
        ends_on: the day; None for one that has no end.
        retention_class: by which; empty if there is none.
        why: what it waits for beyond that day, or why it has no end.
    """

    recording_id: RecordingId
    partition: str
    key: str
    ends_on: date | None = None
    retention_class: str = ""
    afterwards: Afterwards | None = None
    why: str = ""


# Created at import: see `adapters.rows`.
_END = msgspec.json.Decoder(End)
_CHOSEN = msgspec.json.Decoder(Chosen)


@dataclass(frozen=True, slots=True)
class Duties:
    """The rows of the ends.

    Attributes:
        kept: copies of what people decide, outside of the index.
        classes: the retention classes that are declared.
        immutable_days: for which nobody can delete a blob after its commit.
    """

    catalog: Catalog
    index: Index
    holding: Holding
    kept: KeptChoices
    classes: RetentionClasses
    immutable_days: int
    moving: Moving
    now: Callable[[], datetime]

    def file(self, entry: CatalogEntry) -> None:
        """Write the rows of a recording, and of those of its call that it continues or that continue it."""
        for one in self._joined(entry)[0]:
            self.place(one)

    def place(self, entry: CatalogEntry, not_before: date | None = None, why: str = "") -> End | None:
        """Write where a recording stands by what is known of it now; None for one that is erased.

        Args:
            entry: the recording.
            not_before: a later day on which it is looked at again.
            why: what it waits for until then.
        """
        recording_id = entry.recording.recording_id
        if entry.recording.state is RecordingState.ERASED:
            self.unfile(recording_id)
            return None
        duty, _ = self.duty_of(entry)
        if duty != _UNREAD:  # else what is known stays as it is
            self.moving.place(entry, duty)
        is_held = bool(self.holding.of(recording_id, entry))
        return self._write(self._end_of(entry, duty, is_held=is_held, not_before=not_before, why=why))

    def ask(self, entry: CatalogEntry, duty: Duty) -> End:
        """Put a recording whose days are over among those about which a person is asked."""
        recording_id = entry.recording.recording_id
        end = End(recording_id, ASKED, encode(recording_id), duty.ends_on, duty.retention_class, duty.afterwards)
        return self._write(end)

    def duty_of(self, entry: CatalogEntry) -> tuple[Duty | NoEnd, bool]:
        """Until when a recording is kept, and whether a person has decided that it may be deleted then."""
        joined, is_all = self._joined(entry)
        if not is_all:
            return _UNREAD, False
        by_holds = [name for one in joined for name in self.holding.classes_of(one.recording.recording_id)]
        return with_choice(duty_of(joined, by_holds, self.classes), self.choice(entry.recording.recording_id))

    def _joined(self, entry: CatalogEntry) -> tuple[tuple[CatalogEntry, ...], bool]:
        """The recording, and those of its call that it continues or that continue it; whether all could be read.

        One that cannot be read, perhaps for good, must keep no other from being filed, or held, or let go by a hold.
        """
        found = {entry.recording.recording_id: entry}
        wanted, is_all = list(_neighbours(entry)), True
        while wanted and len(found) < _MOST_JOINED:
            recording_id = wanted.pop()
            if recording_id in found:
                continue
            try:
                other = self.catalog.load(recording_id)
            except (EntryUnreadable, NewerSchema) as error:
                fields = {"recording_id": recording_id, "code": error.code, "cause": error}
                log.event("retention.joined_unread", fields, logging.WARNING)
                is_all = False
                continue
            if other is None:  # it is lost, if anything was known of it, and will be rebuilt
                is_all = is_all and self.end_of(recording_id) is None
            elif other.recording.state is not RecordingState.ERASED:
                found[recording_id] = other
                wanted += _neighbours(other)
        return tuple(found.values()), is_all

    def end_of(self, recording_id: RecordingId) -> End | None:
        """Where a recording stands; None if nobody has said yet."""
        row = self.index.get(about(recording_id), _DUTY)
        return None if row is None else _END.decode(row.body)

    def choose(self, recording_id: RecordingId, chosen: Chosen) -> None:
        """Keep what a person has decided; idempotent.

        Raises:
            Transient: it may or may not be kept.
        """
        self.kept.keep(recording_id, chosen)
        self._choose(recording_id, chosen)

    def restore(self) -> int:
        """Bring back the decisions that the index has lost, of each recording the last; how many.

        Raises:
            Transient: not all are back.
        """
        found = 0
        for recording_id, chosen in self.kept.all():
            known = self.choice(recording_id)
            if known is None or known.at < chosen.at:
                self._choose(recording_id, chosen)
                found += 1
        return found

    def _choose(self, recording_id: RecordingId, chosen: Chosen) -> None:
        self.index.put(IndexRow(about(recording_id), _CHOICE, msgspec.json.encode(chosen)))

    def choice(self, recording_id: RecordingId) -> Chosen | None:
        """What a person has decided last."""
        row = self.index.get(about(recording_id), _CHOICE)
        return None if row is None else _CHOSEN.decode(row.body)

    def unfile(self, recording_id: RecordingId) -> None:
        """Remove all rows of a recording; idempotent."""
        end = self.end_of(recording_id)
        if end is not None:
            self.index.delete(end.partition, end.key)
        self.moving.unfile(recording_id)
        for key in (_DUTY, _CHOICE):
            self.index.delete(about(recording_id), key)

    def page(
        self, partition: str, limit: int, after: str = "", until: date | None = None
    ) -> tuple[tuple[End, ...], str]:
        """Some rows of the order, those until a day (included) if one is given; and where the next page begins."""
        last = "" if until is None or until == date.max else _day(until + timedelta(days=1))
        found: IndexPage = self.index.page(partition, limit, after, until=last)
        ends = tuple(replace(_END.decode(row.body), partition=row.partition, key=row.key) for row in found.rows)
        return ends, found.next

    def drop(self, end: End) -> None:
        """Remove a row of the order that stands for nothing."""
        self.index.delete(end.partition, end.key)

    def _end_of(
        self, entry: CatalogEntry, duty: Duty | NoEnd, *, is_held: bool, not_before: date | None, why: str
    ) -> End:
        recording_id = entry.recording.recording_id
        key = encode(recording_id)
        if duty == NoEnd(Kept.CLASSES_UNKNOWN):  # the first pass that can read them decides
            return End(recording_id, ENDS, f"{_day(self.now().date())}~{key}", why=Kept.CLASSES_UNKNOWN)
        if duty == _UNREAD:  # not today: the pass of today could not decide either
            tomorrow = self.now().date() + timedelta(days=1)
            return End(recording_id, ENDS, f"{_day(tomorrow)}~{key}", why=Kept.JOINED_UNREAD)
        if isinstance(duty, NoEnd):
            return End(recording_id, KEPT, key, why=duty.reason)
        if is_held:
            return End(recording_id, HELD, key, duty.ends_on, duty.retention_class, duty.afterwards)
        protected = protected_until(entry, self.immutable_days)
        day = max(day for day in (duty.ends_on, not_before, protected) if day is not None)
        if protected is not None and protected == day > duty.ends_on:
            why = PROTECTED
        return End(recording_id, ENDS, f"{_day(day)}~{key}", duty.ends_on, duty.retention_class, duty.afterwards, why)

    def _write(self, end: End) -> End:
        known = self.end_of(end.recording_id)
        if known == end and self.index.get(end.partition, end.key) is not None:
            return end
        body = msgspec.json.encode(end)
        self.index.put(IndexRow(end.partition, end.key, body))
        self.index.put(IndexRow(about(end.recording_id), _DUTY, body))
        if known is not None and (known.partition, known.key) != (end.partition, end.key):
            self.index.delete(known.partition, known.key)
        return end


def _neighbours(entry: CatalogEntry) -> Iterator[RecordingId]:
    recording = entry.recording
    if recording.continues is not None:
        yield recording.continues.recording_id
    if recording.continued_by is not None:
        yield recording.continued_by


def _day(day: date) -> str:
    return f"{day.year:04}{day:%m%d}"
