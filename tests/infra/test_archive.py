"""The archive account: versions, soft delete, tiers by class, WORM, customer-managed keys, a lock."""

from typing import Any

import pytest

from local.stack import CONTAINERS, EXPORTS, OPEN_TABLE, PROBE, RECORDS_TABLE, TABLE, TRAIL
from recording.settings import QUEUES
from tests.infra.conftest import OWN_KEY, Evaluate
from tests.infra.deployment import Deployment

ACCOUNT = "Storage/storageAccounts"


def names(deployment: Deployment, kind: str) -> set[str]:
    """The last part of the names of the archive account's resources of a kind."""
    found = deployment.of(f"{ACCOUNT}/{kind}")
    return {each["name"].split("/")[-1] for each in found if each["name"].startswith("starchive")}


def actions(deployment: Deployment) -> dict[str, dict[str, Any]]:
    """What the lifecycle rules do, by the prefix of names."""
    rules = deployment.one(f"{ACCOUNT}/managementPolicies")["properties"]["policy"]["rules"]
    assert len(rules) == len({rule["name"] for rule in rules})
    assert [] == [rule["name"] for rule in rules if not rule["definition"]["actions"]]
    return {rule["definition"]["filters"]["prefixMatch"][0]: rule["definition"]["actions"] for rule in rules}


def ended(days: int) -> dict[str, object]:
    """An end after so many days, of blobs and of all their versions."""
    return {
        "baseBlob": {"delete": {"daysAfterModificationGreaterThan": days}},
        "version": {"delete": {"daysAfterCreationGreaterThan": days}},
    }


def test_it_has_what_the_app_and_the_local_stack_have(deployment: Deployment) -> None:
    """The same containers, queues and tables."""
    assert {*CONTAINERS, PROBE, TRAIL, EXPORTS} == names(deployment, "blobServices/containers")
    assert {*QUEUES, *(f"{queue}-poison" for queue in QUEUES)} == names(deployment, "queueServices/queues")
    assert {TABLE, OPEN_TABLE, RECORDS_TABLE} == names(deployment, "tableServices/tables")


def test_what_was_deleted_or_changed_can_be_had_back(plain: Deployment) -> None:
    """With versions, and for thirty days."""
    properties = plain.one(f"{ACCOUNT}/blobServices", "starchive")["properties"]
    assert properties["isVersioningEnabled"]
    assert {"enabled": True, "days": 30} == properties["deleteRetentionPolicy"]
    assert {"enabled": True, "days": 30} == properties["containerDeleteRetentionPolicy"]


def test_by_default_nothing_is_ever_deleted(plain: Deployment) -> None:
    """Recordings move to cooler tiers that are readable at once; only probes, dead letters and exports end."""
    tiers = {
        "tierToCool": {"daysAfterModificationGreaterThan": 30},
        "tierToCold": {"daysAfterModificationGreaterThan": 90},
    }
    assert {
        "recordings/": {"baseBlob": tiers},
        "recordings-probe/": ended(1),
        "recordings-deadletter/": ended(90),
        "recordings-exports/": ended(30),
    } == actions(plain)


def test_each_class_has_its_own_tiers_and_end(evaluate: Evaluate) -> None:
    """Selected by the prefix of its blob names; 0 days means never."""
    never = {"name": "never", "prefix": "never/", "coolAfterDays": 0, "coldAfterDays": 0, "deleteAfterDays": 0}
    short = {"name": "short", "prefix": "short/", "coolAfterDays": 0, "coldAfterDays": 0, "deleteAfterDays": 90}
    long = {"name": "long", "prefix": "long/", "coolAfterDays": 7, "coldAfterDays": 30, "deleteAfterDays": 3650}
    found = actions(evaluate(archive={"retentionClasses": [short, long, never]}))
    assert ended(90) == found["recordings/short/"]
    assert {"tierToCool", "tierToCold", "delete"} == set(found["recordings/long/"]["baseBlob"])
    assert "recordings/never/" not in found, "a rule without an action is refused"


def test_what_was_deleted_by_mistake_can_be_had_back_however_old_it_is(evaluate: Evaluate) -> None:
    """No rule deletes versions of recordings without an end: their days would count from when they were written."""
    kept = {"name": "kept", "prefix": "", "coolAfterDays": 30, "coldAfterDays": 0, "deleteAfterDays": 0}
    found = actions(evaluate(archive={"retentionClasses": [kept]}))
    assert [] == [prefix for prefix, each in found.items() if "version" in each and "recordings/".startswith(prefix)]


def test_journal_quarantine_and_dead_letters_have_ends_of_their_own(evaluate: Evaluate) -> None:
    """By default only dead letters do."""
    found = actions(evaluate(archive={"journalDays": 400, "quarantineDays": 200, "deadLetterDays": 30}))
    assert (ended(400), ended(200), ended(30)) == tuple(
        found[f"recordings-{each}/"] for each in ("journal", "quarantine", "deadletter")
    )


def test_worm_guards_recordings_alone(evaluate: Evaluate) -> None:
    """Only versions in the archive's container; not the journal and the quarantine."""
    found = evaluate(archive={"immutabilityDays": 365})
    policy = found.one(f"{ACCOUNT}/blobServices/containers/immutabilityPolicies")
    assert {"recordings"} == guarded(found)
    assert policy["name"].endswith("/recordings/default")
    assert 365 == policy["properties"]["immutabilityPeriodSinceCreationInDays"]


