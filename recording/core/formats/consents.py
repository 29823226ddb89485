"""Consent as JSON, in manifests and in the HTTP API. Participants have no names in it but keyed hashes."""

from recording.core.model import ConsentOperation, Recording
from recording.core.times import format_known, format_time


def consent_view(recording: Recording) -> dict[str, object] | None:
    """The evidence of consent, and whether it was withdrawn; None if neither is known."""
    found, withdrawn = recording.consent, recording.withdrawn
    if found is None and withdrawn is None:
        return None
    evidence: dict[str, object] = {}
    if found is not None:
        prompt = {"language": found.language, "version": found.text_version, "sha256": found.text_sha256}
        evidence = {
            "kind": str(found.kind),
            "basis": found.basis,
            "notedAt": format_time(found.noted_at),
            "by": found.by or None,
            "at": format_known(found.at),
            "prompt": prompt if found.text_sha256 else None,
            "operations": [_operation(one) for one in found.operations],
            "key": found.key or None,
        }
    return {
        **evidence,
        "withdrawnAt": format_known(withdrawn.at) if withdrawn else None,
        "withdrawnBy": withdrawn.by if withdrawn else None,
        "withdrawnFor": (withdrawn.reason or None) if withdrawn else None,
    }


def _operation(found: ConsentOperation) -> dict[str, object]:
    return {
        "what": found.what,
        "at": format_time(found.at),
        "operationContext": found.context or None,
        "eventId": found.event_id or None,
        "correlationId": found.correlation_id or None,
        "who": list(found.who),
        "tone": found.tone or None,
    }
