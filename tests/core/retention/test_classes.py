"""Retention classes: their text, and every mistake in it by line and column."""

import pytest

from recording.adapters.policy_text import retention_classes_of
from recording.core.errors import PolicyInvalid
from recording.core.retention import Afterwards, RetentionClass, RetentionClasses, Tier, TierMove

TEXT = """version: 1
default: usual
classes:
  - name: usual
    days: 90
    afterwards: delete
  - name: trades
    days: 1826
    tiers: [{afterDays: 30, tier: Cool}, {afterDays: 90, tier: Archive}]
    wormDays: 1826
    afterwards: ask
"""
USUAL = RetentionClass("usual", 90, Afterwards.DELETE)
TRADES = RetentionClass(
    "trades", 1826, Afterwards.ASK, (TierMove(30, Tier.COOL), TierMove(90, Tier.ARCHIVE)), worm_days=1826
)


def problems_of(text: str) -> list[str]:
    with pytest.raises(PolicyInvalid) as caught:
        retention_classes_of(text)
    return list(caught.value.problems)


def one(more: str = "", head: str = "") -> str:
    """A text with one class."""
    return f"version: 1\n{head}\nclasses:\n  - {{name: a, days: 10, afterwards: ask{more}}}\n"


def test_classes_are_read() -> None:
    found = retention_classes_of(TEXT)

    assert (USUAL, TRADES) == found.classes
    assert ("usual", 64) == (found.default, len(found.digest))
    assert TRADES == found.find("trades")
    assert found.find("none") is None


def test_json_gives_the_same_classes() -> None:
    text = '{"version": 1, "classes": [{"name": "usual", "days": 90, "afterwards": "delete"}]}'

    assert RetentionClasses((USUAL,), "", retention_classes_of(text).digest) == retention_classes_of(text)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[]", "line 1 column 1: not a table of version, default, classes"),
        ("version: 1", "line 1 column 1: classes is missing"),
        (one(head="default: b"), "line 2 column 10: default: none of the classes"),
        (one(", days: 11"), "line 4 column 42: classes[0].days: a second time; it stands in line 4 already"),
        (one(", wormDays: 11"), "line 4 column 52: classes[0].wormDays: more than its days"),
        (
            one(", tiers: [{afterDays: 10, tier: Cool}]"),
            "line 4 column 49: classes[0].tiers: a move at or after the end",
        ),
        (one(", tiers: [{afterDays: 2, tier: Cold}, {afterDays: 2, tier: Archive}]"), "classes[0].tiers: not in order"),
        (one(", tiers: [{afterDays: 2, tier: Cold}, {afterDays: 3, tier: Cool}]"), "classes[0].tiers: not in order"),
        (one(", tiers: [{afterDays: 2, tier: Hot}]"), "classes[0].tiers[0].tier: none of Cool, Cold, Archive"),
        (one("}\n  - {name: a, days: 1, afterwards: ask"), "line 5 column 12: classes[1].name: a class above has a"),
        (one("}\n  - {name: A, days: 1, afterwards: ask"), "classes[1].name: not 1 to 40 of a-z, 0-9 and -"),
        (one("}\n  - {name: b, days: 0, afterwards: ask"), "classes[1].days: not a whole number from 1 to 36500"),
        (one("}\n  - {name: b, days: 1, afterwards: keep"), "classes[1].afterwards: none of delete, ask"),
    ],
)
def test_a_mistake_is_named_with_its_place(text: str, problem: str) -> None:
    found = problems_of(text)

    assert [True] == [problem in one for one in found], found
