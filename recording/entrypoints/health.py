"""Whether the app can run, and, if asked for, whether copies would succeed now."""

import asyncio

import azure.functions as func

from recording.bootstrap import App
from recording.core.formats import api
from recording.core.formats.api.shapes import Health, HealthCheck
from recording.entrypoints.answers import json_answer, problem_details_async
from recording.entrypoints.problems import unhealthy
from recording.entrypoints.worker import get_app
from recording.watch.probing import Finding

_ARCHIVE_ONLY = "ACS_ENDPOINT is not set: the app only keeps an archive; nothing is started, copied or released"

blueprint = func.Blueprint()


@blueprint.route("health", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
@problem_details_async
async def health(req: func.HttpRequest) -> func.HttpResponse:
    """Whether the settings are valid, and the sweep alive; if not, every problem.

    With `deep=true` it does at each service what a copy does there, and lists each check.
    """
    # Not on the intake's threads; and no thread that the plain check needs waits for the deep one.
    is_deep = api.parse_switch(req.params, "deep")
    app = await asyncio.to_thread(get_app)
    if not is_deep:
        await asyncio.to_thread(_check, app)
        return json_answer(_ok(app))
    findings = await asyncio.wrap_future(app.probing.ask())
    checks = [_view(finding) for finding in findings]
    if any(finding.problem for finding in findings):
        found = unhealthy(checks)
        return json_answer(found.details, found.status, "application/problem+json", found.headers)
    return json_answer({**_ok(app), "checks": checks})


def _ok(app: App) -> Health:
    return Health(status="ok", note=_ARCHIVE_ONLY) if app.settings.is_archive_only else Health(status="ok")


def _check(app: App) -> None:
    app.settings.check_all()
    app.heartbeat.check()


def _view(finding: Finding) -> HealthCheck:
    found = HealthCheck(name=finding.name, ok=not finding.problem, milliseconds=round(finding.seconds * 1000))
    return {**found, "problem": finding.problem} if finding.problem else found
