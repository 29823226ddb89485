"""The TLS server of the calling API and the media hosts, told apart by the Host header."""

import asyncio
import ssl

from aiohttp import web

from local.acs.answers import Dropped, problem, rest_error
from local.acs.model import RequestRecord, ServiceRefusal
from local.acs.rest import CallingApi
from local.acs.signatures import SignedRequest, Verifier
from local.acs.storage import Storage
from local.acs.world import World
from local.net.hosts import ACS_HOST, CALLBACK_HOST, MEDIA_SUFFIX
from local.net.listener import Listener


class TlsServer:
    """Serves the calling API and the media hosts of a world on a free port."""

    def __init__(self, world: World, context: ssl.SSLContext) -> None:
        """Serve with a certificate's context."""
        self._world = world
        self._context = context
        self._verifier = Verifier(world.access_key, ACS_HOST)
        self._calling = CallingApi(world)
        self._storage = Storage(world)
        self._listener = Listener(self._serve)

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._listener.port

    async def start(self) -> None:
        """Listen on a free port."""
        await self._listener.start(self._context)

    async def stop(self) -> None:
        """Stop listening and abort open connections."""
        await self._listener.stop()

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        host = request.host.removesuffix(":443").lower()
        record = RequestRecord(
            at=self._world.clock(),
            method=request.method,
            host=host,
            path=request.raw_path,
            range=request.headers.get("Range"),
        )
        self._world.log.begin(record)
        try:
            answer = await self._answer(request, record, host)
            record.status = answer.status
            if isinstance(answer, web.Response) and isinstance(answer.body, bytes):
                record.bytes_sent = len(answer.body)
        except Dropped:
            return web.Response()  # is not sent
        except (asyncio.CancelledError, ConnectionError):
            record.client_aborted = True
            raise
        finally:
            self._world.log.end(record)
        return answer

    async def _answer(self, request: web.BaseRequest, record: RequestRecord, host: str) -> web.StreamResponse:
        if host == CALLBACK_HOST:
            is_keys = request.path == "/calling/keys"
            return web.json_response(self._world.callback_issuer.document) if is_keys else problem(404)
        media = host.endswith(MEDIA_SUFFIX)
        if not media and host != ACS_HOST:
            return problem(421)
        body = await request.read()
        signed = SignedRequest(request.method, request.raw_path, request.headers, body)
        world = self._world
        try:
            self._verifier.check(signed, world.signing_clock(), world.skew, world.accept_tokens, media=media)
        except ServiceRefusal as refusal:
            return problem(refusal.status, refusal.message) if media else rest_error(refusal)
        if media:
            return await self._storage.answer(request, record)
        return await self._calling.answer(request, record, body)
