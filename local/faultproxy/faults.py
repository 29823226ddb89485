"""Every way in which the destination can misbehave, each with a stable name.

A fault is armed on the proxy for one operation or for all, for names that contain a text or for all, for a number of
requests (`count`, None for all), after some normal ones (`after`).
"""

import threading
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Literal, TypedDict

from local.faultproxy.operations import Operation
from local.net.faults import ArmedFault, FaultBoard

Moment = Literal["before", "during", "after"]
"""Before the request is passed on; in the middle of its body (of the reply's where it has none); once it is done."""
Action = Literal["answer", "reset", "hang", "damage", "delay", "pause"]


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer given instead of the normal one."""

    status: int
    code: str


@dataclass(frozen=True, slots=True)
class FaultKind:
    """One line of the table; `moment` is the default moment."""

    name: str
    action: Action
    moment: Moment
    does: str
    answers: str
    reply: Reply | None = None


def _status(name: str, status: int, code: str, does: str) -> FaultKind:
    return FaultKind(name, "answer", "before", does, f"{status} {code}", Reply(status, code))


_KINDS = (
    _status("server_busy_503", 503, "ServerBusy", "the account is over its limits"),
    _status("operation_timed_out_500", 500, "OperationTimedOut", "it took too long; armed `after`, it was done"),
    _status("internal_error_500", 500, "InternalError", "something broke; armed `after`, it was done"),
    _status("too_many_requests_429", 429, "TooManyRequests", "throttled; `retry_after` sets the header"),
    _status("authorization_failure_403", 403, "AuthorizationFailure", "the role is not effective yet, or removed"),
    _status("container_not_found_404", 404, "ContainerNotFound", "the container is missing"),
    _status("table_not_found_404", 404, "TableNotFound", "the table is missing"),
    _status("blob_immutable_409", 409, "BlobImmutableDueToPolicy", "a policy forbids to change the blob"),
    FaultKind("reset_before", "reset", "before", "resets the connection, nothing was passed on", "none"),
    FaultKind("reset_mid_body", "reset", "during", "resets in the middle of a body", "none, or half a reply"),
    FaultKind("response_lost", "reset", "after", "carries it out, and resets before the reply", "none"),
    FaultKind("hang", "hang", "before", "no answer for `seconds`, then resets", "none"),
    FaultKind("damaged_body", "damage", "during", "changes one byte of the request's body", "what the service says"),
    FaultKind(
        "damaged_reply", "damage", "after", "changes one byte of the reply's body", "the good reply, but one byte"
    ),
    FaultKind("delay", "delay", "before", "waits `seconds`", "the good reply, late"),
    FaultKind("pause", "pause", "before", "holds it until `release` or `drop`", "the good reply, or none"),
)
FAULTS: Mapping[str, FaultKind] = {kind.name: kind for kind in _KINDS}
"""By name."""


class Trigger(TypedDict, total=False):
    """When and how an armed fault strikes; the meanings are those of `Fault`."""

    named: str
    count: int | None
    after: int
    seconds: float
    retry_after: int | None


@dataclass(frozen=True, slots=True)
class Occasion:
    """A request, as faults are matched with it; the path is unquoted."""

    operation: Operation
    path: str


@dataclass(slots=True, eq=False)
class Fault(ArmedFault[FaultKind, Occasion]):
    """An armed fault, see `ArmedFault`.

    Attributes:
        operation: which requests it is for; None for all.
        moment: when during the request it strikes.
        named: a text that the request's path must contain.
        reached: set when it has struck.
    """

    operation: Operation | None
    moment: Moment
    named: str = ""
    reached: threading.Event = field(default_factory=threading.Event)
    decision: "Future[bool]" = field(default_factory=Future)

    def fits(self, occasion: Occasion) -> bool:
        """Whether the fault is armed for this request."""
        return self.operation in {None, occasion.operation} and self.named in occasion.path

    def wait(self, seconds: float = 30.0) -> None:
        """Wait until it has struck.

        Raises:
            TimeoutError: it has not.
        """
        if not self.reached.wait(seconds):
            message = f"{self.name} on {self.operation} never struck"
            raise TimeoutError(message)

    def release(self) -> None:
        """Let a paused request continue, and pause no later one."""
        self._decide(go_on=True)

    def drop(self) -> None:
        """Reset the connection of a paused request, on both sides."""
        self._decide(go_on=False)

    def _decide(self, *, go_on: bool) -> None:
        self.count = self.hits
        if not self.decision.done():
            self.decision.set_result(go_on)

    def stop(self) -> None:
        """Do not strike again; a paused request continues."""
        self.release()


Board = FaultBoard[Occasion, Fault]
