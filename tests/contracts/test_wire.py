"""The wire alone, before servers that say what no good one would."""

import base64
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from itertools import cycle
from pathlib import Path
from socket import create_connection, socket
from typing import Any, override

import pytest
import trustme
from azure.core.exceptions import AzureError, ServiceRequestError, ServiceResponseError
from azure.core.rest import HttpRequest
from hypothesis import given, settings
from hypothesis import strategies as st

from recording.adapters.wire import Broken, Reply, Wire
from tests.contracts.scripted import Server, chunked, head, said
from tests.copies import JOIN_SECONDS, media, run_together

HOST = "blob.example"
LONG = media(100_000)
CHUNKED = "Transfer-Encoding: chunked"
SURROUNDINGS = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


@pytest.fixture(autouse=True, scope="module")
def surroundings() -> Iterator[None]:
    """Whatever the machine's own environment says is not heard here."""
    with pytest.MonkeyPatch.context() as patch:
        for name in SURROUNDINGS:
            patch.delenv(name, raising=False)
            patch.delenv(name.lower(), raising=False)
        yield


@pytest.fixture
def wire() -> Iterator[Wire]:
    """What is under test."""
    with closing(Wire(8)) as opened:
        yield opened


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """Who vouches for the servers."""
    return trustme.CA()


@pytest.fixture(scope="module")
def certified(authority: trustme.CA) -> ssl.SSLContext:
    """What a server needs for TLS."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1", HOST).configure_cert(context)
    return context


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment says that the servers are to be trusted."""
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))


@pytest.fixture(params=["plain", "tls"])
def tls(request: pytest.FixtureRequest) -> ssl.SSLContext | None:
    """Without TLS and with it."""
    if request.param == "plain":
        return None
    request.getfixturevalue("trusted")
    found: ssl.SSLContext = request.getfixturevalue("certified")
    return found


def get(wire: Wire, url: str, headers: dict[str, str] | None = None) -> Reply:
    """Ask for something."""
    return wire.send(HttpRequest("GET", url, headers=headers or {}))


def put(wire: Wire, url: str, body: bytes | memoryview) -> Reply:
    """Send something."""
    return wire.send(HttpRequest("PUT", url, headers={"Content-Length": str(len(body))}), body=body)


def read_into(found: bytearray, reply: Reply, rooms: Sequence[int] = (70_000,)) -> None:
    """The body to its end, in views of these sizes; what came before a break is there."""
    for room in cycle(rooms):
        piece = memoryview(bytearray(room))
        read = reply.readinto(piece)
        found += piece[:read]
        if not read:
            return


def read(reply: Reply, rooms: Sequence[int] = (70_000,)) -> bytes:
    """The body to its end."""
    found = bytearray()
    read_into(found, reply, rooms)
    return bytes(found)


def broken(reply: Reply) -> bytes:
    """What came of a body before it broke; and it stays broken."""
    found = bytearray()
    with pytest.raises(Broken):
        read_into(found, reply, (4,))
    with pytest.raises(Broken):
        reply.readinto(memoryview(bytearray(1)))
    return bytes(found)


# Connections


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
    monkeypatch.setattr("recording.adapters.wire.READ_SECONDS", 0.2)
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


# Requests


def test_a_request_goes_out_as_it_was_given(wire: Wire) -> None:
    """Byte for byte, with nothing added but the host."""
    with Server([said(status="201 Created")]) as server:
        reply = wire.send(
            HttpRequest("PUT", f"{server.url}/a%20b?c=d%2Fe", headers={"Content-Length": "3", "X-Name": "Ä"}),
            body=memoryview(b"#abc#")[1:-1],
        )

    assert (201, "Created") == (reply.status_code, reply.reason)
    expected = f"PUT /a%20b?c=d%2Fe HTTP/1.1\r\nHost: {server.authority}\r\nContent-Length: 3\r\nX-Name: Ä\r\n\r\nabc"
    assert [expected.encode("latin-1")] == server.heard


