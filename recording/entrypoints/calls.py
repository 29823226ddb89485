"""Call events over HTTP: Call Automation callbacks and Event Grid's webhook deliveries."""

import azure.functions as func

from recording.entrypoints.answers import problem_details_async
from recording.entrypoints.bindings import Messages, answer_events
from recording.entrypoints.worker import get_app, get_intake
from recording.settings import CHUNK_QUEUE, EVENT_QUEUE, STORAGE, URGENT_QUEUE

blueprint = func.Blueprint()


@blueprint.route("calls/events", methods=["POST", "OPTIONS"])
@blueprint.queue_output(arg_name="chunks", queue_name=CHUNK_QUEUE, connection=STORAGE)
@blueprint.queue_output(arg_name="urgent", queue_name=URGENT_QUEUE, connection=STORAGE)
@blueprint.queue_output(arg_name="later", queue_name=EVENT_QUEUE, connection=STORAGE)
@problem_details_async
async def calls_events(req: func.HttpRequest, chunks: Messages, urgent: Messages, later: Messages) -> func.HttpResponse:
    """Receive Call Automation callbacks and Event Grid deliveries of call events; answer both handshakes."""
    if req.method == "OPTIONS":
        origin = req.headers.get("WebHook-Request-Origin", "*")
        return func.HttpResponse(headers={"WebHook-Allowed-Origin": origin, "WebHook-Allowed-Rate": "*"})
    from_event_grid = "aeg-event-type" in req.headers
    body = req.get_body()
    received = await get_intake().run(
        lambda: get_app().receiving.receive_request(body, from_event_grid=from_event_grid), len(body)
    )
    return answer_events(received, chunks, urgent, later, from_event_grid=from_event_grid)
