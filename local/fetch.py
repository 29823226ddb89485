"""Downloads a blob of the local stack: `python -m local.fetch CONTAINER BLOB FILE`, with ARCHIVE_STORAGE set."""

import os
import sys
from pathlib import Path

from azure.storage.blob import BlobClient


def main(container: str, blob: str, file: str) -> None:
    """Write the content of the blob into the file."""
    with BlobClient.from_connection_string(os.environ["ARCHIVE_STORAGE"], container, blob) as client:
        Path(file).write_bytes(client.download_blob().readall())


if __name__ == "__main__":
    main(*sys.argv[1:])
