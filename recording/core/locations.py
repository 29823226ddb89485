"""Which URLs our credentials may be sent to: those on the service's recording hosts that all parsers read alike.

Also those of blobs in the native containers, which are the customer's and which the settings name. The copies in our
own storage have locations of another form, which no URL can have.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import quote, unquote, unquote_to_bytes, urljoin

from recording.core.errors import HostileLocation
from recording.core.model import BlobName, DocumentId, Location

ALLOWED_SUFFIXES = (".asm.skype.com", ".asyncgw.teams.microsoft.com", ".ams.gov.teams.microsoft.us")
"""The domains under which the service keeps recordings; the same as Microsoft's SDK allows."""

MAX_LENGTH = 2048

# The characters that are allowed. Not allowed on purpose: `#`, brackets, `\`, and what a client would rewrite.
_CHARACTERS = re.compile(r"[A-Za-z0-9\-._~!$&'()*+,;=:@%/?]+")
_PARTS = re.compile(r"https://(?P<authority>[^/?]*)/(?P<path>[^?]*).*", re.IGNORECASE)
_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_SLASH = re.compile(r"/|%2f|%5c", re.IGNORECASE)
_ENCODED_SLASH = re.compile(r"%2f|%5c", re.IGNORECASE)
_DOT = re.compile(r"%2e", re.IGNORECASE)
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*", re.IGNORECASE)
_MAX_HOST = 253
_ORIGIN = re.compile(r"(?P<scheme>https?)://(?P<authority>[^/?]*)(?P<rest>/[^?]*)(?:\?.*)?", re.IGNORECASE)
_MAX_BLOB_NAME = 1024
_BLOB = re.compile(r"blob:(?P<name>[^?]+)\?(?P<etag>[^?]+)")
_OBJECT = re.compile(r"https://[^/]+/v1/objects/(?P<id>[^/?]+)", re.IGNORECASE)


def check_location(url: object, field: str) -> Location:
    """Check that a URL is one of the service's recording locations.

    A URL that clients normalise differently, such as one with dot segments, is refused: it could lead each to another
    place. The error contains neither its path nor its query.

    Args:
        url: the value from an event or a redirect.
        field: the name of the field or header, for the error.

    Returns:
        The URL, unchanged.

    Raises:
        HostileLocation: it is anything else; nothing may be sent to it.
    """
    if not isinstance(url, str):
        raise _hostile(field, "is not text")
    if len(url) > MAX_LENGTH:
        raise _hostile(field, f"is longer than {MAX_LENGTH} characters")
    if not _CHARACTERS.fullmatch(url):
        raise _hostile(field, "is empty or holds a character that no recording location has")
    if (parts := _PARTS.fullmatch(url)) is None:
        raise _hostile(field, "is not an https URL with a path")
    if _BROKEN_ESCAPE.search(url):
        raise _hostile(field, "holds a broken percent escape")
    _check_authority(parts["authority"], field)
    if fault := _odd_segment(parts["path"]):
        raise _hostile(field, f"has {fault} segment in its path")
    return Location(url)


def _check_authority(authority: str, field: str) -> None:
    if "@" in authority:
        raise _hostile(field, "holds a user name")
    host, colon, port = authority.partition(":")
    if colon and port != "443":
        raise _hostile(field, "names a port other than 443")
    if len(host) > _MAX_HOST or not _HOST.fullmatch(host):
        raise _hostile(field, "has a host that is not a plain DNS name")
    if not host.lower().endswith(ALLOWED_SUFFIXES):
        raise _hostile(field, f"has the host {host}, which is none of the service's recording hosts")


def _odd_segment(path: str) -> str:
    """Which kind of segment a client would normalise; empty if there is none. Only the last one may be empty."""
    *inner, last = (_DOT.sub(".", segment).partition(";")[0] for segment in _SLASH.split(path))
    if not {".", ".."}.isdisjoint((*inner, last)):
        return "a dot"
    return "" if all(inner) else "an empty"


