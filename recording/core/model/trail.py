"""The audit trail of a recording as the catalog keeps it: the acts that no blob has yet, and where the chain stands."""

from dataclasses import dataclass
from datetime import datetime

from recording.core.model.words import Actor, DocumentId


@dataclass(frozen=True, slots=True)
class Act:
    """Something that was done to a recording, or with it, and by whom.

    `what` is the name of a fact. `details` are pairs of a name and a text; they contain no URL, nothing that a person
    wrote, and no participant, as no blob of the trail can ever be changed.
    """

    at: datetime
    what: str
    by: Actor
    document_id: DocumentId | None = None
    details: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Trail:
    """Where the chain of a recording stands; `core.trail` says how it goes on.

    Attributes:
        number: of the last act that stands as a blob, and of all before it; 0 if none does.
        hash: of that blob: the SHA-256 of its bytes, in hex; empty if there is none.
        last: that act.
        unwritten: the acts after it, in order.
    """

    number: int = 0
    hash: str = ""
    last: Act | None = None
    unwritten: tuple[Act, ...] = ()
