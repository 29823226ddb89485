"""Whether the app can run."""

import asyncio

import azure.functions as func

from recording.entrypoints.answers import json_answer, problem_details_async
from recording.entrypoints.worker import get_app

blueprint = func.Blueprint()


@blueprint.route("health", methods=["GET"])
@problem_details_async
async def health(req: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001 - the binding needs the name
    """Whether the settings are valid, and the sweep alive; if not, every problem. Not run on the intake's threads."""
    await asyncio.to_thread(_check)
    return json_answer({"status": "ok"})


def _check() -> None:
    get_app().heartbeat.check()
