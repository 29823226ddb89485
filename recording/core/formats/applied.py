"""The rule that a recording was started by, as JSON of the manifest and the API."""

from typing import TypedDict

from recording.core.model import AppliedRule


class AppliedFields(TypedDict):
    """The rule by which a recording was started."""

    id: str
    policy: str
    reason: str
    retention: str | None
    template: str | None
    storage: str


def applied_fields(applied: AppliedRule) -> AppliedFields:
    """The rule, the policy that has it, and what it decides for the whole life of the recording."""
    return {
        "id": applied.rule,
        "policy": applied.policy,
        "reason": applied.reason,
        "retention": applied.retention_class or None,
        "template": applied.template or None,
        "storage": applied.native_container or "archive",
    }
