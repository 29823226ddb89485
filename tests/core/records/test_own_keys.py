"""The customer's own keys, and purposes: neither names anybody in clear."""

import pytest

from recording.core.errors import InvalidRequest
from recording.core.records.own_keys import check_key, check_purpose


@pytest.mark.parametrize(
    "key",
    ["crm-4711", "A", "4711", "b6372803-0c35-4ec0-833b-c19b798cef2d", "x" * 128, "c.d_e", "orgid", "12-26", "acs-7"],
)
def test_a_pseudonym_is_a_key(key: str) -> None:
    assert key == check_key(key)


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("ada@example.org", "address of mail"),
        ("8:acs:ada_1", "raw id"),
        ("8-orgid-b6372803", "raw id"),
        ("orgid:b6372803", "raw id"),
        ("4:+49301234567", "raw id"),
        ("+49301234567", "telephone number"),
        ("+49 (0)30 1234567", "telephone number"),
        ("0049301234567", "telephone number"),
        ("030.123.4567", "telephone number"),
        ("(030)1234567", "telephone number"),
        ("10023456", "telephone number"),
        ("", "not 1 to 128"),
        ("-x", "not 1 to 128"),
        ("a/b", "not 1 to 128"),
        ("x" * 129, "not 1 to 128"),
        ("Unknown", "may be of anybody"),
    ],
)
def test_what_names_a_person_is_no_key(key: str, why: str) -> None:
    """The reason says so, and does not repeat it."""
    with pytest.raises(InvalidRequest, match=why) as caught:
        check_key(key)

    assert "key" == caught.value.field
    assert len(key) < 5 or key not in str(caught.value)


def test_a_purpose_is_a_line() -> None:
    assert "request 2026-0142" == check_purpose(" request 2026-0142 ")


@pytest.mark.parametrize(
    ("purpose", "why"),
    [
        (None, "missing"),
        (" ", "missing"),
        ("a\nb", "not a line"),
        ("x" * 201, "not a line"),
        ("for ada@example.org", "names a person"),
        ("call of +49 30 1234567", "names a person"),
    ],
)
def test_a_purpose_that_is_none_is_refused(purpose: str | None, why: str) -> None:
    with pytest.raises(InvalidRequest, match=why) as caught:
        check_purpose(purpose)

    assert "purpose" == caught.value.field
