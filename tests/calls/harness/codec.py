"""Audio to RTP payloads of 20 ms and back. G.711 here, G.722 and Opus by ffmpeg."""

import functools
import math
import subprocess
from array import array
from dataclasses import dataclass

from . import ogg

RATE = {"pcmu": 8000, "pcma": 8000, "g722": 16000, "opus": 48000}  # of the samples
CLOCK_STEP = {"pcmu": 160, "pcma": 160, "g722": 160, "opus": 960}  # RTP clock per 20 ms
SILENCE = {"pcmu": b"\xff", "pcma": b"\xd5"}


@dataclass(frozen=True)
class Clip:
    """Ready payloads of one codec; played once or round and round."""

    codec: str
    frames: tuple
    loop: bool = True


def _ulaw_decode(byte):
    byte = ~byte & 0xFF
    value = (((byte & 0x0F) << 3) + 0x84) << ((byte & 0x70) >> 4)
    return 0x84 - value if byte & 0x80 else value - 0x84


def _alaw_decode(byte):
    byte ^= 0x55
    exponent, mantissa = (byte & 0x70) >> 4, (byte & 0x0F) << 4
    value = mantissa + 8 if exponent == 0 else (mantissa + 0x108) << (exponent - 1)
    return value if byte & 0x80 else -value


DECODE = {"pcmu": [_ulaw_decode(b) for b in range(256)],
          "pcma": [_alaw_decode(b) for b in range(256)]}


@functools.cache
def _encode_table(codec):
    """Nearest code for each 16-bit sample / 16."""
    codes = sorted((value, code) for code, value in enumerate(DECODE[codec]))
    table, at = {}, 0
    for step in range(-2048, 2048):
        value = step * 16
        while at + 1 < len(codes) and abs(codes[at + 1][0] - value) <= abs(codes[at][0] - value):
            at += 1
        table[step] = codes[at][1]
    return table


def _run(arguments, data):
    done = subprocess.run(["ffmpeg", "-loglevel", "error", *arguments, "pipe:1"], input=data,
                          stdout=subprocess.PIPE, check=True, timeout=60)
    return done.stdout


def encode(samples, rate, codec):
    """16-bit mono samples to payloads of 20 ms."""
    if codec in DECODE:
        table = _encode_table(codec)
        data = bytes(table[s >> 4] for s in resample(samples, rate, 8000))
        data += SILENCE[codec] * (-len(data) % 160)
        return tuple(data[i:i + 160] for i in range(0, len(data), 160))
    source = ["-f", "s16le", "-ar", str(rate), "-ac", "1", "-i", "pipe:0"]
    if codec == "g722":
        data = _run([*source, "-ar", "16000", "-c:a", "g722", "-f", "g722"], samples.tobytes())
        return tuple(data[i:i + 160] for i in range(0, len(data) - 159, 160))
    data = _run([*source, "-ar", "48000", "-c:a", "libopus", "-b:a", "32k", "-application", "voip",
                 "-frame_duration", "20", "-f", "ogg"], samples.tobytes())
    return tuple(ogg.packets(data)[2:])


def decode(payloads, codec):
    """Payloads to 16-bit mono samples at RATE[codec]."""
    if codec in DECODE:
        table = DECODE[codec]
        return array("h", [table[b] for payload in payloads for b in payload])
    target = ["-f", "s16le", "-ac", "1", "-ar", str(RATE[codec])]
    if not payloads:
        return array("h")
    if codec == "g722":
        return array("h", _run(["-f", "g722", "-i", "pipe:0", *target], b"".join(payloads)))
    return array("h", _run(["-f", "ogg", "-i", "pipe:0", *target], ogg.opus_file(payloads)))


def resample(samples, rate, target):
    """By straight lines; good enough for tones and speech well below half the target rate."""
    if rate == target:
        return samples
    out = array("h")
    for n in range(len(samples) * target // rate):
        at = n * rate / target
        left = int(at)
        right = min(left + 1, len(samples) - 1)
        out.append(int(samples[left] + (samples[right] - samples[left]) * (at - left)))
    return out


def sine(frequency, seconds, rate=8000, level=0.3):
    step = 2 * math.pi * frequency / rate
    return array("h", [int(32767 * level * math.sin(step * n)) for n in range(int(seconds * rate))])


@functools.cache
def tone(frequency, codec):
    """A steady tone. Multiples of 50 Hz loop without a click (Opus: after 40 s)."""
    seconds = 40 if codec in ("opus", "g722") else 1
    rate = 48000 if codec == "opus" else 16000 if codec == "g722" else 8000
    return Clip(codec, encode(sine(frequency, seconds, rate), rate, codec))
