"""What is known of a call before it is recorded, which a policy decides by, and what is kept of the decision."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from recording.core.model.running import Reaction
from recording.core.model.words import Output


class EventKind(StrEnum):
    """What asks for a recording."""

    CALL_STARTED = "callStarted"
    CALL_CONNECTED = "callConnected"
    REQUEST = "request"


class Direction(StrEnum):
    """Who called: somebody called us, or we called."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


class CallKind(StrEnum):
    """What the call is, or, if that is not known, that it is named by one of our connections."""

    GROUP = "group"
    ROOM = "room"
    TWO_PARTY = "two-party"
    CONNECTION = "connection"


class ParticipantKind(StrEnum):
    """What a participant is, as its raw id says."""

    COMMUNICATION_USER = "communicationUser"
    PHONE_NUMBER = "phoneNumber"
    TEAMS_USER = "teamsUser"
    TEAMS_EXTENSION_USER = "teamsExtensionUser"
    TEAMS_APP = "teamsApp"
    BOT = "bot"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Participant:
    """A participant: its raw id, which no log, key or name contains, and its telephone number, if it has one."""

    kind: ParticipantKind
    raw_id: str = field(repr=False)
    number: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Attestation:
    """Somebody's word that the participants have consented: on what basis, who says it, and when they consented."""

    basis: str
    by: str = field(repr=False)
    at: datetime


@dataclass(frozen=True, slots=True)
class KnownCall:
    """What is known of a call. What is None or empty is not known.

    Attributes:
        event: what asks for the recording.
        at: the moment that a rule's days and hours are held against.
        participants: those that are known.
        has_all: whether these are all participants.
        context: the operation context.
        output: what the request asks for.
        attested: the attestation that came with the event or the request.
    """

    event: EventKind
    at: datetime | None = None
    direction: Direction | None = None
    kind: CallKind | None = None
    participants: tuple[Participant, ...] = ()
    has_all: bool = False
    context: str | None = field(default=None, repr=False)
    output: Output | None = None
    attested: Attestation | None = None


class ConsentKind(StrEnum):
    """How the participants consent, from the least strict to the strictest."""

    NOT_NEEDED = "not-needed"
    ATTESTED = "attested"
    ANNOUNCED = "announced"
    KEYPRESS = "keypress"


@dataclass(frozen=True, slots=True)
class ConsentEvidence:
    """Why the call may be recorded, kept before the recording starts.

    Attributes:
        basis: what the consent rests on; for one that is not needed, why.
        noted_at: when this app kept it.
        by: who attests it, by their own word.
        at: when the participants consented.
    """

    kind: ConsentKind
    basis: str
    noted_at: datetime
    by: str = field(default="", repr=False)
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AppliedRule:
    """The rule that a recording was started by, and what it decides for the whole life of the recording.

    Attributes:
        rule: its id.
        policy: the SHA-256, in hex, of the policy's text.
        reason: why the rule records.
        template: of the names of its chunks; empty: the usual one.
        retention_class: how long it is to be kept, by name; empty: the usual class.
        native_container: the URL of the container that the service itself writes into; empty: this app archives it.
        reaction: what is done when it does not record although it should.
    """

    rule: str
    policy: str
    reason: str
    consent: ConsentEvidence
    template: str = ""
    retention_class: str = ""
    native_container: str = ""
    reaction: Reaction = field(default_factory=Reaction)
