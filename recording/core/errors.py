"""The two families of errors, told apart by who must react.

A `Transient` error is raised on: the platform gives the step back and it is tried again. A `Permanent` one is put in
front of a person: no retry will mend it. Every error says which operation failed, on which ids, why, and what an
operator can do. None carries a URL's query, a key or a participant's identity.
"""

from collections.abc import Mapping
from typing import ClassVar

from recording.core.lines import escaped, shown
from recording.core.model import RecordingId


class RecordingError(Exception):
    """A failed operation: what was tried, on what, why it failed and what an operator can do.

    Args:
        operation: the step in the imperative, such as "copy chunk".
        cause: what was seen, in one sentence, free of secrets.
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
        """One line for the log, whatever the ids hold: operation, ids, cause, hint."""
        ids = "".join(f" {key}={shown(value)}" for key, value in self.ids.items())
        hint = f" ({self.hint})" if self.hint else ""
        return f"{self.operation}{ids}: {escaped(self.cause)}{hint}"


class Transient(RecordingError):
    """Passes by itself: the step is tried again, for as long as the source may live."""

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
        """Seconds the other side asked us to wait, if it did."""


class Permanent(RecordingError):
    """No retry will mend it: a person decides."""

    code = "permanent"


class SourceGone(Transient):
    """The source says that there is no such thing: 404, 410. Not yet, or not any more, or it is mistaken."""

    code = "source_gone"


class SourceNotReady(Transient):
    """The source does not hold the media yet: 400, an empty body or an error page where media should be."""

    code = "source_not_ready"


class SourceUnexpected(Transient):
    """The source answers with a status, or in a way, that nobody expects of it: it says nothing of the media."""

    code = "source_unexpected"


class SourceBusy(Transient):
    """The source asks for fewer requests (429) or cannot answer now (408, 5xx)."""

    code = "source_busy"


class SourceRefused(Transient):
    """The source refuses our credentials (401, 403); it passes when a token is renewed or a role has spread."""

    code = "source_refused"


class SourceUnreachable(Transient):
    """No answer from the source: name, connection, TLS or time."""

    code = "source_unreachable"


class TransferBroken(Transient):
    """The bytes that came are fewer or more than were announced, or the connection broke among them."""

    code = "transfer_broken"


class SourceChanged(Transient):
    """The source's content changed between two ranges of one copy."""

    code = "source_changed"


class ArchiveBusy(Transient):
    """Our own storage is throttling, failing or out of reach."""

    code = "archive_busy"


class ArchiveRefused(Transient):
    """Our own storage refuses us; a role just granted may take hours to work."""

    code = "archive_refused"


class ArchiveDamaged(Transient):
    """What the archive received is not what was sent, or what it holds is no longer what was proven."""

    code = "archive_damaged"


class StagedBlocksGone(Transient):
    """A rival's commit discarded our staged blocks; the blob must be looked at anew."""

    code = "staged_blocks_gone"


class CatalogConflict(Transient):
    """The entry was changed by someone else since it was read; read it again and decide again."""

    code = "catalog_conflict"


class NewerSchema(Transient):
    """The entry was saved by a newer version of the app: that one will do it, and this one changes nothing."""

    code = "newer_schema"


class PortFailed(Transient):
    """An adapter failed in a way that it does not know; the exception that it met is the cause of this one."""

    code = "port_failed"


class ServiceBusy(Transient):
    """Call Automation or Event Grid cannot answer now."""

    code = "service_busy"


class ServiceRefused(Transient):
    """Call Automation or Event Grid refuses our credentials (401, 403)."""

    code = "service_refused"


class CallNotReady(Transient):
    """The service refuses to record the call for now: it is not established, or it is too young to be found."""

    code = "call_not_ready"


class MalformedEvent(Permanent):
    """An event lacks a field, or holds one of the wrong type; `field` names it by its path."""

    code = "malformed_event"

    def __init__(self, field: str, cause: str, *, ids: Mapping[str, str] | None = None) -> None:
        super().__init__("read event", f"{field}: {cause}", ids=ids)
        self.field = field


class InvalidRequest(Permanent):
    """A caller's request cannot be carried out as it stands; `field` names what to mend."""

    code = "invalid_request"

    def __init__(self, field: str, cause: str) -> None:
        super().__init__("read request", f"{field}: {cause}")
        self.field = field


class RequestTooLarge(InvalidRequest):
    """A caller's request is larger than any that this app reads."""

    code = "request_too_large"


class RequestIdReused(Permanent):
    """A caller's request id stands for another order already; `field` names the header to mend."""

    code = "request_id_reused"
    field: ClassVar[str] = "Repeatability-Request-ID"


class HostileLocation(Permanent):
    """A URL that is not one of the service's recording locations; nothing was sent to it."""

    code = "hostile_location"


class BlobExists(Permanent):
    """The archive already holds a blob of this name: a question, not an answer."""

    code = "blob_exists"


class ForeignBlocks(Permanent):
    """Blocks that are not ours are staged under our blob's name, and keep ours out."""

    code = "foreign_blocks"


class EntryTooLarge(Permanent):
    """The entry of this recording is larger than a row of the catalog can be."""

    code = "entry_too_large"


class EntryUnreadable(Permanent):
    """A row of the catalog is not what it should be; `cause` names the place in it, never a value."""

    code = "entry_unreadable"


class CatalogRefused(Permanent):
    """The catalog cannot store or look for what it was given, however often it is asked."""

    code = "catalog_refused"


class UnknownRecording(Permanent):
    """Neither the catalog nor the service knows this recording id."""

    code = "unknown_recording"


class CallRefused(Permanent):
    """Call Automation refuses the operation for what the call or the recording is; nothing was done.

    `status` is its HTTP status, `running` the recording that stands in the way, where it is known.
    """

    code = "call_refused"

    def __init__(
        self,
        operation: str,
        cause: str,
        *,
        status: int,
        hint: str = "",
        ids: Mapping[str, str] | None = None,
        running: RecordingId | None = None,
    ) -> None:
        super().__init__(operation, cause, hint=hint, ids=ids)
        self.status = status
        self.running = running


class SettingsInvalid(Permanent):
    """Settings are missing or wrong; `problems` names every one of them."""

    code = "settings_invalid"

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("read settings", "; ".join(problems), hint="set them in the app's settings")
        self.problems = problems
