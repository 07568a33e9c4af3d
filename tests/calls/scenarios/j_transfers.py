"""Transfers: blind and attended, by each side, inside and to a carrier, with one recording."""

import asyncio

from harness import audio
from harness.baresip import Baresip
from harness.codec import tone
from harness.daemon import is_settled
from harness.recording import check_length, parse_time, sound_of
from harness.registry import scenario
from harness.settings import password
from harness.world import connected, ended, hang_up, until
from scenarios.d_trunks import MAIN, inbound, trunk

TALK = 1.6
TONES = {"101": 1000, "102": 450, "103": 700}


async def told(leg, status):
    await until(lambda: any(s == status for s, _ in leg.told), f"a NOTIFY with {status}: {leg.told}")


def final(leg):
    """What the transferor heard last."""
    status, state = leg.told[-1]
    assert state.startswith("terminated"), leg.told
    return status


def check_span(sound, channel, frequency, begin, end, slack=0.8, hold=None):
    """The tone is in that channel from `begin` to `end` seconds, whole but for a hold, during which
    nothing is recorded, and not in the other."""
    levels = sound.tone(channel, frequency)
    found = audio.span(levels)
    assert found, f"no {frequency} Hz in channel {channel}"
    first, last = found[0] * 0.02, (found[1] + 1) * 0.02
    assert abs(first - begin) < slack and abs(last - end) < slack, \
        f"{frequency} Hz from {first:.2f} to {last:.2f} s instead of {begin:.2f} to {end:.2f} s"
    holes = [n for n in audio.gaps(levels)
             if not hold or not hold[0] - 0.1 < n * 0.02 < hold[1] + 0.1]
    assert not holes, f"{frequency} Hz is missing at {[round(n * 0.02, 2) for n in holes[:10]]} s, " \
        f"{len(holes)} times between {first:.2f} and {last:.2f} s"
    other = audio.tone_level(sound.part(1 - channel, begin, end), sound.rate, frequency)
    assert other < -45, f"{frequency} Hz leaks into the other channel: {other:.0f} dB"


def events(call, kind):
    return [event for event in call["events"] if event["kind"] == kind]


def moment(call, kind="transferred"):
    """Seconds from the recording's begin to the event."""
    found = events(call, kind)
    assert len(found) == 1, f"{len(found)} times {kind}: {call['events']}"
    return parse_time(found[0]["at"]) - parse_time(call["answered_at"])


async def settled(daemon, count):
    rows = await daemon.wait_for_calls(is_settled, count, 40)
    assert len(await daemon.calls()) == count, "more calls than were made"
    found = [await daemon.get(f"/api/v1/calls/{row['id']}") for row in rows]
    return sorted(found, key=lambda call: call["started_at"])


async def blind(world, by_caller, hangs_up_at_once=False):
    """101 calls 102, and one of them sends the other to 103."""
    daemon = await world.start()
    first, second, third = await world.phones_for("101", "102", "103")
    leg, other = await connected(world, first, second)
    leg.play(1000)
    other.play(1300)
    await asyncio.sleep(TALK)
    leaves, stays = (leg, other) if by_caller else (other, leg)
    assert (await leaves.refer("103")).status == 202
    target = await third.next_call()
    shown = target.invite.get("From")
    assert f"<sip:{stays.phone.user}@" in shown, f"103 is shown {shown}"
    assert f"<sip:{leaves.phone.user}@" in target.invite.get("Referred-By"), target.invite.to_bytes()
    await target.ring()
    await told(leaves, 180)
    if hangs_up_at_once:
        await leaves.hang_up()
        await asyncio.sleep(0.4)
    await target.answer()
    target.play(700)
    if not hangs_up_at_once:
        await told(leaves, 200)
        assert final(leaves) == 200, leaves.told
        how, _ = await ended(leaves)  # the box hangs up by itself
        assert how == "bye", how
    mark = asyncio.get_running_loop().time()
    await asyncio.sleep(TALK)
    for one, frequency in ((stays, 700), (target, 1300 if by_caller else 1000)):
        samples, rate = one.heard(mark + 0.3)
        assert audio.tone_level(samples, rate, frequency) > -25, f"{frequency} Hz is not heard"
    await hang_up(stays, target)
    [call] = await settled(daemon, 1)
    sound = await sound_of(daemon, call)
    check_length(sound, call)
    at, left = moment(call), parse_time(events(call, "transferred")[0]["at"])
    channel = 0 if by_caller else 1
    stays_tone, leaves_tone = (1300, 1000) if by_caller else (1000, 1300)
    check_span(sound, 1 - channel, stays_tone, 0, sound.seconds)
    check_span(sound, channel, 700, at, sound.seconds)
    gone = at if not hangs_up_at_once else min(
        parse_time(each["ended_at"]) for each in call["legs"] if each["ended_at"]) \
        - parse_time(call["answered_at"])
    check_span(sound, channel, leaves_tone, 0, gone)
    detail = events(call, "transferred")[0]["detail"]
    assert f"Phone {leaves.phone.user} transferred the call to Phone 103" in detail, detail
    assert len(call["legs"]) == 3 and left, call["legs"]
    assert not events(call, "recording_started")[1:], "the recording began twice"


