"""The answers of the HTTP API as types, with their names on the wire; the OpenAPI document is made from them."""

from recording.core.formats.api.shapes.consents import PendingConsent
from recording.core.formats.api.shapes.events import EventOutcome, EventsAnswer, Outcome, OutcomeMore
from recording.core.formats.api.shapes.lists import (
    Happening,
    History,
    Owed,
    OwedPage,
    PersonPage,
    PersonSummary,
    Summary,
    SummaryPage,
    UnknownPeople,
)
from recording.core.formats.api.shapes.people import KeysSaved, OwnIdentity, RawId
from recording.core.formats.api.shapes.policy import (
    ChangedCall,
    Explained,
    ExplainedCall,
    ExplainedRule,
    HowRecorded,
    Replay,
    ReplayPage,
    UnmetCondition,
    Verdict,
)
from recording.core.formats.api.shapes.problems import Health, HealthCheck, Problem, ProblemMembers, ShownId
from recording.core.formats.api.shapes.rebuild import Rebuild
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
from recording.core.formats.api.shapes.trail import TrailBreak, TrailLink, TrailPage, TrailVerified

__all__ = [
    "ChangedCall",
    "Chunk",
    "Copy",
    "Digest",
    "DoubtfulCopy",
    "EventOutcome",
    "EventsAnswer",
    "Explained",
    "ExplainedCall",
    "ExplainedRule",
    "Failure",
    "Happening",
    "Health",
    "HealthCheck",
    "History",
    "HowRecorded",
    "KeysSaved",
    "Known",
    "MetadataCopy",
    "Outcome",
    "OutcomeMore",
    "Owed",
    "OwedPage",
    "OwnIdentity",
    "PendingConsent",
    "PersonPage",
    "PersonSummary",
    "Problem",
    "ProblemMembers",
    "RawId",
    "Rebuild",
    "Recording",
    "Replay",
    "ReplayPage",
    "ShownId",
    "Summary",
    "SummaryPage",
    "TrailBreak",
    "TrailLink",
    "TrailPage",
    "TrailVerified",
    "UnknownPeople",
    "UnmetCondition",
    "UnreadMember",
    "Verdict",
]
