"""Every Bicep file compiles and lints without a message, and is formatted."""

from pathlib import Path
from typing import Any

import pytest

from tests.infra.compiler import Bicep
from tests.infra.conftest import INFRA
from tests.infra.snapshots import VARIANTS

FILES = sorted([*INFRA.rglob("*.bicep"), *INFRA.glob("*.bicepparam"), *VARIANTS.glob("*.bicepparam")])
BOUNDS = {
    "string": ({"allowedValues"}, {"maxLength"}),
    "int": ({"allowedValues"}, {"minValue", "maxValue"}),
    "array": ({"maxLength"},),
}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_it_compiles_without_a_word(bicep: Bicep, path: Path) -> None:
    """No error and no warning, also none for an unknown property. `make infra` reports old API versions."""
    assert [] == bicep.complaints(path)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_it_is_formatted(bicep: Bicep, path: Path) -> None:
    """`bicep format` changes nothing."""
    assert path.read_text(encoding="utf-8") == bicep.formatted(path)


@pytest.mark.parametrize("path", sorted(INFRA.rglob("*.bicep")), ids=lambda path: path.name)
def test_every_parameter_and_output_is_described(bicep: Bicep, path: Path) -> None:
    """A parameter's description says whether it is required."""
    template = bicep.template(path)
    parameters = template.get("parameters", {})
    described = {name for name, each in parameters.items() if _description(each).startswith(("Required.", "Optional."))}
    assert set(parameters) == described
    assert [] == [name for name, each in template.get("outputs", {}).items() if not _description(each)]
    optional = {name for name, each in parameters.items() if _description(each).startswith("Optional.")}
    assert optional == {name for name, each in parameters.items() if "defaultValue" in each}


def test_every_parameter_is_bounded(bicep: Bicep) -> None:
    """A text by length or values, a number by minimum and maximum, a list by length."""
    template = bicep.template(INFRA / "main.bicep")
    loose = [name for name, each in template["parameters"].items() if not _bounded(each)]
    fields = template["definitions"]
    loose += [
        f"{owner}.{name}"
        for owner, kind in fields.items()
        for name, each in kind.get("properties", {}).items()
        if not _bounded(each)
    ]
    assert [] == loose


def test_outputs_are_as_azd_wants_them(bicep: Bicep) -> None:
    """In capitals: they become environment variables."""
    outputs = bicep.template(INFRA / "main.bicep")["outputs"]
    assert {"AZURE_LOCATION", "AZURE_RESOURCE_GROUP", "ARCHIVE_ACCOUNT_NAME", "FUNCTION_APP_NAME"} <= set(outputs)
    assert [] == [name for name in outputs if not name.isupper()]


def _description(parameter: dict[str, Any]) -> str:
    return str(parameter.get("metadata", {}).get("description", ""))


def _bounded(parameter: dict[str, Any]) -> bool:
    if "type" not in parameter:
        return "$ref" in parameter
    ways = BOUNDS.get(parameter["type"])
    return ways is None or any(way <= set(parameter) for way in ways)
