"""The app, with rules that ask for consent: a call's server call id says which. The host loads this file."""

import base64
import importlib.util
import os
import sys
from functools import partial
from pathlib import Path

ROOT = Path(os.environ["TESTED_ROOT"])
sys.path.insert(0, str(ROOT))

from recording.bootstrap import compose  # noqa: E402 - only now it is found
from recording.core.consent import ConsentTerms, LateJoiners, OtherWay  # noqa: E402 - the same
from recording.core.model import CallEvent, ConsentKind, Prompt  # noqa: E402 - the same
from recording.entrypoints import worker  # noqa: E402 - the same

PROMPT = Prompt("This call is recorded. Press one to agree, two to decline.", "en-US", "2026-03")


def terms_for(event: CallEvent) -> ConsentTerms | None:
    """The terms that the server call id names."""
    named = base64.b64decode(event.server_call_id or "").decode(errors="replace").partition(" ")[0]
    if named not in set(ConsentKind):
        return None
    late, way = LateJoiners.PAUSE_UNTIL_ATTESTED, OtherWay.HANG_UP if named == ConsentKind.KEYPRESS else OtherWay.GO_ON
    return ConsentTerms(ConsentKind(named), "our contract", prompt=PROMPT, prompts=2, late_joiners=late, other_way=way)


setattr(worker, "compose", partial(compose, terms_for=terms_for))  # noqa: B010 - the name is not exported
_spec = importlib.util.spec_from_file_location("real_function_app", ROOT / "function_app.py")
if _spec is None or _spec.loader is None:
    raise ImportError(ROOT)
_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_module)
app = _module.app
