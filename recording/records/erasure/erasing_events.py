"""Erases what containers of events have of recordings and people: the journal, and the dead letters.

A blob may hold several events. Those that name nobody who is erased are written into the journal anew before the blob
is removed: its check takes what nobody has acted upon. They keep the door by which they came. One erasure does so at a
time with a blob: of two, each would write anew what the other erases.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from recording.core.errors import CatalogConflict, MalformedEvent, RecordingError
from recording.core.formats.api import MOST_BODY
from recording.core.formats.deliveries import Member, read_body
from recording.core.formats.events import data_of
from recording.core.model import BlobName, Door
from recording.core.naming import door_in
from recording.core.records.traces import Traces
from recording.core.times import format_time, parse_time
from recording.ports import Index, IndexRow, Inventory, ListedBlob, Removal
from recording.records.standing_blobs import listed
from recording.refusing import Refusing

_PAGE = 500
_MOST_BYTES = 2 * MOST_BODY
_TAKEN = "erasing-events"
"""The partition of the blobs that an erasure writes anew just now."""
_LONGEST = timedelta(hours=1)
"""No run lasts longer: the host ends it after half of it."""


@dataclass(frozen=True, slots=True)
class ErasingEvents:
    """Erase the events of one container; `refusing` keeps the others.

    `door`: by which they came; None: as their names say.
    """

    inventory: Inventory
    removal: Removal
    refusing: Refusing
    index: Index
    now: Callable[[], datetime]
    door: Door | None = None

    def erase_page(
        self, prefix: str, marker: str, traces: Traces, spared: Traces, since: datetime | None = None
    ) -> tuple[int, str]:
        """As `erase`, for one page; how many blobs, and the marker of the next page, empty after the last.

        An event that also names what is `spared` is left, and a blob that was written before `since`.

        Raises:
            CatalogConflict: another erasure writes one of them anew; begin with the first page again.
            Transient: not all are looked at; do it again.
        """
        page = self.inventory.page(prefix, marker, _PAGE)
        blobs = [blob for blob in page.blobs if since is None or blob.modified_at >= since]
        return sum(self._erase(blob, traces, spared) for blob in blobs), page.marker

    def erase(self, prefixes: Iterable[str], traces: Traces) -> int:
        """Erase the events that name any of those, from the blobs whose names begin so; how many blobs had some.

        Raises:
            Transient: not all are looked at; do it again.
        """
        return sum(
            self._erase(blob, traces, Traces()) for prefix in prefixes for blob in listed(self.inventory, prefix)
        )

    def _erase(self, blob: ListedBlob, traces: Traces, spared: Traces) -> bool:
        if blob.length > _MOST_BYTES:  # none of ours, and none of Event Grid's
            return False
        body = self.inventory.read(blob)
        members = _members(body)
        named = [member for member in members if _names(member, traces) and not _names(member, spared)]
        if not named:
            return False
        others = [member for member in members if member not in named]
        if len(members) == 1:
            self.removal.remove(blob.name)
            return True
        with self._alone_with(blob.name):
            if others:
                self.refusing.keep_events(others, self.door or door_in(blob.name))
            self.removal.remove(blob.name)
        return True

    @contextmanager
    def _alone_with(self, name: BlobName) -> Iterator[None]:
        """Within this no other erasure writes the events of that blob anew.

        Raises:
            CatalogConflict: another one does, or has done so since the blob was read.
        """
        key = hashlib.sha256(name.encode()).hexdigest()
        mine = IndexRow(_TAKEN, key, format_time(self.now()).encode())
        taken = self.index.insert(mine)
        if taken is None:
            known = self.index.get(_TAKEN, key)
            at = None if known is None else parse_time(known.body.decode())
            if known is not None and (at is None or self.now() - at > _LONGEST):  # of a run that was killed
                taken = self.index.replace(replace(mine, version=known.version))
        if taken is None:
            raise _conflict(name, "another erasure writes its other events anew")
        try:
            if all(blob.name != name for blob in listed(self.inventory, name)):
                raise _conflict(name, "another erasure has written its other events anew")
            yield
        finally:
            with suppress(RecordingError):  # it is taken over in time
                self.index.delete(_TAKEN, key)


def _conflict(name: BlobName, cause: str) -> CatalogConflict:
    return CatalogConflict("erase events", cause, hint="it is searched again", ids={"blob": name})


def _members(body: bytes) -> tuple[Member, ...]:
    try:
        return read_body(body)
    except MalformedEvent:
        return (Member(body.decode("utf-8", "replace"), body),)


def _names(member: Member, traces: Traces) -> bool:
    found = (member.raw, data_of(member.raw))  # which may be a text of JSON, or in base64
    return any(map(traces.are_in, found)) or traces.are_in_text(member.body.decode("utf-8", "replace"))
