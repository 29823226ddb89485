"""Policies, and calls to hold them against."""

from datetime import UTC, datetime

from recording.adapters.policy_text import policy_of
from recording.core.errors import PolicyInvalid
from recording.core.model import CallKind, Direction, EventKind, KnownCall
from recording.core.participants import participant_of
from recording.core.policy import Policy

SUNDAY = datetime(2026, 3, 1, 12, tzinfo=UTC)
FREE = "{kind: not-needed, reason: nobody takes part}"
CALL = KnownCall(
    EventKind.CALL_STARTED,
    SUNDAY,
    Direction.INBOUND,
    CallKind.GROUP,
    (participant_of("8:acs:a_b"), participant_of("4:+4930123456")),
    has_all=True,
    context="support/7",
)


def rule(name: str = "r", *, match: str = "", record: str = "true", consent: str = FREE, more: str = "") -> str:
    """A rule in a text of rules."""
    consents = f"\n    consent: {consent}" if record == "true" else ""
    return f"""
  - id: {name}
    match: {{{match}}}
    record: {record}
    reason: because {name} says so{consents}{more}"""


def text_of(*rules: str, head: str = "") -> str:
    """A policy with these rules."""
    return f"version: 1\n{head}\nrules:{''.join(rules)}\n"


def policy(*rules: str, head: str = "") -> Policy:
    """The policy with these rules."""
    return policy_of(text_of(*rules, head=head))


def problems(text: str) -> tuple[str, ...]:
    """What is wrong with a text; none if it is a policy."""
    try:
        policy_of(text)
    except PolicyInvalid as error:
        return error.problems
    return ()
