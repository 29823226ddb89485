"""Erasures as the API answers them."""

from typing import Annotated, TypedDict

from recording.core.formats.schema import Count, Moment, Schema
from recording.core.records.erasing import Mode, Why
from recording.core.records.jobs import JobState


class ErasureDeferral(TypedDict):
    """Why a recording is not erased now."""

    why: Why
    by: Annotated[str, Schema(description="The id of the hold, the name of the class, or words.")]
    until: Annotated[str | None, Schema(description="A day, if it is known.", format="date")]


class ErasureRecording(TypedDict):
    """A recording of a plan."""

    recordingId: str
    startedAt: Moment | None
    chunks: Count
    length: Annotated[Count, Schema(description="Bytes of media.")]
    others: Annotated[
        Count, Schema(description="How many others are heard in it: erased whole, their voices go with it.")
    ]
    isDoubtful: Annotated[bool, Schema(description="Whether it is not sure who is heard in it.")]
    deferred: Annotated[list[ErasureDeferral], Schema(description="Why it is not erased now; empty if it would be.")]


class ErasurePlan(TypedDict):
    """What an erasure would do, as it was looked up last."""

    hash: Annotated[str, Schema(description="Of all of the plan; to be given when it is executed.")]
    erased: Annotated[Count, Schema(description="Recordings that would be erased, as the mode says.")]
    deferred: Annotated[Count, Schema(description="Recordings that would be erased later, by themselves.")]
    unknown: Annotated[
        Count, Schema(description="Recordings of which it is not sure who is heard in them, at most 1000; not touched.")
    ]
    recordings: Annotated[list[ErasureRecording], Schema(description="The first 500 of them.")]


class ErasureResult(TypedDict):
    """What came of an erasure so far."""

    certificate: Annotated[str, Schema(description="The name of its blob in the container of the audit trails.")]
    sha256: str
    erased: Count
    deferred: Count
    eventBlobs: Annotated[Count, Schema(description="Blobs of journal and dead letters that were removed.")]
    text: Annotated[str | None, Schema(description="The certificate; null if it is too long to be shown.")]


class Erasure(TypedDict):
    """An erasure, and how far it is."""

    erasureId: str
    state: JobState
    mode: Mode
    purpose: str
    overrideDuties: bool
    madeAt: Moment
    by: str
    touchedAt: Moment
    progress: Annotated[
        dict[str, Count], Schema(description="Recordings that are planned, then those erased, and deferred.")
    ]
    cause: Annotated[
        str | None,
        Schema(description="Why it goes on only with the next daily pass, or is planned again, or has failed."),
    ]
    plan: Annotated[
        ErasurePlan | None, Schema(description="What it would do; null until it is planned, and once begun.")
    ]
    result: ErasureResult | None
