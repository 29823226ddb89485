"""Recordings over HTTP: start, list, state, history, seal, pause, resume, stop."""

import azure.functions as func

from recording.core.consent import Consent
from recording.core.formats import api
from recording.core.formats.api.shapes import SummaryPage
from recording.entrypoints.answers import json_answer, problem_details
from recording.entrypoints.callers import caller_of
from recording.entrypoints.pages import answer_recording, following, found_of_person, recording_id_of, shown
from recording.entrypoints.worker import get_app

blueprint = func.Blueprint()


@blueprint.route("recordings", methods=["POST"])
@problem_details
def start_recording(req: func.HttpRequest) -> func.HttpResponse:
    """Start what the policy allows: 201; 200 if the call is recorded already, 202 while consent is asked for."""
    app = get_app()
    caller = caller_of(req, app, "start_recording")
    request = api.parse_start(req.get_body(), req.headers.get("Repeatability-Request-ID"))
    start = app.beginning.begin_requested(request, by=caller.actor)
    if isinstance(start, Consent):
        return json_answer(api.pending_view(start), 202)
    return answer_recording(start.entry, status=201 if start.is_new else 200)


@blueprint.route("recordings", methods=["GET"])
@problem_details
def list_recordings(req: func.HttpRequest) -> func.HttpResponse:
    """The recordings that the catalog first knew on a day, or those of a person, that fit what is asked; in pages."""
    app = get_app()
    caller_of(req, app, "list_recordings")
    of_person = api.parse_person_of_list(req.params)
    if of_person is not None:
        caller, (key, asked) = caller_of(req, app, "search_recordings"), of_person
        raw_ids = app.records.people.raw_ids(key)
        return found_of_person(app.records.searching.of_person(raw_ids, asked, by=caller.actor), asked.period)
    listed = app.records.searching.of_day(api.parse_list(req.params, app.now()))
    page: SummaryPage = {
        "recordings": shown(listed, api.summary_view, api.unread_summary),
        "next": following(listed),
    }
    return json_answer(page)


@blueprint.route("recordings/{id}", methods=["GET"])
@problem_details
def recording_state(req: func.HttpRequest) -> func.HttpResponse:
    """The state of a recording, what is still owed, and how long its source lives."""
    app = get_app()
    caller = caller_of(req, app, "recording_state")
    entry, service_state = app.controlling.state(recording_id_of(req), by=caller.actor)
    return answer_recording(entry, service_state)


@blueprint.route("recordings/{id}/history", methods=["GET"])
@problem_details
def recording_history(req: func.HttpRequest) -> func.HttpResponse:
    """All that happened to a recording: events, tries, proofs, deletes and decisions, with times."""
    app = get_app()
    caller = caller_of(req, app, "recording_history")
    return json_answer(api.history_view(app.looking.history(recording_id_of(req), by=caller.actor)))


@blueprint.route("recordings/{id}/seal", methods=["GET"])
@problem_details
def recording_seal(req: func.HttpRequest) -> func.HttpResponse:
    """What was found when everything that is archived of a recording was read once more: digests, waveform, silence."""
    app = get_app()
    caller = caller_of(req, app, "recording_seal")
    entry = app.looking.seal(recording_id_of(req), by=caller.actor)
    return func.HttpResponse(app.records.sealing.read(entry), mimetype="application/json")


@blueprint.route("recordings/{id}/pause", methods=["POST"])
@problem_details
def pause_recording(req: func.HttpRequest) -> func.HttpResponse:
    """Pause a recording."""
    app = get_app()
    caller = caller_of(req, app, "pause_recording")
    return answer_recording(app.controlling.pause(recording_id_of(req), by=caller.actor))


@blueprint.route("recordings/{id}/resume", methods=["POST"])
@problem_details
def resume_recording(req: func.HttpRequest) -> func.HttpResponse:
    """Resume a recording, in the same chunk."""
    app = get_app()
    caller = caller_of(req, app, "resume_recording")
    return answer_recording(app.controlling.resume(recording_id_of(req), by=caller.actor))


@blueprint.route("recordings/{id}/stop", methods=["POST"])
@problem_details
def stop_recording(req: func.HttpRequest) -> func.HttpResponse:
    """Stop a recording."""
    app = get_app()
    caller = caller_of(req, app, "stop_recording")
    return answer_recording(app.controlling.stop(recording_id_of(req), by=caller.actor))
