"""Audio on the way: who may send it, what is lost, which codecs meet."""

import asyncio
import random

from harness import audio, codec, rtp, sdp
from harness.recording import check_length, check_tone, sound_of
from harness.registry import scenario
from harness.world import connected, ended, hang_up, until
from scenarios.a_talking import check_heard, talk

STRANGE = 2150  # Hz, what strangers send


async def inject(target, payload_type, stop):
    """A stranger's tone, from another port of the same host, until told to stop."""
    stranger = await rtp.Rtp.open()
    stranger.aim(*target, payload_type)
    stranger.play(codec.tone(STRANGE, "pcmu"))
    await stop.wait()
    heard = len(stranger.packets)
    stranger.close()
    return heard


def check_no_stranger(samples, rate, what):
    levels = audio.tone_windows(samples, rate, STRANGE)
    loud = [round(n * 0.02, 2) for n, value in enumerate(levels) if value > -45]
    assert not loud, f"the stranger is {what} at {loud[:10]} s"


async def stranger_sends(world, first):
    """`first`: the stranger sends before the phone does; otherwise in the middle."""
    daemon = await world.start()
    caller, callee = await world.phones_for("101", "102")
    leg, other = await connected(world, caller, callee)
    stop = asyncio.Event()
    target = (leg.peer.address, leg.peer.port)
    if not first:
        leg.play(1000)
        other.play(450)
        await asyncio.sleep(1)
    strangers = asyncio.gather(inject(target, 0, stop), inject(target, 0, stop))
    await asyncio.sleep(0.5)
    if first:
        leg.play(1000)
        other.play(450)
    await asyncio.sleep(2)
    stop.set()
    assert await strangers == [0, 0], "the stranger was sent audio"
    await hang_up(leg, other)
    samples, rate = other.heard()
    check_no_stranger(samples, rate, "heard")
    check_heard(other, 1000, 2)
    call = await daemon.finished_call()
    sound = await sound_of(daemon, call)
    check_no_stranger(sound.channels[0], sound.rate, "recorded")
    check_tone(sound, 0, 1000, 1.5)
    refused = next(leg for leg in call["legs"] if leg["caller"])["quality"]["packets_refused"]
    assert refused > 50, f"{refused} packets counted as refused"


@scenario
async def a_stranger_who_sends_audio_first_is_neither_heard_nor_recorded(world):
    await stranger_sends(world, True)


@scenario
async def a_stranger_who_sends_audio_in_the_middle_is_neither_heard_nor_recorded(world):
    await stranger_sends(world, False)


@scenario
async def a_stranger_at_another_address_cannot_take_over_a_phone_behind_nat(world):
    daemon = await world.start()
    home = await world.phone("101", claims=("10.99.0.7", 5060), host="127.0.0.4")
    desk = await world.phone("102")
    leg, other = await connected(world, desk, home, "101")
    stop = asyncio.Event()
    stranger = asyncio.create_task(inject((other.peer.address, other.peer.port), 0, stop))
    await asyncio.sleep(0.5)
    leg.play(1000)
    other.play(450)
    await asyncio.sleep(2)
    stop.set()
    assert await stranger == 0, "the stranger was sent audio"
    check_heard(leg, 450, 2)
    samples, rate = leg.heard()
    check_no_stranger(samples, rate, "heard")
    await hang_up(leg, other)
    sound = await sound_of(daemon, await daemon.finished_call())
    check_no_stranger(sound.channels[1], sound.rate, "recorded")


async def codecs_meet(world, one, two, **settings):
    """A call between a phone that speaks only `one` and a phone that speaks only `two`."""
    daemon = await world.start(**settings)
    caller = await world.phone("101", codecs=[one])
    callee = await world.phone("102", codecs=[two])
    for name in (one, two):  # ffmpeg is slow enough to be missed in the call
        await asyncio.to_thread(codec.tone, 1000, name)
        await asyncio.to_thread(codec.tone, 450, name)
    leg, other = await talk(caller, callee, "102", 2.5)
    assert (leg.codec, other.codec) == (one, two), (leg.codec, other.codec)
    check_heard(leg, 450, 2.5)
    check_heard(other, 1000, 2.5)
    call = await daemon.finished_call()
    sound = await sound_of(daemon, call)
    check_length(sound, call)
    check_tone(sound, 0, 1000, 2.0)
    check_tone(sound, 1, 450, 2.0)
    return call


@scenario
async def pcmu_meets_pcma(world):
    await codecs_meet(world, "pcmu", "pcma")


@scenario
async def g722_meets_pcmu(world):
    await codecs_meet(world, "g722", "pcmu")


@scenario
async def opus_meets_pcma(world):
    await codecs_meet(world, "opus", "pcma")


@scenario
async def opus_meets_g722(world):
    await codecs_meet(world, "opus", "g722")


@scenario
async def opus_meets_opus_and_is_relayed_as_it_is_and_recorded(world):
    call = await codecs_meet(world, "opus", "opus")
    assert all(leg["codec"].lower() == "opus" for leg in call["legs"]), call["legs"]


@scenario
async def g722_meets_g722_and_is_recorded(world):
    await codecs_meet(world, "g722", "g722")


