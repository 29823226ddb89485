"""The transport under the SDKs, with servers that are slow, never end, or ask for long waits."""

import gzip
import ssl
import tracemalloc
from collections.abc import Callable, Iterator

import pytest
from azure.core.exceptions import AzureError, HttpResponseError, ServiceResponseError
from azure.core.pipeline import Pipeline
from azure.core.pipeline.policies import RetryPolicy
from azure.core.pipeline.transport import HttpTransport
from azure.core.rest import HttpRequest, HttpResponse

from recording.adapters.clients import RETRY
from recording.adapters.http_transport import Urllib3Transport
from recording.adapters.sdk_errors import retry_after_of
from tests.contracts.exchanges import CHUNKED
from tests.contracts.scripted import Server, Step, chunked, head, said, slowly

pytestmark = pytest.mark.usefixtures("surroundings")
type Ask = Callable[..., HttpResponse]


@pytest.fixture
def ask() -> Iterator[Ask]:
    """Sends a request to a server; with the SDK's own retries if `retries` says so."""
    with Urllib3Transport(2) as sending:

        def run(server: Server, *, stream: bool = False, retries: int = 0, url: str = "") -> HttpResponse:
            policies = [RetryPolicy(**RETRY | {"retry_total": retries, "retry_backoff_factor": 0.0})]
            pipeline = Pipeline[HttpRequest, HttpResponse](sending, policies)
            return pipeline.run(HttpRequest("GET", url or server.url), stream=stream).http_response

        yield run


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sets the time limit of replies and streams to a second."""
    monkeypatch.setattr("recording.adapters.http_transport.opening.READ_SECONDS", 1.0)
    monkeypatch.setattr("recording.adapters.http_transport.transport._SLOWEST", 1 << 40)


def endless(begin: bytes, piece: bytes) -> Callable[[bytes], Iterator[bytes]]:
    """A reply of 600 MiB."""

    def say(_request: bytes) -> Iterator[bytes]:
        yield begin
        for _ in range((600 << 20) // len(piece)):
            yield piece

    return say


# Time

SLOW_REPLIES: dict[str, Step] = {
    "a head": slowly(b"HTTP/1.1 200 OK\r\nX: ", b"x", b"\r\nContent-Length: 0\r\n\r\n"),
    "a body": slowly(head("Content-Length: 300")),
    "a body to its connection's end": slowly(head("Connection: close")),
    "chunks": slowly(head(CHUNKED), b"1\r\nx\r\n", b"0\r\n\r\n"),
}


@pytest.mark.parametrize("slow", SLOW_REPLIES.values(), ids=SLOW_REPLIES)
def test_a_slow_reply_is_none(ask: Ask, soon: None, slow: Step) -> None:
    """Each byte arrives within the socket's timeout, the whole never does."""
    with Server([slow]) as server, pytest.raises(ServiceResponseError):
        ask(server)


def test_a_slow_stream_is_none(ask: Ask, soon: None) -> None:
    """It is read before it is returned."""
    with Server([SLOW_REPLIES["a body"]]) as server, pytest.raises(ServiceResponseError):
        ask(server, stream=True)


def test_a_slow_reply_over_tls_ends_too(ask: Ask, soon: None, trusted: None, certified: ssl.SSLContext) -> None:
    """Head and body."""
    for slow in ("a head", "a body"):
        with Server([SLOW_REPLIES[slow]], tls=certified) as server, pytest.raises(ServiceResponseError):
            ask(server)


