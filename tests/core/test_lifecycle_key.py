"""The limits on what events by the function key add to an entry."""

from dataclasses import replace
from datetime import timedelta

from recording.core.lifecycle import Announced, Started, decide, lacks
from recording.core.lifecycle.candidates import MOST_BY_KEY, brought_by_key
from recording.core.model import (
    CallId,
    Channel,
    Content,
    DocumentId,
    Door,
    FileEvent,
    Format,
    Location,
    Output,
    ServerCallId,
    Unread,
)
from tests.core.entries_of import (
    NOW,
    RECORDING_ID,
    WAV,
    announced,
    announced_chunk,
    announcement,
    changed_recording,
    chunk,
    entry_of,
)

BY_KEY = Door.FUNCTION_KEY
MP4 = Output(Content.AUDIO_VIDEO, Channel.MIXED, Format.MP4)


def long(index: int) -> Announced:
    """An announcement with a location of nearly the greatest length."""
    one = replace(announced_chunk(index), content_location=Location(f"https://x.asm.skype.com/{'y' * 2000}{index}"))
    return Announced(FileEvent(f"e{index}", RECORDING_ID, (one,)), BY_KEY, (announcement(one),))


def test_what_the_key_brings_has_a_room_and_the_rest_is_counted() -> None:
    """A repetition takes no room, nor does what Event Grid has announced too."""
    entry = decide(None, long(0), NOW).entry
    for index in range(1, 150):
        entry = decide(entry, long(index), NOW).entry

    assert MOST_BY_KEY - 5000 <= brought_by_key(entry) <= MOST_BY_KEY + 5000
    assert "1 chunks are more than the function key may announce" in [one.cause for one in entry.recording.unread]
    assert entry.chunks == decide(entry, long(0), NOW).entry.chunks
    weighed = brought_by_key(decide(entry, replace(long(0), door=Door.EVENT_GRID), NOW).entry)
    assert weighed < brought_by_key(entry)


def test_a_member_that_the_key_brings_and_that_cannot_be_read_loses_its_id_where_there_is_no_room() -> None:
    unread = tuple(Unread("e", f"[{number}]", DocumentId(f"{number}{'d' * 4000}")) for number in range(100))
    event = FileEvent("e", RECORDING_ID, (), unread=unread)
    found = decide(None, Announced(event, BY_KEY, ()), NOW).entry.recording.unread

    assert (100, {BY_KEY}) == (len(found), {one.door for one in found})
    assert 60 <= sum(one.document_id is not None for one in found) <= 70


def test_members_that_event_grid_announces_are_kept_before_those_of_the_key() -> None:
    forged = FileEvent("forged", RECORDING_ID, (), unread=tuple(Unread("forged", f"[{n}]") for n in range(100)))
    true = FileEvent("true", RECORDING_ID, (), unread=(Unread("true", "[1]"),))
    entry = decide(None, Announced(forged, BY_KEY, ()), NOW).entry
    found = decide(entry, Announced(true, Door.EVENT_GRID, ()), NOW).entry.recording.unread

    assert (100, Unread("true", "[1]")) == (len(found), found[0])


def test_a_member_that_the_key_alone_names_lacks_only_where_event_grid_names_none() -> None:
    forged = (Unread("e", "a", index=5, door=BY_KEY),)

    assert () == lacks(changed_recording(entry_of(chunk(0)), unread=forged))[1:]
    assert "could not be read: a" in lacks(changed_recording(entry_of(chunk(0, door=BY_KEY)), unread=forged))[0]


def test_event_grids_word_about_the_recording_is_before_the_keys_and_ours_before_both() -> None:
    said = {"output": WAV, "duration": timedelta(hours=1), "call_id": CallId("c"), "server_call_id": ServerCallId("s")}
    true = replace(announced(0), event=replace(announced(0).event, **said))  # type: ignore[arg-type]
    other = {"output": MP4, "duration": timedelta(hours=9), "call_id": CallId("x"), "server_call_id": ServerCallId("x")}
    forged = replace(true, door=BY_KEY, event=replace(true.event, **other))  # type: ignore[arg-type]
    later = replace(forged, door=Door.EVENT_GRID)
    ours = Started(RECORDING_ID, WAV, server_call_id=ServerCallId("s"))
    for facts, expected in (
        ((true, forged), said),
        ((forged, true), said),
        ((true, later), other),
        ((ours, later), other | {"output": WAV, "server_call_id": ServerCallId("s")}),
    ):
        entry = None
        for fact in facts:
            entry = decide(entry, fact, NOW).entry
        assert entry is not None
        assert expected == {name: getattr(entry.recording, name) for name in said}
