"""For how long recordings are kept, as data: classes with days, and for each recording the longest of its duties.

**Classes.** A rule of the policy names a class. It says how many days a recording is kept, counted from its end, into
which tiers its media move meanwhile, for how many days nobody can delete it, and what comes afterwards: it is deleted,
or a person is asked. `read_classes` reads them from a located tree.

**The duty.** `duty_of` takes the classes that count for a recording: the rule's, or the default; those of recordings of
the same call that it continues or that continue it, as they end together; those of holds. The one that ends last
decides. Where one of them is not known, no end is known: the recording is kept, and flagged (`NoEnd`).

**The day.** `step_on` says what is done on a day. A recording is deleted only when its duty is over, no hold covers it,
nothing of it is still being done, and its class, or a person, says so.
"""

from recording.core.retention.classes import (
    Afterwards,
    RetentionClass,
    RetentionClasses,
    Tier,
    TierMove,
    read_classes,
)
from recording.core.retention.duty import (
    Choice,
    Chosen,
    Duty,
    Kept,
    NoEnd,
    Step,
    class_of,
    duty_of,
    ended_at,
    guarded_until,
    is_busy,
    next_move,
    protected_until,
    step_on,
    with_choice,
)

__all__ = [
    "Afterwards",
    "Choice",
    "Chosen",
    "Duty",
    "Kept",
    "NoEnd",
    "RetentionClass",
    "RetentionClasses",
    "Step",
    "Tier",
    "TierMove",
    "class_of",
    "duty_of",
    "ended_at",
    "guarded_until",
    "is_busy",
    "next_move",
    "protected_until",
    "read_classes",
    "step_on",
    "with_choice",
]
