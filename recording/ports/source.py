"""The service's short-lived storage."""

from contextlib import AbstractContextManager
from typing import Protocol

from recording.core.model import Location, Proof


class Transfer(Protocol):
    """An open reply of the source. Not for two threads, but for `abort`, which any thread may call."""

    @property
    def location(self) -> Location:
        """Where the bytes came from, after redirects that were each checked."""

    @property
    def offset(self) -> int:
        """Of the first byte that will come; 0 when the source took no notice of the range."""

    @property
    def length(self) -> int | None:
        """How many bytes the reply says will come, fewer than were asked for perhaps; None when it does not say."""

    @property
    def total(self) -> int | None:
        """How long the whole content is; None when neither Content-Range nor a whole reply's Content-Length says."""

    @property
    def validators(self) -> str:
        """ETag and Last-Modified, a line each, empty where not sent; neither changes while the content is the same."""

    @property
    def content_type(self) -> str:
        """What the reply says it is; empty when it does not say. An error page may come as a success."""

    def readinto(self, view: memoryview) -> int:
        """Fill `view` as far as bytes come; 0 at their end.

        Raises:
            TransferBroken: when the connection breaks, or ends before `length`.
        """

    def abort(self) -> None:
        """Make `readinto` fail with TransferBroken, one that is blocked and every later one."""


class Source(Protocol):
    """The service's short-lived storage.

    A location is checked against the allow-list before anything is sent to it, and so is every redirect, which is
    then signed anew.
    """

    def open(self, location: Location, offset: int = 0, length: int | None = None) -> AbstractContextManager[Transfer]:
        """Ask for `length` bytes from `offset`, or for all; of a range that ends past the end, what there is comes.

        Raises:
            SourceGone: 404, 410.
            SourceNotReady: 400, or a reply that says that there is nothing in it.
            SourceRefused: 401, 403.
            SourceBusy: 408, 429, 5xx; with the seconds of Retry-After.
            SourceUnexpected: any other status; redirects without end.
            SourceUnreachable: no reply, or none that came in its time.
            TransferBroken: the reply contradicts itself.
            HostileLocation: the location, or a redirect, is not the service's; nothing was sent there.
        """

    def delete(self, location: Location, proof: Proof) -> bool:
        """Delete the chunk's content and metadata; True if it was done, False if the service knows of none (404, 410).

        The status alone tells, whatever the body is. A False is no evidence yet that the content is gone: only the
        content's own location can say so. The proof is what makes the call legal: the caller has just seen that the
        archive still holds it.

        Raises:
            SourceRefused: 401, 403.
            SourceBusy: 408, 429, 5xx; with the seconds of Retry-After.
            SourceUnexpected: any other status.
            SourceUnreachable: no reply: it may or may not be deleted; ask again.
            HostileLocation: the location, or a redirect, is not the service's; nothing was sent there.
        """
