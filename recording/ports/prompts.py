"""What is said and asked in a call, through our connection to it."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from recording.core.model import CallConnectionId, Prompt


@dataclass(frozen=True, slots=True)
class InCall:
    """Who is in a call, by the service's raw ids, which no log, name or key contains; `caller`: empty if not known."""

    participants: tuple[str, ...] = field(repr=False)
    caller: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class PromptOrder:
    """A prompt for a call. `context` comes back in the service's report, which is an event."""

    connection_id: CallConnectionId
    context: str
    prompt: Prompt


class Prompts(Protocol):
    """Play prompts and ask for keys. An order is only accepted here: an event reports what became of it.

    Not idempotent: an order that is sent twice is carried out twice.
    """

    def participants(self, connection_id: CallConnectionId) -> InCall:
        """Who is in the call, without the app itself.

        Raises:
            ServiceBusy, ServiceRefused: retry.
            CallRefused: with status 404 if the call is over.
        """

    def play_to_all(self, order: PromptOrder) -> None:
        """Play the prompt to everyone in the call.

        Raises:
            ServiceBusy, ServiceRefused: it may or may not be played.
            CallRefused: it is not played; with status 404 if the call is over.
        """

    def ask_for_key(self, order: PromptOrder, participant: str, silence: timedelta) -> None:
        """Play the prompt to one participant, whole, and then wait for one key for as long as `silence`.

        Raises:
            ServiceBusy, ServiceRefused: it may or may not be played.
            CallRefused: it is not played; with status 404 if the call is over.
        """

    def hang_up(self, connection_id: CallConnectionId) -> None:
        """End the call for everyone.

        Raises:
            ServiceBusy, ServiceRefused: retry.
            CallRefused: with status 404 if it is over already.
        """
