"""A consent that is being asked for, as the API answers it."""

from typing import Literal, TypedDict

from recording.core.formats.schema import Count, Moment
from recording.core.model import ConsentKind


class PendingConsent(TypedDict):
    """A consent that is being asked for: the recording starts when it is granted. Nobody is named."""

    state: Literal["asking"]
    callConnectionId: str | None
    rule: str | None
    consent: ConsentKind
    begunAt: Moment
    prompts: Count
    waitsFor: str | None
    lastFailure: str | None
