"""What no other function answers: an unknown route, or a method that its route does not take."""

import functools
from collections.abc import Sequence

import azure.functions as func

from recording.core.errors import MethodNotAllowed, UnknownRoute
from recording.entrypoints.answers import json_answer, problem_details
from recording.entrypoints.openapi.routes import Route, routes_of
from recording.entrypoints.problems import problem


def blueprint_beside(described: Sequence[func.Blueprint]) -> func.Blueprint:
    """The function that the host asks where it finds no other: those of these blueprints."""
    blueprint = func.Blueprint()

    @functools.cache
    def routes() -> list[Route]:
        return routes_of(described)

    @blueprint.route("{*rest}")
    @problem_details
    def elsewhere(req: func.HttpRequest) -> func.HttpResponse:
        """Answer 405 where the route takes other methods, else 404."""
        path = req.route_params.get("rest", "")
        fitting = [one.path for one in routes() if _leads_to(one.path, path)]
        if not fitting:
            raise UnknownRoute("find route", "the API has no such path; /api/openapi.json has all")
        closest = min(fitting, key=lambda one: one.count("{"))
        allowed = sorted({one.method for one in routes() if one.path == closest})
        found = problem(MethodNotAllowed("find route", f"this path takes {', '.join(allowed)} alone"))
        return json_answer(found.details, found.status, "application/problem+json", {"Allow": ", ".join(allowed)})

    return blueprint


def _leads_to(template: str, path: str) -> bool:
    """Whether the host finds the template for this path: upper and lower case are the same to it."""
    wanted, given = template.lower().split("/"), path.strip("/").lower().split("/")
    return len(wanted) == len(given) and all(
        one == other or (one.startswith("{") and other) for one, other in zip(wanted, given, strict=True)
    )
