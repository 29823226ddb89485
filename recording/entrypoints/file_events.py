"""File events, from the Event Grid trigger and from the queue of events."""

from collections.abc import Callable

import azure.functions as func

from recording.entrypoints.answers import let_host_retry_async
from recording.entrypoints.bindings import Messages, put_messages
from recording.entrypoints.worker import get_app, get_intake
from recording.events.taking import Reception
from recording.settings import CHUNK_QUEUE, EVENT_QUEUE, STORAGE, URGENT_QUEUE

blueprint = func.Blueprint()


@blueprint.event_grid_trigger(arg_name="event")
@blueprint.queue_output(arg_name="chunks", queue_name=CHUNK_QUEUE, connection=STORAGE)
@blueprint.queue_output(arg_name="urgent", queue_name=URGENT_QUEUE, connection=STORAGE)
@blueprint.queue_output(arg_name="later", queue_name=EVENT_QUEUE, connection=STORAGE)
@let_host_retry_async
async def recording_file_status_updated(event: str, chunks: Messages, urgent: Messages, later: Messages) -> None:
    """Write the event to the journal and its chunks to the catalog, and queue a message for each chunk.

    Raises transient errors only, so that Event Grid retries. The event is bound as text: the binding's classes drop
    fields and reject valid times.
    """
    body = event.encode("utf-8", "surrogatepass")
    await _take(lambda: get_app().receiving.receive_event(body), len(body), chunks, urgent, later)


@blueprint.queue_trigger(arg_name="message", queue_name=EVENT_QUEUE, connection=STORAGE)
@blueprint.queue_output(arg_name="chunks", queue_name=CHUNK_QUEUE, connection=STORAGE)
@blueprint.queue_output(arg_name="urgent", queue_name=URGENT_QUEUE, connection=STORAGE)
@blueprint.queue_output(arg_name="later", queue_name=EVENT_QUEUE, connection=STORAGE)
@let_host_retry_async
async def recording_events_queued(
    message: func.QueueMessage, chunks: Messages, urgent: Messages, later: Messages
) -> None:
    """Take events that a subscription delivers to the queue, or that an earlier run left for later."""
    body = message.get_body()
    await _take(lambda: get_app().receiving.receive_message(body), len(body), chunks, urgent, later)


async def _take(
    receive: Callable[[], Reception], length: int, chunks: Messages, urgent: Messages, later: Messages
) -> None:
    received = await get_intake().run(receive, length)
    if received.failure is not None:
        raise received.failure
    put_messages(received, chunks, urgent, later)
