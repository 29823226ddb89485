"""What an announcement changes in a recording, and in a chunk that is known already."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest

from recording.core.lifecycle import Announced, Decision, Expired, Quarantined, Started, decide
from recording.core.lifecycle.candidates import DROPPED, MOST_CANDIDATES
from recording.core.lifecycle.changes import MOST_CHUNKS
from recording.core.model import (
    Alarm,
    Alert,
    BlobName,
    CallId,
    CatalogEntry,
    Chunk,
    ChunkState,
    DocumentId,
    Door,
    FileEvent,
    Format,
    Output,
    RecordingState,
    ServerCallId,
    Unread,
)
from tests.core.entries_of import (
    DUE,
    GONE_BY,
    NOW,
    RECORDING_ID,
    WAV,
    announced,
    announced_chunk,
    announcement,
    archived,
    candidate,
    changed_recording,
    chunk,
    document,
    entry_of,
    failure,
)

LATER = NOW + timedelta(minutes=1)
BY_KEY = Door.FUNCTION_KEY


def hosts(one: Chunk) -> list[str]:
    """The hosts in the locations of its candidates, in order."""
    return [each.announced.content_location.split("/")[2].split(".")[0] for each in one.candidates]


# The recording


def test_an_announcement_makes_an_entry_and_a_step_for_each_chunk() -> None:
    """It does so for a known recording too."""
    started = decide(None, Started(RECORDING_ID, WAV), NOW).entry
    for before in (None, started):
        decision = decide(before, announced(0, 1), NOW)

        assert (document(0), document(1)) == decision.steps
        assert (chunk(0), chunk(1)) == decision.entry.chunks
        assert (RecordingState.ANNOUNCED, NOW) == (
            decision.entry.recording.state,
            decision.entry.recording.announced_at,
        )


def test_an_announcement_brings_what_the_event_tells() -> None:
    """The notes of the event are stored with each of its chunks."""
    event = replace(
        announced(0).event,
        call_id=CallId("call"),
        server_call_id=ServerCallId("server"),
        started_at=NOW,
        duration=timedelta(minutes=1),
        session_end_reason="CallEnded",
        output=WAV,
        notes=("of the event",),
    )
    entry = decide(None, replace(announced(0), event=event), NOW).entry
    recording = entry.recording

    assert ("call", "server", NOW) == (recording.call_id, recording.server_call_id, recording.started_at)
    assert (timedelta(minutes=1), "CallEnded", WAV) == (
        recording.duration,
        recording.session_end_reason,
        recording.output,
    )
    assert ("of the event",) == entry.chunks[0].notes


def test_a_name_is_decided_once() -> None:
    """A second announcement, with another template, does not change it."""
    before = decide(None, announced(0), NOW).entry
    renamed = (replace(announcement(announced_chunk(0)), name=BlobName("elsewhere")),)

    assert Decision(before, (document(0),)) == decide(before, replace(announced(0), chunks=renamed), LATER)


@pytest.mark.parametrize("state", ChunkState)
def test_an_announcement_drives_on_what_is_owed(state: ChunkState) -> None:
    """A replayed event queues the open chunks, and no closed one."""
    before = entry_of(chunk(0, state), completed_at=NOW)
    owed = () if state in {ChunkState.RELEASED, ChunkState.KEPT} else (document(0),)

    assert owed == decide(before, announced(0), LATER).steps


def test_an_announcement_drives_on_what_lacks_only_its_manifest() -> None:
    """The message that should have led to it was lost."""
    before = entry_of(chunk(0, ChunkState.RELEASED), chunk(1, ChunkState.RELEASED))

    assert (document(0),) == decide(before, announced(0), LATER).steps


def test_a_chunk_announced_after_completion_starts_the_next_revision() -> None:
    """The recording is not ARCHIVED until that chunk is."""
    before = entry_of(chunk(0, ChunkState.RELEASED), completed_at=NOW, state=RecordingState.RELEASED)
    decision = decide(before, announced(1), LATER)

    assert (document(1),) == decision.steps
    recording = decision.entry.recording
    assert (None, 2, RecordingState.ANNOUNCED) == (recording.completed_at, recording.revision, recording.state)


@pytest.mark.parametrize("order", list(permutations([(0,), (1, 2), (3,)])))
def test_announcements_in_any_order_give_the_same_chunks(order: Sequence[tuple[int, ...]]) -> None:
    entry: CatalogEntry | None = None
    for indices in order:
        entry = decide(entry, announced(*indices), NOW).entry

    assert entry is not None
    assert tuple(map(chunk, range(4))) == entry.chunks


def test_members_that_cannot_be_read_are_kept_and_told_once() -> None:
    """A recording of which no chunk can be read has an entry too."""
    unread = tuple(Unread("event", f"[{number}]: missing", DocumentId(f"d{number}")) for number in range(9))
    fact = Announced(FileEvent("event", RECORDING_ID, (), unread=unread), Door.EVENT_GRID, ())
    first = decide(None, fact, NOW).entry
    told = changed_recording(first, untold=())

    assert (RecordingState.ANNOUNCED, unread) == (first.recording.state, first.recording.unread)
    assert [Alert(Alarm.UNREADABLE, f"event event: [{n}]: missing", DocumentId(f"d{n}")) for n in range(5)] == list(
        first.recording.untold
    )
    assert Decision(told) == decide(told, fact, LATER)


def test_members_that_the_key_brings_displace_none_of_event_grids() -> None:
    """An entry keeps a hundred; both raise an alert."""
    entry: CatalogEntry | None = None
    for event_id, door, count in (("forged", BY_KEY, 150), ("true", Door.EVENT_GRID, 1)):
        unread = tuple(Unread(event_id, f"[{number}]: missing") for number in range(count))
        event = FileEvent(event_id, RECORDING_ID, (), unread=unread)
        entry = decide(entry, Announced(event, door, ()), NOW).entry

    assert entry is not None
    kept = entry.recording.unread
    assert (100, Unread("true", "[0]: missing", door=Door.EVENT_GRID)) == (len(kept), kept[0])
    assert {"event forged: [0]: missing", "event true: [0]: missing"} <= {one.reason for one in entry.recording.untold}


def test_a_completed_recording_is_not_reopened_by_what_the_key_brings() -> None:
    before = entry_of(chunk(0, ChunkState.RELEASED), completed_at=NOW)
    event = FileEvent("forged", RECORDING_ID, (), unread=(Unread("forged", "[1]: missing"),))
    after = decide(before, Announced(event, BY_KEY, ()), LATER)

    assert (NOW, (), 1) == (after.entry.recording.completed_at, after.steps, len(after.entry.recording.untold))


def test_a_recording_reopens_when_a_member_could_not_be_read_after_its_completion() -> None:
    before = entry_of(chunk(0, ChunkState.RELEASED), completed_at=NOW)
    event = replace(announced(0).event, unread=(Unread("event", "[1]: missing"),))
    after = decide(before, replace(announced(0), event=event), LATER)

    assert (None, (document(0),)) == (after.entry.recording.completed_at, after.steps)


MP3 = replace(WAV, format=Format.MP3)


def telling(output: Output | None, door: Door = Door.EVENT_GRID) -> Announced:
    """An event with that output."""
    fact = announced(0, door=door)
    return replace(fact, event=replace(fact.event, output=output, call_id=CallId(f"call-of-{output}")))


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (telling(MP3, BY_KEY), telling(WAV), WAV),
        (telling(WAV), telling(MP3, BY_KEY), WAV),
        (telling(MP3), telling(WAV), WAV),
        (telling(WAV), telling(None), WAV),
        (telling(None), telling(WAV, BY_KEY), WAV),
        (telling(MP3, BY_KEY), telling(WAV, BY_KEY), MP3),
    ],
    ids=["key first", "key second", "newer", "says nothing", "fills in", "key twice"],
)
def test_event_grids_last_event_tells_what_a_recording_is(
    first: Announced, second: Announced, expected: Output
) -> None:
    """An event by the function key only adds what is not known."""
    entry = decide(decide(None, first, NOW).entry, second, LATER).entry

    assert expected == entry.recording.output


def test_what_was_ordered_no_event_changes() -> None:
    forged = decide(None, telling(MP3), NOW).entry
    started = decide(forged, Started(RECORDING_ID, WAV, ServerCallId("ours")), NOW).entry
    after = decide(started, telling(MP3), LATER).entry.recording

    assert (WAV, "ours", "call-of-audio-mixed-mp3") == (after.output, after.server_call_id, after.call_id)


# Candidates


def test_the_same_announcement_again_adds_nothing() -> None:
    before = decide(None, announced(0), NOW).entry

    assert before == decide(before, announced(0), LATER).entry


def test_the_newest_of_event_grid_is_tried_first_and_those_of_the_key_last() -> None:
    entry: CatalogEntry | None = None
    for minute, (host, door) in enumerate(
        [("a", Door.EVENT_GRID), ("b", BY_KEY), ("c", Door.EVENT_GRID), ("d", BY_KEY)]
    ):
        entry = decide(entry, announced(0, host=host, door=door), NOW + timedelta(minutes=minute)).entry

    assert entry is not None
    assert ["c", "a", "d", "b"] == hosts(entry.chunks[0])


def test_an_announcement_by_key_gains_credit_when_event_grid_says_the_same() -> None:
    forged = decide(None, announced(0, host="forged", door=BY_KEY), NOW).entry
    both = decide(forged, announced(0, host="good", door=BY_KEY), LATER).entry
    confirmed = decide(both, announced(0, host="forged"), LATER).entry

    assert ["good", "forged"] == hosts(both.chunks[0])
    assert ["forged", "good"] == hosts(confirmed.chunks[0])
    assert [Door.EVENT_GRID, BY_KEY] == [one.door for one in confirmed.chunks[0].candidates]


def test_candidates_are_bounded_and_the_oldest_is_dropped_with_a_note() -> None:
    entry: CatalogEntry | None = None
    for number in range(3 * MOST_CANDIDATES):
        entry = decide(entry, announced(0, host=f"h{number}"), NOW + timedelta(minutes=number)).entry

    assert entry is not None
    assert [f"h{number}" for number in range(3 * MOST_CANDIDATES - 1, 2 * MOST_CANDIDATES - 1, -1)] == hosts(
        entry.chunks[0]
    )
    assert (DROPPED,) == entry.chunks[0].notes


def test_another_announcement_of_a_chunk_that_waits_is_tried_at_once() -> None:
    before = entry_of(replace(chunk(0), tries=5, turn=4, look_at=DUE))
    after = decide(before, announced(0, host="other"), LATER).entry.chunks[0]

    assert (ChunkState.ANNOUNCED, None, 0, 0) == (after.state, after.look_at, after.tries, after.turn)


def test_an_announcement_lets_a_doubt_be_looked_at_at_once() -> None:
    """The same event does so too, also after the last look."""
    doubted = decide(entry_of(chunk(0)), Quarantined(document(0), ("doubted",), DUE), NOW).entry
    closed = entry_of(replace(chunk(0, ChunkState.QUARANTINED, apart=True), look_at=None))
    for before in (doubted, closed):
        decision = decide(before, announced(0), LATER)

        assert (ChunkState.QUARANTINED, LATER) == (decision.entry.chunks[0].state, decision.entry.chunks[0].look_at)
        assert (document(0),) == decision.steps


def test_a_lost_chunk_that_is_announced_again_is_looked_for_again() -> None:
    lost = decide(entry_of(chunk(0)), Expired(document(0), failure()), NOW).entry

    assert ChunkState.ANNOUNCED == decide(lost, announced(0), LATER).entry.chunks[0].state


def later(door: Door, host: str) -> Announced:
    """An announcement a day later, with moments of its own."""
    fact = announced(0, host=host, door=door)
    day = timedelta(days=1)
    return replace(fact, chunks=(replace(fact.chunks[0], due=DUE + day, gone_by=GONE_BY + day),))


@pytest.mark.parametrize(
    ("first", "second", "host", "moves"),
    [
        (Door.EVENT_GRID, Door.EVENT_GRID, "other", True),
        (Door.EVENT_GRID, BY_KEY, "other", False),
        (BY_KEY, Door.EVENT_GRID, "other", True),
        (BY_KEY, BY_KEY, "other", True),
        (Door.EVENT_GRID, Door.EVENT_GRID, "eu-api", False),
    ],
)
def test_a_later_announcement_puts_off_only_the_latest_end(
    first: Door, second: Door, host: str, *, moves: bool
) -> None:
    """An announcement by the function key, or the same event again, does not even do that."""
    before = decide(None, announced(0, door=first), NOW).entry
    after = decide(before, later(second, host), LATER).entry.chunks[0]

    assert (DUE, GONE_BY + timedelta(days=1) if moves else GONE_BY) == (after.due, after.gone_by)


# After a proof


def test_another_announcement_of_a_proven_chunk_is_a_conflict_told_once() -> None:
    before = entry_of(chunk(0, ChunkState.ARCHIVED))
    after = decide(before, announced(0, host="other"), LATER).entry
    told = changed_recording(after, untold=())

    note = "event event-of-other announces it at other locations, after it was proven"
    assert (Alert(Alarm.CONFLICT, note, document(0)),) == after.recording.untold
    assert (ChunkState.ARCHIVED, (note,), candidate(0)) == (
        after.chunks[0].state,
        after.chunks[0].notes,
        after.chunks[0].candidate,
    )
    assert told == decide(told, announced(0, host="other"), LATER).entry


@pytest.mark.parametrize("field", ["metadata_location", "delete_location"])
def test_a_location_that_an_earlier_event_lacked_is_filled_in(field: str) -> None:
    """Only Event Grid's own doors can add it: a delete location gives the authority to delete."""
    bare = replace(announced_chunk(0), **{field: None})  # type: ignore[arg-type]
    proven = replace(candidate(0), announced=bare)
    one = replace(chunk(0, ChunkState.ARCHIVED), candidates=(proven,), proven=proven)
    before = entry_of(one, state=RecordingState.ARCHIVED)

    assert announced_chunk(0) == decide(before, announced(0), LATER).entry.chunks[0].announced
    assert before == decide(before, announced(0, door=BY_KEY), LATER).entry


