"""Health and problems."""

from typing import Annotated, Literal, NotRequired, TypedDict

from recording.core.formats.api.shapes.erasures import ErasurePlan
from recording.core.formats.schema import Count, Schema
from recording.core.outputs import OutputLine


class HealthCheck(TypedDict):
    """One check of the deep health check; `problem` says what is wrong."""

    name: str
    ok: bool
    problem: NotRequired[str]
    milliseconds: Count


class Health(TypedDict):
    """That the app can run; with `deep=true`, each check."""

    status: Literal["ok"]
    note: NotRequired[Annotated[str, Schema(description="What the app does not do, as its settings say.")]]
    checks: NotRequired[list[HealthCheck]]


class ProblemMembers(TypedDict, total=False):
    """What a problem may say beyond its cause: the field to correct, ids, and lists of what is wrong or valid."""

    field: str
    rule: Annotated[str, Schema(description="The rule of the policy that decided.")]
    recordingId: str
    documentId: str
    eventId: str
    serverCallId: str
    groupCallId: str
    roomId: str
    callConnectionId: str
    serviceCode: str
    validOutputs: list[OutputLine]
    problems: list[str]
    checks: list[HealthCheck]
    plan: Annotated[ErasurePlan, Schema(description="The plan as it was made last.")]


type ShownId = Literal[
    "rule",
    "recordingId",
    "documentId",
    "eventId",
    "serverCallId",
    "groupCallId",
    "roomId",
    "callConnectionId",
    "serviceCode",
]


class Problem(ProblemMembers):
    """An error, as problem details (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
