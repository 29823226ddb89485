"""A local Functions host, over Microsoft's own worker library.

`python -m local.host --app DIR` runs one app in one process: indexing, type checks and converters are the
library's; what the real host does around it (routes and keys, the Event Grid webhook, queues with visibility
and poison, timers, output bindings) is done here, against Azurite. From Python, `FunctionsHost` starts, kills
and stops that process.
"""

from local.host.launching import FunctionsHost, HostNotReadyError

__all__ = ["FunctionsHost", "HostNotReadyError"]
