"""Lists of recordings as the API shows them."""

import json
from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from recording.core.errors import EntryUnreadable
from recording.core.formats.api import history_view, owed_view, summary_view, unread_owed, unread_summary
from recording.core.formats.api.lists import MOST_OWED
from recording.core.formats.api.shapes import Happening
from recording.core.lifecycle import Decided, Fact, Started, decide, decide_all
from recording.core.model import Actor, CatalogEntry, ChunkState, Happened, Ruling
from tests.core.entries_of import (
    DUE,
    NOW,
    RECORDING_ID,
    WAV,
    announced,
    archived,
    changed_recording,
    chunk,
    chunk_facts,
    document,
    entry_of,
    failure,
)


def facts_of(entry: CatalogEntry) -> list[Happening]:
    """The history in the view."""
    return history_view(entry)["history"]


def test_what_is_owed_is_told_with_the_time_left_and_what_to_do() -> None:
    entry = entry_of(replace(chunk(0), tries=3, last_failure=failure("archive_busy")))

    assert {
        "recordingId": RECORDING_ID,
        "state": "announced",
        "due": "2026-03-02T11:00:00Z",
        "goneBy": "2026-03-02T13:00:00Z",
        "secondsLeft": 82_800,
        "owed": ["media and metadata of chunk 0"],
        "tries": 3,
        "lastError": "chunk 0: read source: archive_busy: 503 (wait)",
        "toDo": "check the storage account: its keys and roles, its network, its limits",
        "see": "docs/runbook.md#recordingatrisk",
    } == owed_view(entry, DUE, NOW)


def test_what_goes_on_by_itself_names_no_chapter() -> None:
    """And no time, if nothing that is needed may end."""
    found = owed_view(entry_of(chunk(0, ChunkState.RELEASED)), None, NOW)

    assert [None] * 4 == [found["due"], found["secondsLeft"], found["lastError"], found["see"]]
    assert ("nothing: it goes on by itself", ["its manifest"]) == (found["toDo"], found["owed"])


def test_of_many_things_owed_the_first_are_named() -> None:
    """An entry may have hundreds of chunks, and a page many entries."""
    found = owed_view(entry_of(*map(chunk, range(MOST_OWED + 7))), DUE, NOW)["owed"]

    assert (MOST_OWED + 1, "7 more") == (len(found), found[-1])


def test_a_recording_that_cannot_be_read_is_told_with_the_same_fields() -> None:
    found = unread_owed(RECORDING_ID, EntryUnreadable("load entry", "chunks[0].state"))

    assert owed_view(entry_of(chunk(0)), DUE, NOW).keys() == found.keys()
    assert "load entry: chunks[0].state" == found["lastError"]


def test_in_a_list_of_recordings_too() -> None:
    found = unread_summary(RECORDING_ID, EntryUnreadable("load entry", "chunks[0].state"))

    assert summary_view(entry_of(chunk(0))).keys() == found.keys()
    assert (RECORDING_ID, "load entry: chunks[0].state") == (found["recordingId"], found["error"])


def test_a_recording_in_a_list_says_what_it_is_and_how_far() -> None:
    entry = decide(None, Started(RECORDING_ID, output=WAV, group_call_id="g"), NOW).entry

    assert {
        "recordingId": RECORDING_ID,
        "state": "started",
        "groupCallId": "g",
        "output": {"content": "audio", "channel": "mixed", "format": "wav"},
        "startedAt": "2026-03-01T12:00:00Z",
        "chunks": 0,
        "error": None,
        "lacks": [],
        **dict.fromkeys(("callId", "serverCallId", "callConnectionId", "roomId")),
        **dict.fromkeys(("durationMs", "announcedAt", "completedAt", "manifest")),
    } == summary_view(entry)


def test_the_history_tells_what_happened_in_words_and_by_whom() -> None:
    """Repetitions in a row are one, with a count."""
    entry = decide_all(None, [announced(0), chunk_facts()["Failed"], chunk_facts()["Failed"]], NOW).entry
    later = NOW + timedelta(hours=1)
    entry = decide(entry, Decided(document(0), Ruling.RETRY, "the network works again"), later, Actor("key:Ada")).entry
    first, failed, decided = facts_of(entry)

    assert ("announced", "app", None) == (first["what"], first["by"], first["documentId"])
    assert ("a try failed", 2, "2026-03-01T12:00:00Z") == (failed["what"], failed["times"], failed["until"])
    assert {
        "at": "2026-03-01T13:00:00Z",
        "until": None,
        "times": 1,
        "what": "a person decided",
        "by": "key:Ada",
        "detail": "retry: the network works again",
        "documentId": "document-0",
        "index": 0,
    } == decided


def test_what_another_version_has_noted_is_told_by_its_name() -> None:
    """Of a chunk that the entry does not have, without an index."""
    noted = Happened(NOW, "SomethingNew", Actor("app"), document_id=document(9))
    (found,) = facts_of(changed_recording(entry_of(chunk(0)), history=(noted,)))

    assert ("something new", None, None) == (found["what"], found["index"], found["detail"])


@given(st.lists(st.sampled_from([announced(0), archived(0), *chunk_facts(0).values()]), max_size=8))
def test_no_list_has_a_location(facts: list[Fact]) -> None:
    """With one, and the service's key, anybody can download the recording."""
    entry = decide_all(None, [announced(0), *facts], NOW).entry
    views = json.dumps([owed_view(entry, DUE, NOW), summary_view(entry), history_view(entry)])

    assert "://" not in views
    assert "asm.skype" not in views
