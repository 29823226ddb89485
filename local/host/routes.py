"""Route templates with ASP.NET's rules, and the function that a path belongs to."""

import re
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Self
from urllib.parse import unquote

from local.host.bindings import Function, HttpTrigger
from local.host.refusal import AppRefusedError

type Constraint = Callable[[str], bool]

_RESERVED = ("admin", "runtime")  # the real host compares beginnings, so "administration" is refused as well
_PARAMETER = re.compile(r"\{(\*{0,2})(\w+)((?::[^{}:=?]+(?:\([^{}]*\))?)*)(\?)?\}")


@dataclass(frozen=True, slots=True)
class _Segment:
    """One segment of a template: a literal, or a parameter."""

    literal: str = ""
    parameter: str = ""
    constraints: tuple[Constraint, ...] = ()
    optional: bool = False
    rest: bool = False

    @property
    def rank(self) -> int:
        """ASP.NET's order of precedence: the lowest is tried first."""
        if self.literal:
            return 1
        return (4 if self.rest else 2) + (0 if self.constraints else 1)


@dataclass(frozen=True, slots=True)
class Route:
    """A function and the template it answers to, prefix included."""

    function: Function
    trigger: HttpTrigger
    template: str
    segments: tuple[_Segment, ...]

    @classmethod
    def of(cls, function: Function, trigger: HttpTrigger, prefix: str) -> Self:
        """Parses a function's template.

        Raises:
            AppRefusedError: the template conflicts with the host's own routes, or cannot be parsed.
        """
        if trigger.route.lower().startswith(_RESERVED):
            raise AppRefusedError(
                f"function {function.name!r}: the route {trigger.route!r} conflicts with the host's own"
            )
        template = "/".join(filter(None, (prefix, trigger.route)))
        try:
            segments = tuple(_segment(part) for part in template.split("/") if part)
        except ValueError as error:
            raise AppRefusedError(f"function {function.name!r}: route {trigger.route!r}: {error}") from error
        return cls(function, trigger, template, segments)

    def matched(self, parts: Sequence[str]) -> dict[str, str] | None:
        """The parameters' values if the path's parts fit, else None."""
        params: dict[str, str] = {}
        for number, segment in enumerate(self.segments):
            value = "/".join(parts[number:]) if segment.rest else parts[number] if number < len(parts) else ""
            if segment.literal:
                if segment.literal.lower() != value.lower():
                    return None
            elif value and all(fits(value) for fits in segment.constraints):
                params[segment.parameter] = value
            elif value or not (segment.optional or segment.rest):
                return None
        open_ended = bool(self.segments) and self.segments[-1].rest
        return params if open_ended or len(parts) <= len(self.segments) else None


class Routes:
    """All routes of an app, in the order in which they are tried."""

    def __init__(self, functions: Iterable[Function], prefix: str) -> None:
        """Collects the routes.

        Raises:
            AppRefusedError: a route cannot be read, or two functions claim the same one for the same method.
        """
        routes: list[Route] = []
        reasons: list[str] = []
        for function in functions:
            if isinstance(function.trigger, HttpTrigger):
                try:
                    route = Route.of(function, function.trigger, prefix)
                except AppRefusedError as refused:
                    reasons.extend(refused.reasons)
                    continue
                reasons.extend(
                    f"function {function.name!r}: the route {route.trigger.route!r} conflicts with the route "
                    f"defined by function {other.function.name!r}"
                    for other in routes
                    if _conflict(route.trigger, other.trigger)
                )
                routes.append(route)
        if reasons:
            raise AppRefusedError(*reasons)
        self._routes = sorted(routes, key=lambda route: ([segment.rank for segment in route.segments], route.template))

    def find(self, method: str, raw_path: str) -> tuple[Route, dict[str, str]] | None:
        """The route for a method and a path as it came over the wire, with its parameters decoded once."""
        parts = [_decoded(part) for part in raw_path.strip("/").split("/")] if raw_path.strip("/") else []
        for route in self._routes:
            if not route.trigger.methods or method in route.trigger.methods:
                params = route.matched(parts)
                if params is not None:
                    return route, params
        return None

    def template_of(self, function: Function) -> str:
        """The path template of an HTTP function, from the slash on."""
        return next("/" + route.template for route in self._routes if route.function == function)


def _conflict(one: HttpTrigger, other: HttpTrigger) -> bool:
    if one.route.lower() != other.route.lower():
        return False
    return not one.methods or not other.methods or bool(one.methods & other.methods)


def _decoded(part: str) -> str:
    # As in ASP.NET an encoded slash stays encoded: decoded, it would be a separator.
    return unquote(re.sub("%2f", "%252F", part, flags=re.IGNORECASE))


def _segment(part: str) -> _Segment:
    if "{" not in part and "}" not in part:
        return _Segment(literal=part)
    match = _PARAMETER.fullmatch(part)
    if match is None:
        raise ValueError(f"{part!r} is a form of segment the local host does not read")
    stars, name, constraints, optional = match.groups()
    return _Segment(
        parameter=name,
        constraints=tuple(_constraint(text) for text in re.findall(r":(\w+(?:\([^{}]*\))?)", constraints)),
        optional=bool(optional),
        rest=bool(stars),
    )


def _constraint(text: str) -> Constraint:
    name, _, arguments = text.rstrip(")").partition("(")
    known = _CONSTRAINTS.get(name.lower())
    if known is None:
        raise ValueError(f"unknown constraint {text!r}; known are {', '.join(_CONSTRAINTS)}")
    return partial(known, arguments)


def _guid(_: str, value: str) -> bool:
    try:
        uuid.UUID(value)
    except ValueError:
        return False
    return True


def _number(_: str, value: str) -> bool:
    return re.fullmatch(r"[+-]?\d+(\.\d+)?", value) is not None


def _length(arguments: str, value: str) -> bool:
    low, _, high = arguments.partition(",")
    return int(low) <= len(value) <= int(high or low)


def _range(arguments: str, value: str) -> bool:
    low, _, high = arguments.partition(",")
    return re.fullmatch(r"-?\d+", value) is not None and int(low) <= int(value) <= int(high)


_CONSTRAINTS: dict[str, Callable[[str, str], bool]] = {
    "int": lambda _, value: re.fullmatch(r"[+-]?\d{1,10}", value) is not None and -(2**31) <= int(value) < 2**31,
    "long": lambda _, value: re.fullmatch(r"[+-]?\d{1,19}", value) is not None and -(2**63) <= int(value) < 2**63,
    "bool": lambda _, value: value.lower() in {"true", "false"},
    "guid": _guid,
    "alpha": lambda _, value: re.fullmatch(r"[A-Za-z]+", value) is not None,
    "decimal": _number,
    "double": _number,
    "float": _number,
    "length": _length,
    "minlength": lambda least, value: len(value) >= int(least),
    "maxlength": lambda most, value: len(value) <= int(most),
    "min": lambda least, value: re.fullmatch(r"-?\d+", value) is not None and int(value) >= int(least),
    "max": lambda most, value: re.fullmatch(r"-?\d+", value) is not None and int(value) <= int(most),
    "range": _range,
    "regex": lambda pattern, value: re.search(pattern, value, re.IGNORECASE) is not None,
}
