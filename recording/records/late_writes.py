"""Removes what was written about a recording that was erased meanwhile, also if its writer was cut off.

Whoever files or seals has loaded the entry before. A row says so until it has looked again: the daily pass finds it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import msgspec

from recording.core.lifecycle import is_unlinking
from recording.core.model import BlobName, CatalogEntry, RecordingId
from recording.core.naming import encode
from recording.ports import Catalog, Index, IndexRow

_LATE = "late-writes"
_PAGE = 500


@dataclass(frozen=True, slots=True)
class _Late:
    """Who is written about: beside which manifest, and the ids of its call that an erased entry does not have."""

    recording_id: RecordingId
    manifest: BlobName
    group_call_id: str | None = None
    room_id: str | None = None


# Created at import: see `adapters.rows`.
_ROW = msgspec.json.Decoder(_Late)


@dataclass(frozen=True, slots=True)
class LateWrites:
    """Look again after writing.

    Attributes:
        remove: removes what stands beside that manifest, and the rows of the recording.
        look_again: removes what names somebody who was taken out of the recording, as far as its entry is known.
    """

    catalog: Catalog
    index: Index
    remove: Callable[[CatalogEntry, BlobName], None]
    look_again: Callable[[CatalogEntry], None]

    @contextmanager
    def of(self, entry: CatalogEntry) -> Iterator[None]:
        """Write about a recording within this: what is written is removed again if it is erased by then.

        So is what names somebody who was taken out of it by then.

        Raises:
            Transient: it is not known whether it is; write it again.
        """
        recording = entry.recording
        manifest = recording.manifest_name or BlobName("")
        late = _Late(recording.recording_id, manifest, recording.group_call_id, recording.room_id)
        self.index.put(IndexRow(_LATE, encode(recording.recording_id), msgspec.json.encode(late)))
        yield
        self.settle(recording.recording_id)

    def settle(self, recording_id: RecordingId) -> None:
        """Remove what a writer has left that was cut off, if the recording is erased; idempotent.

        Raises:
            Transient: do it again.
        """
        row = self.index.get(_LATE, encode(recording_id))
        entry = None if row is None else self.catalog.load(recording_id)
        if row is None or entry is None:  # without an entry it is looked at again once that is rebuilt
            return
        erasure = entry.recording.erasure
        if erasure is not None:
            if erasure.finished_at is None:  # it removes all itself, and perhaps has passed that already
                return
            late = _ROW.decode(row.body)
            known = replace(entry.recording, group_call_id=late.group_call_id, room_id=late.room_id)
            self.remove(replace(entry, recording=known), late.manifest)
        elif is_unlinking(entry):  # likewise
            return
        elif entry.recording.unlinked and entry.recording.manifest_name != _ROW.decode(row.body).manifest:
            self.look_again(entry)
        self.index.delete(_LATE, row.key)

    def left(self) -> Iterator[RecordingId]:
        """The recordings that are being written about, or whose writer was cut off."""
        after = ""
        while True:
            page = self.index.page(_LATE, _PAGE, after)
            yield from (_ROW.decode(row.body).recording_id for row in page.rows)
            after = page.next
            if not after:
                return
