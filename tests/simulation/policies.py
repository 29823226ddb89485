"""The policy of every run: a call whose operation context names a way of consent is recorded by that only."""

import json
from collections.abc import Mapping
from typing import Any

from recording.core.model import ConsentKind, Withdrawal

_PROMPT = {"version": "7", "language": "en-US", "text": "This call is recorded."}
_KEYS = {"kind": "keypress", "prompt": _PROMPT, "agree": "1", "decline": "2"}
WAYS: Mapping[str, Mapping[str, Any]] = {
    "attested": {"kind": "attested"},
    "attested, then paused": {"kind": "attested", "onWithdrawal": "pause"},
    "announced": {"kind": "announced", "prompt": _PROMPT, "lateJoiners": "announce"},
    "announced once": {"kind": "announced", "prompt": _PROMPT, "prompts": 1, "lateJoiners": "go-on"},
    "announced, then paused": {
        "kind": "announced",
        "prompt": _PROMPT,
        "prompts": 5,
        "lateJoiners": "pause",
        "onWithdrawal": "pause",
    },
    "keypress": {**_KEYS, "lateJoiners": "announce", "declined": {"then": "go-on"}},
    "keypress, or the end": {
        **_KEYS,
        "prompts": 2,
        "lateJoiners": "pause",
        "declined": {"then": "end-call", "prompt": {**_PROMPT, "text": "This call ends."}},
    },
    "keypress of the caller": {**_KEYS, "mustAgree": "caller", "lateJoiners": "go-on", "declined": {"then": "go-on"}},
}
"""The consents of the rules, by the operation context that each is for."""


def kind_of(way: str) -> ConsentKind:
    """How the participants consent."""
    return ConsentKind(WAYS[way]["kind"])


def on_withdrawal_of(way: str) -> Withdrawal:
    """What a withdrawal does."""
    return Withdrawal(WAYS[way].get("onWithdrawal", "stop"))


def minds_late_joiners(way: str) -> bool:
    """Whether somebody who joins must be told before the recording starts."""
    return str(WAYS[way].get("lateJoiners", "go-on")) != "go-on"


def must_agree(way: str) -> str:
    """Whose key counts."""
    return str(WAYS[way].get("mustAgree", "all"))


def _rules() -> list[dict[str, Any]]:
    no_consent = {"kind": "not-needed", "reason": "no person takes part"}
    recorded = {"record": True, "reason": "quality of the hotline"}
    rooms = {"event": ["callStarted"], "call": ["room"]}
    return [
        {"id": "rooms", "match": rooms, "record": False, "reason": "only by our own connection to them"},
        *(
            {"id": f"way-{number}", "match": {"context": [way]}, "consent": consent, **recorded}
            for number, (way, consent) in enumerate(WAYS.items())
        ),
        {"id": "others", "consent": no_consent, **recorded},
    ]


POLICY = json.dumps({"version": 1, "rules": _rules()})
