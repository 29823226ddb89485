"""The routes of the registered functions, as the worker indexes them."""

from collections.abc import Iterable
from dataclasses import dataclass

import azure.functions as func
from azure.functions.decorators.http import HttpTrigger


@dataclass(frozen=True, slots=True)
class Route:
    """One method of a function with an HTTP trigger.

    Attributes:
        operation: the function's name; for its second method, with that method.
        path: below the prefix, with parameters in braces.
        method: in upper case.
        words: what the function says of itself.
    """

    operation: str
    path: str
    method: str
    words: str


def routes_of(blueprints: Iterable[func.Blueprint]) -> list[Route]:
    """The routes of the functions of these blueprints; a function without methods has none."""
    app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)
    for blueprint in blueprints:
        app.register_functions(blueprint)
    found: list[Route] = []
    for function in app.get_functions():
        trigger, name = function.get_trigger(), str(function.get_function_name())
        if isinstance(trigger, HttpTrigger):
            words = (function.get_user_function().__doc__ or "").strip()
            for method in map(str, trigger.methods or ()):
                operation = name if all(one.operation != name for one in found) else f"{name} {method}"
                found.append(Route(operation, str(trigger.route), method, words))
    return found
