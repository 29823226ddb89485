"""`python -m tools.installing WHAT -- COMMAND…`: runs an installer, shows progress, explains a failure.

The installer's output goes to `.local/setup.log`. Runs before anything is installed: standard library only.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from pathlib import Path
from typing import IO

LOG = Path(".local") / "setup.log"
_TAIL = 12  # lines
_EVERY = 10.0  # seconds between two lines, where a line cannot be rewritten

_UNREACHABLE = (
    "NewConnectionError|NameResolutionError|ConnectTimeout|ReadTimeout|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|"
    "ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT"
)
_UNTRUSTED = "CERTIFICATE_VERIFY_FAILED|SELF_SIGNED_CERT|UNABLE_TO_GET_ISSUER|UNABLE_TO_VERIFY"
_OWN_INDEX = "An index of your own is set by PIP_INDEX_URL or `pip config`, and by npm_config_registry or ~/.npmrc."
_CAUSES = {
    "ProxyError|Tunnel connection failed|ERR_INVALID_PROXY": (
        "the proxy does not lead to {index}. Look at HTTPS_PROXY and NO_PROXY."
    ),
    _UNTRUSTED: "the certificate of {index} is not trusted. Name its authority in PIP_CERT and NODE_EXTRA_CA_CERTS.",
    _UNREACHABLE: (f"{{index}} cannot be reached. Is there a network? Behind a proxy, set HTTPS_PROXY.\n{_OWN_INDEX}"),
    r"\bE40[13]\b|40[13] Client Error": f"{{index}} requires credentials.\n{_OWN_INDEX}",
    r"from versions: none|\bE404\b|404 Client Error": (
        f"{{index}} answers, but does not have {{package}} at all: is it the right index?\n{_OWN_INDEX}"
    ),
    r"from versions: \S|\bETARGET\b": (
        "{index} has {package}, but not in the version that is pinned here: is it older than the public one?"
    ),
    "ENOSPC|No space left": "the disk is full. A setup takes some 900 MB.",
    "EACCES|EROFS|EPERM|Permission denied|Read-only file system": "something here must not be written; see the log.",
}
"""By a pattern in the installer's output; the first match counts."""

_INDEX = re.compile(r"(?:Looking in indexes: |request to |GET )(\w+://)(?:[^/\s@]*@)?([^/\s,]+)")
_PACKAGE = re.compile(r"requirement ([\w.\[\]-]+)|requested resource '(@?[^@']+)")


def explanation(output: str) -> str:
    """Why an installer failed, for a person who has never used it; the end of its output if the cause is unknown."""
    index, package = _INDEX.search(output), _PACKAGE.search(output)
    words = {
        "index": f"{index[1]}{index[2]}" if index else "the index of packages",
        "package": (package[1] or package[2]) if package else "a package",
    }
    for pattern, cause in _CAUSES.items():
        if re.search(pattern, output):
            return cause.format_map(words)
    return "it said:\n" + "\n".join(f"  {line}" for line in output.splitlines()[-_TAIL:])


def main(arguments: list[str]) -> int:
    """Run the command; its exit status."""
    what, _, *command = arguments
    LOG.parent.mkdir(parents=True, exist_ok=True)
    try:
        status, output = _run(command)
    except KeyboardInterrupt:
        print(f"\nStopped. The next make goes on with {what}.", file=sys.stderr)
        return 128 + signal.SIGINT
    if status:
        print(f"Could not install {what}: {explanation(output)}\nAll of it: {LOG}", file=sys.stderr)
    return status


def _run(command: list[str]) -> tuple[int, str]:
    lines: deque[str] = deque(maxlen=2000)
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    ) as process:
        assert process.stdout  # noqa: S101 - PIPE was asked for; Popen's type cannot say so
        reader = threading.Thread(target=_keep, args=(process.stdout, lines), daemon=True)
        reader.start()
        _show_progress(process, lines)
        reader.join()
        return process.returncode, "".join(lines)


def _keep(stream: IO[str], lines: deque[str]) -> None:
    with LOG.open("a", encoding="utf-8") as log:
        for line in stream:
            log.write(line)
            lines.append(line)


def _show_progress(process: subprocess.Popen[str], lines: deque[str]) -> None:
    """Until it ends: how long it has run, and its last line; on a terminal one line, which is rewritten."""
    began = told = time.monotonic()
    rewritten = sys.stdout.isatty()
    while True:
        try:
            process.wait(1.0)
            break
        except subprocess.TimeoutExpired:
            now = time.monotonic()
            if not rewritten and now - told < _EVERY:
                continue
            told = now
            text = f"    {now - began:3.0f} s  {lines[-1].strip() if lines else ''}"
            text = text[: shutil.get_terminal_size().columns - 1]
            print(f"\r\033[K{text}" if rewritten else text, end="" if rewritten else "\n", flush=True)
    if rewritten:
        print("\r\033[K", end="", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
