"""Erasures over HTTP: a plan first, then its execution by its hash; and how far it is, with the certificate."""

import azure.functions as func

from recording.core.formats import api
from recording.entrypoints.answers import json_answer, problem_details
from recording.entrypoints.callers import caller_of
from recording.entrypoints.worker import get_app
from recording.records.erasure.erasing import Shown

blueprint = func.Blueprint()


@blueprint.route("erasures", methods=["POST"])
@problem_details
def plan_erasure(req: func.HttpRequest) -> func.HttpResponse:
    """Plan the erasure of a person's recordings: what would go, what is deferred and why. Nothing is erased."""
    app = get_app()
    asked = api.parse_erasure(req.get_body(), caller_of(req, app, "plan_erasure"))
    shown = app.records.erasing.plan(
        asked.person, asked.mode, asked.purpose, overrides_duties=asked.overrides_duties, by=asked.by
    )
    return _answer(shown, 202 if shown.plan is None else 200)


@blueprint.route("erasures/{erasureId}/execute", methods=["POST"])
@problem_details
def execute_erasure(req: func.HttpRequest) -> func.HttpResponse:
    """Execute a plan that was seen; a job does it. If the plan would be another one now, that is answered instead."""
    app = get_app()
    asked = api.parse_execution(req.get_body(), caller_of(req, app, "execute_erasure"))
    return _answer(app.records.erasing.execute(req.route_params["erasureId"], asked.plan_hash, by=asked.by), 202)


@blueprint.route("erasures/{erasureId}", methods=["GET"])
@problem_details
def erasure_state(req: func.HttpRequest) -> func.HttpResponse:
    """How far an erasure is: its plan as it was made last, or what came of it, with the certificate."""
    app = get_app()
    by = caller_of(req, app, "erasure_state").actor
    return _answer(app.records.erasing.show(req.route_params["erasureId"], by=by))


def _answer(shown: Shown, status: int = 200) -> func.HttpResponse:
    return json_answer(api.erasure_view(shown.job, shown.erase, shown.plan), status)
