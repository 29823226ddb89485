"""The first messages of a new worker arrive concurrently on several threads."""

import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_STARTS = 6
_COLD = """
import sys, threading
from recording.adapters import catalog, rows
from recording.core.model import ChunkState
from tests.core.entries_of import chunk, entry_of

class Row(dict):
    metadata = {"etag": "e"}
entry = entry_of(chunk(0, ChunkState.ARCHIVED))
row = Row(rows.pack(entry))

class Table:
    def get_entity(self, *_, **__):
        return row

ready = threading.Barrier(8)
def load():
    ready.wait()
    for _ in range(20):
        catalog.TableCatalog(Table()).load(entry.recording.recording_id)

sys.setswitchinterval(1e-6)
threads = [threading.Thread(target=load) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""
_COLD_APP = """
import os, sys, threading
os.environ |= {"ACS_ENDPOINT": "https://contoso.communication.azure.com", "ACS_ACCESS_KEY": "AAAA",
    "ARCHIVE_STORAGE": "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=AAAA;" + "".join(
        f"{kind}Endpoint=http://127.0.0.1:1/a;" for kind in ("Blob", "Queue", "Table"))}
from recording.entrypoints import worker

sys.setswitchinterval(1e-6)
ready, found = threading.Barrier(8), []
def ask():
    ready.wait()
    found.append(worker.get_app())

threads = [threading.Thread(target=ask) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(len(found), len({id(app) for app in found}))
"""


def test_threads_that_are_the_first_to_read_the_catalog_live() -> None:
    """Building a decoder lazily on its first use caused a segmentation fault in one of four new processes."""
    ends = [subprocess.run([sys.executable, "-c", _COLD], cwd=_ROOT, check=False).returncode for _ in range(_STARTS)]

    assert [0] * _STARTS == ends


def test_threads_that_are_the_first_to_ask_for_the_app_get_the_same() -> None:
    """All copies of a worker share one memory budget."""
    found = subprocess.run([sys.executable, "-c", _COLD_APP], cwd=_ROOT, check=True, capture_output=True, text=True)

    assert "8 1" == found.stdout.strip()
