"""The account for overflow: off by default, in another region, as closed as the others."""

import pytest

from recording.settings import Settings
from tests.infra.conftest import OWN_KEY, Evaluate
from tests.infra.deployment import Deployment
from tests.infra.test_settings import resolved

ACCOUNT = "Storage/storageAccounts"
NAME = "stoverflow"


@pytest.fixture(scope="module")
def overflow(evaluate: Evaluate) -> Deployment:
    """With an account in another region, and everything private."""
    return evaluate("overflow", archive={"overflowLocation": "North Europe"}, network={"isPrivate": True})


def test_by_default_there_is_none(plain: Deployment) -> None:
    assert [] == [each["id"] for each in plain.resources if NAME in each["id"]]
    assert "" == plain.settings()["OVERFLOW_STORAGE__blobServiceUri"]


def test_it_has_the_container_that_the_app_uses(overflow: Deployment) -> None:
    account, archive = overflow.one(ACCOUNT, NAME), overflow.one(ACCOUNT, "starchive")
    containers = [each["name"] for each in overflow.of(f"{ACCOUNT}/blobServices/containers") if NAME in each["name"]]

    assert [f"{account['name']}/default/{overflow.settings()['OVERFLOW_CONTAINER']}"] == containers
    assert ("northeurope", "westeurope") == (account["location"], archive["location"])


def test_it_is_as_closed_as_the_archive(overflow: Deployment) -> None:
    """No keys, nothing anonymous; through the network alone, where there is one."""
    account, archive = (overflow.one(ACCOUNT, name)["properties"] for name in (NAME, "starchive"))
    endpoints = [each["name"] for each in overflow.of("Network/privateEndpoints") if NAME in each["name"]]

    assert {name: archive[name] for name in account} == account
    assert "Deny" == account["networkAcls"]["defaultAction"]
    assert 1 == len(endpoints)
    assert endpoints[0].endswith("-blob")


def test_it_is_encrypted_by_the_key_of_the_archive(evaluate: Evaluate) -> None:
    """A chunk that waits there is a recording too: a key of the customer's own holds for it."""
    found = evaluate(archive={"overflowLocation": "North Europe", "encryption": OWN_KEY})
    account, archive = (found.one(ACCOUNT, name) for name in (NAME, "starchive"))

    assert "Microsoft.Keyvault" == account["properties"]["encryption"]["keySource"]
    assert archive["properties"]["encryption"] == account["properties"]["encryption"]
    assert archive["identity"] == account["identity"]


def test_what_was_deleted_there_can_be_had_back(overflow: Deployment) -> None:
    """For as long as in the archive."""
    services = [overflow.one(f"{ACCOUNT}/blobServices", name)["properties"] for name in (NAME, "starchive")]
    for field in ("deleteRetentionPolicy", "containerDeleteRetentionPolicy"):
        assert [{"enabled": True, "days": 30}] * 2 == [each[field] for each in services]


def test_the_app_may_write_there_and_starts_with_it(overflow: Deployment) -> None:
    roles = [each for each in overflow.of("Authorization/roleAssignments") if NAME in each["id"]]
    settings = Settings.from_env(
        {name: resolved(name, value, "core.windows.net") for name, value in overflow.settings().items()}
    )

    assert 1 == len(roles)
    assert settings.overflow.is_set
    assert settings.overflow.blob_uri.startswith(f"https://{NAME}")
