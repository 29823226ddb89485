"""The contract of `Source` and `Transfer`, on the fake and on the local service over TLS."""

import threading

import pytest

from local.net.hosts import REGIONAL_HOST
from recording.core.errors import (
    HostileLocation,
    RecordingError,
    SourceBusy,
    SourceGone,
    SourceNotReady,
    SourceRefused,
    SourceUnexpected,
    SourceUnreachable,
    TransferBroken,
)
from recording.core.media import may_be_media
from recording.core.model import Location
from tests.contracts.stores import HANG_SECONDS, Store, fetched, read_all, read_into
from tests.copying.copies import media
from tests.core.entries_of import proof

CONTENT = media(200_000)

# Redirects


def test_what_another_host_serves_says_where_it_came_from(store: Store) -> None:
    """The location after redirects."""
    stored = store.add(CONTENT)
    store.arm("redirects")
    with store.source.open(stored.content) as transfer:
        assert f"https://{REGIONAL_HOST}/" in transfer.location
        assert CONTENT == read_all(transfer)


def test_the_final_place_can_be_asked_directly(store: Store) -> None:
    """For the ranges after the first."""
    stored = store.add(CONTENT)
    store.arm("redirects")
    with store.source.open(stored.content, 0, 10) as transfer:
        place = transfer.location

    assert CONTENT[10:20] == fetched(store.source.open(place, 10, 10))


# Refusals


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("not_ready_404", SourceGone),
        ("gone_410", SourceGone),
        ("bad_request_html", SourceNotReady),
        ("unauthorized_mid_copy", SourceRefused),
        ("forbidden", SourceRefused),
        ("busy_429", SourceBusy),
        ("busy_503", SourceBusy),
        ("server_error_500", SourceBusy),
        ("server_error_502", SourceBusy),
        ("redirect_loop", SourceUnexpected),
    ],
)
def test_every_refusal_is_told_by_how_it_passes(store: Store, fault: str, error: type[RecordingError]) -> None:
    """At once: the adapter does not retry."""
    stored = store.add(CONTENT)
    store.arm(fault)
    with pytest.raises(error) as caught:
        fetched(store.source.open(stored.content))

    assert type(caught.value) is error
    if fault != "redirect_loop":
        assert CONTENT == fetched(store.source.open(stored.content))


def test_what_was_never_there_is_not_there_yet(store: Store) -> None:
    """The two cannot be distinguished."""
    stored = store.add(CONTENT)
    with pytest.raises(SourceGone) as caught:
        fetched(store.source.open(Location(stored.content.replace("/objects/", "/objects/0"))))

    assert "404" == caught.value.ids["status"]


@pytest.mark.parametrize(("retry_after", "expected"), [(None, None), (0, 0.0), (7, 7.0)])
@pytest.mark.parametrize("fault", ["busy_429", "busy_503"])
def test_a_busy_source_says_for_how_long(
    store: Store, fault: str, retry_after: int | None, expected: float | None
) -> None:
    stored = store.add(CONTENT)
    store.arm(fault, retry_after=retry_after)
    with pytest.raises(SourceBusy) as caught:
        fetched(store.source.open(stored.content))

    assert expected == caught.value.retry_after


def test_a_source_that_does_not_answer_is_out_of_reach(store: Store) -> None:
    """It sends nothing, or breaks the connection."""
    stored = store.add(CONTENT)
    store.arm("hang", seconds=HANG_SECONDS)
    with pytest.raises(SourceUnreachable):
        fetched(store.source.open(stored.content))


# Bodies


@pytest.mark.parametrize(
    "fault",
    [
        "reset_mid_body",
        "hang_mid_body",
        "truncated_right_length",
        "truncated_chunked",
        "truncated_wrong_length",
        "extra_bytes",
    ],
)
@pytest.mark.parametrize("ranged", [False, True])
def test_a_body_that_is_not_what_its_reply_says_is_broken(store: Store, fault: str, *, ranged: bool) -> None:
    """No reader takes it for the whole; the next reply is good."""
    stored = store.add(CONTENT)
    store.arm(fault, seconds=HANG_SECONDS)
    part = (50_000, 100_000) if ranged else (0, None)
    with pytest.raises(TransferBroken):
        fetched(store.source.open(stored.content, *part))

    expected = CONTENT[50_000:150_000] if ranged else CONTENT
    assert expected == fetched(store.source.open(stored.content, *part))


