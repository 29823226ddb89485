"""Rebuilds the catalog from Blob, for whoever operates the app; and says how far that is."""

import azure.functions as func

from recording.core.errors import UnknownJob
from recording.core.formats import api
from recording.core.records.jobs import JobKind
from recording.entrypoints.answers import json_answer, problem_details
from recording.entrypoints.callers import caller_of
from recording.entrypoints.worker import get_app

blueprint = func.Blueprint()


@blueprint.route("rebuild", methods=["POST"])
@problem_details
def rebuild_catalog(req: func.HttpRequest) -> func.HttpResponse:
    """Make the entries that the catalog has lost from manifests, trails and journal; none that is there is replaced."""
    app = get_app()
    caller = caller_of(req, app, "rebuild_catalog")
    job = app.records.jobs.make(JobKind.REBUILD, "{}", by=caller.actor)
    return json_answer(api.rebuild_view(job), 202)


@blueprint.route("rebuild/{jobId}", methods=["GET"])
@problem_details
def rebuild_state(req: func.HttpRequest) -> func.HttpResponse:
    """How far a rebuild is: recordings by what became of them, and blobs that were looked at."""
    app, job_id = get_app(), req.route_params["jobId"]
    caller_of(req, app, "rebuild_state")
    job = app.records.jobs.load(job_id)
    if job.kind is not JobKind.REBUILD:
        raise UnknownJob("find job", "it rebuilds nothing", ids={"job_id": job_id})
    return json_answer(api.rebuild_view(job))
