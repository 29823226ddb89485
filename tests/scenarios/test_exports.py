"""An export through the host and Azurite: asked for, made by its job, fetched by a link, and proven offline."""

import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests

from local.stack import Stack, wait_for
from tests.scenarios.sounds import short_wav
from tests.scenarios.worlds import assert_archived, given


def test_a_package_is_fetched_by_its_link_and_proves_itself(stack: Stack, tmp_path: Path) -> None:
    """Whoever has the link needs nothing else: no key, no account; only Python, to check it."""
    content = short_wav(131)
    found = given(stack, [content])
    found.publish()
    assert_archived(stack, found.recording)
    wait_for(lambda: state(stack, found.id)["completedAt"], "the manifest")
    asked = {"purpose": "file 47", "by": "ada", "rule": "whole", "recordingIds": [found.id]}
    reply = stack.call("POST", "exports", json=asked)
    assert requests.codes.accepted == reply.status_code
    export = reply.json()["exportId"]

    wait_for(lambda: stack.call("GET", f"exports/{export}").json()["state"] != "running", "the export to be made")
    done = stack.call("GET", f"exports/{export}").json()
    assert ("done", {"complete": 1, "partly": 0, "damaged": 0, "absent": 0}) == (done["state"], done["outcomes"])
    link = stack.call("POST", f"exports/{export}/link", json={"purpose": "file 47", "by": "ada", "minutes": 5}).json()
    package = requests.get(link["url"], timeout=30).content
    assert done["length"] == len(package)
    with zipfile.ZipFile(BytesIO(package)) as opened:
        assert opened.testzip() is None
        opened.extractall(tmp_path)
    checked = subprocess.run([sys.executable, "verify", "."], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (0, "") == (checked.returncode, checked.stderr), checked.stdout
    assert [content] == [path.read_bytes() for path in (tmp_path / "archive").rglob("*.wav")]
    assert requests.codes.conflict == stack.call("POST", f"exports/{export}/cancel").status_code
    assert requests.codes.not_found == stack.call("GET", "exports/none").status_code


def state(stack: Stack, recording_id: str) -> dict[str, Any]:
    answer: dict[str, Any] = stack.call("GET", f"recordings/{quote(recording_id, safe='')}").json()
    return answer
