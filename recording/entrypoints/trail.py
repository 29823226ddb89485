"""The audit trail of a recording over HTTP: its acts, and whether they are as they were written."""

import azure.functions as func

from recording.core.formats import api
from recording.entrypoints.answers import json_answer, problem_details
from recording.entrypoints.callers import caller_of
from recording.entrypoints.pages import recording_id_of
from recording.entrypoints.worker import get_app

blueprint = func.Blueprint()


@blueprint.route("recordings/{id}/trail", methods=["GET"])
@problem_details
def recording_trail(req: func.HttpRequest) -> func.HttpResponse:
    """Who did what with a recording, in order; in pages."""
    app, recording_id = get_app(), recording_id_of(req)
    caller = caller_of(req, app, "recording_trail")
    acts = app.looking.acts(recording_id, api.parse_page(req.params), by=caller.actor)
    return json_answer(api.trail_view(recording_id, acts.blobs, acts.unwritten, acts.next))


@blueprint.route("recordings/{id}/trail/verify", methods=["GET"])
@problem_details
def verify_trail(req: func.HttpRequest) -> func.HttpResponse:
    """Whether every act stands as it was written, and which link of the chain is broken."""
    app, recording_id = get_app(), recording_id_of(req)
    caller_of(req, app, "verify_trail")
    return json_answer(api.verified_view(recording_id, app.looking.verify(recording_id)))
