"""The keys of claims: a call and an output."""

from dataclasses import dataclass

from recording.core.model import CallConnectionId, Output, ServerCallId
from recording.core.outputs import VALID


@dataclass(frozen=True, slots=True)
class Call:
    """A call: the key of its claims, and its server call id if known."""

    key: str
    server_call_id: ServerCallId | None = None

    def claim_key(self, output: Output) -> str:
        """The key of the claim of a recording in that output."""
        return f"{output} {self.key}"


def call_keys(
    server: ServerCallId | None,
    connection: CallConnectionId | None,
    group: str | None = None,
    room: str | None = None,
) -> tuple[str, ...]:
    """The keys of the claims that a call can have under these ids, one for each output."""
    ids = {"call": server, "connection": connection, "group": group, "room": room}
    names = [f"{kind}/{one}" for kind, one in ids.items() if one]
    return tuple(Call(name).claim_key(facts.output) for name in names for facts in VALID)
