"""What a function returns to the host: JSON, problem details, or an error that makes the host retry."""

import functools
import json
import logging
from collections.abc import Awaitable, Callable, Mapping

import azure.functions as func

from recording import log
from recording.core.errors import CallerNotAllowed, CallerUnproven, RecordingError
from recording.entrypoints import problems

_SERVER_ERROR = 500


def json_answer(
    body: Mapping[str, object],
    status: int = 200,
    media_type: str = "application/json",
    headers: Mapping[str, str] | None = None,
) -> func.HttpResponse:
    """A reply whose body is JSON."""
    return func.HttpResponse(json.dumps(body), status_code=status, mimetype=media_type, headers=dict(headers or {}))


def problem_details(handle: Callable[..., func.HttpResponse]) -> Callable[..., func.HttpResponse]:
    """Answer every error of a function with problem details (RFC 9457)."""

    @functools.wraps(handle)
    def guarded(*args: object, **kwargs: object) -> func.HttpResponse:
        try:
            return handle(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - a bug is answered with problem details too
            return _problem(handle.__name__, error)

    return guarded


def problem_details_async(
    handle: Callable[..., Awaitable[func.HttpResponse]],
) -> Callable[..., Awaitable[func.HttpResponse]]:
    """The same for a function that runs on the worker's event loop."""

    @functools.wraps(handle)
    async def guarded(*args: object, **kwargs: object) -> func.HttpResponse:
        try:
            return await handle(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - as above
            return _problem(handle.__name__, error)

    return guarded


def _problem(function: str, error: Exception) -> func.HttpResponse:
    """Answer with problem details; log what is not the caller's fault, with its hint for the operator."""
    if isinstance(error, RecordingError):
        found = problems.problem(error)
        if found.status >= _SERVER_ERROR:
            level = logging.WARNING if found.retry_after else logging.ERROR
            log.event("request.failed", {"function": function, "code": error.code, "cause": error}, level)
        elif isinstance(error, CallerUnproven | CallerNotAllowed) and error.hint:
            # Only of a token that the issuer has signed for us, or nearly: nobody else can fill the log.
            log.event("caller.refused", {"function": function, "code": error.code, "cause": error}, logging.WARNING)
    else:
        found = problems.unforeseen()
        log.bug("request.failed", {"function": function, "code": type(error).__name__}, error)
    return json_answer(found.details, found.status, "application/problem+json", found.headers)


def let_host_retry[**P](handle: Callable[P, None]) -> Callable[P, None]:
    """Raise the error without its cause, so that the host retries: the SDK error below would log a whole reply."""

    @functools.wraps(handle)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            handle(*args, **kwargs)
        except RecordingError as error:
            raise error from None

    return guarded


def let_host_retry_async[**P](handle: Callable[P, Awaitable[None]]) -> Callable[P, Awaitable[None]]:
    """The same for a function that runs on the worker's event loop."""

    @functools.wraps(handle)
    async def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            await handle(*args, **kwargs)
        except RecordingError as error:
            raise error from None

    return guarded
