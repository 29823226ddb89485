"""The GitHub workflows: no secret, no moved tag, no way around the approval, the compiler of the snapshots."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.infra.compiler import VARIABLES, Bicep
from tests.infra.conftest import INFRA
from tools.package import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
COMPILING = [path for path in WORKFLOWS if re.search(r"\bbicep\b|main\.bicepparam", path.read_text())]


def parsed(path: Path) -> dict[str, Any]:
    """A workflow. YAML 1.1 reads the key `on` as true."""
    return dict(yaml.safe_load(path.read_text(encoding="utf-8")))


def steps(job: dict[str, Any]) -> str:
    """Everything that a job runs."""
    return "\n".join(step.get("run", "") for step in job.get("steps", []))


@pytest.fixture(scope="module")
def jobs() -> dict[str, dict[str, Any]]:
    """Those of the deployment."""
    return dict(parsed(ROOT / ".github" / "workflows" / "deploy.yml")["jobs"])


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_actions_are_named_by_commit(path: Path) -> None:
    """Each with its version beside it; one commit for each action, wherever it is used."""
    text = path.read_text()
    used = re.findall(r"uses: (\S+)(.*)", text)
    foreign = [(action, note) for action, note in used if not action.startswith("./")]
    assert [] == [action for action, note in foreign if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", action)]
    assert [] == [action for action, note in foreign if not re.fullmatch(r" # v\d+\.\d+\.\d+", note)]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_nothing_may_more_than_it_says(path: Path) -> None:
    """No secret is read, and every workflow begins with reading alone."""
    assert "secrets." not in path.read_text()
    assert {"contents": "read"} == parsed(path)["permissions"]


def test_only_a_person_starts_a_deployment() -> None:
    """No push and no clock."""
    found = parsed(ROOT / ".github" / "workflows" / "deploy.yml")
    assert {"workflow_dispatch": None} == found[True]  # type: ignore[index]


def test_deployments_wait_for_one_another() -> None:
    """None is cut off by the next."""
    found = parsed(ROOT / ".github" / "workflows" / "deploy.yml")
    assert {"group": "deploy", "cancel-in-progress": False} == found["concurrency"]


def test_a_person_approves_what_is_deployed(jobs: dict[str, dict[str, Any]]) -> None:
    """In this order; the one job that changes Azure runs in the environment that has reviewers."""
    assert "./.github/workflows/check.yml" == jobs["check"]["uses"]
    assert ("check", "what-if") == (jobs["what-if"]["needs"], jobs["deploy"]["needs"])
    assert ("preview", "production") == (jobs["what-if"]["environment"], jobs["deploy"]["environment"])
    changing = [name for name, job in jobs.items() if re.search(r"\b(create|register|config-zip|delete)\b", steps(job))]
    assert ["deploy"] == changing


@pytest.mark.parametrize("name", ["what-if", "deploy"])
def test_azure_is_entered_by_federation(jobs: dict[str, dict[str, Any]], name: str) -> None:
    """As the identity of the environment: AZURE_CLIENT_ID is its variable, and preview's can change nothing."""
    assert {"contents": "read", "id-token": "write"} == jobs[name]["permissions"]
    (login,) = (step for step in jobs[name]["steps"] if step.get("uses", "").startswith("azure/login@"))
    assert {
        "client-id": "${{ vars.AZURE_CLIENT_ID }}",
        "tenant-id": "${{ vars.AZURE_TENANT_ID }}",
        "subscription-id": "${{ vars.AZURE_SUBSCRIPTION_ID }}",
    } == login["with"]


def test_what_is_missing_is_made_before_the_app_is_deployed(jobs: dict[str, dict[str, Any]]) -> None:
    """With the parameters of what was shown, for which reading is enough; the app is the tested package."""
    shown, made = steps(jobs["what-if"]), steps(jobs["deploy"])
    same = '--location "$AZURE_LOCATION" --parameters infra/main.bicepparam'
    assert f"az deployment sub what-if {same} --validation-level ProviderNoRbac" in shown
    assert f"az deployment sub create {same}" in made
    assert made.index("provider register") < made.index("sub create") < made.index("config-zip")
    assert "--src tested/recording-archive.zip --build-remote true" in made
    (download,) = (step for step in jobs["deploy"]["steps"] if "download-artifact" in step.get("uses", ""))
    check = parsed(ROOT / ".github" / "workflows" / "check.yml")["jobs"]["check"]["steps"]
    (upload,) = (step for step in check if "upload-artifact" in step.get("uses", ""))
    assert {"name": upload["with"]["name"], "path": "tested"} == download["with"]
    assert "dist/recording-archive.zip" in upload["with"]["path"].split()
    assert ".ci/run" in [step.get("run") for step in check]


def test_every_variable_that_bicep_reads_reaches_it() -> None:
    """And nothing else does: what an environment is stands in its file."""
    found = parsed(ROOT / ".github" / "workflows" / "deploy.yml")["env"]
    assert {*VARIABLES, "BICEP"} == set(found)
    assert (INFRA / "environments" / f"{found['AZURE_ENV_NAME']}.bicep").exists()


def test_the_compiler_is_that_of_the_snapshots(bicep: Bicep) -> None:
    """Everywhere one version, and the one that runs here: another may write other bytes."""
    named = {path.name: parsed(path)["env"]["BICEP"] for path in COMPILING}
    container = re.sub(r"^//.*\n", "", (ROOT / ".devcontainer" / "devcontainer.json").read_text())
    named["container"] = json.loads(container)["postCreateCommand"].split("--version ")[1].split()[0]
    running = bicep.template(INFRA / "names.bicep")["metadata"]["_generator"]["version"]
    assert {f"v{running.rsplit('.', 1)[0]}"} == set(named.values()), running


@pytest.mark.parametrize("path", COMPILING, ids=lambda path: path.stem)
def test_the_compiler_is_preferred_to_that_of_the_machine(path: Path) -> None:
    """Wherever it is fetched."""
    fetched = [line for line in path.read_text().splitlines() if "az bicep install" in line]
    assert fetched
    assert [] == [line for line in fetched if '"$BICEP" && echo "$HOME/.azure/bin" >> "$GITHUB_PATH"' not in line]
