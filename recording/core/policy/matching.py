"""Which rule decides about a call, and whose consent counts; and for every rule, which of its conditions do not hold.

What is not known of a call fits no condition: a rule that needs it does not match.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from recording.core.model import ConsentKind, KnownCall, ParticipantKind
from recording.core.policy.indexing import candidates
from recording.core.policy.model import WEEK, Consent, Hours, Match, Policy, Recorded, Rule, When
from recording.core.times import format_time

UNKNOWN = "not known"
NO_POLICY = "there is no policy, and without one nothing is recorded: set RECORDING_POLICY"
NO_RULE = "no rule of the policy matches"
_STRICTNESS = tuple(ConsentKind)


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition of a rule: its name in the policy, what it needs, what the call has, and whether it holds.

    `found` is shown where it does not hold; it contains no participant's identity and no operation context.
    """

    name: str
    needs: tuple[str, ...]
    found: str
    holds: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a policy says of a call: the rule, if one matches, the reason, and how it is recorded, if it is."""

    rule: Rule | None
    reason: str
    recorded: Recorded | None = None
    consent: Consent | None = None


def verdict_of(policy: Policy, call: KnownCall) -> Verdict:
    """What the first rule that matches says."""
    for rule in candidates(policy, call):
        if all(condition.holds for condition in conditions(rule.match, call)):
            recorded = rule.recorded
            consent = None if recorded is None else _consent_of(recorded, policy, call)
            return Verdict(rule, rule.reason, recorded, consent)
    return Verdict(None, NO_RULE if policy.digest else NO_POLICY)


def unmet(rule: Rule, call: KnownCall) -> tuple[Condition, ...]:
    """The conditions of a rule that do not hold; none if it matches."""
    return tuple(condition for condition in conditions(rule.match, call) if not condition.holds)


def conditions(match: Match, call: KnownCall) -> Iterator[Condition]:
    """The conditions of a rule, held against a call."""
    yield from _chosen("event", match.events, call.event)
    yield from _chosen("direction", match.directions, call.direction)
    yield from _chosen("call", match.calls, call.kind)
    if match.participants:
        kinds = {participant.kind for participant in call.participants}
        found = ", ".join(sorted(kinds)) or UNKNOWN
        yield Condition("participants", match.participants, found, not kinds.isdisjoint(match.participants))
    if match.numbers:
        numbers = [participant.number for participant in call.participants if participant.number]
        holds = any(number.startswith(match.numbers) for number in numbers)
        yield Condition("numbers", match.numbers, f"{len(numbers)} numbers" if numbers else UNKNOWN, holds)
    if match.contexts:
        context = call.context
        holds = context is not None and any(pattern.fits(context) for pattern in match.contexts)
        needs = tuple(map(str, match.contexts))
        yield Condition("context", needs, UNKNOWN if context is None else "another one", holds)
    yield from _chosen("output", match.outputs, call.output)
    if match.when is not None:
        at = call.at
        holds = at is not None and match.when.holds(at)
        yield Condition("when", _shown(match.when), UNKNOWN if at is None else format_time(at), holds)


def _chosen(name: str, wanted: Sequence[object], found: object) -> Iterator[Condition]:
    if wanted:
        yield Condition(name, tuple(map(str, wanted)), UNKNOWN if found is None else str(found), found in wanted)


def _shown(when: When) -> tuple[str, ...]:
    days = ",".join(WEEK[day] for day in sorted(when.days))
    return (f"{days} {','.join(map(_clock, when.hours))} {when.zone}",)


def _clock(hours: Hours) -> str:
    return "-".join(f"{minute // 60:02}:{minute % 60:02}" for minute in (hours.begin, hours.end))


def _consent_of(recorded: Recorded, policy: Policy, call: KnownCall) -> Consent:
    """The rule's own consent, or a stricter one that a participant's country needs.

    A participant who is not known may be from any country; so may who calls by telephone and withholds the number.
    """
    if not recorded.by_country:
        return recorded.consent
    consents = [recorded.consent]
    knows_all = call.has_all
    for participant in call.participants:
        if participant.number is not None:
            consents += _of_country(participant.number, policy)
        elif participant.kind is ParticipantKind.PHONE_NUMBER:
            knows_all = False
    if not knows_all:
        consents += [country.consent for country in policy.countries]
    return max(consents, key=lambda consent: _STRICTNESS.index(consent.kind))


def _of_country(number: str, policy: Policy) -> list[Consent]:
    """The consent of the country with the longest prefix of the number."""
    fitting = [country for country in policy.countries if number.startswith(country.prefix)]
    return [max(fitting, key=lambda country: len(country.prefix)).consent] if fitting else []
