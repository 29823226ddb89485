"""Where a running stack is reached: what `make up` writes down, and `make status` and its guide read."""

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
        """Those of the stack in a folder; None if it has not come so far."""
        try:
            return cls(**json.loads((folder / _NAME).read_text()))
        except FileNotFoundError:
            return None

    def write(self, folder: Path) -> None:
        """For whoever may read the folder: keys are in it, of this stack alone, and good only on this machine."""
        path = folder / _NAME
        path.touch(mode=0o600)
        path.write_text(json.dumps(asdict(self)))
