"""Answers of the API, held against docs/openapi.json; closed, so that what it does not name is found too."""

import functools
import json
import re
from collections.abc import Mapping
from typing import Any

import jsonschema_rs

from tools.openapi import TARGET

NO_BODY = {401}
"""Statuses that the host answers before the app is asked."""


@functools.cache
def kept() -> dict[str, Any]:
    """The document, in which an object may have only the fields that are named."""
    found: dict[str, Any] = json.loads(TARGET.read_text(encoding="utf-8"))
    for schema in found["components"]["schemas"].values():
        if "properties" in schema:
            schema["additionalProperties"] = False
    return found


def deviations(method: str, path: str, status: int, headers: Mapping[str, str], body: bytes) -> list[str]:
    """How an answer differs from what is said of its operation; the path is below the prefix, with or without query."""
    operation = _operation(method, path.partition("?")[0].strip("/"))
    if operation is None:
        return [] if status in {404, 405, *NO_BODY} else [f"{method} {path}: not described"]
    answer = operation["responses"].get(str(status))
    if answer is None:
        return [f"{method} {path}: {status} is not described"]
    given = {name.lower() for name in headers}
    found = [
        f"{method} {path}: no {name}"
        for name, said in answer.get("headers", {}).items()
        if said["required"] and name.lower() not in given
    ]
    content = answer.get("content", {})
    media_type = headers.get("content-type", "").partition(";")[0]
    if not content or media_type not in content:
        return found + ([f"{method} {path}: {media_type!r}"] if content or body else [])
    if media_type.endswith("json"):
        errors = _validator(json.dumps(content[media_type]["schema"])).iter_errors(json.loads(body))
        found += [f"{method} {path}: {'/'.join(map(str, one.instance_path))}: {one.message}" for one in errors]
    return found


def _operation(method: str, path: str) -> dict[str, Any] | None:
    """What is said of the operation; of several that fit, the one with the fewest parameters."""
    fitting = [
        template
        for template, methods in kept()["paths"].items()
        if method.lower() in methods and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template.strip("/")), path)
    ]
    found = min(fitting, key=lambda template: template.count("{"), default="")
    return kept()["paths"][found][method.lower()] if found else None


@functools.cache
def _validator(schema: str) -> Any:  # noqa: ANN401 - untyped
    whole = {**json.loads(schema), "components": kept()["components"]}
    return jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
