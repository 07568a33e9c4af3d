"""What is heard and signalled while somebody holds the call: music of the box, and a=sendonly."""

import asyncio
import pathlib
import wave

from harness import audio, codec, sdp
from harness.recording import check_length, sound_of
from harness.registry import scenario
from harness.world import connected, hang_up, until
from scenarios.d_trunks import MAIN, inbound, trunk
from scenarios.j_transfers import TALK, moment, settled, told

MUSIC = 800  # Hz


def write_music(folder, seconds=1.37, rate=16000, level=0.9):
    """A loud tone of a length that is no multiple of anything."""
    path = pathlib.Path(folder) / "music.wav"
    with wave.open(str(path), "wb") as f:
        f.setnchannels(1)
        f.setsampwidth(2)
        f.setframerate(rate)
        f.writeframes(codec.sine(MUSIC, seconds, rate, level).tobytes())
    return {"hold_music": f"file:{path}"}


def now():
    return asyncio.get_running_loop().time()


def heard_from(leg, since, frequency):
    """Level of that tone in each 20 ms that came since a moment."""
    samples, rate = leg.heard(since)
    return audio.tone_windows(samples, rate, frequency)


async def check_music(leg, seconds=1.6, least=0.9):
    """From now on the leg hears the music, without a gap or a click, and no louder than speech."""
    since = now()
    await asyncio.sleep(seconds)
    samples, rate = leg.heard(since)
    levels = audio.tone_windows(samples, rate, MUSIC, 0.02)
    loud = [level for level in levels if level > -40]
    assert len(loud) * 0.02 > seconds * least, \
        f"{len(loud) * 0.02:.2f} s of music in {seconds} s"
    assert audio.level(samples) < -22, f"the music has {audio.level(samples):.1f} dB"
    steepest = max(abs(a - b) for a, b in zip(samples, samples[1:]))
    # 800 Hz at the peak that -24 dB have, and what G.711 rounds off
    assert steepest < 2300 * 8000 / rate, f"it clicks: a step of {steepest}"


async def check_no_music(leg, seconds=1.0):
    since = now() + 0.2
    await asyncio.sleep(seconds + 0.2)
    found = audio.span(heard_from(leg, since, MUSIC), -50)
    assert not found, f"music at {found}"


def check_not_in(sound, channel):
    """But for where another tone begins or ends, which has something of every frequency."""
    loud = [round(n * 0.02, 2) for n, level in enumerate(sound.tone(channel, MUSIC)) if level > -35]
    assert len(loud) < 8, f"music in channel {channel} at {loud} s"


async def hold(leg, direction="sendonly"):
    assert (await leg.reinvite(direction=direction)).status == 200
    leg.rtp.muted = direction != "sendrecv"


async def resume(leg):
    assert (await leg.reinvite(direction="sendrecv")).status == 200
    leg.rtp.muted = False


async def two_talk(world, **media):
    daemon = await world.start(media={**write_music(world.folder), **media})
    caller, callee = await world.phones_for("101", "102")
    leg, other = await connected(world, caller, callee)
    leg.play(1000)
    other.play(450)
    await asyncio.sleep(TALK)
    return daemon, leg, other


async def told_direction(leg, direction):
    await until(lambda: leg.peer.direction == direction, f"a={direction}: {leg.peer.direction}")


@scenario
async def a_caller_on_hold_hears_music_sees_it_signalled_and_it_is_in_the_recording(world):
    daemon, leg, other = await two_talk(world)
    await hold(other)
    await told_direction(leg, "sendonly")
    assert leg.peer.payload_type("pcmu") == 0, leg.peer
    await check_music(leg)
    await resume(other)
    await told_direction(leg, "sendrecv")
    await check_no_music(leg)
    levels = heard_from(leg, now() - 0.5, 450)
    assert sum(level > -30 for level in levels) > 20, "the callee is not heard again"
    await hang_up(leg, other)
    [call] = await settled(daemon, 1)
    sound = await sound_of(daemon, call)
    check_length(sound, call)
    begin, end = moment(call, "held"), moment(call, "resumed")
    first, last = audio.span(sound.tone(1, MUSIC), -40)
    assert abs(first * 0.02 - begin) < 0.4 and abs(last * 0.02 - end) < 0.4, \
        f"music from {first * 0.02:.2f} to {last * 0.02:.2f} s, on hold from {begin} to {end}"
    check_not_in(sound, 0)


@scenario
async def a_callee_on_hold_hears_music_which_is_not_in_the_recording(world):
    daemon, leg, other = await two_talk(world)
    await hold(leg, "inactive")
    await told_direction(other, "sendonly")
    await check_music(other)
    await resume(leg)
    await told_direction(other, "sendrecv")
    await check_no_music(other)
    await hang_up(leg, other)
    [call] = await settled(daemon, 1)
    sound = await sound_of(daemon, call)
    for channel in (0, 1):  # neither said it, and the caller did not hear it
        check_not_in(sound, channel)


@scenario
async def both_hold_and_each_hears_music_when_it_comes_back_first(world):
    _, leg, other = await two_talk(world)
    await hold(other)
    await told_direction(leg, "sendonly")
    await hold(leg)
    await told_direction(other, "sendonly")  # to which it answers inactive
    quiet_from = now() + 0.3
    await asyncio.sleep(1)
    assert not [p for side in (leg, other) for p in side.rtp.packets if p.at > quiet_from], \
        "a phone that holds was sent sound"
    await resume(leg)
    assert leg.peer.direction == "sendonly", leg.peer.direction
    await check_music(leg)
    await resume(other)
    await told_direction(leg, "sendrecv")
    await told_direction(other, "sendrecv")
    await asyncio.sleep(0.3)
    await check_no_music(leg)
    for side, frequency in ((leg, 450), (other, 1000)):
        levels = heard_from(side, now() - 0.5, frequency)
        assert sum(level > -30 for level in levels) > 20, f"{frequency} Hz is not heard"
    await hang_up(leg, other)