@pytest.mark.parametrize("field", ["metadata_location", "delete_location"])
def test_what_was_kept_because_a_location_lacked_is_released_once_event_grid_names_it(field: str) -> None:
    """The same event again changes nothing: what it was kept for stands."""
    bare = replace(announced_chunk(0), **{field: None})  # type: ignore[arg-type]
    proven = replace(candidate(0), announced=bare)
    before = entry_of(replace(chunk(0, ChunkState.KEPT), candidates=(proven,), proven=proven))
    again = Announced(FileEvent("again", RECORDING_ID, (bare,)), Door.EVENT_GRID, (announcement(bare),))
    named = decide(before, announced(0), LATER)

    assert before.chunks == decide(before, again, LATER).entry.chunks
    assert (ChunkState.ARCHIVED, "", announced_chunk(0)) == (
        named.entry.chunks[0].state,
        named.entry.chunks[0].kept_reason,
        named.entry.chunks[0].announced,
    )
    assert (document(0),) == named.steps


def test_a_proof_of_what_the_key_announced_gains_credit_when_event_grid_says_the_same() -> None:
    before = decide(None, announced(0, door=BY_KEY), NOW).entry
    fact = replace(archived(0), candidate=before.chunks[0].candidate)
    after = decide(decide(before, fact, NOW).entry, announced(0), LATER).entry

    assert Door.EVENT_GRID == after.chunks[0].candidate.door


