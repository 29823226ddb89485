"""Finds the rules that can match a call without a look at each of them.

Each rule is filed under keys, of which a call that it matches has at least one: the texts of its operation context if
it names any, else its number prefixes, else one key that all calls have. What is found by the keys of a call is still
matched.
"""

from collections.abc import Iterator, Mapping, Sequence

from recording.core.model import KnownCall
from recording.core.policy.model import Match, Policy, Rule

MOST_PREFIX = 200
"""Characters of the longest prefix of an operation context."""

_ANY = ("", "")
_EXACT, _BEGINS, _NUMBER = "context", "context*", "number"


def indexed(rules: Sequence[Rule]) -> Mapping[tuple[str, str], tuple[int, ...]]:
    """The places of the rules, by key."""
    found: dict[tuple[str, str], list[int]] = {}
    for place, rule in enumerate(rules):
        for key in dict.fromkeys(_filed_under(rule.match)):
            found.setdefault(key, []).append(place)
    return {key: tuple(places) for key, places in found.items()}


def candidates(policy: Policy, call: KnownCall) -> Iterator[Rule]:
    """The rules that can match, in order."""
    places = {place for key in set(_keys_of(call)) for place in policy.index.get(key, ())}
    return (policy.rules[place] for place in sorted(places))


def _filed_under(match: Match) -> Iterator[tuple[str, str]]:
    if match.contexts:
        yield from ((_BEGINS if one.is_prefix else _EXACT, one.text) for one in match.contexts)
    elif match.numbers:
        yield from ((_NUMBER, prefix) for prefix in match.numbers)
    else:
        yield _ANY


def _keys_of(call: KnownCall) -> Iterator[tuple[str, str]]:
    yield _ANY
    if call.context is not None:
        yield _EXACT, call.context
        yield from ((_BEGINS, call.context[:length]) for length in range(1, min(len(call.context), MOST_PREFIX) + 1))
    for participant in call.participants:
        number = participant.number or ""
        yield from ((_NUMBER, number[:length]) for length in range(1, len(number) + 1))
