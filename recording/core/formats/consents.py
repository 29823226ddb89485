"""Consent as JSON. Participants have no names in it but keyed hashes, in the HTTP API only their kinds."""

from typing import TypedDict

from recording.core.formats.schema import Moment
from recording.core.model import ConsentKind, ConsentOperation, Recording
from recording.core.times import format_known, format_time


class PromptView(TypedDict):
    """Which prompt was played."""

    language: str
    version: str
    sha256: str


class ConsentOperationView(TypedDict):
    """What the service told of a prompt, or of a tone: its own ids, and who it was, as keyed hashes."""

    what: str
    at: Moment
    operationContext: str | None
    eventId: str | None
    correlationId: str | None
    who: list[str]
    tone: str | None


class Evidence(TypedDict, total=False):
    """The evidence of a consent."""

    kind: ConsentKind
    basis: str
    notedAt: Moment
    by: str | None
    at: Moment | None
    prompt: PromptView | None
    operations: list[ConsentOperationView]
    key: str | None


class ConsentView(Evidence):
    """The evidence of a consent, and whether it was withdrawn."""

    withdrawnAt: Moment | None
    withdrawnBy: str | None
    withdrawnFor: str | None


def consent_view(recording: Recording) -> ConsentView | None:
    """The evidence of consent, and whether it was withdrawn; None if neither is known."""
    found, withdrawn = recording.consent, recording.withdrawn
    if found is None and withdrawn is None:
        return None
    evidence: Evidence = {}
    if found is not None:
        prompt: PromptView = {"language": found.language, "version": found.text_version, "sha256": found.text_sha256}
        evidence = {
            "kind": found.kind,
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


def shown_consent(recording: Recording) -> ConsentView | None:
    """The same for the state of a recording: participants are named by their kind alone, as no act says who read it.

    Without PARTICIPANT_KEY a hash and its key are enough to try telephone numbers.
    """
    view, evidence = consent_view(recording), recording.consent
    if view is not None and evidence is not None:
        view["operations"] = [{**_operation(one), "who": _kinds(one)} for one in evidence.operations]
    return view


def _kinds(operation: ConsentOperation) -> list[str]:
    """Who attests, if somebody does, and of what kind each participant is."""
    attesting = 1 if operation.attested else 0
    return [*operation.who[:attesting], *(name.rpartition("-")[0] for name in operation.who[attesting:])]


def _operation(found: ConsentOperation) -> ConsentOperationView:
    return {
        "what": found.what,
        "at": format_time(found.at),
        "operationContext": found.context or None,
        "eventId": found.event_id or None,
        "correlationId": found.correlation_id or None,
        "who": list(found.who),
        "tone": found.tone or None,
    }
