"""docs/deploy.md says what the deployment does, in commands that exist."""

import re
from pathlib import Path

import pytest

from tests.infra.az_flags import WRITTEN, command_of, commands, known
from tests.infra.conftest import INFRA
from tests.infra.deployment import Deployment
from tools.package import ROOT

DEPLOY = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (.+)\n((?:(?!## ).*\n)*)", DEPLOY, re.MULTILINE))
COMMAND = re.compile(r"^\s*(?:az|gh) |`(?:az|azcopy) |`azd (?:up|down|env|deploy|auth)", re.MULTILINE)
HEADINGS = re.findall(r"^#+ (.+)", DEPLOY, re.MULTILINE)


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.name)
def test_az_has_every_command_and_flag(path: Path) -> None:
    """By its own help, of the version that the page names."""
    have = known()["commands"]
    for words, flags in commands(path.read_text(encoding="utf-8")):
        command = command_of(words, have)
        assert command, f"az {' '.join(words)} is no command"
        assert set() == flags - set(have[command]), f"az {command} has no such flags"


def test_commands_are_found() -> None:
    """In fences, in the text, in folded lines, in hooks and workflows."""
    found = {" ".join(words[:3]) for path in WRITTEN for words, _ in commands(path.read_text(encoding="utf-8"))}
    assert len(found) > 20
    assert list(commands("`az a b -g G` and\naz c d --x 1 \\\n  --y-z 2 | cut -c1")) == [
        (["a", "b"], {"-g"}),
        (["c", "d"], {"--x", "--y-z"}),
    ]


def test_the_version_of_az_is_the_one_that_was_read() -> None:
    assert f"`az` {known()['version']}" in DEPLOY


def test_every_section_with_commands_says_whether_it_was_tried() -> None:
    """Each step, or the section as a whole."""
    typed = [name for name, text in SECTIONS.items() if COMMAND.search(text)]
    assert len(typed) > 7
    assert [] == [name for name in typed if "tried" not in SECTIONS[name]]


def test_links_within_the_page_lead_somewhere() -> None:
    anchors = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in HEADINGS}
    assert [] == [link for link in re.findall(r"\]\(#([^)]+)\)", DEPLOY) if link not in anchors]


def test_an_option_that_is_named_exists() -> None:
    """Every `group.option` of the page, and every parameter of the environment files."""
    types = (INFRA / "types.bicep").read_text()
    groups = ("archive", "network", "hosting", "communication", "events", "app", "watch")
    named = re.findall(rf"`(?:{'|'.join(groups)})[.:] ?\{{? ?(\w+)", DEPLOY)
    named += re.findall(r"`(\w+(?:Days|Options|Location|Ids|Classes|Locked))`", DEPLOY)
    assert {"isPrivate", "encryption", "immutabilityDays", "journalDays", "deadLetterDays"} <= set(named)
    assert [] == sorted({name for name in named if f"  {name}:" not in types})


def test_outputs_that_are_named_exist() -> None:
    main = (INFRA / "main.bicep").read_text()
    named = set(re.findall(r"get-value ([A-Z_]+)", DEPLOY)) | {"SYSTEM_TOPIC_GROUP", "SYSTEM_TOPIC_NAME"}
    assert [] == [name for name in named if f"output {name} " not in main]


def test_what_is_removed_has_the_name_that_it_is_made_with(plain: Deployment) -> None:
    """The lock, the subscription, the identity, the containers."""
    lock = plain.one("Authorization/locks")["name"]
    assert f"--name {lock}" in DEPLOY
    assert lock in (INFRA / "hooks" / "preprovision.sh").read_text()
    token = plain.one("Storage/storageAccounts", "starchive")["name"].removeprefix("starchive")
    ours = [plain.one("EventGrid/systemTopics/eventSubscriptions"), plain.one("ManagedIdentity/userAssignedIdentities")]
    for each in ours:
        assert each["name"].split("/")[-1].replace(token, "TOKEN") in DEPLOY


def test_what_costs_every_month_is_counted(combined: dict[str, Deployment]) -> None:
    """In a private network."""
    found = next(each for name, each in combined.items() if "network" in name)
    assert f"private endpoints | {len(found.of('Network/privateEndpoints'))}," in DEPLOY
    assert f"private DNS zones | {len(found.of('Network/privateDnsZones'))} |" in DEPLOY
    assert f"NAT gateway with its address | {len(found.of('Network/natGateways'))} |" in DEPLOY


def test_what_each_end_is_by_default(plain: Deployment) -> None:
    """As the page says it."""
    properties = plain.one("Storage/storageAccounts/managementPolicies")["properties"]
    days = {rule["name"]: rule["definition"]["actions"]["baseBlob"] for rule in properties["policy"]["rules"]}
    dead = days["end-of-recordings-deadletter"]["delete"]["daysAfterModificationGreaterThan"]
    assert f"| dead letters | {dead} days |" in DEPLOY
    assert "cool after 30 days, cold after 90" in DEPLOY
    assert {"tierToCool", "tierToCold"} == set(days["class-all"])
