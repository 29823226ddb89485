"""What only a network can do to `Source`: redirects, dates, keys, connections."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.client import HTTPSConnection

import pytest

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
from tests.contracts.scripted import Script, Server, head, said
from tests.contracts.stores import HANG_SECONDS, RealStore, fetched
from tests.copies import media

CONTENT = media(200_000)


def test_a_redirect_is_signed_anew(real_store: RealStore) -> None:
    """azure-core would drop the signature on the way; the second host refuses what has none."""
    stored = real_store.add(CONTENT)
    fetched(real_store.source.open(stored.content))

    assert [(ENTRY_HOST, 302), (REGIONAL_HOST, 200)] == real_store.statuses()


def test_redirects_are_followed_a_few_times_and_no_more(real_store: RealStore) -> None:
    """Each one checked."""
    stored = real_store.add(CONTENT)
    real_store.arm("redirect_loop")
    with pytest.raises(SourceNotReady, match="redirects"):
        fetched(real_store.source.open(stored.content))

    assert [302] * 5 == [status for _host, status in real_store.statuses()]


@pytest.mark.parametrize(
    "target",
    [f"https://{EVIL_HOST}/a", f"//{EVIL_HOST}/a", "https://eu-api.asm.skype.com:444/a", "https://a\\.asm.skype.com/"],
)
def test_every_spelling_of_a_hostile_redirect_is_refused(real_store: RealStore, target: str) -> None:
    """Relative to the first place or not."""
    stored = real_store.add(CONTENT)
    real_store.arm("redirect_elsewhere", location=target)
    with pytest.raises(HostileLocation):
        fetched(real_store.source.open(stored.content))

    assert (1, []) == (real_store.asked(), real_store.strayed())


def test_a_rest_may_be_given_as_a_date(real_store: RealStore) -> None:
    """Measured on the server's own clock."""
    stored = real_store.add(CONTENT)
    real_store.arm("busy_429", retry_after=format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True))
    with pytest.raises(SourceBusy) as caught:
        fetched(real_store.source.open(stored.content))

    assert caught.value.retry_after is not None
    assert 50 < caught.value.retry_after <= 61


def test_a_rest_that_makes_no_sense_is_none(real_store: RealStore) -> None:
    """It is not worth an error."""
    stored = real_store.add(CONTENT)
    real_store.arm("busy_429", retry_after="soon")
    with pytest.raises(SourceBusy) as caught:
        fetched(real_store.source.open(stored.content))

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


def test_a_proxy_that_is_none_is_no_hostile_location(acs: LocalAcs, monkeypatch: pytest.MonkeyPatch) -> None:
    """The setting is mended, and the chunk read; a person need not decide on each."""
    store = RealStore(acs)
    stored = store.add(CONTENT)
    with monkeypatch.context() as patch:
        patch.setenv("HTTPS_PROXY", "http://proxy:port")
        with pytest.raises(SourceUnreachable) as caught:
            fetched(store.source.open(stored.content))
    assert ("ProxyUnusable", True) == (caught.value.cause, "HTTPS_PROXY" in caught.value.hint)
    store.close()


def test_no_error_shows_a_location(real_store: RealStore) -> None:
    """Whoever has the service's key could fetch it."""
    stored = real_store.add(CONTENT)
    # `hang` comes first: where a kept connection breaks, a new one is tried unseen.
    for fault in ("hang", "forbidden", "busy_503", "not_ready_404", "redirect_elsewhere"):
        real_store.arm(fault, seconds=HANG_SECONDS)
        with pytest.raises(RecordingError) as caught:
            fetched(real_store.source.open(stored.content))
        assert "/v1/objects" not in f"{caught.value} {caught.value!r}"


def test_connections_are_used_again(real_store: RealStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refused reply and a redirect give theirs back: one for each host is enough, until one is left unread."""
    connections: list[object] = []

    class Counted(HTTPSConnection):
        def connect(self) -> None:
            connections.append(self)
            super().connect()

    monkeypatch.setattr("recording.adapters.wire.opening.HTTPSConnection", Counted)
    stored = real_store.add(CONTENT)
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
    """After its time, long before the service would break it off; in Azure a minute."""
    monkeypatch.setattr("recording.adapters.wire.opening.READ_SECONDS", 0.5)
    store = RealStore(acs)
    stored = store.add(CONTENT)
    store.arm(fault, seconds=3)
    with pytest.raises(error):
        fetched(store.source.open(stored.content))
    store.close()


PLACE = Location(f"https://{REGIONAL_HOST}/v1/objects/a/content/audio")
CONTENT_OF_THREE = "Content-Length: 3"


@pytest.fixture
def scripted(real_store: RealStore, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Server]]:
    """The source's place, taken by a server that says what it is told to."""
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
        head(CONTENT_OF_THREE, "Content-Encoding: gzip"),
    ],
)
def test_a_reply_that_contradicts_itself_is_broken(
    real_store: RealStore, scripted: Callable[..., Server], begin: bytes
) -> None:
    """Before a byte of it is believed."""
    scripted([begin + b"one"])
    with pytest.raises(TransferBroken):
        fetched(real_store.source.open(PLACE, 0, 3))


def test_a_success_of_another_kind_is_none(real_store: RealStore, scripted: Callable[..., Server]) -> None:
    """But its connection serves the next request."""
    server = scripted([said(b"???", status="203 Transformed"), said(CONTENT)])
    with pytest.raises(SourceNotReady):
        fetched(real_store.source.open(PLACE))

    assert CONTENT == fetched(real_store.source.open(PLACE))
    assert 1 == server.opened
