"""An issuer of tokens, with a key of its own: what the local services sign with, as the real ones do."""

import json
import secrets
import threading
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

_LIFETIME = timedelta(minutes=5)


class TokenIssuer:
    """Signs tokens by RS256. Its key is made when it is first needed."""

    def __init__(self, issuer: str) -> None:
        """`issuer` is the claim `iss` of its tokens."""
        self.issuer = issuer
        self.kid = secrets.token_hex(8)
        self._lock = threading.Lock()
        self._key: rsa.RSAPrivateKey | None = None

    @property
    def key(self) -> rsa.RSAPrivateKey:
        """The private key; the same for all threads."""
        with self._lock:
            if self._key is None:
                self._key = rsa.generate_private_key(65537, 2048)
            return self._key

    @property
    def document(self) -> dict[str, Any]:
        """The public keys, as an issuer publishes them."""
        public = json.loads(RSAAlgorithm.to_jwk(self.key.public_key()))
        return {"keys": [{**public, "kid": self.kid, "use": "sig", "alg": "RS256"}]}

    def claims(self, audience: str, lifetime: timedelta = _LIFETIME, **more: object) -> dict[str, Any]:
        """The claims of a token that holds from now on."""
        now = datetime.now(UTC)
        times = {"iat": now, "nbf": now, "exp": now + lifetime}
        return {"iss": self.issuer, "aud": audience, "jti": str(uuid.uuid4()), **times, **more}

    def sign(self, claims: Mapping[str, Any]) -> str:
        """A token with these claims."""
        return jwt.encode(dict(claims), self.key, "RS256", headers={"kid": self.kid})
