"""The chain: the next acts of a recording, and the blobs that they become."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from recording.core.model import APP, Act, BlobName, Recording, RecordingId, Trail
from recording.core.naming import encode
from recording.core.times import format_time

SCHEMA = "recording-trail/1"
FOLDER = "trail/"
LATE = "trail"
"""The name of the warning that acts wait too long to be written."""
MOST_UNWRITTEN = 1000
"""Acts that an entry holds while they cannot be written. The last of them stands for all that come after it."""
MOST_ACT = 16 << 10
"""Bytes of the blob of an act; one that is longer is none of ours."""
_CONDENSED = "Condensed"
_ROOM_FOR_LOOKS = MOST_UNWRITTEN // 2
_SAME = timedelta(minutes=10)
_NAME = re.compile(r"(?P<number>\d{9})-(?P<hash>[0-9a-f]{64})\.json", re.ASCII)


@dataclass(frozen=True, slots=True)
class Link:
    """An act as it stands in the chain, and its blob."""

    number: int
    act: Act
    previous: str
    body: bytes
    hash: str
    name: BlobName


def folder_of(recording_id: RecordingId) -> str:
    """The prefix of the names of a recording's acts."""
    return f"{FOLDER}{encode(recording_id)}/"


def parse_name(name: BlobName, recording_id: RecordingId) -> tuple[int, str] | None:
    """The number and the hash in the name of an act's blob; None if it is no such name."""
    found = _NAME.fullmatch(name.removeprefix(folder_of(recording_id)))
    return None if found is None else (int(found["number"]), found["hash"])


def links(recording: Recording) -> Iterator[Link]:
    """The acts that no blob has yet, in order, as the blobs that they are to become.

    Equal acts give equal bytes, whoever writes them. An act that stands for several is left out while more may come.
    """
    trail = recording.trail
    number, previous = trail.number, trail.hash
    for act in trail.unwritten[: MOST_UNWRITTEN - 1] if _is_bounded(trail) else trail.unwritten:
        number += 1
        link = _link(recording.recording_id, number, previous, act)
        yield link
        previous = link.hash


def written(trail: Trail, number: int, hash_: str) -> Trail:
    """The trail once all acts up to that number, the blob of which has that hash, stand as blobs."""
    more = number - trail.number
    if not 0 < more <= len(trail.unwritten):
        return trail
    return Trail(number, hash_, trail.unwritten[more - 1], trail.unwritten[more:])


def added(trail: Trail, act: Act) -> Trail:
    """The trail with one more act.

    None is dropped. If there are too many that are not written, the last one stands for all that come: it counts them,
    and its digest is over their texts in order, so that they can be proven from the recording's history.
    """
    if not _is_bounded(trail):
        return replace(trail, unwritten=(*trail.unwritten, act))
    *others, last = trail.unwritten
    return replace(trail, unwritten=(*others, _condensed(last, act)))


def is_repeated(trail: Trail, act: Act) -> bool:
    """Whether the last act was the same, by the same actor, some minutes ago: then this one says nothing new."""
    last = trail.unwritten[-1] if trail.unwritten else trail.last
    is_same = last is not None and replace(act, at=last.at) == last
    return last is not None and is_same and act.at - last.at < _SAME


def is_full(trail: Trail) -> bool:
    """Whether so much is unwritten that nobody may look any more: looks must leave room for what is done."""
    return len(trail.unwritten) >= _ROOM_FOR_LOOKS


def _is_bounded(trail: Trail) -> bool:
    return len(trail.unwritten) >= MOST_UNWRITTEN


def _condensed(last: Act, act: Act) -> Act:
    known = dict(last.details) if last.what == _CONDENSED else {}
    digest = known.pop("sha256", "") or _digest("", last)
    counts = Counter({what: int(times) for what, times in known.items()} or {last.what: 1})
    counts[act.what] += 1
    details = {what: str(times) for what, times in sorted(counts.items())} | {"sha256": _digest(digest, act)}
    return Act(last.at, _CONDENSED, APP, details=tuple(details.items()))


def _digest(before: str, act: Act) -> str:
    return hashlib.sha256(before.encode() + _bytes(_fields(act))).hexdigest()


def _link(recording_id: RecordingId, number: int, previous: str, act: Act) -> Link:
    fields = {"schema": SCHEMA, "recordingId": recording_id, "number": number, "previous": previous, **_fields(act)}
    body = _bytes(fields)
    digest = hashlib.sha256(body).hexdigest()
    return Link(number, act, previous, body, digest, BlobName(f"{folder_of(recording_id)}{number:09d}-{digest}.json"))


def _fields(act: Act) -> dict[str, object]:
    return {
        "at": format_time(act.at),
        "what": act.what,
        "by": act.by,
        "documentId": act.document_id,
        "details": dict(act.details),
    }


def _bytes(fields: dict[str, object]) -> bytes:
    """The one JSON of these fields: keys sorted, ASCII, no spaces."""
    return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()
