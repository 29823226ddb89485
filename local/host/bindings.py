"""Functions as they were indexed: triggers and outputs, parsed from the worker library's raw bindings."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from local.host.refusal import AppRefusedError


@dataclass(frozen=True, slots=True)
class HttpTrigger:
    """A route below the prefix. No methods means all of them; the level is anonymous, function or admin."""

    parameter: str
    route: str
    methods: frozenset[str]
    level: str


@dataclass(frozen=True, slots=True)
class EventGridTrigger:
    """Reached through the webhook, once for each event."""

    parameter: str


@dataclass(frozen=True, slots=True)
class QueueTrigger:
    """The queue's name and connection as written: `%SETTING%` is not resolved yet."""

    parameter: str
    queue: str
    connection: str
    binary: bool


@dataclass(frozen=True, slots=True)
class TimerTrigger:
    """A schedule of six fields as written: `%SETTING%` is not resolved yet."""

    parameter: str
    schedule: str
    run_on_startup: bool


@dataclass(frozen=True, slots=True)
class QueueOutput:
    """A queue to which what the function set or returned is written after it succeeded."""

    name: str
    queue: str
    connection: str


@dataclass(frozen=True, slots=True)
class HttpOutput:
    """The answer to the caller: `$return`, or a parameter's name."""

    name: str


type Trigger = HttpTrigger | EventGridTrigger | QueueTrigger | TimerTrigger
type Output = QueueOutput | HttpOutput


@dataclass(frozen=True, slots=True)
class Function:
    """One function of the app; `worker_id` is what the worker library knows it by."""

    name: str
    worker_id: str
    trigger: Trigger
    outputs: tuple[Output, ...]


TRIGGER_TYPES = {
    HttpTrigger: "httpTrigger",
    EventGridTrigger: "eventGridTrigger",
    QueueTrigger: "queueTrigger",
    TimerTrigger: "timerTrigger",
}


def function_from(name: str, worker_id: str, raw_bindings: Iterable[str]) -> Function:
    """Parses one function's raw bindings (JSON texts in the shape of function.json).

    Raises:
        AppRefusedError: a trigger or binding this host does not know, or there is not exactly one trigger.
    """
    bindings = [json.loads(raw) for raw in raw_bindings]
    triggers = [binding for binding in bindings if str(binding["type"]).lower().endswith("trigger")]
    others = [binding for binding in bindings if binding not in triggers]
    if len(triggers) != 1:
        raise AppRefusedError(f"function {name!r} has {len(triggers)} triggers; it must have exactly one")
    trigger = _parse(name, "trigger", triggers[0], _TRIGGERS)
    outputs = tuple(_parse(name, "binding", binding, _OUTPUTS) for binding in others)
    return Function(name, worker_id, trigger, outputs)


def _parse[T](
    name: str,
    what: str,
    binding: Mapping[str, Any],
    known: Mapping[str, Callable[[str, Mapping[str, Any]], T]],
) -> T:
    kind = str(binding["type"])
    parse = next((parse for key, parse in known.items() if key.lower() == kind.lower()), None)
    if parse is None:
        raise AppRefusedError(
            f"function {name!r}: the local host does not know the {what} type {kind!r}; it knows {', '.join(known)}"
        )
    return parse(name, binding)


def _http_trigger(name: str, binding: Mapping[str, Any]) -> HttpTrigger:
    level = str(binding.get("authLevel") or "function").lower()
    if level not in {"anonymous", "function", "admin"}:
        raise AppRefusedError(f"function {name!r}: unknown authLevel {level!r}")
    methods = frozenset(str(method).upper() for method in binding.get("methods") or ())
    return HttpTrigger(str(binding["name"]), str(binding.get("route") or name).strip("/"), methods, level)


def _queue_trigger(_: str, binding: Mapping[str, Any]) -> QueueTrigger:
    return QueueTrigger(
        str(binding["name"]),
        str(binding["queueName"]),
        str(binding.get("connection") or "Storage"),
        str(binding.get("dataType", "")).upper() == "BINARY",
    )


def _timer_trigger(_: str, binding: Mapping[str, Any]) -> TimerTrigger:
    return TimerTrigger(str(binding["name"]), str(binding["schedule"]), bool(binding.get("runOnStartup")))


def _queue_output(name: str, binding: Mapping[str, Any]) -> QueueOutput:
    if str(binding["direction"]).upper() != "OUT":
        raise AppRefusedError(f"function {name!r}: a queue binding must have the direction out")
    return QueueOutput(str(binding["name"]), str(binding["queueName"]), str(binding.get("connection") or "Storage"))


_TRIGGERS: dict[str, Callable[[str, Mapping[str, Any]], Trigger]] = {
    "httpTrigger": _http_trigger,
    "eventGridTrigger": lambda _, binding: EventGridTrigger(str(binding["name"])),
    "queueTrigger": _queue_trigger,
    "timerTrigger": _timer_trigger,
}
_OUTPUTS: dict[str, Callable[[str, Mapping[str, Any]], Output]] = {
    "queue": _queue_output,
    "http": lambda _, binding: HttpOutput(str(binding["name"])),
}
