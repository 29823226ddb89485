"""The service's short-lived storage: every request is signed, every redirect checked and signed again."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from azure.communication.callautomation.recording_url_validator import validate_recording_url
from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError
from azure.core.pipeline import Pipeline
from azure.core.rest import HttpRequest

from recording.adapters.http_transport import Reply, Take
from recording.adapters.sdk_errors import RetryAfterTooLong, code_of, is_busy, message_of, retry_after_of
from recording.adapters.transfer import READ, HttpTransfer
from recording.core.errors import (
    HostileLocation,
    RecordingError,
    SourceBusy,
    SourceGone,
    SourceNotReady,
    SourceRefused,
    SourceUnexpected,
    SourceUnreachable,
)
from recording.core.locations import check_location, object_id, redirect_target
from recording.core.model import Location, Proof
from recording.ports import Transfer

_DELETE = "delete at source"
_MOST_REDIRECTS = 4
_REDIRECTS = {"GET": frozenset({300, 301, 302, 303, 307, 308}), "DELETE": frozenset({300, 301, 302, 307, 308})}
"""By a 303 the server names another resource to read; it does not mean to repeat the DELETE there."""
_CONTENT = frozenset({200, 206})
_GONE = frozenset({404, 410})
_REFUSED = frozenset({401, 403})
_NO_SUCH_RANGE = 416
_UNSATISFIED = re.compile(r"bytes[ =]\s*\*\s*/\s*(\d{1,18})", re.ASCII | re.IGNORECASE)
_CHECK_KEY = "check ACS_ACCESS_KEY, or the identity's role on the Communication resource, and the clock"


class AcsSource:
    """`Source` of one Communication resource. A URL must satisfy the SDK's rules and our own.

    Args:
        requests: signs and sends requests (`clients.source_requests`).
    """

    def __init__(self, requests: Pipeline[HttpRequest, Reply]) -> None:
        self._requests = requests

    @contextmanager
    def open(self, location: Location, offset: int = 0, length: int | None = None) -> Iterator[Transfer]:
        """See `ports.Source.open`."""
        reply, place = self._get(location, offset, length)
        try:
            yield HttpTransfer(reply, place)
        finally:
            reply.close()

    def _get(self, location: Location, offset: int, length: int | None) -> tuple[Reply, Location]:
        """Request a range; after a 416, the part of it that exists."""
        wanted = length
        while True:
            headers = {} if wanted is None else {"Range": f"bytes={offset}-{offset + wanted - 1}"}
            reply, place = self._send(READ, "GET", location, headers)
            if reply.status_code in _CONTENT:
                return reply, place
            if reply.status_code != _NO_SUCH_RANGE or wanted is None:
                raise _refusal(READ, reply)
            wanted = _available(reply, offset, wanted) if wanted == length else None
            if wanted is None and offset:
                raise _refusal(READ, reply)

    def delete(self, location: Location, proof: Proof) -> bool:
        """See `ports.Source.delete`."""
        if not proof.length:
            raise SourceRefused(_DELETE, "the proof is of an empty blob")
        reply, _ = self._send(_DELETE, "DELETE", location, {})
        if reply.status_code in _GONE:
            return False
        if not 200 <= reply.status_code < 300:
            raise _refusal(_DELETE, reply)
        return True

    def _send(self, operation: str, method: str, location: Location, headers: dict[str, str]) -> tuple[Reply, Location]:
        """The reply, and its location after redirects. Each location is checked before anything is sent to it."""
        place = check_location(location, "location")
        for _hop in range(_MOST_REDIRECTS + 1):
            try:
                validate_recording_url(place, "location")
            except ValueError as error:
                raise HostileLocation(operation, "the SDK refuses the location") from error
            request = HttpRequest(method, place, headers=headers)
            try:
                reply = self._requests.run(request, take=Take.OPEN if method == "GET" else Take.STATUS).http_response
            except RetryAfterTooLong as error:
                reply = cast("Reply", error.response)  # its Retry-After is passed on, to the copy or to the queue
            except ClientAuthenticationError as error:
                raise SourceRefused(operation, message_of(error), hint=_CHECK_KEY) from error
            except AzureError as error:
                hint = "check the network and HTTPS_PROXY"
                raise SourceUnreachable(operation, message_of(error), hint=hint) from error
            target = reply.headers.get("Location")
            if reply.status_code not in _REDIRECTS[method] or not target:
                return reply, place
            place = redirect_target(place, target)
            if method == "DELETE" and object_id(place) != object_id(location):
                raise HostileLocation(operation, "the Location header may name another object")
        raise SourceUnexpected(operation, f"more than {_MOST_REDIRECTS} redirects", hint="it passes by itself")


def _available(reply: Reply, offset: int, wanted: int) -> int | None:
    """After a 416: how many bytes of the range exist; None if the reply does not say."""
    found = _UNSATISFIED.fullmatch(reply.headers.get("Content-Range", ""))
    if found is None:
        return None
    total = int(found[1])
    if not total:
        raise SourceNotReady(READ, "416, and the content is empty", hint="it passes by itself")
    return total - offset if offset < total < offset + wanted else None


def _refusal(operation: str, reply: Reply) -> RecordingError:
    """The error for a status. The body is only quoted."""
    status, error = reply.status_code, HttpResponseError(response=reply)
    cause = f"{status} {message_of(error)}"
    code = code_of(error)
    ids = {"status": str(status)} | ({"code": code} if code else {})
    if status in _REFUSED:
        return SourceRefused(operation, cause, hint=_CHECK_KEY, ids=ids)
    if is_busy(status) or status > 500:
        return SourceBusy(operation, cause, ids=ids, retry_after=retry_after_of(error))
    hint = "it passes by itself"
    if status in _GONE:
        return SourceGone(operation, cause, hint=hint, ids=ids)
    if operation == READ and status in {204, 400}:
        return SourceNotReady(operation, cause, hint=hint, ids=ids)
    return SourceUnexpected(operation, cause, hint=hint, ids=ids)
