"""Tokens for tests: an issuer in memory, and the adapter over its keys."""

import base64
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from jwt.algorithms import RSAAlgorithm

from local.net.tokens import TokenIssuer
from recording.adapters.tokens import KeyCache, TokenCallers, Trust
from recording.core.callers import EVENT_GRID_APPLICATION, Issuer

CALL_AUTOMATION = TokenIssuer("https://acscallautomation.communication.azure.com")
ENTRA = TokenIssuer("https://login.microsoftonline.com/tenant/v2.0")
ATTACKER = TokenIssuer(CALL_AUTOMATION.issuer)
"""Says that it is Call Automation, and signs with a key of its own."""
RESOURCE, API, WEBHOOK = "resource", "api://archive", "api://webhook"
LIFETIME = timedelta(minutes=5)


def keys_of(*issuers: TokenIssuer) -> KeyCache:
    """Their public keys, without a network."""
    found = {
        one["kid"]: RSAAlgorithm.from_jwk({"kty": "RSA", "n": one["n"], "e": one["e"]})
        for issuer in issuers
        for one in issuer.document["keys"]
    }
    return KeyCache(lambda: found, lambda: 0.0)  # type: ignore[arg-type,return-value] # public keys, all of them


def callers() -> TokenCallers:
    """The adapter, with Call Automation and Entra trusted."""
    entra = keys_of(ENTRA)
    return TokenCallers(
        {
            Issuer.CALL_AUTOMATION: Trust((CALL_AUTOMATION.issuer,), (RESOURCE,), keys_of(CALL_AUTOMATION)),
            Issuer.API: Trust((ENTRA.issuer,), (API,), entra),
            Issuer.EVENT_GRID: Trust((ENTRA.issuer,), (WEBHOOK,), entra),
        }
    )


def claims(issuer: TokenIssuer, audience: str, at: datetime, **more: object) -> dict[str, Any]:
    """The claims of a token that is made at that moment; None leaves one out."""
    times = {"iat": at, "nbf": at, "exp": at + LIFETIME}
    found = {**issuer.claims(audience), **times, **more}
    return {name: value for name, value in found.items() if value is not None}


def callback(at: datetime, **more: object) -> str:
    """The Authorization header of a callback."""
    return f"Bearer {CALL_AUTOMATION.sign(claims(CALL_AUTOMATION, RESOURCE, at, **more))}"


def of_api(at: datetime, *roles: str, **more: object) -> str:
    """The Authorization header of a caller with these roles."""
    return f"Bearer {ENTRA.sign(claims(ENTRA, API, at, roles=list(roles), oid='5E2F6A0C-0001', **more))}"


def of_event_grid(at: datetime, *roles: str, **more: object) -> str:
    """The Authorization header of a delivery."""
    own = {"roles": list(roles), "azp": EVENT_GRID_APPLICATION}
    return f"Bearer {ENTRA.sign(claims(ENTRA, WEBHOOK, at, **own | more))}"


def spelled(header: Mapping[str, object], payload: Mapping[str, object], sign: Callable[[bytes], bytes]) -> str:
    """A token made by hand."""
    inside = ".".join(_encoded(json.dumps(one, default=_seconds).encode()) for one in (header, payload))
    return f"{inside}.{_encoded(sign(inside.encode()))}"


def _encoded(found: bytes) -> str:
    return base64.urlsafe_b64encode(found).rstrip(b"=").decode()


def _seconds(at: datetime) -> float:
    return at.astimezone(UTC).timestamp()
