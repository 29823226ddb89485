"""The queue of chunk messages: each drives one chunk on."""

import azure.functions as func

from recording.core.errors import Permanent
from recording.core.formats.messages import parse_chunk_message
from recording.entrypoints.answers import let_host_retry
from recording.entrypoints.worker import get_app
from recording.settings import CHUNK_QUEUE, STORAGE

blueprint = func.Blueprint()


@blueprint.queue_trigger(arg_name="message", queue_name=CHUNK_QUEUE, connection=STORAGE)
@let_host_retry
def archive_chunk(message: func.QueueMessage) -> None:
    """Drive one chunk on. What must come back is put into the queue by the use case, with its own delay."""
    app = get_app()
    try:
        found = parse_chunk_message(message.get_body())
        is_again = message.dequeue_count != 1
        app.archiving.archive_chunk(found.recording_id, found.document_id, found.look_at, is_again=is_again)
    except Permanent as error:  # however often it comes, it can never work
        app.refusing.refuse_step(message.get_body(), error)
