"""What is deployed: exactly the app, and the worker finds all its functions."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import venv
import zipfile
from importlib.metadata import files
from pathlib import Path

import pytest

from tools.package import ROOT, VIEWER, contents, pack

FUNCTIONS = {
    "erasure_state",
    "execute_erasure",
    "plan_erasure",
    "archive_chunk",
    "archive_urgent_chunk",
    "calls_callbacks",
    "attest_consent",
    "calls_events",
    "decide_chunk",
    "decide_recording",
    "cancel_export",
    "docs",
    "docs_asset",
    "decide_end",
    "drain_chunks",
    "drain_events",
    "drain_filing",
    "drain_jobs",
    "drain_ticks",
    "drain_urgent_chunks",
    "elsewhere",
    "end_hold",
    "explain_policy",
    "export_state",
    "file_record",
    "hand_in_events",
    "health",
    "link_export",
    "list_holds",
    "list_owed",
    "make_export",
    "make_hold",
    "list_recordings",
    "openapi_json",
    "pause_recording",
    "person_recordings",
    "recording_events_queued",
    "recording_file_status_updated",
    "recording_history",
    "recording_seal",
    "recording_state",
    "rebuild_catalog",
    "rebuild_state",
    "replay_policy",
    "recording_trail",
    "records_daily",
    "resume_recording",
    "retention_asked",
    "retention_plan",
    "save_people",
    "save_person",
    "search_recordings",
    "show_person",
    "run_job",
    "show_hold",
    "start_recording",
    "stop_recording",
    "sweep_tick",
    "sweep_timer",
    "verify_trail",
    "watch_jobs",
    "withdraw_consent",
}
PAGE = {
    f"recording/entrypoints/openapi/viewer/{name}"
    for name in (
        "index.html",
        "start.js",
        "swagger-ui-bundle.js",
        "swagger-ui-bundle.js.LICENSE.txt",
        "swagger-ui.LICENSE.txt",
        "swagger-ui.NOTICE.txt",
        "swagger-ui.css",
    )
}
# The worker has these itself; requirements.txt must not need them.
WORKER = ("azure-functions-runtime", "azurefunctions-extensions-base")


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """The package, just made."""
    target = tmp_path / "package.zip"
    pack(ROOT, target)
    return target


@pytest.fixture(scope="session")
def app_python(pytestconfig: pytest.Config) -> Path:
    """A Python with only the packages of requirements.txt; made once for each requirements.txt."""
    requirements = ROOT / "requirements.txt"
    digest = hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()[:16]
    home = Path(pytestconfig.cache.mkdir("app-python")) / digest
    python, ready = home / "bin" / "python", home / "ready"
    if not ready.exists():
        venv.create(home, clear=True, with_pip=True)
        pip: list[str | Path] = [python, "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
        subprocess.run([*pip, "-r", requirements], check=True)
        ready.touch()
    return python


@pytest.fixture
def worker(tmp_path: Path) -> Path:
    """A folder with only the worker library, copied from the packages of this environment."""
    target = tmp_path / "worker"
    for name in WORKER:
        for file in files(name) or ():
            if file.suffix == ".py":
                (target / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file.locate(), target / file)
    return target


def project(root: Path, *names: str) -> Path:
    """A small project: these files, and those that every package needs."""
    needed = ("function_app.py", "host.json", "requirements.txt", "recording/__init__.py", VIEWER)
    program = ("tools/__init__.py", "tools/verify/__main__.py")
    for name in (*needed, *program, *names):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return root


def test_the_package_holds_the_app_alone(package: Path) -> None:
    """function_app.py, host.json, requirements.txt and recording/, without files that Python made; and a page.

    And the program that checks an export, which goes into each of them.
    """
    with zipfile.ZipFile(package) as opened:
        names = opened.namelist()
    tops = {name.split("/")[0] for name in names}
    assert {"function_app.py", "host.json", "requirements.txt", "recording", "tools"} == tops
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "recording").rglob("*.py")}
    program = {path.relative_to(ROOT).as_posix() for path in (ROOT / "tools" / "verify").glob("*.py")}
    tops -= {"recording", "tools"}
    assert modules | PAGE | program | {"tools/__init__.py"} | tops == set(names)


def test_what_python_makes_is_left_out(tmp_path: Path) -> None:
    """Compiled modules are not packed, at any depth."""
    root = project(tmp_path, "recording/core/model.py", "recording/core/__pycache__/model.cpython-313.pyc")
    assert [
        "function_app.py",
        "host.json",
        "recording/__init__.py",
        "recording/core/model.py",
        VIEWER,
        "requirements.txt",
        "tools/__init__.py",
        "tools/verify/__main__.py",
    ] == [path.as_posix() for path in contents(root)]


def test_the_same_files_make_the_same_bytes(tmp_path: Path) -> None:
    """Neither the time nor the folder changes the package."""
    first = project(tmp_path / "first", "recording/b.py", "recording/a.py")
    second = project(tmp_path / "second", "recording/a.py", "recording/b.py")
    for path in second.rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    pack(first, tmp_path / "first.zip")
    pack(second, tmp_path / "second.zip")
    assert (tmp_path / "first.zip").read_bytes() == (tmp_path / "second.zip").read_bytes()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """A project without host.json gives an error and no package."""
    root = project(tmp_path)
    (root / "host.json").unlink()
    with pytest.raises(FileNotFoundError, match=r"host\.json"):
        contents(root)


def test_what_is_packed_without_the_page_of_the_api_says_so(tmp_path: Path) -> None:
    """As azd's hook does on a machine where nothing is installed: a page for people holds up no deployment."""
    root = project(tmp_path)
    (root / VIEWER).unlink()
    for name in ("__init__.py", "package.py"):
        (root / "tools").mkdir(exist_ok=True)
        shutil.copy(ROOT / "tools" / name, root / "tools")
    command = [sys.executable, "-m", "tools.package"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)

    assert "/api/docs will say so" in done.stdout
    assert (root / "dist" / "recording-archive.zip").exists()


@pytest.mark.timeout(300)
def test_the_worker_finds_every_function(package: Path, app_python: Path, worker: Path, tmp_path: Path) -> None:
    """Every function is indexed with only requirements.txt installed and no setting set."""
    folder = tmp_path / "unpacked"
    with zipfile.ZipFile(package) as opened:
        opened.extractall(folder)
    command: list[str | Path] = [app_python, "-I", Path(__file__).with_name("index_functions.py"), worker]
    result = subprocess.run(
        command, cwd=folder, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=False
    )
    assert (0, FUNCTIONS) == (result.returncode, set(json.loads(result.stdout or "[]"))), result.stderr
