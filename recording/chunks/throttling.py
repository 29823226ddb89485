"""Honours a source that throttles in all workers, not only in the one that was told so.

A worker that gets 429 writes down until when nobody is to ask. The others read that at most every few seconds, and
leave their chunks until then. A chunk with little time left is tried all the same: it may be the last chance.
"""

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from recording import log
from recording.core.deadlines import Waits, is_urgent
from recording.core.errors import RecordingError, SourceBusy
from recording.core.model import Chunk
from recording.ports import Throttle

_THROTTLED = "429"
_KNOWN_FOR = timedelta(seconds=5)
_DAY = 86400.0


@dataclass(slots=True)
class _Known:
    """What this worker has read, and when."""

    at: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Throttling:
    """Decide whether a chunk may be tried now. Nobody waits longer than the longest of `waits`, whatever was asked."""

    throttle: Throttle
    waits: Waits
    now: Callable[[], datetime]
    _known: _Known = field(default_factory=_Known, repr=False)

    def wait_until(self, chunk: Chunk) -> datetime | None:
        """When the chunk may be tried, if not now."""
        now = self.now()
        until = self._read(now)
        # Further ahead: by a clock that is wrong.
        if until is None or not now < until <= now + 2 * self.waits.longest or is_urgent(chunk.due, now):
            return None
        share = hashlib.sha256(chunk.document_id.encode("utf-8", "surrogatepass")).digest()[0] / 255
        until = min(until, now + self.waits.longest)
        return until + share * self.waits.first / 2  # not all at the same moment

    def note(self, error: RecordingError) -> None:
        """Tell all workers, if the error says that the source throttles."""
        if not isinstance(error, SourceBusy) or error.ids.get("status") != _THROTTLED:
            return
        now = self.now()
        asked = self.waits.first if error.retry_after is None else timedelta(seconds=min(error.retry_after, _DAY))
        wait = min(asked, self.waits.longest)
        known = self._read(now)
        if known is not None and now + wait <= known <= now + 2 * self.waits.longest:
            return
        self._known.at, self._known.until = now, now + wait
        try:
            self.throttle.throttle(now + wait)
        except RecordingError as failure:
            _log_unshared(failure)
        log.event("source.throttled", {"until": now + wait}, logging.WARNING)

    def _read(self, now: datetime) -> datetime | None:
        known = self._known
        if known.at is None or abs(now - known.at) >= _KNOWN_FOR:
            known.at = now
            try:
                known.until = self.throttle.throttled_until()
            except RecordingError as failure:  # no reason to copy nothing
                _log_unshared(failure)
        return known.until


def _log_unshared(failure: RecordingError) -> None:
    log.event("source.throttle_not_shared", {"code": failure.code, "cause": failure}, logging.WARNING)
