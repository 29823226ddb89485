"""What docs/policy.md shows is a policy, and decides as it says."""

import json
import re
from datetime import UTC, datetime

import pytest

from recording.adapters.policy_text import MOST_TEXT, policy_of
from recording.core.formats.api import explain_view, parse_explain
from recording.core.model import ParticipantKind
from recording.core.policy import Policy
from recording.core.policy.reading import MOST_RULES
from tools.package import ROOT

TEXT = (ROOT / "docs/policy.md").read_text(encoding="utf-8")
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)  # a Monday


def blocks(mark: str) -> list[str]:
    """The blocks of code behind a mark."""
    return re.findall(rf"<!-- {mark} -->\n```\w+\n(.*?)```", TEXT, re.DOTALL)


def explained(policy: Policy, **call: object) -> dict[str, object]:
    """What is said of a call."""
    return {**explain_view(policy, parse_explain(json.dumps({"call": call}).encode(), NOON))}


@pytest.mark.parametrize("text", blocks("policy"))
def test_every_policy_that_is_shown_can_be_read(text: str) -> None:
    assert policy_of(text).rules


def test_the_first_policy_decides_as_its_rules_say() -> None:
    policy = policy_of(blocks("policy")[0])
    decided = [
        explained(policy, operationContext="private/7")["rule"],
        explained(policy, content="audioVideo", channel="mixed", format="mp4")["rule"],
        explained(policy, operationContext="hotline")["rule"],
        explained(policy, operationContext="hotline", at="2026-03-01T12:00:00Z")["rule"],
        explained(policy, callKind="room", participants=["4:+4930123456"])["rule"],
    ]

    assert ["private", "no-video", "hotline", None, "trading"] == decided


def test_the_second_policy_takes_the_strictest_country() -> None:
    policy = policy_of(blocks("policy")[1])

    assert ["not-needed", "attested", "keypress", "keypress"] == [
        explained(policy, operationContext="sales/1", **({"participants": raw_ids} if raw_ids else {}))["consent"]
        for raw_ids in (["8:acs:a"], ["4:+15550100"], ["4:+15550100", "4:+4930123456"], [])
    ]


def test_the_call_to_explain_is_explained() -> None:
    (body,) = blocks("explain")

    assert "private" == explain_view(policy_of(blocks("policy")[0]), parse_explain(body.encode(), NOON))["rule"]


def test_the_limits_and_the_kinds_are_those_of_the_code() -> None:
    assert f"{MOST_TEXT >> 10} KiB, {MOST_RULES:,} rules" in TEXT
    assert all(f"`{kind}`" in TEXT for kind in ParticipantKind)
