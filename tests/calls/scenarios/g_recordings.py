"""What is kept: formats, speech, crashes, full disks."""

import asyncio
import json
import pathlib
import shutil
import subprocess
import time
import wave
from array import array

from harness import audio, codec
from harness.daemon import is_settled
from harness.recording import check_length, check_tone, parse_time, sound_of
from harness.registry import scenario
from harness.small_disk import small_disk
from harness.world import Skipped, connected, hang_up
from scenarios.a_talking import talk


async def kept_as(world, form, begins_with):
    daemon = await world.start(recording={"format": form})
    caller, callee = await world.phones_for("101", "102")
    await talk(caller, callee, "102", 2.5)
    call = await daemon.finished_call()
    assert call["recording"]["format"] == form, call["recording"]
    sound = await sound_of(daemon, call)
    check_length(sound, call)
    check_tone(sound, 0, 1000, 2.0)
    check_tone(sound, 1, 450, 2.0)
    for wanted, first in (("opus", b"OggS"), ("ogg", b"OggS"), ("wav", b"RIFF")):
        api = await daemon.signed_in()
        path = f"/api/v1/calls/{call['id']}/recording?format={wanted}"
        status, _, data = await asyncio.to_thread(api.request, "GET", path)
        assert status == 200 and data.startswith(first), (wanted, status, data[:80])
        if wanted == form:
            assert begins_with in data[:100], data[:100]
            check_with_a_strange_reader(world, data, form, sound.seconds)
    check_sealed(daemon, call)
    code, out = await daemon.cli("recordings", "verify", "--json", check=False)
    assert code == 0, out


def check_with_a_strange_reader(world, data, form, seconds):
    """ffmpeg finds two channels of the same length, and opusinfo no fault."""
    file = pathlib.Path(world.folder) / f"downloaded.{form}"
    file.write_bytes(data)
    out = subprocess.run(["ffprobe", "-v", "error", "-show_entries", "stream=channels:format=duration",
                          "-of", "json", str(file)], stdout=subprocess.PIPE, check=True, timeout=30)
    found = json.loads(out.stdout)
    assert found["streams"][0]["channels"] == 2, found
    assert abs(float(found["format"]["duration"]) - seconds) < 0.05, found
    if form == "opus" and shutil.which("opusinfo"):
        said = subprocess.run(["opusinfo", str(file)], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=30)
        assert said.returncode == 0 and b"WARNING" not in said.stdout, said.stdout.decode()


def check_sealed(daemon, call):
    """On disk there is neither audio that a player knows nor a phone number in a name."""
    files = [f for f in (daemon.data / "tenants").rglob("*") if f.is_file() and "vault" in f.parts]
    assert files, "nothing in the vault"
    for file in files:
        assert not file.read_bytes().startswith((b"OggS", b"RIFF")), f"{file} is not sealed"
        assert oct(file.stat().st_mode & 0o077) == "0o0", f"{file} can be read by others"


@scenario
async def a_recording_is_kept_as_ogg_opus(world):
    await kept_as(world, "opus", b"OpusHead")


@scenario
async def a_recording_is_kept_as_ogg_vorbis(world):
    await kept_as(world, "ogg", b"vorbis")


@scenario
async def a_recording_is_kept_as_wav(world):
    await kept_as(world, "wav", b"WAVE")


def speech(folder, text, voice):
    """(samples, rate) of spoken text by whichever synthesiser there is."""
    file = pathlib.Path(folder) / f"{voice}.wav"
    if shutil.which("flite"):
        command = ["flite", "-voice", voice, "-t", text, "-o", str(file)]
    elif shutil.which("espeak-ng"):
        command = ["espeak-ng", "-w", str(file), text]
    else:
        raise Skipped("neither flite nor espeak-ng is installed")
    subprocess.run(command, check=True, timeout=60, stdout=subprocess.DEVNULL)
    with wave.open(str(file), "rb") as f:
        return array("h", f.readframes(f.getnframes())), f.getframerate()


@scenario
async def speech_is_recorded_as_it_was_spoken(world):
    daemon = await world.start()
    caller, callee = await world.phones_for("101", "102")
    said = {}
    for channel, (voice, text) in enumerate((
            ("slt", "Good morning, this is Ada from the second floor. Can you hear me well?"),
            ("kal", "Yes, very well indeed. The parcel came today, at a quarter past nine."))):
        samples, rate = speech(world.folder, text, voice)
        said[channel] = codec.resample(samples, rate, 8000)
    leg, other = await connected(world, caller, callee)
    leg.rtp.play(codec.Clip("pcmu", codec.encode(said[0], 8000, "pcmu"), loop=False))
    other.rtp.play(codec.Clip("pcmu", codec.encode(said[1], 8000, "pcmu"), loop=False))
    await asyncio.sleep(max(len(s) for s in said.values()) / 8000 + 0.5)
    await hang_up(leg, other)
    sound = await sound_of(daemon, await daemon.finished_call())
    for channel, samples in said.items():
        recorded = codec.resample(sound.channels[channel], sound.rate, 8000)
        likeness, _ = audio.envelope_likeness(samples, recorded, 8000)
        assert likeness > 0.9, f"channel {channel} is like what was said by {likeness:.2f} only"


