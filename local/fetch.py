"""Downloads a blob of the local stack: `python -m local.fetch CONTAINER BLOB FILE`.

Of the stack of `make up`, or of the account that ARCHIVE_STORAGE names.
"""

import os
import sys
from pathlib import Path

from azure.storage.blob import BlobClient

from local.claim import folder_for, is_claimed
from local.running import Running


def main(container: str, blob: str, file: str) -> int:
    """Write the content of the blob into the file; 1 if no stack runs."""
    storage = os.environ.get("ARCHIVE_STORAGE") or _running()
    if not storage:
        print("No stack runs in .local/up: make up starts one. Of another one, set ARCHIVE_STORAGE.", file=sys.stderr)
        return 1
    with BlobClient.from_connection_string(storage, container, blob) as client:
        Path(file).write_bytes(client.download_blob().readall())
    return 0


def _running() -> str:
    folder = folder_for("up", "")
    running = Running.read(folder) if is_claimed(folder) else None
    return running.storage if running else ""


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
