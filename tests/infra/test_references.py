"""Whatever a resource names, by id, URI or container, is made by the same deployment, and is the one that is meant."""

import re

import pytest

from tests.infra.deployment import Deployment
from tests.infra.test_settings import resolved

ACCOUNT = "Storage/storageAccounts"
SUFFIX = "core.windows.net"
HOST, ARCHIVE, OVERFLOW = "sthost", "starchive", "stoverflow"
IDS = re.compile(r"/subscriptions/[^\"'\s,)\]]+/providers/Microsoft\.[^\"'\s,)\]]+")
NOT_IN_SNAPSHOTS = ("/functions/", "/subnets/", "/providers/Microsoft.Authorization/roleDefinitions/")
"""Parts of what is made: a function of the package, a subnet of a network; and roles, which Azure has."""


def app_identity(deployment: Deployment) -> str:
    """The id of the identity that the app acts as."""
    return str(deployment.one("ManagedIdentity/userAssignedIdentities", "id-recordings")["id"])


def containers_of(deployment: Deployment, account: str) -> set[str]:
    """The containers that are made in an account."""
    names = [each["name"].split("/") for each in deployment.of(f"{ACCOUNT}/blobServices/containers")]
    return {container for owner, _, container in names if owner.startswith(account)}


def test_every_id_is_of_something_that_is_made(deployment: Deployment) -> None:
    """Or lies in another resource group, because the deployment was told of it."""
    ours = deployment.one("Web/sites")["id"].partition("/providers/")[0]
    made = {each["id"].lower() for each in deployment.resources}
    named = {
        found.lower()
        for found in IDS.findall(deployment.snapshot)
        if found.startswith(f"{ours}/") and not any(part in found for part in NOT_IN_SNAPSHOTS)
    }
    assert len(named) > 20
    assert [] == sorted(named - made)


@pytest.mark.parametrize(
    ("prefix", "account"),
    [("AzureWebJobsStorage", HOST), ("ARCHIVE_STORAGE", ARCHIVE), ("OVERFLOW_STORAGE", OVERFLOW)],
)
def test_each_uri_is_of_the_account_that_it_is_for(deployment: Deployment, prefix: str, account: str) -> None:
    """And of the service in its name. The host's account holds no recording, and the app's roles differ."""
    for name, value in deployment.settings().items():
        if found := re.fullmatch(rf"{prefix}__(\w+)ServiceUri", name):
            uri = resolved(name, value, SUFFIX)
            expected = rf"https://{account}\w+\.{found[1]}\.{re.escape(SUFFIX)}"
            assert re.fullmatch(expected, uri) or (account == OVERFLOW and not uri), name


def test_the_app_acts_as_the_one_identity_that_has_the_roles(deployment: Deployment) -> None:
    """Its client id, not its resource id or its object id, is what the settings want; telemetry goes by it too."""
    identity = app_identity(deployment)
    client_id = re.compile(rf"\[reference\('{re.escape(identity)}', '[\d-]+'\)\.clientId\]")
    settings = deployment.settings()
    names = [name for name in settings if name.endswith("__clientId") or name == "AZURE_CLIENT_ID"]
    assert 3 == len(names)
    assert [] == [name for name in names if not client_id.fullmatch(settings[name])]
    telemetry = settings["APPLICATIONINSIGHTS_AUTHENTICATION_STRING"]
    (format_, inner) = re.fullmatch(r"\[format\('([^']+)', (.+)\)\]", telemetry).groups()  # type: ignore[union-attr]
    assert "ClientId={0};Authorization=AAD" == format_
    assert client_id.fullmatch(f"[{inner}]")
    assert {"managedidentity"} == {value for name, value in settings.items() if name.endswith("__credential")}


def test_site_and_package_are_of_the_same_identity(deployment: Deployment) -> None:
    site = deployment.one("Web/sites")
    assert ("UserAssigned", [app_identity(deployment)]) == (
        site["identity"]["type"],
        list(site["identity"]["userAssignedIdentities"]),
    )
    authentication = site["properties"]["functionAppConfig"]["deployment"]["storage"]["authentication"]
    assert app_identity(deployment) == authentication["userAssignedIdentityResourceId"]
    assert app_identity(deployment) == site["properties"]["keyVaultReferenceIdentity"]


def test_the_package_lies_in_a_container_that_is_made(deployment: Deployment) -> None:
    """In the host's account: the app may write there, and nobody keeps recordings there."""
    storage = deployment.one("Web/sites")["properties"]["functionAppConfig"]["deployment"]["storage"]
    found = re.fullmatch(
        r"\[format\('https://\{0\}\.blob\.\{1\}/\{2\}', '(\w+)', environment\(\)\.suffixes\.storage, '([\w-]+)'\)\]",
        storage["value"],
    )
    assert found is not None
    assert "blobContainer" == storage["type"]
    assert found[1].startswith(HOST)
    assert {found[2]} == containers_of(deployment, HOST)


