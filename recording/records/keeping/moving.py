"""Keeps recordings as their class says meanwhile: nobody can delete them for its days, and media move into tiers.

The next move of each recording has a row in the order of the days. The row about the recording says what was done.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import msgspec

from recording import log
from recording.core.errors import ArchiveRefused, EntryUnreadable, NewerSchema
from recording.core.model import CatalogEntry, Place, RecordingId, RecordingState
from recording.core.naming import encode
from recording.core.records.blobs import blobs_of
from recording.core.retention import Duty, NoEnd, RetentionClasses, Tier, guarded_until, next_move
from recording.ports import Catalog, Index, IndexRow, Shelf
from recording.records.filing import about

MOVES = "moves"
_ROW = "moves"
_PAGE = 100
SLICE = 240.0
"""Seconds for the moves of one day; the next day goes on."""


@dataclass(frozen=True, slots=True)
class Moved:
    """The row about a recording, and its row in the order of days.

    Attributes:
        key: of the row in the order; empty if no more moves are to come.
        tiers: into which its media were moved.
        guarded: until when nobody can delete its blobs.
        retention_class: by which.
        revision: of its manifest then; what came with a later one is not guarded yet.
    """

    recording_id: RecordingId
    key: str = ""
    tiers: tuple[str, ...] = ()
    guarded: date | None = None
    retention_class: str = ""
    revision: int = 0


# Created at import: see `adapters.rows`.
_DECODER = msgspec.json.Decoder(Moved)


@dataclass(frozen=True, slots=True)
class Moving:
    """Guard and move what is kept."""

    catalog: Catalog
    index: Index
    shelf: Shelf
    classes: RetentionClasses
    now: Callable[[], datetime]
    monotonic: Callable[[], float]

    def place(self, entry: CatalogEntry, duty: Duty | NoEnd) -> None:
        """Guard a recording by the class of its duty, and write the row of its next move; idempotent.

        While the classes are not known all stays as it is.

        Raises:
            Transient: do it again.
        """
        if not self.classes.are_known:
            return
        recording_id = entry.recording.recording_id
        known = self._moved(recording_id)
        if isinstance(duty, NoEnd) or (one := self.classes.find(duty.retention_class)) is None:
            self._write(known, Moved(recording_id, "", known.tiers, known.guarded, revision=known.revision))
            return
        guarded, revision = self._guarded(entry, guarded_until(entry, one), known)
        coming = next_move(entry, one, known.tiers)
        key = "" if coming is None else _key(coming[0], recording_id)
        self._write(known, Moved(recording_id, key, known.tiers, guarded, one.name, revision))

    def run(self) -> None:
        """Move the media whose day has come, for some minutes at most.

        Raises:
            Transient: the rest is moved tomorrow.
        """
        if not self.classes.are_known:
            return
        end, moved, after = self.monotonic() + SLICE, 0, ""
        tomorrow = self.now().date() + timedelta(days=1)
        while self.monotonic() < end:
            page = self.index.page(MOVES, _PAGE, after, until=f"{tomorrow.year:04}{tomorrow:%m%d}")
            for row in page.rows:
                moved += self._move(_DECODER.decode(row.body), row.key)
            if not (page.rows or page.next):
                break
            after = "" if page.rows else page.next  # what was found leaves the range
        log.event("retention.moved", {"recordings": moved})

    def guarded(self, recording_id: RecordingId) -> date | None:
        """Until when its class lets nobody delete its blobs; None if it does not."""
        return self._moved(recording_id).guarded

    def unfile(self, recording_id: RecordingId) -> None:
        """Remove the rows of a recording; idempotent."""
        known = self._moved(recording_id)
        if known.key:
            self.index.delete(MOVES, known.key)
        self.index.delete(about(recording_id), _ROW)

    def _move(self, one: Moved, key: str) -> bool:
        """Move the media of a recording, and write its next row; whether they were moved."""
        entry, known = self._load(one.recording_id), self._moved(one.recording_id)
        declared = self.classes.find(known.retention_class)
        is_erased = entry is not None and entry.recording.state is RecordingState.ERASED
        if is_erased or known.key != key or declared is None:
            self.index.delete(MOVES, key)
            return False
        if entry is None:  # it cannot be read, or is lost until it is rebuilt: this row is all that asks for its move
            tomorrow = self.now().date() + timedelta(days=1)
            self._write(known, replace(known, key=_key(tomorrow, one.recording_id)))
            return False
        coming = next_move(entry, declared, known.tiers)
        tiers = known.tiers
        if coming is not None and coming[0] <= self.now().date():
            self._move_media(entry, coming[1].tier)
            tiers = (*tiers, coming[1].tier)
            coming = next_move(entry, declared, tiers)
        following = "" if coming is None else _key(coming[0], one.recording_id)
        after = Moved(one.recording_id, following, tiers, known.guarded, known.retention_class, known.revision)
        self._write(known, after)
        return tiers != known.tiers

    def _move_media(self, entry: CatalogEntry, tier: Tier) -> None:
        """Only the media: manifests, metadata and what stands beside them are small, and read again and again."""
        for chunk in entry:
            if chunk.proof is not None and chunk.proof.place is Place.ARCHIVE:
                try:
                    self.shelf.move(chunk.proof.name, tier)
                except ArchiveRefused as error:
                    fields = {"recording_id": entry.recording.recording_id, "tier": tier, "cause": error}
                    log.event("retention.not_moved", fields, logging.ERROR)

    def _guarded(self, entry: CatalogEntry, until: datetime | None, known: Moved) -> tuple[date | None, int]:
        """Guard the blobs of a recording until that moment; until when they are guarded now, and of which revision."""
        revision = entry.recording.revision
        if until is None or until <= self.now():
            return known.guarded, known.revision
        if known.guarded is not None and known.guarded >= until.date():
            if known.revision >= revision:
                return known.guarded, known.revision
            until = datetime.combine(known.guarded, until.timetz())
        try:
            for role, name in dict.fromkeys(blobs_of(entry)):
                if role == "archive":
                    self.shelf.protect(name, until)
        except ArchiveRefused as error:
            fields = {"recording_id": entry.recording.recording_id, "until": until.date(), "cause": error}
            log.event("retention.not_guarded", fields, logging.ERROR)
            return known.guarded, known.revision
        return until.date(), revision

    def _write(self, known: Moved, after: Moved) -> None:
        if known == after:
            return
        body = msgspec.json.encode(after)
        if after.key:
            self.index.put(IndexRow(MOVES, after.key, body))
        self.index.put(IndexRow(about(after.recording_id), _ROW, body))
        if known.key and known.key != after.key:
            self.index.delete(MOVES, known.key)

    def _moved(self, recording_id: RecordingId) -> Moved:
        row = self.index.get(about(recording_id), _ROW)
        return Moved(recording_id) if row is None else _DECODER.decode(row.body)

    def _load(self, recording_id: RecordingId) -> CatalogEntry | None:
        try:
            return self.catalog.load(recording_id)
        except (EntryUnreadable, NewerSchema):
            return None


def _key(day: date, recording_id: RecordingId) -> str:
    """The key of a row in the order of days."""
    return f"{day.year:04}{day:%m%d}~{encode(recording_id)}"
