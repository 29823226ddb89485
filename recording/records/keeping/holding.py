"""The holds as they are kept, and which of them cover a recording: asked just before anything of it is removed."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import msgspec

from recording.core.errors import CatalogConflict, InvalidRequest, UnknownHold
from recording.core.model import CatalogEntry, RecordingId
from recording.core.records.holds import Hold, HoldState, People, covers
from recording.ports import Catalog, Index, IndexRow
from recording.records.filing import about
from recording.records.index_rows import rows_in
from recording.records.keeping.kept_holds import KeptHolds

HOLDS = "holds"
ENDED = "ended-holds"
"""The partitions of the holds that are not ended, and of those that are."""
_ALL = "-all"
"""The first row of `HOLDS`. It says that none is missing: it is lost together with them."""
_ABOUT = "hold~"
_CLASS = "class-of-hold~"
_PAGE = 500
_TRIES = 20
_LARGEST = 60_000
"""Bytes of a new hold: its row has room for who ends it, and why."""


@dataclass(frozen=True, slots=True)
class HeldBy:
    """That a hold covers a recording, or has covered it, as a row about the recording says."""

    hold_id: str
    retention_class: str = ""


# Created at import: see `adapters.rows`.
_HOLD = msgspec.json.Decoder(Hold)
_HELD_BY = msgspec.json.Decoder(HeldBy)


@dataclass(frozen=True, slots=True)
class HoldPage:
    """Some holds by id, and where the next page begins; empty after the last."""

    holds: tuple[Hold, ...]
    next: str = ""


@dataclass(frozen=True, slots=True)
class Holding:
    """The holds. `participants`: who takes part in a recording; None if nobody has looked yet.

    `kept`: their copies outside of the index.
    """

    catalog: Catalog
    index: Index
    kept: KeptHolds
    participants: Callable[[CatalogEntry], People | None]

    def of(self, recording_id: RecordingId, entry: CatalogEntry | None = None) -> tuple[Hold, ...]:
        """The active holds that cover a recording; its entry is loaded unless it is given.

        A hold counts from the moment it is made, before its pass has come to the recording.

        Raises:
            Transient: it cannot be said now: remove nothing.
        """
        active = self.active()
        if not active:
            return ()
        entry = entry or self.catalog.load(recording_id)
        noted = {row.hold_id for row in self.noted(recording_id)}
        people = self.participants(entry) if entry is not None and any(hold.scope.person for hold in active) else None
        return tuple(
            hold for hold in active if hold.hold_id in noted or self._covers(hold, recording_id, entry, people)
        )

    def _covers(self, hold: Hold, recording_id: RecordingId, entry: CatalogEntry | None, people: People | None) -> bool:
        """Whether it covers a recording that has no row of it: a future one, or one that is still to be found.

        So is one of which anything was archived before the hold was made, and which was not filed yet, or not rebuilt
        yet, when its job looked for it. When it was completed says that only until a chunk comes later.
        """
        scope = hold.scope
        if entry is None or scope.recordings:
            return recording_id in scope.recordings
        was_there = any(chunk.proof is not None and chunk.proof.verified_at < hold.made_at for chunk in entry)
        return (scope.future or was_there or hold.state is HoldState.PLACING) and covers(scope, entry, people)

    def classes_of(self, recording_id: RecordingId) -> tuple[str, ...]:
        """The retention classes of the holds that cover a recording, or have covered it."""
        return tuple(row.retention_class for row in self._rows(recording_id, _CLASS))

    def active(self) -> tuple[Hold, ...]:
        """All active holds."""
        return tuple(hold for hold in self.open() if hold.is_active)

    def open(self) -> Iterator[Hold]:
        """All holds that are not ended yet; those that the index has lost are brought back before.

        Raises:
            Transient: they cannot be said now.
        """
        after = ""
        while True:
            found = self.index.page(HOLDS, _PAGE, after)
            if not after and not any(row.key == _ALL for row in found.rows):
                self.restore()
                self.index.put(IndexRow(HOLDS, _ALL))
                found = self.index.page(HOLDS, _PAGE)
            yield from _holds(found.rows)
            after = found.next
            if not after:
                return

    def page(self, partition: str, limit: int, after: str = "") -> HoldPage:
        """Some of the holds in `HOLDS`, or in `ENDED`.

        Raises:
            InvalidRequest: `after` is no page's `next`.
        """
        found = self.index.page(partition, limit, after)
        return HoldPage(tuple(_holds(found.rows)), found.next)

    def find(self, hold_id: str) -> Hold | None:
        """The hold, or None."""
        row = self.index.get(HOLDS, hold_id) or self.index.get(ENDED, hold_id)
        return None if row is None or row.key == _ALL else _read(row)

    def load(self, hold_id: str) -> Hold:
        """The hold.

        Raises:
            UnknownHold: there is none.
        """
        found = self.find(hold_id)
        if found is None:
            raise UnknownHold("find hold", "there is none with this id", ids={"hold_id": hold_id})
        return found

    def insert(self, hold: Hold) -> Hold:
        """Keep a new hold; from then on it holds. The hold as kept.

        Raises:
            InvalidRequest: it is of more ids than its row can have.
            Transient: it may or may not be kept.
        """
        length = len(_row(hold).body)
        if length > _LARGEST:  # else its copy would be kept, and no row could ever be
            field = "recordings" if hold.scope.recordings else "person"
            raise InvalidRequest(field, f"{length} bytes, more than the {_LARGEST} that a hold can have")
        self.kept.keep(hold)
        self.index.insert(_row(hold))
        return self.load(hold.hold_id)

    def change(self, hold_id: str, change: Callable[[Hold], Hold]) -> Hold:
        """Change a hold that is not ended; the hold as kept. On a conflict it is changed anew.

        Raises:
            UnknownHold: there is none.
            CatalogConflict: every try lost.
        """
        for _ in range(_TRIES):
            hold = self.load(hold_id)
            after = change(hold)
            if after == hold or hold.state is HoldState.ENDED:
                return hold
            saved = self.index.replace(_row(after))
            if saved is not None:
                return replace(after, version=saved.version)
        raise CatalogConflict("change hold", "it was changed again and again meanwhile", ids={"hold_id": hold_id})

    def close(self, hold: Hold) -> None:
        """Move a hold whose legal holds are cleared to those that are ended. Whose recordings it held is not kept."""
        scope = replace(hold.scope, person=())
        ended = replace(hold, state=HoldState.ENDED, scope=scope)
        self.index.put(replace(_row(ended), partition=ENDED))
        self.kept.forget(hold.hold_id)
        self.index.delete(HOLDS, hold.hold_id)

    def end_again(self, hold: Hold) -> Hold:
        """Let a hold end that has ended before, and that a bringing back which was cut off has made active again.

        Raises:
            Transient: do it again.
        """
        row = self.index.get(ENDED, hold.hold_id) if hold.is_active else None
        if row is None:
            return hold
        ended = _read(row)

        def ending(known: Hold) -> Hold:
            by, reason = ended.ended_by, ended.end_reason
            return replace(known, state=HoldState.ENDING, ended_at=ended.ended_at, ended_by=by, end_reason=reason)

        return self.change(hold.hold_id, ending)

    def restore(self) -> int:
        """Bring back the holds that the index has lost; how many there are. The daily look places them again.

        Raises:
            Transient: not all are back.
        """
        found = 0
        for hold in self.kept.all():
            if self.index.get(ENDED, hold.hold_id) is None:
                is_new = self.index.insert(_row(hold))
                if is_new and self.index.get(ENDED, hold.hold_id) is not None:  # it was closed just now
                    self.index.delete(HOLDS, hold.hold_id)
                    continue
                found += 1
        return found

    def noted(self, recording_id: RecordingId) -> tuple[HeldBy, ...]:
        """The rows of holds about a recording."""
        return tuple(self._rows(recording_id, _ABOUT))

    def _rows(self, recording_id: RecordingId, prefix: str) -> Iterator[HeldBy]:
        yield from (_HELD_BY.decode(row.body) for row in rows_in(self.index, about(recording_id), prefix, f"{prefix}~"))

    def note(self, recording_id: RecordingId, hold: Hold) -> None:
        """Write the row of a hold about a recording; and one of its class, which counts after its end too."""
        body = msgspec.json.encode(HeldBy(hold.hold_id, hold.retention_class))
        if hold.retention_class:
            self.index.put(IndexRow(about(recording_id), f"{_CLASS}{hold.hold_id}", body))
        self.index.put(IndexRow(about(recording_id), f"{_ABOUT}{hold.hold_id}", body))

    def unnote(self, recording_id: RecordingId, hold: Hold) -> None:
        """Remove the row of a hold about a recording; that of its class stays."""
        self.index.delete(about(recording_id), f"{_ABOUT}{hold.hold_id}")

    def forget_class(self, recording_id: RecordingId, hold: Hold) -> None:
        """Remove the row of the class of a hold that has never covered the recording."""
        self.index.delete(about(recording_id), f"{_CLASS}{hold.hold_id}")


def _row(hold: Hold) -> IndexRow:
    return IndexRow(HOLDS, hold.hold_id, msgspec.json.encode(hold), hold.version)


def _holds(rows: Iterable[IndexRow]) -> Iterator[Hold]:
    return (_read(row) for row in rows if row.key != _ALL)


def _read(row: IndexRow) -> Hold:
    return replace(_HOLD.decode(row.body), version=row.version)