@scenario
async def the_callee_sends_the_caller_to_a_third_phone_and_one_recording_has_all_three(world):
    await blind(world, by_caller=False)


@scenario
async def the_caller_sends_the_callee_to_a_third_phone_and_one_recording_has_all_three(world):
    await blind(world, by_caller=True)


@scenario
async def a_transferor_that_hangs_up_at_once_leaves_the_transfer_to_us(world):
    await blind(world, by_caller=False, hangs_up_at_once=True)


@scenario
async def a_blind_transfer_to_a_busy_phone_comes_back_and_the_call_goes_on(world):
    daemon = await world.start()
    first, second, third = await world.phones_for("101", "102", "103")
    leg, other = await connected(world, first, second)
    leg.play(1000)
    other.play(450)
    await asyncio.sleep(0.5)
    assert (await other.refer("103")).status == 202
    (await third.next_call()).refuse(486)
    await told(other, 486)
    assert final(other) == 486
    assert (await other.refer("199")).status == 202  # there is no such extension
    await told(other, 404)
    mark = asyncio.get_running_loop().time()
    await asyncio.sleep(1)
    for one, frequency in ((leg, 450), (other, 1000)):
        samples, rate = one.heard(mark)
        assert audio.tone_level(samples, rate, frequency) > -25, "the call does not go on"
    await hang_up(leg, other)
    [call] = await settled(daemon, 1)
    assert len(events(call, "transfer_failed")) == 2 and not events(call, "transferred"), call
    sound = await sound_of(daemon, call)
    check_length(sound, call)
    check_span(sound, 0, 1000, 0, sound.seconds)
    check_span(sound, 1, 450, 0, sound.seconds)


async def outside_call(world, **changes):
    """A carrier's caller talks with 101; (carrier, daemon, the caller's leg, 101's leg)."""
    carrier = await world.carrier()
    daemon = await world.start(trunk=[trunk(carrier)], number=inbound("extension:101"), **changes)
    world.aim(carrier)
    first = await world.phone("101")
    outside = carrier.dial(MAIN, sender="<sip:+4930987654@carrier.example>")
    leg = await first.next_call()
    await leg.answer()
    await asyncio.wait_for(outside.answered, 20)
    outside.play(1000)
    leg.play(450)
    return carrier, daemon, outside, leg


@scenario
async def an_outside_caller_is_sent_to_an_outside_number_by_the_trunk(world):
    carrier, daemon, outside, leg = await outside_call(
        world, outbound=[{"match": "+49*", "trunks": ["carrier"]}])
    await asyncio.sleep(TALK)
    assert (await leg.refer("+498912345")).status == 202
    target = await carrier.next_call()
    assert target.invite.uri.startswith("sip:+498912345@"), target.invite.uri
    assert not target.invite.get("Referred-By"), "our extension is told to the carrier"
    await target.answer()
    target.play(700)
    await told(leg, 200)
    await asyncio.sleep(TALK)
    await hang_up(outside, target)
    [call] = await settled(daemon, 1)
    sound = await sound_of(daemon, call)
    check_length(sound, call)
    check_span(sound, 0, 1000, 0, sound.seconds)
    check_span(sound, 1, 450, 0, moment(call))
    check_span(sound, 1, 700, moment(call), sound.seconds)


@scenario
async def a_transfer_reaches_only_whom_the_transferor_may_dial(world):
    _, daemon, outside, leg = await outside_call(world)  # no outbound rule
    assert (await leg.refer("+498912345")).status == 202
    await told(leg, 404)
    assert (await leg.refer("101")).status == 202  # themselves
    await told(leg, 486)
    await hang_up(outside, leg)
    await settled(daemon, 1)


