"""The rule that a recording was started by, and the evidence of consent, as JSON of the manifest and the API."""

from recording.core.model import AppliedRule
from recording.core.times import format_known, format_time


def applied_fields(applied: AppliedRule) -> dict[str, object]:
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
            "kind": str(consent.kind),
            "basis": consent.basis,
            "by": consent.by or None,
            "at": format_known(consent.at),
            "notedAt": format_time(consent.noted_at),
        },
    }
