"""Changes while people talk: hold, new ports, new codecs, UPDATE, session timers."""

import asyncio

from harness import audio
from harness.recording import check_length, check_tone, sound_of
from harness.registry import scenario
from harness.world import connected, ended, hang_up, until
from scenarios.a_talking import check_heard


async def held_and_resumed(world, holder_is_caller):
    daemon = await world.start()
    caller, callee = await world.phones_for("101", "102")
    leg, other = await connected(world, caller, callee)
    leg.play(1000)
    other.play(450)
    holder = leg if holder_is_caller else other
    await asyncio.sleep(1.5)
    assert (await holder.reinvite(direction="sendonly")).status == 200
    holder.rtp.muted = True
    await asyncio.sleep(1.5)
    holder.rtp.muted = False
    assert (await holder.reinvite(direction="sendrecv")).status == 200
    await asyncio.sleep(1.5)
    await hang_up(leg, other)
    call = await daemon.finished_call()
    kinds = [event["kind"] for event in call["events"]]
    assert "held" in kinds and "resumed" in kinds, kinds
    sound = await sound_of(daemon, call)
    check_length(sound, call)
    channel, frequency = (0, 1000) if holder_is_caller else (1, 450)
    holes = audio.gaps(sound.tone(channel, frequency))
    assert 60 <= len(holes) <= 110, f"{len(holes) * 0.02:.2f} s of quiet for 1.5 s of hold"
    assert holes[-1] - holes[0] + 1 == len(holes), "the quiet is torn: it is not one hold"
    first, last = sound.tone_span(channel, frequency)
    assert first < 0.6 and last > sound.seconds - 0.6, \
        f"after the hold the channel is not where it was: {first} to {last} of {sound.seconds}"


@scenario
async def the_caller_holds_and_resumes_and_the_recording_stays_aligned(world):
    await held_and_resumed(world, True)


@scenario
async def the_callee_holds_and_resumes_and_the_recording_stays_aligned(world):
    await held_and_resumed(world, False)


@scenario
async def both_sides_hold_and_resume(world):
    await world.start()
    caller, callee = await world.phones_for("101", "102")
    leg, other = await connected(world, caller, callee)
    for side in (leg, other):
        assert (await side.reinvite(direction="inactive")).status == 200
    for side in (other, leg):
        assert (await side.reinvite(direction="sendrecv")).status == 200
    since = asyncio.get_running_loop().time()
    leg.play(1000)
    other.play(450)
    await asyncio.sleep(1)
    for side, frequency in ((leg, 450), (other, 1000)):
        samples, rate = side.heard(since)
        assert audio.span(audio.tone_windows(samples, rate, frequency)), f"no {frequency} Hz"
    await hang_up(leg, other)


