"""What every error has, and the two families of errors."""

from collections.abc import Mapping
from typing import ClassVar

from recording.core.lines import escaped, shown


class RecordingError(Exception):
    """A failed operation: what was tried, on what, why it failed and what an operator can do.

    Args:
        operation: what was tried, in the imperative, such as "copy chunk".
        cause: what was seen, in one sentence, without secrets.
        hint: what an operator can do about it.
        ids: the recording, chunk or call it concerns.
    """

    code: ClassVar[str] = "recording_error"

    def __init__(self, operation: str, cause: str, *, hint: str = "", ids: Mapping[str, str] | None = None) -> None:
        self.operation = operation
        self.cause = cause
        self.hint = hint
        self.ids = dict(ids or {})
        super().__init__(operation, cause)

    def __str__(self) -> str:
        """One line for the log: operation, ids, cause, hint. Line breaks and control characters are escaped."""
        ids = "".join(f" {key}={shown(value)}" for key, value in self.ids.items())
        hint = f" ({self.hint})" if self.hint else ""
        return f"{self.operation}{ids}: {escaped(self.cause)}{hint}"


class Transient(RecordingError):
    """Expected to pass without a person: the step is tried again.

    Args:
        retry_after: the seconds that the other side asked us to wait (Retry-After), if it did.
        operation, cause, hint, ids: as for `RecordingError`.
    """

    code = "transient"

    def __init__(
        self,
        operation: str,
        cause: str,
        *,
        hint: str = "",
        ids: Mapping[str, str] | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(operation, cause, hint=hint, ids=ids)
        self.retry_after = retry_after


class Permanent(RecordingError):
    """No retry can succeed: a person decides."""

    code = "permanent"
