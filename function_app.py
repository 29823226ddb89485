"""The Azure Functions: triggers and bindings. Each parses, calls one use case and translates its outcome."""

import asyncio
import functools
import json
import logging
import os
import re
import threading
import typing
from collections.abc import Awaitable, Callable, Mapping

import azure.functions as func

from recording import log
from recording.bootstrap import CHUNK_QUEUE, App, compose
from recording.core.errors import Permanent, RecordingError
from recording.core.formats import api
from recording.core.formats.messages import parse_chunk_message
from recording.core.model import CatalogEntry, RecordingId
from recording.entrypoints.intake import Intake
from recording.events.taking import Reception
from recording.settings import Settings

EVENTS = "recording-events"
STORAGE = "ARCHIVE_STORAGE"

app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)
Messages = func.Out[typing.List[str]]  # noqa: UP006 - the worker's own check knows only this spelling

_composing = threading.Lock()
_intake = Intake()
_OUR_FAULT = 500


def get_app() -> App:
    """The app, once per worker, at the first call: a setting that is missing must not hide the functions.

    First calls come at one moment on several threads; two apps would have two memory budgets.
    """
    with _composing:
        return _compose()


@functools.cache
def _compose() -> App:
    return compose(Settings.from_env(os.environ))


def problem_details(handle: Callable[..., func.HttpResponse]) -> Callable[..., func.HttpResponse]:
    """Answer every error with problem details."""

    @functools.wraps(handle)
    def guarded(*args: typing.Any, **kwargs: typing.Any) -> func.HttpResponse:  # noqa: ANN401 - as the binding calls
        try:
            return handle(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - also what nobody foresaw gets an answer
            return _failed(handle.__name__, error)

    return guarded


def problem_details_async(
    handle: Callable[..., Awaitable[func.HttpResponse]],
) -> Callable[..., Awaitable[func.HttpResponse]]:
    """The same for a function that runs on the worker's event loop."""

    @functools.wraps(handle)
    async def guarded(*args: typing.Any, **kwargs: typing.Any) -> func.HttpResponse:  # noqa: ANN401 - as above
        try:
            return await handle(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - as above
            return _failed(handle.__name__, error)

    return guarded


def _failed(function: str, error: Exception) -> func.HttpResponse:
    """Tell the caller; and, where it is not the caller's fault, the log, with what an operator can do."""
    if isinstance(error, RecordingError):
        found = api.problem(error)
        if found.status >= _OUR_FAULT:
            level = logging.WARNING if found.retry_after else logging.ERROR
            log.event("request.failed", {"function": function, "code": error.code, "cause": error}, level)
    else:
        found = api.unforeseen()
        log.bug("request.failed", {"function": function, "code": type(error).__name__}, error)
    return _json(found.details, found.status, "application/problem+json", found.headers)


def let_host_retry[**P](handle: Callable[P, None]) -> Callable[P, None]:
    """Let the host give the step back, and log our error alone: those of the SDKs under it quote whole replies."""

    @functools.wraps(handle)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            handle(*args, **kwargs)
        except RecordingError as error:
            raise error from None

    return guarded


@app.route("calls/events", methods=["POST", "OPTIONS"])
@app.queue_output(arg_name="steps", queue_name=CHUNK_QUEUE, connection=STORAGE)
@app.queue_output(arg_name="later", queue_name=EVENTS, connection=STORAGE)
@problem_details_async
async def calls_events(req: func.HttpRequest, steps: Messages, later: Messages) -> func.HttpResponse:
    """Call Automation callbacks and Event Grid deliveries of call events; both handshakes."""
    if req.method == "OPTIONS":
        origin = req.headers.get("WebHook-Request-Origin", "*")
        return func.HttpResponse(headers={"WebHook-Allowed-Origin": origin, "WebHook-Allowed-Rate": "*"})
    from_event_grid = "aeg-event-type" in req.headers
    body = req.get_body()
    received = await _intake.run(
        lambda: get_app().receiving.receive_request(body, from_event_grid=from_event_grid), len(body)
    )
    _queue(received, steps, later)
    if received.failure is not None:
        raise received.failure
    if received.validation_code is not None:
        return _json({"validationResponse": received.validation_code})
    if received.malformed is not None and not from_event_grid:  # which drops an event for good on a 400
        raise received.malformed
    return _json({"events": received.outcomes})


@app.route("recordings", methods=["POST"])
@problem_details
def start_recording(req: func.HttpRequest) -> func.HttpResponse:
    """Start a recording of a call, by any of its four locators: 201; or find it recorded already: 200."""
    composed = get_app()
    usual = composed.settings.recording_output
    request = api.parse_start(req.get_body(), req.headers.get("Repeatability-Request-ID"), usual)
    start = composed.starting.start_requested(request)
    return _view(start.entry, status=201 if start.is_new else 200)


@app.route("recordings/{id}", methods=["GET"])
@problem_details
def recording_state(req: func.HttpRequest) -> func.HttpResponse:
    """What is known of a recording, how much is owed, and how long is left."""
    entry, service_state = get_app().controlling.state(_id(req))
    return _view(entry, service_state)


@app.route("recordings/{id}/pause", methods=["POST"])
@problem_details
def pause_recording(req: func.HttpRequest) -> func.HttpResponse:
    """Skip what follows."""
    return _view(get_app().controlling.pause(_id(req)))


@app.route("recordings/{id}/resume", methods=["POST"])
@problem_details
def resume_recording(req: func.HttpRequest) -> func.HttpResponse:
    """Record again, into the same chunk."""
    return _view(get_app().controlling.resume(_id(req)))


@app.route("recordings/{id}/stop", methods=["POST"])
@problem_details
def stop_recording(req: func.HttpRequest) -> func.HttpResponse:
    """End a recording."""
    return _view(get_app().controlling.stop(_id(req)))


@app.route("health", methods=["GET"])
@problem_details_async
async def health(req: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001 - the binding's own name
    """Whether the settings are whole; if not, all that is wrong with them. Asks no service, waits for no thread."""
    await asyncio.to_thread(get_app)
    return _json({"status": "ok"})


@app.event_grid_trigger(arg_name="event")
@app.queue_output(arg_name="steps", queue_name=CHUNK_QUEUE, connection=STORAGE)
@app.queue_output(arg_name="later", queue_name=EVENTS, connection=STORAGE)
async def recording_file_status_updated(event: str, steps: Messages, later: Messages) -> None:
    """Journal the event, note its chunks, queue a step for each. Raises only what sending it again can mend.

    The event is asked for as text: the binding's own classes lack fields that came, and refuse times that are valid.
    """
    body = event.encode("utf-8", "surrogatepass")
    await _taken(lambda: get_app().receiving.receive_event(body), len(body), steps, later)


@app.queue_trigger(arg_name="message", queue_name=EVENTS, connection=STORAGE)
@app.queue_output(arg_name="steps", queue_name=CHUNK_QUEUE, connection=STORAGE)
@app.queue_output(arg_name="later", queue_name=EVENTS, connection=STORAGE)
async def recording_events_queued(message: func.QueueMessage, steps: Messages, later: Messages) -> None:
    """The same events where the subscription delivers to a queue, and those that a long delivery left for later."""
    body = message.get_body()
    await _taken(lambda: get_app().receiving.receive_message(body), len(body), steps, later)


@app.queue_trigger(arg_name="message", queue_name=CHUNK_QUEUE, connection=STORAGE)
@let_host_retry
def archive_chunk(message: func.QueueMessage) -> None:
    """Drive one chunk on. What must come back is put into the queue by the use case, with its own delay."""
    composed = get_app()
    try:
        step = parse_chunk_message(message.get_body())
        is_again = message.dequeue_count != 1
        composed.archiving.archive_chunk(step.recording_id, step.document_id, step.look_at, is_again=is_again)
    except Permanent as error:  # however often it comes, it can never work
        composed.refusing.refuse_step(message.get_body(), error)


async def _taken(receive: Callable[[], Reception], length: int, steps: Messages, later: Messages) -> None:
    try:
        received = await _intake.run(receive, length)
        if received.failure is not None:
            raise received.failure
    except RecordingError as error:
        raise error from None  # the host logs it: those of the SDKs under it quote whole replies
    _queue(received, steps, later)


def _queue(received: Reception, steps: Messages, later: Messages) -> None:
    _put(steps, [step.to_message() for step in received.steps])
    _put(later, received.later)


def _put(out: Messages, messages: list[str]) -> None:
    if messages:
        out.set(messages)


def _id(req: func.HttpRequest) -> RecordingId:
    """The id in the path: the host decodes all of it but `%2F`."""
    return RecordingId(re.sub("%2f", "/", req.route_params["id"], flags=re.IGNORECASE))


def _view(entry: CatalogEntry, service_state: str | None = None, status: int = 200) -> func.HttpResponse:
    composed = get_app()
    settings = composed.settings
    containers = api.Containers(settings.archive_container, settings.quarantine_container)
    return _json(api.recording_view(entry, composed.now(), containers, service_state), status)


def _json(
    body: Mapping[str, object],
    status: int = 200,
    kind: str = "application/json",
    headers: Mapping[str, str] | None = None,
) -> func.HttpResponse:
    return func.HttpResponse(json.dumps(body), status_code=status, mimetype=kind, headers=dict(headers or {}))
