"""Tokens, checked with keys that are asked for over the network: at the local services, and at hostile ones."""

import json
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from local.acs import LocalAcs
from local.acs.events import RESOURCE_ID
from local.entra import API, TENANT, WEBHOOK, LocalEntra
from local.net.hosts import LOGIN_HOST
from local.net.tokens import TokenIssuer
from recording.adapters import clients
from recording.adapters.http_transport import opening
from recording.adapters.tokens import ask_for_keys
from recording.bootstrap.real_parts import RealParts
from recording.core.callers import Issuer
from recording.core.errors import CallerUnproven, KeysUnavailable
from recording.ports import Callers
from tests.contracts.scripted import Server, Step, chunked, head, said, slowly
from tests.environments import settings_of

ISSUER = TokenIssuer("https://issuer.example")
GOOD = ISSUER.document["keys"][0]


def real(**settings: str) -> Callers:
    """The adapter as the app has it."""
    return RealParts(settings_of(**settings), lambda: datetime.now(UTC), lambda: 0.0).callers


@pytest.fixture
def entra(acs: LocalAcs) -> Any:  # noqa: ANN401 - a generator
    """A tenant, behind the tunnel."""
    with LocalEntra(acs.certificates) as running:
        acs.tunnel.route(LOGIN_HOST, running.port)
        yield running


def test_a_callbacks_token_is_checked_with_the_keys_of_call_automations_host(acs: LocalAcs) -> None:
    callers = real(ACS_RESOURCE_IDS=f"{TENANT},{RESOURCE_ID}")
    token = acs.world.callback_authorization().removeprefix("Bearer ")
    other = acs.world.callback_authorization(aud=LOGIN_HOST).removeprefix("Bearer ")

    assert RESOURCE_ID == callers.prove(Issuer.CALL_AUTOMATION, token).claims["aud"]
    with pytest.raises(CallerUnproven, match="another audience"):
        callers.prove(Issuer.CALL_AUTOMATION, other)


@pytest.mark.parametrize("issuer", [f"https://{LOGIN_HOST}/{TENANT}/v2.0", f"https://sts.windows.net/{TENANT}/"])
def test_tokens_of_the_tenant_are_checked_with_its_keys(entra: LocalEntra, issuer: str) -> None:
    """Of both versions; which one there is, the app registration says."""
    callers = real(ENTRA_TENANT_ID=TENANT, API_AUDIENCES=API, EVENT_GRID_AUDIENCES=WEBHOOK)
    entra.issuer.issuer = issuer

    assert ["Recording.Audit"] == callers.prove(Issuer.API, entra.token("Recording.Audit")).claims["roles"]
    assert WEBHOOK == callers.prove(Issuer.EVENT_GRID, entra.event_grid_token()).claims["aud"]
    for wanted, token in ((Issuer.API, entra.event_grid_token()), (Issuer.EVENT_GRID, entra.token())):
        with pytest.raises(CallerUnproven, match="another audience"):
            callers.prove(wanted, token)


def test_a_token_of_another_tenant_is_refused(entra: LocalEntra) -> None:
    """Though it is signed by the same key, as Entra's are."""
    entra.issuer.issuer = f"https://{LOGIN_HOST}/00000000-0000-0000-0000-000000000001/v2.0"
    with pytest.raises(CallerUnproven, match="another issuer"):
        real(ENTRA_TENANT_ID=TENANT, API_AUDIENCES=API).prove(Issuer.API, entra.token())


@pytest.mark.parametrize("issuer", Issuer)
def test_without_settings_no_token_is_accepted(issuer: Issuer) -> None:
    with pytest.raises(CallerUnproven, match="no token of this kind"):
        real().prove(issuer, ISSUER.sign(ISSUER.claims("")))


# The document of keys

pytestmark = pytest.mark.usefixtures("surroundings")


def document(*keys: object) -> bytes:
    return json.dumps({"keys": keys}).encode()


def weak(bits: int = 1024, exponent: int = 65537) -> dict[str, object]:
    key = rsa.generate_private_key(exponent, bits).public_key()
    return {**json.loads(RSAAlgorithm.to_jwk(key)), "kid": "weak"}


def test_keys_are_read_over_tls(tls: ssl.SSLContext | None) -> None:
    with Server([said(document(GOOD))], tls=tls) as server:
        assert {ISSUER.kid: ISSUER.key.public_key()} == ask_for_keys(clients.key_requests(), f"{server.url}/keys")
        assert b"GET /keys HTTP/1.1" in server.heard[0]


