"""The consent that a verdict asks for, as terms: the only place where the words of a policy become them."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from recording.core.consent import NUMBERS, ConsentTerms
from recording.core.errors import ConsentMissing
from recording.core.model import Attestation, KnownCall
from recording.core.policy.model import Announced, Attested, Consent, NotNeeded, Rule

_LEEWAY = timedelta(minutes=5)
"""Of a clock that is ahead of ours."""
_TONES: Mapping[str, str] = {
    **dict(zip("0123456789", NUMBERS, strict=True)),
    "*": "asterisk",
    "#": "pound",
}
"""The service's words for the keys."""


def terms_of(consent: Consent, rule: Rule, call: KnownCall, now: datetime) -> ConsentTerms:
    """The terms of a consent, which is the rule's own or that of a country.

    Args:
        consent: what the verdict says.
        rule: the one that decides; its reason is the basis of a consent that is asked for.
        call: with the attestation that came.
        now: the current time.

    Raises:
        ConsentMissing: an attestation is needed, and there is none, or one of a consent in the future.
    """
    match consent:
        case NotNeeded(reason):
            return ConsentTerms(consent.kind, reason, on_withdrawal=consent.on_withdrawal)
        case Attested():
            attested = _attested(rule, call, now)
            return ConsentTerms(consent.kind, attested.basis, attestation=attested, on_withdrawal=consent.on_withdrawal)
        case Announced():
            return ConsentTerms(
                consent.kind,
                rule.reason,
                prompt=consent.prompt,
                prompts=consent.prompts,
                other_way=consent.declined.then,
                other_prompt=consent.declined.prompt,
                late_joiners=consent.late_joiners,
                on_withdrawal=consent.on_withdrawal,
            )
        case _:
            return ConsentTerms(
                consent.kind,
                rule.reason,
                prompt=consent.prompt,
                prompts=consent.prompts,
                agree=_TONES[consent.agree],
                decline=_TONES[consent.decline],
                silence=consent.wait,
                must_agree=consent.must_agree,
                other_way=consent.declined.then,
                other_prompt=consent.declined.prompt,
                late_joiners=consent.late_joiners,
                on_withdrawal=consent.on_withdrawal,
            )


def _attested(rule: Rule, call: KnownCall, now: datetime) -> Attestation:
    attested = call.attested
    if attested is None:
        cause = "its rule needs an attested consent, and none came: basis, by and at"
        raise ConsentMissing(cause, rule.id, hint="name it in the request, or in the operation context")
    if attested.at > now + _LEEWAY:
        cause = "its rule needs an attested consent, and the one that came is in the future"
        raise ConsentMissing(cause, rule.id, hint="check the clock of whoever attests, and the time's zone")
    return attested
