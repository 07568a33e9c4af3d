"""How a phone reaches the server: UDP, TCP or TLS, each giving whole SIP messages to a listener."""

import asyncio
import ssl

from .message import Message


class UdpWire(asyncio.DatagramProtocol):
    """One UDP socket; `on_message(message, address)` hears everything that parses."""

    reliable, name = False, "UDP"

    def __init__(self):
        self.transport = None
        self.on_message = lambda message, address: None
        self.raw = []  # every datagram as it came

    @classmethod
    async def open(cls, host="127.0.0.1", port=0):
        loop = asyncio.get_running_loop()
        _, wire = await loop.create_datagram_endpoint(cls, local_addr=(host, port))
        return wire

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        self.raw.append(data)
        try:
            message = Message.parse(data)
        except ValueError:
            return
        self.on_message(message, addr)

    def error_received(self, exc):
        pass  # an ICMP refusal: the transaction's own timer tells

    @property
    def local(self):
        return self.transport.get_extra_info("sockname")[:2]

    def send(self, data, address):
        self.transport.sendto(data, address)

    def close(self):
        self.transport.close()


class StreamWire:
    """One TCP or TLS connection to the server; requests to us come over the same connection."""

    reliable = True

    def __init__(self, reader, writer, name):
        self.reader, self.writer, self.name = reader, writer, name
        self.on_message = lambda message, address: None
        self.closed = asyncio.Event()
        self.task = asyncio.get_running_loop().create_task(self._read())

    @classmethod
    async def open(cls, server, tls=False, host="127.0.0.1"):
        context = None
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        reader, writer = await asyncio.open_connection(*server, ssl=context,
                                                       local_addr=(host, 0))
        return cls(reader, writer, "TLS" if tls else "TCP")

    @property
    def local(self):
        return self.writer.get_extra_info("sockname")[:2]

    def send(self, data, address):
        self.writer.write(data)

    async def _read(self):
        peer = self.writer.get_extra_info("peername")[:2]
        try:
            while True:
                head = await self.reader.readuntil(b"\r\n\r\n")
                head = head.lstrip(b"\r\n")
                if not head:
                    continue  # keep-alive (RFC 5626)
                message = Message.parse(head)
                length = int(message.get("Content-Length", "0"))
                message.body = await self.reader.readexactly(length)
                self.on_message(message, peer)
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError, ValueError):
            self.closed.set()

    def close(self):
        self.task.cancel()
        self.writer.close()
