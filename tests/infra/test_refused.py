"""What is half given or cannot work is refused before anything is made, with a sentence that names the parameter."""

import json
import os
from collections.abc import Callable

import pytest

from tests.infra.compiler import Bicep, Refused, literal
from tests.infra.conftest import EXISTING, INFRA, NATIVE, OWN_KEY, PLAINEST, SECRET, Evaluate, merged

ENDLESS = {"name": "a", "prefix": "", "coolAfterDays": 0, "coldAfterDays": 0, "deleteAfterDays": 0}
KEPT = "{version: 1, classes: [{name: usual, days: 90, afterwards: delete}]}"
WARM = [{"name": "http", "instanceCount": 1}]


def classes(*changes: dict[str, object]) -> dict[str, object]:
    """Retention classes that differ from one without tiers and end."""
    return {"archive": {"retentionClasses": [{**ENDLESS, **change} for change in changes]}}


def key(**changes: str) -> dict[str, object]:
    """A key of one's own, with something else."""
    return {"archive": {"encryption": {**OWN_KEY, **changes}}}


TYPES = {
    "location": "string",
    "communication": "types.communicationOptions",
    "archive": "types.archiveOptions",
    "policy": "string",
    "app": "types.appOptions",
    "hosting": "types.hostingOptions",
    "network": "types.networkOptions",
    "watch": "types.watchOptions",
}
Problems = Callable[..., list[str]]


@pytest.fixture(scope="module")
def problems(bicep: Bicep, tmp_path_factory: pytest.TempPathFactory) -> Problems:
    """The sentences of infra/checks.bicep about these parameters, without the rest of the deployment."""
    folder = tmp_path_factory.mktemp("checks")
    infra = os.path.relpath(INFRA, folder)
    declared = "".join(f"param {name} {kind}\n" for name, kind in TYPES.items())
    (folder / "checks.bicep").write_text(
        f"import * as types from '{infra}/types.bicep'\nimport {{ problemsOf }} from '{infra}/checks.bicep'\n"
        f"{declared}output problems string[] = problemsOf({', '.join(TYPES)})\n"
    )

    def asked(**parameters: object) -> list[str]:
        whole = merged({**{name: {} for name in TYPES}, **PLAINEST}, parameters)
        del whole["environmentName"]
        lines = [f"param {name} = {literal(value)}\n" for name, value in whole.items()]
        (folder / "checks.bicepparam").write_text("using 'checks.bicep'\n" + "".join(lines))
        found = json.loads(bicep.snapshot(folder / "checks.bicepparam"))["outputs"]["problems"]
        return list(found["value"] if isinstance(found, dict) else found)

    return asked


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        (
            {"communication": {"existingSystemTopic": "evgst-calls"}},
            "existingSystemTopic needs communication.existingId",
        ),
        ({"communication": {"existingId": "acs-calls"}}, "communication.existingId is no resource id"),
        (
            {"communication": {"existingId": EXISTING["existingId"] + "/more"}},
            "communication.existingId is no resource id",
        ),
        ({"communication": {**EXISTING, "dataLocation": "Europe"}}, "dataLocation is for a new resource"),
        (
            {"communication": {"nativeContainers": [{**NATIVE[0], "accountId": "stnative"}]}},
            'communication.nativeContainers: "stnative" is no resource id',
        ),
        ({"communication": {"nativeContainers": [NATIVE[0], NATIVE[0]]}}, '"calls" of one account is named twice'),
        (key(keyUri="https://kv-keys.vault.example"), "keyUri must be https://VAULT-HOST/keys/NAME"),
        (key(keyUri="https://kv-keys.vault.example/keys/"), "keyUri must be"),
        (key(keyUri="https://kv-keys.vault.example/keys/recordings/0123456789"), "without a version"),
        (key(identityId="id-keys"), "identityId is no resource id"),
        (classes({"name": "a b"}), "other than letters, digits and dashes"),
        (classes({}, {"name": "A", "prefix": "b/"}), 'two classes are named "a"'),
        (classes({"prefix": "/short/"}), "begins with a slash"),
        (classes({"coolAfterDays": 90, "coldAfterDays": 30}), '"a" is cool after it is cold'),
        (classes({"coldAfterDays": 90, "deleteAfterDays": 30}), '"a" changes its tier after it is deleted'),
        ({"archive": {"immutabilityLocked": True}}, "immutabilityLocked needs archive.immutabilityDays"),
        ({"archive": {"trailImmutabilityLocked": True}}, "trailImmutabilityLocked needs archive.trailImmutabilityDays"),
        ({"app": {"immutableLocked": True}}, "immutableLocked needs app.immutableDays"),
        *(({"policy": text}, "policy is empty") for text in ("", " \n")),
        ({"app": {"participantKey": {**SECRET, "vaultId": "kv"}}}, "participantKey.vaultId is no resource id"),
        ({"app": {"peopleIndexKey": {**SECRET, "vaultId": "kv"}}}, "peopleIndexKey.vaultId is no resource id"),
        *(({"app": {"apiAuth": auth}}, "apiAuth needs app.apiAudiences") for auth in ("entra", "both")),
        *(
            ({"app": {name: ["api://archive", wrong]}}, "is no client id and no application id URI")
            for name in ("apiAudiences", "eventGridAudiences")
            for wrong in ("", "a b", "a,b")
        ),
        (
            {"archive": {"immutabilityDays": 30, "retentionClasses": [{**ENDLESS, "deleteAfterDays": 90}]}},
            "lifecycle rules delete nothing in a container that can be immutable",
        ),
        (
            {"archive": {"immutabilityDays": 30, "versionDays": 30}},
            "versionDays ends no version in a container that can be",
        ),
        ({"archive": {"blobHolds": True, "versionDays": 30}}, "versionDays ends no version in a container that can be"),
        (
            {"archive": {"blobHolds": True, "quarantineDays": 30}},
            "quarantineDays ends nothing in a container whose blobs",
        ),
        (
            {"archive": {"retentionClasses": [{**ENDLESS, "deleteAfterDays": 90}]}, "app": {"retentionClasses": KEPT}},
            "a lifecycle rule knows neither its classes nor holds",
        ),
        ({"app": {"retentionClasses": f"{KEPT} # wormDays: 5"}}, "wormDays, which need archive.blobHolds"),
        ({"archive": {"overflowLocation": "West Europe"}}, "overflowLocation is the region of the archive"),
        (
            {"hosting": {"alwaysReady": [{"name": "archive_chunk", "instanceCount": 2}]}},
            "neither http nor function:NAME",
        ),
        ({"hosting": {"alwaysReady": [{"name": "function:", "instanceCount": 2}]}}, "neither http nor function:NAME"),
        ({"hosting": {"alwaysReady": WARM, "zoneRedundant": True}}, "needs at least two instances"),
        ({"hosting": {"instanceMemoryMB": 512}, "app": {"copyMemoryMib": 300}}, "more than half"),
        ({"app": {"retryFirstSeconds": 60, "retryLongestSeconds": 30}}, "retryFirstSeconds is more than"),
        ({"network": {"allowedAddresses": ["198.51.100.7"]}}, "allowedAddresses needs network.isPrivate"),
        ({"network": {"addressPrefix": "10.0.0.0/24"}}, "addressPrefix needs network.isPrivate"),
        ({"network": {"isPrivate": True, "addressPrefix": "10.0.0.0/25"}}, "must be a /24 or larger"),
        ({"watch": {"alertEmails": ["nobody"]}}, '"nobody", which is no address'),
        *(
            ({"watch": {"alertEmails": said.split(",")}}, "alertEmails (ALERT_EMAILS) has no address")
            for said in ("", " ", ",")
        ),
    ],
)
def test_it_is_refused_with_a_sentence(problems: Problems, parameters: dict[str, object], sentence: str) -> None:
    """It alone; not by Azure, late and in words of its own."""
    found = problems(**parameters)
    assert found
    assert [] == [other for other in found if sentence.lower() not in other.lower()]


