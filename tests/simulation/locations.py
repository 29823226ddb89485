"""Where the service keeps its chunks."""

from recording.core.model import DocumentId, Location

HOST = "https://eu-api.asm.skype.com/v1/objects"

NOTHING = "nothing-"
"""Before the id of a document: an object of which a wrong event says that it is this document."""


def base_of(document_id: str) -> Location:
    """The object of a document; its content and metadata are below."""
    return Location(f"{HOST}/{document_id}")


def document_in(location: str) -> DocumentId:
    """The document of an object or of what is below it; empty if the location is another's."""
    return DocumentId(location.removeprefix(f"{HOST}/").partition("/")[0] if location.startswith(HOST) else "")
