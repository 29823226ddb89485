"""A channel of a wav file is made silent, whatever pieces the file comes in; every other byte stays."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.core.formats.metadata import ChunkMetadata, Participant
from recording.core.formats.records.given import channels_said
from recording.core.media import MediaFacts, Pcm
from recording.core.model import CatalogEntry, Channel, Content, Format, Output
from recording.core.records.exporting import Channels
from recording.core.records.muting import Muted, is_nobodys, muted, why_never_muted
from tests.core.entries_of import WAV, changed_recording, chunk, entry_of

PCM = Pcm(offset=7, length=2 * 3 * 20, channels=3, sample_rate=1000, width=2)
SOUND = bytes(value % 255 + 1 for value in range(7 + 2 * 3 * 20 + 5))
FACTS = MediaFacts(format=Format.WAV, length=len(SOUND), sound=PCM)
UNMIXED = Output(Content.AUDIO, Channel.UNMIXED, Format.WAV)
SAID = Channels(((True, 0), (False, 1), (False, 2)), 3)


def silenced(of: Muted, sizes: list[int]) -> bytes:
    """The sound in pieces of these sizes, the last of which is repeated."""
    done, pieces, sizes = 0, bytearray(), [*sizes, 1 << 20]
    while done < len(SOUND):
        piece = bytearray(SOUND[done : done + sizes[0]])
        of.silence(done, piece)
        assert of.is_silent(done, piece)
        pieces += piece
        done += len(piece)
        sizes = sizes[1:] or sizes
    return bytes(pieces)


@given(st.lists(st.integers(1, 40), max_size=30), st.sets(st.integers(0, 2), min_size=1))
def test_only_those_channels_are_silent(sizes: list[int], channels: set[int]) -> None:
    of = Muted(PCM, tuple(sorted(channels)))
    found = silenced(of, sizes)
    expected = bytearray(SOUND)
    for at in range(PCM.offset, PCM.offset + PCM.length):
        if (at - PCM.offset) % 6 // 2 in channels:
            expected[at] = 0
    assert bytes(expected) == found
    assert of.is_silent(0, found)


def test_one_sample_that_is_left_is_seen() -> None:
    of = Muted(PCM, (1,))
    found = bytearray(silenced(of, []))
    found[PCM.offset + 5 * PCM.frame + 3] = 1  # the upper byte of its sixth sample
    assert not of.is_silent(0, found)
    assert not Muted(PCM, (0,)).is_silent(0, SOUND)


@pytest.mark.parametrize(
    ("facts", "said", "expected"),
    [
        (FACTS, SAID, Muted(PCM, (0,))),
        (FACTS, Channels(((False, 1), (True, 3)), 3), Muted(PCM, (2,))),
        (FACTS, Channels(((True, 1), (False, 2)), 3), "counted from 0 or from 1"),
        (FACTS, replace(SAID, notes=("participants: in doubt",)), "in doubt"),
        (FACTS, replace(SAID, has_others=True), "does not say for everybody"),
        (FACTS, replace(SAID, count=2), "2 channels"),
        (FACTS, Channels(((True, 0), (False, 0)), 3), "somebody else"),
        (FACTS, Channels(((False, 0),), 3), "no channel"),
        (replace(FACTS, format=Format.MP3), SAID, "16 bits"),
        (replace(FACTS, sound=None), SAID, "16 bits"),
        (replace(FACTS, sound=replace(PCM, width=1)), SAID, "16 bits"),
    ],
)
def test_what_is_silent_is_certain_or_nothing_is(facts: MediaFacts, said: Channels, expected: Muted | str) -> None:
    found = muted(facts, said)
    assert found == expected if isinstance(expected, Muted) else expected in str(found)


def entry(output: Output | None) -> CatalogEntry:
    return changed_recording(entry_of(chunk(0)), output=output)


@pytest.mark.parametrize(
    ("output", "expected"),
    [(UNMIXED, ""), (None, "not known"), (WAV, "mixed"), (replace(UNMIXED, format=Format.MP3), "mp3")],
)
def test_only_unmixed_wav_has_a_channel_of_ones_own(output: Output | None, expected: str) -> None:
    why = why_never_muted(entry(output))
    assert (expected in why, bool(expected)) == (True, bool(why))


@pytest.mark.parametrize(
    ("said", "heard", "expected"),
    [
        (Channels(), [False, False], True),
        (Channels(), [], False),
        (Channels(), [False, True], False),
        (Channels(notes=("participants: in doubt",)), [False], False),
    ],
)
def test_who_is_not_named_where_all_are_is_not_heard(said: Channels, heard: list[bool], *, expected: bool) -> None:
    assert expected == is_nobodys(said, heard)


def test_which_channels_a_metadata_file_gives_to_whom() -> None:
    """Without one, to nobody."""
    people = (Participant("8:acs:ann", 0), Participant("8:acs:bob", 1), Participant("8:acs:eve"))
    said = ChunkMetadata(participants=people, channels=2, notes=("participants: in doubt", "another"))
    found = channels_said(said, lambda raw_id: raw_id == "8:acs:ann")
    assert Channels(((True, 0), (False, 1)), 2, ("participants: in doubt",), has_others=True) == found
    assert Channels() == channels_said(None, lambda _: True)
