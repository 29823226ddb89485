"""The template for the portal: one file of plain fields; it deploys what main.bicep does, and is released as tested."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from recording.adapters.policy_text import policy_of
from tests.infra.compiler import Bicep, Refused, literal
from tests.infra.conftest import EXISTING, INFRA, OWN_KEY, PLAINEST, Evaluate
from tests.infra.test_environments import ENVIRONMENTS
from tests.infra.test_workflow import parsed
from tools.package import ROOT

PORTAL = INFRA / "portal.bicep"
WORKFLOWS = ROOT / ".github" / "workflows"
SECTION = (
    (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8").partition("## In the portal\n")[2].partition("\n## ")[0]
)
FIELDS: dict[str, object] = {
    "environmentName": "contact-centre",
    "policy": PLAINEST["policy"],
    "alertEmails": "a@contoso.com, b@contoso.com",
    "isPrivate": False,
    "keySource": "Microsoft.Storage",
}
WATCH = {"alertEmails": ["a@contoso.com", "b@contoso.com"]}


def deployed(bicep: Bicep, folder: Path, **fields: object) -> dict[str, dict[str, Any]]:
    """What the form makes, by id."""
    path = folder / "portal.bicepparam"
    lines = [f"param {name} = {literal(value)}\n" for name, value in {**FIELDS, **fields}.items()]
    path.write_text(f"using '{os.path.relpath(PORTAL, folder)}'\n" + "".join(lines))
    return {each["id"]: each for each in json.loads(bicep.snapshot(path))["predictedResources"]}


@pytest.fixture(scope="module")
def template(bicep: Bicep) -> dict[str, Any]:
    """As the portal reads it."""
    return bicep.template(PORTAL)


def test_each_field_is_plain(template: dict[str, Any]) -> None:
    """Of the first version of the language: its form asks for every field of a typed object, also one that can lack."""
    kinds = {each.get("type") for each in template["parameters"].values()}
    assert {"string", "bool"} == kinds
    assert not {"languageVersion", "definitions"} & set(template)
    assert template["$schema"].endswith("/subscriptionDeploymentTemplate.json#")


def test_it_is_one_file(template: dict[str, Any]) -> None:
    """No module lies elsewhere, and nothing of it needs azd: no variable of it is a field."""
    text = json.dumps(template)
    assert [] == re.findall(r"templateLink|relativePath|readEnvironmentVariable", text)
    assert 4_000_000 > len(text)  # the most that Azure takes


def test_it_deploys_what_main_deploys(bicep: Bicep, evaluate: Evaluate, tmp_path: Path) -> None:
    """The very same resources, with every field at its default and with every field set."""
    given = {"keySource": OWN_KEY["keySource"], "keyUri": OWN_KEY["keyUri"], "keyIdentityId": OWN_KEY["identityId"]}
    fields = {"isPrivate": True, "redundancy": "Standard_LRS", **given, **EXISTING}
    parameters = {
        "network": {"isPrivate": True},
        "archive": {"redundancy": "Standard_LRS", "encryption": OWN_KEY},
        "communication": EXISTING,
    }
    assert set(bicep.template(PORTAL)["parameters"]) == {*FIELDS, *fields, "location"}
    for asked, said in (({}, {}), (fields, parameters)):
        found = evaluate("", environmentName=FIELDS["environmentName"], watch=WATCH, **said)
        assert {each["id"]: each for each in found.resources} == deployed(bicep, tmp_path, **asked)


def test_it_refuses_what_main_refuses(bicep: Bicep, tmp_path: Path) -> None:
    """Nobody to tell, and half of a key."""
    for fields, sentence in (
        ({"alertEmails": " , "}, "has no address"),
        ({"keySource": "Microsoft.Keyvault"}, "keyUri"),
    ):
        with pytest.raises(Refused, match=sentence):
            deployed(bicep, tmp_path, **fields)


@pytest.mark.parametrize("name", [*ENVIRONMENTS, "Production "])
def test_it_takes_back_nothing_that_a_file_says(bicep: Bicep, tmp_path: Path, name: str) -> None:
    """An environment of infra/environments is not deployed by a form that knows less."""
    with pytest.raises(Refused, match="choose another name"):
        deployed(bicep, tmp_path, environmentName=name)


def test_the_page_names_every_field(template: dict[str, Any]) -> None:
    """And its policy is one that the app can read, which records nothing yet."""
    rows = re.findall(r"^ *\| (`\w+`(?:, `\w+`)*) \|", SECTION, re.MULTILINE)
    assert list(template["parameters"]) == re.findall(r"\w+", " ".join(rows))
    (policy,) = re.findall(r"`(\{version: 1.*?\]\})`", SECTION)
    assert "\n" not in policy
    assert [None] == [rule.recorded for rule in policy_of(policy).rules]


def test_what_is_released_is_what_was_tested() -> None:
    """The workflow of a tag checks all, and compiles nothing anew."""
    found = parsed(WORKFLOWS / "release.yml")
    assert {"push": {"tags": ["v*"]}} == found[True]  # type: ignore[index]
    jobs = found["jobs"]
    assert "./.github/workflows/check.yml" == jobs["check"]["uses"]
    check = parsed(WORKFLOWS / "check.yml")["jobs"]["check"]["steps"]
    assert "bicep build infra/portal.bicep --outfile dist/azuredeploy.json" in [step.get("run") for step in check]
    (upload,) = (step["with"] for step in check if "upload-artifact" in step.get("uses", ""))
    assert ["dist/recording-archive.zip", "dist/azuredeploy.json"] == upload["path"].split()
    for name in ("page", "release"):
        (download,) = (step["with"] for step in jobs[name]["steps"] if "download-artifact" in step.get("uses", ""))
        assert {"name": upload["name"], "path": "tested"} == download
    assert "needs.check.result == 'success'" in jobs["release"]["if"]
    assert {"contents": "write"} == jobs["release"]["permissions"]
    assert {"pages": "write", "id-token": "write"} == jobs["page"]["permissions"]


@pytest.mark.parametrize("page", ["https://contoso.github.io/archive/", ""])
def test_the_button_opens_the_template_of_the_page(tmp_path: Path, page: str) -> None:
    """Where there is a page; a release without one has no button, and both files all the same."""
    (step,) = (step for step in parsed(WORKFLOWS / "release.yml")["jobs"]["release"]["steps"] if "run" in step)
    (tmp_path / "gh").write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >"{tmp_path}/said"\n')
    (tmp_path / "gh").chmod(0o755)
    variables = {"PAGE_URL": page, "GITHUB_REF_NAME": "v1.2.3", "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    subprocess.run(["/bin/bash", "-euo", "pipefail", "-c", step["run"]], env=variables, check=True)
    said = (tmp_path / "said").read_text()
    assert ["tested/recording-archive.zip", "tested/azuredeploy.json"] == said.split()[-2:]
    links = re.findall(r"\((https://portal\.azure\.com/#create/Microsoft\.Template/uri/([^)]*))\)", said)
    assert [unquote(template) for _, template in links] == ([f"{page}azuredeploy.json"] if page else [])
    if links:
        assert links[0][0].replace(unquote(links[0][1]), "") == links[0][0]  # nothing of it is left unquoted
