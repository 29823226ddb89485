"""The members of a file event's array of chunks, each read by itself: one that cannot be read affects no other."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from recording.core.formats import reading
from recording.core.locations import MAX_LENGTH
from recording.core.model import AnnouncedChunk, DocumentId, Location
from recording.core.naming import MAX_INDEX

MOST_READ = 1000
"""Chunks read of one event: at four hours each, half a year."""
MOST_LACKS = 100
"""Members of one event that are listed as unreadable, with the reason; further ones are only counted."""


@dataclass(frozen=True, slots=True)
class Lack:
    """What cannot be read: its path, the reason, and what is known of the chunk nevertheless."""

    field: str
    reason: str
    document_id: DocumentId | None = None
    index: int | None = None


@dataclass(slots=True)
class Members:
    """The chunks read, by index; the members that could not be read; and doubts about the chunks."""

    chunks: list[AnnouncedChunk] = field(default_factory=list)
    lacks: list[Lack] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read_members(found: Sequence[object], where: str) -> Members:
    """Read each member of an array; `where` is the array's path."""
    members = Members()
    raws = [reading.mapping(raw) for raw in found]
    claimed = {index for raw in raws if raw and (index := reading.whole(raw.get("index"))) is not None}
    placed = lacking = 0
    for position, raw in enumerate(raws):
        here = f"{where}[{position}]"
        read = Lack(here, "not an object") if raw is None else _member(raw, here, position, claimed)
        if isinstance(read, AnnouncedChunk) and len(members.chunks) == MOST_READ:
            read = Lack(here, f"an event has at most {MOST_READ} chunks", read.document_id, read.index)
        if isinstance(read, Lack):
            lacking += 1
            members.lacks += [read][: MOST_LACKS - len(members.lacks)]
            continue
        members.chunks.append(read)
        placed += read.index not in claimed
    if lacking > MOST_LACKS:
        members.lacks.append(Lack(where, f"{lacking - MOST_LACKS} more members cannot be read"))
    if placed:
        members.notes.append(f"{placed} chunks of the event have no index that can be read; their places stand for it")
    _sort(members)
    return members


def _sort(members: Members) -> None:
    alike = dict.fromkeys(members.chunks)  # an exact repetition of a member is ignored
    twins = [one for one, count in Counter(chunk.document_id for chunk in alike).items() if count > 1]
    if twins:
        members.notes.append(f"the event names {len(twins)} documents twice and not alike, {twins[0]} first")
    members.chunks = sorted(alike, key=lambda chunk: (chunk.index, chunk.document_id))


def _member(raw: Mapping[str, object], here: str, position: int, claimed: set[int]) -> AnnouncedChunk | Lack:
    document = reading.identity(raw.get("documentId"))
    document_id = DocumentId(document) if document else None
    given = reading.whole(raw.get("index"))
    bounded = given if given is not None and 0 <= given <= MAX_INDEX else None
    content = _location(raw.get("contentLocation"))
    if document_id is None:
        return Lack(f"{here}.documentId", _NO_ID, None, bounded)
    if content is None:
        return Lack(f"{here}.contentLocation", _NO_TEXT, document_id, bounded)
    index = position if given is None else bounded
    if index is None or index > MAX_INDEX:
        return Lack(f"{here}.index", f"not a whole number from 0 to {MAX_INDEX}", document_id)
    if given is None and index in claimed:
        return Lack(f"{here}.index", "cannot be read, and another chunk has the index of its place", document_id)
    return AnnouncedChunk(
        document_id=document_id,
        index=index,
        content_location=content,
        metadata_location=_location(raw.get("metadataLocation")),
        delete_location=_location(raw.get("deleteLocation")),
        end_reason=reading.text(raw.get("endReason")) or "",
    )


_NO_ID = f"missing, empty or not a text of at most {reading.LONGEST_ID} characters"
_NO_TEXT = f"missing, empty or not a text of at most {reading.LONGEST_TEXT} characters"


def _location(found: object) -> Location | None:
    """A location, truncated to just over the longest allowed: it can be stored so, and will be refused later.

    A signature in it is not kept, nor what follows it: it is a secret, and none is ever used.
    """
    text = reading.text(found[: MAX_LENGTH + 1]) if isinstance(found, str) else None
    return Location(_SIGNED.sub("", text)) if text else None


_SIGNED = re.compile(r"[?&]sig=.*", re.IGNORECASE | re.DOTALL)
