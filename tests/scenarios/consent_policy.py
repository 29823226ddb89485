"""A policy for the scenarios of consent: the operation context of a call says which rule decides."""

import json
from typing import Any

PROMPT = {
    "version": "2026-03",
    "language": "en-US",
    "text": "This call is recorded. Press one to agree, two to decline.",
}
_ASKED: dict[str, Any] = {"prompt": PROMPT, "prompts": 2, "lateJoiners": "pause"}
_CONSENTS: dict[str, dict[str, Any]] = {
    "announced": {"kind": "announced", **_ASKED},
    "keypress": {"kind": "keypress", **_ASKED, "agree": "1", "decline": "2", "declined": {"then": "end-call"}},
}
POLICY = json.dumps(
    {
        "version": 1,
        "rules": [
            {"id": name, "match": {"context": [name]}, "record": True, "reason": "our contract", "consent": consent}
            for name, consent in _CONSENTS.items()
        ],
    }
)
