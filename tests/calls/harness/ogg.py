"""Just enough Ogg (RFC 3533) and Ogg Opus (RFC 7845): take packets out, put packets in."""

import struct

CRC = []
for _i in range(256):
    _r = _i << 24
    for _ in range(8):
        _r = ((_r << 1) ^ 0x04C11DB7) & 0xFFFFFFFF if _r & 0x80000000 else (_r << 1) & 0xFFFFFFFF
    CRC.append(_r)


def packets(data):
    """All packets of the one stream in `data`."""
    found, part, at = [], b"", 0
    while at + 27 <= len(data) and data[at:at + 4] == b"OggS":
        lacing = data[at + 27:at + 27 + data[at + 26]]
        at += 27 + len(lacing)
        for size in lacing:
            part += data[at:at + size]
            at += size
            if size < 255:
                found.append(part)
                part = b""
    return found


def opus_file(payloads, channels=1):
    """An Ogg Opus file of 20 ms packets, one packet a page."""
    head = b"OpusHead" + struct.pack("<BBHIhB", 1, channels, 0, 48000, 0, 0)
    tags = b"OpusTags" + struct.pack("<I4sI", 4, b"test", 0)
    pages = [_page(head, 0, 0, 2), _page(tags, 0, 1, 0)]
    for n, payload in enumerate(payloads):
        last = 4 if n == len(payloads) - 1 else 0
        pages.append(_page(payload, 960 * (n + 1), n + 2, last))
    return b"".join(pages)


def _page(packet, granule, sequence, flags):
    lacing = bytes([255] * (len(packet) // 255) + [len(packet) % 255])
    head = b"OggS" + struct.pack("<BBqIII", 0, flags, granule, 1, sequence, 0)
    page = bytearray(head + bytes([len(lacing)]) + lacing + packet)
    page[22:26] = struct.pack("<I", _crc(page))
    return bytes(page)


def _crc(data):
    value = 0
    for byte in data:
        value = ((value << 8) & 0xFFFFFFFF) ^ CRC[(value >> 24) ^ byte]
    return value
