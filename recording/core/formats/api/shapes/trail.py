"""The audit trail of a recording as the API answers it."""

from typing import Annotated, NotRequired, TypedDict

from recording.core.formats.schema import Count, Moment, Schema
from recording.core.trail import Fault


class TrailLink(TypedDict):
    """An act in the trail: who did what; or, with `fault`, a blob that is not what its name says."""

    number: Count | None
    blob: Annotated[str | None, Schema(description="Null for an act that no blob has yet.")]
    fault: Fault | None
    schema: NotRequired[str]
    recordingId: NotRequired[str]
    previous: NotRequired[Annotated[str, Schema(description="The hash of the link before; empty for the first.")]]
    at: NotRequired[Moment]
    what: NotRequired[str]
    by: NotRequired[str]
    documentId: NotRequired[str | None]
    details: NotRequired[dict[str, str]]
    hash: NotRequired[Annotated[str, Schema(description="SHA-256 of its bytes.")]]


class TrailPage(TypedDict):
    """A page of the acts of a recording, in order."""

    recordingId: str
    trail: list[TrailLink]
    next: str | None


class TrailBreak(TypedDict):
    """Where a trail is broken."""

    number: Count | None
    fault: Fault
    blob: str | None


class TrailVerified(TypedDict):
    """Whether a trail is as it was written, and if not, where it is broken."""

    recordingId: str
    intact: bool
    links: Annotated[Count, Schema(description="Acts that were read.")]
    unwritten: Annotated[Count, Schema(description="Acts that are written by the end of the run, or the next sweep.")]
    breaks: list[TrailBreak]
    more: Annotated[bool, Schema(description="Whether only the first breaks are named.")]
