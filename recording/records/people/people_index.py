"""The rows by which people's recordings are found, written under the current key, and searched under every key.

Each of a recording's rows is noted in the rows about the recording before it is written: so all of them can be removed
again, whoever was named, and without the key they were hashed with.
"""

import base64
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

import msgspec

from recording.core.errors import InvalidRequest, PeopleIndexOff
from recording.core.model import RecordingId
from recording.core.naming import encode
from recording.core.records.people import (
    AFTER_KEY,
    MOST_COUNTED,
    NO_KEY,
    UNKNOWN,
    IndexKey,
    PeopleDocument,
    PersonRow,
    partition_of,
    row_key,
    rows_of,
    time_key,
)
from recording.ports import Index, IndexRow
from recording.records.filing import about
from recording.records.index_rows import rows_in

_KEYS = "people-keys"
"""The partition of the keys that rows may be hashed with."""
_NOTE = "people~"
"""Begins the keys of the rows about a recording that name its people's rows."""
_MARK = re.compile(r"[A-Za-z0-9_=~-]{1,500}")


@dataclass(frozen=True, slots=True)
class PersonPage:
    """Recordings of a person, the earliest first, and where the next page begins; empty after the last."""

    rows: tuple[PersonRow, ...]
    next: str = ""


# Created at import: see `adapters.rows`.
_ROW = msgspec.json.Decoder(PersonRow)
_ID = msgspec.json.Decoder(str)


