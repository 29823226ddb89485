"""The host's keys: for a function, for the whole host, and for webhooks."""

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from aiohttp import web


@dataclass(frozen=True, slots=True)
class Keys:
    """From LOCAL_FUNCTION_KEY, LOCAL_MASTER_KEY and LOCAL_SYSTEM_KEY; random if not set."""

    function: str
    master: str
    system: str

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> Self:
        """Takes each key from the environment; one that is not set is random."""

        def key(name: str) -> str:
            return environment.get(name) or secrets.token_urlsafe(32)

        return cls(key("LOCAL_FUNCTION_KEY"), key("LOCAL_MASTER_KEY"), key("LOCAL_SYSTEM_KEY"))

    def open(self, level: str, request: web.Request) -> bool:
        """Whether a request is authorized: anonymous, function, system or admin. The master key is valid for each."""
        if level == "anonymous":
            return True
        given = request.headers.get("x-functions-key") or request.query.get("code") or ""
        accepted = {"function": (self.function, self.master), "system": (self.system, self.master)}
        return any(
            hmac.compare_digest(given.encode(errors="surrogateescape"), key.encode())
            for key in accepted.get(level, (self.master,))
        )
