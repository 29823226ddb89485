"""Asks the service about a recording: the only place that says what its answer means."""

from dataclasses import dataclass
from datetime import datetime

from recording.core.errors import CallRefused
from recording.core.lifecycle import Checked, Denied
from recording.core.model import RecordingId
from recording.ports import Calls

_ACTIVE = "active"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the service answered, as a fact to apply; `state` is its own word, None if it has no such recording."""

    fact: Checked | Denied
    state: str | None

    @property
    def is_denial(self) -> bool:
        """Whether it has no such recording: it is over, or this answer is wrong; see `Denied`."""
        return isinstance(self.fact, Denied)

    @property
    def is_active(self) -> bool:
        """Whether it records."""
        return self.state == _ACTIVE


@dataclass(frozen=True, slots=True)
class Asking:
    """Ask the service whether it has a recording."""

    calls: Calls

    def ask(self, recording_id: RecordingId, why: str, since: datetime | None = None) -> Answer:
        """The answer; `why` is the occasion, in words, for the history; `since`, when a callback told of a change.

        Raises:
            ServiceBusy, ServiceRefused: retry.
            CallRefused: the service says neither; nothing is known.
        """
        try:
            state = self.calls.state(recording_id)
        except CallRefused as error:
            if not error.says_no_such:
                raise
            return Answer(Denied(why), None)
        return Answer(Checked(state == _ACTIVE, since), state)
