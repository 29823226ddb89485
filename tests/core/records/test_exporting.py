"""What of a recording is given away, under each rule for the voices of others."""

import pytest

from recording.core.model import APP, Act, ChunkState, Output, Trail
from recording.core.outputs import VALID, parse_output_name
from recording.core.records.exporting import (
    Channels,
    Outcome,
    Person,
    Rule,
    first_channel,
    is_noted,
    outcome,
    own_channels,
    why_held_back,
    why_not_at_all,
)
from recording.core.records.packing import Absent
from tests.core.entries_of import NOW, chunk

ME, OTHER = True, False


@pytest.mark.parametrize("state", ChunkState)
def test_media_that_is_not_proven_is_never_packed(state: ChunkState) -> None:
    is_proven = state in {ChunkState.ARCHIVED, ChunkState.RELEASED, ChunkState.KEPT}
    assert is_proven == (why_not_at_all(chunk(state=state)) == "")


@pytest.mark.parametrize("output", [None, *(facts.output for facts in VALID)])
def test_only_unmixed_wav_has_a_channel_for_each(output: Output | None) -> None:
    assert "" == why_held_back(Rule.WHOLE, output)
    assert "metadata alone" in why_held_back(Rule.METADATA_ONLY, output)
    is_given = output == parse_output_name("audio-unmixed-wav")
    assert is_given == (why_held_back(Rule.OWN_CHANNEL, output) == "")


def test_an_unmixed_recording_of_another_format() -> None:
    """The service makes none; a voice is not given away if it does one day."""
    unmixed = parse_output_name("audio-unmixed-wav")
    odd = Output(unmixed.content, unmixed.channel, parse_output_name("audio-mixed-mp3").format)
    assert "cannot be taken out" in why_held_back(Rule.OWN_CHANNEL, odd)


@pytest.mark.parametrize(
    ("used", "count", "first"),
    [
        ({0, 1}, 2, 0),
        ({0}, 2, 0),
        ({1, 2}, 2, 1),
        ({2}, 2, 1),
        ({1}, 2, None),
        ({0, 2}, 2, None),
        ({3}, 2, None),
        (set(), 2, None),
        ({1}, 1, 1),
        ({0}, 1, 0),
    ],
)
def test_the_first_channel_is_known_only_if_the_numbers_allow_one(
    used: set[int], count: int, first: int | None
) -> None:
    assert first == first_channel(used, count)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (Channels(((ME, 0), (OTHER, 1))), (0,)),
        (Channels(((OTHER, 1), (ME, 2))), (1,)),
        (Channels(((ME, 0), (ME, 1))), (0, 1)),
        (Channels(((ME, 0), (OTHER, 1)), 2), (0,)),
        (Channels(((OTHER, 0), (OTHER, 1))), "no channel"),
        (Channels(((ME, 0), (OTHER, 0), (OTHER, 1))), "somebody else"),
        (Channels(((ME, 1),)), "from 0 or from 1"),
        (Channels(((ME, 0), (OTHER, 1)), 3), "names 3 channels"),
        (Channels(((ME, 0), (OTHER, 1)), None, ("participants in doubt",)), "in doubt"),
        (Channels(((ME, 0),), None, (), has_others=True), "for everybody"),
        (Channels(), "from 0 or from 1"),
    ],
)
def test_a_channel_is_the_persons_only_if_nobody_else_can_be_on_it(said: Channels, expected: object) -> None:
    found = own_channels(said, 2)
    if isinstance(expected, str):
        assert isinstance(found, str)
        assert expected in found
    else:
        assert expected == found


def test_the_outcome_of_a_recording() -> None:
    left, damaged = Absent("media", "a", "why"), Absent("media", "a", "why", is_damaged=True)
    assert [Outcome.COMPLETE, Outcome.PARTLY, Outcome.DAMAGED, Outcome.DAMAGED, Outcome.ABSENT] == [
        outcome([], is_something_packed=True),
        outcome([left], is_something_packed=True),
        outcome([left, damaged], is_something_packed=True),
        outcome([damaged], is_something_packed=False),
        outcome([left], is_something_packed=False),
    ]


def test_whether_a_trail_says_already_that_it_was_exported() -> None:
    """As one of the acts that no blob has yet, or the last that one has."""
    act = Act(NOW, "Exported", APP, details=(("export", "e-1"),))
    other = Act(NOW, "Looked", APP)
    assert [True, True, False, False, False] == [
        is_noted(Trail(unwritten=(other, act, other)), "e-1"),
        is_noted(Trail(1, "ab", act), "e-1"),
        is_noted(Trail(1, "ab", act), "e-2"),
        is_noted(Trail(1, "ab", other), "e-1"),
        is_noted(Trail(), "e-1"),
    ]


def test_nothing_shows_whom_an_export_is_of() -> None:
    assert "secret" not in repr(Person("secret-key", "8:acs:secret"))
