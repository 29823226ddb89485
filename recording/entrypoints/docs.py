"""The OpenAPI document, and the page that shows it. Neither needs a key (ADR 20)."""

import functools
import json
from collections.abc import Sequence
from pathlib import Path

import azure.functions as func

from recording.core.errors import PageMissing, UnknownAsset
from recording.entrypoints.answers import problem_details
from recording.entrypoints.openapi.document import document
from recording.entrypoints.openapi.routes import routes_of

VIEWER = Path(__file__).parent / "openapi" / "viewer"
_PAGE = "index.html"
_ASSETS = {"start.js": "text/javascript", "swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css"}
_HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def blueprint_about(described: Sequence[func.Blueprint]) -> func.Blueprint:
    """The functions that describe those of other blueprints, and themselves."""
    blueprint = func.Blueprint()

    @functools.cache
    def text() -> str:
        return json.dumps(document(routes_of([*described, blueprint])))

    @blueprint.route("openapi.json", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
    @problem_details
    def openapi_json(req: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001 - the binding needs the name
        """This document."""
        return func.HttpResponse(text(), mimetype="application/json", headers=_HEADERS)

    @blueprint.route("docs", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
    @problem_details
    def docs(req: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001 - the binding needs the name
        """The page that shows this document."""
        return func.HttpResponse(_read(_PAGE), mimetype="text/html", headers=_HEADERS)

    @blueprint.route("docs/{asset}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
    @problem_details
    def docs_asset(req: func.HttpRequest) -> func.HttpResponse:
        """A script or the style sheet of that page."""
        name = req.route_params["asset"]
        if name not in _ASSETS:
            raise UnknownAsset("show page", f"it has no such file; known are {', '.join(_ASSETS)}")
        return func.HttpResponse(_read(name), mimetype=_ASSETS[name], headers=_HEADERS)

    return blueprint


def _read(name: str) -> bytes:
    try:
        return (VIEWER / name).read_bytes()
    except FileNotFoundError as error:
        cause = f"{name} was not packed with the app; /api/openapi.json is there all the same"
        raise PageMissing("show page", cause, hint="pack the app with `make package`") from error
