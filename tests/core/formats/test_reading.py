"""The one reader of JSON from elsewhere, in its two modes."""

from collections.abc import Callable
from typing import Any

import pytest

from recording.core.errors import InvalidRequest
from recording.core.formats.reading import Fields, StrictFields, identity, text, whole, why_no_text
from recording.core.times import parse_time

FOUND: dict[str, Any] = {"name": "a", "count": "2", "inner": {"at": "noon"}, "rules": [{"name": "b"}, 5, {"name": 7}]}


def strict(found: object) -> StrictFields:
    """A strict reader as a policy file would have one."""
    return StrictFields(found, InvalidRequest, "policy")


def test_a_tolerant_reader_goes_on_and_tells_each_fault_by_its_path() -> None:
    """What is absent is no fault; what is of another kind is."""
    faults: list[tuple[str, str]] = []
    fields = Fields(FOUND, lambda path, cause: faults.append((path, cause)))

    assert ("a", 2, None) == (fields.read("name", text), fields.read("count", whole), fields.read("absent", text))
    assert fields.part("inner").read("at", parse_time) is None
    assert ["b", None, None] == [rule.read("name", text) for rule in fields.each("rules")]
    assert [] == list(fields.each("count"))
    assert [
        ("inner.at", "makes no sense"),
        ("rules[1]", "is no object"),
        ("rules[2].name", "makes no sense"),
        ("count", "is no list"),
    ] == faults


@pytest.mark.parametrize(
    ("read", "path", "cause"),
    [
        (lambda fields: fields.need("absent", text, "missing or not a text"), "policy.absent", "missing or not a text"),
        (lambda fields: fields.need("name", whole, "no number"), "policy.name", "no number"),
        (lambda fields: fields.read("name", whole, "no count"), "policy.name", "no count"),
        (lambda fields: fields.part("name"), "policy.name", "is no object"),
        (lambda fields: fields.part("inner").need("at", parse_time, "no time"), "policy.inner.at", "no time"),
        (lambda fields: list(fields.each("inner")), "policy.inner", "is no list"),
        (lambda fields: list(fields.each("rules")), "policy.rules[1]", "is no object"),
        (lambda fields: fields.report("name", "taken"), "policy.name", "taken"),
    ],
)
def test_a_strict_reader_refuses_the_first_fault_with_the_caller_s_error(
    read: Callable[[StrictFields], object], path: str, cause: str
) -> None:
    """The error has the path of the field, from the outermost object on."""
    with pytest.raises(InvalidRequest) as refused:
        read(strict(FOUND))

    assert path == refused.value.field
    assert cause in refused.value.cause


def test_a_strict_reader_reads_what_is_right() -> None:
    """The same kinds are read in both modes."""
    fields = strict(FOUND)

    assert ("a", 2, None) == (fields.need("name", text, ""), fields.need("count", whole, ""), fields.read("x", text))
    assert {"name", "count", "inner", "rules"} == fields.names
    with pytest.raises(InvalidRequest, match="is no object"):
        strict([FOUND])


def test_names_are_compared_by_case_unless_any_case_will_do() -> None:
    """The choice holds for the objects within."""
    found = {"Inner": {"Name": "a"}}

    assert Fields(found, print).part("inner").read("name", text) is None
    assert "a" == Fields(found, print, any_case=True).part("inner").read("NAME", text)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (5, "not a text"),
        (None, "not a text"),
        ("", "empty"),
        ("x" * 4097, "4097 characters, more than 4096"),
        ("\ud800", "it holds a lone surrogate, which is half a character"),
        ("x" * 4096, ""),
        ("\U0001f600", ""),
    ],
)
def test_a_text_can_be_stored_unchanged_or_the_reason_is_told(value: object, why: str) -> None:
    """A catalog entry and a blob's metadata are UTF-8 of bounded length."""
    assert why == why_no_text(value)
    assert (None if why else value) == text(value)


def test_an_id_is_shorter_than_other_texts() -> None:
    """Two of them must fit into a queue message."""
    assert ("x" * 1024, None) == (identity("x" * 1024), identity("x" * 1025))
