"""What a fact means in every state, and what is done next.

A recording's entry in the catalog changes by facts alone. A fact is something that has happened: an event was read, a
copy was verified, a try failed. Every step may run twice, at the same time on two workers, and in any order; so every
fact has a meaning in every state, and applying it a second time changes nothing more.

Three rules stand on top of the tables in `tables`:

1. Nothing that is proven is taken back by an opinion. Only `Damaged` (the archive no longer holds it), `Disputed` (late
   metadata contradicts it) and Event Grid's word against the function key's take a proof away, and all tell a person.
2. Nothing is final while the source may live. A failure or a doubt has a next look; `Expired`, which comes after the
   chunk's `gone_by`, is the only way to LOST.
3. Whatever ends without a whole archive is told: the alert is saved with the entry and published after it.

`decide` applies a fact, `decide_all` several. `next_step` says what is to be done for a chunk of an entry; no other
place decides that.
"""

from recording.core.lifecycle.deciding import Decision, decide, decide_all
from recording.core.lifecycle.facts import (
    Announced,
    Announcement,
    Archived,
    ChunkFact,
    Completed,
    Damaged,
    Disputed,
    Expired,
    Fact,
    Failed,
    Kept,
    MetadataArchived,
    Paused,
    Quarantined,
    RecordingFact,
    Released,
    Resumed,
    Started,
    Stopped,
    Told,
)
from recording.core.lifecycle.next_step import (
    ArchiveMetadata,
    CompleteRecording,
    CopyChunk,
    Done,
    LookAgain,
    NextStep,
    ReleaseChunk,
    next_step,
)
from recording.core.lifecycle.tables import CHUNK_TRANSITIONS, RECORDING_TRANSITIONS
from recording.core.lifecycle.wholeness import doubts_about_whole, lacks

__all__ = [
    "CHUNK_TRANSITIONS",
    "RECORDING_TRANSITIONS",
    "Announced",
    "Announcement",
    "ArchiveMetadata",
    "Archived",
    "ChunkFact",
    "CompleteRecording",
    "Completed",
    "CopyChunk",
    "Damaged",
    "Decision",
    "Disputed",
    "Done",
    "Expired",
    "Fact",
    "Failed",
    "Kept",
    "LookAgain",
    "MetadataArchived",
    "NextStep",
    "Paused",
    "Quarantined",
    "RecordingFact",
    "ReleaseChunk",
    "Released",
    "Resumed",
    "Started",
    "Stopped",
    "Told",
    "decide",
    "decide_all",
    "doubts_about_whole",
    "lacks",
    "next_step",
]