def test_a_slow_proxy_is_no_connection(ask: Ask, soon: None, trusted: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The request was not sent."""
    with Server([slowly(b"HTTP/1.1 200 OK\r\n", b"X: x\r\n", b"\r\n")]) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{proxy.authority}")
        with pytest.raises(AzureError):
            ask(proxy, url="https://127.0.0.1:1/")


def test_a_slow_refusal_is_one(ask: Ask, soon: None) -> None:
    """Its status is enough."""
    with Server([slowly(head("Content-Length: 300", status="403 Forbidden"))]) as server:
        assert 403 == ask(server).status_code


# Memory


@pytest.mark.parametrize("stream", [False, True])
def test_a_reply_without_end_is_none(ask: Ask, *, stream: bool) -> None:
    """Most of it is never read."""
    piece = b"x" * (1 << 20)
    says_length, says_none = head(f"Content-Length: {600 << 20}"), head("Connection: close")
    for begin in (says_length, says_none):
        with Server([endless(begin, piece)]) as server, pytest.raises(ServiceResponseError, match="longer"):
            ask(server, stream=stream)
        assert server.sent < 200 << 20


def test_a_refusal_without_end_is_one(ask: Ask) -> None:
    """Its status is enough."""
    with Server([endless(head("Connection: close", status="409 Conflict"), b"x" * (1 << 20))]) as server:
        assert 409 == ask(server).status_code
    assert server.sent < 200 << 20


@pytest.mark.parametrize("status", ["200 OK", "403 Forbidden"])
def test_few_bytes_that_decode_to_many_are_not_decoded_to_the_end(ask: Ask, status: str) -> None:
    """No encoding was requested."""
    bomb = said(gzip.compress(bytes(200 << 20)), "Content-Encoding: gzip", status=status)
    with Server([bomb]) as server:
        tracemalloc.start()
        try:
            found: object = ask(server).status_code
        except AzureError as error:
            found = type(error)
        finally:
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()

    assert found == (ServiceResponseError if status.startswith("200") else 403)
    assert peak < 100 << 20


@pytest.mark.parametrize("stream", [False, True])
def test_a_good_reply_is_read_whole(ask: Ask, *, stream: bool) -> None:
    """By its length, in chunks, or to the end of its connection; a kept connection is used again."""
    body = b"0123456789" * 100_000
    replies = [said(body), head(CHUNKED) + chunked(body), said(), head("Connection: close") + body, None]
    with Server(replies) as server:
        for expected in (body, body, b"", body):
            reply = ask(server, stream=stream)
            assert expected == (b"".join(reply.iter_bytes()) if stream else reply.read())
        assert 1 == server.opened


def test_a_success_that_breaks_is_none(ask: Ask) -> None:
    """The bytes before the break are not taken for the whole.

    An encoded body, which nobody requested, is not returned.
    """
    encoded = said(gzip.compress(b"one"), "Content-Encoding: gzip")
    for reply in (said(b"one")[:-1], head(CHUNKED) + chunked(b"one")[:-5], encoded):
        with Server([reply, None]) as server, pytest.raises(ServiceResponseError):
            ask(server)


@pytest.mark.parametrize("status", ["200 OK", "404 Not Found"])
def test_a_head_that_is_cut_is_no_reply(ask: Ask, status: str) -> None:
    """At any position: the rest of it is unknown."""
    whole = head("X-A: a", "Content-Length: 0", status=status)
    with Server(*([whole[:cut], None] for cut in range(len(whole)))) as server:
        for _ in range(len(whole) - 1):
            with pytest.raises(AzureError):
                ask(server)

    assert len(whole) - 1 == server.opened


# Retry-After


@pytest.mark.parametrize("asked", ["Retry-After: 11", "Retry-After: 86400", "Retry-After: soon", "retry-after-ms: 9"])
@pytest.mark.parametrize("status", ["429 Slow", "503 Busy", "400 Bad"])
def test_a_long_retry_after_is_passed_on(ask: Ask, monkeypatch: pytest.MonkeyPatch, asked: str, status: str) -> None:
    """Also one that cannot be read: no thread sleeps, and nothing is sent again."""
    rests = list[float]()
    monkeypatch.setattr(HttpTransport, "sleep", lambda _transport, seconds: rests.append(seconds))
    with Server([said(b"", asked, status=status), said()]) as server, pytest.raises(HttpResponseError) as caught:
        ask(server, retries=3)

    assert (int(status[:3]), [], 1) == (caught.value.status_code, rests, len(server.heard))
    assert retry_after_of(caught.value) == {"Retry-After: 11": 11.0, "Retry-After: 86400": 86400.0}.get(asked)


def test_a_short_retry_after_is_kept(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the request is sent again."""
    rests = list[float]()
    monkeypatch.setattr(HttpTransport, "sleep", lambda _transport, seconds: rests.append(seconds))
    with Server([said(b"", "Retry-After: 10", status="503 Busy"), said(b"one")]) as server:
        assert b"one" == ask(server, retries=3).read()

    assert [10.0] == rests


@pytest.mark.parametrize("asked", ["nan", "inf", "-1", "1e9", "1_0", "9" * 400, "Mon, 99 Foo", "٣"])
def test_an_unreadable_retry_after_is_none(ask: Ask, asked: str) -> None:
    reply = b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nRetry-After: " + asked.encode() + b"\r\n\r\n"
    with Server([reply]) as server, pytest.raises(HttpResponseError) as caught:
        ask(server)

    assert (503, None) == (caught.value.status_code, retry_after_of(caught.value))
