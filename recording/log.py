"""Log events with stable names and fields: `recording.chunk_archived recording_id=… bytes=…`.

The Functions worker passes on the message alone, so the fields are in it. They hold ids, numbers and causes: never a
URL, a key or a participant.
"""

import json
import logging
from collections.abc import Mapping

_LOGGER = logging.getLogger("recording")


def event(name: str, fields: Mapping[str, object], level: int = logging.INFO) -> None:
    """Write one line: the event's name, then its fields as `key=value`, values with blanks in quotes."""
    if _LOGGER.isEnabledFor(level):
        _LOGGER.log(level, "%s", " ".join((name, *(f"{key}={_shown(value)}" for key, value in fields.items()))))


def _shown(value: object) -> str:
    text = f"{value:.3f}" if isinstance(value, float) else str(value)
    return json.dumps(text) if not text or any(mark in text for mark in ' "=\n\r\t') else text
