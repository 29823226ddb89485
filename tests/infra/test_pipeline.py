"""What azd and GitHub do with the files: hooks fire, the package is the app, and nobody deploys without a person."""

import re
from typing import Any

import pytest
import yaml

from tests.infra.conftest import INFRA
from tools.package import ROOT

AZD: dict[str, Any] = yaml.safe_load((ROOT / "azure.yaml").read_text(encoding="utf-8"))
WORKFLOWS: dict[str, dict[str, Any]] = {
    path.stem: yaml.safe_load(path.read_text(encoding="utf-8"))
    for path in (ROOT / ".github" / "workflows").glob("*.yml")
}
JOBS: dict[str, dict[str, Any]] = WORKFLOWS["deploy"]["jobs"]

# The events that fire hooks, by azd's documentation: of the project around its commands, of a service around its steps.
# A project's own hooks around a service's steps do not run on `azd deploy`.
OF_PROJECT = {f"{when}{what}" for when in ("pre", "post") for what in ("provision", "deploy", "up", "down", "restore")}
OF_SERVICE = {
    f"{when}{what}" for when in ("pre", "post") for what in ("restore", "build", "package", "publish", "deploy")
}


def hooks() -> list[tuple[str, dict[str, Any], set[str]]]:
    """Each hook: its event, itself, and the events that there are at its place."""
    found = [(name, hook, OF_PROJECT) for name, hook in AZD.get("hooks", {}).items()]
    for service in AZD["services"].values():
        found += [(name, hook, OF_SERVICE) for name, hook in service.get("hooks", {}).items()]
    return found


def test_every_hook_fires() -> None:
    """One whose event azd does not know is left out without a word."""
    assert [] == [name for name, _, events in hooks() if name not in events]


def test_every_hook_is_a_script_named_after_its_event() -> None:
    """And none is left beside."""
    assert {f"infra/hooks/{name}.sh" for name, _, _ in hooks()} == {hook["run"] for _, hook, _ in hooks()}
    assert {hook["run"] for _, hook, _ in hooks()} == {f"infra/hooks/{path.name}" for path in INFRA.glob("hooks/*")}
    assert {"sh"} == {hook["shell"] for _, hook, _ in hooks()}


def test_the_package_is_made_before_it_is_deployed() -> None:
    """By a hook of the service, because `azd deploy` alone runs no other: it would ship what lies there."""
    (service,) = AZD["services"].values()
    assert {"prepackage"} <= set(service["hooks"])


def test_the_service_is_a_function_app_in_python() -> None:
    (service,) = AZD["services"].values()
    assert ("function", "py", "dist/app") == (service["host"], service["language"], service["dist"])
    assert ("bicep", "infra", "main") == tuple(AZD["infra"][name] for name in ("provider", "path", "module"))


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
