"""What the SDKs' exceptions say, read in one place: status, the service's error code, the wish to be left in peace."""

import json
from email.utils import parsedate_to_datetime
from typing import Any

from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError
from azure.identity import CredentialUnavailableError

_BUSY = frozenset({408, 429, 500, 502, 503, 504})


def is_busy(status: int) -> bool:
    """Whether this HTTP status passes by itself."""
    return status in _BUSY


def status_of(error: AzureError) -> int | None:
    """The HTTP status of the reply; None when there was none; 401 where the identity got no token to ask with."""
    if _is_without_token(error):
        return 401
    return error.status_code if isinstance(error, HttpResponseError) else None


def _is_without_token(error: AzureError) -> bool:
    """Whether the identity failed, not the service: a status here would be that of the place where tokens are made."""
    if isinstance(error, CredentialUnavailableError):
        return True
    return type(error) is ClientAuthenticationError and error.status_code != 401


def is_an_answer(error: AzureError) -> bool:
    """Whether the reply can be the service's own: it is JSON or empty, and not the page of a gateway before it."""
    response: Any = getattr(error, "response", None)
    if response is None:
        return False
    return bool(_body_of(response)) or not response.text().strip()


def code_of(error: AzureError) -> str:
    """The service's own error code, in whichever of its shapes it came; empty when it gave none."""
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
    """The service's own words, cut to a line; the exception's kind when it gave none. Never the request's URL."""
    if _is_without_token(error):
        return f"no token could be had ({type(error).__name__}): check the managed identity"
    response: Any = getattr(error, "response", None)
    if response is not None:
        body = _body_of(response)
        said = body.get("message")
        if isinstance(said, dict):  # a table says in which language
            said = said.get("value")
        text = str(said or body.get("title") or response.reason or "")
        if text:
            return " ".join(text.split())[:200]
    return type(error).__name__


def _body_of(response: Any) -> dict[str, Any]:
    """Errors come as {"error": {…}} or {"odata.error": {…}}, flat, or as a problem.

    On a streamed reply the body may not be read at all.
    """
    try:
        found = json.loads(response.text())
    except Exception:  # noqa: BLE001 - whatever keeps the body from being read, the status still tells enough
        return {}
    if not isinstance(found, dict):
        return {}
    inner = found.get("error", found.get("odata.error"))
    return inner if isinstance(inner, dict) else found


def retry_after_of(error: AzureError) -> float | None:
    """The seconds that Retry-After asks for, given as a number or as a date; None when it asks for nothing."""
    response: Any = getattr(error, "response", None)
    text = response.headers.get("Retry-After") if response is not None else None
    if not text:
        return None
    try:
        return max(0.0, float(text))
    except ValueError:
        pass  # a date, then: measured on the server's own clock
    try:
        then, now = parsedate_to_datetime(text), parsedate_to_datetime(response.headers["Date"])
        return max(0.0, (then - now).total_seconds())
    except (ValueError, TypeError, KeyError):
        return None
