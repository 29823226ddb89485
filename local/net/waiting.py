"""Waiting for a state that other threads or the clock bring about."""

import threading
import time
from collections.abc import Callable

_POLL = 0.05


def wait_until(changed: threading.Condition, is_reached: Callable[[], bool], timeout: float) -> bool:
    """Evaluate a condition at each notification and every 50 ms; False if it is not met within the timeout."""
    limit = time.monotonic() + timeout
    with changed:
        while not is_reached():
            left = limit - time.monotonic()
            if left <= 0:
                return False
            changed.wait(min(left, _POLL))
    return True
