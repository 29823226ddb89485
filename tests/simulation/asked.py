"""A call whose rule asks for consent, as it is in truth: who is in it, what they were told, and what they pressed."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from recording.core.model import CallConnectionId, ConsentKind
from tests.simulation.policies import kind_of

if TYPE_CHECKING:
    from tests.fakes.service import FakeCall


@dataclass(eq=False)
class Person:
    """Somebody in a call; `tone` is the key that they press, if any. `came_at`: the last time that they joined."""

    raw_id: str
    tone: str
    came_at: float
    is_there: bool = True


@dataclass(eq=False)
class Said:
    """What became of an order in truth. `to` are those who were in the call, or the one who was asked.

    `tone` is the key that was pressed; `is_done`: a prompt was played to its end, or a key was pressed.
    """

    number: int
    at: float
    to: tuple[str, ...]
    ended_at: float | None = None
    tone: str = ""
    is_done: bool = False


@dataclass(eq=False)
class Asked:
    """A call whose rule asks for consent.

    Attributes:
        way: its operation context, which names the rule.
        attests: whether an attestation comes with what asks for the recording.
        answers: what the requests for its recording were answered in the end, by request id; empty while none was.
        said: all orders that were carried out, by operation context.
        attested: who was in the call when somebody attested for all who have joined.
        trigger: up to `_EVENT` its recording is asked for by an event; from the half of it on, by a request.
    """

    whom: str
    way: str
    call: "FakeCall"
    people: list[Person]
    attests: bool
    began_at: float
    answers: dict[str, str] = field(default_factory=dict)
    said: dict[str, Said] = field(default_factory=dict)
    attested: set[str] = field(default_factory=set)
    trigger: float = 0.0

    @property
    def connection_id(self) -> CallConnectionId:
        return CallConnectionId(f"connection-{self.whom}")

    @property
    def kind(self) -> ConsentKind:
        return kind_of(self.way)
