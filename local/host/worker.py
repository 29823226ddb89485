"""The interface to `azure-functions-runtime`, the real worker library: no other module uses its untyped code.

The library indexes function_app.py, refuses what the real runtime refuses, converts inputs and outputs, and
runs functions: a `def` on its thread pool, an `async def` on one event loop. That loop has a thread of its
own here, as the real worker has a process of its own: a function that blocks it delays other async functions, but
not the host, which renews leases and answers callers.
"""

import asyncio
import importlib
import json
import logging
import os
import secrets
import sys
import threading
import traceback
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self

from azure_functions_runtime import handle_event, native_invocation, start_threadpool_executor
from azure_functions_runtime.bindings.datumdef import Datum
from azure_functions_runtime.bindings.meta import load_binding_registry

from local.host.bindings import Function, function_from
from local.host.payloads import Binary, HttpAnswer, HttpCall, Json, Payload, Text
from local.host.refusal import AppRefusedError

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Result:
    """How a run in the worker ended; outputs by binding name, what was returned under `$return`."""

    succeeded: bool
    outputs: Mapping[str, Payload] = field(default_factory=dict)
    error: str = ""


class Worker:
    """One app, indexed and ready to run. One for each process: the library keeps its functions in globals."""

    def __init__(self, functions: tuple[Function, ...]) -> None:
        self.functions = functions
        start_threadpool_executor()
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._serve, name="worker-loop", daemon=True).start()

    @classmethod
    def index(cls, app: Path) -> Self:
        """Imports and indexes the app's function_app.py as the real worker does, from the app's folder alone.

        Raises:
            AppRefusedError: the import failed, the library refused a binding, or there is no function at all.
        """
        os.chdir(app)
        # `-m` put first the folder the host was started from; on the real platform there is only the app.
        sys.path[0] = str(app)
        importlib.invalidate_caches()
        handle_event.protos = _protos()
        load_binding_registry()
        try:
            handle_event.load_function_metadata(str(app), caller_info="local.host")
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a SystemExit at import is a failed import as well
            traceback.print_exc(file=sys.stderr)
            reason = str(error).split(" Please check the requirements.txt")[0]
            raise AppRefusedError(f"the app could not be indexed: {type(error).__name__}: {reason}") from error
        indexed: list[Any] = handle_event._metadata_result or []  # noqa: SLF001 - the library has no other way to ask
        if not indexed:
            raise AppRefusedError(f"0 functions found in {app / 'function_app.py'}")
        return cls(_parsed(indexed))

    async def run(
        self,
        function: Function,
        invocation: str,
        inputs: Mapping[str, Payload],
        metadata: Mapping[str, Payload],
    ) -> Result:
        """Runs a function once. An exception becomes a failed result, its traceback is in the log."""
        return await asyncio.wrap_future(self._submit(function, invocation, inputs, metadata))

    def _submit(
        self,
        function: Function,
        invocation: str,
        inputs: Mapping[str, Payload],
        metadata: Mapping[str, Payload],
    ) -> Future[Result]:
        return asyncio.run_coroutine_threadsafe(_run(function, invocation, inputs, metadata), loop=self._loop)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            # A function called sys.exit: like the real worker, this one ends instead of hanging.
            log.critical("worker.died")
            logging.shutdown()
            os._exit(1)


async def _run(
    function: Function, invocation: str, inputs: Mapping[str, Payload], metadata: Mapping[str, Payload]
) -> Result:
    trace_parent = f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"
    ok, returned, outputs, error, _ = await native_invocation.invocation_request_native(
        invocation,
        function.worker_id,
        [(name, _datum(payload)) for name, payload in inputs.items()],
        {name: _datum(payload) for name, payload in metadata.items()},
        trace_parent,
    )
    if not ok:
        return Result(succeeded=False, error=str(error))
    try:
        given = {name: _payload(datum) for name, datum in [*outputs, ("$return", returned)]}
    except (TypeError, ValueError) as wrong:
        log.exception("worker.output_refused name=%s", function.name)
        return Result(succeeded=False, error=repr(wrong))
    return Result(succeeded=True, outputs={name: value for name, value in given.items() if value is not None})


def _parsed(indexed: Iterable[Any]) -> tuple[Function, ...]:
    functions: list[Function] = []
    reasons: list[str] = []
    for found in indexed:
        try:
            functions.append(function_from(found.name, found.function_id, found.raw_bindings))
        except AppRefusedError as refused:
            reasons.extend(refused.reasons)
    if reasons:
        raise AppRefusedError(*reasons)
    return tuple(functions)


def _protos() -> SimpleNamespace:
    """Replaces the protobuf module: the library uses these three types only."""

    class BindingInfo(SimpleNamespace):
        undefined = 0
        out = 1
        inout = 2

    setattr(BindingInfo, "in", 0)  # a keyword, so not to be written above
    return SimpleNamespace(
        BindingInfo=BindingInfo, RpcFunctionMetadata=SimpleNamespace, RpcRetryOptions=SimpleNamespace
    )


def _datum(payload: Payload) -> Any:  # noqa: ANN401 - the library's Datum has no types
    match payload:
        case Text(value):
            return Datum(value, "string")
        case Binary(value):
            return Datum(value, "bytes")
        case Json(text):
            return Datum(text, "json")
        case HttpCall(method, url, headers, query, params, body):
            call = {
                "method": Datum(method, "string"),
                "url": Datum(url, "string"),
                "headers": {name: Datum(value, "string") for name, value in headers.items()},
                "query": {name: Datum(value, "string") for name, value in query.items()},
                "params": {name: Datum(value, "string") for name, value in params.items()},
                "body": Datum(body, "bytes"),
            }
            return Datum(call, "http")
        case HttpAnswer():
            raise TypeError("an answer is not an input")


def _payload(datum: Any) -> Payload | None:  # noqa: ANN401 - the library's Datum has no types
    if datum is None or datum.type is None:
        return None
    match datum.type:
        case "string":
            return Text(datum.value)
        case "bytes":
            return Binary(datum.value)
        case "json":
            return Json(datum.value)
        case "http":
            return _answer(datum.value)
        case "dict" | "list" | "int" | "double" | "bool":
            return Json(json.dumps(datum.value))
        case other:
            raise TypeError(f"an output of the type {other!r} is not known here")


def _answer(value: Mapping[str, Any]) -> HttpAnswer:
    cookies = value.get("cookies") or ()
    return HttpAnswer(
        status=int(value["status_code"].value),
        headers={name: str(datum.value) for name, datum in value["headers"].items()},
        cookies=tuple(morsel.OutputString() for cookie in cookies for morsel in cookie.values()),
        body=value["body"].value,
    )
