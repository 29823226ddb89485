"""The answers of the HTTP API as types, with their names on the wire; the OpenAPI document is made from them."""

from recording.core.formats.api.shapes.events import EventOutcome, EventsAnswer, Outcome, OutcomeMore
from recording.core.formats.api.shapes.lists import Happening, History, Owed, OwedPage, Summary, SummaryPage
from recording.core.formats.api.shapes.problems import Health, HealthCheck, Problem, ProblemMembers, ShownId
from recording.core.formats.api.shapes.recordings import (
    Chunk,
    Copy,
    Digest,
    DoubtfulCopy,
    Failure,
    Known,
    MetadataCopy,
    Recording,
    UnreadMember,
)

__all__ = [
    "Chunk",
    "Copy",
    "Digest",
    "DoubtfulCopy",
    "EventOutcome",
    "EventsAnswer",
    "Failure",
    "Happening",
    "Health",
    "HealthCheck",
    "History",
    "Known",
    "MetadataCopy",
    "Outcome",
    "OutcomeMore",
    "Owed",
    "OwedPage",
    "Problem",
    "ProblemMembers",
    "Recording",
    "ShownId",
    "Summary",
    "SummaryPage",
    "UnreadMember",
]
