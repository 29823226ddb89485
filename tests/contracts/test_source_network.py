"""`Source` over the network: redirects, dates, keys, connections, faults."""

import gzip
import re
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from urllib3.connection import HTTPSConnection

from local.acs import LocalAcs
from local.net.hosts import ENTRY_HOST, EVIL_HOST, REGIONAL_HOST
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
from recording.core.model import Location
from tests.contracts.scripted import Script, Server, head, said
from tests.contracts.stores import HANG_SECONDS, RealStore, fetched, read_all
from tests.copying.copies import media
from tests.core.entries_of import proof

CONTENT = media(200_000)


def test_a_redirect_is_signed_anew(real_store: RealStore) -> None:
    """azure-core would drop the signature; the second host refuses an unsigned request."""
    stored = real_store.add(CONTENT)
    real_store.arm("redirects")
    fetched(real_store.source.open(stored.content))

    assert [(ENTRY_HOST, 302), (REGIONAL_HOST, 200)] == real_store.statuses()


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308])
def test_every_kind_of_redirect_is_followed(
    real_store: RealStore, scripted: Callable[..., Server], status: int
) -> None:
    """To the right location, over the kept connection."""
    moved = said(b"gone on", "Location: ../b?c=%2b", status=f"{status} Moved")
    server = scripted([moved, said(b"one")])

    assert b"one" == fetched(real_store.source.open(PLACE))
    assert requests_of(server)[1].startswith(b"GET /v1/objects/a/b?c=%2b HTTP/1.1\r\n")


def test_redirects_are_followed_a_few_times_and_no_more(real_store: RealStore) -> None:
    """Each one is checked."""
    stored = real_store.add(CONTENT)
    real_store.arm("redirect_loop")
    with pytest.raises(SourceUnexpected, match="redirects"):
        fetched(real_store.source.open(stored.content))

    assert [302] * 5 == [status for _host, status in real_store.statuses()]


@pytest.mark.parametrize(
    "target",
    [
        f"https://{EVIL_HOST}/a",
        f"//{EVIL_HOST}/a",
        "https://eu-storage.asm.skype.com:444/a",
        "https://a\\.asm.skype.com/",
    ],
)
def test_every_spelling_of_a_hostile_redirect_is_refused(real_store: RealStore, target: str) -> None:
    """Absolute or relative."""
    stored = real_store.add(CONTENT)
    real_store.arm("redirect_elsewhere", location=target)
    with pytest.raises(HostileLocation):
        fetched(real_store.source.open(stored.content))

    assert (1, []) == (real_store.asked(), real_store.strayed())


def test_retry_after_may_be_a_date(real_store: RealStore) -> None:
    """Relative to the server's own clock."""
    stored = real_store.add(CONTENT)
    real_store.arm("busy_429", retry_after=format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True))
    with pytest.raises(SourceBusy) as caught:
        fetched(real_store.source.open(stored.content))

    assert caught.value.retry_after is not None
    assert 50 < caught.value.retry_after <= 61


def test_an_unreadable_retry_after_is_none(real_store: RealStore) -> None:
    stored = real_store.add(CONTENT)
    real_store.arm("busy_429", retry_after="soon")
    with pytest.raises(SourceBusy) as caught:
        fetched(real_store.source.open(stored.content))

    assert caught.value.retry_after is None


def test_a_wrong_key_is_refused_with_a_hint(acs: LocalAcs) -> None:
    """The hint says what to check, and does not show the key."""
    store = RealStore(acs, key="d3Jvbmc=")
    stored = store.add(CONTENT)
    with pytest.raises(SourceRefused) as caught:
        fetched(store.source.open(stored.content))
    store.close()

    assert "ACS_ACCESS_KEY" in caught.value.hint
    assert "d3Jvbmc=" not in f"{caught.value} {caught.value!r}"


