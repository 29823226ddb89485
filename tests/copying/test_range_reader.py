"""The source range by range: every reply checked, a broken one taken up where it broke."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from recording.copying.range_reader import RangeReader
from recording.copying.range_requests import RangeIgnored
from recording.copying.stall_watchdog import StallWatchdog
from recording.core.errors import (
    HostileLocation,
    RecordingError,
    SourceBusy,
    SourceChanged,
    SourceGone,
    SourceNotReady,
    SourceRefused,
    SourceUnexpected,
    SourceUnreachable,
    TransferBroken,
)
from recording.core.model import Location
from tests.copying.copies import BLOCK, Clock, media, source_with
from tests.fakes import FakeSource
from tests.fakes.source import FakeTransfer

pytestmark = pytest.mark.usefixtures("quick_tries")
CONTENT = media(5 * BLOCK + 7)
TRIES = 4


def ranges_of(content: bytes = CONTENT) -> tuple[FakeSource, RangeReader]:
    """A source, and the ranges of what it holds."""
    source, location = source_with(content)
    return source, RangeReader(source, StallWatchdog(Clock()), location)


def begun(content: bytes = CONTENT) -> tuple[FakeSource, RangeReader]:
    """The same, with the first block read."""
    source, ranges = ranges_of(content)
    ranges.begin(memoryview(bytearray(BLOCK)))
    ranges.first()
    return source, ranges


def view_of(length: int = BLOCK) -> memoryview:
    """Room for a block."""
    return memoryview(bytearray(length))


# The beginning


@pytest.mark.parametrize("length", [1, BLOCK - 1, BLOCK, BLOCK + 1, len(CONTENT)])
def test_the_beginning_tells_length_and_place(length: int) -> None:
    """One request; the place is where the redirects led."""
    source, ranges = ranges_of(CONTENT[:length])
    view = view_of()
    got = ranges.begin(view)
    sha256 = ranges.first()
    first = CONTENT[: min(length, BLOCK)]

    assert (len(first), hashlib.sha256(first).digest()) == (got, sha256)
    assert first == view[:got]
    assert (length, False, 1) == (ranges.total, ranges.whole, len(source.opened))
    assert "//eu-prod.as.asm." in ranges.location


def test_an_empty_content_is_not_there_yet() -> None:
    """The service answers so for a minute; it is not tried at once again."""
    source, ranges = ranges_of(b"")
    with pytest.raises(SourceNotReady, match="empty"):
        ranges.begin(view_of())

    assert 1 == len(source.opened)


@pytest.mark.parametrize("length", [1, BLOCK, BLOCK + 1, len(CONTENT)])
@pytest.mark.parametrize("fault", ["no_total", "no_length_200"])
def test_a_length_that_no_reply_to_a_range_tells_is_found_out(fault: str, length: int) -> None:
    """From the whole, or by counting it; then it is held to that."""
    source, ranges = ranges_of(CONTENT[:length])
    source.arm(fault, times=None)
    view = view_of()
    got = ranges.begin(view)
    found = ranges.first()
    first = CONTENT[: min(length, BLOCK)]

    assert (length, len(first), hashlib.sha256(first).digest()) == (ranges.total, got, found)
    assert ranges.whole == (fault == "no_length_200" and length > BLOCK)
    rest = view_of(max(1, length - BLOCK))
    if ranges.whole:
        ranges.follow(rest, ends=True)
    elif length > BLOCK:
        ranges.read(BLOCK, rest)
    if length > BLOCK:
        assert CONTENT[BLOCK:length] == rest


def test_a_content_of_unknown_length_and_no_bytes_is_not_there_yet() -> None:
    """As any other that is empty."""
    source, ranges = ranges_of(b"")
    source.arm("no_length_200", times=None)
    with pytest.raises(SourceNotReady, match="empty"):
        ranges.begin(view_of())


class Endless(FakeTransfer):
    """Content without a length and without an end."""

    def readinto(self, view: memoryview) -> int:
        if self.stalls:
            self.stalls()
        return len(view)


@dataclass
class EndlessSource(FakeSource):
    """A source of it, each piece of which takes ten seconds."""

    clock: Clock = field(default_factory=Clock)

    @contextmanager
    def open(self, location: Location, offset: int = 0, length: int | None = None) -> Iterator[FakeTransfer]:
        del offset, length
        yield Endless(location, 0, None, None, b"", stalls=lambda: self.clock.forward(10.0))


def test_a_content_without_length_or_end_is_left_to_the_queue() -> None:
    """In the time of one run, in which other copies go on; it is not tried at once again."""
    source = EndlessSource()
    began = source.clock()
    with pytest.raises(SourceUnexpected, match="goes on"):
        RangeReader(source, StallWatchdog(source.clock), Location("https://x.asm.skype.com/v1/objects/1")).begin(
            view_of()
        )

    assert source.clock() - began < 20 * 60


def test_a_count_that_does_not_come_twice_is_not_believed() -> None:
    """It ended early, or goes on, the second time: nobody knows which is true."""
    for shorter in (True, False):
        source, ranges = ranges_of(CONTENT[:100] if shorter else CONTENT)
        source.arm("no_length_200", times=None)
        ranges.begin(view_of())
        source.contents = dict.fromkeys(source.contents, CONTENT if shorter else CONTENT[:100])
        ranges.restart()
        with pytest.raises(TransferBroken):
            ranges.follow(view_of(ranges.total), ends=True)


@pytest.mark.parametrize(
    "fault",
    ["range_shifted", "truncated_right_length", "reset_mid_body", "overlong", "busy_503", "hang", "forbidden"],
)
def test_a_beginning_that_goes_wrong_once_is_read_again(fault: str) -> None:
    """And is whole then."""
    source, ranges = ranges_of()
    source.arm(fault)
    view = view_of()
    ranges.begin(view)
    sha256 = ranges.first()

    assert CONTENT[:BLOCK] == view
    assert hashlib.sha256(CONTENT[:BLOCK]).digest() == sha256


def test_a_beginning_that_breaks_is_taken_up_where_it_broke() -> None:
    """At the final place, not through the redirect again."""
    source, ranges = ranges_of()
    source.arm("reset_mid_body", at=40)
    ranges.begin(view_of())
    ranges.first()

    assert [(0, BLOCK), (40, BLOCK - 40)] == [(one.offset, one.length) for one in source.opened]
    assert ranges.location == source.opened[1].location


# Ranges


def test_a_range_is_read_with_its_digest() -> None:
    """From anywhere, of any length."""
    source, ranges = begun()
    view = view_of(30)
    expected = CONTENT[100:130]

    assert hashlib.sha256(expected).digest() == ranges.read(100, view)
    assert expected == view
    assert (100, 30) == (source.opened[-1].offset, source.opened[-1].length)


@pytest.mark.parametrize("fault", ["reset_mid_body", "hang_mid_body", "truncated_right_length", "truncated_chunked"])
def test_a_range_that_breaks_is_taken_up_where_it_broke(fault: str) -> None:
    """What has come is not asked for again, however often it breaks."""
    source, ranges = begun()
    source.arm(fault, at=110)
    source.arm(fault, at=120)
    view = view_of()
    ranges.read(100, view)

    assert CONTENT[100 : 100 + BLOCK] == view
    assert [100, 110, 120] == [one.offset for one in source.opened[1:]]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("busy_429", SourceBusy),
        ("server_error_500", SourceBusy),
        ("unauthorized_mid_copy", SourceRefused),
        ("hang", SourceUnreachable),
        ("truncated_wrong_length", TransferBroken),
        ("extra_bytes", TransferBroken),
        ("overlong", TransferBroken),
        ("range_shifted", TransferBroken),
    ],
)
def test_a_range_that_goes_wrong_is_tried_a_few_times(fault: str, error: type[RecordingError]) -> None:
    """Then the step is given back, with the last error."""
    source, ranges = begun()
    source.arm(fault, times=TRIES - 1)
    view = view_of()
    ranges.read(100, view)
    assert CONTENT[100 : 100 + BLOCK] == view

    source.arm(fault, times=None)
    with pytest.raises(error):
        ranges.read(100, view_of())
    assert 1 + 2 * TRIES == len(source.opened)


@pytest.mark.parametrize(
    ("fault", "error"),
    [("not_ready_404", SourceGone), ("gone_410", SourceGone), ("bad_request_html", SourceNotReady)],
)
def test_what_is_not_there_is_left_to_the_queue(fault: str, error: type[RecordingError]) -> None:
    """It takes minutes, not seconds."""
    source, ranges = begun()
    source.arm(fault)
    with pytest.raises(error):
        ranges.read(100, view_of())

    assert 2 == len(source.opened)


@pytest.mark.parametrize("fault", ["redirect_elsewhere", "redirect_http"])
def test_a_hostile_redirect_is_never_tried_again(fault: str) -> None:
    """It is a matter for a person."""
    source, ranges = begun()
    source.arm(fault)
    with pytest.raises(HostileLocation):
        ranges.read(100, view_of())

    assert 2 == len(source.opened)


def test_another_length_is_another_content() -> None:
    """No block of it is mixed with those of the first."""
    source, ranges = begun()
    source.arm("length_changes")
    with pytest.raises(SourceChanged):
        ranges.read(100, view_of())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("etag-1\n", "etag-2\n"),
        ("\nMonday", "\nTuesday"),
        ("etag\nMonday", "etag\nTuesday"),
        ("etag\nMonday", "other\n"),
    ],
)
def test_another_validator_is_another_content(before: str, after: str) -> None:
    """Of the same length."""
    source, location = source_with(CONTENT)
    source.validators = before
    ranges = RangeReader(source, StallWatchdog(Clock()), location)
    ranges.begin(view_of())
    ranges.first()
    source.validators = after
    with pytest.raises(SourceChanged):
        ranges.read(100, view_of())


@pytest.mark.parametrize(
    ("before", "after"),
    [("etag\nMonday", "\n"), ("\n", "etag\nMonday"), ("etag\nMonday", "etag\n"), ("\nMonday", "etag\nMonday")],
)
def test_a_validator_that_is_not_sent_each_time_says_nothing(before: str, after: str) -> None:
    """A reply may lack what another had."""
    source, location = source_with(CONTENT)
    source.validators = before
    ranges = RangeReader(source, StallWatchdog(Clock()), location)
    ranges.begin(view_of())
    ranges.first()
    source.validators = after
    view = view_of()
    ranges.read(100, view)

    assert CONTENT[100 : 100 + BLOCK] == view


def test_a_busy_source_is_told_of() -> None:
    """To whoever decides on the pace, each time."""
    source, ranges = begun()
    source.arm("busy_429", times=2, retry_after=0.0)
    told: list[str] = []
    ranges.on_busy = lambda: told.append("busy")
    ranges.read(100, view_of())

    assert ["busy", "busy"] == told


def test_a_long_rest_is_left_to_the_queue() -> None:
    """A function must not sleep for minutes."""
    source, ranges = begun()
    source.arm("busy_429", retry_after=21.0)
    with pytest.raises(SourceBusy) as caught:
        ranges.read(100, view_of())

    assert (21.0, 2) == (caught.value.retry_after, len(source.opened))


def test_a_copy_that_failed_elsewhere_waits_for_nothing() -> None:
    """However long the source asks it to."""
    source, ranges = begun()
    ranges.stopped.set()
    source.arm("busy_429", retry_after=19.0)
    with pytest.raises(SourceBusy):
        ranges.read(100, view_of())

    assert 2 == len(source.opened)


@pytest.mark.parametrize("fault", ["html_for_media", "html_for_middle_range"])
def test_what_says_that_it_is_no_media_is_none(fault: str) -> None:
    """In the beginning, in the middle, and as a stream; a small content may be of any type."""
    source, ranges = begun()
    for ask in (lambda: ranges.read(100, view_of()), ranges.restart):
        source.arm(fault)
        with pytest.raises(SourceNotReady, match="text/html"):
            ask()
    source, ranges = ranges_of()
    source.arm(fault)
    with pytest.raises(SourceNotReady, match="text/html"):
        ranges.begin(view_of())
    source.arm(fault)
    assert ranges.read_small(len(CONTENT)).startswith(b"<!DOCTYPE html>")


def test_a_page_in_place_of_a_middle_range_is_not_believed() -> None:
    """However well its head fits: it is asked for again."""
    source, ranges = begun()
    source.arm("untyped_html_for_middle_range", times=3)
    view = view_of()

    assert hashlib.sha256(CONTENT[100 : 100 + BLOCK]).digest() == ranges.read(100, view)
    assert CONTENT[100 : 100 + BLOCK] == view
    source.arm("untyped_html_for_middle_range", times=None)
    with pytest.raises(TransferBroken, match="page"):
        ranges.read(100, view_of())


def test_a_break_that_brings_bytes_each_time_does_not_end_a_range() -> None:
    """What came is kept, and the tries are counted anew."""
    source, ranges = begun()
    source.arm("breaks_every", times=None, amount=7)
    view = view_of()
    ranges.read(100, view)

    assert CONTENT[100 : 100 + BLOCK] == view
    assert -(-BLOCK // 7) == len(source.opened) - 1


def test_a_beginning_that_breaks_again_and_again_comes_to_an_end() -> None:
    """The same."""
    source, ranges = ranges_of()
    source.arm("breaks_every", times=None, amount=7)
    view = view_of()
    ranges.begin(view)

    assert hashlib.sha256(CONTENT[:BLOCK]).digest() == ranges.first()
    assert CONTENT[:BLOCK] == view


def test_a_range_may_come_in_parts_that_say_so() -> None:
    """The rest is asked for, in the middle and in the beginning."""
    source, ranges = ranges_of()
    source.arm("short_206", times=None)
    view = view_of()
    ranges.begin(view)
    assert hashlib.sha256(CONTENT[:BLOCK]).digest() == ranges.first()
    assert CONTENT[:BLOCK] == view
    assert CONTENT[100:295] == read_span(ranges, [BLOCK, BLOCK, 3, BLOCK])


@pytest.mark.parametrize(("fault", "amount"), [("breaks_every", 1), ("short_206", 1)])
def test_bytes_that_come_one_by_one_do_not_keep_a_range_alive_for_ever(fault: str, amount: int) -> None:
    """All its replies together must be in the time that its bytes are worth."""
    content = media(100_000)
    source, location = source_with(content)
    clock = Clock()
    ranges = RangeReader(source, StallWatchdog(clock), location)
    ranges.begin(memoryview(bytearray(BLOCK)))
    asked = len(source.opened)
    source.arm(fault, times=None, amount=amount)
    source.on_open = lambda: clock.forward(10.0)
    with pytest.raises(TransferBroken):
        ranges.read(1000, view_of(90_000))

    assert len(source.opened) - asked < 20


# Spans: several blocks in one request


def read_span(ranges: RangeReader, pieces: list[int], offset: int = 100) -> bytes:
    """Pieces that follow each other, each held to its digest."""
    found = b""
    with ranges.span(offset, sum(pieces)) as span:
        for piece in pieces:
            view = view_of(piece)
            assert hashlib.sha256(CONTENT[offset + len(found) :][:piece]).digest() == span.read(view)
            found += bytes(view)
    return found


def test_a_span_is_one_request() -> None:
    """However many pieces it is read in."""
    source, ranges = begun()

    assert CONTENT[100:295] == read_span(ranges, [BLOCK, BLOCK, BLOCK, 3])
    assert [(100, 195)] == [(one.offset, one.length) for one in source.opened[1:]]


def test_a_span_that_breaks_is_taken_up_where_it_broke() -> None:
    """In one request for all that is left of it."""
    source, ranges = begun()
    source.arm("reset_mid_body", at=110)
    source.arm("truncated_chunked", at=200)

    assert CONTENT[100:295] == read_span(ranges, [BLOCK, BLOCK, BLOCK, 3])
    assert [(100, 195), (110, 185), (200, 95)] == [(one.offset, one.length) for one in source.opened[1:]]


def test_a_span_that_goes_on_beyond_its_end_is_not_believed() -> None:
    """The last piece is read again; those before it are staged already."""
    source, ranges = begun()
    source.arm("overlong")

    assert CONTENT[100:228] == read_span(ranges, [BLOCK, BLOCK])
    assert [(100, 128), (164, 64)] == [(one.offset, one.length) for one in source.opened[1:]]


def test_a_span_tells_of_what_comes() -> None:
    """As it comes."""
    _source, ranges = begun()
    told: list[int] = []
    with ranges.span(100, 2 * BLOCK, told.append) as span:
        assert [] == told
        span.read(view_of())
        assert BLOCK == sum(told)


# The whole in one stream


def test_a_source_that_ignores_ranges_is_one_stream() -> None:
    """Followed block by block, in one request, to its end and no further."""
    source, ranges = ranges_of()
    source.ignores_ranges = True
    with ranges:
        found = view_of()
        ranges.begin(found)
        ranges.first()
        content = bytes(found)
        assert ranges.whole
        while len(content) < len(CONTENT):
            view = view_of(min(BLOCK, len(CONTENT) - len(content)))
            sha256 = ranges.follow(view, ends=len(content) + len(view) == len(CONTENT))
            assert hashlib.sha256(view).digest() == sha256
            content += bytes(view)

    assert CONTENT == content
    assert 1 == len(source.opened)


def test_a_small_content_is_no_stream_though_ranges_are_ignored() -> None:
    """All of it has come with the first block."""
    source, ranges = ranges_of(CONTENT[:BLOCK])
    source.ignores_ranges = True
    ranges.begin(view_of())

    assert not ranges.whole


def test_the_whole_in_place_of_a_range_is_never_taken_for_it() -> None:
    """And not tried again: the stream is begun anew instead."""
    source, ranges = begun()
    source.arm("range_ignored")
    with pytest.raises(RangeIgnored):
        ranges.read(100, view_of())
    assert 2 == len(source.opened)

    ranges.restart()
    view = view_of()
    ranges.follow(view, ends=False)
    assert CONTENT[:BLOCK] == view
    assert source.opened[-1].length is None


@pytest.mark.parametrize(("fault", "error"), [("length_changes", SourceChanged), ("range_shifted", TransferBroken)])
def test_a_stream_that_is_not_the_content_begun_is_refused(fault: str, error: type[RecordingError]) -> None:
    """Another length, or a part in place of the whole."""
    source, ranges = begun()
    source.arm(fault)
    with pytest.raises(error):
        ranges.restart()


def test_a_stream_that_goes_on_beyond_its_end_is_refused() -> None:
    """Nobody knows what its bytes are worth."""
    source, ranges = begun()
    source.arm("overlong")
    ranges.restart()
    with pytest.raises(TransferBroken, match="longer"):
        ranges.follow(view_of(len(CONTENT)), ends=True)


def test_without_a_stream_there_is_nothing_to_follow() -> None:
    """It must be restarted first."""
    _source, ranges = begun()
    with pytest.raises(TransferBroken, match="no stream"):
        ranges.follow(view_of(), ends=False)


# Small contents


def test_a_small_content_is_read_whole() -> None:
    """Whether or not its length is told."""
    for fault in (None, "no_length_200"):
        source, ranges = ranges_of()
        if fault:
            source.arm(fault)
        assert CONTENT == ranges.read_small(len(CONTENT))


@pytest.mark.parametrize("fault", ["reset_mid_body", "overlong", "hang"])
def test_a_small_content_that_breaks_is_read_again(fault: str) -> None:
    """From its beginning."""
    source, ranges = ranges_of()
    source.arm(fault)

    assert CONTENT == ranges.read_small(1000)


def test_a_content_that_is_not_small_is_refused() -> None:
    """However long it says it is."""
    _source, ranges = ranges_of()
    with pytest.raises(TransferBroken, match="longer"):
        ranges.read_small(len(CONTENT) - 1)


def test_a_hostile_location_is_not_asked() -> None:
    """The error is the source's own."""
    source = FakeSource()
    ranges = RangeReader(source, StallWatchdog(Clock()), Location("https://evil.example/v1/objects/a/content/audio"))
    with pytest.raises(HostileLocation):
        ranges.begin(view_of())

    assert [] == source.opened
