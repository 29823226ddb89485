"""Which connections of a transport are used again, and which are not."""

import ssl
from contextlib import closing, suppress

import pytest
from azure.core.exceptions import AzureError, ServiceRequestError, ServiceResponseError
from azure.core.rest import HttpRequest

from recording.adapters.http_transport import Broken, Take, Urllib3Transport
from tests.contracts.exchanges import CHUNKED, LONG, get, put, read
from tests.contracts.scripted import Server, chunked, head, said
from tests.copying.copies import JOIN_SECONDS, Clock, run_together

pytestmark = pytest.mark.usefixtures("surroundings")


def test_a_connection_is_used_again_once_its_body_was_read(
    transport: Urllib3Transport, tls: ssl.SSLContext | None
) -> None:
    """However the end of the body is marked."""
    replies = [said(b"one"), said(), head(CHUNKED) + chunked(b"th", b"ree"), said(LONG)]
    with Server(replies, tls=tls) as server:
        found = [read(get(transport, server.url)) for _ in replies]

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
def test_a_connection_that_says_it_ends_is_not_used_again(
    transport: Urllib3Transport, tls: ssl.SSLContext | None, last: bytes
) -> None:
    """Nor one with surplus bytes, which would be read as the next reply."""
    with Server([last, said(b"wrong")], [said(b"next")], tls=tls) as server:
        read(get(transport, server.url))
        found = read(get(transport, server.url))

    assert (b"next", 2) == (found, server.opened)


def test_a_connection_that_is_kept_by_an_older_server_is_used_again(transport: Urllib3Transport) -> None:
    """HTTP/1.0 with keep-alive."""
    kept = said(b"one", "Connection: keep-alive").replace(b"HTTP/1.1", b"HTTP/1.0")
    with Server([kept, kept]) as server:
        assert [b"one", b"one"] == [read(get(transport, server.url)) for _ in range(2)]
        assert 1 == server.opened


def test_a_body_closed_before_its_end_loses_its_connection(
    transport: Urllib3Transport, tls: ssl.SSLContext | None
) -> None:
    """The rest of it is read by nobody."""
    with Server([said(LONG), said(b"wrong")], [said(b"next")], tls=tls) as server:
        reply = get(transport, server.url)
        reply.readinto(memoryview(bytearray(10)))
        reply.close()
        with pytest.raises(Broken):
            reply.readinto(memoryview(bytearray(10)))

        assert b"next" == read(get(transport, server.url))


def test_a_kept_connection_that_was_closed_is_replaced(transport: Urllib3Transport, tls: ssl.SSLContext | None) -> None:
    """Without an error for the caller."""
    with Server([said(b"one"), None], [said(b"two")], tls=tls) as server:
        read(get(transport, server.url))
        assert server.closed.acquire(timeout=JOIN_SECONDS)

        assert b"two" == read(get(transport, server.url))


@pytest.mark.parametrize("body", [b"", LONG * 40], ids=["short", "long"])
def test_a_kept_connection_that_is_closed_on_use_is_replaced(
    transport: Urllib3Transport, tls: ssl.SSLContext | None, body: bytes
) -> None:
    """The whole request is sent again."""
    with Server([said(b"one"), b"", None], [said(b"two")], tls=tls) as server:
        read(put(transport, server.url, body))

        assert b"two" == read(put(transport, server.url, body))
        assert 3 == len(server.heard)
        assert server.heard[1] == server.heard[2]


@pytest.mark.parametrize("method", ["POST", "DELETE", "MERGE"])
def test_what_is_not_idempotent_is_not_sent_again(transport: Urllib3Transport, method: str) -> None:
    """A POST or DELETE of an SDK: only the caller knows whether to retry it."""
    with Server([said(b"one"), b"", None], [said(b"two")]) as server:
        read(get(transport, server.url))
        with pytest.raises(ServiceResponseError):
            transport.send(HttpRequest(method, server.url))

    assert 1 == server.opened