def test_a_proxy_that_is_none_is_no_hostile_location(acs: LocalAcs, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong setting is fixed once; a hostile location would need a decision for each chunk."""
    store = RealStore(acs)
    stored = store.add(CONTENT)
    with monkeypatch.context() as patch:
        patch.setenv("HTTPS_PROXY", "http://proxy:port")
        with pytest.raises(SourceUnreachable) as caught:
            fetched(store.source.open(stored.content))
    assert ("ProxyUnusable", True) == (caught.value.cause, "HTTPS_PROXY" in caught.value.hint)
    store.close()


def test_no_error_shows_a_location(real_store: RealStore) -> None:
    """Its path is enough for a holder of the service's key to read the content."""
    stored = real_store.add(CONTENT)
    # `hang` comes first: if a kept connection breaks, the request is sent again over a new one, without an error.
    for fault in ("hang", "forbidden", "busy_503", "not_ready_404", "redirect_elsewhere"):
        real_store.arm(fault, seconds=HANG_SECONDS)
        with pytest.raises(RecordingError) as caught:
            fetched(real_store.source.open(stored.content))
        assert "/v1/objects" not in f"{caught.value} {caught.value!r}"


def test_connections_are_used_again(real_store: RealStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also after a refusal or a redirect: one for each host is enough, until a reply is left unread."""
    connections: list[object] = []

    class Counted(HTTPSConnection):
        def connect(self) -> None:
            connections.append(self)
            super().connect()

    monkeypatch.setattr("recording.adapters.http_transport.opening.HTTPSConnection", Counted)
    stored = real_store.add(CONTENT)
    real_store.arm("redirects")
    for fault in ("busy_503", "not_ready_404", "bad_request_html"):
        real_store.arm(fault)
        with pytest.raises(RecordingError):
            fetched(real_store.source.open(stored.content))
    for _ in range(3):
        fetched(real_store.source.open(stored.content, 0, 1000))
    assert 2 == len(connections)

    for part in ((0, 1000), (0, None), (0, 1000)):
        with real_store.source.open(stored.content, *part) as transfer:
            transfer.readinto(memoryview(bytearray(10)))
    assert 4 == len(connections)


@pytest.mark.parametrize(("fault", "error"), [("hang", SourceUnreachable), ("hang_mid_body", TransferBroken)])
def test_a_read_that_brings_nothing_ends(
    acs: LocalAcs, monkeypatch: pytest.MonkeyPatch, fault: str, error: type[RecordingError]
) -> None:
    """At its own timeout, long before the service would end it; in Azure after a minute."""
    monkeypatch.setattr("recording.adapters.http_transport.opening.READ_SECONDS", 0.5)
    store = RealStore(acs)
    stored = store.add(CONTENT)
    store.arm(fault, seconds=3)
    with pytest.raises(error):
        fetched(store.source.open(stored.content))
    store.close()


RANGE = re.compile(rb"Range: (\S+)")
PATH = "/v1/objects/a/content/audio"
PLACE = Location(f"https://{REGIONAL_HOST}{PATH}")
CONTENT_OF_THREE = "Content-Length: 3"


def requests_of(server: Server) -> list[bytes]:
    """The requests, without the CONNECT to the tunnel."""
    return [one for one in server.heard if not one.startswith(b"CONNECT")]


@pytest.fixture
def scripted(real_store: RealStore, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Server]]:
    """A server with a script in place of the source."""
    with ExitStack() as running:

        def serve(*scripts: Script) -> Server:
            server = Server(*scripts, tls=real_store.acs.certificates.server_context(), tunnel=True)
            monkeypatch.setenv("HTTPS_PROXY", f"http://{server.authority}")
            return running.enter_context(server)

        yield serve


@pytest.mark.parametrize(
    "begin",
    [
        head(CONTENT_OF_THREE, status="206 Partial Content"),
        head(CONTENT_OF_THREE, "Content-Range: bytes 0-2", status="206 Partial Content"),
        head(CONTENT_OF_THREE, "Content-Range: bytes 0-3/9", status="206 Partial Content"),
        head(CONTENT_OF_THREE, f"Content-Range: bytes 0-2/{'9' * 5000}", status="206 Partial Content"),
        head(CONTENT_OF_THREE, "Content-Range: bytes 0-2/9"),
        head(CONTENT_OF_THREE, "Content-Range: bytes 0-2/2", status="206 Partial Content"),
        head(CONTENT_OF_THREE, "Content-Range: bytes 2-1/9", status="206 Partial Content"),
        head(CONTENT_OF_THREE, "Content-Range: pages 0-2/9", status="206 Partial Content"),
        head(CONTENT_OF_THREE, "Content-Encoding: gzip"),
        head(CONTENT_OF_THREE, "Content-Encoding: identity, br"),
    ],
)
def test_a_reply_that_contradicts_itself_is_broken(
    real_store: RealStore, scripted: Callable[..., Server], begin: bytes
) -> None:
    """Before any byte of it is used."""
    scripted([begin + b"one"])
    with pytest.raises(TransferBroken):
        fetched(real_store.source.open(PLACE, 0, 3))


def test_a_success_of_another_kind_is_none(real_store: RealStore, scripted: Callable[..., Server]) -> None:
    """Its connection is used for the next request."""
    server = scripted([said(b"???", status="203 Transformed"), said(CONTENT)])
    with pytest.raises(SourceUnexpected):
        fetched(real_store.source.open(PLACE))

    assert CONTENT == fetched(real_store.source.open(PLACE))
    assert 1 == server.opened


# Replies that the standard allows


@pytest.mark.parametrize(
    "header",
    [
        "Content-Range: Bytes 0-2/9",
        "content-range: BYTES 0-2/9",
        "Content-Range: bytes=0-2/9",
        "Content-Range: bytes  0 - 2 / 9",
        "Content-Range: bytes 0-2/*",
        "Content-Encoding: none",
        "Content-Encoding: IDENTITY",
        "Content-Encoding: identity, None",
        "Content-Encoding:",
    ],
)
def test_every_spelling_of_a_header_is_read(
    real_store: RealStore, scripted: Callable[..., Server], header: str
) -> None:
    """None of them is an error."""
    headers = [CONTENT_OF_THREE, header] + (["Content-Range: bytes 0-2/9"] if "Encoding" in header else [])
    scripted([head(*headers, status="206 Partial Content") + b"one"])
    with real_store.source.open(PLACE, 0, 3) as transfer:
        assert (0, 3, None if "*" in header else 9) == (transfer.offset, transfer.length, transfer.total)
        assert b"one" == read_all(transfer)


def unsatisfied(*headers: str) -> bytes:
    """A 416 with the total: no byte of the range exists."""
    return said(b"no", *headers, status="416 Range Not Satisfiable")


WHOLE = said(b"one")
PART = head(CONTENT_OF_THREE, "Content-Range: bytes 0-2/3", status="206 Partial Content") + b"one"


@pytest.mark.parametrize(
    ("replies", "asked"),
    [
        ([unsatisfied("Content-Range: bytes */3"), PART], ["bytes=0-9", "bytes=0-2"]),
        ([unsatisfied("content-range: Bytes */3"), PART], ["bytes=0-9", "bytes=0-2"]),
        ([unsatisfied("Content-Range: bytes */3"), unsatisfied(), WHOLE], ["bytes=0-9", "bytes=0-2", ""]),
        ([unsatisfied("Content-Range: bytes */30"), WHOLE], ["bytes=0-9", ""]),
        ([unsatisfied("Content-Range: none"), WHOLE], ["bytes=0-9", ""]),
        ([unsatisfied(), WHOLE], ["bytes=0-9", ""]),
    ],
)
def test_a_range_that_is_refused_is_asked_for_as_it_is(
    real_store: RealStore, scripted: Callable[..., Server], replies: list[bytes], asked: list[str]
) -> None:
    """With the real end, and at last without a range; over one connection."""
    server = scripted(replies)

    assert b"one" == fetched(real_store.source.open(PLACE, 0, 10))
    assert asked == [found[1].decode() if (found := RANGE.search(one)) else "" for one in requests_of(server)]


@pytest.mark.parametrize(
    ("reply", "offset", "error"),
    [
        (unsatisfied("Content-Range: bytes */0"), 0, SourceNotReady),
        (unsatisfied("Content-Range: bytes */3"), 5, SourceUnexpected),
        (unsatisfied("Content-Range: bytes */5"), 5, SourceUnexpected),
        (unsatisfied(), 5, SourceUnexpected),
        (unsatisfied(), 0, SourceUnexpected),
    ],
)
def test_a_range_that_is_not_there_passes(
    real_store: RealStore, scripted: Callable[..., Server], reply: bytes, offset: int, error: type[RecordingError]
) -> None:
    """It is transient, and the number of requests is bounded."""
    server = scripted([reply] * 4)
    with pytest.raises(error) as caught:
        fetched(real_store.source.open(PLACE, offset, 10))

    assert type(caught.value) is error
    assert len(requests_of(server)) <= 2


# Statuses and bodies

BODIES = {
    "nothing": said(),
    "an error": said(b'{"message": "no", "instance": "/a"}', "Content-Type: application/json"),
    "broken JSON": said(b'{"error": {"code": ', "Content-Type: application/json"),
    "deep JSON": said(b"[" * 60_000, "Content-Type: application/json"),
    "odd JSON": said(b'{"error": [1], "code": {}}', "Content-Type: application/json"),
    "broken XML": said(b"<Error><Code>", "Content-Type: application/xml"),
    "a page": said(b"<!DOCTYPE html>", "Content-Type: text/html"),
    "no text": said(b"\xff\xfe\x00", "Content-Type: application/json; charset=utf-16"),
    "no gzip": said(b"{}", "Content-Encoding: gzip", "Content-Type: application/json"),
    "a bomb": said(gzip.compress(bytes(100 << 20)), "Content-Encoding: gzip", "Content-Type: application/json"),
}
STATUSES: dict[int, bool | type[RecordingError]] = {
    200: True,
    202: True,
    207: True,
    303: SourceUnexpected,
    400: SourceUnexpected,
    401: SourceRefused,
    403: SourceRefused,
    404: False,
    408: SourceBusy,
    409: SourceUnexpected,
    410: False,
    418: SourceUnexpected,
    429: SourceBusy,
    500: SourceBusy,
    501: SourceBusy,
    503: SourceBusy,
    599: SourceBusy,
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_the_status_of_a_delete_decides(real_store: RealStore, scripted: Callable[..., Server], body: bytes) -> None:
    """The body is neither decoded nor used."""
    scripted(*([body.replace(b"200 OK", b"%d Status" % status), None] for status in STATUSES))
    found: dict[int, bool | type[RecordingError]] = {}
    tracemalloc.start()
    for status in STATUSES:
        try:
            found[status] = real_store.source.delete(PLACE, proof())
        except RecordingError as error:
            found[status] = type(error)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert found == STATUSES
    assert peak < 20 << 20


READS = {
    204: SourceNotReady,
    205: SourceUnexpected,
    304: SourceUnexpected,
    400: SourceNotReady,
    401: SourceRefused,
    404: SourceGone,
    409: SourceUnexpected,
    410: SourceGone,
    418: SourceUnexpected,
    500: SourceBusy,
    501: SourceBusy,
    599: SourceBusy,
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_the_status_of_a_refusal_decides(real_store: RealStore, scripted: Callable[..., Server], body: bytes) -> None:
    """Whatever the body is."""
    scripted(*([body.replace(b"200 OK", b"%d Status" % status), None] for status in READS))
    found: dict[int, type[RecordingError]] = {}
    for status in READS:
        with pytest.raises(RecordingError) as caught:
            fetched(real_store.source.open(PLACE, 0, 3))
        found[status] = type(caught.value)

    assert found == READS


def test_a_delete_with_an_endless_body_has_been_done(real_store: RealStore) -> None:
    """Most of the body is never read."""
    stored = real_store.add(CONTENT)
    real_store.arm("delete_long_body", amount=600 << 20)
    tracemalloc.start()
    assert real_store.source.delete(stored.delete, proof())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert not real_store.holds(stored)
    assert peak < 50 << 20


ODD_DELETES: dict[str, type[RecordingError] | bool] = {
    "delete_broken_json_401": SourceRefused,
    "delete_broken_json_403": SourceRefused,
    "delete_broken_json_404": False,
    "delete_broken_json_409": SourceUnexpected,
    "delete_broken_json_500": SourceBusy,
    "delete_broken_json_503": SourceBusy,
    "delete_broken_xml_503": SourceBusy,
    "delete_gzip_bomb": SourceBusy,
    "delete_retry_after_day": SourceBusy,
}


@pytest.mark.parametrize("fault", ODD_DELETES)
def test_a_delete_that_is_refused_in_any_form_deletes_nothing(real_store: RealStore, fault: str) -> None:
    """It can be tried again, and no thread sleeps."""
    stored = real_store.add(CONTENT)
    real_store.arm(fault)
    try:
        found: type[RecordingError] | bool = real_store.source.delete(stored.delete, proof())
    except RecordingError as error:
        found = type(error)

    assert (ODD_DELETES[fault], True, 1) == (found, real_store.holds(stored), real_store.asked())
    assert real_store.source.delete(stored.delete, proof())


def test_a_retry_after_of_a_day_is_passed_on(real_store: RealStore) -> None:
    """It is passed on to the queue; no thread sleeps."""
    stored = real_store.add(CONTENT)
    for fault, ask in (
        ("retry_after_day", lambda: fetched(real_store.source.open(stored.content))),
        ("delete_retry_after_day", lambda: real_store.source.delete(stored.delete, proof())),
    ):
        real_store.arm(fault)
        with pytest.raises(SourceBusy) as caught:
            ask()
        assert 86400.0 == caught.value.retry_after


# Time


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sets the time limit of replies to a second."""
    monkeypatch.setattr("recording.adapters.http_transport.opening.READ_SECONDS", 1.0)


SLOW = {"amount": 300, "seconds": 0.1}


@pytest.mark.parametrize(("fault", "error"), [("slow_head", SourceUnreachable), ("slow_refusal", SourceBusy)])
def test_a_slow_reply_ends(real_store: RealStore, soon: None, fault: str, error: type[RecordingError]) -> None:
    """At the time limit of the request; the next reply is good."""
    stored = real_store.add(CONTENT)
    real_store.arm(fault, **SLOW)
    with pytest.raises(error):
        fetched(real_store.source.open(stored.content))

    assert CONTENT == fetched(real_store.source.open(stored.content))


def test_a_slow_redirect_is_followed(real_store: RealStore, soon: None) -> None:
    """Its head is enough."""
    stored = real_store.add(CONTENT)
    real_store.arm("slow_redirect", **SLOW)

    assert CONTENT == fetched(real_store.source.open(stored.content))


def test_a_slow_delete_ends(real_store: RealStore, soon: None) -> None:
    """The status is enough, if it arrives."""
    stored = real_store.add(CONTENT)
    real_store.arm("delete_slow_body", **SLOW)
    assert real_store.source.delete(stored.delete, proof())
    assert not real_store.holds(stored)

    another = real_store.add(CONTENT)
    real_store.arm("delete_slow_head", **SLOW)
    with pytest.raises(SourceUnreachable):
        real_store.source.delete(another.delete, proof())
    assert not real_store.source.delete(another.delete, proof())


# Spelling

SPELLINGS = ["?x=%2b", "?x=%2B%20a+b", "?", "?x=%7e~%41", "?x=//../%2e", "?x=a;b=c&d=%3B"]


@pytest.mark.parametrize("behind", SPELLINGS)
def test_what_is_signed_is_what_is_sent(real_store: RealStore, behind: str) -> None:
    """Both hosts check the signature against the request line that arrives."""
    stored = real_store.add(CONTENT)
    real_store.arm("redirects")
    spelt = Location(stored.content.replace("/0-weu-", "/%30%2Dweu%2d") + behind)

    assert CONTENT == fetched(real_store.source.open(spelt))
    assert real_store.source.delete(Location(stored.delete.replace("/0-weu-", "/%30%2Dweu%2d") + behind), proof())
    assert not real_store.holds(stored)
    assert [302, 200] * 2 == [status for _host, status in real_store.statuses()]


def test_what_stands_behind_a_semicolon_is_signed_too(real_store: RealStore) -> None:
    """Python's URL parser separates it from the last path segment."""
    stored = real_store.add(CONTENT)
    spelt = Location(f"{stored.content};v=%2b;w")

    assert CONTENT == fetched(real_store.source.open(spelt))


def test_a_delete_is_redirected_as_a_read_is(real_store: RealStore, scripted: Callable[..., Server]) -> None:
    """Each redirect is signed again and checked, and their number is bounded."""
    moved = [
        said(b"", f"Location: {target}", status="307 Moved")
        for target in (
            f"https://{REGIONAL_HOST}{PATH}?x=%2b",
            f"https://{EVIL_HOST}/a",
            f"http://{REGIONAL_HOST}/a",
            f"https://{REGIONAL_HOST}/a/../b",
            f"https://{REGIONAL_HOST}/v1/objects/another",
            f"https://{REGIONAL_HOST}/another",
        )
    ]
    server = scripted([moved[0], said(), *moved[1:], *[moved[0]] * 5])
    assert real_store.source.delete(PLACE, proof())
    first, second = requests_of(server)
    assert second.startswith(f"DELETE {PATH}?x=%2b HTTP/1.1".encode())
    assert first.split(b"Signature=")[1] != second.split(b"Signature=")[1]

    for _hostile in moved[1:]:
        with pytest.raises(HostileLocation):
            real_store.source.delete(PLACE, proof())
    with pytest.raises(SourceUnexpected, match="redirects"):
        real_store.source.delete(PLACE, proof())
    assert 2 + 5 + 5 == len(requests_of(server))
