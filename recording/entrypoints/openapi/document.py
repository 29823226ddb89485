"""The OpenAPI document of the functions that are registered."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from inspect import cleandoc
from itertools import groupby
from typing import Any

from recording.core import callers
from recording.core.formats.api import shapes
from recording.core.formats.schema import Schema
from recording.entrypoints.openapi.operations import OPERATIONS
from recording.entrypoints.openapi.routes import Route
from recording.entrypoints.openapi.schemas import components, reference
from recording.entrypoints.openapi.terms import PATHS, PATTERNS, PROBLEM, SCHEMES, Answer, Operation, Parameter, Proof
from recording.entrypoints.problems import OUR_FAULT, STATUSES, UNAVAILABLE, type_of

VERSION = "1"
"""The version of the API."""
_ABOUT = """\
Times are in UTC (RFC 3339), durations in milliseconds, lengths in bytes; null is what is not known.

A body is read as JSON, whatever its Content-Type says. Errors are problem details (RFC 9457): `type` names the cause, \
`field` what the caller can correct. Every 503 has Retry-After. The Functions host itself answers 401 for a wrong key, \
without a body. A parameter of the query that is empty counts as absent."""
_MEANINGS: Mapping[int, str] = {
    400: "The request is wrong; `field` says where.",
    401: "The key is missing or wrong, which the host answers without a body; or the token proves nothing.",
    403: "Whoever calls is known, and may not do this.",
    404: "There is no such thing.",
    409: "It cannot be done in the present state.",
    410: "The recording was erased.",
    412: "It has changed since it was looked at.",
    413: "The request is too large.",
    422: "The request id was used for another request.",
    428: "If-Match is missing.",
    500: "The app failed; its log says why.",
    501: "The policy asks for what the app cannot do.",
    503: "It cannot be done now: ask again after Retry-After.",
}
_RETRY_AFTER = Parameter("Retry-After", "Seconds.", {"type": "integer", "minimum": 1}, "header", is_required=True)


def document(routes: Iterable[Route]) -> dict[str, Any]:
    """The document of these routes.

    Raises:
        KeyError: nothing is said of one of them.
    """
    operations = [(one, OPERATIONS[one.operation]) for one in routes]
    paths: dict[str, dict[str, Any]] = {}
    for one, said in operations:
        paths.setdefault(f"/{one.path}", {})[one.method.lower()] = _operation(one, said)
    bodies = [body for _, said in operations for body in (said.body, *(it.body for it in said.answers.values()))]
    types = [shapes.Problem, *(body for body in bodies if body is not None and not isinstance(body, Schema))]
    return {
        "openapi": "3.1.1",
        "info": {"title": "Recording archive", "version": VERSION, "description": _ABOUT},
        "servers": [{"url": "/api"}],
        "tags": [{"name": tag} for tag in dict.fromkeys(said.tag for said in OPERATIONS.values())],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": components(types),
            "securitySchemes": {str(proof): dict(scheme) for proof, scheme in SCHEMES.items()},
        },
    }


def _operation(one: Route, said: Operation) -> dict[str, Any]:
    summary, _, more = one.words.partition("\n")
    body = (
        {}
        if said.body is None
        else {"requestBody": {"required": True, "content": {said.media_type: _content(said.body)}}}
    )
    return {
        "operationId": one.operation.replace(" ", "_").lower(),
        "tags": [said.tag],
        "summary": summary.rstrip("."),
        **({"description": cleandoc(more)} if more else {}),
        "parameters": [*_path(one.path), *map(_parameter, said.parameters)],
        **body,
        "responses": dict(sorted(_responses(one.operation, said))),
        "security": [{str(proof): roles} for proof, roles in _proofs(one.operation, said).items()],
    }


def _proofs(operation: str, said: Operation) -> dict[Proof, list[str]]:
    """The schemes of which one proves the caller, with the roles of which the token needs one."""
    keys: dict[Proof, list[str]] = {Proof.KEY: [], Proof.KEY_IN_QUERY: []}
    roles = callers.OPERATIONS.get(operation)
    if roles is not None:
        return {**keys, Proof.ENTRA: sorted(roles)}
    if operation in callers.OPEN:
        return {}
    if said.proof is Proof.KEY:
        return keys
    return {said.proof: []}


def _responses(operation: str, said: Operation) -> Iterator[tuple[str, dict[str, Any]]]:
    for status, answer in said.answers.items():
        yield str(status), _answer(answer)
    refused = ("caller-unproven", "caller-not-allowed") if operation in callers.OPERATIONS else ()
    problems = sorted({*said.problems, *refused}, key=lambda kind: (STATUSES[kind], kind))
    for status, kinds in groupby(problems, STATUSES.__getitem__):
        yield str(status), _problem(status, list(kinds))
    yield str(OUR_FAULT), _problem(OUR_FAULT)
    if said.needs_app:
        yield str(UNAVAILABLE), _problem(UNAVAILABLE)
    if Proof.KEY in _proofs(operation, said) and "caller-unproven" not in problems:
        yield "401", {"description": "The key is missing or wrong; answered by the host, without a body."}


def _answer(answer: Answer) -> dict[str, Any]:
    content = {} if answer.body is None else {"content": {answer.media_type: _content(answer.body)}}
    return {"description": answer.what, **_headers(answer.headers), **content}


def _problem(status: int, kinds: Sequence[str] = ()) -> dict[str, Any]:
    schema: dict[str, Any] = reference(shapes.Problem)
    if kinds:
        schema = {**schema, "properties": {"type": {"enum": [type_of(kind) for kind in kinds]}}}
    headers = _headers((_RETRY_AFTER,) if status == UNAVAILABLE else ())
    return {"description": _MEANINGS[status], **headers, "content": {PROBLEM: {"schema": schema}}}


def _headers(headers: Sequence[Parameter]) -> dict[str, Any]:
    shown = {one.name: {"description": one.what, "required": one.is_required, "schema": one.schema} for one in headers}
    return {"headers": shown} if shown else {}


def _path(path: str) -> Iterator[dict[str, Any]]:
    for part in path.split("/"):
        if part.startswith("{"):
            name = part.strip("{}")
            schema = {"type": "string", "minLength": 1, **PATTERNS.get(name, {})}
            yield _parameter(Parameter(name, PATHS[name], schema, "path", is_required=True))


def _parameter(one: Parameter) -> dict[str, Any]:
    required = {"required": True} if one.is_required else {}
    return {"name": one.name, "in": one.place, "description": one.what, **required, "schema": one.schema}


def _content(body: object) -> dict[str, Any]:
    return {"schema": body.keywords if isinstance(body, Schema) else reference(body)}