@pytest.mark.usefixtures("trusted")
def test_nobody_without_the_issuers_certificate_can_say_its_keys(certified: ssl.SSLContext) -> None:
    """Under a name that it is not for."""
    with Server([said(document(GOOD))], tls=certified) as server:
        with pytest.raises(KeysUnavailable):
            ask_for_keys(clients.key_requests(), server.url.replace("127.0.0.1", "localhost"))
        assert [] == server.heard


@pytest.mark.parametrize(
    "other",
    [
        None,
        7,
        "key",
        [],
        {},
        {**GOOD, "kid": 7},
        {**GOOD, "kid": ""},
        {**GOOD, "kid": "k" * 257},
        {**GOOD, "kty": "EC"},
        {**GOOD, "use": "enc", "kid": "other"},
        {**GOOD, "alg": "RS512", "kid": "other"},
        {**GOOD, "n": "!", "kid": "other"},
        {**GOOD, "n": "", "kid": "other"},
        {**GOOD, "n": "A" * 100_000, "kid": "other"},
        {**GOOD, "e": "AA", "kid": "other"},
        {**GOOD, "e": "_" * 1300, "kid": "other"},
        {**GOOD, "e": None, "kid": "other"},
        {"kty": "oct", "k": "c2VjcmV0", "kid": "other"},
        weak(),
    ],
)
def test_of_a_hostile_document_only_sound_keys_are_taken(other: object) -> None:
    """One that is odd, weak, or so large that each check would be slow, does no harm to the others."""
    with Server([said(document(other, GOOD))]) as server:
        assert {ISSUER.kid} == set(ask_for_keys(clients.key_requests(), server.url))


def test_the_first_of_two_keys_with_one_id_is_taken_and_no_private_part_is_read() -> None:
    other = {**weak(2048), "kid": ISSUER.kid}
    with Server([said(document({**GOOD, "d": "AQAB", "p": "x"}, other))]) as server:
        assert {ISSUER.kid: ISSUER.key.public_key()} == ask_for_keys(clients.key_requests(), server.url)


BROKEN: dict[str, list[Step]] = {
    "down": [None],
    "503": [said(b"busy", status="503 Service Unavailable")],
    "404": [said(b"", status="404 Not Found")],
    "206": [said(document(GOOD), status="206 Partial Content")],
    "an error page": [said(b"<html>signed in</html>")],
    "empty": [said(b"")],
    "no document": [said(b'{"keys": {}}')],
    "no keys": [said(document())],
    "only weak keys": [said(document(weak()))],
    "deep": [said(b'{"keys": ' + b"[" * 100_000 + b"]" * 100_000 + b"}")],
    "no utf-8": [said(b'{"keys": ["\xff"]}')],
    "huge": [said(document(GOOD, "x" * (256 << 10)))],
    "endless": [head("Transfer-Encoding: chunked") + chunked(*[b"x" * 65_536] * 16)],
    "torn": [head("Content-Length: 1000") + document(GOOD), None],
    "encoded": [said(document(GOOD), "Content-Encoding: gzip")],
}


@pytest.mark.parametrize("steps", BROKEN.values(), ids=BROKEN)
def test_a_keys_endpoint_that_is_down_huge_or_hostile_says_nothing(steps: list[Step]) -> None:
    """It is asked again later: the error passes."""
    with Server(steps) as server, pytest.raises(KeysUnavailable):
        ask_for_keys(clients.key_requests(), server.url)


@pytest.mark.parametrize("status", ["301 Moved Permanently", "302 Found", "307 Temporary Redirect"])
def test_a_redirect_of_a_keys_endpoint_is_not_followed(status: str) -> None:
    with Server([said(document(GOOD))]) as other:
        moved = said(b"", f"Location: {other.url}/keys", status=status)
        with Server([moved]) as server, pytest.raises(KeysUnavailable):
            ask_for_keys(clients.key_requests(), server.url)
        assert [] == other.heard


@pytest.mark.parametrize(
    "slow",
    [
        lambda: slowly(b"HTTP/1.1 200 OK\r\n"),
        lambda: slowly(head("Content-Length: 1000"), b" "),
    ],
    ids=["head", "body"],
)
def test_a_keys_endpoint_that_drips_is_given_up(slow: Callable[[], Step], monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of its bytes comes in time; the whole does not."""
    monkeypatch.setattr(opening, "READ_SECONDS", 1)
    with Server([slow()]) as server, pytest.raises(KeysUnavailable):
        ask_for_keys(clients.key_requests(), server.url)
