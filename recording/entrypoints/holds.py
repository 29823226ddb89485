"""Holds over HTTP: make one, list them, look at one, end one."""

import azure.functions as func

from recording.bootstrap import App
from recording.core.errors import InvalidRequest
from recording.core.formats import api
from recording.core.formats.api.shapes import HoldPage
from recording.core.records.holds import Hold
from recording.entrypoints.answers import json_answer, problem_details
from recording.entrypoints.callers import caller_of
from recording.entrypoints.worker import get_app
from recording.records.keeping.holding import ENDED, HOLDS

blueprint = func.Blueprint()


@blueprint.route("holds", methods=["POST"])
@problem_details
def make_hold(req: func.HttpRequest) -> func.HttpResponse:
    """Hold recordings: from now on nothing that is covered is erased or ends; a job notes it on each of them."""
    app = get_app()
    caller = caller_of(req, app, "make_hold")
    asked = api.parse_hold(req.get_body(), caller, app.now().date())
    classes = app.settings.retention.classes
    if asked.retention_class and classes.find(asked.retention_class) is None:
        if not classes.are_known:
            app.settings.check_retention()
        raise InvalidRequest("retentionClass", "none of the classes of RETENTION_CLASSES")
    if asked.key or asked.scope.person:
        app.records.people.index.current()  # without an index nobody would be found
    person = app.records.people.raw_ids(asked.key) if asked.key else ()
    return _answer(app, app.records.keeping.deciding_holds.make(asked, person, by=asked.by), 202)


@blueprint.route("holds", methods=["GET"])
@problem_details
def list_holds(req: func.HttpRequest) -> func.HttpResponse:
    """The holds that are not ended, or those that are; in pages."""
    app = get_app()
    caller_of(req, app, "list_holds")
    page, is_ended = api.parse_holds_page(req.params)
    found = app.records.holding.page(ENDED if is_ended else HOLDS, page.limit, page.after)
    answer: HoldPage = {"holds": [_view(app, hold) for hold in found.holds], "next": api.mark(found.next) or None}
    return json_answer(answer)


@blueprint.route("holds/{holdId}", methods=["GET"])
@problem_details
def show_hold(req: func.HttpRequest) -> func.HttpResponse:
    """A hold, and how far its job is."""
    app = get_app()
    caller_of(req, app, "show_hold")
    return _answer(app, app.records.holding.load(req.route_params["holdId"]))


@blueprint.route("holds/{holdId}/end", methods=["POST"])
@problem_details
def end_hold(req: func.HttpRequest) -> func.HttpResponse:
    """End a hold as it was seen: what it has put off happens by itself, unless another hold covers it."""
    app = get_app()
    caller = caller_of(req, app, "end_hold")
    asked = api.parse_end(req.get_body(), req.headers.get("If-Match"), caller)
    hold = app.records.keeping.deciding_holds.end(req.route_params["holdId"], asked.etag, asked.reason, by=asked.by)
    return _answer(app, hold, 202)


def _answer(app: App, hold: Hold, status: int = 200) -> func.HttpResponse:
    return json_answer(_view(app, hold), status, headers={"ETag": api.etag_of_hold(hold)})


def _view(app: App, hold: Hold) -> api.shapes.Hold:
    return api.hold_view(hold, app.records.keeping.deciding_holds.progress(hold))
