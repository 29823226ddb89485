"""Authorization: HMAC signatures as ACS checks them, and bearer tokens that a test has registered."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from local.acs.model import ServiceRefusal

_SCHEME = "HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature="


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """What a signature covers; `target` is path and query as they came over the wire."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Verifier:
    """Checks requests; every request signs the endpoint's host, whichever host it is sent to."""

    access_key: str
    endpoint_host: str

    def check(
        self,
        request: SignedRequest,
        now: datetime,
        skew: timedelta,
        accepted_tokens: Collection[str],
        *,
        media: bool,
    ) -> None:
        """Return if the request is authorized; raises ServiceRefusal 401 with the cause.

        `media` requests go to a storage host and must name the endpoint in `x-ms-host`.
        """
        authorization = request.headers.get("Authorization", "")
        if authorization.startswith("Bearer "):
            if authorization.removeprefix("Bearer ") not in accepted_tokens:
                raise _denied("The bearer token is not one this service accepts.")
            return
        if media and request.headers.get("x-ms-host") != self.endpoint_host.partition(":")[0]:
            raise _denied("The x-ms-host header does not name the resource.")
        if not authorization.startswith(_SCHEME):
            raise _denied("The Authorization header is missing or is no HMAC-SHA256 signature.")
        stamp = request.headers.get("x-ms-date", "")
        self._check_date(stamp, now, skew)
        content_hash = base64.b64encode(hashlib.sha256(request.body).digest()).decode()
        if not hmac.compare_digest(request.headers.get("x-ms-content-sha256", "").encode(), content_hash.encode()):
            raise _denied("The x-ms-content-sha256 header does not match the body.")
        text = f"{request.method.upper()}\n{request.target}\n{stamp};{self.endpoint_host};{content_hash}"
        expected = hmac.digest(base64.b64decode(self.access_key), text.encode(), "sha256")
        if not hmac.compare_digest(_decoded(authorization.removeprefix(_SCHEME)), expected):
            raise _denied("The signature does not match the request.")

    @staticmethod
    def _check_date(stamp: str, now: datetime, skew: timedelta) -> None:
        try:
            signed_at = parsedate_to_datetime(stamp)
        except ValueError:
            raise _denied("The x-ms-date header is missing or is no HTTP date.") from None
        if signed_at.tzinfo is None or abs(now - signed_at) > skew:
            raise _denied("The x-ms-date header is too far from the service's time.")


def _decoded(signature: str) -> bytes:
    try:
        return base64.b64decode(signature, validate=True)
    except binascii.Error:
        return b""


def _denied(message: str) -> ServiceRefusal:
    return ServiceRefusal(401, "Denied", message)