def redirect_target(current: Location, location_header: str) -> Location:
    """Resolve a redirect against the location that sent it, and check the result as strictly as the first URL.

    Args:
        current: the checked location that answered with the redirect.
        location_header: its `Location` header, absolute or relative.

    Raises:
        HostileLocation: the target is not one of the service's recording locations.
    """
    field = "Location header"
    if not _CHARACTERS.fullmatch(location_header):  # `urljoin` would drop some of them silently
        raise _hostile(field, "is empty or holds a character that no recording location has")
    return check_location(urljoin(current, location_header), field)


def _hostile(field: str, cause: str) -> HostileLocation:
    return HostileLocation(
        "check location",
        f"{field} {cause}",
        hint="nothing was sent to it; see the raw event in the journal container",
        ids={"field": field},
    )


def object_id(location: Location) -> str | None:
    """The id of the source object in a location (`/v1/objects/ID` or `/v1/objects/ID/content/…`); None if none."""
    found = _OBJECT.match(location)
    return unquote(found["id"]) if found else None


@dataclass(frozen=True, slots=True)
class NativeBlob:
    """A blob in a native container: the container's URL, as the settings name it, and the name of the blob."""

    container: str
    name: BlobName


def native_blob(location: object, containers: Collection[str]) -> NativeBlob | None:
    """The blob in one of the native containers that a location names; None if it names none.

    The location must begin with a container's URL, character by character; only scheme, host and the default port may
    be spelled otherwise. What is behind it must be a name that all parsers read alike. A query, which may be a
    signature, is not used.

    Args:
        location: the value from an event.
        containers: the URLs of the native containers, without a slash at the end.
    """
    if not isinstance(location, str) or len(location) > MAX_LENGTH or not _CHARACTERS.fullmatch(location):
        return None
    found = _ORIGIN.fullmatch(location)
    if found is None or _BROKEN_ESCAPE.search(found["rest"]):
        return None
    scheme, authority = found["scheme"].lower(), found["authority"].lower()
    if scheme == "https":
        authority = authority.removesuffix(":443")
    place = f"{scheme}://{authority}{found['rest']}"
    container = next((one for one in containers if place.startswith(f"{one}/")), None)
    if container is None:
        return None
    name = _blob_name(place[len(container) + 1 :])
    return None if name is None else NativeBlob(container, name)


def _blob_name(path: str) -> BlobName | None:
    """The name that a path behind a container's URL is the spelling of; None if clients may read it differently."""
    if not path or path.endswith("/") or _ENCODED_SLASH.search(path) or _odd_segment(path):
        return None
    try:
        name = unquote_to_bytes(path).decode()
    except UnicodeDecodeError:
        return None
    return BlobName(name) if name.isprintable() and len(name) <= _MAX_BLOB_NAME else None


def names_document(location: Location, document_id: DocumentId) -> bool:
    """Whether the last segment of a blob's location names a document, as `0-audio.DOCUMENT.wav` does."""
    segment = unquote(location.partition("?")[0].rpartition("/")[2])
    return f".{document_id}." in f".{segment}."


def of_blob(name: BlobName, etag: str) -> Location:
    """The location of a blob in a container of our own, as it was when it had that ETag.

    It is not a URL: `check_location` refuses it, so it is never sent to the service.
    """
    return Location(f"blob:{quote(name, safe='')}?{quote(etag, safe='')}")


def blob_at(location: Location) -> tuple[BlobName, str]:
    """The name and the ETag of the blob at a location of ours.

    Raises:
        HostileLocation: it is a URL, as an event names it; nothing may be sent to it as a blob's name.
    """
    found = _BLOB.fullmatch(location)
    if found is None:
        raise _hostile("location", "is not one of a blob in our own storage")
    return BlobName(unquote(found["name"])), unquote(found["etag"])
