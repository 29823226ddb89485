"""azd deploys what `make package` packs, and its hooks are idempotent."""

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.infra.az_flags import commands, problems_of
from tests.infra.compiler import Bicep
from tests.infra.conftest import INFRA, NATIVE
from tools.package import ROOT, contents, pack

HOOKS = INFRA / "hooks"
SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
ROLES = f"role assignment list --all --fill-principal-name false --subscription {SUBSCRIPTION} --output tsv"
FIRST = {"AZURE_ENV_NAME": "test", "AZURE_SUBSCRIPTION_ID": SUBSCRIPTION}
LATER = {**FIRST, "AZURE_RESOURCE_GROUP": "rg-test", "ARCHIVE_ACCOUNT_NAME": "starchive"}
# The events at which azd runs hooks, by schemas/v1.0/azure.yaml.json of Azure/azure-dev. Those of a project belong to a
# command as it is typed; packaging is one of its own, so that `azd deploy` runs the hooks of the service alone.
STEPS_OF_A_SERVICE = ("restore", "build", "package", "publish", "deploy")
COMMANDS = ("infracreate", "infradelete", "provision", "down", "up")


class Azure:
    """A replacement of az, which needs Azure: it records its calls, and answers by the beginning of what is asked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.calls = folder / "calls"
        self.answers: dict[str, str] = {}

    def run(self, hook: str, variables: dict[str, str]) -> tuple[int, list[str], str]:
        """A hook's exit code, the recorded calls, and what it said to the person."""
        cases = "".join(f"  {question!r}*) {answer} ;;\n" for question, answer in self.answers.items())
        script = self.folder / "az"
        script.write_text(f'#!/bin/sh\necho "$@" >>"{self.calls}"\ncase "$*" in\n{cases}  *) : ;;\nesac\n')
        script.chmod(0o755)
        self.calls.write_text("")
        path = {"PATH": f"{self.folder}:/usr/bin:/bin"}
        result = subprocess.run(
            ["/bin/sh", HOOKS / hook], env={**path, **variables}, capture_output=True, text=True, check=False
        )
        return result.returncode, self.calls.read_text().splitlines(), result.stderr


@pytest.fixture
def azure(tmp_path: Path) -> Azure:
    """One in which nothing is wrong."""
    return Azure(tmp_path)


def test_the_provider_of_the_subnet_is_registered_first(azure: Azure) -> None:
    """In the subscription of the environment, whatever the default of az is; and before it is needed."""
    code, calls, said = azure.run("preprovision.sh", FIRST)
    assert (0, "") == (code, said)
    assert f"provider register --namespace Microsoft.App --subscription {SUBSCRIPTION} --wait" == calls[0]


def test_a_deployment_whose_identities_are_there_goes_on(azure: Azure) -> None:
    """Each identity that holds a role is asked for once."""
    azure.answers = {"role assignment list": "printf 'b\\na\\nb\\n'"}
    code, calls, _ = azure.run("preprovision.sh", LATER)
    assert 0 == code
    assert ["a", "b"] == [call.split()[4] for call in calls if call.startswith("ad sp show")]
    assert [] == [call for call in calls if "delete" in call]


def test_roles_of_deleted_identities_are_named_with_the_way_out(azure: Azure) -> None:
    """Lock off, roles off; nothing is deleted by the hook, and nothing is deployed."""
    azure.answers = {
        f"{ROLES} --query [?principalId": "echo /roles/1 /roles/2",
        "role assignment list": "echo gone",
        "ad sp show": "echo 'Resource gone does not exist.' >&2; exit 3",
    }
    code, calls, said = azure.run("preprovision.sh", LATER)
    assert 1 == code
    assert [] == [call for call in calls if "delete" in call]
    assert "az lock delete" in said
    assert "--resource-name starchive" in said
    assert ["/roles/1", "/roles/2"] == re.findall(r"az role assignment delete --ids (\S+)", said)
    assert ["lock delete", "role assignment delete"] == sorted({" ".join(each.words) for each in commands(said)})
    assert [] == problems_of(said)


ASKED = """#!{python}
import json, sys, jmespath
words = sys.argv[1:]
at = lambda flag: words[words.index(flag) + 1] if flag in words else ""
world = json.load(open({world!r}))
if words[:3] == ["ad", "sp", "show"] and at("--id") in world["gone"]:
    sys.exit("Resource " + at("--id") + " does not exist.")
if words[:2] == ["resource", "list"]:
    found = [each for each in world["resources"] if at("--tag") == "azd-env-name=" + each["environment"]]
elif words[:3] == ["role", "assignment", "list"]:
    subscription = at("--scope") or "/subscriptions/" + at("--subscription")
    found = [each for each in world["roles"] if (each["scope"] + "/").startswith(subscription + "/")]
else:
    found = []
for each in jmespath.search(at("--query"), found) if found else []:
    print(each)
"""
OURS = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-test/providers/Microsoft.Storage/storageAccounts/starchive"
THEIRS = (
    "/subscriptions/00000000-0000-0000-0000-000000000002/resourceGroups/rg-calls/providers"
    "/Microsoft.Communication/communicationServices/acs"
)

LEFT_OUT = THEIRS.replace("rg-calls", "rg-comment")


