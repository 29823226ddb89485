"""Heads, refusals and errors, with servers that violate the standard."""

import ssl

import pytest
from azure.core.exceptions import AzureError, ServiceRequestError, ServiceResponseError
from azure.core.rest import HttpRequest

from recording.adapters.http_transport import Take, Urllib3Transport
from tests.contracts.exchanges import CHUNKED, get, in_pieces, put, read
from tests.contracts.scripted import Server, Step, chunked, head, said, slowly

pytestmark = pytest.mark.usefixtures("surroundings")


# Heads


def test_informational_replies_are_skipped(transport: Urllib3Transport) -> None:
    """Early Hints and 100 Continue."""
    early = head(status="100 Continue") + head("Link: </a>", status="103 Early Hints")
    with Server([early + said(b"one")]) as server:
        reply = get(transport, server.url)

        assert (200, b"one") == (reply.status_code, read(reply))
        assert "Link" not in reply.headers


def test_a_head_comes_in_pieces_of_any_size(transport: Urllib3Transport, monkeypatch: pytest.MonkeyPatch) -> None:
    in_pieces(monkeypatch, [1])
    with Server([head("ETag: x", "Content-Length: 3", "", status="200 OK")[:-2] + b"one"]) as server:
        reply = get(transport, server.url)

        assert ("x", b"one") == (reply.headers["etag"], read(reply))


NO_HTTP = {
    "another protocol": b"SSH-2.0-OpenSSH_9.9\r\n",
    "another version": b"HTTP/2 200 OK\r\n\r\n",
    "nothing but lines": b"\r\n\r\n\r\n",
    "a status in words": b"HTTP/1.1 fine\r\n\r\n",
    "a status too small": b"HTTP/1.1 99 OK\r\n\r\n",
    "a status too large": b"HTTP/1.1 2000 OK\r\n\r\n",
    "a status below nothing": b"HTTP/1.1 -20 OK\r\n\r\n",
    "a status with a sign": b"HTTP/1.1 +200 OK\r\nContent-Length: 0\r\n\r\n",
    "a status that Python knows": b"HTTP/1.1 20_0 OK\r\nContent-Length: 0\r\n\r\n",
    "a version that is none": b"HTTP/1.x 200 OK\r\nContent-Length: 0\r\n\r\n",
    "a status without end": b"HTTP/1.1 " + b"2" * 5000 + b" OK\r\n\r\n",
    "a reply that never comes": head(status="103 Early Hints") * 20,
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
    "an encoding before a space": head(f"{CHUNKED} ") + chunked(b"one"),
    "an encoding before a space, and a length": head(f"{CHUNKED} ", "Content-Length: 13") + chunked(b"one"),
    "an encoding in the next line": head("Transfer-Encoding:\r\n chunked") + chunked(b"one"),
    "two encodings": head("Transfer-Encoding: gzip", CHUNKED) + chunked(b"one"),
}


@pytest.mark.parametrize("reply", NO_HTTP.values(), ids=NO_HTTP)
def test_what_is_no_http_is_no_reply(transport: Urllib3Transport, reply: bytes) -> None:
    """The outcome is unknown."""
    with Server([reply]) as server, pytest.raises(ServiceResponseError):
        get(transport, server.url)


def test_a_head_that_ends_early_is_no_reply(transport: Urllib3Transport) -> None:
    """At any position."""
    whole = head("ETag: x", "Content-Length: 0")
    with Server(*([whole[:cut], None] for cut in range(len(whole)))) as server:
        for _ in range(len(whole)):
            with pytest.raises(ServiceResponseError):
                get(transport, server.url)

    assert len(whole) == server.opened


