"""Certificates and proxies of the environment, as a transport takes them."""

import base64
import ssl

import pytest
import trustme
from azure.core.exceptions import ServiceRequestError

from recording.adapters.http_transport import Urllib3Transport
from tests.contracts.exchanges import HOST, get, read
from tests.contracts.scripted import Server, said

pytestmark = pytest.mark.usefixtures("surroundings")


def test_the_environments_certificates_are_trusted(
    transport: Urllib3Transport, trusted: None, certified: ssl.SSLContext
) -> None:
    """REQUESTS_CA_BUNDLE, as for the SDKs."""
    with Server([said(b"one")], tls=certified) as server:
        assert b"one" == read(get(transport, server.url))


def test_an_unknown_certificate_is_refused(transport: Urllib3Transport, certified: ssl.SSLContext) -> None:
    """Nothing is sent."""
    with Server([said(b"one")], tls=certified) as server, pytest.raises(ServiceRequestError):
        get(transport, server.url)

    assert [] == server.heard


def test_a_certificate_of_another_host_is_refused(
    transport: Urllib3Transport, trusted: None, authority: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though its authority is trusted."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("other.example").configure_cert(context)
    with Server([said(b"one")], tls=context) as server, pytest.raises(ServiceRequestError):
        get(transport, server.url)

    assert [] == server.heard


def test_a_bundle_that_is_not_there_trusts_nobody(transport: Urllib3Transport, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error is a failed connection."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/ca.pem")
    with pytest.raises(ServiceRequestError, match="FileNotFoundError"):
        get(transport, "https://127.0.0.1:9/")


def basic(user: str, password: str) -> bytes:
    """The Proxy-Authorization header."""
    return b"Basic " + base64.b64encode(f"{user}:{password}".encode())


@pytest.mark.parametrize("spelt", ["http://us%40er:pass@{}", "us%40er:pass@{}"])
def test_https_goes_through_the_proxy_of_the_environment(
    transport: Urllib3Transport, trusted: None, certified: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch, spelt: str
) -> None:
    """With the proxy's credentials, which are not sent to the server."""
    with Server([said(b"one"), said(b"two")], tls=certified, tunnel=True) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", spelt.format(proxy.authority))
        assert [b"one", b"two"] == [read(get(transport, f"https://{HOST}/a")) for _ in range(2)]
        opening, *requests = proxy.heard

        assert opening.startswith(f"CONNECT {HOST}:443 HTTP/1.".encode())
        assert basic("us@er", "pass").lower() in opening.lower()
        assert [f"GET /a HTTP/1.1\r\nHost: {HOST}\r\nAccept-Encoding: identity\r\n\r\n".encode()] * 2 == requests
        assert 1 == proxy.opened


def test_a_proxy_that_refuses_is_no_connection(
    transport: Urllib3Transport, trusted: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing was sent."""
    with Server([said(b"no", status="403 Forbidden"), None]) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        with pytest.raises(ServiceRequestError):
            get(transport, f"https://{HOST}/a")


def test_a_host_may_be_left_out_of_the_proxys_way(
    transport: Urllib3Transport, tls: ssl.SSLContext | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By NO_PROXY."""
    with Server([said(b"one")], tls=tls) as server, Server([None]) as proxy:
        for name in ("HTTP_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.setenv("NO_PROXY", "other.example,127.0.0.1")

        assert b"one" == read(get(transport, server.url))
        assert 0 == proxy.opened


def test_http_goes_through_its_proxy_by_its_whole_url(
    transport: Urllib3Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the proxy's credentials."""
    with Server([said(b"one")]) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://user:pass@{proxy.authority}")

        assert b"one" == read(get(transport, f"http://{HOST}/a?b=c"))
        assert proxy.heard[0].startswith(f"GET http://{HOST}/a?b=c HTTP/1.1\r\nHost: {HOST}\r\n".encode())
        assert basic("user", "pass").lower() in proxy.heard[0].lower()


@pytest.mark.parametrize("scheme", ["https", "socks5", "socks5h"])
@pytest.mark.parametrize("asked", ["https", "http"])
def test_only_plain_proxies_are_used(
    transport: Urllib3Transport, monkeypatch: pytest.MonkeyPatch, asked: str, scheme: str
) -> None:
    """Another kind would be sent its password in clear text, where it does not expect it."""
    with Server([None]) as proxy:
        for name in ("HTTP_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, f"{scheme}://user:secret@{proxy.authority}")
        with pytest.raises(ServiceRequestError) as caught:
            get(transport, f"{asked}://{HOST}/a")

        assert 0 == proxy.opened
        assert "secret" not in f"{caught.value!r} {caught.value.__context__!r}"


@pytest.mark.parametrize("asked", ["https", "http"])
@pytest.mark.parametrize(
    "spelt",
    [
        "http://user:se#cret@proxy:8080",
        "http://[user:secret",
        "http://proxy:port",
        "http://user:\N{SNOWMAN}secret@proxy:8080",
    ],
)
def test_a_proxy_that_is_no_url_is_no_connection(
    transport: Urllib3Transport, monkeypatch: pytest.MonkeyPatch, spelt: str, asked: str
) -> None:
    """It is transient until the setting is fixed; the password in it is not shown."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, spelt)
    with pytest.raises(ServiceRequestError) as caught:
        get(transport, f"{asked}://{HOST}/a")

    assert "cret" not in f"{caught.value!r} {caught.value.__cause__!r}"
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
