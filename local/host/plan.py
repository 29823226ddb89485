"""What an app needs, validated and resolved before it is served: routes, queues, connections, schedules."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Self

from local.host.bindings import (
    TRIGGER_TYPES,
    EventGridTrigger,
    Function,
    HttpTrigger,
    QueueOutput,
    QueueTrigger,
    TimerTrigger,
)
from local.host.cron import Schedule
from local.host.hostjson import HostJson
from local.host.outputs import Target
from local.host.queues import Source
from local.host.refusal import AppRefusedError
from local.host.routes import Routes
from local.host.settings import connection_string, resolve
from local.host.storage import is_queue_name


@dataclass(frozen=True, slots=True)
class Plan:
    """An app that can be served: queue outputs by function and binding name, schedules by function name."""

    functions: tuple[Function, ...]
    routes: Routes
    sources: tuple[Source, ...]
    targets: Mapping[tuple[str, str], Target]
    schedules: Mapping[str, Schedule]


@dataclass(frozen=True, slots=True)
class Limits:
    """The host's own times in seconds, each as on Azure unless the environment makes it shorter."""

    lease: int
    answer: float
    drain: float

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> Self:
        """LOCAL_HOST_LEASE_SECONDS (600), LOCAL_HOST_ANSWER_SECONDS (230), LOCAL_HOST_DRAIN_SECONDS (10).

        Raises:
            AppRefusedError: one of them is not a positive number.
        """

        def seconds(name: str, default: str) -> float:
            try:
                value = float(environment.get(name, default))
            except ValueError:
                value = 0
            if value <= 0:
                raise AppRefusedError(f"{name} is {environment[name]!r}; it must be a number of seconds above 0")
            return value

        return cls(
            lease=max(1, round(seconds("LOCAL_HOST_LEASE_SECONDS", "600"))),
            answer=seconds("LOCAL_HOST_ANSWER_SECONDS", "230"),
            drain=seconds("LOCAL_HOST_DRAIN_SECONDS", "10"),
        )


def plan_for(functions: Iterable[Function], host_json: HostJson, environment: Mapping[str, str]) -> Plan:
    """Resolves what the functions' bindings name.

    Raises:
        AppRefusedError: all that is missing or wrong, in the whole app, at once.
    """
    functions = tuple(functions)
    reasons: list[str] = []
    sources: list[Source] = []
    targets: dict[tuple[str, str], Target] = {}
    schedules: dict[str, Schedule] = {}
    for function in functions:
        resolved = _Resolved(function.name, environment, reasons)
        needs_extension = isinstance(function.trigger, EventGridTrigger | QueueTrigger)
        if isinstance(function.trigger, QueueTrigger):
            connection, queue = resolved.queue(function.trigger.connection, function.trigger.queue)
            sources.append(Source(function, function.trigger, connection, queue))
        if isinstance(function.trigger, TimerTrigger):
            schedule = resolved.schedule(function.trigger.schedule)
            if schedule is not None:
                schedules[function.name] = schedule
        for output in function.outputs:
            if isinstance(output, QueueOutput):
                needs_extension = True
                targets[function.name, output.name] = Target(*resolved.queue(output.connection, output.queue))
        if needs_extension and not host_json.has_extension_bundle:
            reasons.append(
                f"function {function.name!r}: its bindings come from an extension, and host.json has no extensionBundle"
            )
    routes = _routes(functions, host_json.route_prefix, reasons)
    if reasons or routes is None:
        raise AppRefusedError(*reasons)
    return Plan(functions, routes, tuple(sources), targets, schedules)


def described(plan: Plan) -> list[dict[str, str]]:
    """The functions for the line that says the host is ready: name, type, and a route if they have one."""
    described = []
    for function in plan.functions:
        entry = {"name": function.name, "type": TRIGGER_TYPES[type(function.trigger)]}
        if isinstance(function.trigger, HttpTrigger):
            entry["route"] = plan.routes.template_of(function)
        described.append(entry)
    return described


def _routes(functions: Iterable[Function], prefix: str, reasons: list[str]) -> Routes | None:
    try:
        return Routes(functions, prefix)
    except AppRefusedError as refused:
        reasons.extend(refused.reasons)
        return None


class _Resolved:
    """Resolves what one function's bindings name; what is wrong is added to the reasons."""

    def __init__(self, name: str, environment: Mapping[str, str], reasons: list[str]) -> None:
        self._name = name
        self._environment = environment
        self._reasons = reasons

    def queue(self, connection: str, queue: str) -> tuple[str, str]:
        """Connection string and queue name."""
        return (
            self._or_reason(lambda: connection_string(connection, self._environment)) or "",
            self._or_reason(lambda: self._queue_name(queue)) or "",
        )

    def schedule(self, text: str) -> Schedule | None:
        """The schedule of a timer."""
        return self._or_reason(lambda: self._schedule(text))

    def _queue_name(self, text: str) -> str:
        name = resolve(text, self._environment)
        if not is_queue_name(name):
            raise AppRefusedError(
                f"{name!r} is no valid queue name: 3 to 63 of a-z, 0-9 and single hyphens between them"
            )
        return name

    def _schedule(self, text: str) -> Schedule:
        try:
            return Schedule.parse(resolve(text, self._environment))
        except ValueError as error:
            raise AppRefusedError(str(error)) from error

    def _or_reason[T](self, resolved: Callable[[], T]) -> T | None:
        try:
            return resolved()
        except AppRefusedError as refused:
            self._reasons.extend(f"function {self._name!r}: {reason}" for reason in refused.reasons)
            return None
