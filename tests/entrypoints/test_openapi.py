"""The OpenAPI document: of all functions, from one table, and as it is kept in the repository."""

import json
from typing import Any

import azure.functions as func
import jsonschema_rs
import pytest
from azure.functions.decorators.http import HttpTrigger

import function_app
from recording.core import callers
from recording.entrypoints import docs
from recording.entrypoints.openapi.document import document
from recording.entrypoints.openapi.operations import OPERATIONS
from recording.entrypoints.openapi.routes import routes_of
from recording.entrypoints.problems import STATUSES
from tests.described import deviations
from tools.openapi import TARGET, written

ROUTES = routes_of(function_app.blueprints)
DOCUMENT = document(ROUTES)


def functions() -> dict[str, Any]:
    """The registered functions, by name."""
    app = func.FunctionApp()
    for blueprint in function_app.blueprints:
        app.register_functions(blueprint)
    return {str(function.get_function_name()): function for function in app.get_functions()}


def answered(name: str, **route: str) -> func.HttpResponse:
    """The answer of a function to a request for this path."""
    reply: func.HttpResponse = functions()[name].get_user_function()(
        func.HttpRequest("GET", "/", route_params=route, body=b"")
    )
    return reply


def operations() -> list[dict[str, Any]]:
    """What is said of each operation."""
    return [operation for path in DOCUMENT["paths"].values() for operation in path.values()]


def test_the_document_is_kept_in_the_repository() -> None:
    """`make openapi` writes it anew; what a change does to the API shows in its difference."""
    assert written() == TARGET.read_text(encoding="utf-8")


def test_every_function_over_http_is_described() -> None:
    """All but the one that answers where there is no operation; and nothing is described that is not there."""
    over_http = {name for name, found in functions().items() if isinstance(found.get_trigger(), HttpTrigger)}

    assert {one.operation for one in ROUTES} == set(OPERATIONS)
    assert {"elsewhere"} == over_http - {one.operation.partition(" ")[0] for one in ROUTES}


def test_a_function_of_which_nothing_is_said_cannot_be_described() -> None:
    blueprint = func.Blueprint()

    @blueprint.route("new", methods=["GET"])
    def new(req: func.HttpRequest) -> func.HttpResponse:
        return func.HttpResponse()

    with pytest.raises(KeyError, match="new"):
        document(routes_of([blueprint]))


def test_every_kind_of_problem_is_named_where_it_is_answered() -> None:
    """Those of 503 are not told apart; and where there is no operation, there is no description of it."""
    named = {kind for said in OPERATIONS.values() for kind in said.problems}

    assert set() == named - set(STATUSES)
    assert {"unknown-route", "method-not-allowed"} == {kind for kind in STATUSES if STATUSES[kind] < 503} - named


def test_what_proves_a_caller_is_said_as_it_is_asked_for() -> None:
    """The roles are those of the app's own table; what needs nothing is the document and its page."""
    proofs = {
        one["operationId"]: {name: roles for each in one["security"] for name, roles in each.items()}
        for one in operations()
    }
    keys: dict[str, list[str]] = {"functionKey": [], "functionKeyInQuery": []}

    assert {name: {**keys, "entra": sorted(roles)} for name, roles in callers.OPERATIONS.items()} == {
        name: proof for name, proof in proofs.items() if "entra" in proof
    }
    assert {name for name, proof in proofs.items() if not proof} == callers.OPEN
    assert {"callAutomation": []} == proofs["calls_callbacks"]
    assert keys == proofs["health"] == proofs["calls_events"]


def test_every_operation_has_a_name_of_its_own_and_a_summary() -> None:
    """By which programs for it are made."""
    assert len(operations()) == len({one["operationId"] for one in operations()})
    assert [] == [one["operationId"] for one in operations() if not one["summary"]]


@pytest.mark.parametrize("name", DOCUMENT["components"]["schemas"])
def test_every_schema_is_one(name: str) -> None:
    """Of the version of JSON Schema that OpenAPI 3.1 has; and none speaks of modules of the app."""
    schema = DOCUMENT["components"]["schemas"][name]
    jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})

    assert "core." not in json.dumps(schema)