def test_settings_name_containers_and_tables_that_are_made(deployment: Deployment) -> None:
    settings = deployment.settings()
    named = {value for name, value in settings.items() if name.endswith("_CONTAINER") and "OVERFLOW" not in name}
    assert containers_of(deployment, ARCHIVE) == named
    tables = {each["name"].split("/")[-1] for each in deployment.of(f"{ACCOUNT}/tableServices/tables")}
    assert {settings[f"{name}_TABLE"] for name in ("CATALOG", "OPEN", "RECORDS")} == tables


def test_events_go_to_the_account_that_has_their_queue_and_their_dead_letters(deployment: Deployment) -> None:
    archive = deployment.one(ACCOUNT, ARCHIVE)["id"]
    queues = {each["name"].split("/")[-1] for each in deployment.of(f"{ACCOUNT}/queueServices/queues")}
    for each in deployment.of("EventGrid/systemTopics/eventSubscriptions"):
        properties = each["properties"]
        letters = properties["deadLetterWithResourceIdentity"]["deadLetterDestination"]["properties"]
        assert archive == letters["resourceId"]
        assert letters["blobContainerName"] in containers_of(deployment, ARCHIVE)
        if "destination" in properties:
            function = properties["destination"]["properties"]["resourceId"]
            assert deployment.one("Web/sites")["id"] == function.partition("/functions/")[0]
        else:
            queue = properties["deliveryWithResourceIdentity"]["destination"]["properties"]
            assert archive == queue["resourceId"]
            assert queue["queueName"] in queues
            assert 7 * 24 * 3600 == queue["queueMessageTimeToLiveInSeconds"]


def test_private_endpoints_are_of_what_the_app_uses_and_are_found_by_name(deployment: Deployment) -> None:
    """One for each service of which the app has a URI; its record is in the zone of that service."""
    uris = {
        tuple(resolved(name, value, SUFFIX).removeprefix("https://").split(".")[:2])
        for name, value in deployment.settings().items()
        if name.endswith("ServiceUri") and value
    }
    reached = set[tuple[str, ...]]()
    for endpoint in deployment.of("Network/privateEndpoints"):
        (connection,) = endpoint["properties"]["privateLinkServiceConnections"]
        (service,) = connection["properties"]["groupIds"]
        reached.add((connection["properties"]["privateLinkServiceId"].rsplit("/", 1)[1], service))
        group = deployment.one("Network/privateEndpoints/privateDnsZoneGroups", f"{endpoint['name']}/")
        (zone,) = group["properties"]["privateDnsZoneConfigs"]
        zone_id = zone["properties"]["privateDnsZoneId"]
        assert f"format('privatelink.{{0}}.{{1}}', '{service}', environment().suffixes.storage)" in zone_id
        assert zone_id in {each["id"] for each in deployment.of("Network/privateDnsZones")}
    assert (uris if "network" in deployment.name else set()) == reached


def test_the_network_is_one_that_flex_can_use(deployment: Deployment) -> None:
    """Its subnet is given to the platform, and the zones of its endpoints are linked to it."""
    for network in deployment.of("Network/virtualNetworks"):
        (app,) = (each for each in network["properties"]["subnets"] if each["name"] == "app")
        (delegation,) = app["properties"]["delegations"]
        assert "Microsoft.App/environments" == delegation["properties"]["serviceName"]
        links = deployment.of("Network/privateDnsZones/virtualNetworkLinks")
        assert len(deployment.of("Network/privateDnsZones")) == len(links)
        assert {network["id"]} == {each["properties"]["virtualNetwork"]["id"] for each in links}


def test_the_key_is_used_by_an_identity_that_the_account_has(deployment: Deployment) -> None:
    """Without it the account cannot unwrap its own key."""
    account = deployment.one(ACCOUNT, ARCHIVE)
    identity = account["properties"]["encryption"]["identity"]
    if "own-key" in deployment.name:
        assert [identity["userAssignedIdentity"]] == list(account["identity"]["userAssignedIdentities"])
    else:
        assert identity is None


def test_the_package_that_runs_can_be_had_back(plain: Deployment) -> None:
    """Deleted by mistake, it is there for a week: without it no new instance starts."""
    properties = plain.one(f"{ACCOUNT}/blobServices", HOST)["properties"]
    assert {"enabled": True, "days": 7} == properties["deleteRetentionPolicy"]
    assert {"enabled": True, "days": 7} == properties["containerDeleteRetentionPolicy"]


def test_nothing_but_the_archive_may_be_deleted_by_mistake(plain: Deployment) -> None:
    """It is locked unless somebody says otherwise."""
    (lock,) = plain.of("Authorization/locks")
    assert plain.one(ACCOUNT, ARCHIVE)["id"] == lock["id"].partition("/providers/Microsoft.Authorization/")[0]
    assert "CanNotDelete" == lock["properties"]["level"]
