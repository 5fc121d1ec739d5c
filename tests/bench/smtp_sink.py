"""A mail server that takes everything and keeps nothing, cheap enough to leave the machine to the senders."""

import asyncio
import sys


class Sink(asyncio.Protocol):
    """One connection: every command is answered with yes, and what follows DATA is thrown away up to its dot."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._rest = b""
        self._in_data = False
        self._say(b"220 sink")

    def data_received(self, data: bytes) -> None:
        self._rest += data
        while self._take():
            pass

    def _take(self) -> bool:
        """Deal with one command, or the whole of one message; return whether there was one."""
        what, end, rest = self._rest.partition(b"\r\n.\r\n" if self._in_data else b"\r\n")
        if not end:
            return False
        self._rest = rest
        command = b"" if self._in_data else what[:4].upper()
        self._in_data = command == b"DATA"
        self._say(b"354 go on" if self._in_data else b"221 bye" if command == b"QUIT" else b"250 ok")
        if command == b"QUIT":
            self._transport.close()
        return True

    def _say(self, answer: bytes) -> None:
        self._transport.write(answer + b"\r\n")


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", port)
    await server.serve_forever()


asyncio.run(_serve(int(sys.argv[1])))
