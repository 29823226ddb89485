"""The two tables of transitions: the state to which a fact leads from each state. The theory is in the package."""

from collections.abc import Mapping

from recording.core.lifecycle.facts import (
    Archived,
    ChunkFact,
    Compared,
    Damaged,
    Denied,
    Disputed,
    Expired,
    Failed,
    GivenUp,
    Kept,
    MetadataArchived,
    Missed,
    NeverCame,
    OverflowClosed,
    Overflowed,
    Paused,
    Quarantined,
    ReadOn,
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
        Compared: _C.ANNOUNCED,
        ReadOn: _C.ANNOUNCED,
        MetadataArchived: _C.ANNOUNCED,  # its proof was withdrawn meanwhile
        Quarantined: _C.QUARANTINED,
        Disputed: _C.ANNOUNCED,
        Damaged: _C.ANNOUNCED,
        Released: Alarm.IMPOSSIBLE,
        Kept: Alarm.IMPOSSIBLE,
        Failed: _C.ANNOUNCED,
        Overflowed: _C.ANNOUNCED,
        OverflowClosed: _C.ANNOUNCED,
        Expired: _C.LOST,
    },
    _C.ARCHIVED: {
        Archived: _C.ARCHIVED,
        Compared: _C.ARCHIVED,
        ReadOn: _C.ARCHIVED,
        MetadataArchived: _C.ARCHIVED,
        Quarantined: _C.ARCHIVED,  # the slower of two workers: the copy is proven already
        Disputed: _C.QUARANTINED,
        Damaged: _C.ANNOUNCED,
        Released: _C.RELEASED,
        Kept: _C.KEPT,
        Failed: _C.ARCHIVED,
        Overflowed: _C.ARCHIVED,
        OverflowClosed: _C.ARCHIVED,
        Expired: _C.KEPT,  # the source ended by itself; the copy is proven
    },
    _C.RELEASED: {
        Archived: _C.RELEASED,
        Compared: _C.RELEASED,
        ReadOn: _C.RELEASED,
        MetadataArchived: _C.RELEASED,
        Quarantined: _C.RELEASED,
        Disputed: _C.RELEASED,
        Damaged: Alarm.IMPOSSIBLE,
        Released: _C.RELEASED,
        Kept: _C.RELEASED,
        Failed: _C.RELEASED,
        Overflowed: _C.RELEASED,
        OverflowClosed: _C.RELEASED,
        Expired: _C.RELEASED,
    },
    _C.KEPT: {
        Archived: _C.KEPT,
        Compared: _C.KEPT,
        ReadOn: _C.KEPT,
        MetadataArchived: _C.KEPT,
        Quarantined: _C.KEPT,
        Disputed: _C.KEPT,
        Damaged: _C.ANNOUNCED,  # the source may still be there
        Released: _C.RELEASED,  # another worker had the authority
        Kept: _C.KEPT,
        Failed: _C.KEPT,
        Overflowed: _C.KEPT,
        OverflowClosed: _C.KEPT,
        Expired: _C.KEPT,
    },
    _C.QUARANTINED: {
        Archived: _C.ARCHIVED,  # a later look found nothing wrong
        Compared: _C.QUARANTINED,
        ReadOn: _C.QUARANTINED,
        MetadataArchived: _C.QUARANTINED,
        Quarantined: _C.QUARANTINED,
        Disputed: _C.QUARANTINED,
        Damaged: _C.QUARANTINED,
        Released: Alarm.IMPOSSIBLE,
        Kept: Alarm.IMPOSSIBLE,
        Failed: _C.QUARANTINED,
        Overflowed: _C.QUARANTINED,
        OverflowClosed: _C.QUARANTINED,
        Expired: _C.LOST,
    },
    _C.LOST: {
        Archived: _C.ARCHIVED,  # the try of another worker succeeded
        Compared: _C.LOST,
        ReadOn: _C.LOST,
        MetadataArchived: _C.LOST,
        Quarantined: _C.QUARANTINED,
        Disputed: _C.LOST,
        Damaged: _C.LOST,
        Released: Alarm.IMPOSSIBLE,
        Kept: Alarm.IMPOSSIBLE,
        Failed: _C.LOST,
        Overflowed: _C.ANNOUNCED,  # the try of another worker: there is a copy to be brought home
        OverflowClosed: _C.LOST,
        Expired: _C.LOST,
    },
}
"""The state to which a chunk fact leads, or the alarm that it raises while nothing changes.

A proven copy that is found to be damaged when it cannot be made anew (`Damaged.is_too_late`) changes nothing, and a
person is told. A copy of what the function key announced changes nothing if Event Grid has announced the chunk
otherwise meanwhile (`chunks._is_overtaken`). Four rules are applied after the table (`chunks._by_the_rules`): an
expired chunk of which a copy is in the overflow stays as it is instead of becoming LOST; one of which a copy stands
apart becomes QUARANTINED instead of LOST; a doubted one without any copy and without a next look becomes LOST instead
of QUARANTINED.
But one that the service has written into a native container, as an event says, has not ended: it is QUARANTINED.
"""

_R = RecordingState
RECORDING_TRANSITIONS: Mapping[RecordingState, Mapping[type[RecordingFact], RecordingState]] = {
    _R.STARTED: {Paused: _R.PAUSED, Resumed: _R.STARTED, Stopped: _R.STOPPED, Denied: _R.STOPPED},
    _R.PAUSED: {Paused: _R.PAUSED, Resumed: _R.STARTED, Stopped: _R.STOPPED, Denied: _R.STOPPED},
    # In these two `Checked` and `Interrupted` are weighed too: see `running`. What has recorded nothing is EMPTY then.
    _R.STOPPED: {Missed: _R.MISSING, NeverCame: _R.LOST},
    _R.MISSING: {NeverCame: _R.LOST},
    _R.ANNOUNCED: {NeverCame: _R.LOST, GivenUp: _R.LOST},  # only of a recording without a chunk; see `applying`
}
"""The state to which a fact about a recording without a chunk leads. In every other state it changes nothing.

`Denied` leads there only when it is repeated, and `Checked` back from there (`applying._denied`, `applying._checked`).
`Checked` also leads from STARTED to PAUSED and back, if the service says so (`running.agreed`). What is over and has
recorded nothing is EMPTY instead of STOPPED (`applying._over`).
"""
