"""Microsoft's other clients, unmodified, start, pause, resume, stop, download and delete against the local ACS."""

import json
import os
import queue
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from local.acs import LocalAcs

ROOT = Path(__file__).parents[2]
CLIENTS = ROOT / "tests" / "clients"
JAVASCRIPT = CLIENTS / "node_modules" / "@azure" / "communication-call-automation"
NODE = Path(sys.executable).with_name("node")
OLDER_PYTHON = ROOT / ".local" / "clients" / "bin" / "python"
SESSIONS: Mapping[str, tuple[Path, Path, Path]] = {
    "JavaScript": (NODE, CLIENTS / "session.mjs", JAVASCRIPT),
    "an older Python": (OLDER_PYTHON, CLIENTS / "session.py", OLDER_PYTHON),
}
"""By client: the program that runs its session, the session, and what `make clients` installs for it."""
STATES = ["inactive", "active", "inactive", "active"]
"""What is told at the start, then when asked: at once, while paused, once resumed."""
ENOUGH = 60


@pytest.mark.parametrize("client", SESSIONS)
def test_a_client_of_microsofts_has_the_whole_life_of_a_recording(client: str, tmp_path: Path) -> None:
    """Only environment variables lead it here: endpoint, key, proxy, and certificate authority."""
    program, session, installed = SESSIONS[client]
    if not installed.exists():
        pytest.skip(f"{installed.relative_to(ROOT)} is not there: run `make clients`")
    published: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    with LocalAcs(tmp_path / "acs", published.put) as acs:
        acs.world.publish_call_events = False
        call = acs.world.start_call(chunk_ms=[1_000])
        acs.world.connect(call)
        target = tmp_path / "downloaded.wav"
        environment = {**os.environ, **acs.environment()}
        with subprocess.Popen(
            [program, session, call.server_call_id, target],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as running:
            assert running.stdout is not None
            recorded = running.stdout.readline()
            if not recorded:
                pytest.fail(running.communicate(timeout=ENOUGH)[1])
            told = json.loads(recorded)
            (chunk,) = published.get(timeout=ENOUGH)["data"]["recordingStorageInfo"]["recordingChunks"]
            locations = {"content": chunk["contentLocation"], "removal": chunk["deleteLocation"]}
            _, errors = running.communicate(json.dumps(locations) + "\n", timeout=ENOUGH)

        (recording,) = acs.world.recordings.values()
        (stored,) = acs.world.objects.values()
        assert (0, "") == (running.returncode, errors)
        assert {"recordingId": recording.recording_id, "states": STATES} == told
        assert 1 == len(recording.pauses)
        assert stored.path.read_bytes() == target.read_bytes()
        assert not stored.exists
        assert [] == acs.world.refused_hosts
