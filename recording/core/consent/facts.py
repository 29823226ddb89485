"""The facts: what can have happened to a consent, as frozen values.

`number` is that of the order which a report is about. Facts with one change nothing unless that order is outstanding.
"""

from dataclasses import dataclass

from recording.core.consent.state import Operation
from recording.core.model import RecordingId


@dataclass(frozen=True, slots=True)
class Looked:
    """The service said who is in the call."""

    present: tuple[str, ...]
    caller: str = ""


@dataclass(frozen=True, slots=True)
class ParticipantsChanged:
    """An event said that somebody has come or gone; who, is read from the service."""


@dataclass(frozen=True, slots=True)
class Ordered:
    """An order is about to be sent."""

    operation: Operation


@dataclass(frozen=True, slots=True)
class Played:
    """`PlayCompleted`."""

    number: int
    event_id: str = ""
    correlation_id: str = ""


@dataclass(frozen=True, slots=True)
class NotPlayed:
    """`PlayFailed`, `RecognizeFailed` for another reason than silence, or the service refused the order."""

    number: int
    cause: str


@dataclass(frozen=True, slots=True)
class NotSent:
    """The service does not know the call yet, or not any more: the order counts as none of those that failed."""

    number: int


@dataclass(frozen=True, slots=True)
class Lapsed:
    """No report of the order has come for so long that none is expected."""

    number: int


@dataclass(frozen=True, slots=True)
class Agreed:
    """`RecognizeCompleted` with the key to agree."""

    number: int
    tone: str
    event_id: str = ""
    correlation_id: str = ""


@dataclass(frozen=True, slots=True)
class Declined:
    """`RecognizeCompleted` with the key to decline."""

    number: int


@dataclass(frozen=True, slots=True)
class Silent:
    """No key in time, or another one."""

    number: int
    cause: str


@dataclass(frozen=True, slots=True)
class CallOver:
    """The service has no such call any more, or its recording is over."""


@dataclass(frozen=True, slots=True)
class Began:
    """The recording was started."""

    recording_id: RecordingId


@dataclass(frozen=True, slots=True)
class StartRefused:
    """The service refuses to record the call."""

    cause: str


@dataclass(frozen=True, slots=True)
class EvidenceNoted:
    """The recording's entry has so many operations in its evidence."""

    operations: int


@dataclass(frozen=True, slots=True)
class PauseChanged:
    """The recording was paused for those who joined later, or resumed."""

    is_paused: bool


@dataclass(frozen=True, slots=True)
class Attested:
    """A person attests that those consent who are in the call now."""

    by: str
    basis: str


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """Consent was withdrawn."""

    reason: str


@dataclass(frozen=True, slots=True)
class Told:
    """A person was told."""


@dataclass(frozen=True, slots=True)
class OtherWayGone:
    """The rule's other way was carried out."""


ConsentFact = (
    Looked
    | ParticipantsChanged
    | Ordered
    | Played
    | NotPlayed
    | NotSent
    | Lapsed
    | Agreed
    | Declined
    | Silent
    | CallOver
    | Began
    | StartRefused
    | EvidenceNoted
    | PauseChanged
    | Attested
    | Withdrawn
    | Told
    | OtherWayGone
)
