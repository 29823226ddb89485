"""Lists of recordings as JSON of the HTTP API: what is owed, the recordings of a day, the history of one."""

import re
from collections.abc import Mapping
from datetime import datetime

from recording.core.errors import RecordingError
from recording.core.formats.api.shapes import Happening, History, Owed, Summary
from recording.core.formats.api.views import known_view
from recording.core.formats.notifications import EventName
from recording.core.model import CatalogEntry, Happened, RecordingId
from recording.core.owing import ToDo, last_error, most_tries, owed, to_do
from recording.core.times import format_known, format_time

MOST_OWED = 20
"""Things owed that are named for one recording; of the others the number."""
RUNBOOK = "docs/runbook.md"
_CHAPTERS: Mapping[ToDo, EventName] = {
    ToDo.DECIDE: EventName.QUARANTINED,
    ToDo.WAIT_OR_DECIDE: EventName.QUARANTINED,
    ToDo.RECORD_AGAIN: EventName.INTERRUPTED,
    ToDo.FIND_EVENT: EventName.MISSING,
    ToDo.MEND_EVENT: EventName.UNREADABLE,
    ToDo.MEND_OR_GIVE_UP: EventName.UNREADABLE,
    ToDo.FIND_CHUNKS: EventName.INCOMPLETE,
    ToDo.CHECK_STORAGE: EventName.AT_RISK,
    ToDo.REPAIR_COPY: EventName.QUARANTINED,
    ToDo.CHECK_APP: EventName.AT_RISK,
    ToDo.CHECK_SOURCE: EventName.AT_RISK,
    ToDo.CHECK_TRAIL: EventName.AT_RISK,
}
"""The chapter of the runbook for each thing that a person can do."""


def owed_view(entry: CatalogEntry, due: datetime | None, now: datetime) -> Owed:
    """What a recording owes, why, how long is left, and what a person is to do.

    Args:
        entry: the recording.
        due: when a source that is still needed may end at the earliest; None if there is none.
        now: the current time.
    """
    found, action = owed(entry), to_do(entry)
    more = len(found) - MOST_OWED
    return {
        "recordingId": entry.recording.recording_id,
        "state": entry.recording.state,
        "due": format_known(due),
        "goneBy": format_known(entry.gone_by),
        "secondsLeft": None if due is None else int((due - now).total_seconds()),
        "owed": [*found[:MOST_OWED], *([f"{more} more"] if more > 0 else [])],
        "tries": most_tries(entry),
        "lastError": last_error(entry) or None,
        "toDo": str(action),
        "see": _see(_CHAPTERS.get(action)),
    }


def unread_owed(recording_id: RecordingId, error: RecordingError) -> Owed:
    """A recording that owes something and whose entry cannot be read."""
    return {
        "recordingId": recording_id,
        "state": None,
        "due": None,
        "goneBy": None,
        "secondsLeft": None,
        "owed": ["everything that its entry names"],
        "tries": 0,
        "lastError": _why(error),
        "toDo": "repair the entry in the catalog's table, or deploy the newer version that saved it",
        "see": _see(EventName.AT_RISK),
    }


def summary_view(entry: CatalogEntry) -> Summary:
    """A recording in a list: what it is and how far it is; `recording_view` shows the rest."""
    return {
        **known_view(entry, MOST_OWED),
        "state": entry.recording.state,
        "chunks": len(entry.chunks),
        "error": None,
    }


def unread_summary(recording_id: RecordingId, error: RecordingError) -> Summary:
    """A recording in a list whose entry cannot be read."""
    return {
        "recordingId": recording_id,
        "callId": None,
        "serverCallId": None,
        "callConnectionId": None,
        "groupCallId": None,
        "roomId": None,
        "output": None,
        "startedAt": None,
        "durationMs": None,
        "announcedAt": None,
        "lacks": [],
        "completedAt": None,
        "manifest": None,
        "state": None,
        "chunks": None,
        "error": _why(error),
    }


def history_view(entry: CatalogEntry) -> History:
    """All that happened to a recording, in order."""
    indices = {chunk.document_id: chunk.index for chunk in entry}
    happened: list[Happening] = [
        {
            "at": format_time(one.at),
            "until": format_known(one.until),
            "times": one.times,
            "what": _in_words(one),
            "by": one.by,
            "detail": one.detail or None,
            "documentId": one.document_id,
            "index": None if one.document_id is None else indices.get(one.document_id),
        }
        for one in entry.recording.history
    ]
    return {"recordingId": entry.recording.recording_id, "history": happened}


_WORDS: Mapping[str, str] = {
    "Started": "this app started it",
    "ErasureBegun": "its erasure began",
    "Stopped": "the service accepted the order to stop it",
    "Denied": "the service said that it has no such recording",
    "Checked": "the service said that it records after all",
    "Missed": "its file event is overdue",
    "NeverCame": "no file event came in time",
    "Archived": "the copy in the archive was verified",
    "MetadataArchived": "the metadata file was archived",
    "Quarantined": "what was found is in doubt",
    "Disputed": "the metadata file contradicts the verified copy",
    "Damaged": "the archive no longer has what was verified",
    "Overflowed": "a copy was verified in the second account",
    "OverflowClosed": "the copy in the second account was removed, or left for a reason",
    "Released": "the source was deleted",
    "Kept": "the source was left alone",
    "Failed": "a try failed",
    "Expired": "a try failed after the end of the source",
    "Decided": "a person decided",
    "GivenUp": "a person gave it up",
    "Warned": "a person was warned",
    "FoundBySweep": "the sweep found work",
    "Completed": "the manifest was written",
}


def _in_words(one: Happened) -> str:
    """The name of a fact as a sentence; of one that is not listed, its name in words."""
    return _WORDS.get(one.what) or re.sub(r"(?<=[a-z])(?=[A-Z])", " ", one.what).lower()


def _why(error: RecordingError) -> str:
    return f"{error.operation}: {error.cause}"


def _see(chapter: EventName | None) -> str | None:
    return None if chapter is None else f"{RUNBOOK}#{chapter.lower()}"
