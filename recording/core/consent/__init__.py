"""The consent of the participants of a call, asked for before it is recorded: pure decisions about frozen values.

A call's `Consent` changes only by facts (`decide`), and `next_step` alone says what is done next. Nothing is recorded
before the outcome is `granted`, and the evidence of that is stored with it.

- **announced**: the prompt is played to all. `PlayCompleted` grants; `PlayFailed` never does.
- **keypress**: each who must agree is asked, one after the other. One who declines ends it. A wrong key and a timeout
  are silence; after so many prompts the outcome is `silent`.
- Where the service does not say that a prompt was heard, however often it was sent, the outcome is `unasked`: nothing
  is recorded, and a person is told. If the report of the last prompt comes after all, it counts.
- **Who joins later** is announced to again, or keeps the recording paused until somebody attests, or is not minded. The
  events only say that something has changed: who is in the call is always read from the service. It is read again and
  again while the call is recorded, as such an event may never come.

Each order to the service is stored before it is sent, with a number that its operation context carries. A report counts
only for the order that is outstanding: one that is late, repeated or not ours changes nothing.
"""

from recording.core.consent.contexts import context_of, pseudonym, read_context
from recording.core.consent.deciding import decide
from recording.core.consent.evidence import attested_by, granted_at_once
from recording.core.consent.facts import (
    Agreed,
    Attested,
    Began,
    CallOver,
    ConsentFact,
    Declined,
    EvidenceNoted,
    Lapsed,
    Looked,
    NotPlayed,
    NotSent,
    Ordered,
    OtherWayGone,
    ParticipantsChanged,
    PauseChanged,
    Played,
    Silent,
    StartRefused,
    Told,
    Withdrawn,
)
from recording.core.consent.next_step import (
    Ask,
    Done,
    HangUp,
    Lapse,
    LookAgain,
    LookWho,
    NoteEvidence,
    Pause,
    Play,
    Resume,
    Say,
    Start,
    Step,
    Tell,
    Wait,
    is_closed,
    next_step,
)
from recording.core.consent.state import Consent, Operation, OperationKind, Outcome, Wanted
from recording.core.consent.terms import (
    MOST_PROMPTS,
    NUMBERS,
    TONES,
    USUAL_PROMPTS,
    ConsentTerms,
    LateJoiners,
    MustAgree,
    OtherWay,
)

__all__ = [
    "MOST_PROMPTS",
    "NUMBERS",
    "TONES",
    "USUAL_PROMPTS",
    "Agreed",
    "Ask",
    "Attested",
    "Began",
    "CallOver",
    "Consent",
    "ConsentFact",
    "ConsentTerms",
    "Declined",
    "Done",
    "EvidenceNoted",
    "HangUp",
    "Lapse",
    "Lapsed",
    "LateJoiners",
    "LookAgain",
    "LookWho",
    "Looked",
    "MustAgree",
    "NotPlayed",
    "NotSent",
    "NoteEvidence",
    "Operation",
    "OperationKind",
    "Ordered",
    "OtherWay",
    "OtherWayGone",
    "Outcome",
    "ParticipantsChanged",
    "Pause",
    "PauseChanged",
    "Play",
    "Played",
    "Resume",
    "Say",
    "Silent",
    "Start",
    "StartRefused",
    "Step",
    "Tell",
    "Told",
    "Wait",
    "Wanted",
    "Withdrawn",
    "attested_by",
    "context_of",
    "decide",
    "granted_at_once",
    "is_closed",
    "next_step",
    "pseudonym",
    "read_context",
]
