"""What kind of file begins with given bytes."""

import re

from recording.core.media.frames import find_frames
from recording.core.media.mp3 import NEAR, WINDOW, is_tag
from recording.core.model import Format

START_LENGTH = NEAR
"""Bytes that nearly always suffice."""

LONGEST_START = WINDOW
"""Bytes that always suffice."""

_WAV_FORMS = (b"RIFF", b"RF64", b"BW64")
_FIRST_BOXES = frozenset(
    {
        *(b"ftyp", b"styp", b"moov", b"moof", b"mdat", b"free", b"skip", b"wide", b"uuid", b"sidx", b"ssix"),
        *(b"pdin", b"meta", b"emsg", b"prft", b"udta", b"pnot"),
    }
)
_SMALLEST_BOX = 8
_HTML = re.compile(rb"(?:\xef\xbb\xbf)?\s*<[a-z!?/]", re.IGNORECASE)
_JSON = re.compile(rb"(?:\xef\xbb\xbf)?\s*\{\s*(?:[\"}]|\Z)")

_PAGE = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype\s|html[\s>])", re.IGNORECASE)
_NO_MEDIA = re.compile(r"(?:text|multipart)/|application/(?:[a-z0-9.-]+\+)?(?:json|xml)\b", re.ASCII | re.IGNORECASE)


def identify(head: bytes) -> Format | None:
    """The format by the first bytes of a file, `LONGEST_START` or all; None for anything but wav, mp3 and mp4."""
    if head[:4] in _WAV_FORMS and head[8:12] == b"WAVE":
        return Format.WAV
    if head[4:8] in _FIRST_BOXES and (int.from_bytes(head[:4]) in {0, 1} or int.from_bytes(head[:4]) >= _SMALLEST_BOX):
        return Format.MP4
    if is_tag(head) or find_frames(head[:LONGEST_START]) is not None:
        return Format.MP3
    return None


def is_error_page(head: bytes) -> bool:
    """Whether HTML, XML or a JSON object is there in place of media: an error of the service, which is temporary."""
    return bool(_HTML.match(head) or _JSON.match(head))


def is_page(head: bytes) -> bool:
    """Whether an HTML page begins here; unlike `is_error_page` it is reliable at any offset of media."""
    return bool(_PAGE.match(head))


def may_be_media(content_type: str) -> bool:
    """Whether content of this type may be media; an unknown type may."""
    return not _NO_MEDIA.match(content_type.strip())


def describe_start(head: bytes) -> str:
    """How a file that is not media begins, in words for people; shows at most four bytes of it."""
    if not head:
        return "is empty"
    if _HTML.match(head):
        return "starts like HTML"
    if _JSON.match(head):
        return "starts like JSON"
    return f"starts with the bytes {head[:4].hex(' ')}"
