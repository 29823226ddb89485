"""Exports as the API answers them."""

from typing import Annotated, TypedDict

from recording.core.formats.schema import Count, Moment, Schema
from recording.core.records.exporting import Rule
from recording.core.records.jobs import JobState


class Export(TypedDict):
    """An export, and how far it is."""

    exportId: str
    state: JobState
    of: Annotated[str, Schema(description="A person, a call, a search, or recordings by their ids.")]
    rule: Rule
    purpose: str
    madeAt: Moment
    by: str
    touchedAt: Moment
    progress: Annotated[
        dict[str, Count], Schema(description="Recordings, and how many are packed; bytes; what is left out.")
    ]
    cause: Annotated[str | None, Schema(description="Why it has failed.")]
    length: Annotated[Count | None, Schema(description="Bytes of the package.")]
    hashesSha256: Annotated[str | None, Schema(description="SHA-256 of hashes.json, which names every file.")]
    outcomes: Annotated[dict[str, Count] | None, Schema(description="Recordings by what became of them.")]


class ExportLink(TypedDict):
    """A link to the package of an export: whoever has it can read the package, and nothing else, until then."""

    url: str
    until: Moment
