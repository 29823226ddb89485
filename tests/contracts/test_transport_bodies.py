"""Bodies: divided anywhere, broken anywhere, or aborted."""

import ssl
import threading
from contextlib import closing
from functools import partial
from itertools import cycle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recording.adapters.http_transport import Broken, Reply, Urllib3Transport
from tests.contracts.exchanges import CHUNKED, LONG, broken, get, in_pieces, read
from tests.contracts.scripted import Server, chunked, head, said
from tests.copying.copies import JOIN_SECONDS, run_together

pytestmark = pytest.mark.usefixtures("surroundings")


# Reading


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
@pytest.mark.parametrize("says", ["", "Content-Length: 3", CHUNKED])
def test_a_status_that_has_no_body_has_none(transport: Urllib3Transport, status: str, says: str) -> None:
    """Whatever its headers say; its connection is used for the next request."""
    with Server([head(*filter(None, [says]), status=status), said(b"two")]) as server:
        reply = get(transport, server.url)

        assert (int(status[:3]), b"") == (reply.status_code, read(reply))
        assert b"two" == read(get(transport, server.url))
        assert 1 == server.opened


def test_chunks_are_read_wherever_they_are_split(transport: Urllib3Transport, monkeypatch: pytest.MonkeyPatch) -> None:
    """With extensions and trailers, which are ignored."""
    whole = head(CHUNKED) + chunked(b"uvw", b"x" * 17, b"yz", extension=' ; name="a;b"', trailers=["X-A: 1", "X-B: 2"])
    with Server([whole, said(b"next"), None]) as server:
        for split in range(1, len(whole) + 1):
            with monkeypatch.context() as patch:
                in_pieces(patch, [split, len(whole)])
                assert b"uvw" + b"x" * 17 + b"yz" == read(get(transport, server.url), (split,))
                assert b"next" == read(get(transport, server.url))
            assert server.closed.acquire(timeout=JOIN_SECONDS)
        assert len(whole) == server.opened


