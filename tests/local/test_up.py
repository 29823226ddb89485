"""`make up` for a new user: its guide works line by line, its folder is its own, Ctrl-C ends it."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from local.claim import LOCAL, folder_for, is_claimed
from local.host.launching import free_port
from tests.local.shell import Shell

ROOT = LOCAL.parent
WIDTH = 80


@dataclass(frozen=True)
class Up:
    """A running `make up`."""

    process: subprocess.Popen[str]
    name: str
    port: int
    printed: str

    @property
    def folder(self) -> Path:
        """Where it runs."""
        return folder_for("up", self.name)


def program(*arguments: str) -> list[str]:
    """The command line of one of the programs."""
    return [sys.executable, "-m", "local", *arguments]


@pytest.fixture(scope="module", autouse=True)
def nothing_stays() -> Iterator[None]:
    """Removes what the tests of this process have left below `.local`."""
    yield
    for left in LOCAL.glob(f"*-test-{os.getpid()}*"):
        left.unlink() if left.is_file() else shutil.rmtree(left)


def done(*arguments: str) -> subprocess.CompletedProcess[str]:
    """One of the programs, run to its end in a terminal of the default width."""
    environment = os.environ | {"COLUMNS": str(WIDTH)}
    return subprocess.run(program(*arguments), cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def up() -> Iterator[Up]:
    """One for all tests that do not end it, with proxies that do not exist."""
    name, port = f"test-{os.getpid()}", free_port()
    nowhere = dict.fromkeys(("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"), "http://127.0.0.1:1")
    with subprocess.Popen(
        program("up", "--name", name, "--port", str(port), "--set", "PAUSE_LIMIT_SECONDS=3600"),
        cwd=ROOT,
        env=os.environ | nowhere,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout
        printed = ""
        for line in process.stdout:
            printed += line
            if line.startswith("Ctrl-C ends it"):
                break
        yield Up(process, name, port, printed)
        process.terminate()


def lines_of(printed: str) -> list[str]:
    """The guide's lines; a function of several lines is one."""
    guide = printed[printed.index("# Everything runs") : printed.index("\n\n", printed.index("all of its faults"))]
    return re.findall(r"^(?:\S| {2}\S).*(?:\n {4}.*)*", guide, re.MULTILINE)


def test_the_guide_that_is_printed_is_a_session_that_works(up: Up) -> None:
    """All is pasted, prose too: from a call to a quarantined recording and its archive; status shows it meanwhile."""
    tells: dict[str, str] = {}
    answers = ""
    with Shell({"http_proxy": "http://127.0.0.1:1"}) as shell:
        for line in lines_of(up.printed):
            answer = shell.paste(line)
            answers += answer
            if reached := re.match(r"  reaches (\w+)", line):
                tells[reached[1]] = done("status", "--name", up.name).stdout
            if line.startswith("  ask ") and "()" not in line:
                assert "error" not in json.loads(answer), f"{line}: {answer}"
            else:
                assert answer == "", f"{line}: {answer}"
    assert {"released", "quarantined", "started"} == tells.keys()
    assert '"consent": {"kind": "announced"' in answers
    assert '"intact": true' in answers
    assert re.search(r'Press two to decline[^{]*"state": "ended"}\]}$', answers, re.MULTILINE)
    assert re.search(r"audio-mixed-wav\s+quarantined\s+media and metadata of", tells["quarantined"])
    assert re.search(r"RecordingQuarantined\s+\S+\s+it is not wav", tells["quarantined"])
    assert "content_changes (struck" in tells["quarantined"]
    assert re.search(r"audio-mixed-wav\s+released\s+nothing", tells["released"])
    assert re.search(r"RecordingArchived\s+\S+\s+1 chunk", tells["released"])
    assert re.search(r"recording-chunks 0 \(poison\s+0\)", tells["released"])
    assert [] == [line for told in tells.values() for line in told.splitlines() if len(line) > WIDTH]


def test_the_guide_fits_a_terminal(up: Up) -> None:
    """With its default folder."""
    printed = up.printed.replace(f"up-{up.name}", "up")
    assert "spans.jsonl and metrics.jsonl beside it" in printed
    assert [] == [line for line in printed.splitlines() if len(line) > WIDTH]


def test_a_second_one_leaves_the_folder_of_the_first_alone(up: Up) -> None:
    """On any port; the message names the first, and how to start a second."""
    before = sorted(up.folder.iterdir())
    second = done("up", "--name", up.name, "--port", str(free_port()))
    assert (1, "") == (second.returncode, second.stdout)
    assert f"make up runs already, on port {up.port}, process {up.process.pid}." in second.stderr
    assert (1, before) == (second.stderr.count("\n"), sorted(up.folder.iterdir()))


def test_a_port_in_use_is_told_before_anything_starts(up: Up) -> None:
    """In one line, with another port."""
    other = f"{up.name}-other"
    told = done("up", "--name", other, "--port", str(up.port))
    assert (1, "") == (told.returncode, told.stdout)
    assert f"It did not start: port {up.port} is taken. Try make up ARGS='--port {up.port + 1}'\n" == told.stderr


def test_a_setting_is_the_app_s(up: Up) -> None:
    """Also of a host that is started by Core Tools."""
    settings = json.loads((up.folder / "local.settings.json").read_text())
    assert "3600" == settings["Values"]["PAUSE_LIMIT_SECONDS"]


def test_a_setting_without_a_value_is_refused() -> None:
    """Before anything starts."""
    told = done("up", "--name", f"test-{os.getpid()}-unset", "--set", "API_AUTH")
    assert (2, "") == (told.returncode, told.stdout)
    assert "'API_AUTH' is not KEY=VALUE" in told.stderr


def test_a_name_that_leads_elsewhere_is_refused() -> None:
    """The folder would be emptied."""
    told = done("up", "--name", "../..")
    assert (1, 1) == (told.returncode, told.stderr.count("\n"))


def test_status_says_that_nothing_runs() -> None:
    """The message names the command that starts a stack."""
    told = done("status", "--name", f"test-{os.getpid()}-none")
    assert (1, "make up" in told.stderr) == (told.returncode, True)


@pytest.mark.parametrize(
    "after", ["", "Starting Azurite", "Ctrl-C ends it"], ids=["at once", "while it starts", "running"]
)
@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_ends_it_in_one_line(after: str) -> None:
    """At any moment, while another one runs; no process is left."""
    name = f"test-{os.getpid()}-interrupted"
    command = ["tools/interruptible", *program("up", "--name", name, "--port", str(free_port()))]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdout
        assert process.stderr
        try:
            assert not after or any(line.startswith(after) for line in process.stdout)
            for _ in range(2):
                os.killpg(process.pid, signal.SIGINT)
            told = process.stderr.read().strip().splitlines()
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
    assert told in ([], ["Terminated"], ["Stopping: stopped."])  # a Python that is still starting prints nothing
    assert process.returncode in {-signal.SIGINT, 128 + signal.SIGINT, 128 + signal.SIGTERM}
    assert not is_claimed(folder_for("up", name))
