"""Evidence of consent: the only place that says whether a recording may start with the consent that its rule needs."""

from datetime import datetime, timedelta

from recording.core.errors import ConsentMissing, ConsentNotBuilt
from recording.core.model import ConsentEvidence, KnownCall
from recording.core.policy import Announced, Attested, Consent, Keypress, NotNeeded

_LEEWAY = timedelta(minutes=5)
"""Of a clock that is ahead of ours."""


def evidence_of(consent: Consent, call: KnownCall, rule: str, now: datetime) -> ConsentEvidence:
    """The evidence that the participants have consented, or need not.

    Raises:
        ConsentMissing: the rule needs an attestation, and there is none, or one of a consent in the future.
        ConsentNotBuilt: the rule needs a prompt in the call.
    """
    match consent:
        case NotNeeded(reason):
            return ConsentEvidence(consent.kind, reason, now)
        case Attested():
            attested = call.attested
            if attested is None:
                cause = "its rule needs an attested consent, and none came: basis, by and at"
                raise ConsentMissing(cause, rule, hint="name it in the request, or in the operation context")
            if attested.at > now + _LEEWAY:
                raise ConsentMissing("its rule needs an attested consent, and the one that came is in the future", rule)
            return ConsentEvidence(consent.kind, attested.basis, now, attested.by, attested.at)
        case Announced() | Keypress():
            cause = f"rule {rule} needs a consent that is {consent.kind}: not built yet"
            hint = "until it is, use a rule whose consent is attested or not-needed"
            raise ConsentNotBuilt("start recording", cause, hint=hint)
