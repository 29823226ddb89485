"""What a wire sends, refuses to send, and sends again."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from azure.core.exceptions import HttpResponseError
from azure.core.pipeline import Pipeline
from azure.core.pipeline.transport import HttpTransport
from azure.core.rest import HttpRequest
from azure.storage.blob import BlobServiceClient

from recording.adapters.clients import blob_writes
from recording.adapters.wire import Reply, Wire, target_of
from tests.contracts.exchanges import LONG, get, put, writes
from tests.contracts.scripted import Server, said
from tests.copying.copies import media

pytestmark = pytest.mark.usefixtures("surroundings")


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


def test_a_head_goes_out_with_the_beginning_of_its_body(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """In one write, and so in as few packets as may be; the rest follows."""
    written = writes(monkeypatch)
    with Server([said()]) as server:
        put(wire, server.url, LONG)
    first, *rest = written
    lines, _, begin = first.partition(b"\r\n\r\n")

    assert lines.startswith(b"PUT / HTTP/1.1\r\n")
    assert 0 < len(begin) < len(LONG)
    assert LONG == begin + b"".join(rest)


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


@pytest.mark.parametrize("asked", ["3", "10"])
def test_a_short_rest_is_kept_before_the_request_goes_out_again(
    wire: Wire, monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    """Ten seconds at most."""
    rests = list[float]()
    monkeypatch.setattr(HttpTransport, "sleep", lambda _transport, seconds: rests.append(seconds))
    busy = said(b"", f"Retry-After: {asked}", status="503 Busy")
    with Server([busy, busy, said(status="201 Created")]) as server, writes_to(server, wire) as sending:
        request = HttpRequest("PUT", f"{server.url}/a", headers={"Content-Length": "3"})

        assert 201 == sending.run(request, body=b"one").http_response.status_code
    assert [float(asked)] * 2 == rests


@pytest.mark.parametrize("asked", ["Retry-After: 11", "Retry-After: 86400", "Retry-After: soon", "retry-after-ms: 1"])
def test_a_long_rest_is_given_back(wire: Wire, asked: str) -> None:
    """Or one that nobody understands; whoever needs longer, the queue has the time."""
    with Server([said(b"", asked, status="503 Busy"), said()]) as server, writes_to(server, wire) as sending:
        request = HttpRequest("PUT", f"{server.url}/a", headers={"Content-Length": "3"})
        with pytest.raises(HttpResponseError) as caught:
            sending.run(request, body=b"one")

    assert (503, 1) == (caught.value.status_code, len(server.heard))


@contextmanager
def writes_to(server: Server, wire: Wire) -> Iterator[Pipeline[HttpRequest, Reply]]:
    """What stages blocks there."""
    with BlobServiceClient(server.url) as service, blob_writes(service, wire) as sending:
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
def test_a_target_is_sent_letter_for_letter(wire: Wire, behind: str, target: str) -> None:
    """And signed so."""
    with Server([said()]) as server:
        get(wire, f"{server.url}{behind}")

    assert target == target_of(f"{server.url}{behind}")
    assert server.heard[0].startswith(f"GET {target} HTTP/1.1\r\n".encode())
