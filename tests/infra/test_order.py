"""What needs something is deployed after it, by the compiled template."""

from typing import Any

import pytest

from tests.infra.compiler import Bicep
from tests.infra.conftest import INFRA


@pytest.fixture(scope="module")
def before(bicep: Bicep) -> dict[str, set[str]]:
    """Of each step of main.bicep, all steps that end before it begins."""
    resources: dict[str, Any] = bicep.template(INFRA / "main.bicep")["resources"]
    direct = {name: set(each.get("dependsOn", [])) for name, each in resources.items()}
    found: dict[str, set[str]] = {}

    def all_before(name: str) -> set[str]:
        if name not in found:
            found[name] = set(direct[name]).union(*map(all_before, direct[name]))
        return found[name]

    for name in direct:
        all_before(name)
    return found


@pytest.mark.parametrize(
    ("step", "needs"),
    [
        (
            "functionApp",
            {"access", "communicationAccess", "nativeAccess", "secretAccess", "storage", "identity", "monitoring"},
        ),
        ("subscribing", {"access", "storage", "fileEvents", "functionApp", "alerts"}),
        ("access", {"identity", "storage", "fileEvents", "monitoring", "topic"}),
        ("communicationAccess", {"identity", "source"}),
        ("privateNetwork", {"storage"}),
        ("fileEvents", {"source"}),
        ("alerts", {"monitoring", "fileEvents"}),
        ("diagnostics", {"monitoring", "storage", "topic", "functionApp"}),
        ("sourceDiagnostics", {"monitoring", "source", "fileEvents"}),
    ],
)
def test_it_comes_after_what_it_needs(before: dict[str, set[str]], step: str, needs: set[str]) -> None:
    """The subscription is last: Event Grid asks at once whether its identity may write, and roles spread slowly."""
    assert needs <= before[step]


@pytest.mark.parametrize("step", ["functionApp", "subscribing"])
def test_roles_are_waited_for_by_name(bicep: Bicep, step: str) -> None:
    """Not only by way of another step, which may come to be left out."""
    assert "access" in bicep.template(INFRA / "main.bicep")["resources"][step]["dependsOn"]


def test_everything_in_the_group_comes_after_the_group(before: dict[str, set[str]]) -> None:
    """Also what has no other reason to wait."""
    assert [] == [name for name, earlier in before.items() if name != "group" and "group" not in earlier]
