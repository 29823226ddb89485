"""Retention over HTTP: what ends, what a person is asked about, and what they decide."""

import azure.functions as func

from recording.core.formats import api
from recording.core.formats.api.shapes import AskedPage, EndView, RetentionPlan
from recording.entrypoints.answers import json_answer, problem_details
from recording.entrypoints.callers import caller_of
from recording.entrypoints.pages import recording_id_of
from recording.entrypoints.worker import get_app

blueprint = func.Blueprint()


@blueprint.route("retention/plan", methods=["GET"])
@problem_details
def retention_plan(req: func.HttpRequest) -> func.HttpResponse:
    """What ends by the end of a day, tomorrow unless another one is named: counted by class, and what it waits for."""
    app = get_app()
    caller_of(req, app, "retention_plan")
    plan = app.records.keeping.deciding_ends.plan(api.parse_plan_day(req.params, app.now().date()))
    answer: RetentionPlan = {
        "day": plan.day.isoformat(),
        "ends": [
            {
                "retentionClass": one.retention_class,
                "afterwards": one.afterwards,
                "waits": one.waits or None,
                "recordings": one.recordings,
            }
            for one in plan.ends
        ],
        "mostADay": app.settings.retention.most_a_day,
        "deleting": plan.deleting,
        "held": plan.held,
        "kept": plan.kept,
        "isMore": plan.is_more,
    }
    return json_answer(answer)


@blueprint.route("retention/asked", methods=["GET"])
@problem_details
def retention_asked(req: func.HttpRequest) -> func.HttpResponse:
    """The recordings whose days are over, and about which a person decides; in pages."""
    app = get_app()
    caller_of(req, app, "retention_asked")
    found, following = app.records.keeping.deciding_ends.asked(api.parse_page(req.params))
    answer: AskedPage = {
        "recordings": [
            {
                "recordingId": one.recording_id,
                "retentionClass": one.retention_class,
                "endsOn": one.ends_on.isoformat(),
            }
            for one in found
            if one.ends_on is not None
        ],
        "next": api.mark(following) or None,
    }
    return json_answer(answer)


@blueprint.route("recordings/{id}/end", methods=["POST"])
@problem_details
def decide_end(req: func.HttpRequest) -> func.HttpResponse:
    """Decide about a recording whose class asks: it is deleted by the next daily pass, or kept until another day."""
    app = get_app()
    caller = caller_of(req, app, "decide_end")
    recording_id = recording_id_of(req)
    end = app.records.keeping.deciding_ends.decide(
        recording_id, api.parse_choice(req.get_body(), caller, app.now().date())
    )
    answer: EndView = {
        "recordingId": recording_id,
        "retentionClass": (end and end.retention_class) or None,
        "endsOn": end.ends_on.isoformat() if end is not None and end.ends_on is not None else None,
        "afterwards": end.afterwards if end is not None else None,
        "waits": (end and end.why) or None,
    }
    return json_answer(answer)