def test_a_body_of_any_length_goes_out_whole(wire: Wire, tls: ssl.SSLContext | None) -> None:
    """Straight from the caller's memory."""
    body = media((2 << 20) + 7)
    with Server([said()], tls=tls) as server:
        put(wire, server.url, memoryview(body))

    assert body == server.heard[0].partition(b"\r\n\r\n")[2]


@pytest.mark.parametrize(
    "headers", [{"X": "a\r\nY: b"}, {"X": "a\nY: b"}, {"X": "a\rY: b"}, {"X\r\nY": "b"}, {"X": "a\r\n\r\nGET /"}]
)
def test_a_header_that_holds_a_line_break_is_refused(wire: Wire, headers: dict[str, str]) -> None:
    """Nothing is sent."""
    with Server([said()]) as server, pytest.raises(ValueError, match="line break"):
        get(wire, server.url, headers)

    assert 0 == server.opened


def test_what_no_header_can_hold_is_refused(wire: Wire) -> None:
    """And not shown: a signature may stand beside it."""
    with Server([said()]) as server, pytest.raises(ValueError, match="header") as caught:
        get(wire, server.url, {"Authorization": "Bearer secret", "X-Name": "\N{SNOWMAN}"})

    assert 0 == server.opened
    assert "secret" not in f"{caught.value!r} {caught.value.__cause__!r}"


@pytest.mark.parametrize("path", ["/a b", "/a HTTP/1.1 b", "/\N{SNOWMAN}", "/ä"])
def test_what_no_request_line_can_hold_is_refused(wire: Wire, path: str) -> None:
    """No two parsers would read it alike."""
    with Server([said()]) as server, pytest.raises(ValueError, match="URL"):
        get(wire, f"{server.url}{path}")

    assert 0 == server.opened


# Heads


def test_what_a_server_says_beforehand_is_skipped(wire: Wire) -> None:
    """Early hints, and leave to go on."""
    early = head(status="100 Continue") + head("Link: </a>", status="103 Early Hints")
    with Server([early + said(b"one")]) as server:
        reply = get(wire, server.url)

        assert (200, b"one") == (reply.status_code, read(reply))
        assert "Link" not in reply.headers


