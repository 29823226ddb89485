"""The HTTP transport below azure-core's pipelines, for all requests of the app: urllib3's connections, kept for reuse.

A reply may be read straight into the caller's memory, and everything has an end: a time for each request, a size for
each reply.
"""

from recording.adapters.http_transport.reply import Reply
from recording.adapters.http_transport.request import Take, target_of
from recording.adapters.http_transport.response import Broken
from recording.adapters.http_transport.transport import Urllib3Transport

__all__ = ["Broken", "Reply", "Take", "Urllib3Transport", "target_of"]
