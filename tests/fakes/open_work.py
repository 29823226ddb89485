"""The open work, the state of the sweep and the directory in memory."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count

from recording.core.errors import InvalidRequest
from recording.core.model import Opening, RecordingId
from recording.core.naming import encode
from recording.ports import DayPage, OpenPage, OpenRow, SweepState

type Key = tuple[str, str]


@dataclass
class FakeOpenWork:
    """`OpenWork` and `SweepStates`. `calls` are all requests so far."""

    rows: dict[Key, OpenRow] = field(default_factory=dict)
    state: SweepState = field(default_factory=SweepState)
    calls: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._versions = count(1)

    def put(self, recording_id: RecordingId, opening: Opening, at: datetime) -> None:
        self.calls.append("put")
        self.rows[_key(recording_id, opening)] = OpenRow(recording_id, opening, at, at)

    def remove(self, recording_id: RecordingId, opening: Opening) -> None:
        self.calls.append("remove")
        self.rows.pop(_key(recording_id, opening), None)

    def remove_old(self, recording_id: RecordingId, opening: Opening, before: datetime) -> bool:
        self.calls.append("remove old")
        row = self.rows.get(_key(recording_id, opening))
        if row is None or row.since >= before:
            return False
        del self.rows[_key(recording_id, opening)]
        return True

    def touch(
        self,
        recording_id: RecordingId,
        opening: Opening,
        *,
        since: datetime | None = None,
        look_at: datetime | None = None,
        lives: Mapping[str, datetime] | None = None,
    ) -> None:
        self.calls.append("touch")
        row = self.rows.get(_key(recording_id, opening))
        if row is not None:
            self.rows[_key(recording_id, opening)] = replace(
                row, since=since or row.since, look_at=look_at or row.look_at, lives={**row.lives, **(lives or {})}
            )

    def has(self, recording_id: RecordingId, opening: Opening) -> bool:
        self.calls.append("has")
        return _key(recording_id, opening) in self.rows

    def page(self, limit: int, after: str = "") -> OpenPage:
        self.calls.append("page")
        keys = sorted(self.rows)
        found, following = _page_of(keys, limit, after)
        return OpenPage(tuple(self.rows[key] for key in found), following)

    def load(self) -> SweepState:
        self.calls.append("load")
        return self.state

    def save(self, state: SweepState) -> SweepState | None:
        self.calls.append("save")
        with self._lock:
            if state.version != self.state.version:
                return None
            self.state = replace(state, version=str(next(self._versions)))
            return self.state


@dataclass
class FakeThrottle:
    """`Throttle`."""

    until: datetime | None = None
    reads: int = 0

    def throttled_until(self) -> datetime | None:
        self.reads += 1
        return self.until

    def throttle(self, until: datetime) -> None:
        self.until = until


@dataclass
class FakeDirectory:
    """`Directory`."""

    days: dict[Key, RecordingId] = field(default_factory=dict)

    def add(self, recording_id: RecordingId, at: datetime) -> None:
        moment = at.astimezone(UTC)
        self.days[f"{moment:%Y%m%d}", f"{moment:%H%M%S%f}~{encode(recording_id)}"] = recording_id

    def page(self, day: datetime, limit: int, after: str = "", hour: int | None = None) -> DayPage:
        wanted, start = f"{day.astimezone(UTC):%Y%m%d}", "" if hour is None else f"{hour:02}"
        keys = sorted(key for key in self.days if key[0] == wanted and key[1].startswith(start))
        found, following = _page_of(keys, limit, after)
        return DayPage(tuple(self.days[key] for key in found), following)


def _key(recording_id: RecordingId, opening: Opening) -> Key:
    assert opening.at is not None
    return _hour(opening.at), f"{opening.at:%M}~{encode(recording_id)}~{opening.number}"


def _hour(moment: datetime) -> str:
    return f"{moment.year:04}{moment:%m%d%H}"


def _page_of(keys: list[Key], limit: int, after: str) -> tuple[list[Key], str]:
    first = tuple(after.split("\n")) if after else ("", "")
    if len(first) != 2:
        raise InvalidRequest("after", "not what an earlier page named as the next")
    left = [key for key in keys if key >= first]
    return left[:limit], "\n".join(left[limit]) if len(left) > limit else ""
