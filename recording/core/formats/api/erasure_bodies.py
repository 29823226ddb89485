"""The bodies of requests for erasures as types, with their names on the wire; `erasures` reads them."""

from typing import Annotated, NotRequired, TypedDict

from recording.core.formats.api.erasures import HASH_PATTERN
from recording.core.formats.api.export_bodies import By, ExportedPerson, Purpose
from recording.core.formats.schema import Schema
from recording.core.records.erasing import Mode


class ErasureBody(TypedDict):
    """Whose recordings are to be erased, how, and why."""

    person: Annotated[
        ExportedPerson, Schema(oneOf=[{"required": ["key"]}, {"required": ["rawId"]}], additionalProperties=False)
    ]
    mode: Mode
    purpose: Purpose
    overrideDuties: NotRequired[
        Annotated[bool, Schema(description="Whether the days of retention classes do not defer it.", default=False)]
    ]
    by: NotRequired[By]


class ExecutionBody(TypedDict):
    """The plan to be executed."""

    planHash: Annotated[str, Schema(pattern=f"^{HASH_PATTERN}$", description="The `hash` of the plan that was seen.")]
    by: NotRequired[By]


ERASURE_BODY = Annotated[ErasureBody, Schema(additionalProperties=False)]
EXECUTION_BODY = Annotated[ExecutionBody, Schema(additionalProperties=False)]
