"""Whether the app can run, and, if asked for, whether copies would succeed now."""

import asyncio

import azure.functions as func

from recording.entrypoints.answers import json_answer, problem_details_async
from recording.entrypoints.problems import unhealthy
from recording.entrypoints.worker import get_app
from recording.watch.probing import Finding

blueprint = func.Blueprint()

_YES = frozenset({"true", "1", "yes"})


@blueprint.route("health", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
@problem_details_async
async def health(req: func.HttpRequest) -> func.HttpResponse:
    """Whether the settings are valid, and the sweep alive; if not, every problem. Not run on the intake's threads.

    With `deep=true` it does at each service what a copy does there. No thread that the plain one needs waits for that.
    """
    if req.params.get("deep", "").lower() not in _YES:
        await asyncio.to_thread(_check)
        return json_answer({"status": "ok"})
    app = await asyncio.to_thread(get_app)
    findings = await asyncio.wrap_future(app.probing.ask())
    checks = [_view(finding) for finding in findings]
    if any(finding.problem for finding in findings):
        found = unhealthy(checks)
        return json_answer(found.details, found.status, "application/problem+json", found.headers)
    return json_answer({"status": "ok", "checks": checks})


def _check() -> None:
    get_app().heartbeat.check()


def _view(finding: Finding) -> dict[str, object]:
    is_ok = not finding.problem
    problem = {} if is_ok else {"problem": finding.problem}
    return {"name": finding.name, "ok": is_ok, **problem, "milliseconds": round(finding.seconds * 1000)}
