"""No keys, nothing public, no old TLS, no host names of one cloud."""

import json
import re

import pytest

from tests.infra.compiler import Bicep
from tests.infra.conftest import INFRA, Evaluate
from tests.infra.deployment import Deployment

KEYS = r"listKeys|listAccountSas|listServiceSas|AccountKey|SharedAccessKey|InstrumentationKey|sig=|[?&]code="
HOSTS = r"[\w-]+\.(?:windows|azure|azurewebsites|microsoft|microsoftonline)\.(?:net|com|us|cn)|core\.\w+\.\w+"


def test_no_key_is_asked_for_or_named(deployment: Deployment, bicep: Bicep) -> None:
    """Neither in the resources nor in the templates."""
    assert [] == re.findall(KEYS, deployment.snapshot)
    assert [] == re.findall(KEYS, json.dumps(bicep.template(INFRA / "main.bicep")))


@pytest.mark.parametrize("account", ["sthost", "starchive"])
def test_accounts_know_identities_alone(deployment: Deployment, account: str) -> None:
    """No shared key, no anonymous access, TLS 1.2, HTTPS, no other tenant, no local users."""
    properties = deployment.one("Storage/storageAccounts", account)["properties"]
    expected = {
        "allowBlobPublicAccess": False,
        "allowCrossTenantReplication": False,
        "allowSharedKeyAccess": False,
        "allowedCopyScope": "AAD",
        "defaultToOAuthAuthentication": True,
        "isLocalUserEnabled": False,
        "minimumTlsVersion": "TLS1_2",
        "supportsHttpsTrafficOnly": True,
    }
    assert expected == {name: properties[name] for name in expected}
    closed = "Deny" if "network" in deployment.name else "Allow"
    assert {"defaultAction": closed, "bypass": "AzureServices", "ipRules": []} == properties["networkAcls"]


def test_containers_are_private(deployment: Deployment) -> None:
    """Also the package's."""
    containers = deployment.of("Storage/storageAccounts/blobServices/containers")
    assert {"None"} == {each["properties"]["publicAccess"] for each in containers}


def test_every_service_has_its_keys_switched_off(deployment: Deployment) -> None:
    """Communication, the topic, telemetry and its workspace."""
    made = [
        *deployment.of("Communication/communicationServices"),
        *deployment.of("EventGrid/topics"),
        deployment.one("OperationalInsights/workspaces"),
    ]
    assert [] == [each["id"] for each in made if '"disableLocalAuth": true' not in json.dumps(each)]
    assert deployment.one("Insights/components")["properties"]["DisableLocalAuth"]
    assert {"1.2"} >= {each["properties"]["minimumTlsVersionAllowed"] for each in deployment.of("EventGrid/topics")}


def test_the_app_takes_https_and_no_password(deployment: Deployment) -> None:
    """TLS 1.2 for the app and for deployments, which accept identities only."""
    site = deployment.one("Web/sites")["properties"]
    assert site["httpsOnly"]
    config = site["siteConfig"]
    assert ("1.2", "1.2") == (config["minTlsVersion"], config["scmMinTlsVersion"])
    assert "ftpsState" not in config, "deprecated on Flex Consumption, which has no FTP"
    ways = deployment.of("Web/sites/basicPublishingCredentialsPolicies")
    assert {"ftp": False, "scm": False} == {each["name"].split("/")[1]: each["properties"]["allow"] for each in ways}
    assert "UserAssignedIdentity" == site["functionAppConfig"]["deployment"]["storage"]["authentication"]["type"]


def test_nothing_stands_in_front_of_the_callbacks(deployment: Deployment) -> None:
    """Call Automation calls from any address, without a key or a certificate; the app itself proves its token."""
    site = deployment.one("Web/sites")["properties"]
    assert "Enabled" == site["publicNetworkAccess"]
    named = {*site, *site["siteConfig"]}
    assert [] == [name for name in named if re.search("restriction|clientcert|auth", name.lower())]
    beside = {each["type"] for each in deployment.resources if each["type"].startswith("Microsoft.Web/sites/")}
    assert {"Microsoft.Web/sites/basicPublishingCredentialsPolicies"} == beside


def test_callbacks_are_proven_by_default(deployment: Deployment) -> None:
    """By the id that the Communication resource itself says, new or found."""
    found = deployment.settings()["ACS_RESOURCE_IDS"]
    assert found.endswith(".immutableResourceId]")
    name = "acs-calls" if "existing" in deployment.name else "acs-recordings"
    assert f"/communicationServices/{name}" in found


def test_traffic_leaves_through_the_network(deployment: Deployment) -> None:
    """If there is one."""
    subnet = deployment.one("Web/sites")["properties"]["virtualNetworkSubnetId"]
    assert ("network" in deployment.name) == bool(subnet and subnet.endswith("/subnets/app"))


def test_the_way_out_of_a_network_is_said(deployment: Deployment) -> None:
    """By a gateway with an address of its own, and by no default access, which is being retired."""
    for network in deployment.of("Network/virtualNetworks"):
        subnets = {each["name"]: each["properties"] for each in network["properties"]["subnets"]}
        gateway, address = deployment.one("Network/natGateways"), deployment.one("Network/publicIPAddresses")
        assert gateway["id"] == subnets["app"]["natGateway"]["id"]
        assert [{"id": address["id"]}] == gateway["properties"]["publicIpAddresses"]
        assert [False, False] == [each["defaultOutboundAccess"] for each in subnets.values()]


def test_operators_get_in_from_the_addresses_that_are_named(evaluate: Evaluate) -> None:
    """Into a private network, and nobody else does."""
    found = evaluate(network={"isPrivate": True, "allowedAddresses": ["198.51.100.7"]})
    rules = found.one("Storage/storageAccounts", "starchive")["properties"]["networkAcls"]
    assert "Deny" == rules["defaultAction"]
    assert [{"value": "198.51.100.7", "action": "Allow"}] == rules["ipRules"]


def test_no_host_is_written_down() -> None:
    """Other clouds have other suffixes, which the environment provides."""
    found = {path.name: re.findall(HOSTS, path.read_text(encoding="utf-8")) for path in INFRA.rglob("*.bicep*")}
    assert {} == {name: hosts for name, hosts in found.items() if hosts}
