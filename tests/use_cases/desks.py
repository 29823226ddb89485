"""Starting and controlling over fakes, with a clock that a test sets."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

from recording.bootstrap import compose
from recording.calls.starting import Start
from recording.core.formats.api import StartRequest
from recording.core.model import (
    APP,
    CallEvent,
    CallLocator,
    CatalogEntry,
    Channel,
    Content,
    Format,
    Output,
    RecordingId,
)
from tests.environments import settings_of
from tests.fakes import FakeCalls, FakeCatalog, FakeConsents, FakeDirectory, FakeOpenWork, FakePrompts, FakeTopic
from tests.fakes.service import FakeCall

WAV = Output(Content.AUDIO, Channel.MIXED, Format.WAV)
MP3 = Output(Content.AUDIO, Channel.MIXED, Format.MP3)
_NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)


@dataclass
class Desk:
    """An app for calls. Its clock advances by a millisecond each time it is read."""

    catalog: FakeCatalog = field(default_factory=FakeCatalog)
    calls: FakeCalls = field(default_factory=FakeCalls)
    settings: Mapping[str, str] = field(default_factory=dict)
    _later: timedelta = timedelta()

    def __post_init__(self) -> None:
        self._looks = count()
        self._numbers = count(1)
        app = compose(
            settings_of(**self.settings),
            catalog=self.catalog,
            open_work=FakeOpenWork(),
            directory=FakeDirectory(),
            calls=self.calls,
            prompts=FakePrompts(),
            consents=FakeConsents(),
            topic=FakeTopic(),
            now=self.now,
            sleep=lambda _: None,
        )
        self.starting, self.controlling = app.beginning.starting, app.controlling

    def now(self) -> datetime:
        """The time."""
        return _NOON + self._later + timedelta(milliseconds=next(self._looks))

    def wait(self, time: timedelta) -> None:
        """Advance the clock."""
        self._later += time

    def event(self, call: FakeCall, *, by: str = "server", at: datetime | None = None) -> CallEvent:
        """A new event of a call, with the current time, and `server`, `connection` or `both` ids."""
        server, _, _, connection = call.locators
        return CallEvent(
            event_id=f"event-{next(self._numbers)}",
            server_call_id=server.server_call_id if by in {"server", "both"} else None,
            call_connection_id=connection.call_connection_id if by in {"connection", "both"} else None,
            at=at or self.now(),
        )

    def ask(
        self, locator: CallLocator, *, output: Output = WAV, request_id: str = "", pause_on_start: bool = False
    ) -> Start:
        """Request a recording as a person does."""
        return self.starting.start_requested(
            StartRequest(
                output,
                server_call_id=locator.server_call_id,
                group_call_id=locator.group_call_id,
                room_id=locator.room_id,
                call_connection_id=locator.call_connection_id,
                pause_on_start=pause_on_start,
                request_id=request_id,
            ),
            by=APP,
        )

    def entry(self, recording_id: RecordingId) -> CatalogEntry:
        """The catalog's entry."""
        return self.catalog.entries[recording_id]


def id_of(start: Start) -> RecordingId:
    """The recording of a start."""
    return start.entry.recording.recording_id
