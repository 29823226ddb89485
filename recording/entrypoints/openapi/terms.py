"""The terms in which operations are described, and the headers that several share."""

from collections.abc import Mapping
from dataclasses import dataclass

JSON = "application/json"
PROBLEM = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A header or a query parameter; of an answer, a header."""

    name: str
    what: str
    schema: Mapping[str, object]
    place: str = "query"
    is_required: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer: what it is, the type of its body, and its headers."""

    what: str
    body: object = None
    media_type: str = JSON
    headers: tuple[Parameter, ...] = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """What is said of an operation: its answers and kinds of problem, and what it takes beyond the ids of its route.

    Attributes:
        tag: the group in which it is shown.
        answers: by status.
        problems: the kinds of problem that it answers, beyond those of every operation.
        body: the type of the request's body, or its schema.
        parameters: headers and query.
        needs_app: whether it needs the app's settings and services, and so may fail with 503.
    """

    tag: str
    answers: Mapping[int, Answer]
    problems: tuple[str, ...] = ()
    body: object = None
    parameters: tuple[Parameter, ...] = ()
    needs_app: bool = True


ANY = {"type": "string"}
PATHS: Mapping[str, str] = {
    "id": "The recording's id.",
    "documentId": "The document id of the chunk.",
    "asset": "The name of a file of the page.",
}
"""The parameters of routes."""

ETAG = Parameter(
    "ETag",
    "Names what was seen; a decision gives it as If-Match. Absent if the catalog does not know the recording.",
    ANY,
    "header",
)
IF_MATCH = Parameter(
    "If-Match",
    "The ETag of the recording that was looked at.",
    {"type": "string", "pattern": r'^(W/)?"?[0-9a-f]{32}"?$'},
    "header",
    is_required=True,
)
REQUEST_ID = Parameter(
    "Repeatability-Request-ID",
    "The same id never starts two recordings.",
    {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"},
    "header",
)
