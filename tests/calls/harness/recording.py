"""What a good recording of a call is: measured on the exported WAV."""

import asyncio
import datetime

from . import audio

LENGTH_SLACK = 0.040


class Sound:
    """A decoded recording: channel 0 is who called, channel 1 who answered."""

    def __init__(self, path):
        self.rate, self.channels = audio.read_wav(path)
        assert len(self.channels) == 2, f"{len(self.channels)} channels"

    @property
    def seconds(self):
        return len(self.channels[0]) / self.rate

    def part(self, channel, begin, end):
        return self.channels[channel][int(begin * self.rate):int(end * self.rate)]

    def tone(self, channel, frequency):
        """Level of the tone in each 20 ms."""
        return audio.tone_windows(self.channels[channel], self.rate, frequency)

    def tone_span(self, channel, frequency):
        """(first, last) second of the tone; fails when there is none."""
        found = audio.span(self.tone(channel, frequency))
        assert found, f"no {frequency} Hz in channel {channel}"
        return found[0] * 0.02, (found[1] + 1) * 0.02


def parse_time(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def talk_seconds(call):
    return parse_time(call["ended_at"]) - parse_time(call["answered_at"])


async def sound_of(daemon, call):
    """The sealed recording of a finished call, after checking what its row says of it."""
    recording = call["recording"]
    assert recording and recording["state"] == "sealed", f"recording: {recording}"
    sound = await asyncio.to_thread(Sound, await daemon.export(call["id"]))
    assert abs(sound.seconds - recording["seconds"]) <= LENGTH_SLACK, \
        f"the row says {recording['seconds']} s, the file has {sound.seconds} s"
    return sound


def check_length(sound, call):
    difference = sound.seconds - talk_seconds(call)
    assert abs(difference) <= LENGTH_SLACK, \
        f"{sound.seconds:.3f} s recorded of {talk_seconds(call):.3f} s talked"


def check_tone(sound, channel, frequency, least, apart=30.0):
    """The tone is in its own channel for at least so many seconds, whole, and not in the other."""
    levels = sound.tone(channel, frequency)
    found = audio.span(levels)
    assert found, f"no {frequency} Hz in channel {channel}"
    first, last = found
    assert (last - first + 1) * 0.02 >= least, \
        f"{frequency} Hz only for {(last - first + 1) * 0.02:.2f} s of {least:.2f} s"
    holes = audio.gaps(levels)
    assert not holes, f"{frequency} Hz is missing at {[round(n * 0.02, 2) for n in holes[:10]]} s"
    begin, end = first * 0.02 + 0.1, last * 0.02 - 0.1
    own = audio.tone_level(sound.part(channel, begin, end), sound.rate, frequency)
    other = audio.tone_level(sound.part(1 - channel, begin, end), sound.rate, frequency)
    assert own - other >= apart, f"{frequency} Hz leaks: {own:.0f} dB and {other:.0f} dB"


def check_tones(sound, tones, least):
    """The tones of who called and of who answered, each in its own channel."""
    for channel, tone in enumerate(tones):
        check_tone(sound, channel, tone, least)
