"""Faults of the local service: what describes one, and when an armed one strikes.

A fault is armed on the world for one object or for all, for a number of requests (`count`, None for all), after
some normal ones (`after`), and if it breaks a body, at a byte of the object (`at`; by default in the middle of the
requested range).

To add a fault: a row in `fault_table`. With a `Reply` that is all. One that changes a transfer also has an entry in
`transfer`, one that changes a redirect or a delete a branch in `storage`; without it nothing would happen. A row in
docs/faults.md names its test, and `tests/fakes/source.py` has it where the fake must know it.
"""

from dataclasses import dataclass, field
from typing import Literal, TypedDict

from local.net.faults import ArmedFault, FaultBoard

Operation = Literal[
    "content",
    "metadata",
    "delete",
    "call",
    "start",
    "state",
    "pause",
    "resume",
    "stop",
    "participants",
    "play",
    "recognize",
    "hangUp",
    "report",
    "record",
    "callback",
    "export",
]
"""`report` is one of a prompt, `record` the recording that follows on an accepted start, `callback` one of its own."""
Hop = Literal["entry", "serving", "any"]
Body = Literal[
    "problem", "error", "html", "empty", "text", "broken_json", "broken_xml", "bomb", "no_fields", "another_document"
]


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer given instead of the normal one; `rest` is the default of its Retry-After."""

    status: int
    body: Body = "problem"
    code: str = ""
    rest: str = ""


@dataclass(frozen=True, slots=True)
class FaultKind:
    """One line of the table.

    `hop` is where a media fault acts: at the host of the event's URL (`entry`), at the host that serves the bytes
    (`serving`: the same one, or under `redirects` the regional one), or at whichever comes first (`any`). `first`
    says that the operation is carried out before the answer fails, `rule` that it is no failure: the service follows
    another rule while it is armed.
    """

    name: str
    operation: Operation
    does: str
    answers: str
    reply: Reply | None = None
    hop: Hop = "serving"
    count: int | None = 1
    first: bool = False
    rule: bool = False


class Trigger(TypedDict, total=False):
    """When and how an armed fault strikes; the meanings are those of `Fault`."""

    count: int | None
    after: int
    at: int | None
    amount: int
    seconds: float
    retry_after: str | int | None
    location: str | None
    on: Operation
    hop: Hop


@dataclass(frozen=True, slots=True)
class Occasion:
    """A request, as faults are matched with it; `first` and `last` are the bytes it asks for."""

    operation: Operation
    document_id: str | None = None
    entry: bool = False
    serving: bool = True
    first: int = 0
    last: int | None = None


@dataclass(slots=True, eq=False)
class Fault(ArmedFault[FaultKind, Occasion]):
    """An armed fault, see `ArmedFault`.

    Attributes:
        document_id: the object it is for; by default all.
        at: the byte of the object where it breaks a body; it then strikes only requests that include this byte.
        amount: bytes: in each piece of a slow body, too many, shifted by, of a long body, or before a reset.
        location: the target of a redirect.
        on: the operation; a content fault can be armed on `metadata` too.
        hop: where a media fault acts, see `FaultKind`.
    """

    document_id: str | None = None
    at: int | None = None
    amount: int = 1024
    seconds: float = field(default=5.0, kw_only=True)
    location: str | None = None
    on: Operation = "content"
    hop: Hop = "serving"

    def fits(self, occasion: Occasion) -> bool:
        """Whether the fault is armed for this request; a rule strikes none."""
        if self.kind.rule or self.on != occasion.operation or self.document_id not in {None, occasion.document_id}:
            return False
        if self.on in {"content", "metadata"}:
            if self.hop == "entry" and not occasion.entry:
                return False
            if self.hop == "serving" and not occasion.serving:
                return False
        if self.at is None:
            return True
        return occasion.first <= self.at and (occasion.last is None or self.at <= occasion.last)


class Board(FaultBoard[Occasion, Fault]):
    """The armed faults of the local service; thread-safe."""

    def follows(self, rule: str, document_id: str | None = None) -> bool:
        """Whether the service follows a rule of the table, for one object if it is given."""
        armed = (fault for fault in self.armed() if fault.name == rule and not fault.spent)
        return any(fault.document_id in {None, document_id} for fault in armed)
