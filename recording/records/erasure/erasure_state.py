"""What is kept of an erasure: in its job what is asked for and how far it is, in rows what becomes of what."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec

from recording.core.errors import NewerSchema
from recording.core.model import APP, Actor, RecordingId
from recording.core.naming import encode
from recording.core.records.erasing import Deferral, Erase
from recording.core.records.jobs import Job
from recording.ports import Index, IndexRow
from recording.records.index_rows import remove_rows, rows_in

_ROW = "recording~"


@dataclass(frozen=True, slots=True)
class Work:
    """How far an erasure is.

    Attributes:
        plan: the hash of the plan that was executed, `by` whom, and when (`begun_at`).
        number: of the next certificate.
        after: the row after which this round goes on; None once it has come to all recordings.
        erased: how many recordings were erased when the last certificate was made.
        since: the earliest moment of a recording of the plan.
        folder, marker: where the search through the events goes on; `searched_at`: when it began.
        events: blobs of events that were removed.
        at: when the certificate was made; None before.
        is_certified: whether the last certificate is written.
    """

    plan: str = ""
    by: Actor = APP
    begun_at: datetime | None = None
    number: int = 1
    after: str | None = ""
    erased: int = 0
    since: datetime | None = None
    folder: str = ""
    marker: str = ""
    searched_at: datetime | None = None
    events: int = 0
    at: datetime | None = None
    is_certified: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """What is to become, or became, of a recording: the row of it. `ids`: of it and its call, while it is deferred."""

    recording_id: RecordingId
    is_erased: bool = False
    deferred: tuple[Deferral, ...] = ()
    ids: tuple[str, ...] = ()


# Created at import: see `adapters.rows`.
_ERASE = msgspec.json.Decoder(Erase)
_WORK = msgspec.json.Decoder(Work)
_DONE = msgspec.json.Decoder(Done)


def read_part[Part](decoder: msgspec.json.Decoder[Part], body: bytes | str, job_id: str) -> Part:
    """What is kept of an erasure.

    Raises:
        NewerSchema: a newer version of the app has written it.
    """
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        hint = "deploy the version that has made it"
        raise NewerSchema("read erasure", "this version cannot read it", hint=hint, ids={"job_id": job_id}) from error


def erase_of(job: Job) -> Erase:
    """What an erasure is of.

    Raises:
        NewerSchema: see `read_part`; so do all who read a part of it.
    """
    return read_part(_ERASE, job.spec, job.job_id)


def read_work(job: Job) -> Work:
    """How far an erasure is that has begun."""
    return read_part(_WORK, job.work or "{}", job.job_id)


def plan_executed(job: Job) -> str:
    """The hash of the plan of an erasure that has begun."""
    return read_work(job).plan


def without_person(job: Job) -> Job:
    """An erasure that is over: whose it was needs to be known no more."""
    return replace(job, spec=msgspec.json.encode(replace(erase_of(job), raw_ids=(), key="")).decode())


def partition_of(erasure_id: str) -> str:
    """The partition of the rows of an erasure."""
    return f"job~{erasure_id}"


def row_of(erasure_id: str, done: Done) -> IndexRow:
    """The row of a recording of the plan."""
    return IndexRow(partition_of(erasure_id), key_of(done.recording_id), msgspec.json.encode(done))


def done_of(index: Index, erasure_id: str, after: str | None = "") -> Iterator[Done]:
    """What is to become, or became, of its recordings, from the one after that key on; None: of none.

    Raises:
        NewerSchema: see `read_part`.
        Transient: it cannot be read now.
    """
    if after is not None:
        for row in rows_in(index, partition_of(erasure_id), f"{after}!" if after else _ROW):
            yield read_part(_DONE, row.body, erasure_id)


def forget_done(index: Index, erasure_id: str) -> None:
    """Remove the rows of what is to be erased; idempotent."""
    remove_rows(index, partition_of(erasure_id), _ROW, f"{_ROW}~")


def key_of(recording_id: RecordingId) -> str:
    """The key of the row of a recording."""
    return f"{_ROW}{encode(recording_id)}"
