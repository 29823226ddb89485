"""The compiler, and the deployments under test."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.infra.compiler import MISSING, Bicep, find_bicep, literal
from tests.infra.deployment import Deployment
from tools.package import ROOT

INFRA = ROOT / "infra"
VARIANTS = Path(__file__).parent / "variants"
Evaluate = Callable[..., Deployment]

# Seven choices of two values, in eight combinations that contain every pair of values: an orthogonal array.
CHOICES: tuple[tuple[str, dict[str, object]], ...] = (
    ("queue", {"eventDelivery": "queue"}),
    (
        "existing",
        {
            "communicationServiceId": "/subscriptions/00000000-0000-0000-0000-000000000002/resourceGroups/rg-calls"
            "/providers/Microsoft.Communication/communicationServices/acs-calls",
            "systemTopicName": "evgst-calls",
        },
    ),
    ("network", {"privateNetwork": True}),
    ("immutable", {"immutabilityDays": 30, "app": {"legalHold": True}}),
    ("subscribed", {"deployEventSubscription": True}),
    ("topicless", {"deployArchivedTopic": False}),
    (
        "own-key",
        {
            "keyVaultId": "/subscriptions/00000000-0000-0000-0000-000000000003/resourceGroups/rg-keys"
            "/providers/Microsoft.KeyVault/vaults/kv-keys",
            "keyName": "recordings",
        },
    ),
)
_BITS = (0b001, 0b010, 0b011, 0b100, 0b101, 0b110, 0b111)
COMBINATIONS = [
    "+".join(name for (name, _), bits in zip(CHOICES, _BITS, strict=True) if (run & bits).bit_count() % 2) or "none"
    for run in range(8)
]


@pytest.fixture(scope="session")
def bicep() -> Iterator[Bicep]:
    """The compiler; without one, the tests that need it are skipped."""
    program = find_bicep()
    if program is None:
        pytest.skip(MISSING)
    with Bicep(program) as running:
        yield running


@pytest.fixture(scope="session")
def evaluate(bicep: Bicep, tmp_path_factory: pytest.TempPathFactory) -> Evaluate:
    """Evaluate main.bicep with these parameters."""
    folder = tmp_path_factory.mktemp("parameters")
    known: dict[str, Deployment] = {}

    def evaluated(name: str = "", **parameters: object) -> Deployment:
        whole = {"environmentName": "test", "location": "westeurope", **parameters}
        key = json.dumps([name, whole], sort_keys=True)
        if key not in known:
            known[key] = evaluated_anew(name, whole)
        return known[key]

    def evaluated_anew(name: str, whole: dict[str, object]) -> Deployment:
        path = folder / f"{len(list(folder.iterdir()))}.bicepparam"
        lines = [f"param {key} = {literal(value)}" for key, value in whole.items()]
        path.write_text(f"using '{os.path.relpath(INFRA / 'main.bicep', folder)}'\n" + "\n".join(lines) + "\n")
        return Deployment(name, bicep.snapshot(path))

    return evaluated


@pytest.fixture(scope="session")
def combined(evaluate: Evaluate) -> dict[str, Deployment]:
    """Every combination, evaluated once."""
    choices = dict(CHOICES)
    found = {}
    for name in COMBINATIONS:
        parameters = {key: value for choice in name.split("+") for key, value in choices.get(choice, {}).items()}
        found[name] = evaluate(name, **parameters)
    return found


@pytest.fixture(params=COMBINATIONS)
def deployment(request: pytest.FixtureRequest, combined: dict[str, Deployment]) -> Deployment:
    """Each combination in turn."""
    return combined[request.param]


@pytest.fixture(scope="session")
def plain(evaluate: Evaluate) -> Deployment:
    """Every parameter at its default, with the subscription."""
    return evaluate("plain", deployEventSubscription=True)
