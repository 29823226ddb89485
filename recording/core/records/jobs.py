"""A job: work for people that takes longer than a request, done by messages of a queue of its own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from recording.core.model import Actor


class JobKind(StrEnum):
    """What it does."""

    EXPORT = "export"
    ERASURE = "erasure"
    HOLD = "hold"
    REHASH = "rehash"
    """People's rows are written anew under the current key."""
    REBUILD = "rebuild"
    """The catalog's entries are made again from Blob."""
    DAILY = "daily"
    """The daily pass, where its timer did not run it."""


class JobState(StrEnum):
    """How far it is."""

    PLANNING = "planning"
    """What it would do is looked up."""
    PLANNED = "planned"
    """It does nothing before a person says so."""
    RUNNING = "running"
    WAITING = "waiting"
    """What could be done is done; the daily pass looks whether the rest can be."""
    DONE = "done"
    FAILED = "failed"
    """For good: `cause` says why, and what to do."""
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it is kept.

    Attributes:
        job_id: a UUID.
        by: who asked for it.
        spec: what is to be done: JSON, by the kind.
        progress: counts by name, shown to whoever asks.
        work: how far it is, for its next run: JSON, by the kind.
        result: what came of it: JSON, by the kind.
        touched_at: when it was last saved.
        cause: why it failed.
        version: the ETag of what was read, the condition of the next save; empty for a job never saved.
    """

    job_id: str
    kind: JobKind
    state: JobState
    made_at: datetime
    by: Actor
    spec: str = field(repr=False)
    touched_at: datetime
    progress: Mapping[str, int] = field(default_factory=dict)
    work: str = field(default="", repr=False)
    result: str = field(default="", repr=False)
    cause: str = ""
    version: str = field(default="", compare=False)

    @property
    def is_running(self) -> bool:
        """Whether it has a message, by which it goes on."""
        return self.state in {JobState.PLANNING, JobState.RUNNING}

    @property
    def is_over(self) -> bool:
        """Whether nothing more comes of it."""
        return self.state in {JobState.DONE, JobState.FAILED, JobState.CANCELLED}
