"""Tokens, checked: RS256 only, by a key of the issuer, for one of our audiences."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt

from recording.adapters.tokens.key_cache import KeyCache
from recording.adapters.tokens.key_documents import LONGEST_KID
from recording.core.callers import Issuer, Proven, unproven

_ALGORITHM = "RS256"
_CAUSES: Mapping[type[Exception], str] = {
    jwt.InvalidSignatureError: "the signature of the token is wrong",
    jwt.InvalidIssuerError: "the token is of another issuer",
    jwt.InvalidAudienceError: "the token is for another audience",
    jwt.MissingRequiredClaimError: "the token lacks a claim that it must have",
}
_NO_TOKEN = "it is no token"  # noqa: S105 - it says so
_CHECKED: Any = {
    "require": ["exp", "iss", "aud"],
    # By the app's own clock: see `core.callers`.
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
}


@dataclass(frozen=True, slots=True)
class Trust:
    """Whose tokens are accepted: who has signed them, by which keys, and for whom."""

    issuers: tuple[str, ...]
    audiences: tuple[str, ...]
    keys: KeyCache


class TokenCallers:
    """`Callers` over the keys of each issuer."""

    def __init__(self, trusted: Mapping[Issuer, Trust]) -> None:
        self._trusted = trusted

    def prove(self, issuer: Issuer, token: str) -> Proven:
        """See `ports.Callers.prove`."""
        trust = self._trusted.get(issuer)
        if trust is None:
            raise unproven("no token of this kind is accepted")
        key = trust.keys.find(_kid(token))
        if key is None:
            raise unproven("the token is signed by a key that is none of the issuer's")
        try:
            claims = jwt.decode(
                token, key, [_ALGORITHM], options=_CHECKED, audience=trust.audiences, issuer=trust.issuers
            )
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
            # No `from error`, which may show the token. The audience is looked at last: it is the issuer's own token.
            hint = "compare the setting of audiences" if isinstance(error, jwt.InvalidAudienceError) else ""
            raise unproven(_CAUSES.get(type(error), _NO_TOKEN), hint) from None
        return Proven(claims, hashlib.sha256(token.rpartition(".")[0].encode()).hexdigest())


def _kid(token: str) -> str:
    """The id of the key by which the token says that it is signed; nothing else in its head is believed."""
    try:
        head = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        raise unproven(_NO_TOKEN) from None
    if head.get("alg") != _ALGORITHM:
        raise unproven(f"the token is not signed by {_ALGORITHM}")
    kid = head.get("kid")
    if not isinstance(kid, str) or not 0 < len(kid) <= LONGEST_KID:
        raise unproven("the token does not name its key")
    return kid
