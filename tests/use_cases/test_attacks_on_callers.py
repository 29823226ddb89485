"""Attacks on the proofs of callers: each token is refused, and nothing of it is said."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from recording.admitting import Admitting
from recording.core.callers import CALLBACK, EVENT_GRID, EVENT_GRID_ROLE, KEY, ApiAuth, Caller, Role
from recording.core.errors import ArchiveBusy, CallerNotAllowed, CallerUnproven, Permanent
from recording.core.model import Actor
from tests.fakes import FakeLedger
from tests.tokens import (
    API,
    ATTACKER,
    CALL_AUTOMATION,
    ENTRA,
    RESOURCE,
    callback,
    callers,
    claims,
    of_api,
    of_event_grid,
    spelled,
)

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
BODY = b'[{"type": "Microsoft.Communication.CallConnected"}]'
HEADER = {"alg": "RS256", "typ": "JWT", "kid": CALL_AUTOMATION.kid}


def admitting(ledger: FakeLedger | None = None, now: datetime = NOW, api_auth: ApiAuth = ApiAuth.ENTRA) -> Admitting:
    return Admitting(callers(), ledger or FakeLedger(), api_auth, True, True, lambda: now)  # noqa: FBT003


def refused(authorization: str | None, now: datetime = NOW) -> str:
    """Why a callback is refused."""
    ledger = FakeLedger()
    with pytest.raises(CallerUnproven) as caught:
        admitting(ledger, now).admit_callback(authorization, BODY)
    assert {} == ledger.outcomes
    return caught.value.cause


def signed(message: bytes, key: Any = CALL_AUTOMATION.key) -> bytes:  # noqa: ANN401 - a private key
    found: bytes = key.sign(message, padding.PKCS1v15(), hashes.SHA256())
    return found


def of_callback(**more: object) -> dict[str, Any]:
    return claims(CALL_AUTOMATION, RESOURCE, NOW, **more)


def as_sent(token: str) -> str:
    return f"Bearer {token}"


def public_bytes() -> bytes:
    """The issuer's public key as an attacker has it."""
    return CALL_AUTOMATION.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def test_a_callback_with_its_own_token_is_call_automations() -> None:
    assert CALLBACK == admitting().admit_callback(callback(NOW), BODY)
    assert CALLBACK == admitting().admit_callback(as_sent(spelled(HEADER, of_callback(), signed)), BODY)


def test_a_forged_token_is_refused() -> None:
    """By the attacker's key under the id of the issuer's; or with other claims under its signature."""
    by_own_key = spelled(HEADER, of_callback(), lambda message: signed(message, ATTACKER.key))
    head, _, signature = callback(NOW).removeprefix("Bearer ").split(".")
    other = base64.urlsafe_b64encode(json.dumps({"iss": "x"}).encode()).decode().rstrip("=")

    assert ["the signature of the token is wrong"] * 2 == [
        refused(as_sent(by_own_key)),
        refused(as_sent(f"{head}.{other}.{signature}")),
    ]


def test_an_expired_token_is_refused() -> None:
    token = callback(NOW)

    assert CALLBACK == admitting(now=NOW + timedelta(minutes=5, seconds=59)).admit_callback(token, BODY)
    assert "the token has expired" == refused(token, NOW + timedelta(minutes=6))


def test_an_early_token_is_refused() -> None:
    token = callback(NOW)

    assert CALLBACK == admitting(now=NOW - timedelta(seconds=60)).admit_callback(token, BODY)
    assert "the token does not hold yet" == refused(token, NOW - timedelta(seconds=61))


def test_a_token_without_an_end_or_for_a_year_is_refused() -> None:
    assert "lacks a claim" in refused(callback(NOW, exp=None))
    assert "the token holds for too long" == refused(callback(NOW, exp=NOW + timedelta(days=365)))


@pytest.mark.parametrize("audience", ["another", ["another"], [], "", 7, {"resource": 1}, "RESOURCE"], ids=repr)
def test_a_token_for_another_audience_is_refused(audience: object) -> None:
    token = spelled(HEADER, of_callback() | {"aud": audience}, signed)

    assert refused(as_sent(token)) in {
        "the token is for another audience",
        "the token lacks a claim that it must have",
    }


@pytest.mark.parametrize(
    "issuer", ["https://evil.example", f"{CALL_AUTOMATION.issuer}/", "", 7, [CALL_AUTOMATION.issuer]]
)
def test_a_token_of_another_issuer_is_refused(issuer: object) -> None:
    token = spelled(HEADER, of_callback() | {"iss": issuer}, signed)

    assert refused(as_sent(token)) in {"the token is of another issuer", "it is no token"}


def test_a_token_of_entra_is_none_of_call_automation() -> None:
    """Though its audience were right."""
    token = ENTRA.sign(claims(ENTRA, RESOURCE, NOW))

    assert "none of the issuer's" in refused(as_sent(token))


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "", None], ids=repr)
def test_an_unsigned_token_is_refused(algorithm: str | None) -> None:
    token = spelled({**HEADER, "alg": algorithm}, of_callback(), lambda _: b"")

    assert "not signed by RS256" in refused(as_sent(token)) or "no token" in refused(as_sent(token))
    assert "the signature of the token is wrong" == refused(as_sent(spelled(HEADER, of_callback(), lambda _: b"")))


