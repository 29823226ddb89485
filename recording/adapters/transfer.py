"""A reply that brings content, as `Transfer`: its body must match its headers."""

import re

from recording.adapters.http_transport import Broken, Reply
from recording.core.errors import TransferBroken
from recording.core.model import Location

READ = "read source"

_CONTENT_RANGE = re.compile(r"bytes[ =]\s*(\d{1,18})\s*-\s*(\d{1,18})\s*/\s*(\d{1,18}|\*)", re.ASCII | re.IGNORECASE)
_PLAIN = frozenset({"", "identity", "none"})
"""Values of Content-Encoding that mean no encoding."""


class HttpTransfer:
    """`Transfer` over an open reply.

    Args:
        reply: with status 200 or 206.
        location: where it came from.

    Raises:
        TransferBroken: its headers contradict each other.
    """

    def __init__(self, reply: Reply, location: Location) -> None:
        self._reply = reply
        self._got = 0
        self.location = location
        self.length: int | None
        self.total: int | None
        headers = reply.headers
        encoding = headers.get("Content-Encoding", "")
        if {one.strip().lower() for one in encoding.split(",")} - _PLAIN:
            raise TransferBroken(READ, f"the content comes encoded as {encoding}")
        found = _CONTENT_RANGE.fullmatch(headers.get("Content-Range", ""))
        said = headers.get("Content-Length", "")
        body = int(said) if said.isdecimal() else None
        if reply.status_code == 206:
            if found is None:
                raise TransferBroken(READ, "a partial reply does not say which range it is")
            self.offset = int(found[1])
            self.length = int(found[2]) - self.offset + 1
            self.total = int(found[3]) if found[3] != "*" else None
            if self.length < 1 or (self.total is not None and self.offset + self.length > self.total):
                raise TransferBroken(READ, f"an impossible range: {found[0]}")
            if body is not None and body != self.length:
                raise TransferBroken(READ, f"Content-Range says {self.length} bytes, Content-Length {body}")
        else:
            self.offset = 0
            whole = int(found[3]) if found is not None and found[3] != "*" else body
            if body not in {None, whole}:
                raise TransferBroken(READ, f"Content-Range says {whole} bytes, Content-Length {body}")
            self.length = self.total = whole
        self.validators = "\n".join(headers.get(name, "") for name in ("ETag", "Last-Modified"))
        self.content_type: str = headers.get("Content-Type", "")

    def readinto(self, view: memoryview) -> int:
        """See `ports.Transfer.readinto`."""
        try:
            read = self._reply.readinto(view)
        except Broken as error:
            raise TransferBroken(READ, f"the connection broke: {error}") from error
        self._got += read
        if read == 0 and self.length is not None and self._got < self.length:
            raise TransferBroken(READ, f"the body ended after {self._got} of {self.length} bytes")
        return read

    def abort(self) -> None:
        """See `ports.Transfer.abort`."""
        self._reply.abort()
