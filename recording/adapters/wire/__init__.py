"""HTTP/1.1 as the copy needs it: kept connections, bodies straight from and into the caller's memory.

The requests that carry a recording's bytes go this way, below azure-core's own `Pipeline` and policies. All others
stay with the SDKs' transport, where a request costs several times the CPU, and which need not be fast.
"""

from recording.adapters.wire.connection import Broken, shut
from recording.adapters.wire.opening import CONNECT_SECONDS, READ_SECONDS
from recording.adapters.wire.reply import Reply
from recording.adapters.wire.sending import Wire, target_of

__all__ = ["CONNECT_SECONDS", "READ_SECONDS", "Broken", "Reply", "Wire", "shut", "target_of"]
