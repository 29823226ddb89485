"""The requests that reached the local service, and the connections that its tunnel refused."""

import threading

from local.acs.model import RequestRecord


class RequestLog:
    """Everything since the service began; thread-safe."""

    def __init__(self, changed: threading.Condition) -> None:
        """`changed` guards the log and is notified of each change."""
        self._changed = changed
        self._requests: list[RequestRecord] = []
        self._refused: list[str] = []

    def requests(self) -> list[RequestRecord]:
        """Every request that reached the TLS server, in order of arrival."""
        with self._changed:
            return list(self._requests)

    def refused(self) -> list[str]:
        """`host:port` of every connection that the tunnel refused."""
        with self._changed:
            return list(self._refused)

    def begin(self, record: RequestRecord) -> None:
        """Add a request."""
        with self._changed:
            self._requests.append(record)
            self._changed.notify_all()

    def end(self, record: RequestRecord) -> None:
        """Mark a request as done: answered, or its connection dropped."""
        with self._changed:
            record.done = True
            self._changed.notify_all()

    def refuse(self, target: str) -> None:
        """Add a refused connection."""
        with self._changed:
            self._refused.append(target)
            self._changed.notify_all()
