"""The consent of one call, in progress and after."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from recording.core.consent.contexts import context_of
from recording.core.consent.terms import ConsentTerms, LateJoiners
from recording.core.model import (
    Actor,
    AppliedRule,
    CallConnectionId,
    CallEvent,
    ConsentEvidence,
    ConsentOperation,
    Prompt,
    RecordingId,
    StartOrder,
)


class Outcome(StrEnum):
    """How the asking ended."""

    GRANTED = "granted"
    DECLINED = "declined"
    SILENT = "silent"
    """Asked, and nobody has answered; or the call ended before."""
    UNASKED = "unasked"
    """The service did not say that the prompt was heard. A person is told."""
    WITHDRAWN = "withdrawn"


class OperationKind(StrEnum):
    """What was ordered."""

    PLAY = "play"
    ASK = "ask"
    SAY = "say"
    """The prompt of the rule's other way is played."""


@dataclass(frozen=True, slots=True)
class Operation:
    """An order to the service of which no report has come: it is stored before it is sent.

    `who`: the one who is asked, or who was in the call when it was ordered and had not heard the prompt before. Were
    all named in each order, a call that many join one after another would have evidence that no row can hold.
    """

    number: int
    kind: OperationKind
    sent_at: datetime
    who: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is started once consent is granted: as it was decided when the call came, whatever the policy says then.

    Attributes:
        asked_by: the event or request that the recording is started for.
        by: who sent it.
        applied: the rule.
        event: None for a request.
    """

    asked_by: str
    by: Actor
    order: StartOrder
    applied: AppliedRule | None = None
    event: CallEvent | None = None


@dataclass(frozen=True, slots=True)
class Consent:
    """The consent of one call.

    Attributes:
        consent_id: a random UUID, which is shown to nobody: the operation contexts are made by it.
        connection_id: of our connection to the call, by which the consent is known.
        wanted: what is to be recorded.
        terms: what the rule asked for when the call came.
        key: makes the names of participants; see `contexts.pseudonym`.
        begun_at: when it began.
        present, caller: who is in the call, and who called, as last read.
        looked_at: when that was; None if it must be read again before anything else is done about who is there.
        changes: how many events have said that it must: a look that began before the last of them is not saved.
        operation: the order that is outstanding.
        number: of the last order.
        tries: orders in a row that did not lead to what they were for.
        failure: why the last of these did not.
        reports: the operations that succeeded, as evidence.
        covered: for whom consent stands.
        outcome, decided_at, reason: how the asking ended; None while it goes on.
        evidence: of a consent that was granted.
        recording_id: what was started for it.
        noted: how many operations the recording's entry has in its evidence.
        is_paused: whether the recording is paused for those who joined later.
        is_unheard: whether they could not be announced to.
        is_over: whether the call is, or its recording.
        is_told: whether a person was told.
        is_said: whether the prompt of the rule's other way was played, or was tried.
        is_other_way_gone: whether the rule's other way was carried out.
        opening: the number of its row of open work, raised each time that there is something to do again: also if
            that is only to look, now and then, who is in the call.
        version: the ETag of what was read, the condition of the next save; empty for one never saved.
    """

    consent_id: str
    connection_id: CallConnectionId
    wanted: Wanted
    terms: ConsentTerms
    key: str
    begun_at: datetime
    present: tuple[str, ...] = ()
    caller: str = ""
    looked_at: datetime | None = None
    changes: int = 0
    operation: Operation | None = None
    number: int = 0
    tries: int = 0
    failure: str = ""
    reports: tuple[ConsentOperation, ...] = ()
    covered: tuple[str, ...] = ()
    outcome: Outcome | None = None
    decided_at: datetime | None = None
    reason: str = ""
    evidence: ConsentEvidence | None = None
    recording_id: RecordingId | None = None
    noted: int = 0
    is_paused: bool = False
    is_unheard: bool = False
    is_over: bool = False
    is_told: bool = False
    is_said: bool = False
    is_other_way_gone: bool = False
    opening: int = 1
    version: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        if not self.connection_id or not self.terms.is_asked:
            raise ValueError("only through a connection of ours to the call can its participants be asked")
        if (self.outcome is Outcome.GRANTED) and self.evidence is None:
            raise ValueError("no consent is granted without evidence")
        if self.recording_id is not None and self.evidence is None:
            raise ValueError("nothing is recorded without evidence")

    @property
    def late(self) -> tuple[str, ...]:
        """Who is in the call, and whom the consent does not cover, if the rule minds."""
        if self.terms.late_joiners is LateJoiners.GO_ON:
            return ()
        return tuple(who for who in self.present if who not in self.covered)

    @property
    def keeps_paused(self) -> bool:
        """Whether the recording must not go on now: somebody is in the call whom the consent does not cover."""
        waits = self.is_unheard or self.terms.late_joiners is LateJoiners.PAUSE_UNTIL_ATTESTED
        return bool(self.late) and waits

    def prompt_of(self, operation: Operation) -> Prompt:
        """What the order plays."""
        prompt = self.terms.other_prompt if operation.kind is OperationKind.SAY else self.terms.prompt
        if prompt is None:
            raise ValueError("terms that ask have a prompt, and no other is ordered that they do not have")
        return prompt

    @property
    def context(self) -> str:
        """The operation context of the last order."""
        return context_of(self.consent_id, self.number)
