"""Who is not known gets no call and learns nothing."""

import asyncio
import re

from harness.registry import scenario
from harness.world import ended, hang_up


def shape(response):
    """An answer without what is random in every answer."""
    text = response.to_bytes().decode()
    for pattern in (r'nonce="[^"]*"', r'opaque="[^"]*"', r"tag=[^;\r]*", r"branch=[^;\r]*",
                    r"Call-ID: .*", r"1(?:01|99)", r"rport=\d+", r"CSeq: .*", r"From: .*",
                    r"To: .*", r"Via: .*"):
        text = re.sub(pattern, "", text)
    return text


async def answer_to(world, user, method, password=None):
    """What a stranger hears who claims to be `user` and calls, or registers."""
    phone = await world.phone(user, register=False, password=password)
    if method == "REGISTER":
        return await phone.register()
    how, response = await ended(phone.dial("102"))
    assert how == "refused", how
    return response


@scenario
async def a_stranger_gets_no_call_and_cannot_tell_which_extensions_exist(world):
    daemon = await world.start()
    callee = await world.phone("102")
    for method in ("INVITE", "REGISTER"):
        known = await answer_to(world, "101", method)
        unknown = await answer_to(world, "199", method)
        assert known.status in (401, 407), known.start
        assert shape(known) == shape(unknown), f"{known.to_bytes()}\n{unknown.to_bytes()}"
    known = await answer_to(world, "101", "INVITE", "wrong")
    unknown = await answer_to(world, "199", "INVITE", "wrong")
    assert known.status >= 400 and shape(known) == shape(unknown), (known.start, unknown.start)
    await asyncio.sleep(0.5)
    assert callee.calls.empty(), "the stranger's call rang"
    assert await daemon.calls() == [], "a stranger's attempt became a call"


@scenario
async def a_wrong_password_registers_nothing(world):
    daemon = await world.start()
    for algorithms in (("MD5",), ("SHA-256",)):
        phone = await world.phone("101", register=False, password="wrong", algorithms=algorithms)
        response = await phone.register()
        assert response.status in (401, 403), response.start
    extensions = (await daemon.get("/api/v1/extensions"))["extensions"]
    assert not any(extension["registered"] for extension in extensions), extensions


@scenario
async def both_digest_algorithms_register_and_call(world):
    await world.start()
    old = await world.phone("101", algorithms=("MD5",))
    new = await world.phone("102", algorithms=("SHA-256",))
    for caller, callee, number in ((old, new, "102"), (new, old, "101")):
        leg = caller.dial(number)
        other = await callee.next_call()
        await other.answer()
        await asyncio.wait_for(leg.answered, 20)
        await hang_up(leg, other)


@scenario
async def a_forged_from_changes_nothing_about_who_called(world):
    daemon = await world.start()
    caller, callee = await world.phones_for("101", "102")
    leg = caller.dial("102", sender='"The Boss" <sip:103@127.0.0.1>')
    other = await callee.next_call()
    shown = other.invite.get("From")
    assert "101" in shown and "103" not in shown and "Boss" not in shown, shown
    await other.answer()
    await asyncio.wait_for(leg.answered, 20)
    await hang_up(leg, other)
    call = await daemon.finished_call()
    assert call["from"]["extension"] == "101" and call["from"]["number"] == "101", call["from"]


@scenario
async def an_unregistered_phone_with_the_right_password_may_call(world):
    await world.start()
    callee = await world.phone("102")
    caller = await world.phone("101", register=False)
    leg = caller.dial("102")
    other = await callee.next_call()
    await other.answer()
    await asyncio.wait_for(leg.answered, 20)
    await hang_up(leg, other)


@scenario
async def a_phone_that_unregisters_rings_no_more(world):
    daemon = await world.start()
    caller, callee = await world.phones_for("101", "102")
    assert (await callee.register(expires=0)).status == 200
    how, response = await ended(caller.dial("102"))
    assert how == "refused" and response.status == 480, how
    extensions = (await daemon.get("/api/v1/extensions"))["extensions"]
    state = {extension["number"]: extension["registered"] for extension in extensions}
    assert state["101"] and not state["102"], state


@scenario
async def a_phone_behind_nat_is_called_where_it_registered_from_and_heard(world):
    await world.start()
    home = await world.phone("101", claims=("10.99.0.7", 5060), host="127.0.0.4")
    desk = await world.phone("102")
    leg = desk.dial("101")
    other = await home.next_call()
    await other.answer()
    await asyncio.wait_for(leg.answered, 20)
    leg.play(1000)
    other.play(450)
    await asyncio.sleep(2)
    for side, frequency in ((leg, 450), (other, 1000)):
        samples, rate = side.heard()
        assert len(samples) > rate, f"{frequency} Hz: only {len(samples) / rate:.2f} s heard"
    await hang_up(other, leg)
