"""Storage that chunks are copied from: the service's short-lived storage, or a container of our own."""

from contextlib import AbstractContextManager
from typing import Protocol

from recording.core.model import Location, Proof


class Transfer(Protocol):
    """An open reply of the source. Not thread-safe, except `abort`, which any thread may call."""

    @property
    def location(self) -> Location:
        """Where the bytes come from, after redirects; each redirect was checked."""

    @property
    def offset(self) -> int:
        """The offset of the first byte; 0 if the source ignored the range."""

    @property
    def length(self) -> int | None:
        """The announced length of the body, possibly less than requested; None if not announced."""

    @property
    def total(self) -> int | None:
        """The length of the whole content; None if neither Content-Range nor a whole reply's Content-Length says it."""

    @property
    def validators(self) -> str:
        """ETag and Last-Modified, one line each, empty if not sent; they change when the content does."""

    @property
    def content_type(self) -> str:
        """The reply's Content-Type, empty if not sent. An error page can arrive with status 200."""

    def readinto(self, view: memoryview) -> int:
        """Read up to `len(view)` bytes into `view`; their number, 0 at the end of the body.

        Raises:
            TransferBroken: the connection broke, or ended before `length`.
        """

    def abort(self) -> None:
        """Make `readinto` raise TransferBroken: the blocked call, and every later one."""


class ReadableSource(Protocol):
    """What the copy engine reads from. It has no `delete`, so that a copy cannot name one."""

    def open(self, location: Location, offset: int = 0, length: int | None = None) -> AbstractContextManager[Transfer]:
        """Request `length` bytes from `offset`, or all bytes. A range beyond the end returns the bytes that exist.

        Raises:
            SourceGone: 404, 410.
            SourceNotReady: 400, or an empty reply.
            SourceRefused: 401, 403.
            SourceBusy: 408, 429, 5xx; with the seconds of Retry-After.
            SourceUnexpected: any other status; too many redirects.
            SourceUnreachable: no reply within the timeout.
            TransferBroken: the headers of the reply contradict each other.
            HostileLocation: the location, or a redirect, is none of this source; nothing was sent there.
        """


class Source(ReadableSource, Protocol):
    """The service's short-lived storage.

    Every location and every redirect is checked against the allow-list before anything is sent to it; a redirected
    request is signed anew.
    """

    def delete(self, location: Location, proof: Proof) -> bool:
        """Delete the chunk's content and metadata; True if deleted, False if the service does not know it (404, 410).

        Only the status counts, not the body. False does not show that the content is gone: only a request to the
        content's location can. The proof is required: the caller has just checked that the archive still holds the
        content.

        Raises:
            SourceRefused: 401, 403.
            SourceBusy: 408, 429, 5xx; with the seconds of Retry-After.
            SourceUnexpected: any other status.
            SourceUnreachable: no reply: it may or may not be deleted; retry.
            HostileLocation: the location, or a redirect, is not on the allow-list; nothing was sent there.
        """
