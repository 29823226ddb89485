"""One board of named faults, for every local service that can be told to fail.

A service has a table of faults, each with a stable name. A fault that is armed on the service's board strikes matching
requests: a number of them (`count`, None for all), after some that are answered normally (`after`).
"""

import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any, Protocol


class Named(Protocol):
    """A line of a table."""

    @property
    def name(self) -> str:
        """Its stable name."""
        ...


@dataclass(slots=True, eq=False)
class ArmedFault[Kind: Named, Occasion](ABC):
    """A line of the table, armed; services add conditions of their own.

    Attributes:
        kind: the line of the table.
        count: how often it strikes; None: each time.
        after: how many matching requests are answered normally first.
        seconds: how long it hangs, delays, or waits between pieces.
        retry_after: value of the Retry-After header of a status fault.
        hits: how often it has struck.
    """

    kind: Kind
    _: KW_ONLY
    count: int | None = 1
    after: int = 0
    seconds: float = 1.0
    retry_after: str | int | None = None
    hits: int = 0

    @property
    def name(self) -> str:
        """The name in the table."""
        return self.kind.name

    @property
    def spent(self) -> bool:
        """Whether it will not strike again."""
        return self.count is not None and self.hits >= self.count

    def stop(self) -> None:
        """Do not strike again."""
        self.count = self.hits

    @abstractmethod
    def fits(self, occasion: Occasion) -> bool:
        """Whether a request is one of those it is armed for."""


class FaultBoard[Occasion, Fault: ArmedFault[Any, Any]]:
    """The armed faults of one service; thread-safe."""

    def __init__(self) -> None:
        """Nothing is armed."""
        self._armed: list[Fault] = []
        self._lock = threading.Lock()

    def arm(self, fault: Fault) -> Fault:
        """Arm a fault; of several that match a request, the first one strikes."""
        with self._lock:
            self._armed.append(fault)
        return fault

    def armed(self) -> list[Fault]:
        """All that were armed since the last `clear`, spent ones included."""
        with self._lock:
            return list(self._armed)

    def clear(self) -> None:
        """Disarm all faults."""
        with self._lock:
            armed, self._armed = self._armed, []
        for fault in armed:
            fault.stop()

    def strike(self, occasion: Occasion) -> Fault | None:
        """Return the fault that this request meets, and count it; None for a normal answer."""
        with self._lock:
            for fault in self._armed:
                if fault.spent or not fault.fits(occasion):
                    continue
                if fault.after > 0:
                    fault.after -= 1
                    continue
                fault.hits += 1
                return fault
        return None


def fault_named[Kind](table: Mapping[str, Kind], name: str) -> Kind:
    """Return the line of a table; raises ValueError that lists the names."""
    try:
        return table[name]
    except KeyError:
        raise ValueError(f"no fault is called {name!r}; there are {', '.join(table)}") from None
