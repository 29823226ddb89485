"""The customer's own keys of people, each with the raw ids that the service knows the person by."""

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from recording.core.errors import InvalidRequest, UnknownPerson
from recording.core.records.people import OwnIdentity
from recording.ports import Index, IndexRow
from recording.records.people_index import PeopleIndex, rows_of_partition

LONGEST_ROW = 60_000
"""Bytes of a row: some 400 raw ids."""


# Created at import: see `adapters.rows`.
_ROW = msgspec.json.Decoder(OwnIdentity)


@dataclass(frozen=True, slots=True)
class OwnIdentities:
    """The rows of the own keys: under the hash by the current key, found by every key."""

    index: Index
    people: PeopleIndex

    def save(self, identity: OwnIdentity) -> None:
        """Save it in place of what was known of the key; without raw ids, forget the key.

        Raises:
            InvalidRequest: it is too large.
            PeopleIndexOff: there is no key to hash with.
        """
        current, body = self.people.current(), msgspec.json.encode(identity)
        if len(body) > LONGEST_ROW:
            raise InvalidRequest("rawIds", f"{len(body)} bytes, more than the {LONGEST_ROW} that one key can have")
        if identity.raw_ids:
            self.people.note_key()
            self.index.put(IndexRow(partition_of(current.key_id), current.own(identity.key), body))
        for key in self.people.keys:
            if key != current or not identity.raw_ids:
                self.index.delete(partition_of(key.key_id), key.own(identity.key))

    def load(self, key: str) -> OwnIdentity:
        """What is known of a key.

        Raises:
            UnknownPerson: nothing is.
            PeopleIndexOff: there is no key to hash with.
        """
        self.people.current()
        for one in self.people.keys:
            row = self.index.get(partition_of(one.key_id), one.own(key))
            if row is not None:
                return _ROW.decode(row.body)
        raise UnknownPerson("find person", "no raw ids are known for this key", hint="PUT /api/people/{key} gives them")

    def under(self, key_id: str) -> Iterator[IndexRow]:
        """The rows that are hashed with that key; they may leave it meanwhile."""
        return rows_of_partition(self.index, partition_of(key_id))

    def move(self, row: IndexRow) -> None:
        """Hash a row with the current key instead.

        Raises:
            PeopleIndexOff: there is none.
        """
        current, key = self.people.current(), _ROW.decode(row.body).key
        self.people.note_key()
        # What was saved meanwhile under the current key is newer.
        self.index.insert(IndexRow(partition_of(current.key_id), current.own(key), row.body))
        self.index.delete(row.partition, row.key)


def partition_of(key_id: str) -> str:
    """The partition of the own keys that are hashed with a key."""
    return f"own~{key_id}"