@scenario
async def who_is_transferred_from_hold_hears_ringing_then_the_target_and_no_music(world):
    daemon = await world.start(media=write_music(world.folder))
    first, second, third = await world.phones_for("101", "102", "103")
    leg, other = await connected(world, first, second)
    leg.play(1000)
    await hold(other)
    await check_music(leg)
    assert (await other.refer("103")).status == 202
    target = await third.next_call()
    await target.ring()
    await told(other, 180)
    ringing_from = now()
    await asyncio.sleep(1.2)
    assert audio.span(heard_from(leg, ringing_from, 425)), "it does not ring"
    await other.hang_up()
    await target.answer()
    target.play(700)
    await told_direction(leg, "sendrecv")
    leg.rtp.muted = False
    since = now() + 0.4
    await asyncio.sleep(TALK)
    assert not audio.span(heard_from(leg, since, MUSIC), -50), "the music goes on"
    assert audio.span(heard_from(leg, since, 700)), "103 is not heard"
    assert audio.span(heard_from(target, since, 1000)), "101 is not heard"
    await hang_up(leg, target)
    await settled(daemon, 1)


@scenario
async def who_is_held_through_an_attended_transfer_talks_to_the_target_afterwards(world):
    daemon = await world.start(media=write_music(world.folder))
    first, second, third = await world.phones_for("101", "102", "103")
    leg, other = await connected(world, first, second)
    leg.play(1000)
    await hold(other)
    await check_music(leg)
    asking, target = await connected(world, second, third, "103")
    target.play(700)
    await asyncio.sleep(0.5)
    await hold(asking)  # phones hold the consultation before they transfer
    await check_music(target)
    assert (await other.refer("103", instead_of=asking)).status == 202
    await told_direction(leg, "sendrecv")
    await told_direction(target, "sendrecv")
    since = now() + 0.4
    await asyncio.sleep(TALK)
    for side, frequency in ((leg, 700), (target, 1000)):
        assert audio.span(heard_from(side, since, frequency)), f"{frequency} Hz is not heard"
        assert not audio.span(heard_from(side, since, MUSIC), -50), "the music goes on"
    await hang_up(leg, target)
    await settled(daemon, 2)


@scenario
async def a_caller_from_a_trunk_hears_music_without_being_told_and_the_carriers_own_passes(world):
    carrier = await world.carrier()
    await world.start(media=write_music(world.folder), trunk=[trunk(carrier)],
                      number=inbound("extension:102"))
    world.aim(carrier)
    phone = await world.phone("102")
    outside = carrier.dial(MAIN)
    leg = await phone.next_call()
    await leg.answer()
    await asyncio.wait_for(outside.answered, 20)
    outside.play(1000)
    leg.play(450)
    await asyncio.sleep(0.5)
    await hold(leg)
    await check_music(outside)
    assert outside.peer.direction == "sendrecv" and len(outside.requests) == 0, "it was told"
    await resume(leg)
    await check_no_music(outside)
    assert (await outside.reinvite(direction="sendonly")).status == 200
    outside.play(1450)  # the carrier's music
    await told_direction(leg, "sendonly")
    since = now() + 0.3
    await asyncio.sleep(1)
    assert audio.span(heard_from(leg, since, 1450)), "the carrier's music is not heard"
    assert not audio.span(heard_from(leg, since, MUSIC), -50), "ours is heard"
    await hang_up(outside, leg)


@scenario
async def without_hold_music_who_is_held_hears_what_the_holding_phone_sends(world):
    _, leg, other = await two_talk(world, hold_music="")
    assert (await other.reinvite(direction="sendonly")).status == 200
    await told_direction(leg, "sendonly")
    since = now() + 0.2
    await asyncio.sleep(1)
    assert audio.span(heard_from(leg, since, 450)), "what the phone sends is not heard"
    assert (await other.reinvite(direction="sendrecv")).status == 200
    await hang_up(leg, other)


@scenario
async def hold_music_in_opus_and_g722_has_its_tone_and_no_gap(world):
    await world.start(media=write_music(world.folder))
    for name in ("opus", "g722"):
        await asyncio.to_thread(codec.tone, 1000, name)
    caller = await world.phone("101", codecs=["opus"])
    callee = await world.phone("102", codecs=["g722"])
    leg, other = await connected(world, caller, callee)
    leg.play(1000)
    other.play(1000)
    for holder, held in ((leg, other), (other, leg)):
        await hold(holder)
        await told_direction(held, "sendonly")
        assert held.peer.payload_type(held.codec) == sdp.CODECS[held.codec][0], held.peer
        since = now() + 0.1
        await asyncio.sleep(1.6)
        levels = heard_from(held, since, MUSIC)
        loud = [level for level in levels if level > -40]
        assert len(loud) * 0.02 > 1.3, f"{held.codec}: {len(loud) * 0.02:.2f} s of music in 1.6 s"
        await resume(holder)
        await told_direction(held, "sendrecv")
    await hang_up(leg, other)
