"""azd deploys what `make package` packs, and its hooks are idempotent."""

import re
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.infra.conftest import INFRA
from tools.package import ROOT, contents, pack

HOOKS = INFRA / "hooks"
ENVIRONMENT = {"AZURE_ENV_NAME": "test", "AZURE_RESOURCE_GROUP": "rg-test", "FUNCTION_APP_NAME": "func-test"}


class Tools:
    """Replacements of az and azd, which need Azure: they record their calls, and fail on request."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.calls = folder / "calls"
        for name in ("az", "azd"):
            self.answer(name)

    def answer(self, name: str, body: str = "exit 0") -> None:
        """What one of them does from now on."""
        script = self.folder / name
        script.write_text(f'#!/bin/sh\necho {name} "$@" >>"{self.calls}"\n{body}\n')
        script.chmod(0o755)

    def run(self, hook: str, **environment: str) -> tuple[int, list[str]]:
        """A hook's exit code, and the recorded calls."""
        self.calls.unlink(missing_ok=True)
        path = f"{self.folder}:/usr/bin:/bin"
        variables = {"PATH": path, "SUBSCRIBE_PAUSE": "0", "SUBSCRIBE_TRIES": "3", **ENVIRONMENT, **environment}
        result = subprocess.run(["sh", HOOKS / hook], env=variables, capture_output=True, text=True, check=False)
        return result.returncode, self.calls.read_text().splitlines() if self.calls.exists() else []


@pytest.fixture
def tools(tmp_path: Path) -> Tools:
    """Both of them, without failures."""
    return Tools(tmp_path)


def test_the_subscription_comes_second(tools: Tools) -> None:
    """When the function is known: it sets a flag and deploys once more."""
    code, calls = tools.run("postdeploy.sh")
    shown, *rest = calls
    assert 0 == code
    assert "--function-name recording_file_status_updated" in shown
    assert [
        "azd env set DEPLOY_EVENT_SUBSCRIPTION true --environment test",
        "azd provision --no-prompt --environment test",
    ] == rest


def test_a_second_run_does_nothing(tools: Tools) -> None:
    """The flag is set already."""
    assert (0, []) == tools.run("postdeploy.sh", DEPLOY_EVENT_SUBSCRIPTION="true")


def test_it_waits_for_the_function(tools: Tools, tmp_path: Path) -> None:
    """The functions of a new package are known only after some time."""
    tools.answer("az", f'[ "$(grep -c "^az " "{tools.calls}")" -ge 3 ]')
    code, calls = tools.run("postdeploy.sh")
    assert (0, 3) == (code, sum(call.startswith("az ") for call in calls))
    assert "azd provision --no-prompt --environment test" == calls[-1]


def test_without_the_function_nothing_is_subscribed(tools: Tools) -> None:
    """It stops after some time, with a message and an exit code."""
    tools.answer("az", "exit 3")
    code, calls = tools.run("postdeploy.sh")
    assert (1, 3) == (code, len(calls))


def test_a_failed_second_deployment_is_tried_again(tools: Tools) -> None:
    """The flag is removed, so that the next run repeats it."""
    tools.answer("azd", '[ "$1" != provision ]')
    code, calls = tools.run("postdeploy.sh")
    assert 1 == code
    assert "azd env set DEPLOY_EVENT_SUBSCRIPTION false --environment test" == calls[-1]


def test_after_down_everything_begins_anew(tools: Tools) -> None:
    """The function no longer exists, so its subscription must wait again."""
    expected = ["azd env set DEPLOY_EVENT_SUBSCRIPTION false --environment test"]
    assert (0, expected) == tools.run("postdown.sh")


def test_azd_gets_what_the_package_holds(tmp_path: Path) -> None:
    """The hook unpacks it into the folder that azure.yaml names; a second run leaves no old file in it."""
    root = tmp_path / "checkout"
    for path in [
        *contents(ROOT),
        Path("tools/__init__.py"),
        Path("tools/package.py"),
        Path("infra/hooks/prepackage.sh"),
    ]:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes((ROOT / path).read_bytes())
    for _ in range(2):
        subprocess.run(["sh", "infra/hooks/prepackage.sh"], cwd=root, check=True, capture_output=True)
        unpacked = root / "dist" / "app"
        assert contents(ROOT) == sorted(path.relative_to(unpacked) for path in unpacked.rglob("*") if path.is_file())
        (unpacked / "old.py").touch()
    pack(ROOT, tmp_path / "made.zip")
    assert (tmp_path / "made.zip").read_bytes() == (root / "dist" / "recording-archive.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "made.zip") as package:
        assert {path.as_posix() for path in contents(ROOT)} == set(package.namelist())


def test_azure_yaml_names_what_there_is() -> None:
    """Its hooks, its folder, its service by the app's tag."""
    text = (ROOT / "azure.yaml").read_text()
    hooks = re.findall(r"run: (\S+)", text)
    assert {f"infra/hooks/{path.name}" for path in HOOKS.iterdir()} == set(hooks)
    assert "\n  archive:\n" in text
    assert "'azd-service-name': 'archive'" in (INFRA / "modules" / "functionapp.bicep").read_text()
    assert "dist: dist/app" in text


def test_every_variable_that_bicep_reads_reaches_it() -> None:
    """The workflow passes all that main.bicepparam reads, except the hook's flag; and no secret."""
    read = set(re.findall(r"readEnvironmentVariable\('(\w+)'", (INFRA / "main.bicepparam").read_text()))
    workflow = (ROOT / ".github" / "workflows" / "deploy.yml").read_text()
    assert read - {"DEPLOY_EVENT_SUBSCRIPTION"} == set(
        re.findall(r"^  (\w+): \$\{\{ vars\.", workflow, re.MULTILINE)
    ) - {"AZURE_SUBSCRIPTION_ID"}
    assert "secrets." not in workflow