@pytest.mark.parametrize("algorithm", ["HS256", "HS512", "RS512", "PS256", "ES256", "EdDSA", "rs256"])
def test_a_token_of_another_algorithm_is_refused(algorithm: str) -> None:
    """The issuer's public key, which everybody has, is no secret to sign with."""
    token = spelled(
        {**HEADER, "alg": algorithm}, of_callback(), lambda message: hmac.digest(public_bytes(), message, "sha256")
    )

    assert "not signed by RS256" in refused(as_sent(token))


def test_a_token_that_says_rs256_and_is_signed_by_the_public_key_is_refused() -> None:
    token = spelled(HEADER, of_callback(), lambda message: hmac.digest(public_bytes(), message, "sha256"))

    assert "the signature of the token is wrong" == refused(as_sent(token))


@pytest.mark.parametrize(
    "kid",
    [
        "../../../dev/null",
        "https://evil.example/keys",
        "' OR 1=1 --",
        "key\r\nX: y",
        "",
        "k" * 257,
        "\0",
        7,
        None,
        ["a"],
        {},
    ],
)
def test_a_poisoned_key_id_is_refused(kid: object) -> None:
    """It is looked for among the issuer's, and nowhere else."""
    token = spelled({**HEADER, "kid": kid}, of_callback(), lambda message: signed(message, ATTACKER.key))

    assert refused(as_sent(token)) in {
        "the token is signed by a key that is none of the issuer's",
        "the token does not name its key",
        "it is no token",
    }


@pytest.mark.parametrize(
    "more",
    [
        {"jku": "https://evil.example/keys"},
        {"x5u": "https://evil.example/certificate"},
        {"jwk": ATTACKER.document["keys"][0]},
        {"x5c": ["MIIB"]},
    ],
)
def test_a_key_that_the_token_brings_itself_is_not_used(more: dict[str, object]) -> None:
    token = spelled({**HEADER, **more}, of_callback(), lambda message: signed(message, ATTACKER.key))

    assert "the signature of the token is wrong" == refused(as_sent(token))


@pytest.mark.parametrize("more", [{"crit": ["exp"], "exp": 1}, {"crit": "b64"}, {"b64": False, "crit": ["b64"]}])
def test_a_token_with_demands_that_are_not_understood_is_refused(more: dict[str, object]) -> None:
    assert refused(as_sent(spelled({**HEADER, **more}, of_callback(), signed)))


@pytest.mark.parametrize(
    "found",
    [
        None,
        "",
        "Bearer",
        "Bearer x",
        "Bearer ..",
        "Bearer a.b.c",
        "Bearer e30.e30.e30",
        "Bearer bnVsbA.bnVsbA.bnVsbA",
        "Basic dXNlcjpwYXNz",
        f"Bearer {'a' * 20_000}",
        f"Bearer {base64.urlsafe_b64encode(b'[' * 10_000).decode()}.e30.e30",
        f"Bearer {base64.urlsafe_b64encode(b'{"alg":"RS256","kid":"k","alg":"none"}').decode().rstrip('=')}.e30.e30",
    ],
)
def test_what_is_no_token_is_refused(found: str | None) -> None:
    assert refused(found)


# Replays


def test_the_same_callback_again_is_taken() -> None:
    """The service delivers at least once."""
    app, token = admitting(), callback(NOW)

    assert [CALLBACK] * 3 == [app.admit_callback(token, BODY) for _ in range(3)]


def test_a_replayed_token_with_another_body_is_refused_by_every_worker() -> None:
    ledger, token = FakeLedger(), callback(NOW)
    admitting(ledger).admit_callback(token, BODY)
    for body in (b"", BODY + b" ", b"[]"):
        with pytest.raises(CallerUnproven, match="with another body"):
            admitting(ledger).admit_callback(token, body)
    assert CALLBACK == admitting(ledger).admit_callback(token, BODY)


@pytest.mark.parametrize(
    "respell",
    [lambda text: text[:-1] + chr(ord(text[-1]) ^ 1), "{}=".format, "{}==".format, "{}A".format],
    ids=["bits", "=", "==", "A"],
)
def test_a_replayed_token_whose_signature_is_spelled_otherwise_is_no_new_token(respell: Callable[[str], str]) -> None:
    """The last character of its base64 has bits that mean nothing."""
    ledger, token = FakeLedger(), callback(NOW)
    admitting(ledger).admit_callback(token, BODY)
    with pytest.raises(CallerUnproven):
        admitting(ledger).admit_callback(respell(token), b"[]")


def test_a_refused_token_is_not_remembered() -> None:
    """An attacker fills no table."""
    ledger = FakeLedger()
    with pytest.raises(CallerUnproven):
        admitting(ledger, NOW + timedelta(days=1)).admit_callback(callback(NOW), BODY)

    assert {} == ledger.outcomes


