"""What is kept stays kept: back-up while calls run, restore on a bare machine, new keys."""

import asyncio
import json
import pathlib
import sqlite3

from harness.daemon import Daemon, is_settled
from harness.registry import scenario
from harness.world import connected, hang_up
from scenarios.a_talking import talk


async def recorded(daemon, caller, callee, count):
    """Talks once more; the newest call of `count`, once its recording is settled."""
    await talk(caller, callee, "102", 1.5)
    return (await daemon.wait_for_calls(is_settled, count))[0]


async def erase(daemon, call):
    api = await daemon.signed_in()
    status, _, body = await asyncio.to_thread(
        api.request, "DELETE", f"/api/v1/calls/{call['id']}/recording", {"reason": "asked for"})
    assert status == 200, (status, body)


async def back_up(daemon, to):
    _, out = await daemon.cli("backup", str(to), "--json")
    return json.loads(out)


@scenario(limit=120)
async def with_a_backup_and_the_recovery_key_everything_but_the_erased_comes_back(world):
    daemon = await world.start()
    caller, callee = await world.phones_for("101", "102")
    kept = await recorded(daemon, caller, callee, 1)
    erased = await recorded(daemon, caller, callee, 2)
    before = (await daemon.export(kept["id"])).read_bytes()
    _, key = await daemon.cli("keys", "recovery")
    to = pathlib.Path(world.folder) / "backup"

    leg, other = await connected(world, caller, callee)
    leg.play(1000)
    other.play(450)
    first = await back_up(daemon, to)
    assert first["recordings"] == 2 and not first["findings"] and first["recovery_key"], first
    await hang_up(leg, other)
    await daemon.wait_for_calls(is_settled, 3)
    await erase(daemon, erased)
    second = await back_up(daemon, to)
    assert second["recordings"] == 2 and second["copied"] == 1, second
    code, out = await daemon.cli("restore", str(to), "--check", check=False)
    assert code == 0, out
    api = await daemon.signed_in()
    storage = await asyncio.to_thread(api.get, "/api/v1/storage")
    assert storage["backup"]["ok"] is True and storage["total_bytes"] > storage["free_bytes"] > 0
    await daemon.stop()

    bare = Daemon(pathlib.Path(world.folder) / "bare", {})
    bare.folder.mkdir()
    bare.write_config()
    code, out = await bare.cli("restore", str(to), check=False)
    assert code == 1 and "recovery" in out, out
    _, out = await bare.cli("restore", str(to), "--recovery-key-stdin", "--json",
                            stdin=key.encode())
    assert json.loads(out)["recordings"] == 2, out
    world.daemons.append(bare)
    await bare.start()
    calls = {call["id"]: call for call in await bare.calls()}
    assert calls[kept["id"]]["recording"]["state"] == "sealed"
    assert calls[erased["id"]]["recording"]["state"] == "gone"
    assert (await bare.export(kept["id"])).read_bytes() == before
    code, out = await bare.cli("recordings", "export", "--call", erased["id"], "--format", "wav",
                               "--to", str(bare.folder / "no"), check=False)
    assert code == 1, out
    code, out = await bare.cli("recordings", "verify", check=False)
    assert code == 0, out


@scenario(limit=120)
async def keys_are_renewed_while_calls_run_and_every_recording_still_opens(world):
    daemon = await world.start()
    caller, callee = await world.phones_for("101", "102")
    old = await recorded(daemon, caller, callee, 1)
    before = (await daemon.export(old["id"])).read_bytes()
    leg, other = await connected(world, caller, callee)
    leg.play(1000)
    other.play(450)
    for words in (("keys", "rotate"), ("keys", "rotate", "--master")):
        await daemon.cli(*words)
    _, out = await daemon.cli("evidence", "export")
    assert [json.loads(line)["kind"] for line in out.splitlines()].count("key_rotated") == 2, out
    await asyncio.sleep(1)
    await hang_up(leg, other)
    await daemon.wait_for_calls(is_settled, 2)
    await recorded(daemon, caller, callee, 3)
    code, out = await daemon.cli("recordings", "verify", check=False)
    assert code == 0, out
    _, _, audio = await asyncio.to_thread(
        (await daemon.signed_in()).request, "GET", f"/api/v1/calls/{old['id']}/recording")
    assert audio.startswith(b"OggS"), audio[:80]
    await daemon.kill()
    await daemon.start()
    assert (await daemon.export(old["id"])).read_bytes() == before
    code, out = await daemon.cli("recordings", "verify", check=False)
    assert code == 0, out