def test_headers_are_found_in_any_case(transport: Urllib3Transport) -> None:
    with Server([said(b"", "x-ms-ERROR-code:  Busy ", "ETag:")]) as server:
        headers = get(transport, server.url).headers

    assert "Busy" == headers["X-MS-Error-Code"] == headers.get("x-ms-error-code")
    assert "" == headers["etag"]
    assert "X-Ms-Error-Code" in headers
    assert "Retry-After" not in headers
    assert headers.get("Retry-After") is None
    assert "7" == headers.get("Retry-After", "7")
    with pytest.raises(KeyError):
        headers["Retry-After"]


def test_a_header_of_several_lines_is_one_line(transport: Urllib3Transport) -> None:
    """It may be logged, where each line is one entry."""
    with Server([said(b"", "x-ms-error-code: Busy \r\n\t level=ERROR ", "ETag:\r\n x")]) as server:
        headers = get(transport, server.url).headers

    assert ("Busy level=ERROR", "x") == (headers["x-ms-error-code"], headers["ETag"])


def test_a_header_that_comes_twice_is_one(transport: Urllib3Transport) -> None:
    """With both values; equal lengths count once."""
    with Server([said(b"one", "Content-Length: 3", "Via: a", "via: b", "VIA: a")]) as server:
        reply = get(transport, server.url)

        assert ("a, b, a", "3") == (reply.headers["Via"], reply.headers["Content-Length"])
        assert b"one" == read(reply)


# Refusals


