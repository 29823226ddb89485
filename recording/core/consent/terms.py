"""What a rule of the policy asks for before a call may be recorded."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from recording.core.model import Attestation, ConsentKind, Prompt, Withdrawal

NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
TONES = frozenset((*NUMBERS, "pound", "asterisk", *"abcd"))
"""The keys, as the service names them."""
MOST_PROMPTS = 10
USUAL_PROMPTS = 3
_LONGEST_SILENCE = timedelta(minutes=5)


class OtherWay(StrEnum):
    """What becomes of a call whose participants decline, or stay silent; it is not recorded."""

    GO_ON = "go-on"
    HANG_UP = "end-call"


class LateJoiners(StrEnum):
    """What is done when somebody joins after consent was given."""

    ANNOUNCE_AGAIN = "announce"
    PAUSE_UNTIL_ATTESTED = "pause"
    GO_ON = "go-on"


class MustAgree(StrEnum):
    """Whose key counts."""

    ALL = "all"
    CALLER = "caller"
    """The one who called; everyone, if that is not one of the participants."""


@dataclass(frozen=True, slots=True)
class ConsentTerms:
    """The consent that a rule asks for.

    Attributes:
        kind: how they consent.
        basis: the legal basis, or why none is needed; the evidence repeats it.
        attestation: of the kind `attested`; without one nothing is recorded.
        prompt: what is played, of the kinds that play.
        agree, decline: the keys, of the kind `keypress`.
        prompts: how often a prompt is played before the outcome is `silent` or `unasked`.
        silence: how long to wait for a key after the prompt.
        must_agree: whose key counts.
        other_way, late_joiners, on_withdrawal: see there.
        other_prompt: is played to all first, when they decline or stay silent.
    """

    kind: ConsentKind
    basis: str
    attestation: Attestation | None = None
    prompt: Prompt | None = None
    agree: str = "one"
    decline: str = "two"
    prompts: int = USUAL_PROMPTS
    silence: timedelta = timedelta(seconds=10)
    must_agree: MustAgree = MustAgree.ALL
    other_way: OtherWay = OtherWay.GO_ON
    other_prompt: Prompt | None = None
    late_joiners: LateJoiners = LateJoiners.ANNOUNCE_AGAIN
    on_withdrawal: Withdrawal = Withdrawal.STOP

    def __post_init__(self) -> None:
        if not self.basis.strip():
            raise ValueError("consent has a basis, also where none is needed")
        if self.is_asked != (self.prompt is not None):
            raise ValueError("announced and keypress have a prompt, and no other kind has one")
        if self.other_prompt is not None and not self.is_asked:
            raise ValueError("only who is asked can decline")
        if (self.kind is ConsentKind.ATTESTED) != (self.attestation is not None):
            raise ValueError("attested has an attestation, and no other kind has one")
        if self.agree == self.decline or not {self.agree, self.decline} <= TONES:
            raise ValueError(f"agree and decline are two different keys of {', '.join(sorted(TONES))}")
        if not 1 <= self.prompts <= MOST_PROMPTS:
            raise ValueError(f"prompts is 1 to {MOST_PROMPTS}")
        if not timedelta(seconds=1) <= self.silence <= _LONGEST_SILENCE:
            raise ValueError("silence is a second to five minutes")

    @property
    def is_asked(self) -> bool:
        """Whether the participants are told or asked, in the call."""
        return self.kind in {ConsentKind.ANNOUNCED, ConsentKind.KEYPRESS}

    @property
    def minds_participants(self) -> bool:
        """Whether it must be known who is in the call."""
        return self.kind is ConsentKind.KEYPRESS or self.late_joiners is not LateJoiners.GO_ON
