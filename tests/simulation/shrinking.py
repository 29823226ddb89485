"""Makes a failing run smaller: fewer calls, then fewer faults, as long as the same rule is broken."""

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from tests.simulation.chance import Key
from tests.simulation.plan import Plan
from tests.simulation.world import Result, simulate

_NUMBERED = re.compile(r"\S*\d\S*")
_MOST_SECONDS = 120.0
"""A run that becomes small takes little; one that does not is told as it is."""


def shrunk(plan: Plan, failed: Result, run: Callable[..., Result] = simulate) -> Result:
    """The smallest run found that breaks the same rule, with its story."""
    kind, until = kind_of(failed.broken), time.monotonic() + _MOST_SECONDS
    fired: list[Key] = list(failed.fired)

    def fails(names: Sequence[str], keys: Sequence[Key]) -> bool:
        if time.monotonic() > until:
            return False
        return kind_of(run(replace(plan, names=tuple(names)), frozenset(keys)).broken) == kind

    names = _fewer(list(plan.names), lambda some: fails(some, fired))
    fired = _fewer(list(fired), lambda some: fails(names, some))
    return run(replace(plan, names=tuple(names)), frozenset(fired), is_told=True)


def kind_of(broken: str) -> str:
    """The rule that is broken: the first line without ids and numbers."""
    return _NUMBERED.sub("#", broken.partition("\n")[0])


def _fewer[T](found: list[T], fails: Callable[[list[T]], bool]) -> list[T]:
    """Delta debugging: remove ever smaller parts, as long as it still fails without them."""
    size = max(1, len(found) // 2)
    while True:
        at = 0
        while at < len(found):
            without = found[:at] + found[at + size :]
            if fails(without):
                found = without
            else:
                at += size
        if size == 1:
            return found
        size = max(1, size // 2)
