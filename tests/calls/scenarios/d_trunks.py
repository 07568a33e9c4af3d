"""Calls from and to carriers: registered, by address, with failover, forwarded."""

import asyncio

from harness.recording import check_length, check_tone, sound_of
from harness.registry import scenario
from harness.world import ended, hang_up, until
from scenarios.a_talking import check_heard

MAIN = "+4930123450"


def trunk(carrier, name="carrier", **more):
    return {"name": name, "server": carrier.address, "transport": "udp",
            "addresses": [carrier.address], "caller_id": MAIN, **more}


def registering(carrier, name="carrier", **more):
    return trunk(carrier, name, username=carrier.user, password=carrier.password, register=True,
                 **more)


def inbound(route, name="carrier"):
    return [{"number": MAIN, "label": "Main line", "trunk": name, "route": route}]


async def talk_and_measure(world, leg, other):
    """Tones both ways on an answered call, hang-up by the caller, recording measured."""
    leg.play(1000)
    other.play(450)
    await asyncio.sleep(2)
    check_heard(leg, 450, 2)
    check_heard(other, 1000, 2)
    await hang_up(leg, other)
    call = await world.daemon.finished_call()
    sound = await sound_of(world.daemon, call)
    check_length(sound, call)
    check_tone(sound, 0, 1000, 1.5)
    check_tone(sound, 1, 450, 1.5)
    return call


@scenario
async def a_trunk_registers_by_digest_and_delivers_a_call_to_an_extension(world):
    carrier = await world.carrier()
    daemon = await world.start(trunk=[registering(carrier)], number=inbound("extension:102"))
    world.aim(carrier)
    await until(lambda: carrier.registrations, "the trunk's registration")
    callee = await world.phone("102")
    leg = carrier.dial("4930123450", sender='"Grace" <sip:+4930987654@carrier.example>')
    other = await callee.next_call()
    assert "30987654" in other.invite.get("From"), other.invite.get("From")
    await other.answer()
    await asyncio.wait_for(leg.answered, 20)
    call = await talk_and_measure(world, leg, other)
    assert call["direction"] == "inbound" and call["from"]["number"] == "+4930987654", call["from"]
    assert call["from"]["trunk"] == "carrier", call["from"]
    trunks = (await daemon.get("/api/v1/trunks"))["trunks"]
    assert trunks[0]["registers"] and trunks[0]["usable"], trunks


@scenario
async def a_trunk_known_by_its_address_delivers_a_call(world):
    carrier = await world.carrier(host="127.0.0.2")
    await world.start(trunk=[trunk(carrier)], number=inbound("extension:102"))
    world.aim(carrier)
    callee = await world.phone("102")
    leg = carrier.dial("+4930123450")
    other = await callee.next_call()
    await other.answer()
    await asyncio.wait_for(leg.answered, 20)
    call = await talk_and_measure(world, leg, other)
    assert call["direction"] == "inbound", call["direction"]


@scenario
async def the_same_invite_from_another_address_is_a_strangers(world):
    carrier = await world.carrier(host="127.0.0.2")
    stranger = await world.carrier(host="127.0.0.2")
    stranger.password = None
    daemon = await world.start(trunk=[trunk(carrier)], number=inbound("extension:102"))
    world.aim(carrier, stranger)
    callee = await world.phone("102")
    how, response = await ended(stranger.dial("+4930123450"))
    assert how == "refused" and response.status in (401, 403, 407), how
    assert callee.calls.empty() and await daemon.calls() == []


@scenario
async def a_carrier_cannot_dial_through_us_to_the_world(world):
    carrier = await world.carrier()
    await world.start(trunk=[trunk(carrier)], number=inbound("extension:102"),
                      outbound=[{"match": "*", "trunks": ["carrier"]}])
    world.aim(carrier)
    how, response = await ended(carrier.dial("+33123456789"))
    assert how == "refused" and response.status == 404, how


@scenario
async def an_extension_calls_out_by_a_trunk_that_asks_for_a_password(world):
    carrier = await world.carrier()
    carrier.ask_invites = True
    await world.start(trunk=[registering(carrier)],
                      outbound=[{"match": "+49*", "trunks": ["carrier"]}])
    world.aim(carrier)
    await until(lambda: carrier.registrations, "the trunk's registration")
    caller = await world.phone("101")
    leg = caller.dial("030987654")
    other = await carrier.next_call()
    assert "+4930987654" in other.invite.uri, other.invite.uri
    await other.ring()
    await other.answer()
    await asyncio.wait_for(leg.answered, 20)
    call = await talk_and_measure(world, leg, other)
    assert call["direction"] == "outbound" and call["to"]["number"] == "+4930987654", call["to"]
    assert call["answered_by"]["trunk"] == "carrier", call["answered_by"]


