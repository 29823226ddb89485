"""Log events with stable names and fields: `recording.chunk_copied recording_id=… bytes=…`.

The Functions worker forwards the message only, so the fields are part of it. They hold ids, numbers and causes; never
a URL, a key or a participant. One record is one line, as control characters are escaped; only `bug` adds a traceback.
"""

import logging
from collections.abc import Mapping

from recording.core.lines import shown

_LOGGER = logging.getLogger("recording")


def event(name: str, fields: Mapping[str, object], level: int = logging.INFO) -> None:
    """Write one line: the event's name, then its fields as `key=value`."""
    if _LOGGER.isEnabledFor(level):
        _LOGGER.log(level, "%s", _line(name, fields))


def bug(name: str, fields: Mapping[str, object], error: Exception) -> None:
    """Write one line and the traceback of an unexpected error."""
    _LOGGER.error("%s", _line(name, fields), exc_info=error)


def _line(name: str, fields: Mapping[str, object]) -> str:
    return " ".join((name, *(f"{key}={shown(value)}" for key, value in fields.items())))
