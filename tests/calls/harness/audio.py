"""Measuring sound: tones by Goertzel's filter, gaps by the level of short windows, likeness."""

import math
import wave
from array import array


def read_wav(path):
    """(rate, [channel samples])"""
    with wave.open(str(path), "rb") as f:
        if f.getsampwidth() != 2:
            raise ValueError("not 16-bit")
        data = array("h", f.readframes(f.getnframes()))
        return f.getframerate(), [data[c::f.getnchannels()] for c in range(f.getnchannels())]


def decibel(value):
    """Level relative to full scale; silence is -120."""
    return 20 * math.log10(value / 32768) if value > 0.033 else -120.0


def rms(samples):
    return math.sqrt(sum(s * s for s in samples) / len(samples)) if samples else 0.0


def level(samples):
    return decibel(rms(samples))


def tone_level(samples, rate, frequency):
    """dBFS of that frequency alone, as the level of its sine."""
    if not samples:
        return -120.0
    factor = 2 * math.cos(2 * math.pi * frequency / rate)
    one = two = 0.0
    for s in samples:
        one, two = s + factor * one - two, one
    power = one * one + two * two - factor * one * two
    return decibel(math.sqrt(2 * max(power, 0.0)) / len(samples))


def windows(samples, rate, seconds=0.02):
    """Level of each whole window."""
    size = int(rate * seconds)
    return [level(samples[i:i + size]) for i in range(0, len(samples) - size + 1, size)]


def tone_windows(samples, rate, frequency, seconds=0.02):
    size = int(rate * seconds)
    return [tone_level(samples[i:i + size], rate, frequency)
            for i in range(0, len(samples) - size + 1, size)]


def span(levels, threshold=-30.0):
    """(first, last) window at or above the threshold; None when all is quiet."""
    loud = [n for n, value in enumerate(levels) if value >= threshold]
    return (loud[0], loud[-1]) if loud else None


def gaps(levels, threshold=-30.0):
    """Windows inside the span that fall below the threshold."""
    found = span(levels, threshold)
    if not found:
        return []
    return [n for n in range(found[0], found[1]) if levels[n] < threshold]


def envelope_likeness(a, b, rate, window=0.02, most_shift=1.0):
    """Best correlation of two loudness curves and the shift of `b` in seconds where it is."""
    one = [10 ** (v / 20) for v in windows(a, rate, window)]
    two = [10 ** (v / 20) for v in windows(b, rate, window)]
    best, best_shift = -1.0, 0
    most = int(most_shift / window)
    for shift in range(-most, most + 1):
        left = one[max(0, -shift):]
        right = two[max(0, shift):]
        size = min(len(left), len(right))
        value = _correlation(left[:size], right[:size]) if size > 10 else -1.0
        if value > best:
            best, best_shift = value, shift
    return best, best_shift * window


def _correlation(a, b):
    mean_a, mean_b = sum(a) / len(a), sum(b) / len(b)
    top = sum((x - mean_a) * (y - mean_b) for x, y in zip(a, b))
    down = math.sqrt(sum((x - mean_a) ** 2 for x in a) * sum((y - mean_b) ** 2 for y in b))
    return top / down if down else 0.0
