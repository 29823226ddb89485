"""The contract of `Source` and `Transfer`, on the fake and on the local service over TLS."""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
import urllib3.util.connection

from local.acs import LocalAcs
from local.acs.hosts import ENTRY_HOST, EVIL_HOST, REGIONAL_HOST
from recording.core.errors import (
    HostileLocation,
    RecordingError,
    SourceBusy,
    SourceNotReady,
    SourceRefused,
    SourceUnreachable,
    TransferBroken,
)
from recording.core.model import Location
from recording.ports import Transfer
from tests.contracts.stores import FakeStore, RealStore, Store
from tests.copies import media, run_together
from tests.core.entries_of import proof

CONTENT = media(200_000)
READ_SECONDS = 0.5
"""How long a single read may bring nothing in these tests."""
HANG_SECONDS = 3.0


@pytest.fixture
def real(acs: LocalAcs, monkeypatch: pytest.MonkeyPatch) -> Iterator[RealStore]:
    """The adapter before the local service."""
    monkeypatch.setattr("recording.adapters.transport.READ_SECONDS", READ_SECONDS)
    store = RealStore(acs)
    yield store
    store.close()


@pytest.fixture(params=["fake", "real"])
def store(request: pytest.FixtureRequest) -> Store:
    """Each in turn."""
    found: Store = FakeStore() if request.param == "fake" else request.getfixturevalue("real")
    return found


def read_into(found: bytearray, transfer: Transfer, room: int = 70_000) -> None:
    """The body to its end, in pieces; what came before a break is there."""
    piece = memoryview(bytearray(room))
    while read := transfer.readinto(piece):
        found += piece[:read]


def read_all(transfer: Transfer) -> bytes:
    """The body to its end."""
    found = bytearray()
    read_into(found, transfer)
    return bytes(found)


def fetched(opened: AbstractContextManager[Transfer]) -> bytes:
    """All that a request brings."""
    with opened as transfer:
        return read_all(transfer)


# Good replies


def test_the_whole_content_comes(store: Store) -> None:
    """With its length, from where the redirect led."""
    stored = store.add(CONTENT)
    with store.source.open(stored.content) as transfer:
        assert (0, len(CONTENT), len(CONTENT)) == (transfer.offset, transfer.length, transfer.total)
        assert f"https://{REGIONAL_HOST}/" in transfer.location
        assert CONTENT == read_all(transfer)
        assert 0 == transfer.readinto(memoryview(bytearray(8)))


@pytest.mark.parametrize(
    ("offset", "length"), [(0, 1), (0, 1000), (7, 1), (100_000, 100_000), (199_999, 1), (0, 200_000)]
)
def test_a_range_comes_as_it_was_asked_for(store: Store, offset: int, length: int) -> None:
    """From byte 0 too, where the SDK would send no Range at all."""
    stored = store.add(CONTENT)
    with store.source.open(stored.content, offset, length) as transfer:
        assert (offset, length, len(CONTENT)) == (transfer.offset, transfer.length, transfer.total)
        assert CONTENT[offset : offset + length] == read_all(transfer)


def test_a_range_beyond_the_end_comes_as_far_as_there_is(store: Store) -> None:
    """And says so."""
    stored = store.add(CONTENT)
    with store.source.open(stored.content, 199_990, 1000) as transfer:
        assert (199_990, 10) == (transfer.offset, transfer.length)
        assert CONTENT[-10:] == read_all(transfer)


def test_the_final_place_can_be_asked_directly(store: Store) -> None:
    """For the ranges that follow the first."""
    stored = store.add(CONTENT)
    with store.source.open(stored.content, 0, 10) as transfer:
        place = transfer.location

    assert CONTENT[10:20] == fetched(store.source.open(place, 10, 10))


def test_equal_replies_have_equal_validators(store: Store) -> None:
    """Whatever was asked for."""
    stored = store.add(CONTENT)
    with store.source.open(stored.content) as whole, store.source.open(stored.content, 5, 5) as part:
        assert whole.validators == part.validators


def test_a_view_of_any_size_is_filled_as_far_as_bytes_come(store: Store) -> None:
    """And nothing beyond it is touched."""
    stored = store.add(CONTENT)
    room = bytearray(b"-" * 12)
    with store.source.open(stored.content, 0, 20) as transfer:
        read = transfer.readinto(memoryview(room)[1:-1])

    assert 1 <= read <= 10
    assert b"-" + CONTENT[:read] + b"-" * (11 - read) == room


