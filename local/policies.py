"""The policies of the stack on one machine."""

import json

DEMO = """
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
  - id: asked-for
    match: {event: [request]}
    record: true
    reason: somebody asked for it
    consent: {kind: not-needed, reason: no person takes part}
"""
"""Of `make demo`: a call is recorded on an attested consent, another is not, and what is asked for is."""


def everything(native: str = "") -> str:
    """Every call is recorded, in the usual output; one whose context is `native`, into that container."""
    rule = {
        "record": True,
        "reason": "all that happens on this machine is a test",
        "consent": {"kind": "not-needed", "reason": "no person takes part"},
    }
    exported = {"id": "native", "match": {"context": ["native"]}, "storage": {"native": native}, **rule}
    return json.dumps({"version": 1, "rules": [*([exported] if native else []), {"id": "everything", **rule}]})


EVERYTHING = everything()
"""Every call is recorded, in the usual output."""
