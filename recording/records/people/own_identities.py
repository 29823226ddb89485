"""The customer's own keys of people, each with the raw ids that the service knows the person by."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import msgspec

from recording.core.errors import CatalogConflict, InvalidRequest, UnknownPerson
from recording.core.records.people import OwnIdentity
from recording.ports import Index, IndexRow
from recording.records.index_rows import rows_in
from recording.records.people.people_index import PeopleIndex

LONGEST_ROW = 60_000
"""Bytes of a row: some 400 raw ids."""
_MOST_CONFLICTS = 20


# Created at import: see `adapters.rows`.
_ROW = msgspec.json.Decoder(OwnIdentity)
_FORGOTTEN = msgspec.json.encode(OwnIdentity("", ()))
"""The body of a mark: it stands in place of a row under an older key of the index, and names nobody.

Who moves rows to the current key inserts the new row, and removes the old one. Whoever forgets the key meanwhile may
not see the new row. That the old row is gone does not say that it was forgotten: a mark does, and is removed by the
next run that moves rows. Of somebody who is forgotten a row comes back only if yet another run removes the mark between
the two, or if the mover is cut off there: better that than to lose what a key stands for without a word.
"""


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
        place = (partition_of(current.key_id), current.own(identity.key))
        if identity.raw_ids:
            self.people.note_key()
            self.index.put(IndexRow(*place, body))
            self._delete_older(identity.key, place[0])
        else:
            self._mark_older(identity.key, place[0])
            self.index.delete(*place)

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
            if self._keep(row, key) if after is None else self._save_instead(row, after):
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
        return rows_in(self.index, partition_of(key_id))

    def move(self, row: IndexRow) -> None:
        """Hash a row with the current key instead.

        Raises:
            PeopleIndexOff: there is none.
        """
        current, known = self.people.current(), self.index.get(row.partition, row.key)
        if known is None:  # it was changed, or forgotten, since it was listed
            return
        if _is_mark(known):  # of a run that was over before
            self.index.remove(known)
            return
        self.people.note_key()
        new = IndexRow(partition_of(current.key_id), current.own(_ROW.decode(known.body).key), known.body)
        written = self.index.insert(new)  # None if there is one: what was saved under the current key is newer
        if self.index.remove(known):
            return
        # If nothing stands there any more, another run has moved the row, or the reply to our own request was lost:
        # then the new row may be the only one.
        left = self.index.get(known.partition, known.key)
        if left is None:
            return
        if written is not None:  # whoever has forgotten somebody has not seen it; what was saved since stays
            self.index.remove(written)
        if _is_mark(left):
            self.index.remove(left)

    def _find(self, key: str) -> IndexRow | None:
        """The row of a key, under whichever key of the index."""
        self.people.current()
        keys = self.people.keys
        again = keys[:1] if len(keys) > 1 else ()  # it may have been moved there between the looks
        found = (self.index.get(partition_of(one.key_id), one.own(key)) for one in (*keys, *again))
        return next((row for row in found if row is not None and not _is_mark(row)), None)

    def _keep(self, row: IndexRow | None, key: str) -> bool:
        """Leave that row as it is, and none under an older key; whether it still was the row of the key.

        What a run that was cut off has left may be of somebody who is forgotten.
        """
        older = [] if row is None else self._older(key, row.partition)
        if row is None or not older:
            return True
        if row.partition != partition_of(self.people.current().key_id):
            self._mark_older(key, row.partition)
            return True
        if self.index.replace(row) is None:  # written anew: who has moved it here does not take this one back
            return False
        self._delete_older(key, row.partition)
        return True

    def _save_instead(self, row: IndexRow | None, identity: OwnIdentity) -> bool:
        """Save it in place of that row, if it still is the row of the key; whether it was saved."""
        if not identity.raw_ids:
            return row is None or self._forget(row, identity.key)
        current = self.people.current()
        new = IndexRow(partition_of(current.key_id), current.own(identity.key), _body_of(identity))
        self.people.note_key()
        if row is not None and row.partition == new.partition:
            written = self.index.replace(replace(new, version=row.version))
        else:
            written = self.index.insert(new)
        if not written:
            return False
        self._delete_older(identity.key, new.partition)
        return True

    def _forget(self, row: IndexRow, key: str) -> bool:
        """Delete that row, if it still is the row of the key; whether it was deleted."""
        self._mark_older(key, row.partition)  # first: else they would be found once this one is gone
        if row.partition == partition_of(self.people.current().key_id):
            return self.index.remove(row)
        return self.index.replace(replace(row, body=_FORGOTTEN)) is not None

    def _older(self, key: str, partition: str) -> list[tuple[str, str]]:
        """Where rows of a key are that are hashed with an older key of the index than that partition's."""
        places = [(partition_of(one.key_id), one.own(key)) for one in self.people.keys]
        return places[[place for place, _ in places].index(partition) + 1 :]

    def _delete_older(self, key: str, partition: str) -> None:
        """Delete the rows of a key under older keys of the index, after the newer one was written."""
        for place in self._older(key, partition):
            self.index.delete(*place)

    def _mark_older(self, key: str, partition: str) -> None:
        """Leave a mark in place of the rows of a key under older keys of the index: they may be moved just now."""
        noted = set(map(partition_of, self.people.key_ids()))  # nobody moves rows from elsewhere, nor removes marks
        for place in self._older(key, partition):
            if place[0] in noted:
                self.index.put(IndexRow(*place, _FORGOTTEN))


def _is_mark(row: IndexRow) -> bool:
    return not _ROW.decode(row.body).raw_ids


def _body_of(identity: OwnIdentity) -> bytes:
    body = msgspec.json.encode(identity)
    if len(body) > LONGEST_ROW:
        raise InvalidRequest("rawIds", f"{len(body)} bytes, more than the {LONGEST_ROW} that one key can have")
    return body


def partition_of(key_id: str) -> str:
    """The partition of the own keys that are hashed with a key."""
    return f"own~{key_id}"
