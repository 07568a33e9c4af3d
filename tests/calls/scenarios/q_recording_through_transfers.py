"""What is recorded, masked and announced follows whoever talks now: transfers, holds, late media."""

import asyncio

from harness import audio
from harness.recording import check_length, check_tones, parse_time, sound_of
from harness.registry import scenario
from harness.settings import password
from harness.world import connected, hang_up
from scenarios.d_trunks import trunk
from scenarios.j_transfers import told
from scenarios.k_recording_control import (ANNOUNCED, LENGTH, alarms, announcement, at, heard_tone,
                                           kinds, live_state, outside_call)
from scenarios.l_listening import check_only_keys_are_cut, spoken_keys


def people(**special):
    """Extensions 101 to 104, some with settings of their own (`n103={…}`)."""
    return [{"number": str(n), "name": f"Phone {n}", "password": password(n),
             **special.get(f"n{n}", {})} for n in range(101, 105)]


async def sent_to(leg, phone, tone):
    """`leg` sends its other side to `phone`; the new leg."""
    assert (await leg.refer(phone.user)).status == 202
    target = await phone.next_call()
    await target.answer()
    target.play(tone)
    await told(leg, 200)
    return target


async def sent_outside(world, **settings):
    """101 talks to 102 and is recorded; 102 sends it to a number behind a carrier, which answers:
    (daemon, 101's leg, the carrier's leg)."""
    carrier = await world.carrier(host="127.0.0.2")
    daemon = await world.start(
        trunk=[trunk(carrier)], outbound=[{"match": "+49*", "trunks": ["carrier"]}], **settings)
    world.aim(carrier)
    first, desk = await world.phones_for("101", "102")
    leg, other = await connected(world, first, desk)
    leg.play(1000)
    other.play(450)
    await live_state(daemon, "recording")
    await asyncio.sleep(1)
    assert (await other.refer("+498912345")).status == 202
    target = await carrier.next_call()
    await target.answer()
    target.play(700)
    return daemon, leg, target


async def check_announced_and_recorded(daemon, leg, other, tone, late):
    """The one who came `late` hears the announcement, too; then 1000 Hz and `tone` are recorded."""
    await live_state(daemon, "recording")
    await asyncio.sleep(1.5)
    assert heard_tone(late, ANNOUNCED) > LENGTH - 0.3, "who came last did not hear it"
    await hang_up(leg, other)
    sound = await sound_of(daemon, await daemon.finished_call())
    check_tones(sound, (1000, tone), 1)


@scenario
async def keys_are_masked_from_the_transfer_on_to_somebody_whose_keys_are(world):
    daemon = await world.start(extension=people(n103={"mask_dtmf": True}))
    first, desk, payments = await world.phones_for("101", "102", "103")
    leg, other = await connected(world, first, desk)
    leg.play(300)
    await asyncio.sleep(1)
    target = await sent_to(other, payments, 450)
    clip, seconds = spoken_keys("159#")
    leg.rtp.play(clip)
    await asyncio.sleep(seconds + 0.5)
    await hang_up(leg, target)
    await check_only_keys_are_cut(daemon, 3)


@scenario(limit=90)
async def while_somebody_is_there_who_is_never_recorded_the_file_is_silent_and_then_goes_on(world):
    daemon = await world.start(extension=people(n103={"recording": "never"}))
    first, desk, lawyer, last = await world.phones_for("101", "102", "103", "104")
    leg, other = await connected(world, first, desk)
    leg.play(1000)
    other.play(450)
    await asyncio.sleep(1.5)
    secret = await sent_to(other, lawyer, 700)
    await live_state(daemon, "never")
    await asyncio.sleep(2)
    target = await sent_to(secret, last, 1400)
    await live_state(daemon, "recording")
    await asyncio.sleep(1.5)
    await hang_up(leg, target)
    call = await daemon.finished_call()
    assert call["recording"]["state"] == "sealed", call["recording"]
    assert kinds(call).count("recording_started") == 2, kinds(call)
    sound = await sound_of(daemon, call)
    check_length(sound, call)
    begin = at(call, "recording_ended")
    again = [e for e in call["events"] if e["kind"] == "recording_started"][1]
    end = parse_time(again["at"]) - parse_time(call["answered_at"])
    assert audio.tone_level(sound.channels[1], sound.rate, 700) < -55, "the lawyer is heard"
    quiet = audio.tone_level(sound.part(0, begin + 0.6, end - 0.4), sound.rate, 1000)
    assert quiet < -60, f"{quiet:.0f} dB while nothing may be recorded"
    for channel, tone in ((0, 1000), (1, 1400)):
        assert audio.tone_level(sound.part(channel, end + 0.6, end + 1.2), sound.rate, tone) > -30
    await asyncio.sleep(17)  # the reconciliation looks every 15 s
    assert not await alarms(daemon), await alarms(daemon)


