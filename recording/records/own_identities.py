"""The customer's own keys of people, each with the raw ids that the service knows the person by."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import msgspec

from recording.core.errors import CatalogConflict, InvalidRequest, UnknownPerson
from recording.core.records.people import OwnIdentity
from recording.ports import Index, IndexRow
from recording.records.people_index import PeopleIndex, rows_of_partition

LONGEST_ROW = 60_000
"""Bytes of a row: some 400 raw ids."""
_MOST_CONFLICTS = 20


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
        current, body = self.people.current(), _body_of(identity)
        if identity.raw_ids:
            self.people.note_key()
            self.index.put(IndexRow(partition_of(current.key_id), current.own(identity.key), body))
        for key in self.people.keys:
            if key != current or not identity.raw_ids:
                self.index.delete(partition_of(key.key_id), key.own(identity.key))

    def change(self, key: str, change: Callable[[OwnIdentity | None], OwnIdentity | None]) -> None:
        """Save what `change` makes of what is known of a key, and nothing else: if that has changed, it is asked again.

        It gives None to leave it; one without raw ids lets the key be forgotten.

        Raises:
            InvalidRequest: it is too large.
            PeopleIndexOff: there is no key to hash with.
            CatalogConflict: others change it all the time.
            Whatever `change` raises.
        """
        for _ in range(_MOST_CONFLICTS):
            row = self._find(key)
            after = change(None if row is None else _ROW.decode(row.body))
            if after is not None and not self._save_instead(row, after):
                continue
            if row is not None:  # what a run that was cut off has left may be of somebody who is forgotten
                self._delete_older(key, row.partition)
            return
        raise CatalogConflict("save raw ids", "others are saving raw ids of the same key")

    def load(self, key: str) -> OwnIdentity:
        """What is known of a key.

        Raises:
            UnknownPerson: nothing is.
            PeopleIndexOff: there is no key to hash with.
        """
        found = self.find(key)
        if found is None:
            hint = "PUT /api/people/{key} gives them"
            raise UnknownPerson("find person", "no raw ids are known for this key", hint=hint)
        return found

    def find(self, key: str) -> OwnIdentity | None:
        """What is known of a key; None if nothing is.

        Raises:
            PeopleIndexOff: there is no key to hash with.
        """
        row = self._find(key)
        return None if row is None else _ROW.decode(row.body)

    def under(self, key_id: str) -> Iterator[IndexRow]:
        """The rows that are hashed with that key; they may leave it meanwhile."""
        return rows_of_partition(self.index, partition_of(key_id))

    def move(self, row: IndexRow) -> None:
        """Hash a row with the current key instead.

        Raises:
            PeopleIndexOff: there is none.
        """
        current, known = self.people.current(), self.index.get(row.partition, row.key)
        if known is None:  # it was changed, or forgotten, since it was listed
            return
        self.people.note_key()
        new = IndexRow(partition_of(current.key_id), current.own(_ROW.decode(known.body).key), known.body)
        is_new = self.index.insert(new)  # else what was saved meanwhile under the current key is newer
        if not self.index.remove(known) and is_new:  # likewise; who has forgotten somebody has not seen the new row
            self._take_back(new)

    def _take_back(self, row: IndexRow) -> None:
        """Remove a row that was just written, unless it has become another one."""
        found = self.index.get(row.partition, row.key)
        if found is not None and found.body == row.body:
            self.index.remove(found)

    def _find(self, key: str) -> IndexRow | None:
        """The row of a key, under whichever key of the index."""
        self.people.current()
        found = (self.index.get(partition_of(one.key_id), one.own(key)) for one in self.people.keys)
        return next((row for row in found if row is not None), None)

    def _save_instead(self, row: IndexRow | None, identity: OwnIdentity) -> bool:
        """Save it in place of that row, if it still is the row of the key; whether it was saved."""
        current = self.people.current()
        new = IndexRow(partition_of(current.key_id), current.own(identity.key), _body_of(identity))
        if not identity.raw_ids:
            if row is not None:  # those under older keys first: else they would be found once this one is gone
                self._delete_older(identity.key, row.partition)
            return row is None or self.index.remove(row)
        self.people.note_key()
        if row is not None and row.partition == new.partition:
            return self.index.replace(replace(new, version=row.version)) is not None
        if not self.index.insert(new):
            return False
        self._delete_older(identity.key, new.partition)
        return True

    def _delete_older(self, key: str, partition: str) -> None:
        """Delete the rows of a key that are hashed with an older key of the index than that partition's."""
        places = [(partition_of(one.key_id), one.own(key)) for one in self.people.keys]
        first = [place for place, _ in places].index(partition)
        for place in places[first + 1 :]:
            self.index.delete(*place)


def _body_of(identity: OwnIdentity) -> bytes:
    body = msgspec.json.encode(identity)
    if len(body) > LONGEST_ROW:
        raise InvalidRequest("rawIds", f"{len(body)} bytes, more than the {LONGEST_ROW} that one key can have")
    return body


def partition_of(key_id: str) -> str:
    """The partition of the own keys that are hashed with a key."""
    return f"own~{key_id}"