def test_while_tokens_cannot_be_remembered_no_callback_is_taken() -> None:
    """It comes again: the error passes."""
    ledger = FakeLedger()

    def busy(_operation: str) -> None:
        raise ArchiveBusy("note outcome", "503")

    ledger.before = busy
    with pytest.raises(ArchiveBusy):
        admitting(ledger).admit_callback(callback(NOW), BODY)


def test_old_tokens_are_forgotten_while_new_ones_come() -> None:
    ledger = FakeLedger()
    for day in range(3):
        for number in range(40):
            at = NOW + timedelta(days=day)
            admitting(ledger, at).admit_callback(callback(at, jti=f"{day}-{number}"), BODY)
    for number in range(200):
        at = NOW + timedelta(days=4)
        admitting(ledger, at).admit_callback(callback(at, jti=f"4-{number}"), BODY)

    assert {"tokens~20261130", "tokens~20261202"} == {section for section, _ in ledger.outcomes}


def test_without_the_resources_ids_no_callback_is_taken_and_the_setting_is_named() -> None:
    app = Admitting(callers(), FakeLedger(), ApiAuth.KEY, False, False, lambda: NOW)  # noqa: FBT003
    with pytest.raises(CallerUnproven, match="ACS_RESOURCE_IDS is not set"):
        app.admit_callback(callback(NOW), BODY)


# The webhook and the API


def test_event_grid_is_proven_by_its_role_and_by_nothing_less(caplog: pytest.LogCaptureFixture) -> None:
    """It drops what it hears 4xx for: what proves nothing counts as sent with the function key."""
    app = admitting()
    proven = of_event_grid(NOW, EVENT_GRID_ROLE)
    lesser = [
        None,
        "Bearer x",
        callback(NOW),
        of_event_grid(NOW),
        of_event_grid(NOW, Role.OPERATE),
        of_event_grid(NOW - timedelta(hours=1), EVENT_GRID_ROLE),
        of_event_grid(NOW, EVENT_GRID_ROLE, aud=API),
        of_event_grid(NOW, EVENT_GRID_ROLE, azp="who made the subscription"),
        of_api(NOW, EVENT_GRID_ROLE),
    ]

    assert EVENT_GRID == app.admit_events(proven, BODY, from_event_grid=True)
    assert {KEY} == {app.admit_events(one, BODY, from_event_grid=True) for one in lesser}
    assert len(lesser) - 1 == sum("caller.unproven" in line for line in caplog.messages)


def test_a_callback_with_the_function_key_needs_its_token_where_one_is_configured() -> None:
    app = admitting()
    without = Admitting(callers(), FakeLedger(), ApiAuth.KEY, False, False, lambda: NOW)  # noqa: FBT003

    assert CALLBACK == app.admit_events(callback(NOW), BODY, from_event_grid=False)
    with pytest.raises(CallerUnproven):
        app.admit_events(None, BODY, from_event_grid=False)
    assert [KEY, KEY] == [without.admit_events(None, BODY, from_event_grid=one) for one in (False, True)]


@pytest.mark.parametrize("api_auth", [ApiAuth.ENTRA, ApiAuth.BOTH])
def test_the_api_asks_for_a_token_with_a_role(api_auth: ApiAuth) -> None:
    app = admitting(api_auth=api_auth)
    caller = Caller(Actor("entra:5e2f6a0c-0001"), is_by_token=True)

    assert caller == app.admit("stop_recording", of_api(NOW, Role.OPERATE))
    with pytest.raises(CallerNotAllowed):
        app.admit("stop_recording", of_api(NOW, Role.AUDIT))
    for authorization in (None, callback(NOW), of_api(NOW, Role.OPERATE, aud="api://webhook"), "Bearer x"):
        with pytest.raises(CallerUnproven):
            app.admit("stop_recording", authorization)


def test_with_the_key_no_token_is_asked_for() -> None:
    assert Caller(KEY) == admitting(api_auth=ApiAuth.KEY).admit("stop_recording", None)


@pytest.mark.parametrize(
    "attack",
    [
        lambda: callback(NOW, aud="s3cret-audience"),
        lambda: callback(NOW, iss="s3cret-issuer"),
        lambda: as_sent(spelled({**HEADER, "kid": "s3cret-kid"}, of_callback(), signed)),
        lambda: as_sent(spelled({**HEADER, "alg": "s3cret"}, of_callback(), signed)),
        lambda: "Bearer s3cret.s3cret.s3cret",
    ],
    ids=["audience", "issuer", "kid", "alg", "no token"],
)
def test_nothing_of_a_refused_token_is_said(attack: Callable[[], str], caplog: pytest.LogCaptureFixture) -> None:
    """Neither in the answer, which is made of the error, nor in the log."""
    authorization = attack()
    with pytest.raises(Permanent) as caught:
        admitting().admit_callback(authorization, BODY)
    said = f"{caught.value} {caught.value.ids} {caught.value.__cause__} {caplog.text}"

    assert "s3cret" not in said
    assert authorization.removeprefix("Bearer ") not in said
    assert hashlib.sha256(authorization.encode()).hexdigest() not in said
