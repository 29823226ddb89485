"""What a fact means in every state."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from recording.core.lifecycle import (
    CHUNK_TRANSITIONS,
    RECORDING_TRANSITIONS,
    ChunkFact,
    Decision,
    Fact,
    Paused,
    RecordingFact,
    Released,
    Resumed,
    Started,
    Stopped,
    Told,
    decide,
    makes_entry,
)
from recording.core.model import (
    APP,
    RUNNING,
    Actor,
    Alarm,
    Alert,
    CallConnectionId,
    CatalogEntry,
    ChunkState,
    Format,
    RecordingState,
    ServerCallId,
)
from tests.core.entries_of import (
    MANIFEST,
    NOW,
    RECORDING_ID,
    WAV,
    announced,
    archived,
    changed_recording,
    chunk,
    chunk_facts,
    completed,
    document,
    entry_of,
    without_history,
)

LATER = NOW + timedelta(minutes=1)
AGAIN = NOW + timedelta(minutes=5)
IMPOSSIBLE = "impossible"


def alerts_of(entry: CatalogEntry) -> tuple[Alert, ...]:
    """The alerts that are not published yet."""
    return entry.recording.untold


# The tables

EXPECTED = """
                 announced   archived    released   kept      quarantined lost
Archived         archived    archived    released   kept      archived    archived
Compared         announced   archived    released   kept      quarantined lost
ReadOn           announced   archived    released   kept      quarantined lost
MetadataArchived announced   archived    released   kept      quarantined lost
Quarantined      quarantined archived    released   kept      quarantined quarantined
Disputed         announced   quarantined released   kept      quarantined lost
Damaged          announced   announced   impossible announced quarantined lost
Released         impossible  released    released   released  impossible  impossible
Kept             impossible  kept        released   kept      impossible  impossible
Failed           announced   archived    released   kept      quarantined lost
Overflowed       announced   archived    released   kept      quarantined announced
OverflowClosed   announced   archived    released   kept      quarantined lost
Expired          lost        kept        released   kept      lost        lost
"""


def expectations() -> Iterator[tuple[str, ChunkFact, str]]:
    """The table above, cell by cell."""
    states, *rows = (line.split() for line in EXPECTED.strip().splitlines())
    for kind, *cells in rows:
        yield from ((state, chunk_facts()[kind], cell) for state, cell in zip(states, cells, strict=True))


def test_the_tables_know_every_state_and_fact() -> None:
    """A missing cell would raise KeyError when the fact is decided."""
    kinds = {type(fact) for fact in chunk_facts().values()}

    assert set(ChunkState) == set(CHUNK_TRANSITIONS)
    assert all(kinds == set(meanings) for meanings in CHUNK_TRANSITIONS.values())
    assert len(ChunkState) * len(kinds) == len(list(expectations()))


@pytest.mark.parametrize(("state", "fact", "expected"), list(expectations()))
def test_a_chunk_fact_in_every_state(state: str, fact: ChunkFact, expected: str) -> None:
    """It leads to the state in the table; a fact that cannot be true changes nothing and alerts."""
    before = entry_of(chunk(0, ChunkState(state)), chunk(1))
    after = decide(before, fact, LATER).entry

    if expected == IMPOSSIBLE:
        reason = f"{type(fact).__name__} cannot be true of a chunk that is {state}"
        assert (Alert(Alarm.IMPOSSIBLE, reason, document(0)),) == alerts_of(after)
        assert before == changed_recording(without_history(after), untold=())
    else:
        assert expected == after.chunks[0].state
        assert before.chunks[1] == after.chunks[1]


CONTROLS: tuple[RecordingFact, ...] = (Paused(), Resumed(), Stopped())


@pytest.mark.parametrize(("state", "fact"), list(product(RecordingState, CONTROLS)))
def test_a_control_fact_in_every_state(state: RecordingState, fact: RecordingFact) -> None:
    """It changes the state of a running recording, and notes when it was stopped; later it changes nothing."""
    before = entry_of(state=state)
    moved = {Paused: "paused", Resumed: "started", Stopped: "stopped"}[type(fact)]
    stopped_at = LATER if isinstance(fact, Stopped) else None
    after = changed_recording(before, state=RecordingState(moved), stopped_at=stopped_at)
    found = decide(before, fact, LATER)

    known = replace(found, entry=changed_recording(without_history(found.entry), pauses=(), was_resumed=False))
    assert Decision(after if state in RUNNING else before) == known
    assert (state in RUNNING) == (type(fact) in RECORDING_TRANSITIONS.get(state, {}))


@pytest.mark.parametrize("fact", [*CONTROLS, *chunk_facts().values(), completed(), Told(())])
def test_a_fact_about_nothing_known_is_a_programming_error(fact: Fact) -> None:
    """It raises KeyError: no recording can be meant. Who applies it to the catalog asks before."""
    assert not makes_entry(fact)
    with pytest.raises(KeyError):
        decide(None, fact, NOW)


def test_a_fact_about_an_unknown_chunk_is_a_programming_error() -> None:
    with pytest.raises(KeyError):
        decide(entry_of(chunk(0)), Released(document(1), NOW), NOW)


def test_who_brought_a_change_about_stands_in_the_entry() -> None:
    """It is the app unless a person is named; a fact that changes nothing leaves it as it was."""
    started = decide(None, Started(RECORDING_ID, WAV), NOW).entry
    paused = decide(started, Paused(), NOW, Actor("a person")).entry

    assert (APP, "a person") == (started.recording.changed_by, paused.recording.changed_by)
    assert paused == decide(paused, Paused(), LATER, Actor("a person")).entry


# Starting


def test_a_start_makes_an_entry() -> None:
    """It has the requested output and all ids of the call."""
    fact = Started(RECORDING_ID, WAV, ServerCallId("call"), CallConnectionId("connection"), "group", "room")
    entry = decide(None, fact, NOW).entry
    recording = entry.recording

    assert (RECORDING_ID, RecordingState.STARTED, WAV) == (recording.recording_id, recording.state, recording.output)
    assert ("call", "connection", "group", "room") == (
        recording.server_call_id,
        recording.call_connection_id,
        recording.group_call_id,
        recording.room_id,
    )
    assert (NOW, ()) == (recording.requested_at, entry.chunks)


def test_a_start_that_is_paused_is_shown_as_paused() -> None:
    assert RecordingState.PAUSED == decide(None, Started(RECORDING_ID, WAV, paused=True), NOW).entry.recording.state


def test_a_start_that_comes_after_the_file_event_only_adds() -> None:
    """No field that is known is overwritten, and the state stays."""
    before = decide(None, announced(0), NOW).entry
    after = decide(before, Started(RECORDING_ID, WAV, ServerCallId("call")), LATER).entry

    assert (WAV, "call", LATER) == (
        after.recording.output,
        after.recording.server_call_id,
        after.recording.requested_at,
    )
    assert (before.chunks, RecordingState.ANNOUNCED) == (after.chunks, after.recording.state)
    mp3 = replace(WAV, format=Format.MP3)
    assert after == decide(after, Started(RECORDING_ID, mp3, ServerCallId("other")), NOW + timedelta(1)).entry


# Completing


def test_completion_is_noted_once() -> None:
    """The entry has the manifest's name, revision and time; a second fact changes nothing."""
    before = entry_of(chunk(0, ChunkState.RELEASED))
    once = decide(before, completed(0, revision=3), NOW).entry
    recording = once.recording

    assert (MANIFEST, 3, NOW) == (recording.manifest_name, recording.revision, recording.completed_at)
    assert RecordingState.RELEASED == recording.state
    assert Decision(once) == decide(once, completed(0, revision=3), LATER)


def test_a_manifest_that_lacks_a_chunk_announced_meanwhile_completes_nothing() -> None:
    """It does not complete the recording before that chunk is closed, nor after: the next manifest is owed."""
    entry = decide(entry_of(chunk(0, ChunkState.RELEASED)), announced(1), NOW).entry
    assert Decision(entry) == decide(entry, completed(0), LATER)

    for fact in (archived(1), Released(document(1), NOW)):
        entry = decide(entry, fact, NOW).entry
    assert Decision(entry) == decide(entry, completed(0), LATER)
    assert LATER == decide(entry, completed(0, 1, revision=2), LATER).entry.recording.completed_at
