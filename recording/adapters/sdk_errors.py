"""What the SDKs' exceptions say, read in one place: status, the service's error code, the wish to be left in peace."""

import json
import re
from email.utils import parsedate_to_datetime
from typing import Any

from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError
from azure.identity import CredentialUnavailableError

_BUSY = frozenset({408, 429, 500, 502, 503, 504})
_REFUSED = 400
LONGEST_REST = 10.0
"""Seconds that a request is held back at most for its next try: for a longer rest the queue has the time."""
_RESTS = ("Retry-After", "retry-after-ms", "x-ms-retry-after-ms")
"""Where the SDKs look for a rest. Of the latter two we believe nothing: none of the services that we ask sends them."""
_SECONDS = re.compile(r"\d{1,9}(?:\.\d{1,9})?", re.ASCII)
_MOST_SECONDS = 86400.0


class RestTooLong(ClientAuthenticationError):
    """The reply asks for a longer rest than a thread may take. It holds the reply, as any refusal does.

    The SDKs' retry policies know one kind of error that they do not try again: that of authentication. This is one for
    that reason alone.
    """


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
        return f"the app's managed identity got no token ({type(error).__name__})"
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
    return None if response is None else _rest(response.headers)


def give_back_long_rest(response: Any) -> None:
    """Let a refusal that asks for a long rest, or for one that nobody understands, go past the SDK's own retries.

    Raises:
        RestTooLong: it does.
    """
    asked = [name for name in _RESTS if response.headers.get(name)]
    if response.status_code < _REFUSED or not asked:
        return
    rest = _rest(response.headers) if asked == ["Retry-After"] else None
    if rest is None or rest > LONGEST_REST:
        raise RestTooLong(response=response)


def _rest(headers: Any) -> float | None:
    text = str(headers.get("Retry-After") or "").strip()
    if _SECONDS.fullmatch(text):
        return min(float(text), _MOST_SECONDS)
    try:  # a date, then: measured on the server's own clock
        seconds = (parsedate_to_datetime(text) - parsedate_to_datetime(headers["Date"])).total_seconds()
    except (ValueError, TypeError, KeyError, OverflowError):
        return None
    return min(max(0.0, seconds), _MOST_SECONDS)