@pytest.mark.parametrize(
    ("variables", "kind", "scope", "is_named"),
    [
        (LATER, "ServicePrincipal", OURS, True),
        (LATER, "Unknown", OURS, True),
        (LATER, "User", OURS, False),
        (LATER, "ServicePrincipal", OURS.replace("rg-test", "rg-test-2"), False),
        (FIRST, "ServicePrincipal", OURS, True),
        (FIRST, "ServicePrincipal", THEIRS, True),
        (LATER, "ServicePrincipal", THEIRS, True),
        (LATER, "ServicePrincipal", THEIRS.replace("rg-calls", "rg-more"), False),
        (LATER, "ServicePrincipal", f"{NATIVE[0]['accountId']}/blobServices/default/containers/calls", True),
        (LATER, "ServicePrincipal", LEFT_OUT, False),
        ({**FIRST, "AZURE_ENV_NAME": "other"}, "ServicePrincipal", OURS, False),
    ],
)
def test_roles_are_looked_for_wherever_the_deployment_assigns_them(
    tmp_path: Path, variables: dict[str, str], kind: str, scope: str, *, is_named: bool
) -> None:
    """From a new machine too, and on a Communication resource of another subscription. The queries are evaluated."""
    world = tmp_path / "world.json"
    account = {"type": "Microsoft.Storage/storageAccounts", "name": "starchive", "resourceGroup": "rg-test"}
    role = {"id": "/roles/1", "principalId": "gone", "principalType": kind, "scope": scope}
    resources = [{**account, "environment": "test"}]
    world.write_text(json.dumps({"gone": ["gone"], "resources": resources, "roles": [role]}))
    hook = tmp_path / "infra" / "hooks" / "preprovision.sh"
    environment = tmp_path / "infra" / "environments" / "test.bicep"
    for path in (hook, environment):
        path.parent.mkdir(parents=True)
    hook.write_bytes((HOOKS / "preprovision.sh").read_bytes())
    native = f"{{ accountId: '/subscriptions/other', container: 'a' }}, {{ accountId: '{NATIVE[0]['accountId']}' }}"
    environment.write_text(
        f"// existingId: '{LEFT_OUT}'\nvar it = {{\n  existingId: '{THEIRS}'\n  nativeContainers: [{native}]\n}}\n"
    )
    az = tmp_path / "az"
    az.write_text(ASKED.format(python=sys.executable, world=str(world)))
    az.chmod(0o755)
    result = subprocess.run(
        ["/bin/sh", hook],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    named = re.findall(r"az role assignment delete --ids (\S+)", result.stderr)
    assert (1 if is_named else 0, ["/roles/1"] if is_named else []) == (result.returncode, named), result.stderr


def test_who_may_not_look_up_identities_may_deploy(azure: Azure) -> None:
    """A refusal of the directory is no evidence that an identity is gone."""
    azure.answers = {"role assignment list": "echo there", "ad sp show": "echo 'Insufficient privileges' >&2; exit 1"}
    assert 0 == azure.run("preprovision.sh", LATER)[0]


def test_a_missing_az_is_named(azure: Azure, tmp_path: Path) -> None:
    """With the place to get it."""
    empty = tmp_path / "empty"
    empty.mkdir()
    variables = {**FIRST, "PATH": str(empty)}
    code, _, said = azure.run("preprovision.sh", variables)
    assert 1 == code
    assert "https://aka.ms/azure-cli" in said


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


def parsed(path: Path) -> dict[str, Any]:
    """A file of YAML."""
    return dict(yaml.safe_load(path.read_text(encoding="utf-8")))


def test_azure_yaml_names_what_there_is() -> None:
    """Its folder, and its service by the tag and kind of the app."""
    found = parsed(ROOT / "azure.yaml")
    assert {"provider": "bicep", "path": "infra", "module": "main"} == found["infra"]
    assert (INFRA / "main.bicepparam").exists()
    (service,) = found["services"].items()
    assert "archive" == service[0]
    assert (".", "dist/app", "py", "function") == tuple(
        service[1][key] for key in ("project", "dist", "language", "host")
    )
    assert "'azd-service-name': 'archive'" in (INFRA / "modules" / "functionapp.bicep").read_text()


def test_every_hook_is_where_it_fires() -> None:
    """Packaging belongs to the service: `azd deploy` runs no hook of the project for it."""
    found = parsed(ROOT / "azure.yaml")
    project, service = found["hooks"], found["services"]["archive"]["hooks"]
    assert {"preprovision"} == set(project)
    assert {"prepackage"} == set(service)
    assert set(project) <= {f"{when}{command}" for when in ("pre", "post") for command in COMMANDS}
    assert set(service) <= {f"{when}{step}" for when in ("pre", "post") for step in STEPS_OF_A_SERVICE}
    hooks = {**project, **service}
    assert {name: f"infra/hooks/{name}.sh" for name in hooks} == {name: hook["run"] for name, hook in hooks.items()}
    assert {path.stem for path in HOOKS.iterdir()} == set(hooks)


def test_azd_asks_for_a_region_as_such(bicep: Bicep) -> None:
    """With its list of regions, and not for a text."""
    location = bicep.template(INFRA / "main.bicep")["parameters"]["location"]
    assert {"type": "location"} == location["metadata"]["azd"]


def test_an_azd_that_deletes_the_groups_of_others_is_refused() -> None:
    """Before 1.24.1 `azd down` deleted resource groups that it had not made."""
    assert ">= 1.24.1" == parsed(ROOT / "azure.yaml")["requiredVersions"]["azd"]
