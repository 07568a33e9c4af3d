"""Two extensions talk: over each transport, with the recording measured."""

import asyncio

from harness import audio
from harness.recording import check_length, check_tones, sound_of
from harness.registry import scenario
from harness.world import connected, hang_up, until

TALK = 3.0


async def talk(caller, callee, number, seconds=TALK, tones=(1000, 450)):
    """A whole answered call with a tone each way; returns both legs after the hang-up."""
    leg = caller.dial(number)
    other = await callee.next_call()
    await other.ring()
    await other.answer()
    await asyncio.wait_for(leg.answered, 20)
    leg.play(tones[0])
    other.play(tones[1])
    await asyncio.sleep(seconds)
    await hang_up(leg, other)
    return leg, other


def check_heard(leg, frequency, seconds=TALK, codec=None):
    """The leg heard that tone, whole, for nearly the whole talk."""
    samples, rate = leg.heard(codec=codec)
    levels = audio.tone_windows(samples, rate, frequency)
    found = audio.span(levels)
    assert found, f"{frequency} Hz was not heard ({len(samples) / rate:.2f} s of sound)"
    heard = (found[1] - found[0] + 1) * 0.02
    assert heard > seconds * 0.7, f"{frequency} Hz heard for {heard:.2f} s only"
    holes = audio.gaps(levels)
    assert not holes, f"{frequency} Hz fades at windows {holes[:10]}"


async def two_phones_talk(world, transport):
    daemon = await world.start()
    caller, callee = await world.phones_for("101", "102", transport=transport)
    leg, other = await talk(caller, callee, "102")
    check_heard(leg, 450)
    check_heard(other, 1000)
    call = await daemon.finished_call()
    sound = await sound_of(daemon, call)
    check_length(sound, call)
    check_tones(sound, (1000, 450), TALK * 0.8)
    assert call["direction"] == "internal" and call["outcome"] == "answered", call
    assert call["from"]["extension"] == "101" and call["answered_by"]["extension"] == "102", call
    return call


@scenario
async def two_phones_talk_over_udp_and_each_tone_is_in_its_own_channel(world):
    call = await two_phones_talk(world, "udp")
    kinds = [event["kind"] for event in call["events"]]
    for kind in ("started", "ringing", "answered", "recording_started", "recording_ended", "ended"):
        assert kind in kinds, f"no {kind} in {kinds}"
    assert call["trace"], "no trace of the routing decision"
    assert len(call["legs"]) == 2 and all(leg["sip_status"] == 200 for leg in call["legs"]), call
    for leg in call["legs"]:
        quality = leg["quality"]
        assert quality["packets_received"] > 100 and quality["packets_lost"] == 0, quality
    assert call["ended_by"] == "caller" and call["q850_cause"] == 16, call


@scenario
async def two_phones_talk_over_tcp_and_are_recorded(world):
    await two_phones_talk(world, "tcp")


@scenario
async def two_phones_talk_over_tls_and_are_recorded(world):
    await two_phones_talk(world, "tls")


@scenario
async def the_callee_hangs_up_and_the_record_says_so(world):
    daemon = await world.start()
    caller, callee = await world.phones_for("101", "102")
    callee.answer_all()
    leg = await caller.call("102")
    await until(lambda: callee.legs[next(iter(callee.legs))].acks, "the ACK")
    await next(iter(callee.legs.values())).hang_up()
    how, _ = await asyncio.wait_for(leg.ended, 20)
    assert how == "bye", how
    call = await daemon.finished_call()
    assert call["ended_by"] == "callee", call["ended_by"]


@scenario
async def pressed_keys_reach_the_other_side_and_are_counted_but_not_kept(world):
    daemon = await world.start()
    caller, callee = await world.phones_for("101", "102")
    leg = caller.dial("102")
    other = await callee.next_call()
    await other.answer()
    await leg.answered
    leg.play(1000)
    for digit in "5*0#":
        await asyncio.sleep(0.2)
        await leg.rtp.press(digit)
    await until(lambda: other.rtp.digits() == "5*0#", "the digits")
    await hang_up(leg, other)
    call = await daemon.finished_call()
    pressed = [event for event in call["events"] if event["kind"] == "dtmf"]
    assert len(pressed) == 4, pressed
    assert not any(c in event["detail"] for event in pressed for c in "5*0#"), pressed


@scenario
async def a_call_without_an_offer_in_its_invite_gets_audio_both_ways(world):
    daemon = await world.start()
    caller, callee = await world.phones_for("101", "102")
    leg, other = await connected(world, caller, callee, with_offer=False)
    leg.play(1000)
    other.play(450)
    await asyncio.sleep(2)
    check_heard(other, 1000, 2)
    number = leg.peer.payload_type(leg.codec)
    assert len(leg.rtp.audio(leg.codec, number)) > 8000, "the caller heard nothing"
    await hang_up(leg, other)
    sound = await sound_of(daemon, await daemon.finished_call())
    check_tones(sound, (1000, 450), 1.5)


@scenario
async def an_extension_that_records_never_leaves_no_recording_and_no_alarm(world):
    extensions = [{"number": "101", "name": "One", "password": "a good password",
                   "recording": "never"},
                  {"number": "102", "name": "Two", "password": "a good password",
                   "recording": "never"}]
    daemon = await world.start(extension=extensions)
    caller, callee = await world.phones_for("101", "102", password="a good password")
    await talk(caller, callee, "102", 1)
    call = await daemon.finished_call()
    assert call["recording"] is None or call["recording"]["state"] == "never", call["recording"]
    assert not (await daemon.get("/api/v1/alarms"))["alarms"]
