"""The rule that a recording was started by, and the evidence of consent, as JSON of the manifest and the API."""

from typing import TypedDict

from recording.core.formats.schema import Moment
from recording.core.model import AppliedRule, ConsentKind
from recording.core.times import format_known, format_time


class ConsentFields(TypedDict):
    """On which consent a recording was started."""

    kind: ConsentKind
    basis: str
    by: str | None
    at: Moment | None
    notedAt: Moment


class AppliedFields(TypedDict):
    """The rule by which a recording was started."""

    id: str
    policy: str
    reason: str
    retention: str | None
    template: str | None
    storage: str
    consent: ConsentFields


def applied_fields(applied: AppliedRule) -> AppliedFields:
    """The rule, the policy that has it, and on which consent the recording was started."""
    consent = applied.consent
    return {
        "id": applied.rule,
        "policy": applied.policy,
        "reason": applied.reason,
        "retention": applied.retention_class or None,
        "template": applied.template or None,
        "storage": applied.native_container or "archive",
        "consent": {
            "kind": consent.kind,
            "basis": consent.basis,
            "by": consent.by or None,
            "at": format_known(consent.at),
            "notedAt": format_time(consent.noted_at),
        },
    }