@scenario
async def a_shared_codec_is_found_even_when_it_is_not_the_first(world):
    await world.start()
    caller = await world.phone("101", codecs=["opus", "g722", "pcma"])
    callee = await world.phone("102", codecs=["pcma"])
    leg, other = await connected(world, caller, callee)
    assert leg.codec == other.codec == "pcma", (leg.codec, other.codec)
    await hang_up(leg, other)


@scenario
async def a_phone_that_speaks_no_codec_of_ours_is_refused_with_488(world):
    await world.start(media={"codecs": ["pcma"]})
    caller = await world.phone("101", codecs=["opus"])
    await world.phone("102")
    how, response = await ended(caller.dial("102"))
    assert how == "refused" and response.status == 488, how


@scenario
async def lost_and_disordered_packets_do_not_move_the_channels(world):
    daemon = await world.start()
    caller, callee = await world.phones_for("101", "102")
    leg, other = await connected(world, caller, callee)
    chance, kept = random.Random(7), []

    def bad_line(n, packet):
        """Loses 5 %, and lets every tenth packet be overtaken by the next one."""
        if chance.random() < 0.05:
            return []
        if n % 10 == 5:
            kept.append(packet)
            return []
        late = [kept.pop()] if kept else []
        return [packet, *late]
    leg.rtp.mangle = bad_line
    leg.play(1000)
    other.play(450)
    await asyncio.sleep(3)
    leg.rtp.play(codec.Clip("pcmu", codec.encode(codec.sine(1900, 1), 8000, "pcmu")))
    other.rtp.play(codec.Clip("pcmu", codec.encode(codec.sine(700, 1), 8000, "pcmu")))
    await asyncio.sleep(1.5)
    await hang_up(leg, other)
    call = await daemon.finished_call()
    sound = await sound_of(daemon, call)
    check_length(sound, call)
    left, right = sound.tone_span(0, 1900)[0], sound.tone_span(1, 700)[0]
    assert abs(left - right) <= 0.12, f"the second tones begin {left:.2f} and {right:.2f} s in"
    quality = next(leg for leg in call["legs"] if leg["caller"])["quality"]
    assert 3 <= quality["packets_lost"] <= 30, quality


@scenario
async def a_late_start_of_one_side_is_kept_in_the_recording(world):
    daemon = await world.start()
    caller, callee = await world.phones_for("101", "102")
    leg, other = await connected(world, caller, callee)
    other.play(450)
    await asyncio.sleep(1.5)
    leg.play(1000)
    await asyncio.sleep(1.5)
    await hang_up(leg, other)
    sound = await sound_of(daemon, await daemon.finished_call())
    late = sound.tone_span(0, 1000)[0] - sound.tone_span(1, 450)[0]
    assert 1.35 <= late <= 1.75, f"the late side is {late:.2f} s late, not 1.5 s"


@scenario
async def a_peer_that_vanishes_ends_the_call_after_the_configured_silence(world):
    daemon = await world.start(media={"silence_limit": "3s"})
    caller, callee = await world.phones_for("101", "102")
    leg, other = await connected(world, caller, callee)
    leg.play(1000)
    other.play(450)
    await asyncio.sleep(1.5)
    other.vanish()
    assert (await ended(leg, 30))[0] == "bye"
    call = await daemon.finished_call(60)
    assert "media_timeout" in [event["kind"] for event in call["events"]], call["events"]
    sound = await sound_of(daemon, call)
    check_tone(sound, 0, 1000, 3.0)


@scenario
async def a_held_call_is_not_taken_for_a_vanished_peer(world):
    await world.start(media={"silence_limit": "2s"})
    caller, callee = await world.phones_for("101", "102")
    leg, other = await connected(world, caller, callee)
    assert (await leg.reinvite(direction="sendonly")).status == 200
    await asyncio.sleep(4)
    assert not leg.ended.done() and not other.ended.done(), "the held call was ended"
    assert (await leg.reinvite(direction="sendrecv")).status == 200
    await hang_up(leg, other)


@scenario
async def sender_reports_reach_the_phone(world):
    await world.start()
    caller, callee = await world.phones_for("101", "102")
    leg, other = await connected(world, caller, callee)
    leg.play(1000)
    other.play(450)
    await until(lambda: leg.rtp.reports and other.rtp.reports, "RTCP", 20)
    kinds = {report[1] for report in leg.rtp.reports}
    assert kinds <= {200, 201}, kinds
    await hang_up(leg, other)


@scenario
async def rubbish_on_a_media_port_harms_nothing(world):
    daemon = await world.start()
    caller, callee = await world.phones_for("101", "102")
    leg, other = await connected(world, caller, callee)
    leg.play(1000)
    chance = random.Random(11)
    for _ in range(500):
        data = chance.randbytes(chance.choice((0, 1, 4, 11, 12, 40, 200, 1400)))
        leg.rtp.rtp.sendto(data, leg.rtp.target)
        leg.rtp.rtcp.sendto(data, (leg.rtp.target[0], leg.rtp.target[1] + 1))
    await asyncio.sleep(1.5)
    numbers = {p.payload_type for p in other.rtp.packets}
    assert numbers <= {sdp.CODECS["pcmu"][0], sdp.DTMF}, numbers
    await hang_up(leg, other)
    assert (await daemon.finished_call())["outcome"] == "answered"
