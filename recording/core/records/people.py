"""The people of a recording: who was heard in each chunk, and under which keys of the index they are found.

A person is found by the keyed hash of a raw id: nobody who has only the index can tell whom it names. Rows are in the
order of time, and the key of a recording's row is the same in the partition of every person.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from recording.core.errors import ConditionMissing, PersonChanged
from recording.core.model import BlobName, DocumentId, ParticipantKind, Recording, RecordingId
from recording.core.naming import encode
from recording.core.participants import names_nobody, one_spelling

UNKNOWN = "person~unknown"
"""The partition of the recordings in which somebody may have been heard whom they are not filed under."""
NO_KEY = "none"
"""Stands for the id of a key where there was none."""
AFTER_KEY = "!"
"""Less than every character of a key: with it appended, a key is the least that is greater."""
MOST_COUNTED = 1000
"""Recordings under "unknown" that are counted: one request."""
MOST_RAW_IDS = 200
"""Raw ids of one own key: a search by it asks for a page of each."""
_SAVE = "save raw ids"
_LEAST = datetime(1, 1, 1, tzinfo=UTC)


class Heard(NamedTuple):
    """A participant of a chunk: the raw id as the metadata file has it, the kind, and the channel of unmixed audio."""

    raw_id: str
    kind: ParticipantKind
    channel: int | None = None

    def __repr__(self) -> str:
        """Without the raw id, which is personal."""
        return f"Heard({self.kind}, {self.channel})"


@dataclass(frozen=True, slots=True)
class ChunkPeople:
    """The participants of a chunk; `doubts` say why there may be others."""

    document_id: DocumentId
    index: int
    participants: tuple[Heard, ...] = ()
    doubts: tuple[str, ...] = ()

    @property
    def is_unknown(self) -> bool:
        """Whether somebody may be heard in it whom no row names."""
        unnamed = (one.kind is ParticipantKind.UNKNOWN or names_nobody(one.raw_id) for one in self.participants)
        return bool(self.doubts) or not self.participants or any(unnamed)


@dataclass(frozen=True, slots=True)
class PeopleDocument:
    """The participants of a recording, by chunk, as they were when `manifest` was written."""

    recording_id: RecordingId
    manifest: BlobName
    chunks: tuple[ChunkPeople, ...] = ()

    @property
    def is_unknown(self) -> bool:
        """Whether somebody may be heard in it whom no row names."""
        return not self.chunks or any(chunk.is_unknown for chunk in self.chunks)


@dataclass(frozen=True, slots=True)
class IndexKey:
    """A secret by which people's ids are hashed."""

    secret: bytes = field(repr=False)

    @property
    def key_id(self) -> str:
        """Says which key it is, and nothing of it."""
        return self._digest("id", "")[:16]

    def person(self, raw_id: str) -> str:
        """The hash of a person's id, the same for every spelling."""
        return self._digest("person", one_spelling(raw_id))

    def own(self, key: str) -> str:
        """The hash of the customer's own key of a person."""
        return self._digest("own", key)

    def tag(self, identity: "OwnIdentity") -> str:
        """The ETag of what is known of an own key; it says nothing of it to who has no key."""
        return f'"{self._digest("tag", json.dumps([identity.key, sorted(identity.raw_ids)]))[:32]}"'

    def _digest(self, what: str, text: str) -> str:
        return hmac.digest(self.secret, f"{what}/{text}".encode("utf-8", "surrogatepass"), hashlib.sha256).hex()


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A recording in which a person is heard: since when, on which channels, and whether that is in doubt."""

    recording_id: RecordingId
    at: datetime
    channels: tuple[int, ...] = ()
    is_doubtful: bool = False

    def joined(self, other: "PersonRow") -> "PersonRow":
        """The row of the same recording of a person with two ids."""
        channels = tuple(sorted({*self.channels, *other.channels}))
        return PersonRow(self.recording_id, self.at, channels, self.is_doubtful or other.is_doubtful)


@dataclass(frozen=True, slots=True)
class OwnIdentity:
    """The customer's own key of a person, and the raw ids of that person, each in the one spelling."""

    key: str
    raw_ids: tuple[str, ...] = field(repr=False)


ANY_TAG = "*"
"""Stands for the ETag of a caller who replaces whatever is known of a key."""


def is_saved(known: OwnIdentity | None, wanted: OwnIdentity, condition: str, key: IndexKey) -> bool:
    """Whether raw ids that somebody sends for a key are to be saved; False if they are what is known already.

    Two people who cross-reference the same key at once must not undo each other's work without seeing it.

    Args:
        known: what is known of the key; None: nothing is.
        wanted: what is sent.
        condition: the ETag of what the caller has seen, or `ANY_TAG`; empty: they have seen nothing.
        key: gives the ETags.

    Raises:
        ConditionMissing: something else is known of the key, and the caller says nothing of that.
        PersonChanged: something else is known than they have seen.
    """
    if set(known.raw_ids if known else ()) == set(wanted.raw_ids):
        return False
    if known is None:
        if condition:
            raise PersonChanged(_SAVE, "nothing is known of the key any more")
        return True
    if not condition:
        cause = "missing; the key stands for other raw ids: look at them, and give their ETag, or * for whatever it is"
        raise ConditionMissing("If-Match", cause)
    if condition not in {ANY_TAG, key.tag(known)}:
        raise PersonChanged(_SAVE, "the key stands for other raw ids than you have seen")
    return True


def partition_of(person: str) -> str:
    """The partition of a person's rows, by the hash."""
    return f"person~{person}"


def moment_of(recording: Recording) -> datetime:
    """The moment under which a recording is filed: its start, or the earliest that is known."""
    known = (recording.started_at, recording.requested_at, recording.announced_at, recording.completed_at)
    return next((at for at in known if at is not None), _LEAST)


def row_key(at: datetime, recording_id: RecordingId) -> str:
    """The key of a recording's rows, in the order of time."""
    return f"{time_key(at)}~{encode(recording_id)}"


def time_key(at: datetime) -> str:
    """The beginning of the keys of that moment. `strftime` gives fewer than four digits of an early year."""
    utc = at.astimezone(UTC)
    return f"{utc.year:04}{utc:%m%d%H%M%S%f}"


def rows_of(document: PeopleDocument, at: datetime, key: IndexKey | None) -> Mapping[str, PersonRow]:
    """The rows that a recording is to have, by partition: of everybody who is named, if there is a key; of nobody."""
    found = {} if key is None else {partition_of(key.person(raw_id)): row for raw_id, row in _people(document, at)}
    if document.is_unknown:
        found[UNKNOWN] = PersonRow(document.recording_id, at, (), is_doubtful=True)
    return found


def _people(document: PeopleDocument, at: datetime) -> Iterator[tuple[str, PersonRow]]:
    people: dict[str, PersonRow] = {}
    for chunk in document.chunks:
        for heard in chunk.participants:
            spelling = one_spelling(heard.raw_id)
            channels = () if heard.channel is None else (heard.channel,)
            row = PersonRow(document.recording_id, at, channels, bool(chunk.doubts))
            people[spelling] = people[spelling].joined(row) if spelling in people else row
    return ((spelling, row) for spelling, row in people.items() if not names_nobody(spelling))