def test_many_threads_read_at_once(store: Store) -> None:
    """Each its own reply."""
    stored = store.add(CONTENT)
    found: dict[int, bytes] = {}

    def read(at: int) -> None:
        found[at] = fetched(store.source.open(stored.content, at, 25_000))

    run_together(*(lambda at=at: read(at) for at in range(0, len(CONTENT), 25_000)))

    assert CONTENT == b"".join(found[at] for at in sorted(found))


def test_a_reply_may_be_left_unread(store: Store) -> None:
    """The next one is whole."""
    stored = store.add(CONTENT)
    for _ in range(3):
        with store.source.open(stored.content) as transfer:
            transfer.readinto(memoryview(bytearray(10)))

    assert CONTENT == fetched(store.source.open(stored.content))


# Refusals


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("not_ready_404", SourceNotReady),
        ("gone_410", SourceNotReady),
        ("bad_request_html", SourceNotReady),
        ("unauthorized_mid_copy", SourceRefused),
        ("forbidden", SourceRefused),
        ("busy_429", SourceBusy),
        ("busy_503", SourceBusy),
        ("server_error_500", SourceBusy),
        ("server_error_502", SourceBusy),
        ("redirect_loop", SourceNotReady),
    ],
)
def test_every_refusal_is_told_by_how_it_passes(store: Store, fault: str, error: type[RecordingError]) -> None:
    """At once, without a try of the adapter's own."""
    stored = store.add(CONTENT)
    store.arm(fault)
    with pytest.raises(error) as caught:
        fetched(store.source.open(stored.content))

    assert type(caught.value) is error
    if fault != "redirect_loop":
        assert CONTENT == fetched(store.source.open(stored.content))


def test_what_was_never_there_is_not_there_yet(store: Store) -> None:
    """Nobody can tell the one from the other."""
    stored = store.add(CONTENT)
    with pytest.raises(SourceNotReady) as caught:
        fetched(store.source.open(Location(stored.content.replace("/objects/", "/objects/0"))))

    assert "404" == caught.value.ids["status"]


@pytest.mark.parametrize(("retry_after", "expected"), [(None, None), (0, 0.0), (7, 7.0)])
@pytest.mark.parametrize("fault", ["busy_429", "busy_503"])
def test_a_busy_source_says_for_how_long(
    store: Store, fault: str, retry_after: int | None, expected: float | None
) -> None:
    """In seconds, or not at all."""
    stored = store.add(CONTENT)
    store.arm(fault, retry_after=retry_after)
    with pytest.raises(SourceBusy) as caught:
        fetched(store.source.open(stored.content))

    assert expected == caught.value.retry_after


def test_a_source_that_does_not_answer_is_out_of_reach(store: Store) -> None:
    """After the time that a single read has."""
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
    """However it goes wrong, no reader takes it for whole; the next reply is."""
    stored = store.add(CONTENT)
    store.arm(fault, seconds=HANG_SECONDS)
    part = (50_000, 100_000) if ranged else (0, None)
    with pytest.raises(TransferBroken):
        fetched(store.source.open(stored.content, *part))

    expected = CONTENT[50_000:150_000] if ranged else CONTENT
    assert expected == fetched(store.source.open(stored.content, *part))


def test_what_came_before_a_break_is_there(store: Store) -> None:
    """The next range goes on behind it."""
    stored = store.add(CONTENT)
    store.arm("reset_mid_body", at=150_000)
    found = bytearray()
    with store.source.open(stored.content, 0, len(CONTENT)) as transfer, pytest.raises(TransferBroken):
        read_into(found, transfer, room=10_000)

    assert 0 < len(found) <= 150_000
    assert CONTENT[: len(found)] == found


def test_nothing_is_a_reply_too(store: Store) -> None:
    """A successful download of nothing, a minute before the file is there."""
    stored = store.add(CONTENT)
    store.arm("zero_bytes")
    with store.source.open(stored.content, 0, 100) as transfer:
        assert (0, 0, 0) == (transfer.offset, transfer.length, transfer.total)
        assert 0 == transfer.readinto(memoryview(bytearray(8)))


def test_the_whole_in_place_of_a_range_says_so(store: Store) -> None:
    """From byte 0, at full length."""
    stored = store.add(CONTENT)
    store.arm("range_ignored")
    with store.source.open(stored.content, 1000, 10) as transfer:
        assert (0, len(CONTENT), len(CONTENT)) == (transfer.offset, transfer.length, transfer.total)
        assert CONTENT == read_all(transfer)