@scenario(limit=120)
async def a_new_key_waits_for_a_recording_that_a_kill_cut_off_before_its_own_was_stored(world):
    daemon = await world.start()
    caller, callee = await world.phones_for("101", "102")
    leg, other = await connected(world, caller, callee)
    leg.play(1000)
    other.play(450)
    await asyncio.sleep(4)
    await daemon.kill()
    keys = sqlite3.connect(daemon.data / "tenants/main/keys.db")
    with keys:
        assert keys.execute("DELETE FROM item_keys WHERE item LIKE '%-%-%-%-%'").rowcount == 1
    keys.close()
    code, out = await daemon.cli("keys", "rotate", check=False)
    assert code == 1 and "recordings recover" in out, (code, out)
    code, out = await daemon.cli("recordings", "recover", check=False)
    assert code == 0 and out.startswith("1 recordings were finished"), (code, out)
    await daemon.cli("keys", "rotate")
    _, out = await daemon.cli("keys", "show", "--json")
    assert not json.loads(out)["rotating"], out
    await daemon.start()
    call = (await daemon.wait_for_calls(is_settled, 1))[0]
    assert (await daemon.export(call["id"])).read_bytes()


@scenario(limit=120)
async def the_daemon_backs_up_by_itself_and_says_how_it_went(world):
    to = pathlib.Path(world.temporary.name) / "nightly"
    daemon = await world.start(backup={"dir": str(to)})
    api = await daemon.signed_in()
    for _ in range(300):
        storage = await asyncio.to_thread(api.get, "/api/v1/storage")
        if storage["backup"]["ok"] is not None and storage["backup_check"]["ok"] is not None:
            break
        await asyncio.sleep(0.2)
    assert storage["backup"]["ok"] and storage["backup_check"]["ok"], storage
    code, out = await daemon.cli("restore", str(to), "--check", check=False)
    assert code == 0, out
    assert (await daemon.metrics())["ringfort_backup_good"] == 1


@scenario(limit=120)
async def a_box_whose_data_is_not_mounted_leaves_its_backup_as_it_is(world):
    to = pathlib.Path(world.temporary.name) / "nightly"
    daemon = await world.start()
    caller, callee = await world.phones_for("101", "102")
    await recorded(daemon, caller, callee, 1)
    assert (await back_up(daemon, to))["recordings"] == 1
    await daemon.stop()
    before = (to / "manifest").read_bytes()

    mounted = daemon.data.rename(daemon.data.with_name("elsewhere"))
    daemon.settings["backup"] = {"dir": str(to)}
    daemon.write_config()
    daemon.has_user, daemon.api = False, None
    await daemon.start()
    api = await daemon.signed_in()
    for _ in range(300):
        backup = (await asyncio.to_thread(api.get, "/api/v1/storage"))["backup"]
        if backup["ok"] is not None:
            break
        await asyncio.sleep(0.2)
    assert backup["ok"] is False and "another box" in backup["text"], backup
    await daemon.stop()

    assert (to / "manifest").read_bytes() == before
    daemon.data.rename(daemon.data.with_name("empty"))
    mounted.rename(daemon.data)
    code, out = await daemon.cli("restore", str(to), "--check", check=False)
    assert code == 0 and "1 recordings" in out, out