@scenario
async def a_phone_moves_to_another_port_and_is_still_heard(world):
    daemon = await world.start()
    caller, callee = await world.phones_for("101", "102")
    leg, other = await connected(world, caller, callee)
    leg.play(1000)
    other.play(450)
    await asyncio.sleep(1)
    assert (await leg.reinvite(new_port=True)).status == 200
    since = asyncio.get_running_loop().time()
    leg.play(1000)
    await asyncio.sleep(1.5)
    for side, frequency in ((leg, 450), (other, 1000)):
        samples, rate = side.heard(since)
        assert audio.tone_level(samples[-rate // 2:], rate, frequency) > -25, f"no {frequency} Hz"
    await hang_up(leg, other)
    call = await daemon.finished_call()
    sound = await sound_of(daemon, call)
    check_length(sound, call)
    check_tone(sound, 1, 450, 2.0)
    first, last = sound.tone_span(0, 1000)
    assert first < 0.6 and last > sound.seconds - 0.6, (first, last, sound.seconds)


@scenario
async def a_phone_changes_its_codec_while_it_talks(world):
    daemon = await world.start()
    caller, callee = await world.phones_for("101", "102")
    leg, other = await connected(world, caller, callee)
    leg.play(1000)
    other.play(450)
    await asyncio.sleep(1)
    assert (await leg.reinvite(codecs_wanted=["pcma"])).status == 200
    assert leg.codec == "pcma", leg.codec
    since = asyncio.get_running_loop().time()
    leg.play(1000)
    await asyncio.sleep(1.5)
    for side, frequency in ((leg, 450), (other, 1000)):
        samples, rate = side.heard(since)
        assert audio.tone_level(samples[-rate // 2:], rate, frequency) > -25, f"no {frequency} Hz"
    await hang_up(leg, other)
    sound = await sound_of(daemon, await daemon.finished_call())
    check_tone(sound, 1, 450, 2.0)
    first, last = sound.tone_span(0, 1000)
    assert first < 0.6 and last > sound.seconds - 0.6, (first, last, sound.seconds)


@scenario
async def a_reinvite_without_an_offer_is_answered_with_one(world):
    await world.start()
    caller, callee = await world.phones_for("101", "102")
    leg, other = await connected(world, caller, callee)
    response = await leg.reinvite(with_offer=False)
    assert response.status == 200 and response.body, response.start
    leg.play(1000)
    await asyncio.sleep(1)
    check_heard(other, 1000, 1)
    await hang_up(leg, other)


@scenario
async def update_holds_resumes_and_refreshes(world):
    await world.start()
    caller, callee = await world.phones_for("101", "102")
    leg, other = await connected(world, caller, callee)
    other.play(450)
    await asyncio.sleep(0.6)
    assert (await leg.update(direction="inactive")).status == 200
    await asyncio.sleep(0.5)
    quiet_from = len(leg.rtp.packets)
    await asyncio.sleep(0.6)
    assert len(leg.rtp.packets) == quiet_from, "a phone on hold was sent audio"
    assert (await leg.update(direction="sendrecv")).status == 200
    await until(lambda: len(leg.rtp.packets) > quiet_from + 20, "audio after the hold")
    assert (await leg.update(with_offer=False)).status == 200
    await hang_up(other, leg)


@scenario
async def both_sides_change_the_call_at_once_and_it_goes_on(world):
    await world.start()
    caller, callee = await world.phones_for("101", "102")
    leg, other = await connected(world, caller, callee)
    answers = await asyncio.gather(leg.reinvite(), other.reinvite())
    assert [r.status for r in answers] == [200, 200], [r.start for r in answers]
    leg.play(1000)
    await asyncio.sleep(1)
    check_heard(other, 1000, 1)
    await hang_up(leg, other)


@scenario(limit=150)
async def a_session_is_refreshed_before_it_runs_out(world):
    """The shortest session that RFC 4028 allows, 90 s: we must refresh at half of it."""
    await world.start(sip={"session_expires": "90s"})
    caller, callee = await world.phones_for("101", "102")
    leg = caller.dial("102", headers=[("Supported", "timer"),
                                      ("Session-Expires", "90;refresher=uas"), ("Min-SE", "90")])
    other = await callee.next_call()
    await other.answer(headers=[("Session-Expires", "90;refresher=uac"), ("Require", "timer")])
    await asyncio.wait_for(leg.answered, 20)
    leg.play(1000)
    other.play(450)

    def refreshed(side):
        return any(r.method in ("UPDATE", "INVITE") for r in side.requests)
    await until(lambda: refreshed(leg) and refreshed(other), "a refresh on both legs", 75)
    assert not leg.ended.done() and not other.ended.done()
    await hang_up(leg, other)


@scenario(limit=180)
async def a_session_that_the_phone_does_not_refresh_is_ended(world):
    daemon = await world.start(sip={"session_expires": "90s"})
    caller, callee = await world.phones_for("101", "102")
    leg = caller.dial("102", headers=[("Supported", "timer"), ("Min-SE", "90"),
                                      ("Session-Expires", "90;refresher=uac")])
    other = await callee.next_call()
    await other.answer()
    response = await asyncio.wait_for(leg.answered, 20)
    assert "refresher=uac" in response.get("Session-Expires", ""), response.headers
    leg.play(1000)
    other.play(450)
    assert (await ended(leg, 120))[0] == "bye"
    assert (await ended(other))[0] == "bye"
    await daemon.finished_call()