def test_another_range_says_so(store: Store) -> None:
    """From where it really comes."""
    stored = store.add(CONTENT)
    store.arm("range_shifted", amount=5)
    with store.source.open(stored.content, 1000, 10) as transfer:
        assert (1005, 10) == (transfer.offset, transfer.length)
        assert CONTENT[1005:1015] == read_all(transfer)


def test_another_length_says_so(store: Store) -> None:
    """In the total."""
    stored = store.add(CONTENT)
    store.arm("length_changes", amount=5)
    with store.source.open(stored.content, 1000, 10) as transfer:
        assert len(CONTENT) + 5 == transfer.total


# Aborting


def test_an_abort_ends_a_read_that_waits(store: Store) -> None:
    """From another thread, long before the connection would."""
    stored = store.add(CONTENT)
    store.arm("slow_drip", amount=10, seconds=READ_SECONDS / 2)
    with store.source.open(stored.content) as transfer:
        aborting = threading.Timer(READ_SECONDS / 4, transfer.abort)
        aborting.start()
        with pytest.raises(TransferBroken):
            read_all(transfer)
        aborting.join()


def test_after_an_abort_nothing_comes_that_is_no_content(store: Store) -> None:
    """What lies encrypted in the socket still must never be taken for media."""
    stored = store.add(media(4_000_000))
    with store.source.open(stored.content) as transfer:
        transfer.readinto(memoryview(bytearray(100)))
        transfer.abort()
        with pytest.raises(TransferBroken):
            read_all(transfer)
        transfer.abort()

    assert CONTENT == fetched(store.source.open(store.add(CONTENT).content))


def test_an_abort_after_the_end_harms_nobody(store: Store) -> None:
    """The connection may serve the next reply already."""
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
    "https://eu-api.asm.skype.com@evil.example/v1/objects/a",
    "https://eu-api.asm.skype.com.evil.example/v1/objects/a",
    "https://evil-asm.skype.com/v1/objects/a",
    "http://eu-api.asm.skype.com/v1/objects/a",
    "https://eu-api.asm.skype.com:8443/v1/objects/a",
    "https://eu-api.asm.skype.com",
    "file:///etc/passwd",
    "",
]


@pytest.mark.parametrize("location", HOSTILE)
def test_a_hostile_location_is_sent_nothing(store: Store, location: str) -> None:
    """Neither for its content nor for its deletion."""
    with pytest.raises(HostileLocation):
        fetched(store.source.open(Location(location)))
    with pytest.raises(HostileLocation):
        store.source.delete(Location(location), proof())

    assert (0, []) == (store.asked(), store.strayed())


@pytest.mark.parametrize("fault", ["redirect_elsewhere", "redirect_http"])
def test_a_hostile_redirect_is_not_followed(store: Store, fault: str) -> None:
    """Nothing is sent to where it leads."""
    stored = store.add(CONTENT)
    store.arm(fault)
    with pytest.raises(HostileLocation):
        fetched(store.source.open(stored.content))

    assert (1, []) == (store.asked(), store.strayed())


# Deleting


def test_a_delete_says_whether_there_was_something(store: Store) -> None:
    """Content and metadata are gone then; a second one finds nothing, and that is no error."""
    stored = store.add(CONTENT)
    kept = store.add(CONTENT)

    assert store.source.delete(stored.delete, proof())
    assert not store.holds(stored)
    assert not store.source.delete(stored.delete, proof())
    assert store.holds(kept)
    with pytest.raises(SourceNotReady):
        fetched(store.source.open(stored.content))


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("delete_401", SourceRefused),
        ("delete_403", SourceRefused),
        ("delete_500", SourceBusy),
        ("delete_503", SourceBusy),
    ],
)
def test_a_delete_that_is_refused_deletes_nothing(store: Store, fault: str, error: type[RecordingError]) -> None:
    """It may be asked for again."""
    stored = store.add(CONTENT)
    store.arm(fault)
    with pytest.raises(error):
        store.source.delete(stored.delete, proof())

    assert store.holds(stored)
    assert store.source.delete(stored.delete, proof())


@pytest.mark.parametrize("fault", ["delete_202", "delete_204", "delete_200_html"])
def test_a_delete_that_succeeds_in_other_words_has_succeeded(store: Store, fault: str) -> None:
    """The SDK knows but one of them."""
    stored = store.add(CONTENT)
    store.arm(fault)

    assert store.source.delete(stored.delete, proof())
    assert not store.holds(stored)


