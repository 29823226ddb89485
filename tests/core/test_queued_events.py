"""Messages of a queue to events: plain or base64, one or many, and what is neither."""

import base64
import codecs
import contextlib
import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.core.errors import MalformedEvent
from recording.core.events import parse_event, parse_queued
from tests.core.file_events import cloud_event, file_event

ONE = file_event()
MANY = [file_event(id="a"), cloud_event(), cloud_event("specVersion")]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def plain(event: object) -> bytes:
    """As JSON."""
    return json.dumps(event).encode()


def in_base64(event: object) -> bytes:
    """As base64 of JSON."""
    return base64.b64encode(plain(event))


@pytest.mark.parametrize("written", [plain, in_base64])
@pytest.mark.parametrize(("event", "events"), [(ONE, [ONE]), (MANY, MANY), ([], []), ([5, ONE], [5, ONE])])
def test_either_text_holds_one_event_or_many(
    written: Callable[[object], bytes], event: object, events: list[object]
) -> None:
    """Of either schema; what is no event stands among them for `parse_event` to refuse."""
    assert events == parse_queued(written(event))


@pytest.mark.parametrize("written", [plain, in_base64])
def test_the_same_event_means_the_same(written: Callable[[object], bytes]) -> None:
    """However it was written, its facts are those of the webhook's."""
    assert [parse_event(ONE)] == [parse_event(event) for event in parse_queued(written(ONE))]


def test_blanks_and_byte_order_marks_do_no_harm() -> None:
    """Before, after, and within base64 that was broken into lines."""
    text = base64.encodebytes(codecs.BOM_UTF8 + plain(ONE))
    assert [ONE] == parse_queued(codecs.BOM_UTF8 + b" " + plain(ONE) + b"\n") == parse_queued(b"\n" + text)


@pytest.mark.parametrize(
    ("message", "cause"),
    [
        (b"", "not JSON"),
        (b"%%%%", "neither JSON nor base64"),
        (b"abcde", "neither JSON nor base64"),
        (b"{", "not JSON"),
        (b"[1] 2", "not JSON"),
        (b"[" * 100_000, "nested too deep"),
        (b'{"id": ' + b"9" * 5_000 + b"}", "not JSON"),
        (base64.b64encode(b"\xff\xfe\x00"), "not JSON"),
        (base64.b64encode(b"no JSON"), "not JSON"),
        (base64.b64encode(b'"text"'), "neither an array nor an object"),
    ],
)
def test_what_holds_no_events_is_refused(message: bytes, cause: str) -> None:
    """With what is wrong, and as a matter of the whole message."""
    with pytest.raises(MalformedEvent) as caught:
        parse_queued(message)

    assert ("message", True) == (caught.value.field, cause in caught.value.cause)


@given(st.lists(json_values))
def test_plain_and_base64_always_mean_the_same(events: list[object]) -> None:
    """For any events at all."""
    assert events == parse_queued(plain(events)) == parse_queued(in_base64(events))


@given(st.binary())
def test_nothing_but_a_refusal_comes_of_any_bytes(message: bytes) -> None:
    """No other error gets out."""
    with contextlib.suppress(MalformedEvent):
        parse_queued(message)
