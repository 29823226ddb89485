"""The Bicep compiler as a process that stays running: it compiles, formats and evaluates without network access."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

MISSING = (
    "cannot check the Bicep: no compiler on PATH, and az has none. "
    "Get it by `az bicep install`, or from the releases of github.com/Azure/bicep"
)
VARIABLES = {
    "AZURE_ENV_NAME": "production",
    "AZURE_LOCATION": "westeurope",
    "ALERT_EMAILS": "a@contoso.com, b@contoso.com",
}
"""What infra/main.bicepparam reads."""
SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"


def find_bicep() -> str | None:
    """The compiler on PATH, else the one that the Azure CLI has fetched for itself."""
    if found := shutil.which("bicep"):
        return found
    azure = Path(os.environ.get("AZURE_CONFIG_DIR", Path.home() / ".azure"))
    return shutil.which("bicep", path=azure / "bin")


class Refused(Exception):
    """The compiler cannot do it, or the template says that it cannot be deployed so."""


class Bicep:
    """A compiler process, asked by JSON-RPC, with variables for parameter files; a context manager."""

    def __init__(self, program: str, **variables: str) -> None:
        self._process = subprocess.Popen(
            [program, "jsonrpc", "--stdio"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **VARIABLES, **variables},
        )
        self._asked = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def _ask(self, method: str, **options: object) -> dict[str, Any]:
        self._asked += 1
        request = {"jsonrpc": "2.0", "id": self._asked, "method": f"bicep/{method}", "params": [options]}
        body = json.dumps(request).encode()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self._process.stdin.flush()
        headers = dict(line.split(b": ", 1) for line in iter(self._line, b""))
        reply = json.loads(self._process.stdout.read(int(headers[b"Content-Length"])))
        if "error" in reply:
            raise Refused(reply["error"]["message"])
        return dict(reply["result"])

    def _line(self) -> bytes:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def complaints(self, path: Path) -> list[str]:
        """What compiler and linter report for a file and its modules, except for old API versions."""
        found = self._ask(
            "compile" if path.suffix == ".bicep" else "compileParams", path=str(path), parameterOverrides={}
        )
        return [
            f"{Path(each['source']).name}:{each['range']['start']['line'] + 1}: {each['code']}: {each['message']}"
            for each in found["diagnostics"]
            if each["code"] != "use-recent-api-versions"
        ]

    def template(self, path: Path) -> dict[str, Any]:
        """A file as the ARM template that it compiles to."""
        return dict(json.loads(self._ask("compile", path=str(path))["contents"]))

    def parameters(self, path: Path) -> dict[str, Any]:
        """The values of a parameter file."""
        found = self._ask("compileParams", path=str(path), parameterOverrides={})
        if not found["success"]:
            raise Refused("\n".join(each["message"] for each in found["diagnostics"]))
        return {name: each["value"] for name, each in json.loads(found["parameters"])["parameters"].items()}

    def formatted(self, path: Path) -> str:
        """A file as the formatter writes it."""
        return str(self._ask("format", path=str(path))["contents"])

    def snapshot(self, parameters: Path) -> str:
        """What a deployment with these parameters would create, with every module evaluated; deterministic."""
        place = {"subscriptionId": SUBSCRIPTION, "location": "westeurope", "deploymentName": "main"}
        found = json.loads(self._ask("getSnapshot", path=str(parameters), metadata=place)["snapshot"])
        found["outputs"] = dict(sorted(found["outputs"].items()))  # their order is random
        return json.dumps(found, indent=2) + "\n"


def literal(value: object) -> str:
    """A value as Bicep writes it."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            plain = value.replace("\\", "\\\\").replace("'", "\\'").replace("${", "\\${").replace("\n", "\\n")
            return f"'{plain}'"
        case Mapping():
            return "{\n" + "".join(f"  {key}: {literal(each)}\n" for key, each in value.items()) + "}"
        case list() | tuple():
            return "[\n" + "".join(f"  {literal(each)}\n" for each in value) + "]"
    return str(value)


if __name__ == "__main__":
    program = find_bicep()
    if program is None:
        sys.exit(MISSING)
    sys.stdout.write(f"{program}\n")
