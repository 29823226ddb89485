"""What a recording owes, why, and what a person is to do, in words."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.core.lifecycle import decide_all, open_at
from recording.core.model import (
    Alarm,
    Alert,
    CatalogEntry,
    Chunk,
    ChunkState,
    Door,
    Place,
    Recording,
    RecordingId,
    RecordingState,
    Subject,
    Unread,
)
from recording.core.owing import ToDo, last_error, most_tries, owed, to_do
from tests.core.entries_of import (
    NOW,
    RECORDING_ID,
    announced,
    changed_recording,
    chunk,
    chunk_facts,
    completed,
    entry_of,
    failure,
    proof,
)

C, R = ChunkState, RecordingState
LATER = replace(failure(cause="429"), at=NOW + timedelta(minutes=1))
FULL = "ChunkMaximumSizeExceeded"


def without_chunk(state: RecordingState, **fields: object) -> CatalogEntry:
    return changed_recording(CatalogEntry(Recording(RECORDING_ID, state, requested_at=NOW)), **fields)


def undecided(index: int = 0) -> Chunk:
    return replace(chunk(index, C.QUARANTINED, apart=True), look_at=None)


def failing(code: str, tries: int = 3, state: ChunkState = C.ANNOUNCED) -> Chunk:
    return replace(chunk(0, state), tries=tries, last_failure=failure(code))


def without_manifest(code: str) -> Chunk:
    """A released chunk whose runs fail to write the manifest."""
    return replace(
        failing(code, state=C.RELEASED), last_failure=replace(failure(code, "403"), subject=Subject.MANIFEST)
    )


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (without_chunk(R.STARTED), ["its end"]),
        (without_chunk(R.PAUSED), ["its end"]),
        (without_chunk(R.STOPPED), ["its file event"]),
        (without_chunk(R.MISSING), ["its file event"]),
        (without_chunk(R.ANNOUNCED, unread=(Unread("e", "no index"),)), ["a file event that can be read"]),
        (without_chunk(R.LOST), []),
        (without_chunk(R.LOST, untold=(Alert(Alarm.LOST, "gone"),)), ["the publication of an alert: lost"]),
        (entry_of(chunk(0)), ["media and metadata of chunk 0"]),
        (entry_of(chunk(0, C.QUARANTINED)), ["media and metadata of chunk 0"]),
        (entry_of(chunk(0, C.ARCHIVED, with_metadata=False)), ["metadata of chunk 0"]),
        (entry_of(chunk(0, C.ARCHIVED), chunk(1, C.RELEASED)), ["release of chunk 0"]),
        (entry_of(undecided(), chunk(1)), ["a decision about chunk 0", "media and metadata of chunk 1"]),
        (entry_of(chunk(0, C.RELEASED)), ["its manifest"]),
        (entry_of(chunk(1, C.KEPT)), ["chunk 0 was never announced", "its manifest"]),
        (entry_of(chunk(0, C.RELEASED), completed_at=NOW), []),
        (entry_of(chunk(0, C.LOST)), []),
    ],
)
def test_what_is_owed_is_named(entry: CatalogEntry, words: list[str]) -> None:
    assert words == list(owed(entry))


@given(
    st.lists(
        st.sampled_from(
            [
                announced(0),
                announced(0, 1),
                announced(0, door=Door.FUNCTION_KEY, host="us-api"),
                completed(0),
                completed(0, lacks=("x",)),
                *chunk_facts(0).values(),
            ]
        ),
        max_size=8,
    )
)
def test_something_is_owed_exactly_while_there_is_a_row(facts: list[object]) -> None:
    """The list of what is owed is read from the rows: an entry in it has something to say, and no other has."""
    entry = decide_all(None, [announced(0), *facts], NOW).entry  # type: ignore[list-item]

    assert (open_at(entry) is not None) == bool(owed(entry))


@pytest.mark.parametrize(
    ("one", "told"),
    [
        (chunk(0), ""),
        (failing("source_busy"), "chunk 0: read source: source_busy: 503 (wait)"),
        (
            replace(failing("source_busy"), last_failure=replace(failure(), hint="")),
            "chunk 0: read source: source_busy: 503",
        ),
        (failing("source_busy", tries=0, state=C.ARCHIVED), ""),
        (failing("source_busy", state=C.RELEASED), ""),
        (
            failing("source_busy", state=C.QUARANTINED),
            "chunk 0: doubted; chunk 0: read source: source_busy: 503 (wait)",
        ),
        (without_manifest("archive_refused"), "manifest: read source: archive_refused: 403 (wait)"),
        (undecided(), "chunk 0: doubted"),
    ],
    ids=[
        "none",
        "a failure",
        "without a hint",
        "of a step that is done",
        "of a closed chunk",
        "a doubt and a failure",
        "of the manifest",
        "undecided",
    ],
)
def test_the_last_error_is_told_while_it_holds_something_up(one: Chunk, told: str) -> None:
    assert told == last_error(entry_of(one))


def test_of_several_failures_the_latest_is_told() -> None:
    """With the tries of the chunk that has failed most."""
    entry = entry_of(failing("source_busy", tries=3), replace(chunk(1), tries=2, last_failure=LATER))

    assert ("chunk 1: read source: source_busy: 429 (wait)", 3) == (last_error(entry), most_tries(entry))
    assert 3 == most_tries(entry_of(without_manifest("archive_refused")))


@pytest.mark.parametrize(
    ("entry", "action"),
    [
        (without_chunk(R.STARTED), ToDo.NOTHING),
        (without_chunk(R.STARTED, interrupted_at=NOW), ToDo.RECORD_AGAIN),
        (without_chunk(R.STARTED, failed_at=NOW), ToDo.RECORD_AGAIN),
        (without_chunk(R.STARTED, failed_at=NOW, continued_by=RecordingId("later")), ToDo.NOTHING),
        (without_chunk(R.EMPTY, failed_at=NOW), ToDo.NOTHING),
        (without_chunk(R.STOPPED), ToDo.NOTHING),
        (without_chunk(R.MISSING), ToDo.FIND_EVENT),
        (without_chunk(R.ANNOUNCED), ToDo.MEND_EVENT),
        (
            changed_recording(
                CatalogEntry(Recording(RECORDING_ID, R.ANNOUNCED)),
                unread=(Unread("event", "no", door=Door.FUNCTION_KEY),),
            ),
            ToDo.MEND_OR_GIVE_UP,
        ),
        (entry_of(chunk(0)), ToDo.NOTHING),
        (entry_of(chunk(0, C.RELEASED)), ToDo.NOTHING),
        (entry_of(chunk(0, C.RELEASED, end_reason=FULL)), ToDo.FIND_CHUNKS),
        (entry_of(failing("source_busy")), ToDo.NOTHING),
        (entry_of(failing("source_refused")), ToDo.CHECK_SOURCE),
        (entry_of(failing("message_given_up", tries=1)), ToDo.CHECK_APP),
        (entry_of(failing("copy_lost")), ToDo.REPAIR_COPY),
        (entry_of(failing("copy_in_the_way")), ToDo.REPAIR_COPY),
        (entry_of(replace(undecided(), apart=None, overflow=proof(place=Place.OVERFLOW))), ToDo.REPAIR_COPY),
        (entry_of(replace(undecided(), overflow=proof(place=Place.OVERFLOW))), ToDo.DECIDE),
        (entry_of(without_manifest("archive_refused")), ToDo.CHECK_STORAGE),
        (entry_of(without_manifest("archive_refused"), completed_at=NOW), ToDo.NOTHING),
        (entry_of(without_manifest("archive_refused"), chunk(1)), ToDo.NOTHING),
        (entry_of(failing("archive_refused")), ToDo.CHECK_STORAGE),
        (entry_of(failing("archive_refused"), replace(chunk(1), tries=9, last_failure=LATER)), ToDo.CHECK_STORAGE),
        (entry_of(failing("archive_busy", tries=2)), ToDo.NOTHING),
        (entry_of(failing("archive_busy", state=C.QUARANTINED)), ToDo.CHECK_STORAGE),
        (entry_of(failing("source_busy", state=C.QUARANTINED)), ToDo.WAIT_OR_DECIDE),
        (entry_of(replace(undecided(), is_accepted=True)), ToDo.NOTHING),
        (entry_of(undecided(), replace(failing("archive_busy"), document_id=chunk(1).document_id)), ToDo.DECIDE),
    ],
)
def test_what_a_person_is_to_do_follows_from_what_is_owed(entry: CatalogEntry, action: ToDo) -> None:
    assert action is to_do(entry)
