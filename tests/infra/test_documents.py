"""docs/deploy.md says what the deployment does, in commands that exist."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from recording.adapters.policy_text import policy_of
from recording.core.formats.api import parse_start
from recording.core.model import ConsentKind
from recording.core.policy import verdict_of
from tests.infra.az_flags import WRITTEN, Typed, commands, known, problems_of
from tests.infra.compiler import Bicep
from tests.infra.conftest import EXISTING, INFRA, NATIVE, SECRET
from tests.infra.deployment import Deployment, Resource
from tools.package import ROOT

DEPLOY = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (.+)\n((?:(?!## ).*\n)*)", DEPLOY, re.MULTILINE))
ROLES: dict[str, str] = json.loads((INFRA / "roles.json").read_text(encoding="utf-8"))
COMMAND = re.compile(r"^\s*(?:az|gh) |`(?:az|azcopy) |`azd (?:up|down|env|deploy|auth)", re.MULTILINE)
BY_ROLE = {("storage", "blob"), ("storage", "message"), ("storage", "queue"), ("storage", "entity")}
FIELD = re.compile(r"`(archive|communication|app|hosting|events|network): (\{.*?\})`")
PLACEHOLDERS = {
    "TOPIC": "evgst-calls",
    "ID": EXISTING["existingId"],
    "ACCOUNT_ID": NATIVE[0]["accountId"],
    "VAULT_ID": SECRET["vaultId"],
    "VAULT": "kv-keys",
    "NAME": "test",
}
CAPITALS = re.compile(r"\b[A-Z][A-Z_]+\b")
FILE = re.compile(r"`((?:\.?[\w-]+/)+[\w.-]*|[\w-]+(?:\.\w+)*\.(?:yaml|json|md|bicep|bicepparam|py|yml))`")
MADE = {"azuredeploy.json", "recording-archive.zip", "what-if.json", "dist/"}
HEADINGS = re.findall(r"^#+ (.+)", DEPLOY, re.MULTILINE)


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_az_has_every_command_and_flag(path: Path) -> None:
    """By its own help, of the version that the page names."""
    assert [] == problems_of(path.read_text(encoding="utf-8"))


def test_commands_are_found() -> None:
    """In fences, in the text, in folded lines, in hooks and workflows, and within one another."""
    found = {" ".join(each.words[:3]) for path in WRITTEN for each in commands(path.read_text(encoding="utf-8"))}
    assert len(found) > 20
    text = "`az a b -g G` and\naz c d --x 1 \\\n  --y-z 2 | cut -c1\n"
    text += """id=$(az e "$(az f -i "$x" --query '[?a && b].c | d')" --q >o 2>&1 -n)"""
    assert list(commands(text)) == [
        Typed(("a", "b"), frozenset({"-g"})),
        Typed(("c", "d"), frozenset({"--x", "--y-z"})),
        Typed(("e",), frozenset({"--q"})),
        Typed(("f",), frozenset({"-i", "--query"})),
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("az account explode", "az account explode is no command"),
        ("az account set -s S --everything", "az account set has no --everything"),
        ("az account set -o tsv", "az account set needs --name --subscription -n -s"),
        ("what `az account set` says", None),
    ],
)
def test_a_command_that_cannot_run_is_noticed(text: str, problem: str | None) -> None:
    """One that there is not, a flag that it has not, and one that it lacks; one that is only named lacks nothing."""
    assert ([problem] if problem else []) == problems_of(text)


def test_a_chapter_that_asks_for_a_restart_leads_to_its_command() -> None:
    """And to the role that it takes."""
    asked = re.findall(r"^.*restart the app.*$", RUNBOOK, re.MULTILINE | re.IGNORECASE)
    how = RUNBOOK.partition("# Alerts about the app\n")[2].partition("\n## ")[0]
    assert len(asked) > 2
    assert [] == [
        line for line in asked if line not in how and "[restart the app](#alerts-about-the-app)" not in line.lower()
    ]
    assert "az functionapp restart" in how
    assert "Website Contributor" in how


def test_the_version_of_az_is_the_one_that_was_read() -> None:
    assert f"`az` {known()['version']}" in DEPLOY


def test_the_dev_container_has_every_tool() -> None:
    """Of the table of prerequisites; Bicep comes by az."""
    text = re.sub(r"^//.*\n", "", (ROOT / ".devcontainer" / "devcontainer.json").read_text(encoding="utf-8"))
    features = {name.rpartition("/")[2].partition(":")[0] for name in json.loads(text)["features"]}
    tools = re.findall(r"^\| `(\w+)`.* \| ", SECTIONS["Prerequisites"], re.MULTILINE)
    assert {"azd", "az", "gh", "bicep"} == set(tools)
    assert {"azd", "azure-cli", "github-cli"} == features
    assert "az bicep install" in text


def test_the_steps_are_in_order() -> None:
    """Each step that is referred to by its number is the one that is meant; what is changed is checked after it."""
    steps = dict(re.findall(r"^\| (\d)\. ([^|]+) \|", SECTIONS["With azd"], re.MULTILINE))
    assert list(steps) == [str(number) for number in range(1, len(steps) + 1)]
    at = {name.partition(",")[0]: int(number) for number, name in steps.items()}
    assert at["Read"] < at["Check"] < at["Package"] < at["Log in"] < at["Name the environment"] < at["Deploy"]
    assert at["Say who hears of alerts"] < at["Deploy"]
    assert f"If step {at['Deploy']} ends with `Managed Identity" in DEPLOY
    assert f"Steps {at['Read']} to {at['Package']} of [With azd]" in DEPLOY


def test_every_section_with_commands_says_whether_it_was_tried() -> None:
    """Each step, or the section as a whole."""
    typed = [name for name, text in SECTIONS.items() if COMMAND.search(text)]
    assert len(typed) > 7
    assert [] == [name for name in typed if "tried" not in SECTIONS[name]]


def test_links_within_the_page_lead_somewhere() -> None:
    anchors = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in HEADINGS}
    assert [] == [link for link in re.findall(r"\]\(#([^)]+)\)", DEPLOY) if link not in anchors]


def test_what_the_page_writes_into_an_environment_compiles(bicep: Bicep, tmp_path: Path) -> None:
    """Every `group: { … }` of the page in a file of its own, with ids and names in place of the words in capitals."""
    fields = FIELD.findall(DEPLOY)
    assert {"app", "archive", "communication", "events", "hosting"} == {name for name, _ in fields}
    folder = Path(shutil.copytree(INFRA, tmp_path / "infra")) / "environments"
    (folder / "test.retention.yaml").write_text("version: 1\nclasses: []\n")
    least = {
        "archive": "{ encryption: { keySource: 'Microsoft.Storage' } }",
        "policy": "'version: 1'",
        "network": "{ isPrivate: true }",
    }
    head = "import { environmentOptions } from '../types.bicep'\n\n@export()\nvar it environmentOptions = {\n"
    for number, (name, written) in enumerate(fields):
        said = {**least, name: CAPITALS.sub(lambda word: PLACEHOLDERS[word[0]], written)}
        path = folder / f"written{number}.bicep"
        path.write_text(head + "".join(f"  {key}: {value}\n" for key, value in said.items()) + "}\n")
        assert [] == bicep.complaints(path), written


def test_the_first_recording_is_one_that_the_rule_of_test_allows() -> None:
    """Asked for with what the page says, under the rule that is there to begin with."""
    (body,) = re.findall(r"-d '(\{\"serverCallId\".*)'", SECTIONS["With azd"])
    call = parse_start(body.encode(), None).call
    rules = policy_of((INFRA / "environments" / "test.policy.yaml").read_text(encoding="utf-8"))
    verdict = verdict_of(rules, call)
    if verdict.rule is None or verdict.rule.id != "asked-for":
        pytest.skip("the customer has changed it: it is theirs")
    assert verdict.recorded is not None
    assert verdict.consent is not None
    assert ConsentKind.ATTESTED == verdict.consent.kind
    assert call.attested is not None


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_blobs_and_queues_are_asked_as_oneself(path: Path) -> None:
    """Keys are off: az would ask for one, and be refused."""
    typed = [each for each in commands(path.read_text(encoding="utf-8")) if each.words[:2] in BY_ROLE and each.flags]
    assert [] == [each for each in typed if "--auth-mode" not in each.flags]


def test_a_file_that_is_named_exists() -> None:
    """But for what is made on the way, and for names that stand for others."""
    named = {name for name in FILE.findall(DEPLOY) if name not in MADE and "NAME" not in name}
    assert len(named) > 10
    places = (ROOT, INFRA / "environments", ROOT / "docs")
    assert [] == sorted(name for name in named if not any((place / name).exists() for place in places))


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
    rules = {len(each.of("Insights/scheduledQueryRules")) for each in combined.values()}
    assert [f"alert rules on logs, every 15 minutes | {count} |" in DEPLOY for count in rules] == [True]


def test_the_steps_for_github_can_be_typed(tmp_path: Path) -> None:
    """In a plain shell; each identity gets its own roles, and each environment its own identity."""
    calls = tmp_path / "calls"
    answers = """case "$*" in
  *--display-name*-preview*) echo app-preview ;; *--display-name*-production*) echo app-production ;;
  "ad sp create --id app-preview"*) echo principal-preview ;;
  "ad sp create --id app-production"*) echo principal-production ;;
