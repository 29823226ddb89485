"""That a recording was erased: when, why and by whom. It is all that is kept of it, with its ids and times."""

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
