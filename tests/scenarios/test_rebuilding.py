"""All tables are thrown away, and the catalog is rebuilt through the host, by an app that only keeps the archive."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from azure.data.tables import TableServiceClient

from local.host import FunctionsHost
from local.stack import OPEN_TABLE, RECORDS_TABLE, ROOT, TABLE, Stack, wait_for
from tests.scenarios.conftest import SETTINGS, Described
from tests.scenarios.sounds import short_wav
from tests.scenarios.worlds import assert_archived, given, view


@pytest.fixture(scope="module")
def own_stack(tmp_path_factory: pytest.TempPathFactory, media_folder: Path) -> Iterator[Stack]:
    """A stack of its own: the tables of the others are theirs."""
    with Described(tmp_path_factory.mktemp("rebuilding"), settings=SETTINGS, media_folder=media_folder) as running:
        yield running


def test_a_catalog_that_was_thrown_away_is_rebuilt_by_an_app_that_only_keeps_the_archive(own_stack: Stack) -> None:
    """The recording is what it was, its trail is whole, nothing can be started, and health says so."""
    found = given(own_stack, [short_wav(501), short_wav(502)])
    found.publish()
    assert_archived(own_stack, found.recording)
    path = f"recordings/{quote(found.id, safe='')}"
    wait_for(lambda: own_stack.call("GET", f"{path}/trail/verify").json()["unwritten"] == 0, "its trail to be written")
    before = view(own_stack, found.id)
    own_stack.host.stop()
    tables = TableServiceClient.from_connection_string(own_stack.azurite.connection_string)
    for name in (TABLE, OPEN_TABLE, RECORDS_TABLE):
        tables.delete_table(name)
        tables.create_table(name)

    port = int(own_stack.host.url.rpartition(":")[2])
    keys = {"LOCAL_FUNCTION_KEY": own_stack.host.function_key, "LOCAL_SYSTEM_KEY": own_stack.host.system_key}
    environment = {**own_stack.environment(), **keys, "ACS_ENDPOINT": "", "ACS_ACCESS_KEY": ""}
    with FunctionsHost(ROOT, environment, log=own_stack.folder / "archive-only.log", port=port):
        assert 404 == own_stack.call("GET", path).status_code
        assert "ACS_ENDPOINT" in own_stack.call("GET", "health").json()["note"]
        job = own_stack.call("POST", "rebuild").json()

        def progress_of_done() -> dict[str, Any]:
            state: dict[str, Any] = own_stack.call("GET", f"rebuild/{job['jobId']}").json()
            return state["progress"] if state["state"] == "done" else {}

        progress = wait_for(progress_of_done, "the rebuild")
        assert (1, 0) == (progress["rebuilt"], progress.get("failed", 0))
        assert before == view(own_stack, found.id)
        assert own_stack.call("GET", f"{path}/trail/verify").json()["intact"]
        history = own_stack.call("GET", f"{path}/history").json()["history"]
        assert ["rebuilt"] == [one["what"] for one in history]
        body = {"serverCallId": "x", "content": "audio", "channel": "mixed", "format": "wav"}
        refused = own_stack.call("POST", "recordings", json=body)
        assert (503, True) == (refused.status_code, "ACS_ENDPOINT" in refused.text)
