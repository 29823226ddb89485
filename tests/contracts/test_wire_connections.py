"""Which connections of a wire are used again, and which are not."""

import ssl
from contextlib import closing

import pytest
from azure.core.exceptions import ServiceRequestError, ServiceResponseError

from recording.adapters.wire import Broken, Wire
from tests.contracts.exchanges import CHUNKED, LONG, get, put, read
from tests.contracts.scripted import Server, chunked, head, said
from tests.copying.copies import JOIN_SECONDS, Clock, run_together

pytestmark = pytest.mark.usefixtures("surroundings")


def test_a_connection_is_used_again_once_its_body_was_read(wire: Wire, tls: ssl.SSLContext | None) -> None:
    """However the body says where it ends."""
    replies = [said(b"one"), said(), head(CHUNKED) + chunked(b"th", b"ree"), said(LONG)]
    with Server(replies, tls=tls) as server:
        found = [read(get(wire, server.url)) for _ in replies]

    assert [b"one", b"", b"three", LONG] == found
    assert 1 == server.opened


LAST = {
    "close": said(b"one", "Connection: close"),
    "close among others": said(b"one", "Connection: Keep-Alive, Close"),
    "close said second": said(b"one", "Connection: keep-alive", "Connection: close"),
    "HTTP/1.0": said(b"one").replace(b"HTTP/1.1", b"HTTP/1.0"),
    "more than it said": said(b"one") + said(b"stray"),
    "more than it said, much later": said(LONG) + said(b"stray"),
    "more than nothing": head(status="204 No Content") + said(b"stray"),
    "more than its chunks": head(CHUNKED) + chunked(b"one") + said(b"stray"),
    "two lengths": head(CHUNKED, "Content-Length: 3") + chunked(b"one"),
}


@pytest.mark.parametrize("last", LAST.values(), ids=LAST)
def test_a_connection_that_says_it_ends_is_not_used_again(wire: Wire, tls: ssl.SSLContext | None, last: bytes) -> None:
    """Nor one on which comes what nobody asked for: it would be taken for the next reply."""
    with Server([last, said(b"wrong")], [said(b"next")], tls=tls) as server:
        read(get(wire, server.url))
        found = read(get(wire, server.url))

    assert (b"next", 2) == (found, server.opened)


def test_a_connection_that_is_kept_by_an_older_server_is_used_again(wire: Wire) -> None:
    """If it says so."""
    kept = said(b"one", "Connection: keep-alive").replace(b"HTTP/1.1", b"HTTP/1.0")
    with Server([kept, kept]) as server:
        assert [b"one", b"one"] == [read(get(wire, server.url)) for _ in range(2)]
        assert 1 == server.opened


def test_a_body_closed_before_its_end_loses_its_connection(wire: Wire, tls: ssl.SSLContext | None) -> None:
    """What is left of it reaches nobody."""
    with Server([said(LONG), said(b"wrong")], [said(b"next")], tls=tls) as server:
        reply = get(wire, server.url)
        reply.readinto(memoryview(bytearray(10)))
        reply.close()
        with pytest.raises(Broken):
            reply.readinto(memoryview(bytearray(10)))

        assert b"next" == read(get(wire, server.url))


def test_a_kept_connection_that_was_closed_is_replaced(wire: Wire, tls: ssl.SSLContext | None) -> None:
    """The caller notices nothing."""
    with Server([said(b"one"), None], [said(b"two")], tls=tls) as server:
        read(get(wire, server.url))
        assert server.closed.acquire(timeout=JOIN_SECONDS)

        assert b"two" == read(get(wire, server.url))


@pytest.mark.parametrize("body", [b"", LONG * 40], ids=["short", "long"])
def test_a_kept_connection_that_is_closed_on_use_is_replaced(
    wire: Wire, tls: ssl.SSLContext | None, body: bytes
) -> None:
    """The request goes out again, whole."""
    with Server([said(b"one"), b"", None], [said(b"two")], tls=tls) as server:
        read(put(wire, server.url, body))

        assert b"two" == read(put(wire, server.url, body))
        assert 3 == len(server.heard)
        assert server.heard[1] == server.heard[2]


def test_a_new_connection_that_is_closed_on_use_is_not_replaced(wire: Wire) -> None:
    """Whoever asked may ask again."""
    with Server([b"", None], [said(b"two")]) as server, pytest.raises(ServiceResponseError):
        get(wire, server.url)

    assert 1 == server.opened


def test_a_kept_connection_on_which_nothing_comes_is_not_replaced(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server has the request; to wait twice as long would help nobody."""
    monkeypatch.setattr("recording.adapters.wire.opening.READ_SECONDS", 0.2)
    with Server([said(b"one"), b""], [said(b"two")]) as server:
        read(get(wire, server.url))
        with pytest.raises(ServiceResponseError):
            get(wire, server.url)

    assert 1 == server.opened


def test_so_many_connections_are_kept_and_no_more() -> None:
    """Of those that are used at once."""
    with closing(Wire(1)) as wire, Server([said(b"one")] * 3) as server:
        for opened in (2, 3):
            replies = [get(wire, server.url) for _ in range(2)]
            assert [b"one", b"one"] == [read(reply) for reply in replies]
            assert opened == server.opened


@pytest.mark.parametrize(("seconds", "opened"), [(59.0, 1), (60.0, 3)])
def test_a_connection_waits_a_minute_and_no_longer(seconds: float, opened: int) -> None:
    """Who has forgotten it by then would not say so; each use begins the minute anew."""
    clock = Clock()
    with closing(Wire(8, clock)) as wire, Server([said(b"one")] * 3) as server:
        for _ in range(3):
            assert b"one" == read(get(wire, server.url))
            clock.forward(seconds)

        assert opened == server.opened


def test_a_closed_wire_keeps_nothing(wire: Wire) -> None:
    """The next request has a new connection."""
    with Server([said(b"one")] * 2) as server:
        read(get(wire, server.url))
        wire.close()

        assert b"one" == read(get(wire, server.url))
        assert 2 == server.opened


def test_threads_that_share_a_wire_get_their_own_replies(wire: Wire) -> None:
    """Whole and not mixed up, on as many connections as there are threads, or fewer."""

    def answer(request: bytes) -> bytes:
        name = request.split(b" ")[1]
        return said(name * 1000)

    def ask(thread: int, url: str) -> None:
        for number in range(50):
            name = f"/{thread}-{number}"
            assert name.encode() * 1000 == read(get(wire, f"{url}{name}"))

    with Server([answer] * 1000) as server:
        run_together(*(lambda one=one: ask(one, server.url) for one in range(8)))

        assert server.opened <= 8


def test_where_nobody_listens_there_is_no_connection(wire: Wire) -> None:
    """Nothing was sent."""
    with Server() as server:
        url = server.url
    with pytest.raises(ServiceRequestError):
        get(wire, url)
