"""Reads the SDKs' exceptions, in one place: HTTP status, the service's error code and message, Retry-After."""

import json
import re
from email.utils import parsedate_to_datetime
from typing import Any

from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError
from azure.identity import CredentialUnavailableError

_BUSY = frozenset({408, 429, 500, 502, 503, 504})
_REFUSED = 400
LONGEST_RETRY_AFTER = 10.0
"""The longest Retry-After, in seconds, that a thread waits; for a longer one the queue is used."""
_RETRY_AFTER_HEADERS = ("Retry-After", "retry-after-ms", "x-ms-retry-after-ms")
"""The headers in which the SDKs look. The latter two are never used: no service of this app sends them."""
_SECONDS = re.compile(r"\d{1,9}(?:\.\d{1,9})?", re.ASCII)
_MOST_SECONDS = 86400.0


class RetryAfterTooLong(ClientAuthenticationError):
    """The Retry-After of the reply is longer than a thread may wait. It has the reply, as any refusal.

    It is an authentication error only because that is the one kind that the SDKs' retry policies do not retry.
    """


def is_busy(status: int) -> bool:
    """Whether this HTTP status is transient."""
    return status in _BUSY


def status_of(error: AzureError) -> int | None:
    """The HTTP status of the reply; None if there was no reply; 401 if the identity got no token."""
    if _is_without_token(error):
        return 401
    return error.status_code if isinstance(error, HttpResponseError) else None


def _is_without_token(error: AzureError) -> bool:
    """Whether the identity failed, not the service. Its status would be that of the token endpoint."""
    if isinstance(error, CredentialUnavailableError):
        return True
    return type(error) is ClientAuthenticationError and error.status_code != 401


def is_an_answer(error: AzureError) -> bool:
    """Whether the reply can be the service's own: it is JSON or empty, not the HTML page of a gateway."""
    response: Any = getattr(error, "response", None)
    if response is None:
        return False
    return bool(_body_of(response)) or not response.text().strip()


def code_of(error: AzureError) -> str:
    """The service's error code, from SDK, header or body; empty if there is none."""
    code = getattr(error, "error_code", None)
    if code:
        return str(getattr(code, "value", code))
    response: Any = getattr(error, "response", None)
    if response is None:
        return ""
    header = response.headers.get("x-ms-error-code")
    if header:
        return str(header)
    return str(_body_of(response).get("code") or "")


def message_of(error: AzureError) -> str:
    """The service's error message, cut to one line; else the type of the exception. Never the request's URL."""
    if _is_without_token(error):
        return f"the app's managed identity got no token ({type(error).__name__})"
    response: Any = getattr(error, "response", None)
    if response is not None:
        body = _body_of(response)
        said = body.get("message")
        if isinstance(said, dict):  # Table storage adds the language
            said = said.get("value")
        text = str(said or body.get("title") or response.reason or "")
        if text:
            return " ".join(text.split())[:200]
    return type(error).__name__


def _body_of(response: Any) -> dict[str, Any]:
    """The error in the body: {"error": {…}}, {"odata.error": {…}}, flat, or problem details; {} if there is none.

    The body of a streamed reply may not be readable.
    """
    try:
        found = json.loads(response.text())
    except Exception:  # noqa: BLE001 - whatever prevents reading the body, the status is enough
        return {}
    if not isinstance(found, dict):
        return {}
    inner = found.get("error", found.get("odata.error"))
    return inner if isinstance(inner, dict) else found


def retry_after_of(error: AzureError) -> float | None:
    """Retry-After in seconds, given as a number or as a date; None if there is none."""
    response: Any = getattr(error, "response", None)
    return None if response is None else _retry_after(response.headers)


def raise_if_retry_after_too_long(response: Any) -> None:
    """Stop the SDK's own retries if Retry-After is too long or not readable.

    Raises:
        RetryAfterTooLong: it is.
    """
    present = [name for name in _RETRY_AFTER_HEADERS if response.headers.get(name)]
    if response.status_code < _REFUSED or not present:
        return
    seconds = _retry_after(response.headers) if present == ["Retry-After"] else None
    if seconds is None or seconds > LONGEST_RETRY_AFTER:
        raise RetryAfterTooLong(response=response)


def _retry_after(headers: Any) -> float | None:
    text = str(headers.get("Retry-After") or "").strip()
    if _SECONDS.fullmatch(text):
        return min(float(text), _MOST_SECONDS)
    try:  # else it is a date, relative to the server's own clock
        seconds = (parsedate_to_datetime(text) - parsedate_to_datetime(headers["Date"])).total_seconds()
    except (ValueError, TypeError, KeyError, OverflowError):
        return None
    return min(max(0.0, seconds), _MOST_SECONDS)