@given(
    body=st.binary(max_size=300),
    cuts=st.lists(st.integers(1, 40), min_size=1),
    sizes=st.lists(st.integers(1, 60), min_size=1),
    rooms=st.lists(st.integers(1, 60), min_size=1),
    in_chunks=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_a_body_is_the_same_however_it_is_cut(
    *, body: bytes, cuts: list[int], sizes: list[int], rooms: list[int], in_chunks: bool
) -> None:
    """Into chunks by the server, into packets by the network, into views by the reader."""
    pieces, rest, lengths = list[bytes](), body, cycle(cuts)
    while rest:
        length = next(lengths)
        pieces.append(rest[:length])
        rest = rest[length:]
    reply = head(CHUNKED) + chunked(*pieces) if in_chunks else said(body)
    with (
        Server([reply, said(b"next")]) as server,
        pytest.MonkeyPatch.context() as patch,
        closing(Urllib3Transport(1)) as transport,
    ):
        in_pieces(patch, sizes)

        assert body == read(get(transport, server.url), rooms)
        assert b"next" == read(get(transport, server.url))
        assert 1 == server.opened


SHORT = {
    "by its length": said(b"uvwxyz"),
    "in chunks": head(CHUNKED) + chunked(b"uv", b"wxyz", trailers=["T: 1"]),
}


@pytest.mark.parametrize("whole", SHORT.values(), ids=SHORT)
def test_a_body_that_ends_early_is_broken(
    transport: Urllib3Transport, tls: ssl.SSLContext | None, whole: bytes
) -> None:
    """At any position; the bytes before the break are returned first."""
    begin = whole.index(b"\r\n\r\n") + 4
    cuts = range(begin, len(whole))
    with Server(*([whole[:cut], None] for cut in cuts), tls=tls) as server:
        for cut in cuts:
            expected = bytes(letter for letter in whole[begin:cut] if letter in b"uvwxyz")

            assert expected == broken(get(transport, server.url))


@pytest.mark.parametrize("size", ["", "x", "-5", "+5", "0x5", "1_0", "5 5", ";5", "F" * 5000])
def test_a_chunk_that_does_not_say_how_long_it_is_is_broken(transport: Urllib3Transport, size: str) -> None:
    with Server([head(CHUNKED) + f"3\r\none\r\n{size}\r\nfive!five!\r\n0\r\n\r\n".encode()]) as server:
        assert b"one" == broken(get(transport, server.url))


@pytest.mark.parametrize("more", [b"r\r\n", b"xx", b"\n\r", b"rx5\r\nfive!\r\n"])
def test_a_chunk_that_is_longer_than_it_says_is_broken(transport: Urllib3Transport, more: bytes) -> None:
    """Its surplus bytes are not skipped, also if there are as many as in the line break that is due there."""
    with Server([head(CHUNKED) + b"3\r\nfou" + more + b"0\r\n\r\n"]) as server:
        assert b"fou" == broken(get(transport, server.url))


def test_a_body_may_end_with_its_connection(transport: Urllib3Transport, tls: ssl.SSLContext | None) -> None:
    """If it has no length; the next request has a new connection."""
    with Server([head() + LONG, None], [said(b"next")], tls=tls) as server:
        assert LONG == read(get(transport, server.url))
        assert b"next" == read(get(transport, server.url))


def test_an_end_that_tls_does_not_tell_of_is_a_break(
    transport: Urllib3Transport, trusted: None, certified: ssl.SSLContext
) -> None:
    """Anyone on the network path can close a connection. The bytes before that are returned first."""
    with Server([head() + LONG, None], tls=certified, tells_ends=False) as server:
        assert LONG == broken(get(transport, server.url))


# Aborting


def test_an_abort_ends_a_read_that_waits(transport: Urllib3Transport, tls: ssl.SSLContext | None) -> None:
    """From another thread; every later read fails, also of bytes that have arrived already."""
    for reply in (said(LONG)[:-1], head(CHUNKED) + b"5\r\nabc", head() + LONG):
        with Server([reply], [said(b"next")], tls=tls) as server:
            arriving = get(transport, server.url)
            aborting = threading.Timer(0.1, arriving.abort)
            aborting.start()
            with pytest.raises(Broken):
                arriving.readinto(memoryview(bytearray(2 * len(LONG))))
            aborting.join()
            with pytest.raises(Broken):
                arriving.readinto(memoryview(bytearray(1)))
            arriving.abort()
            arriving.close()

            assert b"next" == read(get(transport, server.url))


def test_after_an_abort_nothing_more_comes(transport: Urllib3Transport, tls: ssl.SSLContext | None) -> None:
    """Neither bytes in the socket nor, under TLS, bytes that are still encrypted."""
    with Server([said(LONG * 10)], tls=tls) as server:
        reply = get(transport, server.url)
        reply.readinto(memoryview(bytearray(10)))
        reply.abort()
        with pytest.raises(Broken):
            reply.readinto(memoryview(bytearray(10)))
        reply.close()


def test_an_abort_after_the_end_harms_nobody(transport: Urllib3Transport, tls: ssl.SSLContext | None) -> None:
    """The connection may be used for the next reply already."""
    with Server([said(b"one"), said(LONG)], tls=tls) as server:
        first = get(transport, server.url)
        read(first)
        second = get(transport, server.url)
        second.readinto(memoryview(bytearray(10)))
        first.abort()

        assert LONG[10:] == read(second)
        assert 1 == server.opened


def test_an_abort_at_the_very_end_harms_nobody(transport: Urllib3Transport) -> None:
    """Whichever of the two is first."""

    def read_or_not(reply: Reply, found: list[bytes]) -> None:
        try:
            found.append(read(reply))
        except Broken:
            found.append(b"one")

    found: list[bytes] = []
    with Server([said(b"one")] * 200) as server:
        for _ in range(100):
            reply = get(transport, server.url)
            run_together(partial(read_or_not, reply, found), reply.abort)
            assert b"one" == read(get(transport, server.url))

    assert [b"one"] * 100 == found
