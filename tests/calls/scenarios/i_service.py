"""The daemon as a service: restarts, reloads, drains, and leaves nothing behind."""

import asyncio
import json
import os
import pathlib
import signal

from harness.agent import token
from harness.message import Message
from harness.recording import sound_of
from harness.registry import scenario
from harness.world import Skipped, connected, ended, hang_up, until
from scenarios.a_talking import talk

TORTURE = pathlib.Path(os.environ.get(
    "RINGFORT_SIP_TORTURE", pathlib.Path(__file__).resolve().parents[4] / "shared" / "sip-torture"))


@scenario
async def registered_phones_are_still_known_after_a_kill_and_a_restart(world):
    daemon = await world.start()
    caller, callee = await world.phones_for("101", "102")
    await asyncio.sleep(1.5)  # the bindings are written behind the answer
    await daemon.kill()
    await daemon.start()
    leg, other = await connected(world, caller, callee)
    await hang_up(leg, other)


@scenario
async def nobody_else_on_the_machine_can_look_into_the_data_directory(world):
    old = os.umask(0o022)
    try:
        daemon = await world.start()
    finally:
        os.umask(old)
    caller, callee = await world.phones_for("101", "102")
    await talk(caller, callee, "102", 1)
    await daemon.finished_call()
    inside = list(daemon.data.rglob("*"))
    assert any("vault" in path.parts and path.is_file() for path in inside), inside
    open_to_others = [path for path in [daemon.data, *inside] if path.stat().st_mode & 0o077]
    assert not open_to_others, open_to_others


@scenario
async def the_set_up_link_is_printed_to_root_and_not_to_the_journal(world):
    daemon = await world.start()
    log = daemon.log()
    assert "ringfort setup-link" in log and "set-up#" not in log, log
    code, link = await daemon.cli("setup-link")
    assert code == 0 and link.startswith("https://127.0.0.1:") and "/set-up#" in link, link
    assert link.strip().rpartition("#")[2] not in daemon.log()


@scenario
async def a_reload_brings_a_new_extension_and_does_not_touch_a_call(world):
    daemon = await world.start()
    caller, callee = await world.phones_for("101", "102")
    leg, other = await connected(world, caller, callee)
    leg.play(1000)
    other.play(450)
    daemon.settings["extension"].append(
        {"number": "140", "name": "New", "password": "correct-horse-140"})
    daemon.write_config()
    daemon.signal(signal.SIGHUP)
    new = await world.phone("140", register=False)
    for _ in range(100):
        if (await new.register()).status == 200:
            break
        await asyncio.sleep(0.1)
    else:
        raise AssertionError("the new extension never came")
    assert not leg.ended.done() and not other.ended.done()
    second = new.dial("103")
    assert (await ended(second))[0] == "refused"
    await hang_up(leg, other)


@scenario
async def a_bad_file_on_reload_leaves_the_old_one_in_force_and_names_the_line(world):
    daemon = await world.start()
    caller, callee = await world.phones_for("101", "102")
    leg, other = await connected(world, caller, callee)
    text = daemon.config_file.read_text()
    line = len(text.splitlines()) + 2
    daemon.config_file.write_text(text + '\n[[extension]]\nnumber = "101"\npasword = "x"\n')
    daemon.signal(signal.SIGHUP)
    name = daemon.config_file.name
    await until(lambda: any(f"{name}:{n}" in daemon.log() for n in range(line, line + 4)),
                "file:line in the log")
    await hang_up(leg, other)
    leg, other = await connected(world, caller, callee)
    await hang_up(leg, other)


@scenario
async def a_stop_waits_for_the_call_and_takes_no_new_one(world):
    daemon = await world.start()
    caller, callee, third = await world.phones_for("101", "102", "103")
    leg, other = await connected(world, caller, callee)
    leg.play(1000)
    other.play(450)
    daemon.signal(signal.SIGTERM)
    await asyncio.sleep(1)
    how, response = await ended(third.dial("102"))
    assert how == "refused" and response.status == 503, how
    await asyncio.sleep(1)
    assert not leg.ended.done() and daemon.process.returncode is None, "the stop did not wait"
    await hang_up(leg, other)
    assert await asyncio.wait_for(daemon.process.wait(), 30) == 0
    await daemon.start()
    call = await daemon.finished_call()
    assert not call["recording"]["cut"], call["recording"]
    await sound_of(daemon, call)


@scenario
async def a_stop_ends_the_calls_cleanly_when_its_time_is_over(world):
    daemon = await world.start(server={"drain": "2s"})
    caller, callee = await world.phones_for("101", "102")
    leg, other = await connected(world, caller, callee)
    leg.play(1000)
    other.play(450)
    await asyncio.sleep(1)
    daemon.signal(signal.SIGTERM)
    assert (await ended(leg))[0] == "bye"
    assert (await ended(other))[0] == "bye"
    assert await asyncio.wait_for(daemon.process.wait(), 30) == 0
    await daemon.start()
    call = await daemon.finished_call()
    assert call["ended_by"] == "ringfort" and not call["recording"]["cut"], call
    await sound_of(daemon, call)