def test_a_head_comes_in_pieces_of_any_size(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """Byte for byte too."""
    drip(monkeypatch, [1])
    with Server([head("ETag: x", "Content-Length: 3", "", status="200 OK")[:-2] + b"one"]) as server:
        reply = get(wire, server.url)

        assert ("x", b"one") == (reply.headers["etag"], read(reply))


NO_HTTP = {
    "another protocol": b"SSH-2.0-OpenSSH_9.9\r\n",
    "another version": b"HTTP/2 200 OK\r\n\r\n",
    "nothing but lines": b"\r\n\r\n\r\n",
    "a status in words": b"HTTP/1.1 fine\r\n\r\n",
    "a status too small": b"HTTP/1.1 99 OK\r\n\r\n",
    "a status too large": b"HTTP/1.1 2000 OK\r\n\r\n",
    "a status below nothing": b"HTTP/1.1 -20 OK\r\n\r\n",
    "a status without end": b"HTTP/1.1 " + b"2" * 5000 + b" OK\r\n\r\n",
    "a line without end": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000,
    "many headers": head(*(f"X-{number}: x" for number in range(300)), "Content-Length: 0"),
    "one header many times": head(*["X: x"] * 300, "Content-Length: 0"),
    "a length below nothing": head("Content-Length: -3") + b"one",
    "a length with a sign": head("Content-Length: +3") + b"one",
    "a length in words": head("Content-Length: three") + b"one",
    "an empty length": head("Content-Length: ") + b"one",
    "a length without end": head(f"Content-Length: {'3' * 5000}") + b"one",
    "two lengths": head("Content-Length: 3", "Content-Length: 4") + b"one",
    "another encoding": head("Transfer-Encoding: gzip, chunked") + chunked(b"one"),
    "two encodings": head("Transfer-Encoding: gzip", CHUNKED) + chunked(b"one"),
}


@pytest.mark.parametrize("reply", NO_HTTP.values(), ids=NO_HTTP)
def test_what_is_no_http_is_no_reply(wire: Wire, reply: bytes) -> None:
    """Nobody knows what has happened."""
    with Server([reply]) as server, pytest.raises(ServiceResponseError):
        get(wire, server.url)


def test_a_head_that_ends_early_is_no_reply(wire: Wire) -> None:
    """Wherever it does."""
    whole = head("ETag: x", "Content-Length: 0")
    with Server(*([whole[:cut], None] for cut in range(len(whole)))) as server:
        for _ in range(len(whole)):
            with pytest.raises(ServiceResponseError):
                get(wire, server.url)

    assert len(whole) == server.opened


def test_headers_are_found_in_any_case(wire: Wire) -> None:
    """However they were sent."""
    with Server([said(b"", "x-ms-ERROR-code:  Busy ", "ETag:")]) as server:
        headers = get(wire, server.url).headers

    assert "Busy" == headers["X-MS-Error-Code"] == headers.get("x-ms-error-code")
    assert "" == headers["etag"]
    assert "X-Ms-Error-Code" in headers
    assert "Retry-After" not in headers
    assert headers.get("Retry-After") is None
    assert "7" == headers.get("Retry-After", "7")
    with pytest.raises(KeyError):
        headers["Retry-After"]


def test_a_header_that_comes_twice_is_one(wire: Wire) -> None:
    """With both values, unless they are the same: so is a length."""
    with Server([said(b"one", "Content-Length: 3", "Via: a", "via: b", "VIA: a")]) as server:
        reply = get(wire, server.url)

        assert ("a, b, a", "3") == (reply.headers["Via"], reply.headers["Content-Length"])
        assert b"one" == read(reply)


# Bodies


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
@pytest.mark.parametrize("says", ["", "Content-Length: 3", CHUNKED])
def test_a_status_that_has_no_body_has_none(wire: Wire, status: str, says: str) -> None:
    """Whatever its headers say; its connection serves the next."""
    with Server([head(*filter(None, [says]), status=status), said(b"two")]) as server:
        reply = get(wire, server.url)

        assert (int(status[:3]), b"") == (reply.status_code, read(reply))
        assert b"two" == read(get(wire, server.url))
        assert 1 == server.opened


def drip(monkeypatch: pytest.MonkeyPatch, sizes: Sequence[int]) -> None:
    """What comes on the sockets opened from now on comes in pieces of these sizes, over and over."""

    class Dripping(socket):
        sizes: Iterator[int]

        @override
        def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
            return super().recv_into(buffer, min(nbytes or len(buffer), next(self.sizes)), flags)

    def connect(*where: Any, **options: Any) -> socket:  # noqa: ANN401 - passed on
        with create_connection(*where, **options) as opened:
            dripping = Dripping(fileno=opened.detach())
        dripping.sizes = cycle(sizes)
        return dripping

    monkeypatch.setattr("socket.create_connection", connect)


def test_chunks_are_read_wherever_they_are_split(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """With extensions and trailers, which say nothing that is needed."""
    whole = head(CHUNKED) + chunked(b"uvw", b"x" * 17, b"yz", extension=' ; name="a;b"', trailers=["X-A: 1", "X-B: 2"])
    with Server([whole, said(b"next"), None]) as server:
        for split in range(1, len(whole) + 1):
            with monkeypatch.context() as patch:
                drip(patch, [split, len(whole)])
                assert b"uvw" + b"x" * 17 + b"yz" == read(get(wire, server.url), (split,))
                assert b"next" == read(get(wire, server.url))
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
    """Into chunks by the server, into pieces by the network, into views by the reader."""
    pieces, rest, lengths = list[bytes](), body, cycle(cuts)
    while rest:
        length = next(lengths)
        pieces.append(rest[:length])
        rest = rest[length:]
    reply = head(CHUNKED) + chunked(*pieces) if in_chunks else said(body)
    with Server([reply, said(b"next")]) as server, pytest.MonkeyPatch.context() as patch, closing(Wire(1)) as wire:
        drip(patch, sizes)

        assert body == read(get(wire, server.url), rooms)
        assert b"next" == read(get(wire, server.url))
        assert 1 == server.opened


SHORT = {
    "by its length": said(b"uvwxyz"),
    "in chunks": head(CHUNKED) + chunked(b"uv", b"wxyz", trailers=["T: 1"]),
}


@pytest.mark.parametrize("whole", SHORT.values(), ids=SHORT)
def test_a_body_that_ends_early_is_broken(wire: Wire, tls: ssl.SSLContext | None, whole: bytes) -> None:
    """Wherever it does; what came is told first."""
    begin = whole.index(b"\r\n\r\n") + 4
    cuts = range(begin, len(whole))
    with Server(*([whole[:cut], None] for cut in cuts), tls=tls) as server:
        for cut in cuts:
            expected = bytes(letter for letter in whole[begin:cut] if letter in b"uvwxyz")

            assert expected == broken(get(wire, server.url))


@pytest.mark.parametrize("size", ["", "x", "-5", "+5", "0x5", "1_0", "5 5", ";5", "F" * 5000])
def test_a_chunk_that_does_not_say_how_long_it_is_is_broken(wire: Wire, size: str) -> None:
    """As if the connection had ended there."""
    with Server([head(CHUNKED) + f"3\r\none\r\n{size}\r\nfive!five!\r\n0\r\n\r\n".encode()]) as server:
        assert b"one" == broken(get(wire, server.url))


def test_a_chunk_that_is_longer_than_it_says_is_broken(wire: Wire) -> None:
    """What it has too much is not passed over in silence."""
    with Server([head(CHUNKED) + b"3\r\nfour\r\n0\r\n\r\n"]) as server:
        assert b"fou" == broken(get(wire, server.url))


def test_chunks_whose_trailers_have_no_end_are_broken(wire: Wire) -> None:
    """They are read for nothing."""
    with Server([head(CHUNKED) + chunked(b"one", trailers=["T: 1"] * 300)]) as server:
        assert b"one" == broken(get(wire, server.url))


def test_a_body_may_end_with_its_connection(wire: Wire, tls: ssl.SSLContext | None) -> None:
    """Where its length is not said; the next request has a new one."""
    with Server([head() + LONG, None], [said(b"next")], tls=tls) as server:
        assert LONG == read(get(wire, server.url))
        assert b"next" == read(get(wire, server.url))


def test_an_end_that_tls_does_not_tell_of_is_a_break(wire: Wire, trusted: None, certified: ssl.SSLContext) -> None:
    """Anybody on the way can cut a connection; what came before is told first."""
    with Server([head() + LONG, None], tls=certified, tells_ends=False) as server:
        assert LONG == broken(get(wire, server.url))


# Refusals


@pytest.mark.parametrize("status", ["302 Found", "404 Not Found", "503 Busy"])
@pytest.mark.parametrize("long", [0, 10, 60_000])
def test_a_refusal_has_been_read(wire: Wire, status: str, long: int) -> None:
    """It can be quoted, and its connection serves the next."""
    body = "é" * (long // 2)
    sent = body.encode()
    replies = [said(sent, status=status), head(CHUNKED, status=status) + chunked(*filter(None, [sent]))]
    with Server([*replies, said(b"next")]) as server:
        for _ in replies:
            reply = get(wire, server.url)
            assert (int(status[:3]), body) == (reply.status_code, reply.text())
        assert b"next" == read(get(wire, server.url))
        assert 1 == server.opened


@pytest.mark.parametrize(
    "refusal",
    [
        said(b"no" * 1_000_000, status="403 Forbidden"),
        head(CHUNKED, status="403 Forbidden") + chunked(*[b"no" * 1000] * 1000),
    ],
    ids=["by its length", "in chunks"],
)
def test_a_refusal_without_end_loses_its_connection(wire: Wire, refusal: bytes) -> None:
    """Its beginning is enough."""
    with Server([refusal], [said(b"next")]) as server:
        reply = get(wire, server.url)

        assert (403, "nono") == (reply.status_code, reply.text()[:4])
        assert len(reply.content) < 100_000
        assert b"next" == read(get(wire, server.url))
        assert 2 == server.opened


def test_a_refusal_that_breaks_is_one(wire: Wire) -> None:
    """Its status has told enough, and what came of it is there."""
    refusal = said(b"no way", status="403 Forbidden")
    with Server([refusal[:-4], None], [said(b"next")]) as server:
        reply = get(wire, server.url)

        assert (403, "no") == (reply.status_code, reply.text())
        assert b"next" == read(get(wire, server.url))


def test_a_refusal_in_mid_body_is_heard(wire: Wire, tls: ssl.SSLContext | None) -> None:
    """Though the server takes no more and closes."""
    refusal = said(b"too long", "Connection: close", status="413 Content Too Large")
    with Server([refusal, None], tls=tls, bodies=False) as server:
        for _ in range(5):
            reply = put(wire, server.url, bytes(20 << 20))

            assert (413, "too long") == (reply.status_code, reply.text())


# Aborting


def test_an_abort_ends_a_read_that_waits(wire: Wire, tls: ssl.SSLContext | None) -> None:
    """From another thread; and every later one, of what has come already too."""
    for reply in (said(LONG)[:-1], head(CHUNKED) + b"5\r\nabc", head() + LONG):
        with Server([reply], [said(b"next")], tls=tls) as server:
            arriving = get(wire, server.url)
            aborting = threading.Timer(0.1, arriving.abort)
            aborting.start()
            with pytest.raises(Broken):
                arriving.readinto(memoryview(bytearray(2 * len(LONG))))
            aborting.join()
            with pytest.raises(Broken):
                arriving.readinto(memoryview(bytearray(1)))
            arriving.abort()
            arriving.close()

            assert b"next" == read(get(wire, server.url))


def test_after_an_abort_nothing_more_comes(wire: Wire, tls: ssl.SSLContext | None) -> None:
    """Neither what lies in the socket nor, encrypted still, what only looks like content."""
    with Server([said(LONG * 10)], tls=tls) as server:
        reply = get(wire, server.url)
        reply.readinto(memoryview(bytearray(10)))
        reply.abort()
        with pytest.raises(Broken):
            reply.readinto(memoryview(bytearray(10)))
        reply.close()


def test_an_abort_after_the_end_harms_nobody(wire: Wire, tls: ssl.SSLContext | None) -> None:
    """The connection serves the next reply already."""
    with Server([said(b"one"), said(LONG)], tls=tls) as server:
        first = get(wire, server.url)
        read(first)
        second = get(wire, server.url)
        second.readinto(memoryview(bytearray(10)))
        first.abort()

        assert LONG[10:] == read(second)
        assert 1 == server.opened


def test_an_abort_at_the_very_end_harms_nobody(wire: Wire) -> None:
    """Whichever of the two was first."""

    def read_or_not(reply: Reply, found: list[bytes]) -> None:
        try:
            found.append(read(reply))
        except Broken:
            found.append(b"one")

    found: list[bytes] = []
    with Server([said(b"one")] * 200) as server:
        for _ in range(100):
            reply = get(wire, server.url)
            run_together(partial(read_or_not, reply, found), reply.abort)
            assert b"one" == read(get(wire, server.url))

    assert [b"one"] * 100 == found


# The environment


def test_the_environments_certificates_are_trusted(wire: Wire, trusted: None, certified: ssl.SSLContext) -> None:
    """REQUESTS_CA_BUNDLE, as the SDKs have it."""
    with Server([said(b"one")], tls=certified) as server:
        assert b"one" == read(get(wire, server.url))


def test_an_unknown_certificate_is_refused(wire: Wire, certified: ssl.SSLContext) -> None:
    """Nothing is sent."""
    with Server([said(b"one")], tls=certified) as server, pytest.raises(ServiceRequestError):
        get(wire, server.url)

    assert [] == server.heard


def test_a_certificate_of_another_host_is_refused(
    wire: Wire, trusted: None, authority: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though whoever vouches for it is trusted."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("other.example").configure_cert(context)
    with Server([said(b"one")], tls=context) as server, pytest.raises(ServiceRequestError):
        get(wire, server.url)

    assert [] == server.heard


def test_a_bundle_that_is_not_there_trusts_nobody(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told as what it is: no connection."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/ca.pem")
    with pytest.raises(ServiceRequestError, match="FileNotFoundError"):
        get(wire, "https://127.0.0.1:9/")


def basic(user: str, password: str) -> bytes:
    """What a proxy wants to hear."""
    return b"Basic " + base64.b64encode(f"{user}:{password}".encode())


@pytest.mark.parametrize("spelt", ["http://us%40er:pass@{}", "us%40er:pass@{}"])
def test_https_goes_through_the_proxy_of_the_environment(
    wire: Wire, trusted: None, certified: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch, spelt: str
) -> None:
    """With the credentials that stand there, which the server behind it never hears."""
    with Server([said(b"one"), said(b"two")], tls=certified, tunnel=True) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", spelt.format(proxy.authority))
        assert [b"one", b"two"] == [read(get(wire, f"https://{HOST}/a")) for _ in range(2)]
        opening, *requests = proxy.heard

        assert opening.startswith(f"CONNECT {HOST}:443 HTTP/1.".encode())
        assert basic("us@er", "pass").lower() in opening.lower()
        assert [f"GET /a HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()] * 2 == requests
        assert 1 == proxy.opened


def test_a_proxy_that_refuses_is_no_connection(wire: Wire, trusted: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was sent."""
    with Server([said(b"no", status="403 Forbidden"), None]) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        with pytest.raises(ServiceRequestError):
            get(wire, f"https://{HOST}/a")


def test_a_host_may_be_left_out_of_the_proxys_way(
    wire: Wire, tls: ssl.SSLContext | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By NO_PROXY."""
    with Server([said(b"one")], tls=tls) as server, Server([None]) as proxy:
        for name in ("HTTP_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.setenv("NO_PROXY", "other.example,127.0.0.1")

        assert b"one" == read(get(wire, server.url))
        assert 0 == proxy.opened


def test_http_goes_through_its_proxy_by_its_whole_url(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the credentials too."""
    with Server([said(b"one")]) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://user:pass@{proxy.authority}")

        assert b"one" == read(get(wire, f"http://{HOST}/a?b=c"))
        assert proxy.heard[0].startswith(f"GET http://{HOST}/a?b=c HTTP/1.1\r\nHost: {HOST}\r\n".encode())
        assert basic("user", "pass").lower() in proxy.heard[0].lower()


# Errors


def test_where_nobody_listens_there_is_no_connection(wire: Wire) -> None:
    """Nothing was sent."""
    with Server() as server:
        url = server.url
    with pytest.raises(ServiceRequestError):
        get(wire, url)


@pytest.mark.parametrize("script", [[b"", None], [b"nonsense\r\n", None], [head("Content-Length: x"), None]])
def test_no_error_shows_a_url(wire: Wire, script: list[bytes | None]) -> None:
    """It may hold a signature."""
    with Server(script) as server, pytest.raises(AzureError) as caught:
        get(wire, f"{server.url}/secret?sig=secret")
    with pytest.raises(AzureError) as lost:
        get(wire, f"{server.url}/secret?sig=secret")

    for error in (caught.value, lost.value):
        text = f"{error} {error!r} {error.exc_msg} {error.inner_exception!r}"
        assert "secret" not in text
        assert "http:" not in text
