"""Removes what was written about a recording that was erased meanwhile, also if its writer was cut off.

Whoever files or seals has loaded the entry before. A row says so until it has looked again: the daily pass finds it.
Each writer has a row of its own: that another one has looked says nothing of what this one writes after that.
"""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import msgspec

from recording.core.errors import RecordingError
from recording.core.lifecycle import is_unlinking
from recording.core.model import BlobName, CatalogEntry, RecordingId
from recording.core.naming import encode
from recording.ports import Catalog, Index, IndexRow
from recording.records.index_rows import rows_in

_LATE = "late-writes"
_LONGEST = timedelta(hours=1)
"""No writer lasts longer: the host ends a run after half of it."""


@dataclass(frozen=True, slots=True)
class _Late:
    """Who is written about, since when: beside which manifest, and the ids of its call, which its entry may lack.

    One that is erased has not all of them, and one that was made again of a tombstone none.
    """

    recording_id: RecordingId
    manifest: BlobName
    group_call_id: str | None = None
    room_id: str | None = None
    at: datetime | None = None
    call_id: str | None = None
    server_call_id: str | None = None
    call_connection_id: str | None = None


_IDS = ("call_id", "server_call_id", "call_connection_id", "group_call_id", "room_id")
# Created at import: see `adapters.rows`.
_ROW = msgspec.json.Decoder(_Late)


@dataclass(frozen=True, slots=True)
class LateWrites:
    """Look again after writing.

    Attributes:
        remove: removes what stands beside that manifest, and the rows of the recording.
        look_again: removes what names somebody who was taken out of the recording, as far as its entry is known;
            False if that cannot be done yet.
    """

    catalog: Catalog
    index: Index
    remove: Callable[[CatalogEntry, BlobName], None]
    look_again: Callable[[CatalogEntry], bool]
    new_id: Callable[[], uuid.UUID]
    now: Callable[[], datetime]

    @contextmanager
    def of(self, entry: CatalogEntry) -> Iterator[None]:
        """Write about a recording within this: what is written is removed again if it is erased by then.

        So is what names somebody who was taken out of it by then.

        Raises:
            Transient: it is not known whether it is; write it again.
        """
        recording = entry.recording
        manifest = recording.manifest_name or BlobName("")
        ids = {name: getattr(recording, name) for name in _IDS}
        late = _Late(recording.recording_id, manifest, at=self.now(), **ids)
        row = IndexRow(_LATE, f"{_prefix(recording.recording_id)}{self.new_id()}", msgspec.json.encode(late))
        self.index.put(row)
        try:
            yield
        except RecordingError:  # it is tried again, with a row of its own; whoever is cut off leaves this one
            with suppress(RecordingError):  # the row stays, and what is told is why the writer has failed
                if self._is_kept(late):
                    self.index.delete(_LATE, row.key)
            raise
        if self._is_settled(late):
            self.index.delete(_LATE, row.key)

    def settle(self, recording_id: RecordingId) -> None:
        """Remove what writers have left that were cut off, if the recording is erased; idempotent.

        The row of a writer that may still be at work is left.

        Raises:
            Transient: do it again.
        """
        # From the key that earlier versions gave to the one row of a recording, to the last of its writers.
        first, last = encode(recording_id), f"{_prefix(recording_id)}~"
        for row in list(rows_in(self.index, _LATE, first, last)):
            late = _ROW.decode(row.body)
            is_over = late.at is None or self.now() - late.at > _LONGEST
            if self._is_settled(late) and is_over:
                self.index.delete(_LATE, row.key)

    def _is_kept(self, late: _Late) -> bool:
        """As `_is_settled`, but not of one that is erased: what a writer that failed has asked for may come late."""
        entry = self.catalog.load(late.recording_id)
        return entry is not None and entry.recording.erasure is None and self._is_looked_at(entry, late)

    def _is_settled(self, late: _Late) -> bool:
        """Remove what is not to be left of what was written; whether nothing of it can be left then."""
        entry = self.catalog.load(late.recording_id)
        if entry is None:  # it is looked at again once that is rebuilt
            return False
        erasure = entry.recording.erasure
        if erasure is not None:
            if erasure.finished_at is None:  # it removes all itself, and perhaps has passed that already
                return False
            ids = {name: found for name in _IDS if (found := getattr(late, name)) is not None}
            known = replace(entry.recording, **ids)
            self.remove(replace(entry, recording=known), late.manifest)
            return True
        return self._is_looked_at(entry, late)

    def _is_looked_at(self, entry: CatalogEntry, late: _Late) -> bool:
        """Remove what names somebody who was taken out meanwhile; whether nothing of it can be left then."""
        if is_unlinking(entry):  # that removes it itself, and perhaps has passed it already
            return False
        if entry.recording.unlinked and entry.recording.manifest_name != late.manifest:
            if not self.look_again(entry):
                return False
            # That writes too: it must not be erased meanwhile.
            latest = self.catalog.load(late.recording_id)
            return latest is not None and latest.recording.erasure is None
        return True

    def left(self) -> Iterator[RecordingId]:
        """The recordings that are being written about, or whose writer was cut off; one may come several times."""
        yield from (_ROW.decode(row.body).recording_id for row in rows_in(self.index, _LATE))


def _prefix(recording_id: RecordingId) -> str:
    """Begins the keys of the rows of a recording's writers: no encoded id contains that."""
    return f"{encode(recording_id)}!"