@dataclass(frozen=True, slots=True)
class PeopleIndex:
    """The people's rows. `secrets` gives the keys, in base64: without any, nobody is filed by name."""

    index: Index
    secrets: Callable[[], tuple[str, ...]]

    @property
    def keys(self) -> tuple[IndexKey, ...]:
        """The keys; the first is the current one.

        Raises:
            SettingsInvalid: they cannot be read.
        """
        return tuple(IndexKey(base64.b64decode(secret)) for secret in self.secrets())

    def first_key(self) -> IndexKey | None:
        """The current key; None if there is none."""
        return next(iter(self.keys), None)

    @property
    def key_id(self) -> str:
        """The id of the current key."""
        key = self.first_key()
        return NO_KEY if key is None else key.key_id

    def current(self) -> IndexKey:
        """The current key.

        Raises:
            PeopleIndexOff: there is none.
        """
        key = self.first_key()
        if key is None:
            cause, hint = (
                "people are not indexed: PEOPLE_INDEX_KEY is not set",
                "what is archived is indexed once it is",
            )
            raise PeopleIndexOff("find person", cause, hint=hint)
        return key

    def write(self, document: PeopleDocument, at: datetime) -> None:
        """File a recording under everybody whom the document names, and under nobody else; idempotent.

        Raises:
            Transient: not all is written; write it again.
        """
        recording_id = document.recording_id
        rows = rows_of(document, at, self.first_key())
        names = {(partition, time_key(at)) for partition in rows}
        before = set(self._noted(recording_id))
        self._register(recording_id)
        for partition, moment in sorted(names - before):
            self.index.put(IndexRow(about(recording_id), _note(partition, moment)))
        for partition, row in rows.items():
            self.index.put(IndexRow(partition, row_key(at, recording_id), msgspec.json.encode(row)))
        self._remove(recording_id, before - names)
        if not names <= set(self._noted(recording_id)):  # it was erased just now: nothing else would find these rows
            self._remove(recording_id, names)

    def remove(self, recording_id: RecordingId) -> None:
        """Remove all rows of a recording; idempotent."""
        self._remove(recording_id, set(self._noted(recording_id)))
        for key_id in {self.key_id, *self.key_ids()}:
            self.leave(key_id, recording_id)

    def recordings_of(
        self,
        raw_ids: Collection[str],
        after: str = "",
        limit: int = 100,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> PersonPage:
        """A page of the recordings in which a person is heard, under any of the raw ids; the earliest first.

        It asks for one page of each raw id, under each key: what it costs does not grow with the archive.

        Raises:
            PeopleIndexOff: there is no key.
        """
        self.current()
        # The current key last: a row that is moved between the looks is moved there, and so is found by one of them.
        partitions = [partition_of(key.person(raw_id)) for key in reversed(self.keys) for raw_id in raw_ids]
        return self._page(list(dict.fromkeys(partitions)), after, limit, since, until)

    def unknown(
        self, after: str = "", limit: int = 100, since: datetime | None = None, until: datetime | None = None
    ) -> PersonPage:
        """A page of the recordings in which somebody may be heard whom they are not filed under."""
        return self._page([UNKNOWN], after, limit, since, until)

    def count_unknown(self, since: datetime | None = None, until: datetime | None = None) -> int:
        """How many those are, at most `MOST_COUNTED`; one request."""
        return sum(1 for _ in rows_in(self.index, UNKNOWN, _least(since), _least(until), limit=MOST_COUNTED))

    def key_ids(self) -> tuple[str, ...]:
        """The ids of the keys, other than the current one, that rows may still be hashed with."""
        rows = rows_in(self.index, _KEYS)
        return tuple(row.key for row in rows if row.key != self.key_id)

    def filed_under(self, key_id: str) -> Iterator[RecordingId]:
        """The recordings whose rows are hashed with that key; they may leave it meanwhile."""
        for row in rows_in(self.index, register_of(key_id)):
            yield RecordingId(_ID.decode(row.body))

    def note_key(self) -> None:
        """Note that rows are hashed with the current key, before the first is written."""
        self.index.put(IndexRow(_KEYS, self.key_id))

    def leave(self, key_id: str, recording_id: RecordingId) -> None:
        """Note that no row of a recording is hashed with that key any more."""
        self.index.delete(register_of(key_id), encode(recording_id))

    def _page(
        self, partitions: list[str], after: str, limit: int, since: datetime | None, until: datetime | None
    ) -> PersonPage:
        if after and not _MARK.fullmatch(after):
            raise InvalidRequest("after", "not what an earlier page named as the next")
        first, last = f"{after}{AFTER_KEY}" if after else _least(since), _least(until)
        found: dict[str, PersonRow] = {}
        ends: list[str] = []
        for partition in partitions:
            rows = list(rows_in(self.index, partition, first, last, limit=limit + 1))
            for row in rows:
                read = _ROW.decode(row.body)
                found[row.key] = found[row.key].joined(read) if row.key in found else read
            if len(rows) > limit:
                ends.append(rows[-1].key)
        # Beyond the last row of a partition of which there is more, rows of that partition could be missing.
        keys = sorted(key for key in found if not ends or key <= min(ends))
        shown = keys[:limit]
        return PersonPage(tuple(found[key] for key in shown), shown[-1] if len(keys) > limit else "")

    def _register(self, recording_id: RecordingId) -> None:
        self.note_key()
        self.index.put(IndexRow(register_of(self.key_id), encode(recording_id), msgspec.json.encode(recording_id)))

    def _noted(self, recording_id: RecordingId) -> Iterator[tuple[str, str]]:
        """Partition and moment of each row that a recording has, or may have."""
        for row in rows_in(self.index, about(recording_id), _NOTE, f"{_NOTE}~"):
            partition, _, moment = row.key.removeprefix(_NOTE).rpartition("~")
            yield partition, moment

    def _remove(self, recording_id: RecordingId, names: set[tuple[str, str]]) -> None:
        for partition, moment in sorted(names):
            self.index.delete(partition, f"{moment}~{encode(recording_id)}")
            self.index.delete(about(recording_id), _note(partition, moment))


def _note(partition: str, moment: str) -> str:
    return f"{_NOTE}{partition}~{moment}"


def _least(at: datetime | None) -> str:
    """The least key of a moment; empty if there is none."""
    return "" if at is None else time_key(at)


def register_of(key_id: str) -> str:
    """The partition of the recordings whose rows are hashed with a key."""
    return f"filed-under~{key_id}"
