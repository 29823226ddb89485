"""The rows of open work by hour, the state of the sweep, and the recordings of each day, in Table storage."""

import json
import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import msgspec
from azure.core.exceptions import AzureError

from recording import log
from recording.adapters.rows import decoded
from recording.adapters.sdk_errors import status_of
from recording.adapters.storage_errors import is_conflict, is_no_such_row, storage_error
from recording.adapters.table import Mark, Row, Table
from recording.core.errors import InvalidRequest, RecordingError
from recording.core.model import Opening, RecordingId
from recording.core.naming import encode
from recording.core.times import format_time, parse_time
from recording.ports import DayPage, OpenPage, OpenRow, SweepState

_MINUTE = "%Y%m%d%H%M"
_LIFE = "life"
_AFTER_HOURS = ":"
"""Greater than every hour, which consists of digits, and less than every other partition."""
_INVALID = 400
_SWEEP, _STATE, _THROTTLE = "sweep", "state", "throttle"
# Created at import: see `rows`.
_SWEEP_STATE = msgspec.json.Decoder(SweepState)


class TableOpenWork:
    """`OpenWork` and `SweepStates` over one table, which must exist: a partition for each hour, one for the sweep."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def put(self, recording_id: RecordingId, opening: Opening, at: datetime) -> None:
        """See `ports.OpenWork.put`."""
        partition, row = _keys(recording_id, opening)
        fields = {"recordingId": recording_id, "number": opening.number}
        times = {"since": format_time(at), "lookAt": format_time(at)}
        try:
            self._table.put({"PartitionKey": partition, "RowKey": row, **fields, **times})
        except AzureError as error:
            raise _error("open work", error, recording_id) from error

    def remove(self, recording_id: RecordingId, opening: Opening) -> None:
        """See `ports.OpenWork.remove`."""
        try:
            self._table.delete(*_keys(recording_id, opening))
        except AzureError as error:
            if not is_no_such_row(error):
                raise _error("close work", error, recording_id) from error

    def remove_old(self, recording_id: RecordingId, opening: Opening, before: datetime) -> bool:
        """See `ports.OpenWork.remove_old`."""
        keys = _keys(recording_id, opening)
        try:
            row, etag = self._table.get(*keys)
            is_old = (parse_time(row.get("since")) or before) < before
            if is_old:
                self._table.delete(*keys, etag)
        except AzureError as error:
            if is_no_such_row(error) or is_conflict(error):
                return False
            raise _error("close work", error, recording_id) from error
        return is_old

    def touch(
        self,
        recording_id: RecordingId,
        opening: Opening,
        *,
        since: datetime | None = None,
        look_at: datetime | None = None,
        lives: Mapping[str, datetime] | None = None,
    ) -> None:
        """See `ports.OpenWork.touch`."""
        partition, row = _keys(recording_id, opening)
        times = {"since": since, "lookAt": look_at, **(lives or {})}
        given = {name: format_time(at) for name, at in times.items() if at is not None}
        try:
            self._table.merge({"PartitionKey": partition, "RowKey": row, **given})
        except AzureError as error:
            if not is_no_such_row(error):
                raise _error("touch work", error, recording_id) from error

    def has(self, recording_id: RecordingId, opening: Opening) -> bool:
        """See `ports.OpenWork.has`."""
        try:
            self._table.get(*_keys(recording_id, opening))
        except AzureError as error:
            if is_no_such_row(error):
                return False
            raise _error("find work", error, recording_id) from error
        return True

    def page(self, limit: int, after: str = "") -> OpenPage:
        """See `ports.OpenWork.page`."""
        condition = f"PartitionKey ge '0' and PartitionKey lt '{_AFTER_HOURS}'"
        rows, following = page_of_rows(self._table, "list open work", condition, limit, after)
        return OpenPage(tuple(found for row in rows if (found := _open_row(row)) is not None), following)

    def load(self) -> SweepState:
        """See `ports.SweepStates.load`."""
        try:
            row, etag = self._table.get(_SWEEP, _STATE)
        except AzureError as error:
            if is_no_such_row(error):
                return SweepState()
            raise _error("load sweep", error) from error
        return replace(decoded(_SWEEP_STATE, row.get("body"), "load sweep", {}), version=etag)

    def save(self, state: SweepState) -> SweepState | None:
        """See `ports.SweepStates.save`."""
        row = {"PartitionKey": _SWEEP, "RowKey": _STATE, "body": msgspec.json.encode(state)}
        try:
            etag = self._table.replace(row, state.version) if state.version else self._table.insert(row)
        except AzureError as error:
            if is_no_such_row(error) or is_conflict(error):
                return None
            raise _error("save sweep", error) from error
        return replace(state, version=etag)


class TableThrottle:
    """`Throttle` over the table of open work."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def throttled_until(self) -> datetime | None:
        """See `ports.Throttle.throttled_until`."""
        try:
            row, _ = self._table.get(_SWEEP, _THROTTLE)
        except AzureError as error:
            if is_no_such_row(error):
                return None
            raise _error("read throttle", error) from error
        return parse_time(row.get("until"))

    def throttle(self, until: datetime) -> None:
        """See `ports.Throttle.throttle`."""
        try:
            self._table.put({"PartitionKey": _SWEEP, "RowKey": _THROTTLE, "until": format_time(until)})
        except AzureError as error:
            raise _error("write throttle", error) from error


