"""Recordings over HTTP: start, state, pause, resume, stop."""

import re

import azure.functions as func

from recording.core.formats import api
from recording.core.model import CatalogEntry, RecordingId
from recording.entrypoints.answers import json_answer, problem_details
from recording.entrypoints.worker import get_app

blueprint = func.Blueprint()


@blueprint.route("recordings", methods=["POST"])
@problem_details
def start_recording(req: func.HttpRequest) -> func.HttpResponse:
    """Start a recording of a call, by any of its four locators: 201; 200 if it is recorded already."""
    app = get_app()
    usual = app.settings.recordings.output
    request = api.parse_start(req.get_body(), req.headers.get("Repeatability-Request-ID"), usual)
    start = app.starting.start_requested(request)
    return _view(start.entry, status=201 if start.is_new else 200)


@blueprint.route("recordings/{id}", methods=["GET"])
@problem_details
def recording_state(req: func.HttpRequest) -> func.HttpResponse:
    """The state of a recording, what is still owed, and how long its source lives."""
    entry, service_state = get_app().controlling.state(_id(req))
    return _view(entry, service_state)


@blueprint.route("recordings/{id}/pause", methods=["POST"])
@problem_details
def pause_recording(req: func.HttpRequest) -> func.HttpResponse:
    """Pause a recording."""
    return _view(get_app().controlling.pause(_id(req)))


@blueprint.route("recordings/{id}/resume", methods=["POST"])
@problem_details
def resume_recording(req: func.HttpRequest) -> func.HttpResponse:
    """Resume a recording, in the same chunk."""
    return _view(get_app().controlling.resume(_id(req)))


@blueprint.route("recordings/{id}/stop", methods=["POST"])
@problem_details
def stop_recording(req: func.HttpRequest) -> func.HttpResponse:
    """Stop a recording."""
    return _view(get_app().controlling.stop(_id(req)))


def _id(req: func.HttpRequest) -> RecordingId:
    """The id in the path: the host decodes everything but `%2F`."""
    return RecordingId(re.sub("%2f", "/", req.route_params["id"], flags=re.IGNORECASE))


def _view(entry: CatalogEntry, service_state: str | None = None, status: int = 200) -> func.HttpResponse:
    app = get_app()
    archive, overflow = app.settings.archive, app.settings.overflow
    containers = api.Containers(archive.container, archive.quarantine_container, overflow.container)
    return json_answer(api.recording_view(entry, app.now(), containers, service_state), status)
