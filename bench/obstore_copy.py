"""obstore, the Rust object store: ranged reads, several ahead, into its own multipart upload."""

import asyncio
import os
from collections import deque
from collections.abc import AsyncIterator
from itertools import count
from typing import Any

import obstore
from obstore.store import AzureStore, HTTPStore

from bench.servers import ACCOUNT, CONTAINER, TOKEN

_BLOCK = 16 << 20
_AHEAD = 4
_names = (f"chunk-{os.getpid()}-{number}" for number in count())


class ObstoreCopy:
    """Copies chunks; `options` has `source` and `sink`, base URLs."""

    def __init__(self, options: dict[str, Any]) -> None:
        allow: dict[str, Any] = {"allow_http": True}
        self._source = HTTPStore.from_url(options["source"], client_options=allow)
        self._sink = AzureStore(
            CONTAINER,
            account_name=ACCOUNT,
            sas_key=TOKEN,
            endpoint=f"{options['sink']}/{ACCOUNT}",
            client_options=allow,
        )

    def __call__(self, size: int) -> dict[str, float]:
        """Copy one chunk of `size` bytes."""
        asyncio.run(self._copy(size))
        return {}

    async def _copy(self, size: int) -> None:
        ranges = self._ranges(f"v1/{size}", size)
        await obstore.put_async(
            self._sink, next(_names), ranges, use_multipart=True, chunk_size=_BLOCK, max_concurrency=_AHEAD
        )

    async def _ranges(self, path: str, size: int) -> AsyncIterator[Any]:
        offsets = iter(range(0, size, _BLOCK))
        reading: deque[asyncio.Future[Any]] = deque()
        while True:
            while len(reading) < _AHEAD and (offset := next(offsets, None)) is not None:
                end = min(offset + _BLOCK, size)
                found = obstore.get_range_async(self._source, path, start=offset, end=end)
                reading.append(asyncio.ensure_future(found))
            if not reading:
                return
            yield await reading.popleft()
