"""The consents of calls, in progress and after, and the rows of those for which there is something to do.

For one whose call is recorded that is also, now and then, a look who is there: its row stands until the call is over.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from recording.core.consent import Consent
from recording.core.model import CallConnectionId


@dataclass(frozen=True, slots=True)
class ConsentRow:
    """A consent for which there is something to do, as far as the table knows; `since`: when the row was put."""

    connection_id: CallConnectionId
    opening: int
    since: datetime


@dataclass(frozen=True, slots=True)
class ConsentPage:
    """Rows, and where the next page begins; empty after the last."""

    rows: tuple[ConsentRow, ...]
    next: str = ""


class Consents(Protocol):
    """One consent for each of our connections to calls. A row too many is harmless; one too few could be forgotten."""

    def load(self, connection_id: CallConnectionId) -> Consent | None:
        """The consent as last saved, or None.

        Raises:
            EntryUnreadable: the stored text is not a consent.
        """

    def save(self, consent: Consent) -> Consent:
        """Save it atomically, if it has not changed since it was loaded (If-Match); the consent as saved.

        Raises:
            CatalogConflict: it has changed, or there is one already: load and decide again.
        """

    def put_row(self, connection_id: CallConnectionId, opening: int, at: datetime) -> None:
        """Write the row of this opening; replaces one with the same key."""

    def remove_row(self, connection_id: CallConnectionId, opening: int) -> None:
        """Remove the row of this opening, if there is one."""

    def page(self, limit: int, after: str = "") -> ConsentPage:
        """At most `limit` rows, in no order that means anything; `after` is the `next` of the page before."""
