"""Call events over HTTP: Call Automation callbacks and Event Grid's webhook deliveries."""

import azure.functions as func

from recording.core.callers import bearer_token, is_origin_of_event_grid
from recording.core.errors import CallerNotAllowed, RequestTooLarge
from recording.core.formats import api
from recording.entrypoints.answers import problem_details_async
from recording.entrypoints.bindings import Messages, answer_events
from recording.entrypoints.callers import authorization_of
from recording.entrypoints.worker import get_app, get_intake
from recording.events.taking import Reception
from recording.settings import CHUNK_QUEUE, EVENT_QUEUE, STORAGE, URGENT_QUEUE

blueprint = func.Blueprint()


@blueprint.route("calls/events", methods=["POST", "OPTIONS"], auth_level=func.AuthLevel.FUNCTION)
@blueprint.queue_output(arg_name="chunks", queue_name=CHUNK_QUEUE, connection=STORAGE)
@blueprint.queue_output(arg_name="urgent", queue_name=URGENT_QUEUE, connection=STORAGE)
@blueprint.queue_output(arg_name="later", queue_name=EVENT_QUEUE, connection=STORAGE)
@problem_details_async
async def calls_events(req: func.HttpRequest, chunks: Messages, urgent: Messages, later: Messages) -> func.HttpResponse:
    """Receive Event Grid deliveries of call events, and callbacks, with the function key; answer both handshakes."""
    if req.method == "OPTIONS":
        return _handshake(req.headers.get("WebHook-Request-Origin"))
    from_event_grid = "aeg-event-type" in req.headers
    body, authorization = req.get_body(), authorization_of(req)

    def receive() -> Reception:
        app = get_app()
        by = app.admitting.admit_events(authorization, body, from_event_grid=from_event_grid)
        return app.receiving.receive_request(body, from_event_grid=from_event_grid, by=by)

    received = await get_intake().run(receive, len(body))
    return answer_events(received, chunks, urgent, later, from_event_grid=from_event_grid)


@blueprint.route("calls/callbacks", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@blueprint.queue_output(arg_name="chunks", queue_name=CHUNK_QUEUE, connection=STORAGE)
@blueprint.queue_output(arg_name="urgent", queue_name=URGENT_QUEUE, connection=STORAGE)
@blueprint.queue_output(arg_name="later", queue_name=EVENT_QUEUE, connection=STORAGE)
@problem_details_async
async def calls_callbacks(
    req: func.HttpRequest, chunks: Messages, urgent: Messages, later: Messages
) -> func.HttpResponse:
    """Receive Call Automation callbacks: the token of each is the proof, and its URL has no secret.

    Everybody can send here: what cannot be a callback is refused before it takes room among the deliveries.
    """
    body, authorization = req.get_body(), authorization_of(req)
    bearer_token(authorization)
    if len(body) > api.MOST_BODY:
        raise RequestTooLarge("body", f"{len(body)} bytes, more than {api.MOST_BODY}")

    def receive() -> Reception:
        app = get_app()
        by = app.admitting.admit_callback(authorization, body)
        return app.receiving.receive_request(body, from_event_grid=False, by=by)

    received = await get_intake().run(receive, len(body))
    return answer_events(received, chunks, urgent, later)


def _handshake(origin: str | None) -> func.HttpResponse:
    """The answer to Event Grid's validation by OPTIONS.

    Raises:
        CallerNotAllowed: somebody else wants to deliver.
    """
    if origin is None or not is_origin_of_event_grid(origin):
        raise CallerNotAllowed("answer handshake", "the origin is not one of Event Grid")
    return func.HttpResponse(headers={"WebHook-Allowed-Origin": origin.strip(), "WebHook-Allowed-Rate": "*"})
