"""The Azure Functions of this app: what the host finds here is registered from `recording.entrypoints`."""

import os

import azure.functions as func

from recording.entrypoints import (
    calls,
    chunks,
    consent,
    decisions,
    file_events,
    health,
    poison,
    policy,
    recordings,
    sweep,
    trail,
)
from recording.entrypoints.callers import http_auth_level

app = func.FunctionApp(http_auth_level=http_auth_level(os.environ))
for module in (calls, recordings, consent, trail, decisions, policy, file_events, chunks, poison, sweep, health):
    app.register_functions(module.blueprint)