@scenario
async def a_number_forwarded_to_another_goes_out_by_the_trunk_and_is_recorded(world):
    carrier, mobile = await world.carrier(), await world.carrier(user="mobile")
    await world.start(
        trunk=[trunk(carrier), trunk(mobile, "mobile")], number=inbound("number:+491701234567"),
        outbound=[{"match": "+4917*", "trunks": ["mobile"]}])
    world.aim(carrier, mobile)
    leg = carrier.dial("+4930123450")
    other = await mobile.next_call()
    assert "+491701234567" in other.invite.uri, other.invite.uri
    await other.answer()
    await asyncio.wait_for(leg.answered, 20)
    await talk_and_measure(world, leg, other)


async def fails_over(world, breaks, wait=40):
    first, second = await world.carrier(), await world.carrier(user="backup")
    daemon = await world.start(trunk=[trunk(first), trunk(second, "backup")],
                               outbound=[{"match": "*", "trunks": ["carrier", "backup"]}])
    world.aim(first, second)
    breaks(first)
    caller = await world.phone("101")
    leg = caller.dial("+4930987654")
    other = await second.next_call(wait)
    await other.answer()
    await asyncio.wait_for(leg.answered, 20)
    await hang_up(leg, other)
    call = await daemon.finished_call()
    kinds = [event["kind"] for event in call["events"]]
    assert "trunk_failed" in kinds, call
    assert call["answered_by"]["trunk"] == "backup", call["answered_by"]


@scenario
async def a_trunk_that_says_503_is_passed_over(world):
    def break_it(carrier):
        carrier.refuse_with = 503
    await fails_over(world, break_it)


@scenario(limit=90)
async def a_trunk_that_is_dead_is_passed_over(world):
    def break_it(carrier):
        carrier.agent.wire.on_message = lambda message, address: None
    await fails_over(world, break_it)


@scenario
async def a_busy_number_outside_is_not_tried_again_by_the_next_trunk(world):
    first, second = await world.carrier(), await world.carrier(user="backup")
    await world.start(trunk=[trunk(first), trunk(second, "backup")],
                      outbound=[{"match": "*", "trunks": ["carrier", "backup"]}])
    first.refuse_with = 486
    caller = await world.phone("101")
    how, response = await ended(caller.dial("+4930987654"))
    assert how == "refused" and response.status == 486, how
    assert second.calls.empty()


@scenario
async def early_audio_of_a_carrier_is_heard(world):
    carrier = await world.carrier()
    await world.start(trunk=[trunk(carrier)], outbound=[{"match": "*", "trunks": ["carrier"]}])
    caller = await world.phone("101")
    leg = caller.dial("+4930987654")
    other = await carrier.next_call()
    await other.ring(183, media=True)
    other.play(450)
    await until(lambda: any(r.body for r in leg.provisional), "183 with a description")
    await asyncio.sleep(1)
    check_heard(leg, 450, 1)
    leg.cancel()
    assert (await ended(other))[0] == "cancel"


@scenario
async def two_numbers_that_lead_to_each_other_end_in_a_refusal(world):
    carrier = await world.carrier()
    numbers = [{"number": MAIN, "trunk": "carrier", "route": "number:+4930123451"},
               {"number": "+4930123451", "trunk": "carrier", "route": f"number:{MAIN}"}]
    daemon = await world.start(trunk=[trunk(carrier)], number=numbers)
    world.aim(carrier)
    how, response = await ended(carrier.dial("+4930123450"))
    assert how == "refused" and response.status in (482, 483), response.start
    await daemon.finished_call()


@scenario
async def a_carrier_that_sends_our_call_back_to_us_does_not_make_an_endless_loop(world):
    carrier = await world.carrier()
    daemon = await world.start(trunk=[trunk(carrier)], number=inbound("number:+33123456789"),
                               outbound=[{"match": "*", "trunks": ["carrier"]}])
    world.aim(carrier)

    def send_back(leg):
        path = [(n, v) for n, v in leg.invite.headers if n.lower().startswith("x-")]
        back = carrier.dial("+4930123450", headers=path)
        back.ended.add_done_callback(lambda done: leg.refuse(done.result()[1].status))
    carrier.on_call = send_back
    how, response = await ended(carrier.dial("+4930123450"), 30)
    assert how == "refused", how
    assert len(await daemon.calls()) <= 8, "the call went round"
