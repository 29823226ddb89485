"""The policies of the stack on one machine."""

import json

EVERYTHING = json.dumps(
    {
        "version": 1,
        "rules": [
            {
                "id": "everything",
                "record": True,
                "reason": "all that happens on this machine is a test",
                "consent": {"kind": "not-needed", "reason": "no person takes part"},
            }
        ],
    }
)
"""Every call is recorded, in the usual output."""