esac"""
    for name in ("az", "gh"):
        (tmp_path / name).write_text(f'#!/bin/sh\necho {name} "$@" >>"{calls}"\n{answers}\n')
        (tmp_path / name).chmod(0o755)
    (block,) = re.findall(r"```sh\n(.*?)```", SECTIONS["From GitHub"], re.DOTALL)
    subprocess.run(
        ["/bin/sh", "-euc", block],
        cwd=tmp_path,
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        check=True,
        capture_output=True,
        stdin=subprocess.DEVNULL,
    )
    said = calls.read_text()
    assert sorted(re.findall(r"--assignee-object-id (\S+) .*--role (.+) --scope", said)) == [
        ("principal-preview", "Deployment what-if"),
        ("principal-preview", "Reader"),
        ("principal-production", "Owner"),
    ]
    assert re.findall(r"gh variable set AZURE_CLIENT_ID --env (\w+) --body (\S+)", said) == [
        ("preview", "app-preview"),
        ("production", "app-production"),
    ]
    workflow = (ROOT / ".github" / "workflows" / "deploy.yml").read_text()
    assert set(re.findall(r"vars\.(\w+)", workflow)) == set(re.findall(r"gh variable set (\w+)", said))


def test_the_number_of_roles_is_the_one_that_the_page_names(combined: dict[str, Deployment]) -> None:
    """Without operators, who have three each, and without what is the customer's own."""
    counted_apart = {
        "Storage Blob Data Reader",
        "Storage Queue Data Reader",
        "Monitoring Reader",
        "Key Vault Secrets User",
    }
    readers = {ROLES[name] for name in counted_apart}
    counts = [
        len([role for role in each.of("Authorization/roleAssignments") if not holds(role, readers)])
        for each in combined.values()
    ]
    assert f"the archive has {min(counts)} to " in DEPLOY
    assert max(counts) <= int(re.findall(r"the archive has \d+ to (\d+),", DEPLOY)[0])


def holds(role: Resource, guids: set[str]) -> bool:
    """Whether an assignment is of one of these roles."""
    return role["properties"]["roleDefinitionId"].rpartition("/")[2].rstrip("')]") in guids


def test_what_each_end_is_by_default(plain: Deployment) -> None:
    """As the page says it."""
    properties = plain.one("Storage/storageAccounts/managementPolicies")["properties"]
    days = {rule["name"]: rule["definition"]["actions"]["baseBlob"] for rule in properties["policy"]["rules"]}
    dead = days["end-of-recordings-deadletter"]["delete"]["daysAfterModificationGreaterThan"]
    assert f"| dead letters | {dead} days |" in DEPLOY
    assert "cool after 30 days, cold after 90" in DEPLOY
    assert {"tierToCool", "tierToCold"} == set(days["class-all"])
