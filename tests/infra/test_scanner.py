"""checkov finds nothing in the deployments except what infra/checkov-skips.json justifies."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.infra.conftest import INFRA
from tests.infra.snapshots import VARIANTS, WHOLE
from tools.package import ROOT

CHECKOV = ROOT / ".local" / "checkov" / "bin" / "checkov"
MISSING = "cannot scan the deployment: checkov is not installed. `make infra` installs it"
SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
SKIPS: dict[str, dict[str, str]] = json.loads((INFRA / "checkov-skips.json").read_text())


def checkov() -> Path:
    """The program; without it, the test that asks for it is skipped."""
    if not CHECKOV.exists():
        pytest.skip(MISSING)
    return CHECKOV


@pytest.mark.parametrize("variant", sorted(SKIPS))
def test_only_what_is_argued_for_is_found(variant: str, tmp_path: Path) -> None:
    """Exactly that: an entry that nothing needs fails too, and so does a file that cannot be parsed."""
    resources = json.loads((VARIANTS / f"{variant}.snapshot.json").read_text())["predictedResources"]
    # Evaluated and flat: in the modules of a compiled template checkov sees only expressions, and finds nothing.
    template = {"$schema": SCHEMA, "contentVersion": "1.0.0.0", "resources": resources}
    path = tmp_path / "template.json"
    path.write_text(json.dumps(template, indent=2))
    command: list[str | Path] = [
        checkov(),
        "--file",
        path,
        "--framework",
        "arm",
        "--output",
        "json",
        "--soft-fail",
        "--skip-download",
    ]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    report = json.loads(result.stdout)
    assert 0 == report["summary"]["parsing_errors"], result.stderr
    assert [] == report["results"]["parsing_errors"]
    told_apart = {(each["type"], each["name"]) for each in resources}  # as checkov does
    assert report["summary"]["resource_count"] >= len(told_apart)
    found = {f"{each['check_id']} {each['resource'].rsplit('.', 1)[0]}" for each in report["results"]["failed_checks"]}
    assert set(SKIPS[variant]) == found


def test_the_workflows_are_sound() -> None:
    """Checkov finds nothing in the GitHub workflows."""
    workflows = ROOT / ".github" / "workflows"
    command: list[str | Path] = [
        checkov(),
        "--directory",
        workflows,
        "--framework",
        "github_actions",
        "--output",
        "json",
    ]
    result = subprocess.run([*command, "--soft-fail", "--skip-download"], capture_output=True, text=True, check=False)
    report = json.loads(result.stdout)
    assert (0, 0) == (report["summary"]["parsing_errors"], report["summary"]["failed"]), result.stdout
    assert report["summary"]["passed"] > 10


def test_every_skip_has_its_reason() -> None:
    """A sentence, or a reference to the one above."""
    reasons = [reason for skips in SKIPS.values() for reason in skips.values()]
    assert [] == [reason for reason in reasons if not reason.endswith(".")]
    assert set(WHOLE) == set(SKIPS)


def test_its_packages_are_pinned() -> None:
    """Each to one version."""
    lines = (INFRA / "requirements-checkov.txt").read_text().splitlines()
    wanted = [line for line in lines if line and not line.startswith("#")]
    assert [] == [line for line in wanted if not re.fullmatch(r"[\w.-]+==[\w.]+", line)]
