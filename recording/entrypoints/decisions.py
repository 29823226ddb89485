"""What people see and decide: what is owed, decisions about chunks, and file events that they hand in."""

import azure.functions as func

from recording.core.formats import api
from recording.core.formats.api.shapes import OwedPage
from recording.entrypoints.answers import json_answer, problem_details, problem_details_async
from recording.entrypoints.bindings import Messages, answer_events
from recording.entrypoints.callers import authorization_of, caller_of
from recording.entrypoints.pages import answer_recording, document_id_of, following, recording_id_of, shown
from recording.entrypoints.worker import get_app, get_intake
from recording.events.taking import Reception
from recording.settings import CHUNK_QUEUE, EVENT_QUEUE, STORAGE, URGENT_QUEUE

blueprint = func.Blueprint()


@blueprint.route("owed", methods=["GET"])
@problem_details
def list_owed(req: func.HttpRequest) -> func.HttpResponse:
    """Everything that is not done, by time left: why, and what a person is to do; in pages.

    What no end of a source threatens, such as an act of a trail that is to be written, stands among the rest, behind
    what may be lost within the next hours; its `secondsLeft` is null.
    """
    app = get_app()
    caller_of(req, app, "list_owed")
    listing, now = app.listing, app.now()
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
    app = get_app()
    caller = caller_of(req, app, "decide_chunk")
    asked = api.parse_decision(req.get_body(), req.headers.get("If-Match"), caller)
    return answer_recording(app.deciding.decide(recording_id_of(req), document_id_of(req), asked))


@blueprint.route("recordings/{id}/decision", methods=["POST"])
@problem_details
def decide_recording(req: func.HttpRequest) -> func.HttpResponse:
    """Give up a recording that is open only because an event that was handed in cannot be read."""
    app = get_app()
    caller = caller_of(req, app, "decide_recording")
    asked = api.parse_decision(req.get_body(), req.headers.get("If-Match"), caller)
    return answer_recording(app.deciding.give_up(recording_id_of(req), asked))


@blueprint.route("recordings/events", methods=["POST"])
@blueprint.queue_output(arg_name="chunks", queue_name=CHUNK_QUEUE, connection=STORAGE)
@blueprint.queue_output(arg_name="urgent", queue_name=URGENT_QUEUE, connection=STORAGE)
@blueprint.queue_output(arg_name="later", queue_name=EVENT_QUEUE, connection=STORAGE)
@problem_details_async
async def hand_in_events(
    req: func.HttpRequest, chunks: Messages, urgent: Messages, later: Messages
) -> func.HttpResponse:
    """Take file events that a person hands in, of either schema, one or an array; they start no recording."""
    body, authorization = req.get_body(), authorization_of(req)

    def receive() -> Reception:
        app = get_app()
        caller = app.admitting.admit("hand_in_events", authorization)
        return app.receiving.receive_file_events(body, by=caller.actor)

    received = await get_intake().run(receive, len(body))
    return answer_events(received, chunks, urgent, later)