@scenario
async def the_page_can_hang_up_a_live_call(world):
    daemon = await world.start()
    caller, callee = await world.phones_for("101", "102")
    leg, other = await connected(world, caller, callee)
    api = await daemon.signed_in()
    live = (await daemon.get("/api/v1/live"))["calls"]
    assert len(live) == 1 and live[0]["answered_at"], live
    path = f"/api/v1/live/{live[0]['id']}"
    status, _, _ = await asyncio.to_thread(api.request, "DELETE", path)
    assert status == 202, status
    assert (await ended(leg))[0] == "bye" and (await ended(other))[0] == "bye"
    assert (await daemon.finished_call())["ended_by"] == "ringfort"


@scenario(limit=150)
async def two_hundred_calls_leave_no_file_and_no_port_open(world):
    daemon = await world.start()
    caller, callee = await world.phones_for("101", "102")
    callee.answer_all()

    async def ten():
        for _ in range(10):
            leg = await caller.call("102")
            await leg.hang_up()
    await ten()
    await daemon.signed_in()
    await asyncio.sleep(2)
    before = daemon.open_files()
    for _ in range(5):
        await asyncio.gather(*[ten() for _ in range(4)])
    calls = await daemon.wait_for_calls(lambda c: c["ended_at"], 210, 40)
    assert all(c["recording"]["state"] != "missing" for c in calls), "a recording is missing"
    for _ in range(150):
        if daemon.open_files() <= before + 3:
            break
        await asyncio.sleep(0.2)
    after = daemon.open_files()
    assert after <= before + 3, f"{before} files were open before 200 calls, {after} after"
    taken = await media_ports_free(daemon)
    assert not taken, f"ports still taken: {taken[:10]}"


async def media_ports_free(daemon):
    """The media ports that the daemon itself still holds after a while; none, it is hoped."""
    first, _, last = daemon.settings["media"]["ports"].partition("-")
    for _ in range(50):
        taken = [p for p in udp_ports(daemon.process.pid) if int(first) <= p <= int(last)]
        if not taken:
            break
        await asyncio.sleep(0.2)
    return taken


def udp_ports(pid):
    """The UDP ports of one process, from /proc."""
    own = set()
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            own.add(os.readlink(f"/proc/{pid}/fd/{fd}"))
        except OSError:
            continue
    rows = [line.split() for table in ("udp", "udp6")
            for line in pathlib.Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]]
    return [int(row[1].rpartition(":")[2], 16) for row in rows if f"socket:[{row[9]}]" in own]


async def answers_options(phone):
    request = Message(f"OPTIONS sip:{phone.domain} SIP/2.0").add("Via", phone.agent.via())
    request.add("Max-Forwards", 70).add("From", f"<sip:probe@test>;tag={token()}")
    request.add("To", f"<sip:{phone.domain}>").add("Call-ID", token())
    request.add("CSeq", "1 OPTIONS").add("Contact", phone.contact())
    return (await phone.agent.request(request, phone.server, timeout=5)).status == 200


def torture_messages():
    if not (TORTURE / "manifest.json").exists():
        raise Skipped(f"the torture messages are not in {TORTURE}")
    kinds = json.loads((TORTURE / "manifest.json").read_text())
    return [(name, kinds[name]["kind"], (TORTURE / f"{name}.dat").read_bytes())
            for name in sorted(kinds)]


@scenario(limit=120)
async def torture_messages_over_udp_leave_the_server_answering(world):
    messages = torture_messages()
    daemon = await world.start()
    probe = await world.phone("101", register=False)
    attacker = await world.phone("101", register=False)
    for name, kind, data in messages:
        attacker.agent.wire.raw.clear()
        attacker.agent.wire.send(data, daemon.servers["udp"])
        assert await answers_options(probe), f"no answer to OPTIONS after {name}"
        if kind == "4":
            await asyncio.sleep(0.05)
            starts = [raw.split(b"\r\n")[0] for raw in attacker.agent.wire.raw]
            assert not any(s.startswith(b"SIP/2.0 2") for s in starts), (name, starts)


@scenario(limit=120)
async def torture_messages_over_tcp_leave_the_server_answering(world):
    messages = torture_messages()
    daemon = await world.start()
    probe = await world.phone("101", register=False, transport="tcp")
    for name, kind, data in messages:
        reader, writer = await asyncio.open_connection(*daemon.servers["tcp"])
        writer.write(data)
        await writer.drain()
        assert await answers_options(probe), f"no answer to OPTIONS after {name}"
        if kind == "4":
            try:
                heard = await asyncio.wait_for(reader.read(4000), 0.1)
            except (asyncio.TimeoutError, ConnectionError):
                heard = b""
            assert not heard.startswith(b"SIP/2.0 2"), (name, heard[:80])
        writer.close()


@scenario
async def the_selftest_says_yes(world):
    daemon = await world.start()
    code, out = await daemon.cli("selftest", check=False)
    assert code == 0, out
