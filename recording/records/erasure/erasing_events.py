"""Erases what containers of events have of recordings and people: the journal, and the dead letters.

A blob may hold several events. Those that name nobody who is erased are written into the journal anew before the blob
is removed: its check takes what nobody has acted upon. They keep the door by which they came.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from recording.core.errors import MalformedEvent
from recording.core.formats.api import MOST_BODY
from recording.core.formats.deliveries import Member, read_body
from recording.core.formats.events import data_of
from recording.core.model import Door
from recording.core.naming import door_in
from recording.core.records.traces import Traces
from recording.ports import Inventory, ListedBlob, Removal
from recording.records.standing_blobs import listed
from recording.refusing import Refusing

_PAGE = 500
_MOST_BYTES = 2 * MOST_BODY


@dataclass(frozen=True, slots=True)
class ErasingEvents:
    """Erase the events of one container; `refusing` keeps the others.

    `door`: by which they came; None: as their names say.
    """

    inventory: Inventory
    removal: Removal
    refusing: Refusing
    door: Door | None = None

    def erase_page(self, prefix: str, marker: str, traces: Traces, spared: Traces) -> tuple[int, str]:
        """As `erase`, for one page; how many blobs, and the marker of the next page, empty after the last.

        An event that also names what is `spared` is left.
        """
        page = self.inventory.page(prefix, marker, _PAGE)
        return sum(self._erase(blob, traces, spared) for blob in page.blobs), page.marker

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
        if others:
            self.refusing.keep_events(others, self.door or door_in(blob.name))
        self.removal.remove(blob.name)
        return True


def _members(body: bytes) -> tuple[Member, ...]:
    try:
        return read_body(body)
    except MalformedEvent:
        return (Member(body.decode("utf-8", "replace"), body),)


def _names(member: Member, traces: Traces) -> bool:
    found = (member.raw, data_of(member.raw))  # which may be a text of JSON, or in base64
    return any(map(traces.are_in, found)) or traces.are_in_text(member.body.decode("utf-8", "replace"))
