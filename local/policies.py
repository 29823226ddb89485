"""The policies of the stack on one machine."""

import json

_DEMO = """
version: 1
rules:
  - id: private
    match: {context: ["private*"]}
    record: false
    reason: private calls are not recorded
  - id: hotline
    match: {event: [callStarted, callConnected], context: [hotline]}
    record: true
    reason: quality of the hotline
    consent: {kind: attested}
    template: hotline/{year}-{month}/{recording_id}/{index}-{document_id}
    retention: ninety-days
  - id: announced
    match: {event: [callConnected], context: [announced]}
    record: true
    reason: quality of the hotline
    consent:
      kind: announced
      prompt: {version: "1", language: en-US, text: This call is recorded.}
      lateJoiners: announce
  - id: keypress
    match: {event: [callConnected], context: [keypress]}
    record: true
    reason: quality of the hotline
    consent:
      kind: keypress
      prompt: {version: "1", language: en-US, text: "To be recorded press one, to decline press two."}
      agree: "1"
      decline: "2"
      lateJoiners: announce
      declined: {then: go-on}
  - id: native
    match: {context: [native]}
    record: true
    reason: the customer keeps these themselves
    consent: {kind: not-needed, reason: no person takes part}
    storage: {native: CONTAINER}
  - id: asked-for
    match: {event: [request]}
    record: true
    reason: somebody asked for it
    consent: {kind: not-needed, reason: no person takes part}
"""


def demo(native: str) -> str:
    """Of `make demo`: one call is refused; others are attested, announced, declined, or written into that container."""
    return _DEMO.replace("CONTAINER", native)


_NOBODY = {"kind": "not-needed", "reason": "no person takes part"}
_PROMPT = {"version": "1", "language": "en-US"}
_ASKED = {
    "announced": {
        "kind": "announced",
        "prompt": {**_PROMPT, "text": "This call is recorded."},
        "lateJoiners": "announce",
    },
    "keypress": {
        "kind": "keypress",
        "prompt": {**_PROMPT, "text": "This call is recorded if you press one. Press two to decline."},
        "agree": "1",
        "decline": "2",
        "lateJoiners": "pause",
        "declined": {"then": "end-call"},
    },
}


def everything(native: str = "") -> str:
    """Every call is recorded, in the usual output.

    With a container for `native`, the context of a call can ask for another way: `native` into that container,
    `announced` and `keypress` after a prompt.
    """
    rule = {"record": True, "reason": "all that happens on this machine is a test"}
    by_context = [
        {"id": "native", "match": {"context": ["native"]}, "storage": {"native": native}, "consent": _NOBODY, **rule},
        *({"id": kind, "match": {"context": [kind]}, "consent": asked, **rule} for kind, asked in _ASKED.items()),
    ]
    rules = [*(by_context if native else []), {"id": "everything", "consent": _NOBODY, **rule}]
    return json.dumps({"version": 1, "rules": rules})


EVERYTHING = everything()
"""Every call is recorded, in the usual output."""
