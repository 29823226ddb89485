"""An environment is what its committed file says, from whatever machine it is deployed."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from recording.adapters.policy_text import policy_of
from recording.core.model import EventKind
from tests.infra.compiler import VARIABLES, Bicep, Refused, literal
from tests.infra.conftest import EXISTING, INFRA, OPERATOR, OWN_KEY, program
from tests.infra.deployment import Deployment
from tests.infra.test_settings import started

PARAMETERS = INFRA / "main.bicepparam"
POLICY = "RECORDING_POLICY"
ENVIRONMENTS = sorted(path.stem for path in (INFRA / "environments").glob("*.bicep"))

WHOLE: dict[str, object] = {
    "resourceGroupName": "rg-archive",
    "communication": EXISTING,
    "events": {"delivery": "function", "archivedTopic": False},
    "archive": {"encryption": OWN_KEY, "journalDays": 400},
    "policy": "version: 1 # and no rules",
    "app": {"releaseAtSource": "false", "legalHold": True},
    "hosting": {"maximumInstanceCount": 7},
    "network": {"isPrivate": True, "allowedAddresses": ["198.51.100.7"]},
    "logRetentionDays": 365,
    "operatorPrincipalIds": [OPERATOR],
    "tags": {"owner": "contact-centre"},
}
"""An environment that says everything that one can."""


def values(**variables: str) -> dict[str, Any]:
    """What main.bicepparam says with these variables."""
    with Bicep(program(), **variables) as bicep:
        return bicep.parameters(PARAMETERS)


def test_each_file_is_an_environment() -> None:
    """Those of a customer, too: what they say is not held to anything but what `infra/checks.bicep` refuses."""
    assert "production" in ENVIRONMENTS  # the one that GitHub deploys
    assert [] == [name for name in ENVIRONMENTS if f"import {{ {name} }}" not in PARAMETERS.read_text()]


def test_each_field_reaches_its_parameter(bicep: Bicep, tmp_path: Path) -> None:
    """What the file of an environment says is what is deployed: none of it is lost on the way."""
    kind = bicep.template(INFRA / "types.bicep")["definitions"]["environmentOptions"]
    assert set(kind["properties"]) == set(WHOLE)
    copied = Path(shutil.copytree(INFRA, tmp_path / "infra"))
    (copied / "environments/production.bicep").write_text(f"@export()\nvar production = {literal(WHOLE)}\n")

    found = bicep.parameters(copied / PARAMETERS.name)
    watch = {"alertEmails": ["a@contoso.com", " b@contoso.com"], "logRetentionDays": WHOLE["logRetentionDays"]}
    expected = {**WHOLE, "environmentName": "production", "location": "westeurope", "watch": watch}
    del expected["logRetentionDays"]
    assert expected == found


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_it_can_be_deployed(name: str) -> None:
    """With the name that azd gives it; it compiles without a message."""
    with Bicep(program(), AZURE_ENV_NAME=name) as bicep:
        assert [] == bicep.complaints(PARAMETERS)
        assert f'"azd-env-name": "{name}"' in bicep.snapshot(PARAMETERS)


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_its_policy_is_one_that_the_app_can_read(name: str) -> None:
    """So are its classes. Else the app would record nothing, and say so only when it runs.

    The policy arrives as it stands in its file.
    """
    with Bicep(program(), AZURE_ENV_NAME=name) as bicep:
        deployment = Deployment(name, bicep.snapshot(PARAMETERS))
    assert (INFRA / "environments" / f"{name}.policy.yaml").read_text(encoding="utf-8") == deployment.settings()[POLICY]
    settings = started(deployment)
    assert settings.recordings.policy.rules
    assert () == settings.wrong_to_start


def test_nothing_more_is_recorded_until_somebody_decides() -> None:
    """The rules that are there to begin with, as long as they are: nothing, and in test what is asked for."""
    texts = [path.read_text(encoding="utf-8") for path in (INFRA / "environments").glob("*.policy.yaml")]
    rules = {rule.id: rule for text in texts for rule in policy_of(text).rules}
    first = {name: rules.get(name) for name in ("undecided", "asked-for")}
    assert not first["undecided"] or first["undecided"].recorded is None
    assert not first["asked-for"] or (EventKind.REQUEST,) == first["asked-for"].match.events


def test_production_is_what_its_file_says_whatever_the_machine_has_set() -> None:
    """Network, key, lock and redundancy come from the file; no variable of the machine opens or changes them."""
    opened = {"PRIVATE_NETWORK": "false", "ARCHIVE_LOCK": "false", "ARCHIVE_REDUNDANCY": "Standard_LRS"}
    found = values(**opened)
    assert "production" == found["environmentName"]
    assert values() == found


def test_only_what_differs_between_machines_is_a_variable() -> None:
    """Three, and none of them has a value to fall back to."""
    read = re.findall(r"readEnvironmentVariable\('(\w+)'(, )?", PARAMETERS.read_text())
    assert {(name, "") for name in VARIABLES} == set(read)


def test_what_is_not_set_is_refused_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A deployment from an empty environment opens nothing: it does not begin."""
    names = list(VARIABLES)
    for name in names:
        monkeypatch.delitem(VARIABLES, name)
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(Refused) as refused:
        values()
    assert [] == [name for name in names if name not in str(refused.value)]


def test_production_without_anybody_to_tell_is_refused() -> None:
    """GitHub gives an empty text for a variable that is not set."""
    with Bicep(program(), ALERT_EMAILS="") as bicep, pytest.raises(Refused, match="ALERT_EMAILS"):
        bicep.snapshot(PARAMETERS)


def test_a_name_without_a_file_is_refused() -> None:
    """With the names that there are."""
    with pytest.raises(Refused) as refused:
        values(AZURE_ENV_NAME="prod")
    assert [] == [name for name in ENVIRONMENTS if f'"{name}"' not in str(refused.value)]


def test_what_opens_the_archive_must_be_said(bicep: Bicep) -> None:
    """Who reaches it, whose key encrypts it, and who hears of alerts have no default."""
    template = bicep.template(INFRA / "main.bicep")
    required = {name for name, each in template["parameters"].items() if "defaultValue" not in each}
    assert {"environmentName", "location", "archive", "policy", "network", "watch"} == required
    kinds = template["definitions"]
    for field, kind in {
        "isPrivate": "networkOptions",
        "encryption": "archiveOptions",
        "alertEmails": "watchOptions",
    }.items():
        (found,) = (each for name, each in kinds.items() if name.endswith(kind))
        assert not found["properties"][field].get("nullable", False)
