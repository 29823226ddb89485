"""The keys of an issuer, kept: when they are asked for, and what holds while they cannot be had."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from local.net.tokens import TokenIssuer
from recording.adapters.tokens.key_cache import APART, FRESH, GOOD, KeyCache
from recording.adapters.tokens.key_documents import Keys
from recording.core.errors import KeysUnavailable

KEY = TokenIssuer("issuer").key.public_key()


@dataclass
class Endpoint:
    """An issuer, asked by a cache whose clock is `seconds`."""

    kids: set[str] = field(default_factory=lambda: {"first"})
    seconds: float = 1000.0
    asked: int = 0
    failure: Exception | None = None
    answering: Callable[[], object] = lambda: None

    def ask(self) -> Keys:
        self.asked += 1
        self.answering()
        if self.failure is not None:
            raise self.failure
        return dict.fromkeys(self.kids, KEY)

    def cache(self, wait: float = 30.0) -> KeyCache:
        return KeyCache(self.ask, lambda: self.seconds, wait)


DOWN = KeysUnavailable("ask for keys of tokens", "the answer is 503")


def test_keys_are_asked_for_once_an_hour() -> None:
    endpoint = Endpoint()
    cache = endpoint.cache()
    for _ in range(10):
        assert KEY is cache.find("first")
    assert 1 == endpoint.asked
    endpoint.seconds += FRESH - 1
    assert (KEY, 1) == (cache.find("first"), endpoint.asked)
    endpoint.seconds += 1
    assert (KEY, 2) == (cache.find("first"), endpoint.asked)


def test_a_key_that_the_issuer_has_taken_back_is_not_used_after_an_hour() -> None:
    endpoint = Endpoint()
    cache = endpoint.cache()
    cache.find("first")
    endpoint.kids, endpoint.seconds = {"second"}, endpoint.seconds + FRESH

    assert [None, KEY] == [cache.find("first"), cache.find("second")]


def test_an_unknown_key_is_asked_for_at_most_once_in_30_seconds() -> None:
    """Whoever sends tokens chooses their ids."""
    endpoint = Endpoint()
    cache = endpoint.cache()
    for number in range(100):
        assert cache.find(f"unknown-{number}") is None
    assert 1 == endpoint.asked
    endpoint.kids |= {"second"}
    endpoint.seconds += APART - 1
    assert (None, 1) == (cache.find("second"), endpoint.asked)
    endpoint.seconds += 1
    assert (KEY, 2) == (cache.find("second"), endpoint.asked)


@pytest.mark.parametrize("failure", [DOWN, ZeroDivisionError(), RecursionError()], ids=repr)
def test_the_last_good_keys_are_used_for_a_day_while_the_endpoint_is_down(
    failure: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    endpoint = Endpoint()
    cache = endpoint.cache()
    cache.find("first")
    endpoint.failure, endpoint.seconds = failure, endpoint.seconds + GOOD - 1
    assert KEY is cache.find("first")
    with pytest.raises(KeysUnavailable):
        cache.find("second")
    endpoint.seconds += 1
    with pytest.raises(KeysUnavailable) as caught:
        cache.find("first")

    assert APART == caught.value.retry_after
    assert "keys.not_fetched" in caplog.text
    endpoint.failure, endpoint.seconds = None, endpoint.seconds + APART
    assert KEY is cache.find("first")


def test_an_endpoint_that_is_down_is_not_asked_by_every_caller() -> None:
    """And whoever has a token of an unknown key is told to come again, as it may be a new one."""
    endpoint = Endpoint(failure=DOWN)
    cache = endpoint.cache()
    for _ in range(100):
        with pytest.raises(KeysUnavailable, match="503"):
            cache.find("first")

    assert 1 == endpoint.asked


def test_while_an_endpoint_hangs_known_keys_are_used_and_others_come_again() -> None:
    """Nobody waits longer than some seconds, and it is not asked a second time meanwhile."""
    hanging = threading.Event()
    endpoint = Endpoint()
    cache = endpoint.cache(wait=0.01)
    while not _is_known(cache):
        pass
    endpoint.answering, endpoint.seconds = hanging.wait, endpoint.seconds + FRESH
    try:
        assert KEY is cache.find("first")
        endpoint.seconds += APART
        assert KEY is cache.find("first")
        with pytest.raises(KeysUnavailable, match="too long"):
            cache.find("second")
        assert 2 == endpoint.asked
    finally:
        hanging.set()


def test_many_callers_at_once_ask_once() -> None:
    together, found = threading.Barrier(8), list[object]()
    endpoint = Endpoint()
    cache = endpoint.cache()

    def find() -> None:
        together.wait()
        found.append(cache.find("first"))

    threads = [threading.Thread(target=find) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (8 * [KEY], 1) == (found, endpoint.asked)


def _is_known(cache: KeyCache) -> bool:
    try:
        return cache.find("first") is not None
    except KeysUnavailable:
        return False
