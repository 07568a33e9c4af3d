"""While the target of a transfer rings: what is heard, and what has to wait."""

import asyncio

from harness import audio
from harness.recording import check_length, sound_of
from harness.registry import scenario
from harness.world import connected, ended, hang_up
from scenarios.j_transfers import TALK, check_span, moment, outside_call, settled, told


@scenario
async def who_is_transferred_hears_the_next_phone_ring_and_the_recording_has_it(world):
    daemon = await world.start()
    first, second, third = await world.phones_for("101", "102", "103")
    leg, other = await connected(world, first, second)
    leg.play(1000)
    await asyncio.sleep(TALK)
    assert (await other.refer("103")).status == 202
    target = await third.next_call()
    await target.ring()
    await told(other, 180)
    await asyncio.sleep(1.5)
    samples, rate = leg.heard()
    assert not audio.span(audio.tone_windows(samples, rate, 425)), "102 was still there"
    begin = asyncio.get_running_loop().time()
    assert (await other.reinvite(direction="sendonly")).status == 200
    await asyncio.sleep(1.5)
    assert (await other.reinvite(direction="sendrecv")).status == 200  # looks after them again
    mark = asyncio.get_running_loop().time() + 0.3
    await asyncio.sleep(1)
    samples, rate = leg.heard(begin)
    assert audio.span(audio.tone_windows(samples, rate, 425)), "101 hears nothing"
    await other.hang_up()
    await asyncio.sleep(6.5)  # two rings
    await target.answer()
    target.play(700)
    samples, rate = leg.heard(mark)
    rings = [level >= -30 for level in audio.tone_windows(samples, rate, 425)]
    assert 1.2 < sum(rings) * 0.02 < 2.8, f"{sum(rings) * 0.02:.2f} s of ringing in two rings"
    mark = asyncio.get_running_loop().time() + 0.3
    await asyncio.sleep(TALK)
    samples, rate = leg.heard(mark)
    assert not audio.span(audio.tone_windows(samples, rate, 425)), "it rings on"
    assert audio.span(audio.tone_windows(samples, rate, 700)), "103 is not heard"
    await hang_up(leg, target)
    [call] = await settled(daemon, 1)
    sound = await sound_of(daemon, call)
    check_length(sound, call)
    hold = (moment(call, "held"), moment(call, "resumed"))
    check_span(sound, 0, 1000, 0, sound.seconds, hold=hold)
    assert audio.span(sound.tone(1, 425)), "the ringing is not in the recording"
    assert audio.span(sound.tone(0, 425)) is None, "the ringing is in the wrong channel"


@scenario
async def who_is_sent_on_meanwhile_puts_nobody_through_before_somebody_is_there(world):
    _, daemon, outside, leg = await outside_call(world)
    second, third = await world.phones_for("102", "103")
    mine, theirs = await connected(world, leg.phone, second)
    assert (await theirs.refer("103")).status == 202
    target = await third.next_call()
    await target.ring()
    await theirs.hang_up()
    await asyncio.sleep(0.4)
    assert (await leg.refer("102", instead_of=mine)).status == 491  # 103 still rings
    assert (await mine.refer("x", instead_of=leg)).status == 491
    await target.answer()
    target.play(1400)
    await asyncio.sleep(TALK)
    assert (await mine.refer("x", instead_of=leg)).status == 202
    await told(mine, 200)
    for one in (leg, mine):
        how, _ = await ended(one)
        assert how == "bye", how
    await asyncio.sleep(TALK)
    await hang_up(outside, target)
    call, _ = await settled(daemon, 2)
    sound = await sound_of(daemon, call)
    check_length(sound, call)
    check_span(sound, 0, 1000, 0, sound.seconds)
    check_span(sound, 1, 1400, moment(call), sound.seconds)