# Too many


def many(door: Door, count: int, host: str = "eu-api") -> Announced:
    """An event with that many chunks."""
    return announced(*range(count), door=door, host=host)


def test_more_chunks_than_a_recording_can_have_are_refused_and_told() -> None:
    entry = decide(None, many(Door.EVENT_GRID, MOST_CHUNKS + 2), NOW).entry

    assert MOST_CHUNKS == len(entry.chunks)
    assert [MOST_CHUNKS, MOST_CHUNKS + 1] == [one.index for one in entry.recording.unread]
    assert {Alarm.UNREADABLE} == {alert.alarm for alert in entry.recording.untold}


def test_what_event_grid_announces_displaces_what_the_key_alone_did() -> None:
    """Thousands of forged chunks do not keep a real one out; none is added where Event Grid's fill the entry."""
    junk = decide(None, many(BY_KEY, MOST_CHUNKS), NOW).entry
    true = replace(announced_chunk(0), document_id=DocumentId("true"))
    fact = Announced(FileEvent("event", RECORDING_ID, (true,)), Door.EVENT_GRID, (announcement(true),))
    after = decide(junk, fact, LATER).entry
    full = decide(None, many(Door.EVENT_GRID, MOST_CHUNKS), NOW).entry

    assert after.chunk(DocumentId("true")) is not None
    assert MOST_CHUNKS == len(after.chunks)
    assert full.chunks == decide(full, replace(fact, door=BY_KEY), LATER).entry.chunks