def test_what_came_before_a_break_is_there(store: Store) -> None:
    """The next range continues after it."""
    stored = store.add(CONTENT)
    store.arm("reset_mid_body", at=150_000)
    found = bytearray()
    with store.source.open(stored.content, 0, len(CONTENT)) as transfer, pytest.raises(TransferBroken):
        read_into(found, transfer, room=10_000)

    assert 0 < len(found) <= 150_000
    assert CONTENT[: len(found)] == found


def test_nothing_is_a_reply_too(store: Store) -> None:
    """The service serves an empty content until the file is there."""
    stored = store.add(CONTENT)
    store.arm("zero_bytes")
    with store.source.open(stored.content, 0, 100) as transfer:
        assert (0, 0, 0) == (transfer.offset, transfer.length, transfer.total)
        assert 0 == transfer.readinto(memoryview(bytearray(8)))


def test_the_whole_in_place_of_a_range_says_so(store: Store) -> None:
    """Offset 0 and the full length."""
    stored = store.add(CONTENT)
    store.arm("range_ignored")
    with store.source.open(stored.content, 1000, 10) as transfer:
        assert (0, len(CONTENT), len(CONTENT)) == (transfer.offset, transfer.length, transfer.total)
        assert CONTENT == read_all(transfer)


def test_another_range_says_so(store: Store) -> None:
    """The offset is the real one."""
    stored = store.add(CONTENT)
    store.arm("range_shifted", amount=5)
    with store.source.open(stored.content, 1000, 10) as transfer:
        assert (1005, 10) == (transfer.offset, transfer.length)
        assert CONTENT[1005:1015] == read_all(transfer)


def test_another_length_says_so(store: Store) -> None:
    """The total is the real one."""
    stored = store.add(CONTENT)
    store.arm("length_changes", amount=5)
    with store.source.open(stored.content, 1000, 10) as transfer:
        assert len(CONTENT) + 5 == transfer.total


# Replies that the standard allows


@pytest.mark.parametrize(
    "fault",
    [
        "range_not_satisfiable_416",
        "odd_encoding_none",
        "odd_encoding_identity",
        "content_range_capital",
    ],
)
@pytest.mark.parametrize(("offset", "length"), [(0, 1 << 20), (150_000, 1 << 20), (0, 200_000), (7, 100)])
def test_every_spelling_of_content_range_is_read(store: Store, fault: str, offset: int, length: int) -> None:
    """Up to the end: a range that ends after it may be refused, with the total."""
    stored = store.add(CONTENT)
    store.arm(fault)
    expected = CONTENT[offset : offset + length]
    with store.source.open(stored.content, offset, length) as transfer:
        assert (offset, len(expected), len(CONTENT)) == (transfer.offset, transfer.length, transfer.total)
        assert expected == read_all(transfer)


def test_a_part_of_a_range_says_so(store: Store) -> None:
    """The rest can be requested."""
    stored = store.add(CONTENT)
    store.arm("short_206", count=1)
    with store.source.open(stored.content, 1000, 100) as transfer:
        assert (1000, 50, len(CONTENT)) == (transfer.offset, transfer.length, transfer.total)
        assert CONTENT[1000:1050] == read_all(transfer)


def test_a_range_of_an_unknown_whole_says_so(store: Store) -> None:
    """Its own length is known."""
    stored = store.add(CONTENT)
    store.arm("no_total", count=1)
    with store.source.open(stored.content, 1000, 100) as transfer:
        assert (1000, 100, None) == (transfer.offset, transfer.length, transfer.total)
        assert CONTENT[1000:1100] == read_all(transfer)


def test_a_whole_of_unknown_length_says_so(store: Store) -> None:
    """From byte 0, whatever was requested."""
    stored = store.add(CONTENT)
    store.arm("no_length_200", count=1)
    with store.source.open(stored.content, 1000, 100) as transfer:
        assert (0, None, None) == (transfer.offset, transfer.length, transfer.total)
        assert CONTENT == read_all(transfer)


def test_what_comes_says_what_it_is(store: Store) -> None:
    """Also an error page in place of a range."""
    stored = store.add(CONTENT)
    store.arm("html_for_middle_range")
    with store.source.open(stored.content, 1000, 100) as transfer:
        assert "text/html" == transfer.content_type
        assert (1000, 100, len(CONTENT)) == (transfer.offset, transfer.length, transfer.total)
        assert b"<!DOCTYPE html>" in read_all(transfer)
    with store.source.open(stored.content, 1000, 100) as transfer:
        assert may_be_media(transfer.content_type)


