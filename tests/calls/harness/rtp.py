"""The media of one phone: an RTP and an RTCP socket, a sender paced at 20 ms, a memory of what came."""

import asyncio
import os
import struct
from dataclasses import dataclass

from . import codec as codecs

FRAME = 0.02


@dataclass(frozen=True)
class Packet:
    at: float
    source: tuple
    payload_type: int
    marker: bool
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes


def parse(data, at=0.0, source=("", 0)):
    if len(data) < 12 or data[0] >> 6 != 2:
        return None
    kind, sequence, timestamp, ssrc = struct.unpack_from("!xBHII", data)
    start = 12 + 4 * (data[0] & 15)
    return Packet(at, source, kind & 127, bool(kind & 128), sequence, timestamp, ssrc, data[start:])


def build(payload_type, sequence, timestamp, ssrc, payload, marker=False):
    return struct.pack("!BBHII", 0x80, payload_type | (0x80 if marker else 0), sequence & 0xFFFF,
                       timestamp & 0xFFFFFFFF, ssrc) + payload


class Socket(asyncio.DatagramProtocol):
    def __init__(self, take):
        self.take, self.transport = take, None

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        self.take(data, addr)

    def error_received(self, exc):
        pass


class Rtp:
    """One audio stream. `target` is where it sends; what arrives is kept in `packets`."""

    def __init__(self):
        self.loop = asyncio.get_running_loop()
        self.packets, self.reports, self.strangers = [], [], 0
        self.target, self.payload_type, self.dtmf_type = None, 0, None
        self.ssrc = int.from_bytes(os.urandom(4), "big")
        self.sequence = int.from_bytes(os.urandom(2), "big")
        self.timestamp = int.from_bytes(os.urandom(4), "big")
        self.sent = 0
        self.mangle = lambda n, packet: [packet]  # what to send instead of the n-th packet
        self.task = None
        self.muted = False  # held: time goes on, nothing is sent
        self.seal = self.unseal = None  # srtp.Srtp of each direction
        self.unreadable = 0  # packets that are not what `unseal` expects

    @classmethod
    async def open(cls, host="127.0.0.1"):
        self = cls()
        for _ in range(200):
            first = await self._bind(host, 0)
            port = first.get_extra_info("sockname")[1]
            try:
                second = await self._bind(host, port + 1, self._take_report)
            except OSError:
                first.close()
                continue
            self.rtp, self.rtcp, self.host, self.port = first, second, host, port
            return self
        raise OSError("no free pair of ports")

    async def _bind(self, host, port, take=None):
        transport, _ = await self.loop.create_datagram_endpoint(
            lambda: Socket(take or self._take), local_addr=(host, port))
        return transport

    def _take(self, data, addr):
        if self.unseal:
            data = self.unseal.unprotect(data)
            if data is None:
                self.unreadable += 1
                return
        packet = parse(data, self.loop.time(), addr)
        if packet:
            self.packets.append(packet)

    def _take_report(self, data, addr):
        self.reports.append(data)

    def close(self):
        self.stop()
        self.rtp.close()
        self.rtcp.close()

    def aim(self, address, port, payload_type, dtmf_type=None):
        self.target = (address, port) if port else None
        self.payload_type, self.dtmf_type = payload_type, dtmf_type

    def play(self, clip):
        """Starts sending; an earlier clip ends, sequence and time go on."""
        self.stop()
        self.task = self.loop.create_task(self._send(clip))

    def stop(self):
        if self.task:
            self.task.cancel()
            self.task = None

    async def _send(self, clip):
        begin, step = self.loop.time(), codecs.CLOCK_STEP[clip.codec]
        count, frames = 0, len(clip.frames)
        while clip.loop or count < frames:
            if self.target and not self.muted:
                self._emit(clip.frames[count % frames], count == 0)
            self.timestamp += step
            count += 1
            await asyncio.sleep(max(0.0, begin + count * FRAME - self.loop.time()))

    def _emit(self, payload, marker=False):
        packet = build(self.payload_type, self.sequence, self.timestamp, self.ssrc, payload, marker)
        for data in self.mangle(self.sent, packet):
            self._send_one(data)
        self.sequence += 1
        self.sent += 1

    def _send_one(self, packet):
        self.rtp.sendto(self.seal.protect(packet) if self.seal else packet, self.target)

    async def press(self, digit, seconds=0.1):
        """One key as RFC 4733 events; the audio pauses meanwhile."""
        event = "0123456789*#ABCD".index(digit)
        self.muted, started = True, self.timestamp
        steps = int(seconds / FRAME)
        for n in range(steps + 3):
            ending = n >= steps
            duration = min(n + 1, steps) * 160
            body = struct.pack("!BBH", event, 0x80 | 10 if ending else 10, duration)
            self._send_one(build(self.dtmf_type, self.sequence, started, self.ssrc, body, n == 0))
            self.sequence += 1
            await asyncio.sleep(FRAME)
        self.muted = False

    def audio(self, codec, payload_type, since=0.0):
        """What was heard since a loop time, as samples at codecs.RATE[codec]."""
        chosen = [p for p in self.packets if p.payload_type == payload_type and p.at >= since]
        if not chosen:
            return codecs.decode([], codec)
        base = chosen[0].sequence
        order = sorted(chosen, key=lambda p: (p.sequence - base + 32768) & 0xFFFF)
        return codecs.decode([p.payload for p in order], codec)

    def digits(self):
        """Keys heard, in order, each once."""
        seen, keys = set(), ""
        for p in self.packets:
            if p.payload_type == self.dtmf_type and p.timestamp not in seen and len(p.payload) >= 4:
                seen.add(p.timestamp)
                keys += "0123456789*#ABCD"[p.payload[0] & 15]
        return keys
