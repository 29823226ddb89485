"""The OpenAPI document: what is served is what is kept, and the app answers as it says, whatever it is sent."""

import json
import re
from collections import Counter
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, assume, settings
from schemathesis import Case, serializer
from schemathesis.config import SchemathesisConfig
from schemathesis.openapi.loaders import from_dict
from schemathesis.specs.openapi.checks import positive_data_acceptance

from local.stack import Stack
from recording.entrypoints import docs
from tools.openapi import TARGET

CONFIG = {
    "generation": {"deterministic": True, "with-security-parameters": False, "unique-inputs": True},
    "checks": {
        "missing_required_header": {"expected-statuses": ["428"]},
        "negative_data_rejection": {"expected-statuses": ["400", "401", "403", "404", "405", "409", "413", "428"]},
        "positive_data_acceptance": {"expected-statuses": ["2xx", "403", "404", "409", "412", "422", "428"]},
    },
}
JUDGED_FIELDS = {
    "reviewOn",
    "future",
    "retentionClass",
    "after",
    "by",
    "key",
    "purpose",
    "person",
    "rawId",
    "rawIds",
    "rule",
    "search.lastDay",
    "since",
    "until",
    "hour",
    "line",
}
"""Fields of which the schema does not tell all: pages, who acts, what may name a person, moments, lines of CSV.

And what depends on another field.
"""
JUDGED = {"invalid-locator", "malformed-event", "policy-invalid"}
"""Problems that no schema tells: the service judges an id, an event says its kind, and a policy is a text."""


@serializer("text/csv")
def as_text(_: object, value: object) -> bytes:
    """CSV is a text: what is generated is sent as it is."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


def served(stack: Stack) -> dict[str, Any]:
    """The document, as anybody gets it."""
    reply = requests.get(f"{stack.host.url}/api/openapi.json", timeout=30)
    assert (200, "application/json") == (reply.status_code, reply.headers["content-type"].partition(";")[0])
    found: dict[str, Any] = reply.json()
    return found


def test_the_document_that_is_served_is_the_one_that_is_kept(stack: Stack) -> None:
    """`make openapi` writes it anew."""
    assert json.loads(TARGET.read_text(encoding="utf-8")) == served(stack)


operations = from_dict(json.loads(TARGET.read_text(encoding="utf-8")), config=SchemathesisConfig.from_dict(CONFIG))


@operations.parametrize()
@settings(max_examples=6, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
def test_every_operation_answers_as_the_document_says(case: Case[Any], stack: Stack) -> None:
    """No 500; status, media type, headers and body are among those named, and what breaks the schema is refused."""
    query = case.query or {}
    assume("" not in query.values())  # which the platform drops
    base, headers = f"{stack.host.url}/api", {"x-functions-key": stack.host.function_key}
    if case.path in {"/calls/callbacks", "/calls/events"}:
        headers["Authorization"] = stack.acs.world.callback_authorization()
    reply = case.call(base_url=base, headers=headers)
    is_problem = reply.headers.get("content-type", [""])[0].startswith("application/problem+json")
    problem = reply.json() if is_problem else {}
    is_judged = (
        str(problem.get("type")).rpartition(":")[2] in JUDGED
        or "after" in query  # of which only an earlier page knows what is right
        or re.split(r"[\[ ]", str(problem.get("field")))[0] in JUDGED_FIELDS
    )
    case.validate_response(reply, headers=headers, excluded_checks=[positive_data_acceptance] if is_judged else [])


def test_the_page_of_the_api_is_there_for_a_browser(stack: Stack) -> None:
    """Without a key: the page, and the files that it names."""
    found = {
        path: requests.get(f"{stack.host.url}/api/{path}", timeout=30)
        for path in ("docs", "docs/start.js", "docs/swagger-ui-bundle.js", "docs/swagger-ui.css")
    }

    assert {"text/html": 1, "text/javascript": 2, "text/css": 1} == Counter(
        reply.headers["content-type"].partition(";")[0] for reply in found.values()
    )
    assert {200} == {reply.status_code for reply in found.values()}
    assert {True} == {"default-src 'none'" in reply.headers["content-security-policy"] for reply in found.values()}
    assert (docs.VIEWER / "swagger-ui-bundle.js").read_bytes() == found["docs/swagger-ui-bundle.js"].content


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("DELETE", "recordings/x", 405, "GET"),
        ("PUT", "recordings", 405, "GET, POST"),
        ("TRACE", "owed", 405, "GET"),
        ("GET", "recordings/x/pause", 405, "POST"),
        ("GET", "nowhere", 404, None),
        ("POST", "recordings/x/y/z", 404, None),
    ],
)
def test_an_unknown_route_or_method_is_answered_with_a_problem(
    stack: Stack, method: str, path: str, status: int, allow: str | None
) -> None:
    """With the key; without it, the host says 401, as everywhere."""
    reply = stack.call(method, path)
    unproven = requests.request(method, f"{stack.host.url}/api/{path}", timeout=30)

    assert (status, allow) == (reply.status_code, reply.headers.get("allow"))
    assert status == reply.json()["status"]
    assert (401, b"") == (unproven.status_code, unproven.content)


@pytest.mark.parametrize(
    "id_",
    [
        "a%2Fb",
        "a%5Cb",
        ".%2E",
        "%2E%2E%2F%2E%2E",
        "%C3%BC",
        "%E2%80%AE",
        "%F0%9F%98%80",
        "%00",
        "%0D%0Aa",
        "%25",
        "x" * 4_000,
    ],
    ids=lambda id_: id_[:20],
)
@pytest.mark.parametrize("operation", ["GET ", "GET /history", "POST /pause", "POST /stop"])
def test_an_id_of_any_characters_is_unknown_and_breaks_nothing(stack: Stack, id_: str, operation: str) -> None:
    method, _, path = operation.partition(" ")
    reply = stack.call(method, f"recordings/{id_}{path}")

    assert (404, "urn:recording:problem:unknown-recording") == (reply.status_code, reply.json()["type"])