@pytest.mark.parametrize("status", ["302 Found", "404 Not Found", "503 Busy"])
@pytest.mark.parametrize("long", [0, 10, 60_000])
def test_a_refusal_has_been_read(transport: Urllib3Transport, status: str, long: int) -> None:
    """It can be quoted, and its connection is used for the next request."""
    body = "é" * (long // 2)
    sent = body.encode()
    replies = [said(sent, status=status), head(CHUNKED, status=status) + chunked(*filter(None, [sent]))]
    with Server([*replies, said(b"next")]) as server:
        for _ in replies:
            reply = get(transport, server.url)
            assert (int(status[:3]), body) == (reply.status_code, reply.text())
        assert b"next" == read(get(transport, server.url))
        assert 1 == server.opened


@pytest.mark.parametrize(
    "refusal",
    [
        said(b"no" * 1_000_000, status="403 Forbidden"),
        head(CHUNKED, status="403 Forbidden") + chunked(*[b"no" * 1000] * 1000),
    ],
    ids=["by its length", "in chunks"],
)
def test_a_refusal_without_end_loses_its_connection(transport: Urllib3Transport, refusal: bytes) -> None:
    """The beginning of the body is enough."""
    with Server([refusal], [said(b"next")]) as server:
        reply = get(transport, server.url)

        assert (403, "nono") == (reply.status_code, reply.text()[:4])
        assert len(reply.content) < 100_000
        assert b"next" == read(get(transport, server.url))
        assert 2 == server.opened


def test_a_refusal_that_breaks_is_one(transport: Urllib3Transport) -> None:
    """Its status is enough; the bytes before the break are there."""
    refusal = said(b"no way", status="403 Forbidden")
    with Server([refusal[:-4], None], [said(b"next")]) as server:
        reply = get(transport, server.url)

        assert (403, "no") == (reply.status_code, reply.text())
        assert b"next" == read(get(transport, server.url))


def test_a_refusal_before_the_body_is_sent_is_read(transport: Urllib3Transport, tls: ssl.SSLContext | None) -> None:
    """Though the server reads no more and closes."""
    refusal = said(b"too long", "Connection: close", status="413 Content Too Large")
    with Server([refusal, None], tls=tls, bodies=False) as server:
        for _ in range(5):
            reply = put(transport, server.url, bytes(20 << 20))

            assert (413, "too long") == (reply.status_code, reply.text())


# Time


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sets the time limit of replies to a second."""
    monkeypatch.setattr("recording.adapters.http_transport.opening.READ_SECONDS", 1.0)


HEADS: dict[str, Step] = {
    "a slow status": slowly(b"HTTP/1.1 200 ", b"O", b"\r\nContent-Length: 0\r\n\r\n"),
    "a slow header": slowly(b"HTTP/1.1 200 OK\r\nX: ", b"x", b"\r\nContent-Length: 0\r\n\r\n"),
    "slow headers": slowly(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n", b"X: x\r\n", b"\r\n"),
}


@pytest.mark.parametrize("slow", HEADS.values(), ids=HEADS)
def test_a_slow_head_is_no_reply(transport: Urllib3Transport, soon: None, slow: Step) -> None:
    """Each byte arrives within the socket's timeout, the whole never does.

    It is not retried, also on a kept connection.
    """
    with Server([said(), slow]) as server:
        read(get(transport, server.url))
        with pytest.raises(ServiceResponseError):
            get(transport, server.url)
        assert 1 == server.opened


BODIES: dict[str, Step] = {
    "by its length": slowly(head("Content-Length: 307", status="403 Forbidden") + b"no way!"),
    "in chunks": slowly(head(CHUNKED, status="403 Forbidden") + chunked(b"no way!")[:-5], b"1\r\nx\r\n", b"0\r\n\r\n"),
    "a chunk's size": slowly(head(CHUNKED, status="403 Forbidden") + chunked(b"no way!")[:-5], b"0", b"\r\n\r\n"),
    "to its connection's end": slowly(head("Connection: close", status="403 Forbidden") + b"no way!"),
}


@pytest.mark.parametrize("slow", BODIES.values(), ids=BODIES)
def test_a_slow_refusal_is_one(transport: Urllib3Transport, soon: None, slow: Step) -> None:
    """Its status is enough; the connection is closed."""
    with Server([slow], [said(b"next")]) as server:
        reply = get(transport, server.url)

        assert (403, "no way!") == (reply.status_code, reply.text()[:7])
        assert len(reply.text()) < 200
        assert b"next" == read(get(transport, server.url))


def test_a_slow_reply_over_tls_ends_too(
    transport: Urllib3Transport, soon: None, trusted: None, certified: ssl.SSLContext
) -> None:
    """Also within a TLS record."""
    with Server([HEADS["a slow header"]], [BODIES["by its length"]], tls=certified) as server:
        with pytest.raises(ServiceResponseError):
            get(transport, server.url)
        assert 403 == get(transport, server.url).status_code


def test_a_success_that_is_no_content_is_not_waited_for(transport: Urllib3Transport, soon: None) -> None:
    """A reply whose body is not needed is returned at the time limit, with what has arrived."""
    with Server([slowly(head("Content-Length: 307") + b"done!!!")]) as server:
        reply = transport.send(HttpRequest("DELETE", server.url), take=Take.STATUS)

        assert (200, b"done!!!") == (reply.status_code, reply.content[:7])


def test_a_slow_proxy_is_no_connection(
    transport: Urllib3Transport, soon: None, trusted: None, certified: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The request was not sent."""
    slow = slowly(b"HTTP/1.1 200 OK\r\n", b"X: x\r\n", b"\r\n")
    with Server([slow]) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{proxy.authority}")
        with pytest.raises(ServiceRequestError):
            get(transport, "https://127.0.0.1:1/")


# Errors


@pytest.mark.parametrize("script", [[b"", None], [b"nonsense\r\n", None], [head("Content-Length: x"), None]])
def test_no_error_shows_a_url(transport: Urllib3Transport, script: list[bytes | None]) -> None:
    """It may contain a signature."""
    with Server(script) as server, pytest.raises(AzureError) as caught:
        get(transport, f"{server.url}/secret?sig=secret")
    with pytest.raises(AzureError) as lost:
        get(transport, f"{server.url}/secret?sig=secret")

    for error in (caught.value, lost.value):
        text = f"{error} {error!r} {error.exc_msg} {error.inner_exception!r}"
        assert "secret" not in text
        assert "http:" not in text
