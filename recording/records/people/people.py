"""The customer's cross-reference of people, and whom it finds: the door to people for the other records."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from recording.core.model import Actor, RecordingId
from recording.core.participants import one_spelling
from recording.core.records.erasing import is_one_of
from recording.core.records.people import OwnIdentity, is_saved
from recording.records.people.lookups import Lookups
from recording.records.people.own_identities import OwnIdentities
from recording.records.people.people_index import PeopleIndex, PersonPage

_CROSS_REFERENCE = "cross-reference"


@dataclass(frozen=True, slots=True)
class People:
    """The people of the recordings, by raw id or by the customer's own key."""

    index: PeopleIndex
    own: OwnIdentities
    lookups: Lookups

    def save(self, identities: Iterable[OwnIdentity], *, by: Actor) -> int:
        """Save keys with their raw ids, each in place of what was known of it; how many. The act is put on record.

        Raises:
            InvalidRequest: one has too many raw ids.
            PeopleIndexOff: people are not indexed.
            Transient: not all are saved; save them again.
        """
        saved = list(identities)
        self.index.current()
        raw_ids = saved[0].raw_ids if len(saved) == 1 else ()
        self.lookups.note("save raw ids", _CROSS_REFERENCE, raw_ids, count=len(saved), by=by)
        for one in saved:
            self.own.save(one)
        return len(saved)

    def save_one(self, wanted: OwnIdentity, condition: str, *, by: Actor) -> str:
        """Save the raw ids of a key, if its ETag is the one that the caller has seen; the ETag then.

        The act is put on record before.

        Raises:
            ConditionMissing: the key stands for others, and the caller says nothing of that.
            PersonChanged: it stands for others than the caller has seen.
            InvalidRequest, PeopleIndexOff, Transient: as for `save`.
        """
        current = self.index.current()

        def saved(known: OwnIdentity | None) -> OwnIdentity | None:
            return wanted if is_saved(known, wanted, condition, current) else None

        saved(self.own.find(wanted.key))
        self.lookups.note("save raw ids", _CROSS_REFERENCE, wanted.raw_ids, count=1, by=by)
        self.own.change(wanted.key, saved)
        return self.tag(wanted)

    def tag(self, identity: OwnIdentity) -> str:
        """The ETag of what is known of a key; empty if nothing is."""
        return self.index.current().tag(identity) if identity.raw_ids else ""

    def show(self, key: str, purpose: str, *, by: Actor) -> OwnIdentity:
        """The raw ids of a key, for a person to see; the look is put on record.

        Raises:
            UnknownPerson: nothing is known of the key.
            PeopleIndexOff: people are not indexed.
            Transient: it cannot be read, or not be put on record.
        """
        found = self.own.load(key)
        self.lookups.note("show raw ids", purpose, found.raw_ids, count=len(found.raw_ids), by=by)
        return found

    def raw_ids(self, key: str) -> tuple[str, ...]:
        """The raw ids of a key. Whoever shows anything by them puts that on record.

        Raises:
            UnknownPerson, PeopleIndexOff, Transient: as for `show`.
        """
        return self.own.load(key).raw_ids

    def forget(self, key: str, raw_ids: Collection[str]) -> None:
        """Forget that a key stands for these; for whom else it may stand by now is kept. Idempotent."""
        is_person = is_one_of(raw_ids, one_spelling)

        def left(known: OwnIdentity | None) -> OwnIdentity | None:
            rest = tuple(raw_id for raw_id in (known.raw_ids if known else ()) if not is_person(raw_id))
            return None if known is None or rest == known.raw_ids else OwnIdentity(key, rest)

        self.own.change(key, left)

    def recordings_of(
        self,
        raw_ids: Collection[str],
        after: str = "",
        limit: int = 100,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> PersonPage:
        """See `PeopleIndex.recordings_of`."""
        return self.index.recordings_of(raw_ids, after, limit, since, until)

    def unknown(
        self, after: str = "", limit: int = 100, since: datetime | None = None, until: datetime | None = None
    ) -> PersonPage:
        """See `PeopleIndex.unknown`."""
        return self.index.unknown(after, limit, since, until)

    def unfile(self, recording_id: RecordingId) -> None:
        """Remove all rows by which people find the recording; idempotent."""
        self.index.remove(recording_id)
