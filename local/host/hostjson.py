"""host.json, with the overrides from the environment that the real host honours."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.host.refusal import AppRefusedError

_OVERRIDE = "azurefunctionsjobhost__"


@dataclass(frozen=True, slots=True)
class QueueOptions:
    """extensions.queues: times in seconds."""

    batch_size: int
    new_batch_threshold: int
    max_dequeue_count: int
    max_polling_interval: float
    visibility_timeout: float
    base64: bool


@dataclass(frozen=True, slots=True)
class HostJson:
    """The values of host.json that this host uses; a function timeout of None means none."""

    route_prefix: str
    function_timeout: float | None
    has_extension_bundle: bool
    queues: QueueOptions


def load_host_json(path: Path, environment: Mapping[str, str]) -> HostJson:
    """Reads host.json under its overrides, such as `AzureFunctionsJobHost__extensions__queues__batchSize`.

    Raises:
        AppRefusedError: not JSON, not version 2.0, or a value out of the real host's range; says which.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise AppRefusedError(f"{path}: {error}") from error
    if not isinstance(content, dict) or content.get("version") != "2.0":
        raise AppRefusedError(f'{path}: "version" must be "2.0"')
    flat = _flat(content) | {
        name.lower().removeprefix(_OVERRIDE): value
        for name, value in environment.items()
        if name.lower().startswith(_OVERRIDE)
    }
    read = _Reader(flat, path)
    batch_size = read.integer("extensions__queues__batchsize", 16, 1, 32)
    options = HostJson(
        route_prefix=str(flat.get("extensions__http__routeprefix", "api")).strip("/"),
        function_timeout=read.timeout("functiontimeout", 1800),
        has_extension_bundle="extensionbundle__id" in flat,
        queues=QueueOptions(
            batch_size=batch_size,
            new_batch_threshold=read.integer("extensions__queues__newbatchthreshold", batch_size // 2, 0, 10**6),
            max_dequeue_count=read.integer("extensions__queues__maxdequeuecount", 5, 1, 10**6),
            max_polling_interval=read.span("extensions__queues__maxpollinginterval", 60, 0.1),
            visibility_timeout=read.span("extensions__queues__visibilitytimeout", 0, 0),
            base64=read.choice("extensions__queues__messageencoding", "base64", ("base64", "none")) == "base64",
        ),
    )
    if read.reasons:
        raise AppRefusedError(*read.reasons)
    return options


def _flat(content: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in content.items():
        key = prefix + name.lower()
        flat |= _flat(value, key + "__") if isinstance(value, dict) else {key: value}
    return flat


class _Reader:
    """Reads single values and gathers what is wrong with them."""

    def __init__(self, flat: Mapping[str, Any], path: Path) -> None:
        self._flat = flat
        self._path = path
        self.reasons: list[str] = []

    def integer(self, key: str, default: int, low: int, high: int) -> int:
        raw = self._flat.get(key, default)
        if re.fullmatch(r"-?\d+", str(raw)) and low <= int(raw) <= high:
            return int(raw)
        return self._refuse(key, raw, f"a whole number from {low} to {high}", default)

    def span(self, key: str, default: float, low: float) -> float:
        raw = self._flat.get(key)
        seconds = default if raw is None else seconds_of(str(raw))
        if seconds is not None and seconds >= low:
            return seconds
        return self._refuse(key, raw, f"a time span hh:mm:ss of at least {low:g} s", default)

    def timeout(self, key: str, default: float) -> float | None:
        if str(self._flat.get(key)) in {"-1", "-00:00:01"}:
            return None
        return self.span(key, default, 1)

    def choice(self, key: str, default: str, choices: tuple[str, ...]) -> str:
        raw = str(self._flat.get(key, default))
        return raw.lower() if raw.lower() in choices else self._refuse(key, raw, " or ".join(choices), default)

    def _refuse[T](self, key: str, raw: object, wanted: str, default: T) -> T:
        self.reasons.append(f"{self._path}: {key.replace('__', '.')} is {raw!r}; it must be {wanted}")
        return default


def seconds_of(text: str) -> float | None:
    """Reads a .NET time span, [d.]hh:mm:ss[.fff], into seconds; None for any other text."""
    match = re.fullmatch(r"(?:(\d+)\.)?(\d{1,2}):(\d{1,2}):(\d{1,2}(?:\.\d+)?)", text.strip())
    if match is None:
        return None
    days, hours, minutes, seconds = match.groups()
    return int(days or 0) * 86400 + int(hours) * 3600 + int(minutes) * 60 + float(seconds)
