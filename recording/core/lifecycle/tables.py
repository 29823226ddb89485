"""The two tables: where a chunk fact and a control fact lead from every state."""

from collections.abc import Mapping

from recording.core.lifecycle.facts import (
    Archived,
    ChunkFact,
    Damaged,
    Disputed,
    Expired,
    Failed,
    Kept,
    MetadataArchived,
    Paused,
    Quarantined,
    RecordingFact,
    Released,
    Resumed,
    Stopped,
)
from recording.core.model import Alarm, ChunkState, RecordingState

_C = ChunkState
CHUNK_TRANSITIONS: Mapping[ChunkState, Mapping[type[ChunkFact], ChunkState | Alarm]] = {
    _C.ANNOUNCED: {
        Archived: _C.ARCHIVED,
        MetadataArchived: _C.ANNOUNCED,  # of a proof that is damaged meanwhile
        Quarantined: _C.QUARANTINED,
        Disputed: _C.ANNOUNCED,
        Damaged: _C.ANNOUNCED,
        Released: Alarm.IMPOSSIBLE,
        Kept: Alarm.IMPOSSIBLE,
        Failed: _C.ANNOUNCED,
        Expired: _C.LOST,
    },
    _C.ARCHIVED: {
        Archived: _C.ARCHIVED,
        MetadataArchived: _C.ARCHIVED,
        Quarantined: _C.ARCHIVED,  # a rival's doubt comes too late: what stands is proven
        Disputed: _C.QUARANTINED,
        Damaged: _C.ANNOUNCED,
        Released: _C.RELEASED,
        Kept: _C.KEPT,
        Failed: _C.ARCHIVED,
        Expired: _C.KEPT,  # the source ended by itself; the copy stands
    },
    _C.RELEASED: {
        Archived: _C.RELEASED,
        MetadataArchived: _C.RELEASED,
        Quarantined: _C.RELEASED,
        Disputed: _C.RELEASED,
        Damaged: Alarm.IMPOSSIBLE,
        Released: _C.RELEASED,
        Kept: _C.RELEASED,
        Failed: _C.RELEASED,
        Expired: _C.RELEASED,
    },
    _C.KEPT: {
        Archived: _C.KEPT,
        MetadataArchived: _C.KEPT,
        Quarantined: _C.KEPT,
        Disputed: _C.KEPT,
        Damaged: _C.ANNOUNCED,  # the source may still be there
        Released: _C.RELEASED,  # a rival had the right to
        Kept: _C.KEPT,
        Failed: _C.KEPT,
        Expired: _C.KEPT,
    },
    _C.QUARANTINED: {
        Archived: _C.ARCHIVED,  # it looked right at another look
        MetadataArchived: _C.QUARANTINED,
        Quarantined: _C.QUARANTINED,
        Disputed: _C.QUARANTINED,
        Damaged: _C.QUARANTINED,
        Released: Alarm.IMPOSSIBLE,
        Kept: Alarm.IMPOSSIBLE,
        Failed: _C.QUARANTINED,
        Expired: _C.LOST,
    },
    _C.LOST: {
        Archived: _C.ARCHIVED,  # a rival's try was the luckier one
        MetadataArchived: _C.LOST,
        Quarantined: _C.QUARANTINED,
        Disputed: _C.LOST,
        Damaged: _C.LOST,
        Released: Alarm.IMPOSSIBLE,
        Kept: Alarm.IMPOSSIBLE,
        Failed: _C.LOST,
        Expired: _C.LOST,
    },
}
"""The state that a chunk fact leads to, or the alarm it raises while nothing changes.

Two rules on top: a chunk of which a copy stands apart does not become LOST but stays QUARANTINED, for a person; and
one without such a copy and without a next look does not become QUARANTINED but LOST.
"""

_R = RecordingState
RECORDING_TRANSITIONS: Mapping[RecordingState, Mapping[type[RecordingFact], RecordingState]] = {
    _R.STARTED: {Paused: _R.PAUSED, Resumed: _R.STARTED, Stopped: _R.STOPPED},
    _R.PAUSED: {Paused: _R.PAUSED, Resumed: _R.STARTED, Stopped: _R.STOPPED},
}
"""Where a control fact moves a recording. Everywhere else it comes after the fact and changes nothing; once there are
chunks, their states alone decide."""
