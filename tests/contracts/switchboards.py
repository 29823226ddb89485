"""What the contract of the calls needs: its adapter, the calls of the service, and its faults."""

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple, Protocol

from azure.communication.callautomation import CallAutomationClient
from azure.core.credentials import AzureKeyCredential

from local.acs import LocalAcs
from recording.adapters.calls import AcsCalls
from recording.adapters.http_transport import Urllib3Transport
from recording.core.model import CallConnectionId, CallLocator, Output, ServerCallId, StartOrder
from recording.core.outputs import VALID
from recording.ports import Calls
from tests.fakes import FakeCalls

if TYPE_CHECKING:
    from local.acs.model import Call
    from tests.fakes.service import FakeCall

WAV = next(facts.output for facts in VALID if str(facts.output) == "audio-mixed-wav")


class Locators(NamedTuple):
    """The four ways to name one call."""

    server: CallLocator
    group: CallLocator
    room: CallLocator
    connection: CallLocator


def order(locator: CallLocator, *, output: Output = WAV, paused: bool = False) -> StartOrder:
    """An order with a unique id."""
    return StartOrder(locator, output, str(uuid.uuid4()), datetime.now(UTC), paused)


class Switchboard(Protocol):
    """One service."""

    @property
    def calls(self) -> Calls:
        """The adapter under test."""

    def call(self, *, established: bool = True) -> Locators:
        """Add a call."""

    def establish(self, locators: Locators) -> None:
        """Establish that call."""

    def end(self, locators: Locators) -> None:
        """End that call, and its recordings."""

    def recordings(self) -> int:
        """How many recordings were ever started."""

    def arm(self, name: str, times: int = 1) -> None:
        """Let the next operations fail."""


class FakeSwitchboard:
    """In memory."""

    def __init__(self) -> None:
        self.calls = FakeCalls()
        self._known: dict[Locators, FakeCall] = {}

    def call(self, *, established: bool = True) -> Locators:
        call = self.calls.add_call(established=established)
        locators = Locators(*call.locators)
        self._known[locators] = call
        return locators

    def establish(self, locators: Locators) -> None:
        self._known[locators].established = True

    def end(self, locators: Locators) -> None:
        self.calls.end(self._known[locators])

    def recordings(self) -> int:
        return len(self.calls.recordings)

    def arm(self, name: str, times: int = 1) -> None:
        self.calls.arm(name, times)


class RealSwitchboard:
    """The local service. Nothing is retried unless `retries` says so, so that errors appear at once."""

    def __init__(
        self, acs: LocalAcs, key: str | None = None, retries: int = 0, callback_url: str | None = None
    ) -> None:
        self.world = acs.world
        self._client = CallAutomationClient(
            acs.endpoint,
            AzureKeyCredential(key or acs.world.access_key),
            transport=Urllib3Transport(4),
            retry_total=retries,
            retry_backoff_factor=0.01,
        )
        self.calls = AcsCalls(self._client, callback_url)
        self._before = len(acs.world.recordings)
        self._known: dict[Locators, Call] = {}

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def call(self, *, established: bool = True) -> Locators:
        group, room = str(uuid.uuid4()), str(uuid.uuid4())
        call = self.world.start_call(group_id=group, room_id=room)
        if established:
            self.world.connect(call)
        locators = Locators(
            CallLocator(server_call_id=ServerCallId(call.server_call_id)),
            CallLocator(group_call_id=group),
            CallLocator(room_id=room),
            CallLocator(call_connection_id=CallConnectionId(call.call_connection_id)),
        )
        self._known[locators] = call
        return locators

    def establish(self, locators: Locators) -> None:
        self.world.connect(self._known[locators])

    def end(self, locators: Locators) -> None:
        self.world.end_call(self._known[locators])

    def recordings(self) -> int:
        return len(self.world.recordings) - self._before

    def arm(self, name: str, times: int = 1) -> None:
        self.world.arm(name, count=times)
