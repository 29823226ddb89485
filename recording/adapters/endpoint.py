"""One REST endpoint: each request straight through a pipeline of few policies.

The SDK's clients for tables and topics turn a few lines of JSON into models and back, by a dozen policies: three times
what the request itself costs, and every recording takes seven of them.
"""

from collections.abc import Mapping

from azure.core.exceptions import HttpResponseError
from azure.core.pipeline import Pipeline
from azure.core.rest import HttpRequest

from recording.adapters.http_transport import Reply


class Endpoint:
    """Sends requests, each signed and tried again as its pipeline does.

    Args:
        url: what all its requests begin with.
        pipeline: signs and sends them.
    """

    def __init__(self, url: str, pipeline: Pipeline[HttpRequest, Reply]) -> None:
        self.url = url
        self._pipeline = pipeline

    def ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None) -> Reply:
        """The reply, whose status is a success.

        Raises:
            HttpResponseError: it is not.
            AzureError: there is no reply.
        """
        asked = dict(headers) if body is None else {**headers, "Content-Length": str(len(body))}
        request = HttpRequest(method, f"{self.url}{path}", headers=asked, content=body)
        reply = self._pipeline.run(request).http_response
        if not 200 <= reply.status_code < 300:
            raise HttpResponseError(response=reply)
        return reply

    def close(self) -> None:
        """Close the connections that are kept."""
        self._pipeline.__exit__()
