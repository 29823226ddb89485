"""What the API says of the policy: which rule decides about a call, and what a draft would change."""

from typing import Annotated, TypedDict

from recording.core.formats.schema import Count, Moment, Schema
from recording.core.model import CallKind, ConsentKind, Direction, EventKind, ParticipantKind
from recording.core.outputs import OutputFields


class HowRecorded(TypedDict, total=False):
    """How a call is recorded that is."""

    output: OutputFields
    channels: list[str]
    pauseOnStart: bool
    storage: Annotated[str, Schema(description="`archive`, or the container that the service writes into.")]
    template: str | None
    retention: str | None


class Verdict(HowRecorded):
    """What a policy says of a call: whether and how it is recorded, and by which rule."""

    record: bool
    rule: str | None
    reason: str
    consent: ConsentKind | None


class UnmetCondition(TypedDict):
    """A condition of a rule that does not hold: what it needs, and what the call has."""

    condition: str
    needs: list[str]
    found: str


class ExplainedRule(TypedDict):
    """A rule, whether it matches and decides, and which of its conditions do not hold."""

    rule: str
    line: Count | None
    record: bool
    decides: bool
    matches: bool
    unmet: list[UnmetCondition]


class ExplainedCall(TypedDict):
    """What is known of a call; it has no participant's identity."""

    event: EventKind
    at: Moment | None
    direction: Direction | None
    callKind: CallKind | None
    participants: list[ParticipantKind] | None
    areAllParticipants: bool
    hasContext: bool
    isAttested: bool
    output: OutputFields | None


class Explained(Verdict):
    """The verdict on a call, and for every rule the conditions that do not hold."""

    policy: str | None
    call: ExplainedCall
    rules: list[ExplainedRule]


class ChangedCall(TypedDict):
    """A call about which a draft says something else than the policy."""

    eventId: str
    event: EventKind
    at: Moment | None
    serverCallId: str | None
    callConnectionId: str | None
    now: Verdict
    draft: Verdict


class Replay(TypedDict):
    """How many calls were replayed, and about which the draft says something else."""

    calls: Count
    changed: list[ChangedCall]


class ReplayPage(Replay):
    """A page of a replay; `next` is given as `after` for the next page, and null after the last."""

    next: str | None
