"""The terms in which operations are described, and the headers that several share."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from recording.core.records.own_keys import KEY_PATTERN

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


class Proof(StrEnum):
    """The schemes by which callers are proven."""

    KEY = "functionKey"
    KEY_IN_QUERY = "functionKeyInQuery"
    ENTRA = "entra"
    CALL_AUTOMATION = "callAutomation"


SCHEMES: Mapping[Proof, Mapping[str, str]] = {
    Proof.KEY: {"type": "apiKey", "in": "header", "name": "x-functions-key"},
    Proof.KEY_IN_QUERY: {"type": "apiKey", "in": "query", "name": "code"},
    Proof.ENTRA: {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "A token of Entra with one of these roles. API_AUTH says whether key, token or both are needed.",
    },
    Proof.CALL_AUTOMATION: {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "The token that Call Automation sends with its callbacks.",
    },
}


@dataclass(frozen=True, slots=True)
class Operation:
    """What is said of an operation: its answers and kinds of problem, and what it takes beyond the ids of its route.

    Attributes:
        tag: the group in which it is shown.
        answers: by status.
        problems: the kinds of problem that it answers, beyond those of every operation.
        body: the type of the request's body, or its schema.
        media_type: of the request's body.
        parameters: headers and query.
        needs_app: whether it needs the app's settings and services, and so may fail with 503.
        proof: the scheme by which its caller is proven, where `core.callers` has no roles for it.
    """

    tag: str
    answers: Mapping[int, Answer]
    problems: tuple[str, ...] = ()
    body: object = None
    media_type: str = JSON
    parameters: tuple[Parameter, ...] = ()
    needs_app: bool = True
    proof: Proof = Proof.KEY


ANY = {"type": "string"}
PATHS: Mapping[str, str] = {
    "id": "The recording's id.",
    "erasureId": "The erasure's id.",
    "exportId": "The export's id.",
    "documentId": "The document id of the chunk.",
    "holdId": "The hold's id.",
    "jobId": "The id of the job.",
    "key": "Your own key of a person: a pseudonym, as it stands in URLs, which are logged.",
    "asset": "The name of a file of the page.",
}
"""The parameters of routes."""
PATTERNS: Mapping[str, Mapping[str, object]] = {"key": {"pattern": f"^{KEY_PATTERN}$"}}
"""Of those that cannot be any text."""

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
ETAG_OF_HOLD = Parameter("ETag", "Names what was seen; to end the hold, it is given as If-Match.", ANY, "header")
IF_HOLD_MATCHES = Parameter(
    "If-Match",
    "The ETag of the hold that was looked at.",
    IF_MATCH.schema,
    "header",
    is_required=True,
)
ETAG_OF_PERSON = Parameter(
    "ETag", "Names what was seen; to save others, it is given as If-Match. Absent if nothing is known.", ANY, "header"
)
IF_PERSON_MATCHES = Parameter(
    "If-Match",
    "The ETag of the raw ids that were looked at, or * for whatever they are. Needed if the key stands for others.",
    {"type": "string", "pattern": r'^((W/)?"?[0-9a-f]{32}"?|\*)$'},
    "header",
)
REQUEST_ID = Parameter(
    "Repeatability-Request-ID",
    "The same id never starts two recordings.",
    {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"},
    "header",
)
