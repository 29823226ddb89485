"""The service's short-lived storage: reads go by the wire, signed as the SDK signs; deletes by the SDK's client."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from azure.communication.callautomation import CallAutomationClient
from azure.communication.callautomation.recording_url_validator import validate_recording_url
from azure.core.exceptions import AzureError, DecodeError, HttpResponseError
from azure.core.pipeline import Pipeline
from azure.core.rest import HttpRequest

from recording.adapters.replies import code_of, is_busy, message_of, retry_after_of, status_of
from recording.adapters.wire import Broken, Reply
from recording.core.errors import (
    HostileLocation,
    RecordingError,
    SourceBusy,
    SourceNotReady,
    SourceRefused,
    SourceUnreachable,
    TransferBroken,
)
from recording.core.locations import check_location, redirect_target
from recording.core.model import Location, Proof
from recording.ports import Transfer

_MOST_REDIRECTS = 4
_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)")
_NOT_RETRIED: dict[str, Any] = {"retry_total": 0, "permit_redirects": False}
"""What fails is asked again by who drives the step, and a redirect is a new URL: checked and signed as the first was.
azure-core would follow it without the signature."""

_READ = frozenset({200, 206})
_GONE = frozenset({"404", "410"})
_DELETED = frozenset({202, 204})
"""A delete that the service accepts in other words than the SDK expects."""


class AcsSource:
    """`Source` of one Communication resource. The SDK's rules for URLs hold beside our own.

    Args:
        client: deletes.
        reads: signs and sends requests for content (`clients.recording_reads`).
    """

    def __init__(self, client: CallAutomationClient, reads: Pipeline[HttpRequest, Reply]) -> None:
        self._client = client
        self._reads = reads

    @contextmanager
    def open(self, location: Location, offset: int = 0, length: int | None = None) -> Iterator[Transfer]:
        """See `ports.Source.open`."""
        headers = {"Accept-Encoding": "identity"}
        if length is not None:
            headers["Range"] = f"bytes={offset}-{offset + length - 1}"
        reply, place = self._follow(location, lambda url: self._read(url, headers))
        try:
            yield _Arriving(reply, place)
        finally:
            reply.close()

    def _read(self, url: Location, headers: dict[str, str]) -> Reply:
        _check_the_sdks_rules(url)
        reply = self._reads.run(HttpRequest("GET", url, headers=dict(headers))).http_response
        if reply.status_code not in _READ:
            reply.settle()
            raise HttpResponseError(response=reply)
        return reply

    def delete(self, location: Location, proof: Proof) -> bool:
        """See `ports.Source.delete`."""
        if not proof.length:
            raise SourceRefused("release chunk", "the proof is of nothing")
        try:
            self._follow(location, self._delete)
        except SourceNotReady as error:
            if error.ids.get("status") in _GONE:
                return False
            raise
        return True

    def _delete(self, url: Location) -> None:
        _check_the_sdks_rules(url)  # apart, for a ValueError of the request is no word on the location
        try:
            self._client.delete_recording(url, **_NOT_RETRIED)
        except DecodeError:
            return  # it was deleted, and the reply has a body that is not JSON
        except HttpResponseError as error:
            if error.status_code not in _DELETED:
                raise

    def _follow[T](self, location: Location, call: Callable[[Location], T]) -> tuple[T, Location]:
        place = check_location(location, "location")
        for _hop in range(_MOST_REDIRECTS + 1):
            try:
                return call(place), place
            except HttpResponseError as error:
                status = error.status_code or 0
                target = _header(error.response, "Location")
                if not 300 <= status < 400 or not target:
                    raise _source_error(error) from error
                place = redirect_target(place, target)
            except AzureError as error:
                raise _source_error(error) from error
        raise SourceNotReady("read source", f"more than {_MOST_REDIRECTS} redirects", hint="it passes by itself")


def _check_the_sdks_rules(url: Location) -> None:
    """A location that passes our rules may still fall to the SDK's own."""
    try:
        validate_recording_url(url, "location")
    except ValueError as error:
        raise HostileLocation("read source", "the SDK refuses the location") from error


def _header(response: Any, name: str) -> str:
    return str(response.headers.get(name, "")) if response is not None else ""


def _source_error(error: AzureError) -> RecordingError:
    status = status_of(error)
    if status is None:
        return SourceUnreachable("read source", message_of(error), hint="check the network and HTTPS_PROXY")
    ids = {"status": str(status)} | ({"code": code_of(error)} if code_of(error) else {})
    if status in {401, 403}:
        return SourceRefused(
            "read source",
            f"{status} {message_of(error)}",
            hint="check ACS_ACCESS_KEY, or the identity's role on the Communication resource, and the clock",
            ids=ids,
        )
    if is_busy(status):
        return SourceBusy("read source", f"{status} {message_of(error)}", ids=ids, retry_after=retry_after_of(error))
    return SourceNotReady("read source", f"{status} {message_of(error)}", hint="it passes by itself", ids=ids)


class _Arriving:
    """`Transfer` over an open reply, held to what its headers say."""

    def __init__(self, reply: Reply, location: Location) -> None:
        self._reply = reply
        self._got = 0
        self.location = location
        self.length: int | None
        self.total: int | None
        headers = reply.headers
        encoding = headers.get("Content-Encoding", "identity")
        if encoding != "identity":
            raise TransferBroken("read source", f"the content comes encoded as {encoding}")
        found = _CONTENT_RANGE.fullmatch(headers.get("Content-Range", ""))
        said = headers.get("Content-Length", "")
        body = int(said) if said.isdecimal() else None
        if reply.status_code == 206:
            if found is None:
                raise TransferBroken("read source", "a partial reply does not say which part it is")
            self.offset = int(found[1])
            self.length = int(found[2]) - self.offset + 1
            self.total = int(found[3]) if found[3] != "*" else None
            if body is not None and body != self.length:
                raise TransferBroken("read source", f"Content-Range says {self.length} bytes, Content-Length {body}")
        else:
            self.offset = 0
            whole = int(found[3]) if found is not None and found[3] != "*" else body
            if body not in {None, whole}:
                raise TransferBroken("read source", f"Content-Range says {whole} bytes, Content-Length {body}")
            self.length = self.total = whole
        self.validators = "\n".join(headers.get(name, "") for name in ("ETag", "Last-Modified"))

    def readinto(self, view: memoryview) -> int:
        """See `ports.Transfer.readinto`."""
        try:
            read = self._reply.readinto(view)
        except Broken as error:
            raise TransferBroken("read source", f"the connection broke: {error}") from error
        self._got += read
        if read == 0 and self.length is not None and self._got < self.length:
            raise TransferBroken("read source", f"the body ended after {self._got} of {self.length} bytes")
        return read

    def abort(self) -> None:
        """See `ports.Transfer.abort`."""
        self._reply.abort()