def test_a_delete_whose_reply_is_lost_is_found_done(store: Store) -> None:
    """By the next one."""
    stored = store.add(CONTENT)
    store.arm("delete_response_lost")
    with pytest.raises(SourceUnreachable):
        store.source.delete(stored.delete, proof())

    assert not store.source.delete(stored.delete, proof())


# What only the network can do


def test_a_redirect_is_signed_anew(real: RealStore) -> None:
    """azure-core would drop the signature on the way; the second host refuses what has none."""
    stored = real.add(CONTENT)
    fetched(real.source.open(stored.content))

    assert [(ENTRY_HOST, 302), (REGIONAL_HOST, 200)] == real.statuses()


def test_redirects_are_followed_a_few_times_and_no_more(real: RealStore) -> None:
    """Each one checked."""
    stored = real.add(CONTENT)
    real.arm("redirect_loop")
    with pytest.raises(SourceNotReady, match="redirects"):
        fetched(real.source.open(stored.content))

    assert [302] * 5 == [status for _host, status in real.statuses()]


@pytest.mark.parametrize(
    "target",
    [f"https://{EVIL_HOST}/a", f"//{EVIL_HOST}/a", "https://eu-api.asm.skype.com:444/a", "https://a\\.asm.skype.com/"],
)
def test_every_spelling_of_a_hostile_redirect_is_refused(real: RealStore, target: str) -> None:
    """Relative to the first place or not."""
    stored = real.add(CONTENT)
    real.arm("redirect_elsewhere", location=target)
    with pytest.raises(HostileLocation):
        fetched(real.source.open(stored.content))

    assert (1, []) == (real.asked(), real.strayed())


def test_a_rest_may_be_given_as_a_date(real: RealStore) -> None:
    """Measured on the server's own clock."""
    stored = real.add(CONTENT)
    real.arm("busy_429", retry_after=format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True))
    with pytest.raises(SourceBusy) as caught:
        fetched(real.source.open(stored.content))

    assert caught.value.retry_after is not None
    assert 50 < caught.value.retry_after <= 61


def test_a_rest_that_makes_no_sense_is_none(real: RealStore) -> None:
    """It is not worth an error."""
    stored = real.add(CONTENT)
    real.arm("busy_429", retry_after="soon")
    with pytest.raises(SourceBusy) as caught:
        fetched(real.source.open(stored.content))

    assert caught.value.retry_after is None


def test_a_wrong_key_is_refused_with_a_hint(acs: LocalAcs) -> None:
    """It says what to look at, and not the key."""
    store = RealStore(acs, key="d3Jvbmc=")
    stored = store.add(CONTENT)
    with pytest.raises(SourceRefused) as caught:
        fetched(store.source.open(stored.content))
    store.close()

    assert "ACS_ACCESS_KEY" in caught.value.hint
    assert "d3Jvbmc=" not in f"{caught.value} {caught.value!r}"


def test_no_error_shows_a_location(real: RealStore) -> None:
    """Whoever has the service's key could fetch it."""
    stored = real.add(CONTENT)
    for fault in ("forbidden", "busy_503", "not_ready_404", "redirect_elsewhere", "hang"):
        real.arm(fault, seconds=HANG_SECONDS)
        with pytest.raises(RecordingError) as caught:
            fetched(real.source.open(stored.content))
        assert "/v1/objects" not in f"{caught.value} {caught.value!r}"


def test_connections_are_used_again(real: RealStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refused reply and a redirect give theirs back: one for each host is enough, until one is left unread."""
    connect = urllib3.util.connection.create_connection
    connections: list[object] = []

    def counted(*args: Any, **options: Any) -> Any:  # noqa: ANN401 - passed on
        connections.append(args)
        return connect(*args, **options)

    monkeypatch.setattr("urllib3.util.connection.create_connection", counted)
    stored = real.add(CONTENT)
    for fault in ("busy_503", "not_ready_404", "bad_request_html"):
        real.arm(fault)
        with pytest.raises(RecordingError):
            fetched(real.source.open(stored.content))
    for _ in range(3):
        fetched(real.source.open(stored.content, 0, 1000))
    assert 2 == len(connections)

    for part in ((0, 1000), (0, None), (0, 1000)):
        with real.source.open(stored.content, *part) as transfer:
            transfer.readinto(memoryview(bytearray(10)))
    assert 4 == len(connections)