async def attended(world, consulted_in, refer_in_first=True, codecs=("pcmu", "pcmu"), held=True):
    """An outside caller talks with 101, who asks 102 first and then puts them through."""
    tone(1400, codecs[1])  # takes its time, which the call is not to have
    _, daemon, outside, leg = await outside_call(world, media={"threads": 2})
    second = await world.phone("102", codecs=[codecs[1]])
    await asyncio.sleep(TALK)
    if held:
        assert (await leg.reinvite(direction="sendonly")).status == 200
        leg.rtp.muted = True
    if consulted_in == "callee":  # 102 had called 101
        asking = second.dial("101")
        asked = await leg.phone.next_call()
        await asked.answer()
        await asyncio.wait_for(asking.answered, 20)
        mine, theirs = asked, asking
    else:
        mine, theirs = await connected(world, leg.phone, second)
    mine.play(700)
    theirs.play(1400)
    await asyncio.sleep(TALK)
    if refer_in_first:
        response = await leg.refer("102", instead_of=mine)
        heard = leg
    else:
        response = await mine.refer("x", instead_of=leg)
        heard = mine
    assert response.status == 202, response.start
    await told(heard, 200)
    mark = asyncio.get_running_loop().time()
    for one in (leg, mine):
        how, _ = await ended(one)
        assert how == "bye", how
    await asyncio.sleep(TALK)
    for one, frequency in ((outside, 1400), (theirs, 1000)):
        samples, rate = one.heard(mark + 0.3)
        assert audio.tone_level(samples, rate, frequency) > -25, f"{frequency} Hz is not heard"
        holes = audio.gaps(audio.tone_windows(samples, rate, frequency))
        assert not holes, f"{frequency} Hz fades at {holes[:10]}"
    await hang_up(outside, theirs)
    await check_attended(daemon, 1 if consulted_in == "caller" else 0)


async def check_attended(daemon, asked_channel):
    call, asked = await settled(daemon, 2)
    sound = await sound_of(daemon, call)
    check_length(sound, call)
    at = moment(call)
    hold = (moment(call, "held"), moment(call, "resumed")) if events(call, "held") else None
    check_span(sound, 0, 1000, 0, sound.seconds, hold=hold)
    check_span(sound, 1, 1400, at, sound.seconds)
    assert audio.span(sound.tone(1, 450)), "what 101 said before is gone"
    before = await sound_of(daemon, asked)
    check_length(before, asked)
    check_span(before, asked_channel, 1400, 0, before.seconds)
    check_span(before, 1 - asked_channel, 700, 0, before.seconds)
    for one, two in ((call, asked), (asked, call)):
        assert two["id"] in events(one, "transferred")[0]["detail"], one["events"]
    assert "Phone 101" in asked["end_reason"] and asked["outcome"] == "answered", asked


@scenario
async def an_outside_caller_is_put_through_after_asking_and_both_recordings_are_whole(world):
    await attended(world, "caller")


@scenario
async def a_phone_that_was_called_meanwhile_is_put_through_to_the_first_caller(world):
    await attended(world, "callee")


@scenario
async def the_transfer_may_be_asked_for_in_the_second_call_and_the_first_recording_goes_on(world):
    await attended(world, "caller", refer_in_first=False)


@scenario
async def after_a_transfer_two_phones_without_a_common_codec_understand_each_other(world):
    await attended(world, "caller", codecs=("pcmu", "opus"), held=False)


@scenario
async def a_transfer_while_the_second_call_still_rings_rings_on_for_the_first_caller(world):
    _, daemon, outside, leg = await outside_call(world)
    second = await world.phone("102")
    mine = leg.phone.dial("102")
    ringing = await second.next_call()
    await ringing.ring()
    await until(lambda: any(r.status == 180 for r in mine.provisional), "180 of the second call")
    assert (await leg.refer("102", instead_of=mine)).status == 202
    how, _ = await ended(ringing)
    assert how == "cancel", how
    target = await second.next_call()
    await target.answer()
    target.play(1400)
    await told(leg, 200)
    await asyncio.sleep(TALK)
    await hang_up(outside, target)
    calls = await settled(daemon, 2)
    sound = await sound_of(daemon, calls[0])
    check_span(sound, 1, 1400, moment(calls[0]), sound.seconds)


@scenario
async def another_phone_of_the_same_extension_takes_the_call_over(world):
    daemon = await world.start()
    first, desk = await world.phones_for("101", "102")
    leg, other = await connected(world, first, desk)
    leg.play(1000)
    other.play(450)
    await asyncio.sleep(TALK)
    mobile = await world.phone("102", register=False)
    taken = mobile.dial("101", headers=[("Replaces", other.replaces()), ("Require", "replaces")])
    await asyncio.wait_for(taken.answered, 20)
    taken.play(700)
    how, _ = await ended(other)
    assert how == "bye", how
    await asyncio.sleep(TALK)
    await hang_up(leg, taken)
    [call] = await settled(daemon, 1)
    sound = await sound_of(daemon, call)
    check_length(sound, call)
    check_span(sound, 0, 1000, 0, sound.seconds)
    check_span(sound, 1, 450, 0, moment(call))
    check_span(sound, 1, 700, moment(call), sound.seconds)


