"""The table of valid outputs, and how an output is read or inferred."""

from collections.abc import Callable
from datetime import timedelta
from itertools import permutations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.core.errors import InvalidRequest
from recording.core.model import Channel, Content, Format, Output
from recording.core.outputs import (
    VALID,
    OutputFacts,
    facts_of,
    infer_output,
    parse_output,
    parse_output_name,
    table,
)

MP4 = Output(Content.AUDIO_VIDEO, Channel.MIXED, Format.MP4)
MP3 = Output(Content.AUDIO, Channel.MIXED, Format.MP3)
WAV = Output(Content.AUDIO, Channel.MIXED, Format.WAV)
UNMIXED = Output(Content.AUDIO, Channel.UNMIXED, Format.WAV)
every_combination = [Output(*parts) for parts in product(Content, Channel, Format)]


def test_four_outputs_are_valid() -> None:
    assert [MP4, MP3, WAV, UNMIXED] == [facts.output for facts in VALID]


@pytest.mark.parametrize("output", every_combination, ids=str)
def test_a_combination_is_in_the_table_or_refused_by_name(output: Output) -> None:
    """Of twelve combinations four are valid."""
    if output in {facts.output for facts in VALID}:
        assert output == facts_of(output).output
        assert output == parse_output(output.content, output.channel, output.format)
    else:
        with pytest.raises(InvalidRequest, match=str(output)) as refused:
            parse_output(output.content, output.channel, output.format)
        assert refused.value.field == "output"


@pytest.mark.parametrize(
    ("output", "minute", "channels", "rate"),
    [
        (MP4, 7_500_000, 1, "up to 7.5 MB/min"),
        (MP3, 360_000, 1, "up to 0.36 MB/min"),
        (WAV, 1_920_000, 1, "1.92 MB/min"),
        (UNMIXED, 9_600_000, 5, "1.92 MB/min per channel"),
    ],
    ids=str,
)
def test_rates_are_those_documented(output: Output, minute: int, channels: int, rate: str) -> None:
    facts = facts_of(output)

    assert minute == facts.size(timedelta(minutes=1), channels)
    assert rate == facts.rate
    assert channels == facts.max_channels


@pytest.mark.parametrize("case", [str.lower, str.upper, str.capitalize, str.swapcase])
@pytest.mark.parametrize("facts", VALID, ids=lambda facts: str(facts.output))
def test_an_output_is_read_in_any_case(facts: OutputFacts, case: Callable[[str], str]) -> None:
    """REST writes camelCase, events write PascalCase."""
    output = facts.output

    assert output == parse_output(case(output.content), case(output.channel), case(output.format))
    assert output == parse_output_name(f" {case(str(output))} ")


@pytest.mark.parametrize(
    ("values", "field"),
    [
        (("video", "mixed", "mp4"), "content"),
        ((None, "mixed", "mp4"), "content"),
        (("audio", 1, "mp3"), "channel"),
        (("audio", "mixed", ["wav"]), "format"),
    ],
)
def test_an_unknown_value_is_refused_by_its_field(values: tuple[object, ...], field: str) -> None:
    """The refusal names the field and what it may be."""
    with pytest.raises(InvalidRequest, match="must be one of") as refused:
        parse_output(*values[:3])

    assert field == refused.value.field


@pytest.mark.parametrize("name", ["", "audio", "audio-mixed-mp4", "audio_mixed_wav", "x" * 500])
def test_an_unknown_name_is_refused_with_the_valid_ones(name: str) -> None:
    """The setting's name and all its possible values are in the refusal."""
    with pytest.raises(InvalidRequest, match="audio-unmixed-wav") as refused:
        parse_output_name(name, field="output")

    assert refused.value.field == "output"
    assert len(str(refused.value)) < 300


def test_facts_of_an_invalid_combination_are_refused() -> None:
    """An `Output` made without `parse_output` is checked too."""
    with pytest.raises(InvalidRequest, match="audioVideo-unmixed-mp3"):
        facts_of(Output(Content.AUDIO_VIDEO, Channel.UNMIXED, Format.MP3))


@pytest.mark.parametrize("facts", VALID, ids=lambda facts: str(facts.output))
def test_an_output_is_inferred_whichever_field_its_values_came_in(facts: OutputFacts) -> None:
    """Content and channel type may be swapped."""
    parts = (facts.output.content.upper(), facts.output.channel, facts.output.format)

    assert {facts.output} == {infer_output(order) for order in permutations(parts)}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["mp4"], MP4),
        (["audioVideo"], MP4),
        (["MP3", None], MP3),
        (["unmixed"], UNMIXED),
        (["mixed", "wav", "surprise"], WAV),
        (["wav"], None),
        (["audio"], None),
        (["audioVideo", "wav"], None),
        (["audio", "audioVideo"], None),
        ([], None),
        ([None, 5, ["wav"], {}], None),
    ],
)
def test_what_is_missing_is_filled_in_where_one_output_is_left(values: list[object], expected: Output | None) -> None:
    """If more than one is left, or none, the result is None."""
    assert expected == infer_output(values)


@given(st.lists(st.one_of(st.none(), st.integers(), st.text())))
def test_inference_never_fails(values: list[object]) -> None:
    """For any values the result is a valid output or None."""
    output = infer_output(values)

    assert output is None or output == facts_of(output).output


def test_the_table_for_people_has_every_output() -> None:
    """A refused request shows it."""
    assert [str(facts.output) for facts in VALID] == [
        f"{row['content']}-{row['channel']}-{row['format']}" for row in table()
    ]
    assert all(row["rate"] for row in table())
