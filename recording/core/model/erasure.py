"""That a recording was erased, or somebody was taken out of it: when, why and by whom; never who."""

from dataclasses import dataclass
from datetime import datetime

from recording.core.model.words import Actor, RemovalReason


@dataclass(frozen=True, slots=True)
class Erasure:
    """The erasure of a recording; `finished_at` is None until nothing of the recording is left."""

    begun_at: datetime
    reason: RemovalReason
    by: Actor
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Unlinking:
    """Somebody is taken out of a recording that is kept.

    Attributes:
        erasure_id: of the erasure that asks for it.
        begun_at: from when on nobody else is taken out of it.
        by: who has executed the erasure.
        purpose_sha256: of its purpose; the words are in the erasure.
        is_muting: whether their own channel is muted too.
        rewritten_at: when the entry came to name what does not name them; None before.
        finished_at: when nothing of what names them was left; None before.
    """

    erasure_id: str
    begun_at: datetime
    by: Actor
    purpose_sha256: str
    is_muting: bool = False
    rewritten_at: datetime | None = None
    finished_at: datetime | None = None
