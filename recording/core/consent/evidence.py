"""Makes the evidence of a consent."""

from datetime import datetime

from recording.core.consent.state import Consent
from recording.core.consent.terms import ConsentTerms
from recording.core.model import ConsentEvidence


def granted_at_once(terms: ConsentTerms, now: datetime) -> ConsentEvidence:
    """The evidence of the kinds that ask nobody: `not-needed` and `attested`."""
    attestation = terms.attestation
    if attestation is None:
        return ConsentEvidence(terms.kind, terms.basis, now, on_withdrawal=terms.on_withdrawal)
    return ConsentEvidence(
        kind=terms.kind,
        basis=attestation.basis,
        noted_at=now,
        by=attestation.by,
        at=attestation.at,
        on_withdrawal=terms.on_withdrawal,
    )


def evidence_of(consent: Consent, now: datetime) -> ConsentEvidence:
    """The evidence of a consent for which participants were told or asked; with later reports it grows."""
    terms, known, prompt = consent.terms, consent.evidence, consent.terms.prompt
    granted = known.noted_at if known is not None else now
    return ConsentEvidence(
        kind=terms.kind,
        basis=terms.basis,
        noted_at=granted,
        at=granted,
        language=prompt.language if prompt else "",
        text_version=prompt.version if prompt else "",
        text_sha256=prompt.sha256 if prompt else "",
        operations=consent.reports,
        key=consent.key,
        on_withdrawal=terms.on_withdrawal,
    )
