"""People as the API answers them: to whom it may show raw ids."""

from typing import TypedDict

from recording.core.formats.schema import Count
from recording.core.model import ParticipantKind


class RawId(TypedDict):
    """An id by which the service knows a person, in the one spelling of all its spellings; and its kind."""

    rawId: str
    kind: ParticipantKind


class OwnIdentity(TypedDict):
    """The customer's own key of a person, with the raw ids of that person."""

    key: str
    rawIds: list[RawId]


class KeysSaved(TypedDict):
    """How many keys were saved."""

    saved: Count
