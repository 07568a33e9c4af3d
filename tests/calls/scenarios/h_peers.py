"""Phones and carriers that others wrote: baresip and sipp."""

import asyncio
import pathlib

from harness import audio, codec
from harness.baresip import Baresip
from harness.recording import check_length, check_tone, sound_of
from harness.registry import scenario
from harness.settings import password
from harness.sipp import Sipp
from harness.world import hang_up, until
from scenarios.a_talking import check_heard
from scenarios.d_trunks import inbound

TALK = 3.0


async def baresips_talk(world, transport="udp", codecs=("pcmu", "pcmu"), more="", **settings):
    """Two baresips on a call with tones; both sides of the recording and of the line measured."""
    daemon = await world.start(**settings)
    one = await Baresip.open(world, "101", password(101), transport, codecs[0], 1000, more=more)
    two = await Baresip.open(world, "102", password(102), transport, codecs[1], 450, more=more)
    await one.registered()
    await two.registered()
    host, port = daemon.servers[transport]
    one.command("dial", f"sip:102@{host}:{port};transport={transport}")
    await one.wait("CALL_ESTABLISHED")
    await asyncio.sleep(TALK)
    one.command("hangup")
    await two.wait("CALL_CLOSED")
    call = await daemon.finished_call()
    sound = await sound_of(daemon, call)
    check_length(sound, call)
    check_tone(sound, 0, 1000, TALK * 0.7)
    check_tone(sound, 1, 450, TALK * 0.7)
    for phone, frequency in ((one, 450), (two, 1000)):
        await until(lambda: phone.received, "what baresip heard", 5)
        rate, channels = audio.read_wav(phone.received[-1])
        loud = [v for v in audio.tone_windows(channels[0], rate, frequency, 0.1) if v > -30]
        assert len(loud) > TALK * 5, f"baresip heard {frequency} Hz for {len(loud) / 10} s"
    return call


@scenario
async def two_baresips_talk_over_udp(world):
    await baresips_talk(world)


@scenario
async def two_baresips_talk_over_tcp_in_g722(world):
    await baresips_talk(world, "tcp", ("g722", "g722"))


@scenario
async def two_baresips_talk_over_tls_with_encrypted_audio(world):
    call = await baresips_talk(world, "tls", more=";mediaenc=srtp-mand")
    assert call["outcome"] == "answered"


@scenario
async def two_baresips_talk_in_opus(world):
    await baresips_talk(world, codecs=("opus", "opus"))


@scenario
async def a_baresip_with_opus_talks_to_one_with_pcma(world):
    await baresips_talk(world, codecs=("opus", "pcma"))


@scenario
async def a_baresip_holds_and_resumes(world):
    daemon = await world.start()
    phone = await world.phone("102")
    phone.answer_all(play=450)
    baresip = await Baresip.open(world, "101", password(101))
    await baresip.registered()
    host, port = daemon.servers["udp"]
    baresip.command("dial", f"sip:102@{host}:{port}")
    await baresip.wait("CALL_ESTABLISHED")
    await asyncio.sleep(1)
    baresip.command("hold")
    await asyncio.sleep(1.5)
    baresip.command("resume")
    await asyncio.sleep(1.5)
    baresip.command("hangup")
    call = await daemon.finished_call()
    kinds = [event["kind"] for event in call["events"]]
    assert "held" in kinds and "resumed" in kinds, kinds
    check_length(await sound_of(daemon, call), call)


def write_tone(folder):
    """tone.alaw: one second of 1 kHz as sipp streams it."""
    frames = codec.encode(codec.sine(1000, 1), 8000, "pcma")
    (pathlib.Path(folder) / "tone.alaw").write_bytes(b"".join(frames))


@scenario
async def sipp_as_a_carrier_calls_five_times_and_each_call_is_recorded(world):
    carrier = await world.carrier()  # only to reserve its port
    host, port = carrier.agent.wire.local
    carrier.close()
    daemon = await world.start(
        trunk=[{"name": "carrier", "server": f"{host}:{port}", "transport": "udp",
                "addresses": [f"{host}:{port}"]}],
        number=inbound("extension:102"))
    phone = await world.phone("102", codecs=["pcma"])
    phone.answer_all(play=450)
    (pathlib.Path(world.folder) / f"sipp-{port}").mkdir()
    write_tone(pathlib.Path(world.folder) / f"sipp-{port}")
    sip = daemon.servers["udp"]
    sipp = await Sipp.open(world, "carrier_calls.xml", "-s", "4930123450", "-m", "5", "-l", "2",
                           "-r", "2", "-d", "2500", f"{sip[0]}:{sip[1]}", port=port)
    await sipp.finish()
    calls = await daemon.wait_for_calls(
        lambda c: c["ended_at"] and (c["recording"] or {}).get("state") == "sealed", 5)
    for row in calls:
        call = await daemon.get(f"/api/v1/calls/{row['id']}")
        sound = await sound_of(daemon, call)
        check_length(sound, call)
        check_tone(sound, 0, 1000, 1.8)
        check_tone(sound, 1, 450, 1.8)


@scenario
async def sipp_as_a_carrier_answers_and_echoes(world):
    carrier = await world.carrier()
    host, port = carrier.agent.wire.local
    carrier.close()
    daemon = await world.start(
        trunk=[{"name": "carrier", "server": f"{host}:{port}", "transport": "udp",
                "addresses": [f"{host}:{port}"]}],
        outbound=[{"match": "*", "trunks": ["carrier"]}])
    sipp = await Sipp.open(world, "carrier_answers.xml", "-rtp_echo", "-m", "1", port=port)
    caller = await world.phone("101")
    leg = caller.dial("+4930987654")
    await asyncio.wait_for(leg.answered, 20)
    leg.play(1000)
    await asyncio.sleep(2)
    check_heard(leg, 1000, 2)
    await hang_up(leg)
    await sipp.finish()
    call = await daemon.finished_call()
    sound = await sound_of(daemon, call)
    check_length(sound, call)
    for channel in (0, 1):
        assert sound.tone_span(channel, 1000), channel
