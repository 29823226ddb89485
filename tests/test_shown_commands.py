"""Every request to the API that a page shows is one: docs/openapi.json has its route, parameters, headers and body.

The blocks are run by a shell in which `curl` writes down what it is given. The runbook's commands are run in earnest by
tests/local.
"""

import json
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jsonschema_rs
import pytest

from tests.described import kept
from tools.package import ROOT

PAGES = (
    "README.md",
    "docs/policy.md",
    "docs/consent.md",
    "docs/people.md",
    "docs/security.md",
    *(f"docs/{name}.md" for name in ("exports", "erasure", "retention", "rebuild")),
)
BY_KEY = {"code"}
NO_PARAMETERS = {"authorization", "content-type"}
_SETTING = """
set -u
APP=https://app.example/api CONTROL=https://control.example KEY=key
ID=recording-1 DOCUMENT=document-1 ETAG='"0123456789abcdef0123456789abcdef"' CALL_ID=call-1 YOURS=crm-4711
RECORDING_ID=recording-1 HOLD_ID=7a1f9c52-6a0e-4d0b-9c6c-7f2d1c1f0a11 EXPORT_ID=$HOLD_ID ERASURE_ID=$HOLD_ID URL=https://store.example/export.zip
PLAN_HASH=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
curl() { printf '%s\\0' "$@" '' >> "$REQUESTS"; }
ask() { curl "$@"; }
last() { cat > /dev/null; echo "$1"; }
make() { :; }
git() { return 1; }
uuidgen() { echo 0d9a4e8e-6f5c-4a37-9d53-0a4a30ab0c11; }
"""
_WITH_VALUE = {"-X", "-H", "-d", "--data-binary", "-o", "-w", "-D"}


@dataclass
class Shown:
    """A request as `curl` is told to send it."""

    url: str = ""
    method: str = ""
    body: str | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.method} {self.url}"


def shown(arguments: list[str]) -> Shown:
    """What these arguments of `curl` ask for."""
    found, rest = Shown(), iter(arguments)
    for argument in rest:
        value = next(rest) if argument in _WITH_VALUE else ""
        if argument == "-X":
            found.method = value
        elif argument == "-H":
            name, _, text = value.partition(":")
            found.headers[name.lower()] = text.strip()
        elif argument in {"-d", "--data-binary"}:
            found.body = value
        elif not argument.startswith("-"):
            found.url = argument
    found.method = found.method or ("GET" if found.body is None else "POST")
    return found


def requests_of(page: str, folder: Path) -> list[Shown]:
    """The requests of a page to the app, in order."""
    blocks = re.findall(r"^```sh\n(.*?)^```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return sent(_SETTING + "".join(blocks), folder)


def sent(script: str, folder: Path) -> list[Shown]:
    """What a script sends to the app."""
    written = folder / "requests"
    subprocess.run(
        ["/bin/sh", "-c", script], cwd=folder, env={"REQUESTS": str(written), "PATH": "/usr/bin:/bin"}, check=True
    )
    found = [shown(one.split("\0")) for one in written.read_text(encoding="utf-8").split("\0\0")[:-1]]
    return [one for one in found if urlsplit(one.url).path.startswith("/api/")]


def mistakes(request: Shown) -> list[str]:
    """What the document has not of it."""
    url = urlsplit(request.url)
    operation = _operation(request.method.lower(), url.path.removeprefix("/api"))
    if operation is None:
        return [f"{request}: no such operation"]
    parameters = {(one["in"], one["name"].lower()): one for one in operation.get("parameters", [])}
    given = {("query", name.lower()): value for name, value in parse_qsl(url.query) if name not in BY_KEY}
    given |= {("header", name): value for name, value in request.headers.items() if name not in NO_PARAMETERS}
    found = [f"{request}: no parameter {name}" for place, name in given if (place, name) not in parameters]
    found += [
        f"{request}: it needs {name}"
        for (place, name), one in parameters.items()
        if one.get("required") and place != "path" and (place, name) not in given
    ]
    for key in given.keys() & parameters.keys():
        schema = parameters[key]["schema"]
        found += _errors(
            request, schema, json.loads(given[key]) if schema.get("type") in {"integer", "boolean"} else given[key]
        )
    return found + _body_mistakes(request, operation.get("requestBody"))


def _body_mistakes(request: Shown, said: dict[str, Any] | None) -> list[str]:
    if said is None:
        return [] if request.body is None else [f"{request}: it takes no body"]
    if request.body is None:
        return [f"{request}: it needs a body"] if said.get("required") else []
    json_body = said["content"].get("application/json")
    media_type = request.headers.get("content-type", "")
    if media_type and media_type not in said["content"]:
        return [f"{request}: it takes no {media_type}"]
    if request.body.startswith("@") or json_body is None:
        return []
    return _errors(request, json_body["schema"], json.loads(request.body))


def _errors(request: Shown, schema: dict[str, Any], value: object) -> list[str]:
    whole = {**schema, "components": kept()["components"]}
    errors = jsonschema_rs.Draft202012Validator(whole, validate_formats=True).iter_errors(value)
    return [f"{request}: {'/'.join(map(str, one.instance_path))}: {one.message}" for one in errors]


def _operation(method: str, path: str) -> dict[str, Any] | None:
    fitting = [
        template
        for template, methods in kept()["paths"].items()
        if method in methods and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path)
    ]
    found = min(fitting, key=lambda template: template.count("{"), default="")
    operation: dict[str, Any] | None = kept()["paths"][found][method] if found else None
    return operation


@pytest.mark.parametrize("page", PAGES)
def test_every_request_that_is_shown_is_one_of_the_api(page: str, tmp_path: Path) -> None:
    requests = requests_of(page, tmp_path)

    assert requests
    assert [] == [mistake for request in requests for mistake in mistakes(request)]


@pytest.mark.parametrize(
    ("command", "mistake"),
    [
        ('curl "$APP/recordings/$ID/withdraw" -d "{}"', "no such operation"),
        ('curl -X PUT "$APP/recordings/$ID/pause"', "no such operation"),
        ('curl "$APP/recordings?state=nowhere"', "is not one of"),
        ('curl "$APP/owed?limit=0"', "is less than"),
        ('curl "$APP/owed?first=1"', "no parameter first"),
        (
            'curl "$APP/recordings/$ID/decision" -d \'{"decision": "give-up", "reason": "r", "by": "b"}\'',
            "it needs if-m",
        ),
        ('curl "$APP/policy/explain" -d \'{"call": {"context": "hotline"}}\'', "Additional properties"),
        ('curl -X POST "$APP/policy/explain"', "it needs a body"),
        ('curl "$APP/recordings/$ID/stop" -d "{}"', "it takes no body"),
        ('curl "$APP/recordings" -H "Content-Type: text/csv" -d x', "it takes no text/csv"),
    ],
)
def test_what_is_no_request_of_the_api_is_found(command: str, mistake: str, tmp_path: Path) -> None:
    """Else the test above would say nothing."""
    (request,) = sent(f"{_SETTING}{command}\n", tmp_path)

    assert mistake in "".join(mistakes(request))
