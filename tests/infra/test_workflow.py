"""The workflows, read as GitHub reads them: what is deployed was tested, and a person has approved it."""

import re
from typing import Any

import pytest
import yaml

from tools.package import ROOT

WORKFLOWS: dict[str, dict[str, Any]] = {
    path.stem: yaml.safe_load(path.read_text(encoding="utf-8"))
    for path in (ROOT / ".github" / "workflows").glob("*.yml")
}
JOBS: dict[str, dict[str, Any]] = WORKFLOWS["deploy"]["jobs"]


def lines(job: str) -> list[str]:
    """The commands of a job, in order; none of one that is another workflow."""
    return [
        line.strip() for step in JOBS[job].get("steps", ()) for line in step.get("run", "").splitlines() if line.strip()
    ]


def position(job: str, command: str) -> int:
    """Where a command is among a job's; it must be there once."""
    (found,) = (at for at, line in enumerate(lines(job)) if line.startswith(command))
    return found


def environment(job: str) -> str:
    """The environment whose rules a job is under."""
    found = JOBS[job].get("environment", "")
    return str(found["name"] if isinstance(found, dict) else found)


def test_a_person_approves_what_is_deployed() -> None:
    """The one job that changes anything is under the environment that has reviewers, after tests and after what-if."""
    changes = ("azd ", "az deployment sub create")
    changing = {name for name in JOBS if any(line.startswith(changes) for line in lines(name))}
    assert {"deploy"} == changing
    assert "production" == environment("deploy")
    assert "production" != environment("what-if")
    assert {"check", "what-if"} <= before("deploy")


def before(job: str) -> set[str]:
    """All jobs that must have ended well."""
    needs = JOBS[job].get("needs", [])
    direct = {needs} if isinstance(needs, str) else set(needs)
    return direct.union(*(before(each) for each in direct))


def test_azure_is_entered_by_federation() -> None:
    """Azd too: without the flag it asks for a password, which there is not."""
    (login,) = (line for line in lines("deploy") if line.startswith("azd auth login"))
    assert login.endswith("--federated-credential-provider github")
    for name in ("deploy", "what-if"):
        assert "write" == JOBS[name]["permissions"]["id-token"]


def test_what_is_missing_is_made_before_the_app_is_deployed() -> None:
    """And the app that is deployed is the package that was tested."""
    assert position("deploy", "azd auth login") < position("deploy", "azd provision") < position("deploy", "azd deploy")
    assert "--no-prompt" in lines("deploy")[position("deploy", "azd provision")]
    package = re.search(r"--from-package (\S+)/([\w-]+\.zip)", lines("deploy")[position("deploy", "azd deploy")])
    assert package is not None
    (download,) = (step for step in JOBS["deploy"]["steps"] if "download-artifact" in step.get("uses", ""))
    (upload,) = (
        step for step in WORKFLOWS["check"]["jobs"]["check"]["steps"] if "upload-artifact" in step.get("uses", "")
    )
    assert (package[1], upload["with"]["name"]) == (download["with"]["path"], download["with"]["name"])
    assert upload["with"]["path"].endswith(f"/{package[2]}")


def test_deployments_wait_for_one_another() -> None:
    assert not WORKFLOWS["deploy"]["concurrency"]["cancel-in-progress"]


@pytest.mark.parametrize("name", sorted(WORKFLOWS))
def test_a_workflow_may_only_read(name: str) -> None:
    """What more a job may do, it says itself."""
    assert {"contents": "read"} == WORKFLOWS[name]["permissions"]


def test_what_is_checked_is_what_a_change_must_pass() -> None:
    steps = [step.get("run", "") for step in WORKFLOWS["check"]["jobs"]["check"]["steps"]]
    assert ".ci/run" in steps
    assert "./.github/workflows/check.yml" == JOBS["check"]["uses"]