def test_a_new_connection_that_is_closed_on_use_is_not_replaced(transport: Urllib3Transport) -> None:
    """The caller may retry."""
    with Server([b"", None], [said(b"two")]) as server, pytest.raises(ServiceResponseError):
        get(transport, server.url)

    assert 1 == server.opened


def test_a_kept_connection_on_which_nothing_comes_is_not_replaced(
    transport: Urllib3Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server has the request; a second wait would not help."""
    monkeypatch.setattr("recording.adapters.http_transport.opening.READ_SECONDS", 0.2)
    with Server([said(b"one"), b""], [said(b"two")]) as server:
        read(get(transport, server.url))
        with pytest.raises(ServiceResponseError):
            get(transport, server.url)

    assert 1 == server.opened


def test_so_many_connections_are_kept_and_no_more() -> None:
    with closing(Urllib3Transport(1)) as transport, Server([said(b"one")] * 3) as server:
        for opened in (2, 3):
            replies = [get(transport, server.url) for _ in range(2)]
            assert [b"one", b"one"] == [read(reply) for reply in replies]
            assert opened == server.opened


@pytest.mark.parametrize(("seconds", "opened"), [(59.0, 1), (60.0, 3)])
def test_a_connection_waits_a_minute_and_no_longer(seconds: float, opened: int) -> None:
    """A server or proxy may drop an idle connection without notice. Each use starts the minute again."""
    clock = Clock()
    with closing(Urllib3Transport(8, clock)) as transport, Server([said(b"one")] * 3) as server:
        for _ in range(3):
            assert b"one" == read(get(transport, server.url))
            clock.forward(seconds)

        assert opened == server.opened


def test_a_connection_to_a_host_that_is_no_longer_used_is_closed() -> None:
    """When a connection to another host is kept."""
    clock = Clock()
    with closing(Urllib3Transport(8, clock)) as transport, Server([said()]) as gone, Server([said()]) as server:
        read(get(transport, gone.url))
        clock.forward(60.0)
        read(get(transport, server.url))

        assert gone.left.acquire(timeout=JOIN_SECONDS)


@pytest.mark.parametrize(
    "said_last",
    [
        b"SSH-2.0\r\n",
        head("Content-Length: +3") + b"one",
        head(CHUNKED) + b"x\r\n",
        said(b"no", "Connection: close", status="503 Busy"),
    ],
)
def test_what_fails_leaves_no_connection_open(
    transport: Urllib3Transport, tls: ssl.SSLContext | None, said_last: bytes
) -> None:
    """However it fails: the file descriptors of a worker are limited."""
    with Server([said_last], tls=tls) as server:
        for take in [Take.WHOLE, Take.STATUS, Take.OPEN] * 4:
            with suppress(AzureError, Broken):
                read(transport.send(HttpRequest("DELETE", server.url), take=take))
        transport.close()
        for _ in range(server.opened):
            assert server.left.acquire(timeout=JOIN_SECONDS)


def test_a_closed_transport_keeps_nothing(transport: Urllib3Transport) -> None:
    """The next request has a new connection."""
    with Server([said(b"one")] * 2) as server:
        read(get(transport, server.url))
        transport.close()

        assert b"one" == read(get(transport, server.url))
        assert 2 == server.opened


def test_threads_that_share_a_transport_get_their_own_replies(transport: Urllib3Transport) -> None:
    """Whole and not mixed, over at most as many connections as threads."""

    def answer(request: bytes) -> bytes:
        name = request.split(b" ")[1]
        return said(name * 1000)

    def ask(thread: int, url: str) -> None:
        for number in range(50):
            name = f"/{thread}-{number}"
            assert name.encode() * 1000 == read(get(transport, f"{url}{name}"))

    with Server([answer] * 1000) as server:
        run_together(*(lambda one=one: ask(one, server.url) for one in range(8)))

        assert server.opened <= 8


def test_where_nobody_listens_there_is_no_connection(transport: Urllib3Transport) -> None:
    """Nothing was sent."""
    with Server() as server:
        url = server.url
    with pytest.raises(ServiceRequestError):
        get(transport, url)
