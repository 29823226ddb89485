"""The first steps of a cold worker come at one moment, on several threads."""

import subprocess
import sys
from pathlib import Path

_STARTS = 12
_COLD = """
import sys, threading
from datetime import UTC, datetime
import msgspec
from recording.adapters import catalog
from recording.core.model import AnnouncedChunk, BlobName, Chunk, Digest, DocumentId, Location, Proof

proof = Proof(BlobName("n"), 1, Digest("a", 1), "e", datetime.now(UTC))
chunk = Chunk(AnnouncedChunk(DocumentId("d"), 0, Location("x"), None, None), BlobName("n"), proof=proof)

class Table:
    def query_entities(self, *_, **__):
        return [{"RowKey": "chunk-0000", "body": msgspec.json.encode(chunk)}]

ready = threading.Barrier(8)
def load():
    ready.wait()
    for _ in range(20):
        catalog.TableCatalog(Table()).load("r")

sys.setswitchinterval(1e-6)
threads = [threading.Thread(target=load) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""


def test_threads_that_are_the_first_to_read_the_catalog_live() -> None:
    """A decoder that builds itself at its first use ended one cold process in four by a segmentation fault."""
    root = Path(__file__).parents[2]

    ends = [subprocess.run([sys.executable, "-c", _COLD], cwd=root, check=False).returncode for _ in range(_STARTS)]

    assert [0] * _STARTS == ends
