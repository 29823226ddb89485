"""The addresses of a running stack: `make up` writes them, `make status` reads them."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from local.stack import Stack

_NAME = "running.json"


@dataclass(frozen=True, slots=True)
class Running:
    """A running stack's addresses and keys."""

    app: str
    function_key: str
    control: str
    storage: str

    @classmethod
    def of(cls, stack: Stack) -> Self:
        """Those of a started stack."""
        return cls(
            app=f"{stack.host.url}/api",
            function_key=stack.host.function_key,
            control=stack.acs.control_url,
            storage=stack.azurite.connection_string,
        )

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """Those of the stack in a folder; None before it has started."""
        try:
            return cls(**json.loads((folder / _NAME).read_text()))
        except FileNotFoundError:
            return None

    def write(self, folder: Path) -> None:
        """Only for this user to read: it holds keys, valid for this stack and on this machine only."""
        path = folder / _NAME
        path.touch(mode=0o600)
        path.write_text(json.dumps(asdict(self)))
