"""What the workers tell one another about a source that throttles."""

from datetime import datetime
from typing import Protocol


class Throttle(Protocol):
    """Until when the source has asked for fewer requests; one value for all workers."""

    def throttled_until(self) -> datetime | None:
        """The value written last, or None."""

    def throttle(self, until: datetime) -> None:
        """Write the value; the last writer wins."""
