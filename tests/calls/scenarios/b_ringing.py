"""Before the answer: several phones, busy, decline, no answer, cancel, early media."""

import asyncio

from harness.registry import scenario
from harness.world import ended, hang_up, until
from scenarios.a_talking import check_heard


async def refused(world, what_the_phone_does, status, outcome):
    daemon = await world.start()
    caller, callee = await world.phones_for("101", "102")
    leg = caller.dial("102")
    await what_the_phone_does(await callee.next_call())
    how, response = await ended(leg)
    assert how == "refused" and response.status == status, response.start
    call = await daemon.finished_call()
    assert call["outcome"] == outcome and call["answered_at"] is None, call
    assert call["recording"] is None or call["recording"]["state"] == "never", call["recording"]


@scenario
async def a_busy_phone_gives_the_caller_busy(world):
    async def busy(leg):
        leg.refuse(486)
    await refused(world, busy, 486, "busy")


@scenario
async def a_phone_that_declines_gives_the_caller_a_decline(world):
    async def decline(leg):
        await leg.ring()
        leg.refuse(603)
    await refused(world, decline, 603, "declined")


@scenario
async def nobody_answers_in_the_ringing_time(world):
    daemon = await world.start(sip={"ring_time": "3s"})
    caller, callee = await world.phones_for("101", "102")
    leg = caller.dial("102")
    other = await callee.next_call()
    await other.ring()
    how, response = await ended(leg)
    assert how == "refused" and response.status in (408, 480), response.start
    assert (await ended(other))[0] == "cancel"
    call = await daemon.finished_call()
    assert call["outcome"] == "no_answer", call["outcome"]


@scenario
async def the_caller_gives_up_and_the_phone_stops_ringing(world):
    daemon = await world.start()
    caller, callee = await world.phones_for("101", "102")
    leg = caller.dial("102")
    other = await callee.next_call()
    await other.ring()
    await until(lambda: any(r.status == 180 for r in leg.provisional), "180")
    leg.cancel()
    how, response = await ended(leg)
    assert how == "refused" and response.status == 487, how
    assert (await ended(other))[0] == "cancel"
    call = await daemon.finished_call()
    assert call["outcome"] == "cancelled" and call["ended_by"] == "caller", call


@scenario
async def a_number_that_nobody_has_is_refused_with_404(world):
    daemon = await world.start()
    caller = await world.phone("101")
    leg = caller.dial("199")
    how, response = await ended(leg)
    assert how == "refused" and response.status == 404, how
    call = await daemon.finished_call()
    assert call["outcome"] == "failed" and call["sip_status"] == 404, call


@scenario
async def an_extension_without_a_phone_is_not_reached(world):
    daemon = await world.start()
    caller = await world.phone("101")
    how, response = await ended(caller.dial("102"))
    assert how == "refused" and response.status == 480, how
    call = await daemon.finished_call()
    assert call["outcome"] in ("no_answer", "failed"), call["outcome"]


@scenario
async def all_phones_ring_the_first_answer_wins_and_the_others_hear_answered_elsewhere(world):
    daemon = await world.start()
    caller = await world.phone("101")
    desk = await world.phone("102")
    soft = await world.phone("102", transport="tcp")
    room = await world.phone("102", host="127.0.0.3")
    leg = caller.dial("102")
    ringing = [await phone.next_call() for phone in (desk, soft, room)]
    for other in ringing:
        await other.ring()
    await ringing[1].answer()
    await asyncio.wait_for(leg.answered, 20)
    for other in (ringing[0], ringing[2]):
        how, cancel = await ended(other)
        assert how == "cancel", how
        reason = cancel.get("Reason", "")
        assert "cause=200" in reason and "elsewhere" in reason, f"Reason: {reason}"
    leg.play(1000)
    await asyncio.sleep(1)
    check_heard(ringing[1], 1000, 1)
    await hang_up(leg, ringing[1])
    call = await daemon.finished_call()
    kinds = [event["kind"] for event in call["events"]]
    assert kinds.count("answered_elsewhere") == 2, kinds
    assert len(call["legs"]) == 4, call["legs"]


@scenario
async def one_busy_phone_does_not_stop_the_others_from_ringing(world):
    await world.start()
    caller, desk, soft = await world.phones_for("101", "102", "102")
    leg = caller.dial("102")
    (await desk.next_call()).refuse(486)
    other = await soft.next_call()
    await other.answer()
    await asyncio.wait_for(leg.answered, 20)
    await hang_up(leg, other)


@scenario
async def early_audio_of_the_called_side_is_heard_before_the_answer(world):
    await world.start()
    caller, callee = await world.phones_for("101", "102")
    leg = caller.dial("102")
    other = await callee.next_call()
    await other.ring(183, media=True)
    other.play(450)
    await until(lambda: any(r.body for r in leg.provisional), "183 with a description")
    await asyncio.sleep(1)
    check_heard(leg, 450, 1)
    await other.answer()
    await asyncio.wait_for(leg.answered, 20)
    await hang_up(leg, other)


@scenario
async def a_caller_who_asks_for_reliable_ringing_gets_it(world):
    await world.start()
    caller, callee = await world.phones_for("101", "102")
    leg = caller.dial("102", headers=[("Require", "100rel"), ("Supported", "100rel")])
    other = await callee.next_call()
    await other.ring()
    await asyncio.wait_for(leg.pracked.wait(), 20)
    await other.answer()
    await asyncio.wait_for(leg.answered, 20)
    await hang_up(leg, other)


@scenario
async def a_phone_that_rings_reliably_gets_its_prack(world):
    await world.start()
    caller, callee = await world.phones_for("101", "102")
    leg = caller.dial("102")
    other = await callee.next_call()
    assert "100rel" in other.invite.get("Supported", ""), other.invite.headers
    await other.ring(183, media=True, reliable=True)
    await other.answer()
    await asyncio.wait_for(leg.answered, 20)
    leg.play(1000)
    await asyncio.sleep(1)
    check_heard(other, 1000, 1)
    await hang_up(leg, other)
