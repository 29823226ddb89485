"""The record of each request through the proxy."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from local.faultproxy.operations import Operation, Service


@dataclass(slots=True, eq=False)
class RequestRecord:
    """One request; `status` 0 means that no reply was sent.

    Attributes:
        at: monotonic seconds of its arrival.
        path: unquoted, without the query.
        fault: the name of the fault that struck it.
        bytes_out: bytes of the reply's body, passed back.
        over: whether it has ended.
    """

    service: Service
    operation: Operation
    method: str
    path: str
    fault: str | None
    at: float = field(default_factory=time.monotonic)
    status: int = 0
    bytes_out: int = 0
    over: bool = False


class Records:
    """All requests so far; thread-safe."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._all: list[RequestRecord] = []

    def add(self, record: RequestRecord) -> None:
        """Add a request."""
        with self._changed:
            self._all.append(record)
            self._changed.notify_all()

    def end(self, record: RequestRecord) -> None:
        """Mark a request as ended: answered, or dropped."""
        with self._changed:
            record.over = True
            self._changed.notify_all()

    def all(self) -> list[RequestRecord]:
        """All of them, in the order of their arrival."""
        with self._changed:
            return list(self._all)

    def wait_for(self, reached: Callable[[Sequence[RequestRecord]], bool], seconds: float) -> bool:
        """Wait until the requests meet a condition; False if it takes longer than the timeout."""
        with self._changed:
            return self._changed.wait_for(lambda: reached(self._all), seconds)
