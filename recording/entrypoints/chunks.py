"""The queues of chunk messages: each message advances one chunk."""

import azure.functions as func

from recording import telemetry
from recording.core.errors import Permanent
from recording.core.formats.messages import parse_chunk_message
from recording.entrypoints.answers import let_host_retry
from recording.entrypoints.worker import get_app
from recording.settings import CHUNK_QUEUE, STORAGE, URGENT_QUEUE

blueprint = func.Blueprint()


@blueprint.queue_trigger(arg_name="message", queue_name=CHUNK_QUEUE, connection=STORAGE)
@let_host_retry
def archive_chunk(message: func.QueueMessage) -> None:
    """Advance one chunk. If work remains, the use case puts a new message into the queue, with its own delay."""
    _archive(message)


@blueprint.queue_trigger(arg_name="message", queue_name=URGENT_QUEUE, connection=STORAGE)
@let_host_retry
def archive_urgent_chunk(message: func.QueueMessage) -> None:
    """The same for a chunk with little time left: it does not wait behind a backlog."""
    _archive(message)


def _archive(message: func.QueueMessage) -> None:
    app = get_app()
    try:
        found = parse_chunk_message(message.get_body())
        is_again = message.dequeue_count != 1
        with telemetry.running(found) as run:
            outcome = app.archiving.archive_chunk(
                found.recording_id, found.document_id, found.look_at, is_again=is_again
            )
            run.set_attribute(telemetry.OUTCOME, outcome.value)
    except Permanent as error:  # a retry cannot succeed: report it and acknowledge the message
        app.refusing.refuse_message(message.get_body(), error)
