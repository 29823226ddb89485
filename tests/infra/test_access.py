"""Exactly these roles, and no other, for exactly these identities on exactly these scopes."""

import json

import pytest

from tests.infra.conftest import INFRA, NATIVE, OPERATOR, Evaluate
from tests.infra.deployment import Deployment, Resource

ROLES: dict[str, str] = json.loads((INFRA / "roles.json").read_text())
APP, EVENT_GRID, PEOPLE = "id-recordings", "evgst-", OPERATOR
ARCHIVE, HOST = "storageAccounts/starchive", "storageAccounts/sthost"


def expected(chosen: set[str]) -> set[tuple[str, str, str]]:
    """The whole list: identity, role, scope."""
    found = {
        (APP, "Storage Blob Data Owner", HOST),
        (APP, "Storage Blob Data Contributor", ARCHIVE),
        (APP, "Storage Queue Data Contributor", ARCHIVE),
        (APP, "Storage Table Data Contributor", ARCHIVE),
        (APP, "Monitoring Metrics Publisher", "components/appi-"),
        (APP, "Communication and Email Service Owner", "communicationServices/acs-"),
        (EVENT_GRID, "Storage Blob Data Contributor", f"{ARCHIVE}*/containers/recordings-deadletter"),
        (EVENT_GRID, "Storage Queue Data Message Sender", f"{ARCHIVE}*/queues/recording-events"),
    }
    if "topicless" not in chosen:
        found.add((APP, "EventGrid Data Sender", "topics/evgt-"))
    if "immutable" in chosen:
        found.add((APP, "Storage Blob Data Owner", f"{ARCHIVE}*/containers/recordings"))
        found.add((APP, "Storage Blob Data Owner", f"{ARCHIVE}*/containers/recordings-quarantine"))
    if "existing" in chosen:
        found |= {
            (APP, "Storage Blob Data Reader", f"storageAccounts/stnative*/containers/{each['container']}")
            for each in NATIVE
        }
        found.add((APP, "Key Vault Secrets User", "vaults/kv-participants*/secrets/participant-key"))
    if "operated" in chosen:
        found.add((PEOPLE, "Storage Blob Data Reader", ARCHIVE))
        found.add((PEOPLE, "Storage Queue Data Reader", ARCHIVE))
        found.add((PEOPLE, "Monitoring Reader", "resourceGroups/rg-"))
    return found


def assigned(role: Resource, claims: set[tuple[str, str, str]]) -> tuple[str, str, str]:
    """The expected assignment that this one is; otherwise its description."""
    properties = role["properties"]
    scope = role["id"].split("/providers/Microsoft.Authorization/")[0]
    guid = properties["roleDefinitionId"].rsplit("/", 1)[1]
    name = next((name for name, each in ROLES.items() if each == guid), guid)
    for claim in claims:
        start, _, end = claim[2].partition("*")
        last = scope.split("/providers/")[-1].split("/", 1)[1] if "/providers/" in scope else scope.split("/", 3)[3]
        whole = last.startswith(start) and (last.endswith(end) if end else last.count("/") == 1)
        if whole and name == claim[1] and f"/{claim[0]}" in f"/{properties['principalId']}":
            return claim
    return (properties["principalId"], name, scope)


def test_roles_are_exactly_as_listed(deployment: Deployment) -> None:
    """Each exactly once. The identities of services are said to be that, so that Azure need not find them yet."""
    claims = expected(set(deployment.name.split("+")))
    roles = deployment.of("Authorization/roleAssignments")
    assert sorted(claims) == sorted(assigned(role, claims) for role in roles)
    services = [role["properties"] for role in roles if role["properties"]["principalId"] != OPERATOR]
    assert {"ServicePrincipal"} == {role["principalType"] for role in services}


def test_role_names_are_known_beforehand(deployment: Deployment) -> None:
    """A second deployment has the same names, and what-if can evaluate them."""
    names = [role["name"] for role in deployment.of("Authorization/roleAssignments")]
    assert [] == [name for name in names if "[" in name]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, []),
        ({"app": {"legalHold": True}}, ["recordings"]),
        ({"archive": {"blobHolds": True}}, ["recordings", "recordings-quarantine"]),
    ],
    ids=["nothing", "each blob", "single blobs"],
)
def test_the_app_may_hold_no_more_than_it_is_asked_to(
    evaluate: Evaluate, parameters: dict[str, object], expected: list[str]
) -> None:
    """Who may set a hold may lift it too."""
    roles = evaluate(**parameters).of("Authorization/roleAssignments")
    owned = [role["id"] for role in roles if ROLES["Storage Blob Data Owner"] in role["properties"]["roleDefinitionId"]]
    found = [id_.partition("/containers/")[2].partition("/")[0] for id_ in owned if "/containers/" in id_]
    assert expected == sorted(found)


def test_links_are_signed_by_a_key_of_the_account(plain: Deployment) -> None:
    """A role on a container does not give it."""
    roles = plain.of("Authorization/roleAssignments")
    signing = [
        role for role in roles if ROLES["Storage Blob Data Contributor"] in role["properties"]["roleDefinitionId"]
    ]
    scopes = [role["id"].partition("/providers/Microsoft.Authorization/")[0] for role in signing]
    assert 1 == len([scope for scope in scopes if scope.rpartition("/")[2].startswith("starchive")])


def test_a_custom_role_can_take_the_place_of_the_wide_one(evaluate: Evaluate) -> None:
    """On the Communication resource, for which no narrower built-in role is documented."""
    custom = "12345678-1234-1234-1234-123456789abc"
    roles = evaluate(communication={"roleId": custom}).of("Authorization/roleAssignments")
    held = {role["properties"]["roleDefinitionId"].rsplit("/", 1)[1] for role in roles}
    assert custom in held
    assert ROLES["Communication and Email Service Owner"] not in held


def test_guids_are_the_documented_ones() -> None:
    """A wrong GUID would fail only at deployment. These are from Microsoft's reference."""
    assert {
        "Communication and Email Service Owner": "09976791-48a7-449e-bb21-39d1a415f350",
        "EventGrid Data Sender": "d5a91429-5739-47e2-a06b-3470a27159e7",
        "Key Vault Secrets User": "4633458b-17de-408a-b874-0445c86b69e6",
        "Monitoring Metrics Publisher": "3913510d-42f4-4e42-8a64-420c390055eb",
        "Monitoring Reader": "43d0d8ad-25c7-4714-9337-8ba259a9fe05",
        "Storage Blob Data Contributor": "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
        "Storage Blob Data Reader": "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
        "Storage Blob Data Owner": "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
        "Storage Queue Data Contributor": "974c5e8b-45b9-4653-ba55-5f855dd0fb88",
        "Storage Queue Data Reader": "19e7f393-937e-4f77-808e-94535e297925",
        "Storage Queue Data Message Sender": "c6a89b2d-59bc-44d0-9896-0f6e12d7b80a",
        "Storage Table Data Contributor": "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3",
    } == ROLES
