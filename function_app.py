"""The Azure Functions of this app: what the host finds here is registered from `recording.entrypoints`."""

import azure.functions as func

from recording.entrypoints import calls, chunks, consent, decisions, file_events, health, poison, recordings, sweep

app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)
for module in (calls, recordings, consent, decisions, file_events, chunks, poison, sweep, health):
    app.register_functions(module.blueprint)
