"""The archive account: versions, soft delete, tiers by class, WORM, customer-managed keys, a lock."""

import pytest

from local.stack import CONTAINERS, OPEN_TABLE, PROBE, TABLE
from recording.settings import QUEUES
from tests.infra.conftest import Evaluate
from tests.infra.deployment import Deployment

ACCOUNT = "Storage/storageAccounts"


def names(deployment: Deployment, kind: str) -> set[str]:
    """The last part of the names of the archive account's resources of a kind."""
    found = deployment.of(f"{ACCOUNT}/{kind}")
    return {each["name"].split("/")[-1] for each in found if each["name"].startswith("starchive")}


def test_it_has_what_the_app_and_the_local_stack_have(deployment: Deployment) -> None:
    """The same containers, queues and tables."""
    assert {*CONTAINERS, PROBE} == names(deployment, "blobServices/containers")
    assert {*QUEUES, *(f"{queue}-poison" for queue in QUEUES)} == names(deployment, "queueServices/queues")
    assert {TABLE, OPEN_TABLE} == names(deployment, "tableServices/tables")


def test_what_was_deleted_or_changed_can_be_had_back(plain: Deployment) -> None:
    """With versions, and for thirty days."""
    properties = plain.one(f"{ACCOUNT}/blobServices", "starchive")["properties"]
    assert properties["isVersioningEnabled"]
    assert {"enabled": True, "days": 30} == properties["deleteRetentionPolicy"]
    assert {"enabled": True, "days": 30} == properties["containerDeleteRetentionPolicy"]


def test_by_default_nothing_is_ever_deleted(plain: Deployment) -> None:
    """Recordings move to cooler tiers that are readable at once; only replaced versions and probes are deleted."""
    rules = plain.one(f"{ACCOUNT}/managementPolicies")["properties"]["policy"]["rules"]
    recordings, probes, versions = rules
    assert ["recordings/"] == recordings["definition"]["filters"]["prefixMatch"]
    assert {
        "tierToCool": {"daysAfterModificationGreaterThan": 30},
        "tierToCold": {"daysAfterModificationGreaterThan": 90},
    } == recordings["definition"]["actions"]["baseBlob"]
    assert ["recordings-probe/"] == probes["definition"]["filters"]["prefixMatch"]
    assert {"version": {"delete": {"daysAfterCreationGreaterThan": 90}}} == versions["definition"]["actions"]


def test_each_class_has_its_own_tiers_and_end(evaluate: Evaluate) -> None:
    """Selected by the prefix of its blob names; 0 days means never."""
    short = {"name": "short", "prefix": "short/", "coolAfterDays": 0, "coldAfterDays": 0, "deleteAfterDays": 90}
    long = {"name": "long", "prefix": "long/", "coolAfterDays": 7, "coldAfterDays": 30, "deleteAfterDays": 3650}
    rules = evaluate(retentionClasses=[short, long]).one(f"{ACCOUNT}/managementPolicies")["properties"]["policy"][
        "rules"
    ]
    found = {rule["name"]: rule["definition"] for rule in rules}
    assert ["recordings/short/"] == found["class-short"]["filters"]["prefixMatch"]
    assert {"delete": {"daysAfterModificationGreaterThan": 90}} == found["class-short"]["actions"]["baseBlob"]
    assert {"tierToCool", "tierToCold", "delete"} == set(found["class-long"]["actions"]["baseBlob"])


def test_worm_guards_recordings_alone(evaluate: Evaluate) -> None:
    """Only versions in the archive's container; not the journal and the quarantine."""
    found = evaluate(immutabilityDays=365)
    containers = found.of(f"{ACCOUNT}/blobServices/containers")
    guarded = [
        each["name"].split("/")[-1] for each in containers if each["properties"].get("immutableStorageWithVersioning")
    ]
    policy = found.one(f"{ACCOUNT}/blobServices/containers/immutabilityPolicies")
    assert ["recordings"] == guarded
    assert policy["name"].endswith("/recordings/default")
    assert 365 == policy["properties"]["immutabilityPeriodSinceCreationInDays"]


def test_holds_by_the_app_need_a_container_that_can_hold(evaluate: Evaluate) -> None:
    """Without a policy on the container."""
    found = evaluate(app={"immutableDays": 30})
    containers = found.of(f"{ACCOUNT}/blobServices/containers")
    assert 1 == sum(bool(each["properties"].get("immutableStorageWithVersioning")) for each in containers)
    assert [] == found.of(f"{ACCOUNT}/blobServices/containers/immutabilityPolicies")


def test_a_locked_policy_is_left_alone(evaluate: Evaluate) -> None:
    """The container stays marked; a template cannot write a locked policy."""
    found = evaluate(immutabilityDays=365, immutabilityLocked=True)
    assert [] == found.of(f"{ACCOUNT}/blobServices/containers/immutabilityPolicies")
    (container,) = (
        each for each in found.of(f"{ACCOUNT}/blobServices/containers") if each["name"].endswith("/recordings")
    )
    assert {"enabled": True} == container["properties"]["immutableStorageWithVersioning"]


def test_encryption_is_by_the_key_that_was_chosen(deployment: Deployment) -> None:
    """With double encryption in any case; queues and tables use the same key as blobs."""
    account = deployment.one(ACCOUNT, "starchive")
    encryption = account["properties"]["encryption"]
    assert encryption["requireInfrastructureEncryption"]
    assert {"Account"} == {each["keyType"] for each in encryption["services"].values()}
    own = "own-key" in deployment.name
    assert ("Microsoft.Keyvault" if own else "Microsoft.Storage") == encryption["keySource"]
    assert ("UserAssigned" if own else "None") == account["identity"]["type"]
    assert ("recordings" if own else None) == (encryption["keyvaultproperties"] or {}).get("keyname")


@pytest.mark.parametrize("locked", [True, False])
def test_a_lock_guards_the_archive_unless_told_otherwise(evaluate: Evaluate, *, locked: bool) -> None:
    """Nothing else is locked."""
    locks = (evaluate() if locked else evaluate(lockArchive=False)).of("Authorization/locks")
    assert locked == bool(locks)
    for lock in locks:
        assert "CanNotDelete" == lock["properties"]["level"]
        assert "/storageAccounts/starchive" in lock["id"]
