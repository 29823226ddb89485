"""How the body of one answer is sent: normally, or changed by a fault."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from local.acs.faults import Fault

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


@dataclass(frozen=True, slots=True)
class Transfer:
    """A body to send: `length` bytes from `first`, of an object of `total` bytes.

    `announced` is the Content-Length, None for a chunked body. `pace` is the size of each piece in bytes, and the
    seconds between two. `stall` is the wait in seconds before a `reset` ending. Bytes past the object's end are
    zero. A `page` is sent instead of the object's bytes.
    """

    status: int
    first: int
    length: int
    total: int
    announced: int | None
    content_range: str | None
    ending: Literal["clean", "close", "reset"] = "clean"
    inverted: bool = False
    pace: tuple[int, float] | None = None
    stall: float = 0.0
    page: bool = False
    media_type: str = ""
    encoding: str = ""


def parse_range(header: str | None, total: int) -> tuple[int, int] | None:
    """The (first, last) bytes that a Range header requests; None for the whole.

    Raises ValueError if it contains no byte of the object. Any other header than one range is ignored, as HTTP allows.
    """
    match = _RANGE.fullmatch(header.strip()) if header else None
    if match is None or match.groups() == ("", ""):
        return None
    begin, end = match.groups()
    first = int(begin) if begin else max(0, total - int(end))
    last = min(int(end), total - 1) if begin and end else total - 1
    if first >= total or first > last:
        msg = f"no byte of {total} lies in {header}"
        raise ValueError(msg)
    return first, last


def ends_past(headers: Mapping[str, str], total: int) -> bool:
    """Whether the requested range ends after the object's end."""
    match = _RANGE.fullmatch(headers.get("Range", ""))
    return match is not None and match[2] != "" and int(match[2]) >= total


def good_transfer(asked: tuple[int, int] | None, total: int) -> Transfer:
    """206 for a range, 200 for the whole; Content-Range on both, as the real service does."""
    first, last = asked or (0, total - 1)
    length = last - first + 1
    status = 200 if asked is None else 206
    return Transfer(status, first, length, total, length, f"bytes {first}-{last}/{total}")


def with_fault(transfer: Transfer, fault: Fault) -> Transfer:
    """The transfer as the fault changes it; unchanged by faults that do not concern bodies."""
    change = _CHANGES.get(fault.name)
    return change(transfer, fault) if change else transfer


def _cut(transfer: Transfer, fault: Fault) -> int:
    return transfer.length // 2 if fault.at is None else fault.at - transfer.first


def _zero_bytes(transfer: Transfer, _: Fault) -> Transfer:
    return replace(transfer, status=200, length=0, announced=0, content_range=None)


def _hang_mid_body(transfer: Transfer, fault: Fault) -> Transfer:
    return replace(transfer, length=_cut(transfer, fault), ending="reset", stall=fault.seconds)


def _slow_body(transfer: Transfer, fault: Fault) -> Transfer:
    return replace(transfer, pace=(max(1, fault.amount), fault.seconds))


def _reset_mid_body(transfer: Transfer, fault: Fault) -> Transfer:
    return replace(transfer, length=_cut(transfer, fault), ending="reset")


def _truncated_right_length(transfer: Transfer, fault: Fault) -> Transfer:
    return replace(transfer, length=_cut(transfer, fault), ending="close")


def _truncated_wrong_length(transfer: Transfer, fault: Fault) -> Transfer:
    cut = _cut(transfer, fault)
    return replace(transfer, length=cut, announced=cut)


def _truncated_chunked(transfer: Transfer, fault: Fault) -> Transfer:
    return replace(transfer, length=_cut(transfer, fault), announced=None)


def _extra_bytes(transfer: Transfer, fault: Fault) -> Transfer:
    longer = transfer.length + fault.amount
    return replace(transfer, length=longer, announced=longer)


def _range_ignored(transfer: Transfer, _: Fault) -> Transfer:
    return good_transfer(None, transfer.total)


def _range_shifted(transfer: Transfer, fault: Fault) -> Transfer:
    first = min(transfer.first + fault.amount, transfer.total - 1)
    last = min(first + transfer.length, transfer.total) - 1
    return good_transfer((first, last), transfer.total)


def _content_changes(transfer: Transfer, _: Fault) -> Transfer:
    return replace(transfer, inverted=True)


def _length_changes(transfer: Transfer, fault: Fault) -> Transfer:
    last = transfer.first + transfer.length - 1
    return replace(transfer, content_range=f"bytes {transfer.first}-{last}/{transfer.total + fault.amount}")


def _breaks_every(transfer: Transfer, fault: Fault) -> Transfer:
    if transfer.length <= fault.amount:
        return transfer
    return replace(transfer, length=fault.amount, ending="reset")


def _short(transfer: Transfer, _: Fault) -> Transfer:
    return good_transfer((transfer.first, transfer.first + max(1, transfer.length // 2) - 1), transfer.total)


def _capital(transfer: Transfer, _: Fault) -> Transfer:
    return replace(transfer, content_range=(transfer.content_range or "").capitalize())


def _no_total(transfer: Transfer, _: Fault) -> Transfer:
    return replace(transfer, content_range=(transfer.content_range or "").partition("/")[0] + "/*")


def _no_length(transfer: Transfer, _: Fault) -> Transfer:
    return replace(good_transfer(None, transfer.total), announced=None, content_range=None)


def _html(transfer: Transfer, _: Fault) -> Transfer:
    return replace(transfer, page=True, media_type="text/html")


_CHANGES: dict[str, Callable[[Transfer, Fault], Transfer]] = {
    "zero_bytes": _zero_bytes,
    "hang_mid_body": _hang_mid_body,
    "slow_body": _slow_body,
    "reset_mid_body": _reset_mid_body,
    "truncated_right_length": _truncated_right_length,
    "truncated_wrong_length": _truncated_wrong_length,
    "truncated_chunked": _truncated_chunked,
    "extra_bytes": _extra_bytes,
    "range_ignored": _range_ignored,
    "range_shifted": _range_shifted,
    "content_changes": _content_changes,
    "length_changes": _length_changes,
    "breaks_every": _breaks_every,
    "short_206": _short,
    "odd_encoding_none": lambda transfer, _: replace(transfer, encoding="none"),
    "odd_encoding_identity": lambda transfer, _: replace(transfer, encoding="Identity"),
    "content_range_capital": _capital,
    "no_total": _no_total,
    "no_length_200": _no_length,
    "html_for_middle_range": _html,
    "untyped_html_for_middle_range": lambda transfer, _: replace(transfer, page=True),
}
