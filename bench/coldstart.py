"""`python -m bench.coldstart index|imports|exporter FILE`: the start of a new worker, or a part; prints CPU seconds.

`index` imports and indexes the app as the worker does, and writes to FILE the names of the modules that this loaded,
other than the app's. `imports` imports those modules, in the same order. `exporter` is what is added in Azure: the
exporter of spans and metrics, imported and begun by the first call of a function.
"""

import importlib
import json
import sys
import time
from contextlib import suppress
from pathlib import Path

sys.modules["aiohttp"] = None  # type: ignore[assignment] # used by the local stack, not deployed

from local.host.worker import Worker  # noqa: E402 - aiohttp must be hidden before

_NOWHERE = "InstrumentationKey=00000000-0000-0000-0000-000000000000;IngestionEndpoint=http://127.0.0.1:9/"
_OWN = ("recording", "function_app", "local", "bench")


def main(what: str, file: Path) -> None:
    """Measure it."""
    known = set(sys.modules)
    began = time.process_time()
    if what == "index":
        Worker.index(Path.cwd())
        print(time.process_time() - began)
        loaded = [name for name in sys.modules if name not in known and not name.startswith(_OWN)]
        file.write_text(json.dumps(loaded))
        return
    if what == "exporter":
        Worker.index(Path.cwd())
        from recording.adapters.monitor import export_to_monitor  # noqa: PLC0415 - the app must be indexed before

        began = time.process_time()
        export_to_monitor(_NOWHERE)
        print(time.process_time() - began)
        return
    names = json.loads(file.read_text())
    began = time.process_time()
    for name in names:
        with suppress(ImportError):  # optional modules that are not installed
            importlib.import_module(name)
    print(time.process_time() - began)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
