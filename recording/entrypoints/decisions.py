"""What people see and decide: what is owed, decisions about chunks, and file events that they hand in."""

import azure.functions as func

from recording.core.formats import api
from recording.core.formats.api.shapes import OwedPage
from recording.entrypoints.answers import json_answer, problem_details, problem_details_async
from recording.entrypoints.bindings import Messages, answer_events
from recording.entrypoints.pages import answer_recording, document_id_of, following, recording_id_of, shown
from recording.entrypoints.worker import get_app, get_intake
from recording.settings import CHUNK_QUEUE, EVENT_QUEUE, STORAGE, URGENT_QUEUE

blueprint = func.Blueprint()


@blueprint.route("owed", methods=["GET"])
@problem_details
def list_owed(req: func.HttpRequest) -> func.HttpResponse:
    """Everything that is not done, by time left: why, and what a person is to do; in pages."""
    listing, now = get_app().listing, get_app().now()
    listed = listing.owed(api.parse_page(req.params))
    page: OwedPage = {
        "owed": shown(listed, lambda entry: api.owed_view(entry, listing.end_of_source(entry), now), api.unread_owed),
        "next": following(listed),
    }
    return json_answer(page)


@blueprint.route("recordings/{id}/chunks/{documentId}/decision", methods=["POST"])
@problem_details
def decide_chunk(req: func.HttpRequest) -> func.HttpResponse:
    """Decide about a chunk as it is in the recording whose ETag is given: try again, accept the copy, or give up."""
    asked = api.parse_decision(req.get_body(), req.headers.get("If-Match"))
    return answer_recording(get_app().deciding.decide(recording_id_of(req), document_id_of(req), asked))


@blueprint.route("recordings/{id}/decision", methods=["POST"])
@problem_details
def decide_recording(req: func.HttpRequest) -> func.HttpResponse:
    """Give up a recording that is open only because an event that was handed in cannot be read."""
    asked = api.parse_decision(req.get_body(), req.headers.get("If-Match"))
    return answer_recording(get_app().deciding.give_up(recording_id_of(req), asked))


@blueprint.route("recordings/events", methods=["POST"])
@blueprint.queue_output(arg_name="chunks", queue_name=CHUNK_QUEUE, connection=STORAGE)
@blueprint.queue_output(arg_name="urgent", queue_name=URGENT_QUEUE, connection=STORAGE)
@blueprint.queue_output(arg_name="later", queue_name=EVENT_QUEUE, connection=STORAGE)
@problem_details_async
async def hand_in_events(
    req: func.HttpRequest, chunks: Messages, urgent: Messages, later: Messages
) -> func.HttpResponse:
    """Take file events that a person hands in, of either schema, one or an array; they start no recording."""
    body = req.get_body()
    received = await get_intake().run(lambda: get_app().receiving.receive_file_events(body), len(body))
    return answer_events(received, chunks, urgent, later)
