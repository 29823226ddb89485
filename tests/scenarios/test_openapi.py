"""The OpenAPI document: what is served is what is kept, and the app answers as it says, whatever it is sent."""

import json
from typing import Any

import requests
from hypothesis import HealthCheck, assume, settings
from schemathesis import Case
from schemathesis.config import SchemathesisConfig
from schemathesis.openapi.loaders import from_dict
from schemathesis.specs.openapi.checks import positive_data_acceptance

from local.stack import Stack
from tools.openapi import TARGET

CONFIG = {
    "generation": {"deterministic": True, "with-security-parameters": False, "unique-inputs": True},
    "checks": {
        "missing_required_header": {"expected-statuses": ["428"]},
        "negative_data_rejection": {"expected-statuses": ["400", "404", "405", "409", "413", "428"]},
        "positive_data_acceptance": {"expected-statuses": ["2xx", "404", "409", "412", "422"]},
    },
}
JUDGED = {"invalid-locator", "malformed-event"}
"""Problems of a request that no schema tells from a right one: the service judges an id, and an event says its kind."""


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
@settings(max_examples=10, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
def test_every_operation_answers_as_the_document_says(case: Case[Any], stack: Stack) -> None:
    """No 500; status, media type, headers and body are among those named, and what breaks the schema is refused."""
    query = case.query or {}
    assume("" not in query.values())  # which the platform drops
    base, headers = f"{stack.host.url}/api", {"x-functions-key": stack.host.function_key}
    reply = case.call(base_url=base, headers=headers)
    is_problem = reply.headers.get("content-type", [""])[0].startswith("application/problem+json")
    kind = str(reply.json()["type"]).rpartition(":")[2] if is_problem else ""
    is_judged = kind in JUDGED or "after" in query  # of which only an earlier page knows what is right
    case.validate_response(reply, headers=headers, excluded_checks=[positive_data_acceptance] if is_judged else [])
