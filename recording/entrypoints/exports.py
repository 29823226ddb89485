"""Exports over HTTP: ask for one, look how far it is, make a link to its package, cancel it."""

import azure.functions as func

from recording.core.formats import api
from recording.entrypoints.answers import json_answer, problem_details
from recording.entrypoints.callers import caller_of
from recording.entrypoints.worker import get_app

blueprint = func.Blueprint()


@blueprint.route("exports", methods=["POST"])
@problem_details
def make_export(req: func.HttpRequest) -> func.HttpResponse:
    """Export the recordings of a person, of a call, of a search, or by their ids, as one package; a job does it."""
    app = get_app()
    asked = api.parse_export(req.get_body(), caller_of(req, app, "make_export"))
    job = app.records.exporting.ask(asked.wanted, by=asked.by)
    return json_answer(api.export_view(job, asked.wanted), 202)


@blueprint.route("exports/{exportId}", methods=["GET"])
@problem_details
def export_state(req: func.HttpRequest) -> func.HttpResponse:
    """How far an export is, and what came of it."""
    app = get_app()
    caller_of(req, app, "export_state")
    job, wanted = app.records.exporting.show(req.route_params["exportId"])
    return json_answer(api.export_view(job, wanted))


@blueprint.route("exports/{exportId}/link", methods=["POST"])
@problem_details
def link_export(req: func.HttpRequest) -> func.HttpResponse:
    """Make a link to the package of an export, read only, for some minutes."""
    app = get_app()
    asked = api.parse_link(req.get_body(), caller_of(req, app, "link_export"))
    link = app.records.exporting.link(req.route_params["exportId"], asked.minutes, asked.purpose, by=asked.by)
    return json_answer(api.link_view(link.url, link.until), headers={"Cache-Control": "no-store"})


@blueprint.route("exports/{exportId}/cancel", methods=["POST"])
@problem_details
def cancel_export(req: func.HttpRequest) -> func.HttpResponse:
    """Cancel an export that is not over: its package is not published."""
    app = get_app()
    caller_of(req, app, "cancel_export")
    job, wanted = app.records.exporting.cancel(req.route_params["exportId"])
    return json_answer(api.export_view(job, wanted))