def test_a_deployment_with_problems_ends_before_it_begins(evaluate: Evaluate) -> None:
    """All of them are told at once: one after the other would cost a deployment each."""
    with pytest.raises(Refused) as refused:
        evaluate(archive={"immutabilityLocked": True}, app={"immutableLocked": True}, watch={"alertEmails": ["x"]})
    told = str(refused.value)
    assert all(sentence in told for sentence in ("archive.immutabilityDays", "app.immutableDays", "no address"))


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        key(),
        classes({}, {"name": "b", "prefix": "b/", "coolAfterDays": 1, "coldAfterDays": 2, "deleteAfterDays": 3}),
        {"communication": {"existingId": str(EXISTING["existingId"]).replace("resourceGroups", "resourcegroups")}},
        {"hosting": {"alwaysReady": [{"name": "http", "instanceCount": 2}], "zoneRedundant": True}},
        {"network": {"isPrivate": True, "addressPrefix": "10.0.0.0/16", "allowedAddresses": ["198.51.100.0/24"]}},
        {"archive": {"overflowLocation": "North Europe", "immutabilityDays": 30, "immutabilityLocked": True}},
        {"watch": {"alertEmails": ["a@contoso.com", " b@contoso.com", ""]}},
        {"watch": {"alertEmails": []}},
        {"communication": {"nativeContainers": NATIVE}},
        {"archive": {"trailImmutabilityDays": 365, "trailImmutabilityLocked": True}},
        {"app": {"participantKey": SECRET}},
        {"app": {"retentionClasses": KEPT}, "archive": {"retentionClasses": [ENDLESS], "versionDays": 30}},
        {"app": {"retentionClasses": f"{KEPT} # wormDays: 5"}, "archive": {"blobHolds": True, "journalDays": 30}},
        {"app": {"apiAuth": "entra", "apiAudiences": ["api://archive"]}},
        {"app": {"eventGridAudiences": ["00000000-0000-0000-0000-000000000005"]}},
    ],
)
def test_what_works_is_not_refused(problems: Problems, parameters: dict[str, object]) -> None:
    """Ids in any case, classes with and without tiers, a larger network."""
    assert [] == problems(**parameters)


def test_an_id_is_read_by_its_words(evaluate: Evaluate) -> None:
    """As Azure prints it at times, with small letters."""
    small = str(EXISTING["existingId"]).replace("resourceGroups", "resourcegroups")
    found = evaluate(communication={**EXISTING, "existingId": small})
    assert "/resourceGroups/rg-calls/" in found.one("EventGrid/systemTopics/eventSubscriptions")["id"]
