"""The message when a package cannot be installed: the cause, what to check, and where the log is."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools.installing import explanation

ROOT = Path(__file__).parents[2]
NONE = "ERROR: Could not find a version that satisfies the requirement rich==14.0.0 (from versions: none)\n"
INDEX = "Looking in indexes: https://who:secret@mirror.invalid/simple, https://second.invalid/simple\n"


@pytest.mark.parametrize(
    ("output", "words"),
    [
        (
            f"{INDEX}WARNING: Retrying after 'NewConnectionError(': Name or service not known\n{NONE}",
            "Is there a network?",
        ),
        (
            f"{INDEX}WARNING: Retrying after 'ProxyError('Cannot connect to proxy.', NewConnectionError('\n{NONE}",
            "proxy",
        ),
        (f"{INDEX}SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]\n{NONE}", "PIP_CERT"),
        (f"{INDEX}{NONE}", "does not have rich at all"),
        (f"{INDEX}ERROR: HTTP error 401 Client Error: Unauthorized for url: x\n", "credentials"),
        (f"{INDEX}requirement rich==14.0.0 (from versions: 1.0, 2.0)\n", "not in the version"),
        (
            "npm error code ENOTFOUND\nnpm error network request to https://mirror.invalid/a failed\n",
            "Is there a network?",
        ),
        ("npm error code E404\nnpm error 404 Not found - GET https://mirror.invalid/a\n'a@1.0.0'", "right index"),
        ("npm error code ENOSPC\n", "900 MB"),
        ("PermissionError: [Errno 13] Permission denied: 'x'\n", "must not be written"),
        ("something else\n", "something else"),
    ],
)
def test_a_failure_is_explained_by_its_cause(output: str, words: str) -> None:
    """The index is named without the credentials of its address."""
    told = explanation(output)
    assert words in told
    assert "secret" not in told
    assert ("mirror.invalid" in output) == ("://mirror.invalid" in told)


def installed(tmp_path: Path, program: str) -> subprocess.CompletedProcess[str]:
    """A program, run as an installer."""
    command = [sys.executable, "-m", "tools.installing", "the thing", "--", sys.executable, "-c", program]
    environment = {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)


def test_what_an_installer_says_is_in_the_log_alone_while_all_is_well(tmp_path: Path) -> None:
    """Setup prints only what it does, and progress."""
    done = installed(tmp_path, "print('Collecting rich')")
    assert (0, "", "") == (done.returncode, done.stdout, done.stderr)
    assert "Collecting rich\n" == (tmp_path / ".local" / "setup.log").read_text()


def test_a_failed_installation_ends_with_its_cause_and_the_place_of_its_log(tmp_path: Path) -> None:
    """The exit status is the installer's."""
    done = installed(tmp_path, "print('npm error code ENOSPC'); raise SystemExit(3)")
    assert 3 == done.returncode
    assert [
        "Could not install the thing: the disk is full. A setup takes some 900 MB.",
        "All of it: .local/setup.log",
    ] == (done.stderr.splitlines())


def test_the_make_line_that_is_advised_where_there_is_no_python_names_a_target(tmp_path: Path) -> None:
    """`make PYTHON=…` alone would print the help."""
    for tool in ("cat", "dirname"):
        (tmp_path / tool).symlink_to(shutil.which(tool) or tool)
    command = ["/bin/sh", str(ROOT / "tools" / "find-python")]
    advised = subprocess.run(command, env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False)
    found = re.search(r"make (\w+) PYTHON=/", advised.stderr)
    assert 1 == advised.returncode
    assert found
    assert f"\n{found[1]}:" in (ROOT / "Makefile").read_text()
