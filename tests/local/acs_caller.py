"""A caller of the local ACS that signs requests itself and gets every answer unchanged: no retries, no redirects."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import urllib3

from local.acs import LocalAcs

HOST = "contoso.communication.azure.com"
RECORDINGS = f"https://{HOST}/calling/recordings"
VERSION = "api-version=2026-03-12"


@dataclass(frozen=True)
class Answer:
    """An answer read to its end; `broken` if the connection broke before."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    broken: bool = False


class Caller:
    """Sends requests to one LocalAcs through its tunnel; a context manager."""

    def __init__(self, acs: LocalAcs) -> None:
        self._key = acs.world.access_key
        self._pool = urllib3.ProxyManager(acs.tunnel.url, ca_certs=str(acs.certificates.ca_pem))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.clear()

    def signature(self, method: str, url: str, body: bytes = b"", off_by: timedelta = timedelta()) -> dict[str, str]:
        """The headers of a signed request."""
        parts = urlsplit(url)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        stamp = format_datetime(datetime.now(UTC) + off_by, usegmt=True)
        digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
        text = f"{method}\n{target}\n{stamp};{HOST};{digest}"
        signed = base64.b64encode(hmac.digest(base64.b64decode(self._key), text.encode(), "sha256")).decode()
        names = "x-ms-date;host;x-ms-content-sha256"
        return {
            "x-ms-date": stamp,
            "x-ms-content-sha256": digest,
            "x-ms-host": HOST,
            "Authorization": f"HMAC-SHA256 SignedHeaders={names}&Signature={signed}",
        }

    def send(
        self,
        method: str,
        url: str,
        *,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        unsigned: bool = False,
        timeout: float = 10,
    ) -> Answer:
        """Send one request; raises urllib3's HTTPError if there is no answer."""
        signed = {} if unsigned else self.signature(method, url, body)
        answer = self._pool.request(
            method,
            url,
            body=body or None,
            headers={**signed, **(headers or {})},
            redirect=False,
            retries=False,
            preload_content=False,
            timeout=timeout,
        )
        read = bytearray()
        broken = False
        try:
            while piece := answer.read1(65536):
                read += piece
        except urllib3.exceptions.HTTPError:
            broken = True
        finally:
            answer.close()
        return Answer(answer.status, answer.headers, bytes(read), broken)

    def get(self, url: str, byte_range: str | None = None) -> Answer:
        """A signed GET."""
        return self.send("GET", url, headers={"Range": byte_range} if byte_range else None)


def regional(location: str) -> str:
    """The location at the regional host, where the redirect leads."""
    return location.replace("https://eu-storage.asm.", "https://eu-prod.as.asm.")
