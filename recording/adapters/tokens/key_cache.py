"""The keys of one issuer, kept: asked for again each hour and for an unknown id, and used for a day if that fails.

Whoever sends tokens decides how often there is an unknown id, so keys are asked for at most once in 30 seconds. One
thread asks, for all; a caller waits for it only some seconds, however long it takes.
"""

import logging
import threading
from collections.abc import Callable, Mapping

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from recording import log
from recording.adapters.tokens.key_documents import Keys
from recording.core.errors import KeysUnavailable

FRESH = 3600.0
"""Seconds for which keys are used without asking again."""
GOOD = 86_400.0
"""Seconds for which the last keys are used while none can be had."""
APART = 30.0
"""Seconds between two requests."""
WAIT = 5.0
"""Seconds for which a caller waits for a request, from its begin on."""


class KeyCache:
    """Finds keys by id.

    Args:
        ask: for all keys; raises `KeysUnavailable`, and ends in its own time.
        monotonic: a clock, in seconds.
        wait: how long a caller waits for an answer.
    """

    def __init__(self, ask: Callable[[], Keys], monotonic: Callable[[], float], wait: float = WAIT) -> None:
        self._ask = ask
        self._monotonic = monotonic
        self._wait = wait
        self._lock = threading.Lock()
        self._keys: Mapping[str, RSAPublicKey] = {}
        self._fetched_at: float | None = None
        self._asked_at: float | None = None
        self._failure: KeysUnavailable | None = None
        self._answered: threading.Event | None = None
        """Set when the request that is under way ends; None between requests."""

    def find(self, kid: str) -> RSAPublicKey | None:
        """The key with this id; None if the issuer has none.

        Raises:
            KeysUnavailable: it is not known whether there is one.
        """
        with self._lock:
            known, age = self._known(kid)
            if known is not None and age < FRESH:
                return known
            self._begin()
            answered, seconds = self._answered, self._wait
            if self._asked_at is not None:
                seconds -= self._monotonic() - self._asked_at
        if answered is not None:
            answered.wait(max(0.0, seconds))
        with self._lock:
            known, age = self._known(kid)
            if known is not None:
                return known
            if self._answered is not None:
                raise KeysUnavailable("find key of token", "the issuer's answer takes too long", retry_after=self._wait)
            if self._failure is not None:
                raise KeysUnavailable("find key of token", self._failure.cause, retry_after=APART)
            return None

    def _known(self, kid: str) -> tuple[RSAPublicKey | None, float]:
        """A key that may still be used, and its age."""
        age = GOOD if self._fetched_at is None else self._monotonic() - self._fetched_at
        return (self._keys.get(kid) if age < GOOD else None), age

    def _begin(self) -> None:
        """Ask, if nobody does, and nobody has just done."""
        now = self._monotonic()
        if self._answered is not None or (self._asked_at is not None and now - self._asked_at < APART):
            return
        answered = threading.Event()
        threading.Thread(target=self._run, args=(answered,), name="token-keys", daemon=True).start()
        self._answered, self._asked_at = answered, now

    def _run(self, answered: threading.Event) -> None:
        try:
            keys, failure = self._ask(), None
        except KeysUnavailable as error:
            keys, failure = None, error
        except Exception as error:  # noqa: BLE001 - whatever it is, the callers must not wait for it for ever
            keys, failure = None, KeysUnavailable("ask for keys of tokens", f"it failed: {type(error).__name__}")
        if failure is not None:
            log.event("keys.not_fetched", {"code": failure.code, "cause": failure}, logging.WARNING)
        with self._lock:
            self._failure = failure
            if keys is not None:
                self._keys, self._fetched_at = keys, self._monotonic()
            self._answered = None
        answered.set()
