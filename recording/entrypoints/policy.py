"""The policy over HTTP: which rule decides about a call and why, and what a draft would change."""

import azure.functions as func

from recording.adapters.policy_text import policy_of
from recording.core.errors import InvalidRequest
from recording.core.formats import api
from recording.core.formats.api.shapes import ReplayPage
from recording.entrypoints.answers import json_answer, problem_details
from recording.entrypoints.callers import caller_of
from recording.entrypoints.worker import get_app

blueprint = func.Blueprint()


@blueprint.route("policy/explain", methods=["POST"])
@problem_details
def explain_policy(req: func.HttpRequest) -> func.HttpResponse:
    """Which rule decides about a call, and for every other rule what would have had to match."""
    app = get_app()
    caller_of(req, app, "explain_policy")
    app.settings.check_starting()
    call = api.parse_explain(req.get_body(), app.now())
    return json_answer(api.explain_view(app.settings.recordings.policy, call))


@blueprint.route("policy/replay", methods=["POST"])
@problem_details
def replay_policy(req: func.HttpRequest) -> func.HttpResponse:
    """What a draft, the body, would have said otherwise about the calls of a day, in pages."""
    app = get_app()
    caller_of(req, app, "replay_policy")
    try:
        text = req.get_body().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidRequest("body", "not UTF-8") from error
    asked = api.parse_replay(req.params, app.now())
    found, following = app.policy_replay.replay(policy_of(text), asked)
    page: ReplayPage = {**api.replay_view(found), "next": api.mark(following) or None}
    return json_answer(page)