@pytest.mark.parametrize("state", [ChunkState.ARCHIVED, ChunkState.KEPT, ChunkState.RELEASED])
def test_what_event_grid_says_otherwise_overrules_a_proof_of_what_the_key_announced(state: ChunkState) -> None:
    """The chunk is copied from there, and a person is told; a later announcement by the key is only a conflict."""
    before = entry_of(chunk(0, state, door=BY_KEY))
    after = decide(before, announced(0, host="other"), LATER)
    told = "event event-of-other announces it otherwise than the function key, by which it was proven"

    assert (Alert(Alarm.CONFLICT, told, document(0)),) == after.entry.recording.untold
    assert (ChunkState.ANNOUNCED, ["other", "eu-api"]) == (after.entry.chunks[0].state, hosts(after.entry.chunks[0]))
    assert (document(0),) == after.steps


def test_a_copy_of_what_the_key_announced_is_no_proof_once_event_grid_says_otherwise() -> None:
    """The announcement came during the copy, and found no proof to withdraw."""
    before = decide(entry_of(chunk(0, door=BY_KEY)), announced(0, host="other"), NOW).entry
    by_key = replace(archived(0), candidate=candidate(0, door=BY_KEY))
    after = decide(before, by_key, LATER).entry

    assert (ChunkState.ANNOUNCED, ["other", "eu-api"]) == (after.chunks[0].state, hosts(after.chunks[0]))
    assert [Alarm.CONFLICT] == [alert.alarm for alert in after.recording.untold]
    for same in (entry_of(chunk(0, door=BY_KEY)), entry_of(chunk(0))):
        assert ChunkState.ARCHIVED == decide(same, by_key, LATER).entry.chunks[0].state
