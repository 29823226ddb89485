"""An issuer's keys: a JSON document at a fixed URL, of which only sound RSA keys are taken."""

from collections.abc import Mapping
from typing import Any

import msgspec
from azure.core.exceptions import AzureError
from azure.core.pipeline import Pipeline
from azure.core.rest import HttpRequest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import RSAAlgorithm
from jwt.exceptions import PyJWTError

from recording.adapters.sdk_errors import message_of
from recording.core.errors import KeysUnavailable

LONGEST_KID = 256
_OK = 200
_MOST_BYTES = 256 << 10
"""Of a document; those of the issuers have some 10 KiB."""
_MOST_KEYS = 100
_LONGEST_NUMBER = 1400
"""Characters of a key's modulus, for 8,192 bits: a longer one makes each check slow."""
_KEY_BITS = range(2048, 8192 + 1)
_MOST_EXPONENT = 1 << 32

type Keys = Mapping[str, RSAPublicKey]


class _Document(msgspec.Struct):
    keys: list[Any]


def ask_for_keys(pipeline: Pipeline[HttpRequest, Any], url: str) -> Keys:
    """The keys of an issuer, by their ids.

    Raises:
        KeysUnavailable: they cannot be had, or there is none among them.
    """
    try:
        request = HttpRequest("GET", url, headers={"Accept": "application/json"})
        reply = pipeline.run(request, most=_MOST_BYTES).http_response
    except AzureError as error:
        raise _unavailable(message_of(error)) from error
    if reply.status_code != _OK:
        raise _unavailable(f"the answer is {reply.status_code}")
    try:
        listed = msgspec.json.decode(reply.content, type=_Document).keys
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise _unavailable("the answer is no document of keys") from error
    found = dict[str, RSAPublicKey]()
    for one in listed[:_MOST_KEYS]:
        kid, key = _key(one)
        if key is not None:
            found.setdefault(kid, key)
    if not found:
        raise _unavailable("the answer has no key for RS256")
    return found


def _key(one: Any) -> tuple[str, RSAPublicKey | None]:
    match one:
        case {"kty": "RSA", "kid": str(kid), "n": str(modulus), "e": str(exponent)} if (
            0 < len(kid) <= LONGEST_KID
            and max(len(modulus), len(exponent)) <= _LONGEST_NUMBER
            and one.get("use", "sig") == "sig"
            and one.get("alg", "RS256") == "RS256"
        ):
            return kid, _sound({"kty": "RSA", "n": modulus, "e": exponent})
    return "", None


def _sound(jwk: dict[str, str]) -> RSAPublicKey | None:
    try:
        key = RSAAlgorithm.from_jwk(jwk)
    except (PyJWTError, ValueError, TypeError):
        return None
    is_sound = isinstance(key, RSAPublicKey) and key.key_size in _KEY_BITS and key.public_numbers().e <= _MOST_EXPONENT
    return key if is_sound and isinstance(key, RSAPublicKey) else None


def _unavailable(cause: str) -> KeysUnavailable:
    return KeysUnavailable("ask for keys of tokens", cause, hint="check the way from the app to the issuer's host")
