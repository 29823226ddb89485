"""What docs/retention.md shows is read as it stands there."""

import json
import re
from datetime import date

import pytest

from recording.adapters.policy_text import retention_classes_of
from recording.core.callers import KEY, Caller
from recording.core.formats.api import parse_choice, parse_end, parse_hold
from recording.core.formats.notifications import EventName
from recording.core.retention import Afterwards, Tier
from tools.package import ROOT

PAGE = (ROOT / "docs/retention.md").read_text(encoding="utf-8")
TODAY = date(2026, 3, 1)
BY_KEY = Caller(KEY)


def bodies(route: str) -> list[bytes]:
    """The bodies of the commands for a route."""
    found = re.findall(rf'curl -X POST "\$APP/{route}\?code=\$KEY".* -d \'(.*)\'$', PAGE, re.MULTILINE)
    assert found
    return [json.dumps(json.loads(body)).encode() for body in found]


def test_its_classes_are_classes() -> None:
    (text,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    found = retention_classes_of(text)

    assert ["usual", "trades"] == [one.name for one in found.classes]
    assert "usual" == found.default


def test_its_requests_are_requests() -> None:
    assert ["crm-4711"] == [parse_hold(body, BY_KEY, TODAY).key for body in bodies("holds")]
    assert ["delete", "keep"] == [
        parse_choice(body, BY_KEY, TODAY).choice for body in bodies(r"recordings/\$RECORDING_ID/end")
    ]
    tag = f'"{"0" * 32}"'
    assert ["the case is closed"] == [parse_end(body, tag, BY_KEY).reason for body in bodies(r"holds/\$HOLD_ID/end")]


@pytest.mark.parametrize(
    "word",
    [
        *("RETENTION_CLASSES", "RETENTION_MOST_A_DAY", "EXPORT_DAYS"),
        *(EventName.DELETED, EventName.RETENTION_LIMITED, EventName.HOLD_OVERDUE, EventName.HOLD_LIFTED),
        *Tier,
        *Afterwards,
    ],
)
def test_it_names_what_there_is(word: str) -> None:
    assert f"`{word}`" in PAGE or f" {word}" in PAGE
