"""The stored deployments are what the Bicep creates today, and the switches have the effect that they name."""

from pathlib import Path

import pytest

from tests.infra.compiler import Bicep
from tests.infra.conftest import COMBINATIONS
from tests.infra.deployment import Deployment
from tests.infra.snapshots import VARIANTS, stored, today

KEPT = sorted(VARIANTS.glob("*.bicepparam"))


@pytest.mark.parametrize("parameters", KEPT, ids=lambda path: path.stem)
def test_the_kept_deployment_is_todays(bicep: Bicep, parameters: Path) -> None:
    """After an intended change `make snapshots` rewrites it, and its diff is reviewed."""
    assert stored(parameters).read_text(encoding="utf-8") == today(bicep, parameters)


def test_no_snapshot_is_left_behind() -> None:
    """Each has its parameter file."""
    assert {*KEPT, *map(stored, KEPT)} == set(VARIANTS.iterdir())


def test_every_pair_of_choices_occurs() -> None:
    """Of seven choices, both values, in eight combinations."""
    runs = [set(name.split("+")) for name in COMBINATIONS]
    names = sorted(set.union(*runs) - {"none"})
    pairs = [{(first in run, second in run) for run in runs} for first in names for second in names if first < second]
    assert (7, {4}) == (len(names), {len(pair) for pair in pairs})


def test_switches_make_what_they_say(deployment: Deployment) -> None:
    """Each kind of resource exists if and only if its choice is made."""
    chosen = set(deployment.name.split("+"))
    assert ("existing" not in chosen) == bool(deployment.of("Communication/communicationServices"))
    assert ("existing" not in chosen) == bool(deployment.of("EventGrid/systemTopics"))
    assert ("topicless" not in chosen) == bool(deployment.of("EventGrid/topics"))
    assert 1 == len(deployment.of("EventGrid/systemTopics/eventSubscriptions"))
    policies = deployment.of("Storage/storageAccounts/blobServices/containers/immutabilityPolicies")
    assert ("immutable" in chosen) == bool(policies)
    for kind, count in {"virtualNetworks": 1, "natGateways": 1, "privateEndpoints": 4, "privateDnsZones": 3}.items():
        assert count * ("network" in chosen) == len(deployment.of(f"Network/{kind}"))
    assert 1 == len(deployment.of("ManagedIdentity/userAssignedIdentities"))


def test_everything_is_tagged(deployment: Deployment) -> None:
    """With the environment's name; the app also with the tag that azd looks for."""
    untaggable = ("containers", "queues", "tables", "Services", "Policies", "Groups", "virtualNetworkLinks")
    tagged = [each for each in deployment.resources if "location" in each and not each["type"].endswith(untaggable)]
    assert [] == [each["id"] for each in tagged if each.get("tags", {}).get("azd-env-name") != "test"]
    assert "archive" == deployment.one("Web/sites")["tags"]["azd-service-name"]