def test_a_moment_is_one_whether_or_not_it_may_be_null() -> None:
    recording, failure = (DOCUMENT["components"]["schemas"][name]["properties"] for name in ("Recording", "Failure"))

    assert ("date-time", "date-time") == (recording["due"]["format"], failure["at"]["format"])
    assert {"type": "null"} in recording["due"]["anyOf"]


def test_the_page_runs_only_what_comes_with_it() -> None:
    """No script in the page, none from elsewhere; it can be shown in no frame."""
    page = answered("docs")
    policy = page.headers["Content-Security-Policy"]

    assert (200, "text/html") == (page.status_code, page.mimetype)
    assert b"<script>" not in page.get_body()
    assert b"://" not in page.get_body()
    assert "default-src 'none'; script-src 'self';" in policy
    assert not {"unsafe-inline", "unsafe-eval", "http:", "https:", "*"} & set(policy.replace("'", "").split())
    assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize(
    ("name", "media_type"),
    [("swagger-ui.css", "text/css"), ("swagger-ui-bundle.js", "text/javascript"), ("start.js", "text/javascript")],
)
def test_the_files_of_the_page_are_served_as_what_they_are(name: str, media_type: str) -> None:
    """As bytes: they are not in ASCII."""
    reply = answered("docs_asset", asset=name)

    assert (200, media_type, "nosniff") == (reply.status_code, reply.mimetype, reply.headers["X-Content-Type-Options"])
    assert reply.get_body() == (docs.VIEWER / name).read_bytes()
    assert name.encode() in answered("docs").get_body()


@pytest.mark.parametrize("name", ["index.html", "../document.py", "..%2Fdocument.py", "swagger-ui.css/", "", "\0"])
def test_nothing_else_of_the_app_is_served(name: str) -> None:
    reply = answered("docs_asset", asset=name)

    assert (404, "urn:recording:problem:unknown-asset") == (reply.status_code, json.loads(reply.get_body())["type"])


def test_a_page_that_was_not_packed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """503 with the name of the file; the document is there all the same."""
    monkeypatch.setattr(docs, "VIEWER", docs.VIEWER / "nowhere")
    replies = [answered("docs"), answered("docs_asset", asset="swagger-ui.css")]

    for reply, name in zip(replies, ("index.html", "swagger-ui.css"), strict=True):
        said = json.loads(reply.get_body())
        assert (503, "urn:recording:problem:page-missing") == (reply.status_code, said["type"])
        assert f"{name} was not packed with the app" in said["detail"]
        assert "Retry-After" in reply.headers
    assert DOCUMENT == json.loads(answered("openapi_json").get_body())


@pytest.mark.parametrize(
    ("path", "status", "allow"),
    [
        ("recordings", 405, "GET, POST"),
        ("RECORDINGS/x/pause/", 405, "POST"),
        ("recordings/events", 405, "POST"),
        ("recordings/a%2Fb/history", 405, "GET"),
        ("recordings//history", 404, None),
        ("recordings/x/history/y", 404, None),
        ("nowhere", 404, None),
        ("", 404, None),
    ],
)
def test_where_there_is_no_operation_the_answer_is_a_problem(path: str, status: int, allow: str | None) -> None:
    """405 where the path takes other methods, which it names."""
    reply = answered("elsewhere", rest=path)

    assert (status, status, allow) == (
        reply.status_code,
        json.loads(reply.get_body())["status"],
        reply.headers.get("Allow"),
    )


def test_an_answer_that_is_not_described_is_found() -> None:
    """So that the scenarios, each of whose answers is held against the document, show something."""
    headers = {"content-type": "application/json"}

    assert [] == deviations("GET", "health", 200, headers, b'{"status": "ok"}')
    for status, body in ((200, b'{"status": "ill"}'), (200, b'{"status": "ok", "x": 1}'), (200, b"{}"), (418, b"{}")):
        assert [] != deviations("GET", "health", status, headers, body)
    assert [] != deviations("GET", "recordings/x", 200, headers, b"{}")
    assert [] != deviations("GET", "nowhere", 200, headers, b"{}")
