"""Every way the destination can misbehave, by a stable name.

A fault is armed on the proxy for one operation or for all, for names that hold a text or for all, for a number of
requests (`count`, None for ever), after some good ones (`after`).
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
    """An answer given in place of the good one."""

    status: int
    code: str


@dataclass(frozen=True, slots=True)
class FaultKind:
    """One line of the table; `moment` is when it strikes unless it is armed for another."""

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
    _status("authorization_failure_403", 403, "AuthorizationFailure", "the role has not spread, or is gone"),
    _status("container_not_found_404", 404, "ContainerNotFound", "the container is missing"),
    _status("table_not_found_404", 404, "TableNotFound", "the table is missing"),
    _status("blob_immutable_409", 409, "BlobImmutableDueToPolicy", "a policy forbids to change the blob"),
    FaultKind("reset_before", "reset", "before", "resets the connection, nothing was passed on", "none"),
    FaultKind("reset_mid_body", "reset", "during", "resets in the middle of a body", "none, or half a reply"),
    FaultKind("response_lost", "reset", "after", "does it, and resets before a word of the reply", "none"),
    FaultKind("hang", "hang", "before", "no answer for `seconds`, then resets", "none"),
    FaultKind("damaged_body", "damage", "during", "turns one byte of the request's body", "what the service says"),
    FaultKind("damaged_reply", "damage", "after", "turns one byte of the reply's body", "the good reply, but one byte"),
    FaultKind("delay", "delay", "before", "waits `seconds`", "the good reply, late"),
    FaultKind("pause", "pause", "before", "holds it until `release` or `drop`", "the good reply, or none"),
)
FAULTS: Mapping[str, FaultKind] = {kind.name: kind for kind in _KINDS}
"""The table."""


class Trigger(TypedDict, total=False):
    """When and how an armed fault strikes; the meanings are those of `Fault`."""

    named: str
    count: int | None
    after: int
    seconds: float
    retry_after: int | None


@dataclass(frozen=True, slots=True)
class Occasion:
    """A request as the faults see it; the path is unquoted."""

    operation: Operation
    path: str


@dataclass(slots=True, eq=False)
class Fault(ArmedFault[FaultKind, Occasion]):
    """An armed fault, see `ArmedFault`.

    Attributes:
        operation: which requests it is for; None for all.
        moment: when in the life of the request it strikes.
        named: a text that the request's path must hold.
        reached: set when it has struck, and the request is where it should be.
    """

    operation: Operation | None
    moment: Moment
    named: str = ""
    reached: threading.Event = field(default_factory=threading.Event)
    decision: "Future[bool]" = field(default_factory=Future)

    def fits(self, occasion: Occasion) -> bool:
        """Whether a request is one of those it is armed for."""
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
        """Let a paused request go on; what comes later is not held any more."""
        self._decide(go_on=True)

    def drop(self) -> None:
        """Reset the connection of a paused request, on both sides."""
        self._decide(go_on=False)

    def _decide(self, *, go_on: bool) -> None:
        self.count = self.hits
        if not self.decision.done():
            self.decision.set_result(go_on)

    def stop(self) -> None:
        """Strike no more; a request that is paused goes on."""
        self.release()


Board = FaultBoard[Occasion, Fault]
