"""Open work: whether a recording owes anything, and by when it needs attention.

Each recording that owes something has a row in the table of open work, whose key begins with a minute. The moment
computed here decides that minute and nothing else, so it only needs to put what ends first in front. `CatalogUpdates`
keeps the rows; `Recording.opening` names the row that stands for the entry.
"""

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta

from recording.core.lifecycle.acts import RUNS
from recording.core.lifecycle.wholeness import completion_at
from recording.core.lifecycle.withdrawal import withdrawal_owed
from recording.core.model import RUNNING, CatalogEntry, DocumentId, Opening, RecordingState

_KEPT = timedelta(hours=24)
"""For how long the service documents that it keeps a recording; here it only orders."""
_UNTIL_WRITTEN = timedelta(hours=18)
"""After its first act; so a trail comes behind what may be lost, and stays in the row of the last chunk if it can."""
_LIVES = 64
_WITHOUT_FILE_EVENT = frozenset(
    {RecordingState.STARTED, RecordingState.PAUSED, RecordingState.STOPPED, RecordingState.MISSING}
)


def open_at(entry: CatalogEntry) -> datetime | None:
    """The earliest moment at which something that the recording owes may end; None if it owes nothing.

    Owed are: the steps of open chunks; a person's decision about a chunk; a manifest; the file event of a recording
    that was started, or of one whose events name no chunk that can be read; alerts that are not published; acts of the
    audit trail that are not written; what a withdrawal of consent does.
    """
    if entry.recording.state is RecordingState.ERASED:
        return _until_written(entry)
    recording = entry.recording
    moments = [chunk.due for chunk in entry if not chunk.is_closed]
    moments += [chunk.gone_by for chunk in entry if chunk.is_undecided]
    if entry.chunks and recording.withdrawn is not None and withdrawal_owed(entry) is not None:
        moments.append(recording.withdrawn.at + _KEPT)
    if moments:
        return min(moments)
    begun = recording.stopped_at or recording.announced_at or recording.requested_at
    if entry.chunks:
        ends = max(chunk.gone_by for chunk in entry)
        if completion_at(entry, ends) is not None or recording.untold:
            return ends
        return _until_written(entry)
    is_waiting = recording.state in _WITHOUT_FILE_EVENT or recording.state is RecordingState.ANNOUNCED
    if begun is not None and (is_waiting or recording.untold):
        return begun + _KEPT
    return _until_written(entry)


def _until_written(entry: CatalogEntry) -> datetime | None:
    unwritten = entry.recording.trail.unwritten
    return max((unwritten[0].at + _UNTIL_WRITTEN, *(chunk.due for chunk in entry))) if unwritten else None


def with_opening(before: CatalogEntry | None, after: CatalogEntry) -> CatalogEntry:
    """The entry with the row that stands for it.

    It is a new row if the minute has changed since `before` was saved, or if something else is owed now: the old row
    says when to look at what was owed before, which may be hours too late.
    """
    known = before.recording.opening if before is not None else Opening()
    at = _minute_of(open_at(after))
    is_kept = at == known.at and (at is None or before is None or _owed(after) <= _owed(before) | _trail_owed(before))
    opening = known if is_kept else Opening(at, known.number + 1)
    if after.recording.opening == opening:
        return after
    return replace(after, recording=replace(after.recording, opening=opening))


def is_stale(opening: Opening, entry: CatalogEntry) -> bool:
    """Whether the row of that opening stands for nothing, and never will, so that it may be removed at any time.

    A row with a higher number than the entry's may be that of a save in progress. One with a lower or the same number
    was written for a save that is replaced, or that lost a conflict: it can no longer succeed.
    """
    own = entry.recording.opening
    return opening != own and opening.number <= own.number


def _owed(entry: CatalogEntry) -> set[str]:
    """What the entry waits for; the acts of a chunk's run are not among it, as the run writes them.

    Acts count only where nothing else is waited for: a new row says that the work has gone on just now, so that who
    looks at a recording again and again would hide that a message of it is lost.
    """
    return _waits_for(entry) or _trail_owed(entry)


def _trail_owed(entry: CatalogEntry) -> set[str]:
    return {"its trail"} if any(act.what not in RUNS for act in entry.recording.trail.unwritten) else set()


def _waits_for(entry: CatalogEntry) -> set[str]:
    """The steps of open chunks, by document id; without chunks its end, or its file event; what a withdrawal does."""
    withdrawal = {"what a withdrawal of consent does"} if withdrawal_owed(entry) is not None else set[str]()
    if entry.chunks:
        return withdrawal | {chunk.document_id for chunk in entry if not chunk.is_closed}
    if entry.recording.state not in RUNNING:
        return {"file event"}
    if withdrawal:
        return withdrawal
    pause = entry.recording.open_pause
    end = "end" if entry.recording.denied_at is None else "a second answer that it is over"
    return {end} if pause is None else {end, f"the end of the pause since {pause.since}"}


def life_of(document_id: DocumentId) -> str:
    """Under which name a row keeps the last sign of life of a chunk.

    There are few names, so that a row stays small. If two chunks have the same, the life of one hides that the other
    has none, for as long as it lasts.
    """
    return f"life{hashlib.sha256(document_id.encode('utf-8', 'surrogatepass')).digest()[0] % _LIVES:02}"


def _minute_of(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(second=0, microsecond=0)
