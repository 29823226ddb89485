"""Whether the app is able to work."""

import asyncio

import azure.functions as func

from recording.entrypoints.answers import json_answer, problem_details_async
from recording.entrypoints.worker import get_app

blueprint = func.Blueprint()


@blueprint.route("health", methods=["GET"])
@problem_details_async
async def health(req: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001 - the binding's own name
    """Whether the settings are whole; if not, all that is wrong with them. Asks no service, waits for no thread."""
    await asyncio.to_thread(get_app)
    return json_answer({"status": "ok"})
