"""Names follow each service's rules, for every environment name."""

import re

import pytest

from tests.infra.conftest import EXISTING, Evaluate
from tests.infra.deployment import Deployment

RULES = {
    "Resources/resourceGroups": r"[\w.()-]{0,89}[\w()-]",
    "Storage/storageAccounts": r"[a-z0-9]{3,24}",
    "Storage/storageAccounts/blobServices/containers": r"[a-z0-9]{3,24}/default/[a-z0-9](?:-?[a-z0-9]){2,62}",
    "Storage/storageAccounts/queueServices/queues": r"[a-z0-9]{3,24}/default/[a-z0-9](?:-?[a-z0-9]){2,62}",
    "Storage/storageAccounts/tableServices/tables": r"[a-z0-9]{3,24}/default/[A-Za-z][A-Za-z0-9]{2,62}",
    "Web/sites": r"[a-z0-9][a-z0-9-]{0,58}[a-z0-9]",
    "Web/serverfarms": r"[A-Za-z0-9-]{1,40}",
    "Communication/communicationServices": r"[A-Za-z0-9-]{1,63}",
    "EventGrid/systemTopics": r"[A-Za-z0-9-]{3,128}",
    "EventGrid/topics": r"[A-Za-z0-9-]{3,50}",
    "EventGrid/systemTopics/eventSubscriptions": r"[A-Za-z0-9-]{3,128}/[A-Za-z0-9-]{3,64}",
    "Insights/components": r"[\w.()-]{1,260}",
    "Insights/actionGroups": r"[\w.-]{1,260}",
    "Insights/scheduledQueryRules": r"[\w.-]{1,260}",
    "Insights/metricAlerts": r"[\w.-]{1,260}",
    "OperationalInsights/workspaces": r"[A-Za-z0-9][A-Za-z0-9-]{2,61}[A-Za-z0-9]",
    "ManagedIdentity/userAssignedIdentities": r"[A-Za-z0-9][\w-]{2,127}",
    "Network/virtualNetworks": r"[A-Za-z0-9][\w.-]{0,62}\w",
    "Network/networkSecurityGroups": r"[A-Za-z0-9][\w.-]{0,78}\w",
    "Network/natGateways": r"[A-Za-z0-9][\w.-]{0,78}\w",
    "Network/privateEndpoints": r"[A-Za-z0-9][\w.-]{0,62}\w",
    "Network/publicIPAddresses": r"[A-Za-z0-9][\w.-]{0,78}\w",
}
# Zones of private DNS are one each in a resource group, by their names.
SHARED_IN_A_GROUP = "privateDnsZones"
LARGEST = {"network": {"isPrivate": True}}
ODD = [
    "a",
    "A",
    "9",
    "x" * 64,
    "Production-West.Europe_(2)",
    "ends-with-a-period.",
    "...",
    "---",
    "with blanks and\ttabs",
    "quote'backslash\\dollar${x}",
    "Ünïcödé-東京-🎧",
    "../../etc",
    "-leading",
]


@pytest.mark.parametrize("environment", ODD)
def test_names_keep_to_the_rules(evaluate: Evaluate, environment: str) -> None:
    """For every resource that has a rule, network and queue included."""
    found = evaluate(environmentName=environment, **LARGEST)
    wrong = [
        each["name"]
        for kind, rule in RULES.items()
        for each in found.of(kind)
        if not re.fullmatch(rule, each["name"], re.ASCII)
    ]
    assert [] == wrong
    assert {f"Microsoft.{kind}" for kind in RULES} <= {each["type"] for each in found.resources}
    assert environment == found.one("Web/sites")["tags"]["azd-env-name"]


def test_odd_environments_do_not_share_names(evaluate: Evaluate) -> None:
    """Even if no character of their names can be kept, or only equal ones."""
    different = {each.lower() for each in ODD}
    groups = [evaluate(environmentName=each, **LARGEST).one("Resources/resourceGroups")["name"] for each in different]
    assert len(ODD) - 1 == len({group.lower() for group in groups})


@pytest.mark.parametrize(
    ("environment", "location"), [("test", "West Europe"), ("Test", "westeurope"), (" TEST", "WestEurope ")]
)
def test_one_environment_is_one_archive_however_it_is_spelt(
    evaluate: Evaluate, plain: Deployment, environment: str, location: str
) -> None:
    """Neither capitals nor blanks make another archive, and no other region is written into a resource."""
    found = evaluate(environmentName=environment, location=location)
    assert [each["id"] for each in plain.resources] == [each["id"] for each in found.resources]
    assert [each.get("location") for each in plain.resources] == [each.get("location") for each in found.resources]


def test_two_environments_share_nothing_but_what_is_meant(evaluate: Evaluate) -> None:
    """Beside one another, in one resource group, on one system topic: no id of one is an id of the other."""
    shared = {"resourceGroupName": "rg-shared", "communication": EXISTING, "network": {"isPrivate": True}}
    first, second = (evaluate(environmentName=name, **shared) for name in ("production", "restored"))
    common = {each["id"] for each in first.resources} & {each["id"] for each in second.resources}
    assert [] == [each for each in common if SHARED_IN_A_GROUP not in each]


def test_another_region_has_other_names(evaluate: Evaluate) -> None:
    """One environment can exist in two regions."""
    first, second = (evaluate(location=region).one("Web/sites")["name"] for region in ("westeurope", "northeurope"))
    assert first != second


def test_a_group_that_exists_is_used_as_it_is(evaluate: Evaluate) -> None:
    """It is not written, not even its tags, and contains everything."""
    found = evaluate(resourceGroupName="rg-mine")
    assert [] == found.of("Resources/resourceGroups")
    assert {"rg-mine"} == {each["id"].split("/")[4] for each in found.resources}