class TableDirectory:
    """`Directory` over the catalog's table: a partition for each day. No recording has its key: see `naming.encode`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, recording_id: RecordingId, at: datetime) -> None:
        """See `ports.Directory.add`."""
        moment = at.astimezone(UTC)
        row = {"PartitionKey": _day(moment), "RowKey": f"{moment:%H%M%S%f}~{encode(recording_id)}"}
        try:
            self._table.put({**row, "recordingId": recording_id})
        except AzureError as error:
            raise _error("list recording", error, recording_id) from error

    def page(self, day: datetime, limit: int, after: str = "", hour: int | None = None) -> DayPage:
        """See `ports.Directory.page`."""
        condition = f"PartitionKey eq '{_day(day.astimezone(UTC))}'"
        if hour is not None:
            condition += f" and RowKey ge '{hour:02}' and RowKey lt '{hour + 1:02}'"
        rows, following = page_of_rows(self._table, "list recordings", condition, limit, after)
        return DayPage(tuple(RecordingId(row["recordingId"]) for row in rows), following)


def _keys(recording_id: RecordingId, opening: Opening) -> tuple[str, str]:
    """The partition is the hour and the row begins with the minute, so that the order of keys is that of time left."""
    if opening.at is None:
        raise AssertionError("an opening without a moment has no row")
    return _hour(opening.at), f"{opening.at.astimezone(UTC):%M}~{encode(recording_id)}~{opening.number}"


def _hour(moment: datetime) -> str:
    """The hour as a key, with four digits of the year: `strftime` gives fewer for the early years of a wrong event."""
    utc = moment.astimezone(UTC)
    return f"{utc.year:04}{utc:%m%d%H}"


def _day(moment: datetime) -> str:
    return f"day~{moment:%Y%m%d}"


def _open_row(row: Row) -> OpenRow | None:
    """The row; None for one that this app did not write, which must not keep the sweep from the others."""
    try:
        at = datetime.strptime(row["PartitionKey"] + row["RowKey"][:2], _MINUTE).replace(tzinfo=UTC)
        opening = Opening(at, int(row["number"]))
        recording_id, since, look_at = RecordingId(str(row["recordingId"])), _time(row["since"]), _time(row["lookAt"])
        signs = {name: parse_time(value) for name, value in row.items() if name.startswith(_LIFE)}
        lives = {name: at for name, at in signs.items() if at is not None}
        return OpenRow(recording_id, opening, since, look_at, lives)
    except (KeyError, ValueError, TypeError):
        keys = {"partition": row.get("PartitionKey"), "row": row.get("RowKey")}
        log.event("sweep.row_unreadable", keys, logging.ERROR)
        return None


def _time(text: object) -> datetime:
    moment = parse_time(text)
    if moment is None:
        raise ValueError("not a time")
    return moment


def page_of_rows(table: Table, operation: str, condition: str, limit: int, after: str) -> tuple[list[Row], str]:
    """A page of the rows that meet a condition, and `next`, from which the page after it is asked for."""
    try:
        rows, following = table.page(condition, limit, _mark_of(after))
    except AzureError as error:
        if after and status_of(error) == _INVALID:  # it is one by its form, and the service knows no such row
            raise _no_mark() from error
        raise _error(operation, error) from error
    return rows, "" if following is None else json.dumps(following)


def _mark_of(after: str) -> Mark | None:
    if not after:
        return None
    try:
        match json.loads(after):
            case [str(partition), str(row)]:
                return partition, row
    except (ValueError, RecursionError):
        pass
    raise _no_mark()


def _no_mark() -> InvalidRequest:
    return InvalidRequest("after", "not what an earlier page named as the next")


def _error(operation: str, error: AzureError, recording_id: RecordingId | None = None) -> RecordingError:
    return storage_error(operation, "table", error, {} if recording_id is None else {"recording_id": recording_id})
