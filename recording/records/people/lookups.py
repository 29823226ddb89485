"""Notes who looked for a person's recordings, and what for: one blob for each look, which is never overwritten."""

import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from recording.core.model import Actor
from recording.core.records.lookups import Lookup
from recording.core.records.people import IndexKey
from recording.ports import Trail


@dataclass(frozen=True, slots=True)
class Lookups:
    """The looks that concern no single recording, in the container of the audit trails.

    A look is noted before anything is shown: what cannot be noted is not shown. `key` gives the key that
    hashes those who are looked for.
    """

    trail: Trail
    key: Callable[[], IndexKey | None]
    new_id: Callable[[], uuid.UUID]
    now: Callable[[], datetime]

    def note(self, what: str, purpose: str, raw_ids: Collection[str] = (), *, count: int, by: Actor) -> None:
        """Write the act.

        Args:
            what: the operation, such as `search`.
            purpose: what for.
            raw_ids: whom they looked for; only hashes are kept. None: for nobody in particular.
            count: how many are about to be shown.
            by: who.

        Raises:
            ArchiveBusy, ArchiveRefused: it may or may not be written; show nothing.
        """
        key = self.key()
        people = () if key is None else tuple(sorted({key.person(raw_id) for raw_id in raw_ids}))
        key_id = "" if key is None else key.key_id
        lookup = Lookup(str(self.new_id()), self.now(), by, what, purpose, people, key_id, count)
        self.trail.write(lookup.name, lookup.to_json())
