"""The consent on which a recording stands, as evidence: what was said, by which way, to whom, and when."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from recording.core.model.words import Actor


class ConsentKind(StrEnum):
    """How the participants consent, from the least strict to the strictest."""

    NOT_NEEDED = "not-needed"
    ATTESTED = "attested"
    """Whoever asks for the recording says on which basis, by whom and when it was given."""
    ANNOUNCED = "announced"
    """A prompt is played to all."""
    KEYPRESS = "keypress"
    """A prompt is played to each, who agrees or declines by a key."""


class Withdrawal(StrEnum):
    """What a withdrawal does to a running recording."""

    STOP = "stop"
    PAUSE = "pause"


@dataclass(frozen=True, slots=True)
class Attestation:
    """Somebody's word that the participants have consented: on what basis, who says it, and when they consented."""

    basis: str
    by: str = field(repr=False)
    at: datetime


@dataclass(frozen=True, slots=True)
class Prompt:
    """What is said to the participants.

    Attributes:
        text: the words, also those of a recorded prompt.
        language: BCP 47, such as `de-DE`.
        version: of the text, as its author counts.
        url: of a WAV file with these words; empty if the service speaks them. It has no query: no secret is stored.
    """

    text: str
    language: str
    version: str
    url: str = ""

    def __post_init__(self) -> None:
        if not (self.text.strip() and self.language and self.version):
            raise ValueError("a prompt has a text, a language and a version")
        if self.url and (not self.url.startswith("https://") or set("?#@\\") & set(self.url)):
            raise ValueError("the url of a prompt is https, without query, fragment and user")

    @property
    def sha256(self) -> str:
        """Of the text in UTF-8, in hex."""
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class ConsentOperation:
    """What the service reported of one operation of ours, or what a person attested.

    Attributes:
        what: `played`, or `agreed`, or `attested`.
        at: when it was reported, by our clock.
        context: the operation context under which we ordered it; empty for what a person attested.
        event_id: of the service's report.
        correlation_id: the service's id for the call, in that report.
        who: to whom it was played, or who answered, as `core.consent.pseudonym` names them; or the person who attests.
        tone: the key that was pressed.
    """

    what: str
    at: datetime
    context: str = ""
    event_id: str = ""
    correlation_id: str = ""
    who: tuple[str, ...] = ()
    tone: str = ""


@dataclass(frozen=True, slots=True)
class ConsentEvidence:
    """Why the call may be recorded, kept before the recording starts. It never rests on the audio.

    Attributes:
        basis: what the consent rests on; for one that is not needed, why.
        noted_at: when this app kept it.
        by: who attests it, by their own word.
        at: when the participants consented.
        language, text_version, text_sha256: of the prompt; empty where none was played.
        operations: what the service reported, in order; those for participants who joined later are added.
        key: with PARTICIPANT_KEY it makes the names of participants; it is different for each call.
        on_withdrawal: what a withdrawal does.
    """

    kind: ConsentKind
    basis: str
    noted_at: datetime
    by: str = field(default="", repr=False)
    at: datetime | None = None
    language: str = ""
    text_version: str = ""
    text_sha256: str = ""
    operations: tuple[ConsentOperation, ...] = ()
    key: str = field(default="", repr=False)
    on_withdrawal: Withdrawal = Withdrawal.STOP


@dataclass(frozen=True, slots=True)
class WithdrawnConsent:
    """Consent was withdrawn: what was recorded before `at` stood on it, nothing after may."""

    at: datetime
    by: Actor
    reason: str = ""
