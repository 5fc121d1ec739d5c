"""A receiver of webhooks that takes everything and keeps nothing, cheap enough to leave the machine to the senders."""

import asyncio
import sys

_TAKEN = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"


class Sink(asyncio.Protocol):
    """One connection: it is answered once all of the body is there."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._got = b""

    def data_received(self, data: bytes) -> None:
        self._got += data
        head, end, body = self._got.partition(b"\r\n\r\n")
        if end and len(body) >= int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]):
            self._transport.write(_TAKEN)
            self._transport.close()


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", port, backlog=256)
    await server.serve_forever()


asyncio.run(_serve(int(sys.argv[1])))
