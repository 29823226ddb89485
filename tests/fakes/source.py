"""The service's storage in memory; its faults have the names of the local media host's faults."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count

from recording.core.errors import (
    HostileLocation,
    RecordingError,
    SourceBusy,
    SourceGone,
    SourceNotReady,
    SourceRefused,
    SourceUnexpected,
    SourceUnreachable,
    TransferBroken,
)
from recording.core.locations import check_location
from recording.core.model import Location, Proof

LONGEST_BLOCK = 20.0
"""Timeout in seconds of a stalled transfer that nobody aborts, so that a failing test does not hang."""
PAGE = b"<!DOCTYPE html>\n<html><head><title>200 OK</title></head><body></body></html>\n"


@dataclass
class FakeTransfer:
    """`Transfer` over bytes.

    `body` is what is sent; with `breaks` the connection breaks after it. With `stalls` a transfer calls it, then
    sends nothing until it is aborted.
    """

    location: Location
    offset: int
    length: int | None
    total: int | None
    body: bytes
    validators: str = ""
    content_type: str = "application/octet-stream"
    breaks: bool = False
    stalls: Callable[[], object] | None = None

    def __post_init__(self) -> None:
        self.aborted = threading.Event()
        self.delivered = 0

    def readinto(self, view: memoryview) -> int:
        if self.stalls:
            self.stalls()
            self.aborted.wait(LONGEST_BLOCK)
        if self.aborted.is_set():
            raise TransferBroken("read source", "aborted")
        piece = self.body[self.delivered : self.delivered + len(view)]
        if view and not piece and (self.breaks or self.delivered < (self.length or 0)):
            raise TransferBroken("read source", f"broke after {self.delivered} bytes")
        view[: len(piece)] = piece
        self.delivered += len(piece)
        return len(piece)

    def abort(self) -> None:
        self.aborted.set()


@dataclass
class Fault:
    """An armed fault: how often it occurs, after how many good replies, and at which byte of the content."""

    name: str
    times: int | None = 1
    after: int = 0
    at: int | None = None
    amount: int = 1
    retry_after: float | None = None


@dataclass
class Opened:
    """A request for content that passed the allow-list."""

    location: Location
    offset: int
    length: int | None


@dataclass
class FakeSource:
    """`Source`.

    Attributes:
        contents: content by location.
        validators: ETag and Last-Modified of every reply.
        ignores_ranges: whether every range is answered with the whole content.
        on_stall: called when a transfer stalls.
        on_open: called for every request for content.
        opened: every request for content, in order.
        served: bytes sent, over all transfers.
        deletions: every location of a delete request.
        redirects: the location from which a location's content is served.
        redirecting: whether content is served by a regional host, to which the first redirects.
    """

    contents: dict[Location, bytes] = field(default_factory=dict)
    validators: str = ""
    ignores_ranges: bool = False
    on_stall: Callable[[], object] = bool
    on_open: Callable[[], object] = bool
    opened: list[Opened] = field(default_factory=list)
    served: int = 0
    deletions: list[Location] = field(default_factory=list)
    redirects: dict[Location, Location] = field(default_factory=dict)
    redirecting: bool = False

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = count(1)
        self._faults: list[Fault] = []

    def add(self, content: bytes) -> Location:
        """Add a content; its location."""
        location = Location(f"https://eu-api.asm.skype.com/v1/objects/object-{next(self._numbers)}/content/audio")
        self.contents[location] = content
        return location

    def arm(
        self,
        name: str,
        *,
        times: int | None = 1,
        after: int = 0,
        at: int | None = None,
        amount: int = 1,
        retry_after: float | None = None,
    ) -> None:
        """Arm a fault of the local media host, by its name."""
        self._faults.append(Fault(name, times, after, at, amount, retry_after))

    def disarm(self) -> None:
        """End all faults."""
        self._faults.clear()

    def armed(self) -> set[str]:
        """The names of the faults that have not occurred yet."""
        return {fault.name for fault in self._faults if fault.times != 0}

    @contextmanager
    def open(self, location: Location, offset: int = 0, length: int | None = None) -> Iterator[FakeTransfer]:
        check_location(location, "location")
        self.on_open()
        with self._lock:
            self.opened.append(Opened(location, offset, length))
            fault = self._strike("content", *((0, None) if self.ignores_ranges else (offset, length)))
        if fault is not None and (error := _refusal(fault)) is not None:
            raise error
        transfer = self._transfer(location, offset, length)
        if fault is not None and fault.name == "slow_body":
            transfer = replace(transfer, stalls=self.on_stall)
        elif fault is not None:
            transfer = _BENDS[fault.name](transfer, fault, self.contents[self._place(location)])
        try:
            yield transfer
        finally:
            with self._lock:
                self.served += transfer.delivered

    def delete(self, location: Location, proof: Proof) -> bool:
        check_location(location, "location")
        with self._lock:
            self.deletions.append(location)
            fault = self._strike("delete", 0, None)
            if fault and fault.name == "delete_404":
                return False
            error = _refusal(fault) if fault else None
            if error is None or (fault and fault.name == "delete_response_lost"):
                prefix = location.partition("/content/")[0]
                gone = [place for place in self.contents if place.partition("/content/")[0] == prefix]
                for place in gone:
                    del self.contents[place]
                if error is None:
                    return bool(gone)
        raise error

    def _transfer(self, location: Location, offset: int, length: int | None) -> FakeTransfer:
        place = self._place(location)
        if place not in self.contents:
            raise SourceGone("read source", "404 Not Found", ids={"status": "404"})
        content = self.contents[place]
        if length is None or self.ignores_ranges or not content:
            offset, length = 0, len(content)
        body = content[offset : offset + length]
        served = Location(place.replace("//eu-api.asm.", "//eu-prod.as.asm.")) if self.redirecting else place
        return FakeTransfer(served, offset, len(body), len(content), body, self.validators)

    def _place(self, location: Location) -> Location:
        asked = Location(location.replace("//eu-prod.as.asm.", "//eu-api.asm."))
        return self.redirects.get(asked, asked)

    def _strike(self, operation: str, offset: int, length: int | None) -> Fault | None:
        for fault in self._faults:
            if fault.times == 0 or fault.name.startswith("delete_") != (operation == "delete"):
                continue
            if fault.at is not None and not (offset <= fault.at and (length is None or fault.at < offset + length)):
                continue
            if fault.after:
                fault.after -= 1
                continue
            if fault.times is not None:
                fault.times -= 1
            return fault
        return None


def _refusal(fault: Fault) -> RecordingError | None:
    """The error of a fault that replaces the reply; None if the fault changes the body."""
    status = _STATUS.get(fault.name, "")
    kind = _KINDS.get(status)
    if kind is SourceBusy:
        return SourceBusy("read source", status, ids={"status": status}, retry_after=fault.retry_after)
    return kind("read source", status, ids={"status": status}) if kind else None


_KINDS: dict[str, type[RecordingError]] = {
    "404": SourceGone,
    "410": SourceGone,
    "400": SourceNotReady,
    "401": SourceRefused,
    "403": SourceRefused,
    "409": SourceUnexpected,
    "loop": SourceUnexpected,
    "429": SourceBusy,
    "500": SourceBusy,
    "502": SourceBusy,
    "503": SourceBusy,
    "none": SourceUnreachable,
    "hostile": HostileLocation,
}
_STATUS = {
    "not_ready_404": "404",
    "gone_410": "410",
    "bad_request_html": "400",
    "unauthorized_mid_copy": "401",
    "forbidden": "403",
    "busy_429": "429",
    "busy_503": "503",
    "retry_after_day": "503",
    "slow_head": "none",
    "slow_refusal": "503",
    "server_error_500": "500",
    "server_error_502": "502",
    "hang": "none",
    "redirect_elsewhere": "hostile",
    "redirect_http": "hostile",
    "redirect_loop": "loop",
    "redirect_back": "loop",
    "delete_400": "409",  # for the port the same: a status that says nothing about the object
    "delete_409": "409",
    "delete_401": "401",
    "delete_403": "403",
    "delete_500": "500",
    "delete_503": "503",
    "delete_response_lost": "none",
}


def _zero_bytes(transfer: FakeTransfer, _fault: Fault, _content: bytes) -> FakeTransfer:
    return replace(transfer, offset=0, length=0, total=0, body=b"")


def _html(transfer: FakeTransfer, _fault: Fault, _content: bytes) -> FakeTransfer:
    return replace(transfer, offset=0, length=len(PAGE), total=len(PAGE), body=PAGE, content_type="text/html")


def _cut(transfer: FakeTransfer, fault: Fault, _content: bytes) -> FakeTransfer:
    cut = len(transfer.body) // 2 if fault.at is None else fault.at - transfer.offset
    return replace(transfer, body=transfer.body[:cut], breaks=True)


def _contradiction(transfer: FakeTransfer, _fault: Fault, _content: bytes) -> FakeTransfer:
    raise TransferBroken("read source", "Content-Range and Content-Length differ")


def _overlong(transfer: FakeTransfer, fault: Fault, _content: bytes) -> FakeTransfer:
    return replace(transfer, body=transfer.body + b"x" * fault.amount)


def _ignored(transfer: FakeTransfer, _fault: Fault, content: bytes) -> FakeTransfer:
    return replace(transfer, offset=0, length=len(content), body=content)


def _shifted(transfer: FakeTransfer, fault: Fault, content: bytes) -> FakeTransfer:
    offset = min(transfer.offset + fault.amount, len(content) - 1)
    body = content[offset : offset + len(transfer.body)]
    return replace(transfer, offset=offset, length=len(body), body=body)


def _changed(transfer: FakeTransfer, _fault: Fault, _content: bytes) -> FakeTransfer:
    return replace(transfer, body=bytes(255 - value for value in transfer.body))


def _broken_every(transfer: FakeTransfer, fault: Fault, _content: bytes) -> FakeTransfer:
    return replace(transfer, body=transfer.body[: fault.amount], breaks=fault.amount < len(transfer.body))


def _short(transfer: FakeTransfer, _fault: Fault, _content: bytes) -> FakeTransfer:
    body = transfer.body[: max(1, len(transfer.body) // 2)]
    return replace(transfer, length=len(body), body=body)


def _paged(transfer: FakeTransfer, _fault: Fault, _content: bytes) -> FakeTransfer:
    return replace(transfer, body=PAGE.ljust(len(transfer.body))[: len(transfer.body)])


def _untotalled(transfer: FakeTransfer, _fault: Fault, content: bytes) -> FakeTransfer:
    return transfer if transfer.length == len(content) else replace(transfer, total=None)


def _longer(transfer: FakeTransfer, fault: Fault, content: bytes) -> FakeTransfer:
    return replace(transfer, total=len(content) + fault.amount)


def _lengthless(transfer: FakeTransfer, _fault: Fault, content: bytes) -> FakeTransfer:
    return replace(transfer, offset=0, length=None, total=None, body=content)


_BENDS: dict[str, Callable[[FakeTransfer, Fault, bytes], FakeTransfer]] = {
    "zero_bytes": _zero_bytes,
    "html_for_media": _html,
    "hang_mid_body": _cut,
    "reset_mid_body": _cut,
    "truncated_right_length": _cut,
    "truncated_chunked": _cut,
    "truncated_wrong_length": _contradiction,
    "extra_bytes": _contradiction,
    "range_ignored": _ignored,
    "range_shifted": _shifted,
    "content_changes": _changed,
    "length_changes": _longer,
    "breaks_every": _broken_every,
    "short_206": _short,
    "no_total": _untotalled,
    "no_length_200": _lengthless,
    "html_for_middle_range": lambda *met: replace(_paged(*met), content_type="text/html"),
    "untyped_html_for_middle_range": _paged,
    # Faults that the adapter hides.
    **dict.fromkeys(("odd_encoding_none", "odd_encoding_identity", "content_range_capital"), lambda met, *_: met),
    "range_not_satisfiable_416": lambda met, *_: met,
    # Faults that the local media host does not have.
    "overlong": _overlong,
    "untyped_html": lambda *met: replace(_html(*met), content_type=""),
}
