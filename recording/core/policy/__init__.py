"""Whether and how a call is recorded, as data: rules in order, of which the first that matches decides.

**Reading.** The text, YAML or JSON, becomes a tree in which each value has its line and column (`tree`; the parser is
outside of the core). `read_policy` makes a `Policy` of it, or names everything that is wrong at once (`values`).

**Deciding.** `verdict_of(policy, call)` says which rule decides, the reason, how the call is recorded, and by which
consent. It sees only what is known of the call (`KnownCall`). What an event does not say is not known, and a condition
about it does not hold. Where a rule says so, the strictest consent of any participant's country counts; a participant
who is not known may be from any of them.

**Explaining.** `unmet(rule, call)` names the conditions of a rule that do not hold: what it needs and what
the call has. The same conditions decide and explain.
"""

from recording.core.policy.indexing import indexed
from recording.core.policy.matching import Condition, Verdict, unmet, verdict_of
from recording.core.policy.model import (
    Announced,
    Attested,
    Consent,
    Country,
    Keypress,
    Match,
    NotNeeded,
    Policy,
    Recorded,
    Rule,
)
from recording.core.policy.reading import read_policy
from recording.core.policy.terms import terms_of
from recording.core.policy.tree import Listing, Node, Position, Scalar, Table

__all__ = [
    "Announced",
    "Attested",
    "Condition",
    "Consent",
    "Country",
    "Keypress",
    "Listing",
    "Match",
    "Node",
    "NotNeeded",
    "Policy",
    "Position",
    "Recorded",
    "Rule",
    "Scalar",
    "Table",
    "Verdict",
    "indexed",
    "read_policy",
    "terms_of",
    "unmet",
    "verdict_of",
]