@scenario
async def a_call_inside_that_is_sent_outside_is_announced_there_before_it_is_recorded(world):
    daemon, leg, target = await sent_outside(
        world, recording={"announce": announcement(world), "announce_internal": False})
    await live_state(daemon, "announcing")
    await live_state(daemon, "recording")
    await asyncio.sleep(1.5)
    for side in (leg, target):
        length = heard_tone(side, ANNOUNCED)
        assert length > LENGTH - 0.3, f"the announcement was heard for {length:.2f} s"
    await hang_up(leg, target)
    call = await daemon.finished_call()
    sound = await sound_of(daemon, call)
    check_length(sound, call)
    begin, end = at(call, "recording_paused"), at(call, "recording_resumed")
    for channel, tone in ((0, 1000), (1, 700)):
        level = audio.tone_level(sound.part(channel, begin + 0.6, end - 0.3), sound.rate, tone)
        assert level < -60, f"{level:.0f} dB before they had heard it"


@scenario
async def a_number_that_is_never_recorded_is_not_when_a_call_is_sent_there(world):
    daemon, leg, target = await sent_outside(
        world, screening=[{"match": "+498912345", "mode": "ALLOW", "recording": "never"}])
    live = await live_state(daemon, "never")
    assert "+498912345" in live["recording"]["reason"], live["recording"]
    await asyncio.sleep(1)
    await hang_up(leg, target)
    sound = await sound_of(daemon, await daemon.finished_call())
    assert audio.tone_level(sound.channels[1], sound.rate, 700) < -55, "they are recorded"


@scenario
async def a_caller_whose_media_is_agreed_last_hears_the_announcement_and_is_recorded(world):
    daemon = await world.start(recording={"announce": announcement(world),
                                          "announce_internal": True})
    first, desk = await world.phones_for("101", "102")
    leg, other = await connected(world, first, desk, with_offer=False)
    leg.play(1000)
    other.play(450)
    await check_announced_and_recorded(daemon, leg, other, 450, late=leg)


@scenario
async def a_hold_during_the_announcement_puts_the_recording_off_and_does_not_cost_it(world):
    daemon, leg, other = await outside_call(world, recording={"announce": announcement(world)})
    await live_state(daemon, "announcing")
    assert (await other.reinvite(direction="sendonly")).status == 200
    await asyncio.sleep(LENGTH + 6)
    await live_state(daemon, "announcing")
    assert (await other.reinvite(direction="sendrecv")).status == 200
    await live_state(daemon, "recording")
    await hang_up(leg, other)
    assert (await daemon.finished_call())["recording"]["state"] == "sealed"


@scenario
async def a_transferor_that_leaves_during_the_announcement_does_not_cost_the_recording(world):
    daemon, leg, other = await outside_call(world, recording={"announce": announcement(world)})
    third = await world.phone("103")
    await live_state(daemon, "announcing")
    assert (await other.refer("103")).status == 202
    target = await third.next_call()
    await other.hang_up()
    await asyncio.sleep(LENGTH + 6)
    await target.answer()
    target.play(700)
    await check_announced_and_recorded(daemon, leg, target, 700, late=target)
