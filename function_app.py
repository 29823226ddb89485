"""The Azure Functions of this app: what the host finds here is registered from `recording.entrypoints`."""

import os

import azure.functions as func

from recording.entrypoints import (
    calls,
    chunks,
    consent,
    decisions,
    docs,
    elsewhere,
    erasures,
    exports,
    file_events,
    filing,
    health,
    holds,
    people,
    poison,
    policy,
    rebuild,
    recordings,
    retention,
    sweep,
    trail,
)
from recording.entrypoints.callers import http_auth_level

blueprints = [
    module.blueprint
    for module in (
        calls,
        recordings,
        people,
        holds,
        retention,
        erasures,
        exports,
        consent,
        trail,
        decisions,
        policy,
        file_events,
        chunks,
        poison,
        sweep,
        filing,
        rebuild,
        health,
    )
]
blueprints.append(docs.blueprint_about(tuple(blueprints)))
blueprints.append(elsewhere.blueprint_beside(tuple(blueprints)))

app = func.FunctionApp(http_auth_level=http_auth_level(os.environ))
for blueprint in blueprints:
    app.register_functions(blueprint)
