"""The compiler, and the deployments under test."""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import pytest

from tests.infra.compiler import MISSING, Bicep, find_bicep, literal
from tests.infra.deployment import Deployment
from tools.package import ROOT

INFRA = ROOT / "infra"

Evaluate = Callable[..., Deployment]

# What every deployment must say, in its plainest form.
PLAINEST: dict[str, object] = {
    "environmentName": "test",
    "location": "westeurope",
    "archive": {"encryption": {"keySource": "Microsoft.Storage"}},
    "policy": "{version: 1, rules: [{id: none, record: false, reason: nothing is recorded here}]}",
    "network": {"isPrivate": False},
    "watch": {"alertEmails": []},
}
OWN_KEY = {
    "keySource": "Microsoft.Keyvault",
    "keyUri": "https://kv-keys.vault.example/keys/recordings",
    "identityId": "/subscriptions/00000000-0000-0000-0000-000000000003/resourceGroups/rg-keys"
    "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-keys",
}
OPERATOR = "00000000-0000-0000-0000-00000000000a"
EXISTING = {
    "existingId": "/subscriptions/00000000-0000-0000-0000-000000000002/resourceGroups/rg-calls"
    "/providers/Microsoft.Communication/communicationServices/acs-calls",
    "existingSystemTopic": "evgst-calls",
}
NATIVE = [
    {
        "accountId": "/subscriptions/00000000-0000-0000-0000-000000000004/resourceGroups/rg-native"
        "/providers/Microsoft.Storage/storageAccounts/stnative",
        "container": name,
    }
    for name in ("calls", "trading")
]
SECRET = {
    "vaultId": "/subscriptions/00000000-0000-0000-0000-000000000003/resourceGroups/rg-keys"
    "/providers/Microsoft.KeyVault/vaults/kv-participants",
    "name": "participant-key",
}

# Seven choices of two values, in eight combinations that contain every pair of values: an orthogonal array.
CHOICES: tuple[tuple[str, dict[str, object]], ...] = (
    ("function", {"events": {"delivery": "function"}}),
    ("existing", {"communication": {**EXISTING, "nativeContainers": NATIVE}, "app": {"participantKey": SECRET}}),
    ("network", {"network": {"isPrivate": True}}),
    ("immutable", {"archive": {"immutabilityDays": 30, "blobHolds": True}, "app": {"legalHold": True}}),
    ("operated", {"operatorPrincipalIds": [OPERATOR]}),
    ("topicless", {"events": {"archivedTopic": False}}),
    ("own-key", {"archive": {"encryption": OWN_KEY}}),
)
_BITS = (0b001, 0b010, 0b011, 0b100, 0b101, 0b110, 0b111)
COMBINATIONS = [
    "+".join(name for (name, _), bits in zip(CHOICES, _BITS, strict=True) if (run & bits).bit_count() % 2) or "none"
    for run in range(8)
]


def program() -> str:
    """The Bicep compiler; without one, the test that asks for it is skipped."""
    found = find_bicep()
    if found is None:
        pytest.skip(MISSING)
    return found


@dataclass(frozen=True)
class Compiler:
    """A plugin of pytest: a compiler that runs already, so that the tests start none."""

    bicep: Bicep


@pytest.fixture(scope="session")
def bicep(pytestconfig: pytest.Config) -> Iterator[Bicep]:
    """The compiler; without one, the tests that need it are skipped."""
    for given in pytestconfig.pluginmanager.get_plugins():
        if type(given).__name__ == Compiler.__name__:  # of the process that began, in which this module is another
            yield given.bicep
            return
    with Bicep(program()) as running:
        yield running


@pytest.fixture(scope="session")
def evaluate(bicep: Bicep, tmp_path_factory: pytest.TempPathFactory) -> Evaluate:
    """Evaluate main.bicep with these parameters; objects are merged with the plainest ones."""
    folder = tmp_path_factory.mktemp("parameters")
    known: dict[str, Deployment] = {}

    def evaluated(name: str = "", **parameters: object) -> Deployment:
        whole = merged(PLAINEST, parameters)
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
    """Every combination."""
    return {name: combination(evaluate, name) for name in COMBINATIONS}


@pytest.fixture(params=COMBINATIONS)
def deployment(request: pytest.FixtureRequest, evaluate: Evaluate) -> Deployment:
    """Each combination in turn, evaluated when it is first asked for."""
    return combination(evaluate, request.param)


@pytest.fixture(scope="session")
def plain(evaluate: Evaluate) -> Deployment:
    """Every parameter at its default."""
    return evaluate("plain")


def combination(evaluate: Evaluate, name: str) -> Deployment:
    """One of them; each is evaluated once."""
    choices = dict(CHOICES)
    parameters: dict[str, object] = {}
    for choice in name.split("+"):
        parameters = merged(parameters, choices.get(choice, {}))
    return evaluate(name, **parameters)


def merged(first: Mapping[str, object], second: Mapping[str, object]) -> dict[str, object]:
    """The second over the first; an object over an object field by field, but one that names its kind as a whole."""
    result = dict(first)
    for key, value in second.items():
        old = result.get(key)
        both = isinstance(old, Mapping) and isinstance(value, Mapping) and "keySource" not in value
        result[key] = merged(old, value) if both else value  # type: ignore[arg-type]
    return result
