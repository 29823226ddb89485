"""Verifies the blobs of a trail: whether each follows from the one before, and the last is what the catalog knows."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from recording.core.model import BlobName, CatalogEntry, RecordingId
from recording.core.trail.chain import links, parse_name


class Fault(StrEnum):
    """What is wrong with a link."""

    CHANGED = "its bytes are not those that were written"
    MISSING = "its blob is missing"
    ADDED = "a blob that is no link of the chain"
    UNLINKED = "it does not follow from the one before"


@dataclass(frozen=True, slots=True)
class Break:
    """Where the chain is broken: the number of the link, None if that cannot be said, and its blob, if there is one."""

    fault: Fault
    number: int | None = None
    name: BlobName | None = None


@dataclass(frozen=True, slots=True)
class Verified:
    """How many links were looked at, and what is wrong; `more` if only the first of many breaks are named.

    `unwritten` are the acts that no blob has yet: a recording without links is not one without acts.
    """

    links: int
    breaks: tuple[Break, ...]
    more: bool = False
    unwritten: int = 0


_MOST_BREAKS = 100


def anchors_of(entry: CatalogEntry) -> Mapping[int, str]:
    """The hashes that the catalog knows, by number: of the last written act, and of those that may be written now."""
    trail = entry.recording.trail
    known = {trail.number: trail.hash} if trail.number else {}
    return known | {link.number: link.hash for link in links(entry.recording)}


class Verifying:
    """Takes the blobs of one recording in the order of their names, and says at the end what is wrong."""

    def __init__(self, recording_id: RecordingId) -> None:
        self._recording_id = recording_id
        self._found = dict[int, dict[str, BlobName]]()
        """The links whose bytes are what their names say, by number and hash."""
        self._previous = dict[str, str]()
        """What each names as the one before, by its own hash."""
        self._breaks = list[Break]()
        self._changed = set[int]()

    def take(self, name: BlobName, body: bytes) -> None:
        """Look at one blob."""
        named = parse_name(name, self._recording_id)
        if named is None:
            self._breaks.append(Break(Fault.ADDED, None, name))
            return
        number, digest = named
        if hashlib.sha256(body).hexdigest() != digest:
            self._changed.add(number)
            self._breaks.append(Break(Fault.CHANGED, number, name))
        elif (previous := self._previous_in(body, number)) is None:
            self._breaks.append(Break(Fault.ADDED, number, name))
        else:
            self._found.setdefault(number, {})[digest] = name
            self._previous[digest] = previous

    def verified(self, before: CatalogEntry, after: CatalogEntry) -> Verified:
        """The result.

        Args:
            before: the entry as it was before the first blob was listed: what it says is written must be there.
            after: the entry as it was after the last was listed: what it does not know must not be there.
        """
        known = {**anchors_of(after), **anchors_of(before)}
        end, must = max(known, default=0), before.recording.trail.number
        last = max([number for number in self._found if number <= end] + [must])
        breaks = [*self._breaks, *self._chain(last, must, known), *self._beyond(end)]
        breaks.sort(key=lambda one: (one.number or 0, one.name or ""))
        unwritten = sum(link.number not in self._found for link in links(after.recording))
        return Verified(len(self._previous), tuple(breaks[:_MOST_BREAKS]), len(breaks) > _MOST_BREAKS, unwritten)

    def _chain(self, last: int, must: int, known: Mapping[int, str]) -> Iterator[Break]:
        """Go back from the end: the hash of each link is known from the one after it, or to the catalog."""
        wanted = ""
        for number in range(last, 0, -1):
            here = self._found.get(number, {})
            expected = known.get(number) or wanted
            digest = expected or min(here, default="")
            if digest in here:
                yield from (Break(Fault.ADDED, number, name) for other, name in here.items() if other != digest)
            elif here:
                yield from (Break(Fault.UNLINKED, number, name) for name in here.values())
            elif number <= must and number not in self._changed:
                yield Break(Fault.MISSING, number)
            wanted = self._previous.get(digest, "")
            if number == 1 and wanted:
                yield Break(Fault.UNLINKED, 1, here[digest])

    def _beyond(self, end: int) -> Iterator[Break]:
        """What follows the last act that the catalog knows."""
        for number in self._found:
            if number > end:
                yield from (Break(Fault.ADDED, number, name) for name in self._found[number].values())

    def _previous_in(self, body: bytes, number: int) -> str | None:
        """The hash of the one before, if this is the blob of that act of this recording."""
        try:
            found = json.loads(body)
        except (ValueError, RecursionError):
            return None
        if not isinstance(found, dict):
            return None
        if (found.get("recordingId"), found.get("number")) != (self._recording_id, number):
            return None
        previous = found.get("previous")
        return previous if isinstance(previous, str) else None
