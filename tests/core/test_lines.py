"""Text from elsewhere is written on one line of a log, and cannot forge another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.core.errors import Transient
from recording.core.lines import LONGEST, escaped, shown

HOSTILE = {
    "newline": "a\nrecording.lost recording_id=b",
    "carriage return": "a\rb",
    "escape": "a\x1b[2Kb",
    "null": "a\x00b",
    "delete": "a\x7fb",
    "next line, C1": "a\x85b",
    "line separator": "a\u2028b",
    "paragraph separator": "a\u2029b",
    "right to left": "a\u202eb",
    "isolate": "a\u2066b",
    "zero width": "a\u200bb",
    "byte order mark": "a\ufeffb",
    "lone surrogate": "a\ud800b",
    "tag": "a\U000e0041b",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_id_is_written_in_one_line(text: str) -> None:
    """The escaped id can still be searched for."""
    for written in (escaped(text), shown(text), str(Transient("copy", text, ids={"document_id": text}))):
        assert written.isprintable()
        assert 1 == len(written.splitlines())
        assert "\\" in written


@given(st.text(st.characters(codec=None)))
def test_any_text_is_printable_and_encodable(text: str) -> None:
    for written in (escaped(text), shown(text)):
        assert written.isprintable()
        written.encode()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("plain-id_1", "plain-id_1"),
        ("ä/+~", "ä/+~"),
        ("", '""'),
        ("two words", '"two words"'),
        ('a="b"', '"a=\\"b\\""'),
        ("a\\nb", '"a\\\\nb"'),
        ("a\nb", '"a\\nb"'),
        (7, "7"),
        (1.23456, "1.235"),
        (None, "None"),
    ],
)
def test_a_value_is_quoted_where_it_could_be_misread(value: object, expected: str) -> None:
    r"""A line break and the two characters `\n` are written differently."""
    assert expected == shown(value)


def test_a_value_is_no_longer_than_a_line_can_bear() -> None:
    """The number of characters left out is added."""
    assert "x" * LONGEST == shown("x" * LONGEST)
    assert f'"{"x" * LONGEST}… (and 5 more)"' == shown("x" * (LONGEST + 5))
    assert f"{'x' * LONGEST}… (and 1 more)" == escaped("x" * (LONGEST + 1))
