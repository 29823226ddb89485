"""A buffer is filled from any number of replies, and knows the digest of what is in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.copying.hashing_buffer import HashingBuffer
from recording.core.errors import TransferBroken
from recording.core.model import Location
from tests.copying.contents import sha256, view_of
from tests.fakes.source import FakeTransfer

CONTENT = bytes(range(200))
PAGE = b"<!DOCTYPE html><html><body>Service unavailable</body></html>"


def reply(body: bytes) -> FakeTransfer:
    """A reply that ends after `body`."""
    return FakeTransfer(Location("https://x.asm.skype.com/a"), 0, len(body), len(body), body)


@given(st.lists(st.integers(1, len(CONTENT) - 1), unique=True).map(sorted))
def test_replies_that_follow_each_other_fill_it(cuts: list[int]) -> None:
    """Wherever each of them ends."""
    told: list[int] = []
    buffer = HashingBuffer(view_of(len(CONTENT)), told.append)
    for begin, end in zip([0, *cuts], [*cuts, len(CONTENT)], strict=True):
        buffer.read_from(reply(CONTENT[begin:end]), end)

    assert (CONTENT, 0, len(CONTENT)) == (bytes(buffer.view), buffer.missing, sum(told))
    assert sha256(CONTENT) == buffer.digest


def test_bytes_that_came_before_a_break_stay() -> None:
    """They are in the digest."""
    buffer = HashingBuffer(view_of(len(CONTENT)))
    with pytest.raises(TransferBroken, match="150 bytes too early"):
        buffer.read_from(reply(CONTENT[:50]))

    assert (50, 150, sha256(CONTENT[:50])) == (buffer.got, buffer.missing, buffer.digest)


def test_a_reset_discards_what_has_come() -> None:
    """The digest too."""
    buffer = HashingBuffer(view_of(50))
    buffer.read_from(reply(CONTENT[100:150]))
    buffer.reset()
    buffer.read_from(reply(CONTENT[:50]))

    assert (CONTENT[:50], sha256(CONTENT[:50])) == (bytes(buffer.view), buffer.digest)


def test_a_page_is_refused_only_where_it_cannot_be_content() -> None:
    """At the beginning the content may be anything; the next reader tells."""
    buffer = HashingBuffer(view_of(len(PAGE)))
    with pytest.raises(TransferBroken, match="error page"):
        buffer.read_from(reply(PAGE), inside=True)
    assert 0 == buffer.got

    buffer.read_from(reply(PAGE))
    assert sha256(PAGE) == buffer.digest
