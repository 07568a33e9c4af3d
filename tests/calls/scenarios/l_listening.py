"""Listening to a call while it runs, and keys that leave no trace in what is kept."""

import asyncio
import http.client
import json
import math
import ssl
import struct
import subprocess
import threading
import time
from array import array

from harness import audio, codec
from harness.daemon import OWNER
from harness.recording import check_length, sound_of
from harness.registry import scenario
from harness.world import connected, hang_up

RATE = 16000
KEY = {"1": (697, 1209), "5": (770, 1336), "9": (852, 1477), "#": (941, 1477)}


class LiveStream(threading.Thread):
    """Reads a live call's audio as it comes, and remembers when."""

    def __init__(self, api, call_id):
        super().__init__(daemon=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self.connection = http.client.HTTPSConnection(*api.address, timeout=20, context=context)
        self.path, self.cookie = f"/api/v1/live/{call_id}/audio", api.cookie
        self.status, self.kind, self.parts, self.ended = None, None, [], False
        self.answered = threading.Event()

    def run(self):
        try:
            self.connection.request("GET", self.path, headers={"Cookie": self.cookie})
            response = self.connection.getresponse()
            self.status, self.kind = response.status, response.headers["Content-Type"]
            self.answered.set()
            while data := response.read1(65536):
                self.parts.append((time.monotonic(), data))
            self.ended = True
        except OSError:
            pass
        finally:
            self.answered.set()
            self.connection.close()

    @property
    def data(self):
        return b"".join(data for _, data in self.parts)

    def came_at(self, seconds):
        """When the page with that second of the stream had come whole."""
        whole, at = b"", 0
        for moment, data in self.parts:
            whole += data
            while (found := whole.find(b"OggS", at)) >= 0 and found + 27 <= len(whole):
                granule = struct.unpack_from("<q", whole, found + 6)[0]
                if granule >= seconds * 48000:
                    return moment
                at = found + 4
        return None

    def sound(self):
        done = subprocess.run(["ffmpeg", "-loglevel", "error", "-i", "pipe:0", "-f", "s16le", "-ac",
                               "2", "-ar", str(RATE), "pipe:1"], input=self.data,
                              stdout=subprocess.PIPE, check=True, timeout=60)
        samples = array("h", done.stdout)
        return samples[0::2], samples[1::2]


async def listen(daemon, call_id):
    stream = LiveStream(await daemon.signed_in(), call_id)
    stream.start()
    assert await asyncio.to_thread(stream.answered.wait, 20), "no answer"
    return stream


async def live_call(daemon):
    for _ in range(100):
        calls = (await daemon.get("/api/v1/live"))["calls"]
        if calls and calls[0]["answered_at"]:
            return calls[0]
        await asyncio.sleep(0.1)
    raise AssertionError("there is no live call")


def loud(samples, frequency):
    """The seconds of the tone: (first, last)."""
    found = audio.span(audio.tone_windows(samples, RATE, frequency))
    assert found, f"{frequency} Hz was not heard in {len(samples) / RATE:.2f} s"
    return found[0] * 0.02, (found[1] + 1) * 0.02


async def listened_to(world, mode):
    daemon = await world.start(recording={"mode": mode})
    caller, callee = await world.phones_for("101", "102")
    leg, other = await connected(world, caller, callee)
    other.play(450)
    call = await live_call(daemon)
    stream = await listen(daemon, call["id"])
    assert stream.status == 200 and stream.kind == "audio/ogg", (stream.status, stream.kind)
    await asyncio.sleep(2)
    spoke = time.monotonic()
    leg.play(1000)
    await asyncio.sleep(4)
    await hang_up(leg, other)
    await asyncio.to_thread(stream.join, 20)
    assert stream.ended, "the stream did not end with the call"
    left, right = await asyncio.to_thread(stream.sound)
    first, last = loud(left, 1000)
    assert last - first > 3.0, f"the caller was heard for {last - first:.2f} s"
    first_other, last_other = loud(right, 450)
    assert last_other - first_other > 5.0, f"the callee for {last_other - first_other:.2f} s"
    leak = audio.tone_level(right, RATE, 1000)
    assert leak < -50, f"the caller is heard on the other side: {leak:.0f} dB"
    delay = stream.came_at(first + 0.1) - spoke - 0.1
    print(f"    heard {delay:.2f} s after it was said")
    assert delay < 3, f"heard only {delay:.2f} s after it was said"
    done = await daemon.finished_call()
    events = [(e["kind"], e["detail"]) for e in done["events"]]
    assert ("listened", OWNER) in events, events
    return daemon, done


@scenario
async def a_live_call_is_heard_as_it_is_spoken_and_says_who_listened(world):
    daemon, done = await listened_to(world, "always")
    check_length(await sound_of(daemon, done), done)


@scenario
async def a_call_that_is_not_recorded_can_be_listened_to(world):
    await listened_to(world, "on-demand")


@scenario
async def a_call_that_may_not_be_recorded_may_not_be_listened_to(world):
    daemon = await world.start(recording={"mode": "never"})
    caller, callee = await world.phones_for("101", "102")
    leg, other = await connected(world, caller, callee)
    call = await live_call(daemon)
    api = await daemon.signed_in()
    status, _, body = await asyncio.to_thread(
        api.request, "GET", f"/api/v1/live/{call['id']}/audio")
    assert status == 409 and json.loads(body)["title"], (status, body)
    status, _, _ = await asyncio.to_thread(
        api.request, "GET", "/api/v1/live/01890a5d-ac96-774b-bcce-b302099a8057/audio")
    assert status == 404, status
    await hang_up(leg, other)


@scenario
async def only_a_few_listen_at_once_and_whoever_leaves_makes_room(world):
    daemon = await world.start()
    caller, callee = await world.phones_for("101", "102")
    leg, other = await connected(world, caller, callee)
    call = await live_call(daemon)
    streams = [await listen(daemon, call["id"]) for _ in range(4)]
    assert all(stream.status == 200 for stream in streams)
    assert (await listen(daemon, call["id"])).status == 503
    streams[0].connection.sock.shutdown(2)
    for _ in range(100):
        again = await listen(daemon, call["id"])
        if again.status == 200:
            break
        await asyncio.sleep(0.1)
    assert again.status == 200, again.status
    await hang_up(leg, other)
    for stream in streams[1:] + [again]:
        await asyncio.to_thread(stream.join, 20)
        assert stream.ended


def key_tone(key, seconds=0.1, amplitude=6000):
    low, high = KEY[key]
    return array("h", (int(amplitude * (math.sin(2 * math.pi * low * n / 8000) +
                                        math.sin(2 * math.pi * high * n / 8000)))
                       for n in range(int(8000 * seconds))))


def spoken_keys(keys):
    """A voice (300 Hz) with keys that are heard in it."""
    def voice(seconds):
        return array("h", (int(8000 * math.sin(2 * math.pi * 300 * n / 8000))
                           for n in range(int(8000 * seconds))))
    samples = voice(1.0)
    for key in keys:
        samples += key_tone(key) + voice(0.6)
    return codec.Clip("pcmu", codec.encode(samples, 8000, "pcmu"), loop=False), len(samples) / 8000


def loudest_key(sound, channel):
    """The strongest 40 ms of any key: its weaker tone, in dB."""
    samples, best = sound.channels[channel], -120.0
    size = int(sound.rate * 0.04)
    for low, high in KEY.values():
        for n in range(0, len(samples) - size, size // 2):
            part = samples[n:n + size]
            best = max(best, min(audio.tone_level(part, sound.rate, low),
                                 audio.tone_level(part, sound.rate, high)))
    return best


async def check_no_key(sound):
    found = await asyncio.to_thread(loudest_key, sound, 0)
    assert found < -45, f"a key is heard with {found:.0f} dB"


async def check_only_keys_are_cut(daemon, least):
    """The finished call's recording is whole: no key, and so many seconds of the voice at least."""
    call = await daemon.finished_call()
    sound = await sound_of(daemon, call)
    check_length(sound, call)
    await check_no_key(sound)
    spoken = audio.tone_windows(sound.channels[0], sound.rate, 300)
    assert sum(1 for value in spoken if value > -30) * 0.02 > least, "too much speech was cut"


async def keys_pressed(world, mask):
    daemon = await world.start(recording={"mode": "always", "mask_dtmf": mask})
    caller, callee = await world.phones_for("101", "102")
    leg, other = await connected(world, caller, callee)
    clip, seconds = spoken_keys("159#")
    leg.rtp.play(clip)
    await asyncio.sleep(seconds + 0.3)
    leg.play(300)
    for key in "15":
        await asyncio.sleep(0.5)
        await leg.rtp.press(key)
    await asyncio.sleep(0.7)
    assert other.rtp.digits() == "15", f"the other side got {other.rtp.digits()!r}"
    return daemon, leg, other


@scenario
async def keys_leave_no_trace_where_they_are_masked(world):
    daemon, leg, other = await keys_pressed(world, True)
    await hang_up(leg, other)
    await check_only_keys_are_cut(daemon, 3.5)


@scenario
async def keys_are_heard_where_nobody_masks_them(world):
    daemon, leg, other = await keys_pressed(world, False)
    await hang_up(leg, other)
    sound = await sound_of(daemon, await daemon.finished_call())
    found = await asyncio.to_thread(loudest_key, sound, 0)
    assert found > -30, f"the measure finds a key with {found:.0f} dB only"


@scenario
async def keys_are_not_in_the_spool_either(world):
    """Killed while they talk: what is recovered was made of the spool alone."""
    daemon, leg, other = await keys_pressed(world, True)
    await asyncio.sleep(1.2)
    await daemon.kill()
    await daemon.start()
    call = await daemon.finished_call()
    sound = await sound_of(daemon, call)
    assert sound.seconds > 4, f"{sound.seconds:.2f} s were recovered"
    await check_no_key(sound)
