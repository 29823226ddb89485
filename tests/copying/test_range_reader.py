"""The content of a location is opened: its length, its final place, its first block; then any range can be read."""

import pytest

from recording.copying.range_reader import RangeReader
from recording.copying.stall_watchdog import StallWatchdog
from recording.core.errors import HostileLocation, SourceChanged, SourceNotReady
from recording.core.model import Location
from tests.copying.contents import CONTENT, opened, read_stream, reader_of, sha256, view_of, whole_of
from tests.copying.copies import BLOCK, Clock
from tests.fakes import FakeSource

pytestmark = pytest.mark.usefixtures("quick_tries")


@pytest.mark.parametrize("length", [1, BLOCK - 1, BLOCK, BLOCK + 1, len(CONTENT)])
def test_the_first_reply_tells_length_and_place(length: int) -> None:
    """In one request; the place is where the redirects led."""
    source, reader = reader_of(CONTENT[:length])
    source.redirecting = True
    view = view_of()
    got = reader.open(view)
    digest = reader.read_first_block()
    first = CONTENT[: min(length, BLOCK)]

    assert (len(first), sha256(first)) == (got, digest)
    assert first == view[:got]
    assert (length, None, 1) == (reader.content.total, reader.whole, len(source.opened))
    assert "//eu-prod.as.asm." in reader.content.location


def test_an_empty_content_is_not_there_yet() -> None:
    """The service answers so for a minute: the queue tries again, not the reader."""
    source, reader = reader_of(b"")
    with pytest.raises(SourceNotReady, match="empty"):
        reader.open(view_of())

    assert 1 == len(source.opened)


@pytest.mark.parametrize("length", [1, BLOCK, BLOCK + 1, len(CONTENT)])
@pytest.mark.parametrize("fault", ["no_total", "no_length_200"])
def test_a_length_that_no_reply_to_a_range_tells_is_found_out(fault: str, length: int) -> None:
    """From the whole, or by counting it; from then on the content must have that length."""
    source, reader = reader_of(CONTENT[:length])
    source.arm(fault, times=None)
    view = view_of()
    got = reader.open(view)
    found = reader.read_first_block()
    first = CONTENT[: min(length, BLOCK)]

    assert (length, len(first), sha256(first)) == (reader.content.total, got, found)
    assert (reader.whole is not None) == (fault == "no_length_200" and length > BLOCK)
    rest = view_of(max(1, length - BLOCK))
    if reader.whole is not None:
        reader.whole.read_next(rest, ends=True)
    elif length > BLOCK:
        reader.read(BLOCK, rest)
    if length > BLOCK:
        assert CONTENT[BLOCK:length] == rest


def test_a_content_of_unknown_length_and_no_bytes_is_not_there_yet() -> None:
    """The same as any other that is empty."""
    source, reader = reader_of(b"")
    source.arm("no_length_200", times=None)
    with pytest.raises(SourceNotReady, match="empty"):
        reader.open(view_of())


def test_a_length_that_was_found_out_is_held_against_the_next_reply() -> None:
    """The content may have changed between the two requests."""
    source, reader = reader_of()
    source.arm("no_total")

    def change() -> None:
        if len(source.opened) == 2:
            source.contents = dict.fromkeys(source.contents, CONTENT + b"?")

    source.on_open = change
    with pytest.raises(SourceChanged):
        reader.open(view_of())


@pytest.mark.parametrize(
    "fault",
    ["range_shifted", "truncated_right_length", "reset_mid_body", "overlong", "busy_503", "hang", "forbidden"],
)
def test_a_first_block_that_fails_once_is_read_again(fault: str) -> None:
    """It is complete then."""
    source, reader = reader_of()
    source.arm(fault)
    view = view_of()
    reader.open(view)
    digest = reader.read_first_block()

    assert CONTENT[:BLOCK] == view
    assert sha256(CONTENT[:BLOCK]) == digest


def test_a_first_block_that_breaks_is_resumed_where_it_broke() -> None:
    """At the final place, not through the redirect again."""
    source, reader = reader_of()
    source.redirecting = True
    source.arm("reset_mid_body", at=40)
    reader.open(view_of())
    reader.read_first_block()

    assert [(0, BLOCK), (40, BLOCK - 40)] == [(one.offset, one.length) for one in source.opened]
    assert reader.content.location == source.opened[1].location


def test_a_first_block_that_breaks_again_and_again_comes_to_an_end() -> None:
    """As long as each reply brings bytes."""
    source, reader = reader_of()
    source.arm("breaks_every", times=None, amount=7)
    view = view_of()
    reader.open(view)

    assert sha256(CONTENT[:BLOCK]) == reader.read_first_block()
    assert CONTENT[:BLOCK] == view


def test_the_first_block_can_be_asked_for_twice() -> None:
    """It is read once."""
    source, reader = opened()

    assert sha256(CONTENT[:BLOCK]) == reader.read_first_block()
    assert (CONTENT[:BLOCK], 1) == (reader.peek(), len(source.opened))


def test_a_range_is_read_with_its_digest() -> None:
    """From any offset, of any length."""
    source, reader = opened()
    view = view_of(30)
    expected = CONTENT[100:130]

    assert sha256(expected) == reader.read(100, view)
    assert expected == view
    assert (100, 30) == (source.opened[-1].offset, source.opened[-1].length)


def test_a_range_may_come_in_parts_that_say_so() -> None:
    """The rest is asked for: of the first block, and of any range."""
    source, reader = reader_of()
    source.arm("short_206", times=None)
    view = view_of()
    reader.open(view)
    assert sha256(CONTENT[:BLOCK]) == reader.read_first_block()
    assert CONTENT[:BLOCK] == view
    assert CONTENT[100:295] == read_stream(reader, [BLOCK, BLOCK, 3, BLOCK])


@pytest.mark.parametrize("fault", ["html_for_media", "html_for_middle_range"])
def test_a_reply_of_another_content_type_is_no_media(fault: str) -> None:
    """As the first reply, as a range, and as the whole."""
    source, reader = opened()
    for ask in (lambda: reader.read(100, view_of()), reader.open_whole):
        source.arm(fault)
        with pytest.raises(SourceNotReady, match="text/html"):
            ask()
    source, reader = reader_of()
    source.arm(fault)
    with pytest.raises(SourceNotReady, match="text/html"):
        reader.open(view_of())


def test_a_source_that_ignores_ranges_is_read_as_one_stream() -> None:
    """Block by block, in one request, to its end."""
    source, reader = reader_of()
    source.ignores_ranges = True
    with reader:
        found = view_of()
        reader.open(found)
        reader.read_first_block()
        content = bytes(found)
        while len(content) < len(CONTENT):
            view = view_of(min(BLOCK, len(CONTENT) - len(content)))
            digest = whole_of(reader).read_next(view, ends=len(content) + len(view) == len(CONTENT))
            assert sha256(view) == digest
            content += bytes(view)

    assert CONTENT == content
    assert 1 == len(source.opened)


def test_a_content_of_one_block_is_no_stream_though_ranges_are_ignored() -> None:
    """The whole is the range that was asked for."""
    source, reader = reader_of(CONTENT[:BLOCK])
    source.ignores_ranges = True
    reader.open(view_of())

    assert reader.whole is None


def test_a_hostile_location_is_not_asked() -> None:
    """The error is the source's own."""
    source = FakeSource()
    reader = RangeReader(source, StallWatchdog(Clock()), Location("https://evil.example/v1/objects/a/content/audio"))
    with pytest.raises(HostileLocation):
        reader.open(view_of())

    assert [] == source.opened
