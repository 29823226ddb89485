"""The deployed alert rules, held against what the app has logged."""

from datetime import UTC, datetime

from local.stack import Stack
from tests.infra.rules import PLAIN, rules_of, traces


def assert_a_rule_hears(stack: Stack, name: str, subject: str) -> None:
    """What the app has logged makes the deployed rule of that name fire: for that subject, or for none by name."""
    lines = (stack.folder / "host.log").read_text(encoding="utf-8").splitlines()
    messages = [message for line in lines if (message := line.partition(" ERROR recording ")[2])]
    now = datetime.now(UTC)
    subjects = rules_of(PLAIN)[name].fires(traces(messages, now, 3), now)
    assert {"", subject} & set(subjects), f"{name}: {subjects}"