# Aborting


def test_an_abort_ends_a_read_that_waits(store: Store) -> None:
    """From another thread, long before the connection times out."""
    stored = store.add(CONTENT)
    store.arm("slow_body", amount=10, seconds=0.2)
    with store.source.open(stored.content) as transfer:
        aborting = threading.Timer(0.1, transfer.abort)
        aborting.start()
        with pytest.raises(TransferBroken):
            read_all(transfer)
        aborting.join()


def test_an_abort_after_the_end_harms_nobody(store: Store) -> None:
    """The connection may be used for the next reply already."""
    stored = store.add(CONTENT)
    with store.source.open(stored.content) as transfer:
        read_all(transfer)
        with store.source.open(transfer.location) as other:
            other.readinto(memoryview(bytearray(10)))
            transfer.abort()
            assert CONTENT[10:] == read_all(other)


# Hostile places

HOSTILE = [
    "https://evil.example/v1/objects/a/content/audio",
    "https://evil.example\\.asm.skype.com/v1/objects/a/content/audio",
    "https://eu-storage.asm.skype.com@evil.example/v1/objects/a",
    "https://eu-storage.asm.skype.com.evil.example/v1/objects/a",
    "https://evil-asm.skype.com/v1/objects/a",
    "http://eu-storage.asm.skype.com/v1/objects/a",
    "https://eu-storage.asm.skype.com:8443/v1/objects/a",
    "https://eu-storage.asm.skype.com",
    "file:///etc/passwd",
    "",
]


@pytest.mark.parametrize("location", HOSTILE)
def test_a_hostile_location_is_sent_nothing(store: Store, location: str) -> None:
    """Neither to read nor to delete."""
    with pytest.raises(HostileLocation):
        fetched(store.source.open(Location(location)))
    with pytest.raises(HostileLocation):
        store.source.delete(Location(location), proof())

    assert (0, []) == (store.asked(), store.strayed())


@pytest.mark.parametrize("fault", ["redirect_elsewhere", "redirect_http"])
def test_a_hostile_redirect_is_not_followed(store: Store, fault: str) -> None:
    """Nothing is sent to its target."""
    stored = store.add(CONTENT)
    store.arm(fault)
    with pytest.raises(HostileLocation):
        fetched(store.source.open(stored.content))

    assert (1, []) == (store.asked(), store.strayed())


# Deleting


def test_a_delete_says_whether_there_was_something(store: Store) -> None:
    """It deletes content and metadata; a second delete finds nothing and is no error."""
    stored = store.add(CONTENT)
    kept = store.add(CONTENT)

    assert store.source.delete(stored.delete, proof())
    assert not store.holds(stored)
    assert not store.source.delete(stored.delete, proof())
    assert store.holds(kept)
    with pytest.raises(SourceGone):
        fetched(store.source.open(stored.content))


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("delete_401", SourceRefused),
        ("delete_403", SourceRefused),
        ("delete_409", SourceUnexpected),
        ("delete_500", SourceBusy),
        ("delete_503", SourceBusy),
    ],
)
def test_a_delete_that_is_refused_deletes_nothing(store: Store, fault: str, error: type[RecordingError]) -> None:
    """It can be tried again."""
    stored = store.add(CONTENT)
    store.arm(fault)
    with pytest.raises(error):
        store.source.delete(stored.delete, proof())

    assert store.holds(stored)
    assert store.source.delete(stored.delete, proof())


def test_a_delete_that_knows_of_nothing_has_deleted_nothing(store: Store) -> None:
    """Whether the content is gone, only its own location shows."""
    stored = store.add(CONTENT)
    store.arm("delete_404")

    assert not store.source.delete(stored.delete, proof())
    assert store.holds(stored)
    assert store.source.delete(stored.delete, proof())


@pytest.mark.parametrize("fault", ["delete_202", "delete_204", "delete_200_html"])
def test_any_successful_status_of_a_delete_is_a_success(store: Store, fault: str) -> None:
    """The SDK accepts only one status."""
    stored = store.add(CONTENT)
    store.arm(fault)

    assert store.source.delete(stored.delete, proof())
    assert not store.holds(stored)


def test_a_delete_whose_reply_is_lost_is_found_done(store: Store) -> None:
    """By the next delete."""
    stored = store.add(CONTENT)
    store.arm("delete_response_lost")
    with pytest.raises(SourceUnreachable):
        store.source.delete(stored.delete, proof())

    assert not store.source.delete(stored.delete, proof())
