"""What a transport sends, refuses to send, and sends again."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.core.pipeline import Pipeline
from azure.core.pipeline.transport import HttpTransport
from azure.core.rest import HttpRequest
from azure.storage.blob import BlobServiceClient

from recording.adapters.clients import blob_requests
from recording.adapters.http_transport import Reply, Urllib3Transport, target_of
from tests.contracts.exchanges import LONG, get, put, writes
from tests.contracts.scripted import Server, said
from tests.copying.copies import media

pytestmark = pytest.mark.usefixtures("surroundings")


def test_a_request_goes_out_as_it_was_given(transport: Urllib3Transport) -> None:
    """Byte for byte; only Host and Accept-Encoding are added."""
    with Server([said(status="201 Created")]) as server:
        reply = transport.send(
            HttpRequest("PUT", f"{server.url}/a%20b?c=d%2Fe", headers={"Content-Length": "3", "X-Name": "Ä"}),
            body=memoryview(b"#abc#")[1:-1],
        )

    assert (201, "Created") == (reply.status_code, reply.reason)
    first = f"PUT /a%20b?c=d%2Fe HTTP/1.1\r\nHost: {server.authority}\r\nAccept-Encoding: identity\r\n"
    expected = f"{first}Content-Length: 3\r\nX-Name: Ä\r\n\r\nabc"
    assert [expected.encode("latin-1")] == server.heard


def test_a_body_of_any_length_goes_out_whole(transport: Urllib3Transport, tls: ssl.SSLContext | None) -> None:
    """From the caller's memory, without a copy."""
    body = media((2 << 20) + 7)
    with Server([said()], tls=tls) as server:
        put(transport, server.url, memoryview(body))

    assert body == server.heard[0].partition(b"\r\n\r\n")[2]


@pytest.mark.parametrize(
    ("method", "body", "sent"),
    [
        ("POST", {}, b""),
        ("PUT", {}, b""),
        ("POST", {"content": "one"}, b"one"),
        ("DELETE", {"data": {"a": "+", "b": "c"}}, b"a=%2B&b=c"),
    ],
)
def test_every_body_has_a_content_length(
    transport: Urllib3Transport, method: str, body: dict[str, Any], sent: bytes
) -> None:
    """Also an empty one: services in Azure refuse a POST without Content-Length."""
    with Server([said()]) as server:
        transport.send(HttpRequest(method, server.url, **body))

    assert f"\r\ncontent-length: {len(sent)}\r\n".encode() in server.heard[0].lower()
    assert server.heard[0].endswith(b"\r\n\r\n" + sent)


def test_a_head_goes_out_with_the_beginning_of_its_body(
    transport: Urllib3Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one write, to save packets; the rest follows."""
    written = writes(monkeypatch)
    with Server([said()]) as server:
        put(transport, server.url, LONG)
    first, *rest = written
    lines, _, begin = first.partition(b"\r\n\r\n")

    assert lines.startswith(b"PUT / HTTP/1.1\r\n")
    assert 0 < len(begin) < len(LONG)
    assert LONG == begin + b"".join(rest)


@pytest.mark.parametrize(
    "headers", [{"X": "a\r\nY: b"}, {"X": "a\nY: b"}, {"X": "a\rY: b"}, {"X\r\nY": "b"}, {"X": "a\r\n\r\nGET /"}]
)
def test_a_header_that_holds_a_line_break_is_refused(transport: Urllib3Transport, headers: dict[str, str]) -> None:
    """Nothing is sent."""
    with Server([said()]) as server, pytest.raises(ValueError, match="line break"):
        get(transport, server.url, headers)

    assert 0 == server.opened


def test_what_no_header_can_hold_is_refused(transport: Urllib3Transport) -> None:
    """The value is not shown, as it may be a signature."""
    with Server([said()]) as server, pytest.raises(ValueError, match="header") as caught:
        get(transport, server.url, {"Authorization": "Bearer secret", "X-Name": "\N{SNOWMAN}"})

    assert 0 == server.opened
    assert "secret" not in f"{caught.value!r} {caught.value.__cause__!r}"


@pytest.mark.parametrize("path", ["/a b", "/a HTTP/1.1 b", "/\N{SNOWMAN}", "/ä"])
def test_what_no_request_line_can_hold_is_refused(transport: Urllib3Transport, path: str) -> None:
    """Parsers would read it differently."""
    with Server([said()]) as server, pytest.raises(ValueError, match="URL"):
        get(transport, f"{server.url}{path}")

    assert 0 == server.opened


@pytest.mark.parametrize("asked", ["3", "10"])
def test_a_short_retry_after_is_kept_before_the_request_is_sent_again(
    transport: Urllib3Transport, monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    """Ten seconds at most."""
    rests = list[float]()
    monkeypatch.setattr(HttpTransport, "sleep", lambda _transport, seconds: rests.append(seconds))
    busy = said(b"", f"Retry-After: {asked}", status="503 Busy")
    with Server([busy, busy, said(status="201 Created")]) as server, writes_to(server, transport) as sending:
        request = HttpRequest("PUT", f"{server.url}/a", headers={"Content-Length": "3"})

        assert 201 == sending.run(request, body=b"one").http_response.status_code
    assert [float(asked)] * 2 == rests


@pytest.mark.parametrize("asked", ["Retry-After: 11", "Retry-After: 86400", "Retry-After: soon", "retry-after-ms: 1"])
def test_a_long_retry_after_is_passed_on(transport: Urllib3Transport, asked: str) -> None:
    """Also one that cannot be read; the queue waits longer."""
    with Server([said(b"", asked, status="503 Busy"), said()]) as server, writes_to(server, transport) as sending:
        request = HttpRequest("PUT", f"{server.url}/a", headers={"Content-Length": "3"})
        with pytest.raises(HttpResponseError) as caught:
            sending.run(request, body=b"one")

    assert (503, 1) == (caught.value.status_code, len(server.heard))


@contextmanager
def writes_to(server: Server, transport: Urllib3Transport) -> Iterator[Pipeline[HttpRequest, Reply]]:
    """An archive that stages blocks at that server."""
    with BlobServiceClient(server.url) as service, blob_requests(service, transport) as sending:
        yield sending


@pytest.mark.parametrize(
    ("behind", "target"),
    [
        ("", "/"),
        ("?", "/?"),
        ("?a", "/?a"),
        ("/", "/"),
        ("/a%2b%2B%20;b=c?", "/a%2b%2B%20;b=c?"),
        ("/a/../%2e//b?//../;?=%2b", "/a/../%2e//b?//../;?=%2b"),
    ],
)
def test_a_target_is_sent_unchanged(transport: Urllib3Transport, behind: str, target: str) -> None:
    """And signed as it is sent."""
    with Server([said()]) as server:
        get(transport, f"{server.url}{behind}")

    assert target == target_of(f"{server.url}{behind}")
    assert server.heard[0].startswith(f"GET {target} HTTP/1.1\r\n".encode())
