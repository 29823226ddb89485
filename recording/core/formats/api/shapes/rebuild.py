"""A job that rebuilds the catalog as the API answers it."""

from typing import Annotated, TypedDict

from recording.core.formats.schema import Count, Moment, Schema
from recording.core.records.jobs import JobState


class Rebuild(TypedDict):
    """A job that rebuilds the catalog, and how far it is."""

    jobId: str
    state: JobState
    madeAt: Moment
    touchedAt: Annotated[Moment, Schema(description="When it last came further.")]
    progress: Annotated[
        dict[str, Count],
        Schema(description="Recordings by what became of them, and blobs that were looked at, by pass."),
    ]
    cause: Annotated[str | None, Schema(description="Why it failed.")]