def test_worm_guards_the_trail_alone(evaluate: Evaluate) -> None:
    """Each of the two containers by days of its own."""
    found = evaluate(archive={"trailImmutabilityDays": 3650})
    policy = found.one(f"{ACCOUNT}/blobServices/containers/immutabilityPolicies")
    assert {"recordings-trail"} == guarded(found)
    assert policy["name"].endswith("/recordings-trail/default")
    assert 3650 == policy["properties"]["immutabilityPeriodSinceCreationInDays"]


def test_both_are_guarded_by_days_of_their_own(evaluate: Evaluate) -> None:
    """One locked, the other not yet."""
    days = {"immutabilityDays": 30, "immutabilityLocked": True, "trailImmutabilityDays": 365}
    found = evaluate(archive=days)
    assert {"recordings", "recordings-trail"} == guarded(found)
    policy = found.one(f"{ACCOUNT}/blobServices/containers/immutabilityPolicies")
    assert policy["name"].endswith("/recordings-trail/default")


@pytest.mark.parametrize("prefix", ["", "-", "t"])
def test_no_rule_ends_or_moves_the_acts_of_a_trail(evaluate: Evaluate, prefix: str) -> None:
    """Whatever ends there are, and whatever the names of recordings begin with."""
    short = {"name": "short", "prefix": prefix, "coolAfterDays": 1, "coldAfterDays": 2, "deleteAfterDays": 3}
    ends = {"journalDays": 1, "quarantineDays": 1, "deadLetterDays": 7}
    found = actions(evaluate(archive={"retentionClasses": [short], **ends}))
    assert 6 == len(found)
    assert [] == [name for name in found if "recordings-trail/act".startswith(name)]


@pytest.mark.parametrize("days", [0, 7])
def test_exports_end_when_the_app_ends_them(evaluate: Evaluate, days: int) -> None:
    """The app would leave them as versions for ever."""
    found = evaluate(app={"exportDays": days})
    assert str(days) == found.settings()["EXPORT_DAYS"]
    assert ([ended(days)] if days else []) == [each for name, each in actions(found).items() if "exports" in name]


def test_what_was_erased_ends_as_a_version_too(evaluate: Evaluate) -> None:
    """Wherever the app erases; not the trails and tombstones, which it only writes."""
    found = evaluate(archive={"versionDays": 30}).one(f"{ACCOUNT}/managementPolicies")["properties"]["policy"]["rules"]
    versions = [rule["definition"] for rule in found if rule["name"].startswith("versions-of-")]
    assert [["recordings/"], ["recordings-journal/"], ["recordings-quarantine/"]] == [
        each["filters"]["prefixMatch"] for each in versions
    ]
    only = {"version": {"delete": {"daysAfterCreationGreaterThan": 30}}}
    assert [only] * 3 == [each["actions"] for each in versions]


def guarded(deployment: Deployment) -> set[str]:
    """The containers whose versions can be immutable."""
    return {
        each["name"].split("/")[-1]
        for each in deployment.of(f"{ACCOUNT}/blobServices/containers")
        if each["properties"].get("immutableStorageWithVersioning")
    }


def test_single_blobs_are_held_wherever_a_recording_may_stand_in_the_account(evaluate: Evaluate) -> None:
    """Also a copy in quarantine, which may be the only one; without a policy on a container."""
    found = evaluate(archive={"blobHolds": True})
    assert {"recordings", "recordings-quarantine"} == guarded(found)
    assert [] == found.of(f"{ACCOUNT}/blobServices/containers/immutabilityPolicies")


def test_holds_by_the_app_need_a_container_that_can_hold(evaluate: Evaluate) -> None:
    """Without a policy on the container."""
    found = evaluate(app={"immutableDays": 30})
    assert {"recordings"} == guarded(found)
    assert [] == found.of(f"{ACCOUNT}/blobServices/containers/immutabilityPolicies")


def test_a_locked_policy_is_left_alone(evaluate: Evaluate) -> None:
    """The container stays marked; a template cannot write a locked policy."""
    found = evaluate(archive={"immutabilityDays": 365, "immutabilityLocked": True})
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
    key = {"keyvaulturi": "https://kv-keys.vault.example", "keyname": "recordings"}
    assert (key if own else None) == encryption["keyvaultproperties"]


def test_the_identity_that_uses_the_key_has_its_role_already(combined: dict[str, Deployment]) -> None:
    """It is one that exists: no role is given on its vault here, which would come too late for the account."""
    for found in (each for each in combined.values() if "own-key" in each.name):
        account = found.one(ACCOUNT, "starchive")
        assert {OWN_KEY["identityId"]: {}} == account["identity"]["userAssignedIdentities"]
        assert OWN_KEY["identityId"] == account["properties"]["encryption"]["identity"]["userAssignedIdentity"]
        assert [] == [each["id"] for each in found.resources if "kv-keys" in each["id"] or "id-keys" in each["id"]]


@pytest.mark.parametrize("locked", [True, False])
def test_a_lock_guards_the_archive_unless_told_otherwise(evaluate: Evaluate, *, locked: bool) -> None:
    """Nothing else is locked."""
    locks = (evaluate() if locked else evaluate(archive={"lock": False})).of("Authorization/locks")
    assert locked == bool(locks)
    for lock in locks:
        assert "CanNotDelete" == lock["properties"]["level"]
        assert "/storageAccounts/starchive" in lock["id"]