@scenario
async def nobody_takes_over_a_call_that_is_not_theirs(world):
    daemon = await world.start()
    first, second, third = await world.phones_for("101", "102", "103")
    leg, other = await connected(world, first, second)
    wrong = other.replaces().replace(other.tag, "guessed")
    for replaces, status in ((other.replaces(), 603), (wrong, 481), ("nonsense", 400)):
        how, response = await ended(third.dial("101", headers=[("Replaces", replaces)]))
        assert how == "refused" and response.status == status, (how, response.start, status)
    # Nor by an attended transfer of a third one's own call.
    mine, theirs = await connected(world, third, second)
    assert (await mine.refer("102", instead_of=other)).status == 603
    assert not leg.ended.done() and not other.ended.done()
    await hang_up(mine, theirs)
    await hang_up(leg, other)
    await settled(daemon, 2)


@scenario
async def a_trunk_may_not_transfer_our_calls(world):
    _, daemon, outside, leg = await outside_call(
        world, outbound=[{"match": "*", "trunks": ["carrier"]}])
    assert (await outside.refer("+33123456789")).status == 603
    assert (await outside.refer("102")).status == 603
    await asyncio.sleep(0.3)
    assert not outside.ended.done() and not leg.ended.done()
    await hang_up(outside, leg)
    await settled(daemon, 1)


@scenario
async def a_flood_of_transfers_in_one_call_is_bounded_and_the_call_goes_on(world):
    daemon = await world.start()
    first, second = await world.phones_for("101", "102")
    leg, other = await connected(world, first, second)
    statuses = [(await other.refer("199")).status for _ in range(40)]
    assert statuses.count(202) <= 20 and statuses[-1] == 603, statuses
    huge = await other.refer("1" * 4000)
    assert huge.status in (202, 400, 404, 603), huge.start
    assert not leg.ended.done()
    await hang_up(leg, other)
    [call] = await settled(daemon, 1)
    assert len(call["events"]) < 100, len(call["events"])


@scenario
async def the_recording_is_silent_while_the_call_is_with_somebody_who_must_not_be_recorded(world):
    numbers = [{"number": n, "name": f"Phone {n}", "password": f"correct-horse-{n}"}
               for n in ("101", "102", "103")]
    numbers[2]["recording"] = "never"
    daemon = await world.start(extension=numbers)
    first, second, third = await world.phones_for("101", "102", "103")
    leg, other = await connected(world, first, second)
    leg.play(1000)
    other.play(450)
    await asyncio.sleep(TALK)
    assert (await other.refer("103")).status == 202
    target = await third.next_call()
    await target.answer()
    target.play(700)
    await told(other, 200)
    await asyncio.sleep(TALK)
    await hang_up(leg, target)
    [call] = await settled(daemon, 1)
    sound = await sound_of(daemon, call)
    at = moment(call)
    check_length(sound, call)
    check_span(sound, 0, 1000, 0, at, slack=0.3)
    assert audio.span(sound.tone(1, 700)) is None, "103 is in the recording"
    assert "103" in events(call, "recording_ended")[0]["detail"], call["events"]


@scenario(limit=120)
async def baresip_transfers_its_call_to_another_phone(world):
    daemon = await world.start()
    second, third = await world.phones_for("102", "103")
    phone = await Baresip.open(world, "101", password("101"))
    await phone.registered()
    host, port = daemon.servers["udp"]
    phone.command("dial", f"sip:102@{host}:{port}")
    leg = await second.next_call()
    await leg.answer()
    leg.play(450)
    await phone.wait("CALL_ESTABLISHED")
    await asyncio.sleep(TALK)
    phone.command("transfer", f"sip:103@{host}:{port}")
    target = await third.next_call(40)
    await target.answer()
    target.play(700)
    await phone.wait("CALL_CLOSED")
    await asyncio.sleep(TALK)
    samples, rate = leg.heard()
    assert audio.span(audio.tone_windows(samples, rate, 700)), "102 does not hear 103"
    await hang_up(leg, target)
    [call] = await settled(daemon, 1)
    sound = await sound_of(daemon, call)
    check_length(sound, call)
    check_span(sound, 1, 450, 0, sound.seconds)
    check_span(sound, 0, 700, moment(call), sound.seconds)
    assert audio.span(sound.tone(0, 1000)), "what baresip said is gone"
