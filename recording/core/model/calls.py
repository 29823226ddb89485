"""What is known of a call before it is recorded, which a policy decides by, and what is kept of the decision."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from recording.core.model.consent import Attestation
from recording.core.model.running import Reaction
from recording.core.model.words import CallConnectionId, Output, ServerCallId


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
    """What a participant is, by the form of the raw id; `core.participants` reads it."""

    COMMUNICATION_USER = "communicationUser"
    PHONE_NUMBER = "phoneNumber"
    TEAMS_USER = "teamsUser"
    TEAMS_VISITOR = "teamsVisitor"
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
    template: str = ""
    retention_class: str = ""
    native_container: str = ""
    reaction: Reaction = field(default_factory=Reaction)


@dataclass(frozen=True, slots=True)
class CallLocator:
    """Which call to record: exactly one of the four ids is set."""

    server_call_id: ServerCallId | None = None
    group_call_id: str | None = None
    room_id: str | None = None
    call_connection_id: CallConnectionId | None = None


@dataclass(frozen=True, slots=True)
class StartOrder:
    """A recording to start. Idempotent by `request_id`, a UUID: sent again, it starts no second recording.

    Attributes:
        channels: the raw ids of participants in the order of their channels, in an unmixed output.
        native_container: the URL of the container that the service itself is to write into; empty: its own storage.
    """

    locator: CallLocator
    output: Output
    request_id: str
    first_sent: datetime
    pause_on_start: bool = False
    channels: tuple[str, ...] = field(default=(), repr=False)
    native_container: str = ""