@scenario(limit=120)
async def killed_during_ten_calls_nothing_but_the_last_second_is_lost(world):
    daemon = await world.start()
    pairs = []
    callee = await world.phone("102")
    callers = await world.phones_for("101", "103")
    for n in range(10):
        pairs.append(await connected(world, callers[n % 2], callee))
    for leg, other in pairs:
        leg.play(1000)
        other.play(450)
    await asyncio.sleep(5)
    await daemon.kill()
    killed = asyncio.get_running_loop().time()
    now = time.time()
    for leg, other in pairs:
        leg.vanish()
        other.vanish()
    await daemon.start()
    calls = await daemon.wait_for_calls(
        lambda c: c["ended_at"] and (c["recording"] or {}).get("state") == "sealed", 10, 60)
    assert asyncio.get_running_loop().time() - killed < 90
    for row in calls:
        call = await daemon.get(f"/api/v1/calls/{row['id']}")
        assert call["recording"]["cut"], call["recording"]
        assert "cut" in call["recording"]["reason"].lower(), call["recording"]["reason"]
        sound = await sound_of(daemon, call)
        talked = now - parse_time(call["answered_at"])
        assert talked - sound.seconds <= 1.1, f"{sound.seconds:.2f} s kept of {talked:.2f} s"
        check_tone(sound, 0, 1000, talked - 2.5)
        check_tone(sound, 1, 450, talked - 2.5)
    code, out = await daemon.cli("recordings", "verify", "--json", check=False)
    assert code == 0, out


@scenario(limit=120)
async def killed_again_and_again_at_odd_moments_the_rows_and_files_agree(world):
    daemon = await world.start()
    for pause in (0.05, 0.4, 1.1):  # the first may come before the call's row was stored
        phones = await world.phones_for("101", "102")
        leg, other = await connected(world, *phones)
        leg.play(1000)
        await asyncio.sleep(pause)
        await daemon.kill()
        leg.vanish()
        other.vanish()
        daemon.api.cookie = None
        await daemon.start()
    known = len(await daemon.calls())  # a call killed before its row and its audio is in neither
    assert known >= 2
    calls = await daemon.wait_for_calls(lambda c: is_settled(c) and c["recording"], known, 40)
    for row in calls:
        recording = row["recording"]
        assert recording and recording["state"] in ("sealed", "missing"), row
        assert recording["state"] == "sealed" or recording["reason"], row
    code, out = await daemon.cli("recordings", "verify", "--json", check=False)
    assert code == 0, out


@scenario(limit=90)
async def a_full_disk_ends_the_recording_and_not_the_call(world):
    async with small_disk(world) as small:
        await full_disk(world, small)


async def full_disk(world, small):
    daemon = await world.start(recording={"reserve": "1MiB"})
    caller, callee = await world.phones_for("101", "102")
    leg, other = await connected(world, caller, callee)
    leg.play(1000)
    other.play(450)
    await asyncio.sleep(2.5)
    with open(small / "ballast", "wb") as ballast:
        free = shutil.disk_usage(small).free
        ballast.write(b"\0" * max(0, free - 300_000))
    await daemon.wait_for_alarm("recording.missing")
    assert not leg.ended.done(), "the call was ended"
    since = asyncio.get_running_loop().time()
    await asyncio.sleep(1)
    samples, rate = other.heard(since)
    assert audio.tone_level(samples, rate, 1000) > -25, "the audio stopped"
    (small / "ballast").unlink()
    await hang_up(leg, other)
    call = await daemon.finished_call()
    assert call["recording"]["state"] == "sealed" and call["recording"]["cut"], call["recording"]
    sound = await sound_of(daemon, call)
    check_tone(sound, 0, 1000, 1.5)


@scenario
async def a_changed_byte_in_the_vault_is_found(world):
    daemon = await world.start()
    caller, callee = await world.phones_for("101", "102")
    await talk(caller, callee, "102", 1)
    call = await daemon.finished_call()
    file = max((f for f in daemon.data.rglob("*") if f.is_file() and "vault" in f.parts),
               key=lambda f: f.stat().st_size)
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.chmod(0o600)
    file.write_bytes(data)
    code, out = await daemon.cli("recordings", "verify", "--json", check=False)
    assert code == 1 and call["recording"]["id"] in out, out
    code, _ = await daemon.cli("recordings", "export", "--call", call["id"], "--format", "wav",
                               "--to", str(daemon.folder / "bad"), check=False)
    assert code != 0, "a changed recording was exported"


@scenario(limit=150)
async def a_recording_whose_time_is_over_is_deleted_and_its_call_stays(world):
    daemon = await world.start(retention={"recordings": "2s"})
    caller, callee = await world.phones_for("101", "102")
    await talk(caller, callee, "102", 1)
    await daemon.wait_for_calls(
        lambda c: c["ended_at"] and (c["recording"] or {}).get("state") == "gone", 1, 100)
    left = [f for f in daemon.data.rglob("*") if f.is_file() and "vault" in f.parts]
    assert not left, left
