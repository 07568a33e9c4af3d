"""What is sealed stays as it was, or it shows: the signed log, receipts, legal holds, retention."""

import asyncio
import json
import pathlib
import sqlite3

from harness.daemon import is_settled
from harness.registry import scenario
from scenarios.a_talking import talk


async def ask(daemon, method, path, body=None):
    """(status, body as JSON or text)"""
    api = await daemon.signed_in()
    status, headers, data = await asyncio.to_thread(api.request, method, path, body)
    if "json" in headers.get("Content-Type", "") and "jsonl" not in headers["Content-Type"]:
        return status, json.loads(data)
    return status, data.decode(errors="replace")


async def recorded(daemon, caller, callee, count):
    """Talks `count` times; the calls, newest first, once their recordings are settled."""
    for _ in range(count):
        await talk(caller, callee, "102", 1.5)
    return await daemon.wait_for_calls(is_settled, count, 40)


def sealed_file(daemon, recording):
    found = [f for f in (daemon.data / "tenants" / "main" / "vault").rglob(recording["id"])]
    assert len(found) == 1, found
    return found[0]


async def findings(daemon, wanted_code):
    code, out = await daemon.cli("recordings", "verify", "--json", check=False)
    assert code == wanted_code, (code, out)
    return {f["item"]: f for f in json.loads(out.splitlines()[0])["findings"]}


@scenario(limit=120)
async def a_recording_that_was_tampered_with_is_named(world):
    daemon = await world.start()
    caller, callee = await world.phones_for("101", "102")
    calls = await recorded(daemon, caller, callee, 3)
    details = [await daemon.get(f"/api/v1/calls/{call['id']}") for call in calls]
    assert not await findings(daemon, 0)
    for call in details:
        recording = call["recording"]
        assert recording["evidence"] > 0 and recording["hash"], recording
        assert recording["damage"] is None and call["legal_hold"] is None, recording
    one, other, cut = [call["recording"] for call in details]
    first, second = sealed_file(daemon, one), sealed_file(daemon, other)
    aside = first.with_suffix(".aside")
    first.rename(aside)
    second.rename(first)
    aside.rename(second)
    third = sealed_file(daemon, cut)
    third.write_bytes(third.read_bytes()[:-100])
    found = await findings(daemon, 1)
    assert {found[one["id"]]["kind"], found[other["id"]]["kind"]} == {"swapped"}, found
    assert found[cut["id"]]["kind"] == "truncated", found
    shown = await daemon.get(f"/api/v1/calls/{details[2]['id']}")
    assert shown["recording"]["damage"]["kind"] == "truncated", shown["recording"]
    alarms = (await daemon.get("/api/v1/alarms"))["alarms"]
    assert len([a for a in alarms if a["name"] == "recording.damaged"]) == 3, alarms


@scenario(limit=120)
async def a_deleted_recording_leaves_a_receipt_that_a_stranger_can_check(world):
    daemon = await world.start()
    caller, callee = await world.phones_for("101", "102")
    kept, deleted = await recorded(daemon, caller, callee, 2)
    path = f"/api/v1/calls/{deleted['id']}"

    status, _ = await ask(daemon, "PUT", f"{path}/legal-hold", {"reason": "court", "until": None})
    assert status == 204, status
    status, held = await ask(daemon, "GET", "/api/v1/legal-holds")
    assert [h["call"] for h in held["holds"]] == [deleted["id"]], held
    status, body = await ask(daemon, "DELETE", f"{path}/recording", {"reason": "asked for"})
    assert status == 409, (status, body)
    status, _ = await ask(daemon, "DELETE", f"{path}/legal-hold", {"reason": "over"})
    assert status == 204, status

    status, body = await ask(daemon, "DELETE", f"{path}/recording", {"reason": "asked for"})
    assert status == 200, (status, body)
    receipt = body["receipt"]
    assert receipt["key_destroyed"] and receipt["reason"] == "asked for", receipt
    status, body = await ask(daemon, "GET", f"{path}/recording")
    assert status == 410 and body["receipt"] == receipt, (status, body)
    shown = await daemon.get(path)
    assert shown["recording"]["state"] == "gone" and shown["recording"]["receipt"] == receipt
    code, _ = await daemon.cli("recordings", "delete", "--call", kept["id"], "--reason", "too",
                               check=False)
    assert code == 0
    assert not await findings(daemon, 0)

    head = await daemon.get("/api/v1/evidence")
    status, log = await ask(daemon, "GET", "/api/v1/evidence/log")
    entries = [json.loads(line) for line in log.splitlines()]
    assert [e["kind"] for e in entries] == [
        "sealed", "sealed", "hold_set", "hold_lifted", "deleted", "deleted"], entries
    assert entries[-1]["hash"] == head["hash"] and entries[4]["hash"] == receipt["entry_hash"]
    exported = pathlib.Path(world.folder) / "evidence.jsonl"
    exported.write_text(log)
    check = ("evidence", "verify", str(exported), "--public-key", head["public_key"])
    code, out = await daemon.cli(*check, check=False)
    assert code == 0, out
    exported.write_text(log.replace("asked for", "never asked", 1))
    code, out = await daemon.cli(*check, check=False)
    assert code == 1 and "Entry 5 was changed" in out, out
    audit = sqlite3.connect(daemon.data / "system.db").execute(
        "SELECT action FROM audit_log WHERE action LIKE 'recording.deleted' OR action LIKE 'hold.%'"
        " ORDER BY id").fetchall()
    assert [a for (a,) in audit].count("recording.deleted") == 2, audit
    assert ("hold.set",) in audit and ("hold.lifted",) in audit, audit


@scenario(limit=120)
async def retention_is_previewed_and_changed_only_when_it_is_said(world):
    daemon = await world.start()
    caller, callee = await world.phones_for("101", "102")
    held, other = await recorded(daemon, caller, callee, 2)
    code, out = await daemon.cli("hold", "set", "--call", held["id"], "--reason", "court",
                                 check=False)
    assert code == 0, out
    daemon.settings.setdefault("retention", {})["recordings"] = "1s"
    daemon.write_config()  # for the command line: the daemon keeps its own
    _, out = await daemon.cli("retention", "preview", "--json")
    kinds = {kind["kind"]: kind for kind in json.loads(out)["kinds"]}
    assert kinds["recordings"]["items"] == 2 and kinds["recordings"]["held"] == 1, kinds
    assert kinds["recordings"]["due"] == 0 and kinds["recordings"]["changed"]["earlier"] == 1, kinds
    code, _ = await daemon.cli("retention", "restamp", check=False)
    assert code == 1
    _, out = await daemon.cli("retention", "restamp", "--yes", "--json")
    assert json.loads(out)["recordings"] == 1, out
    await asyncio.sleep(1.1)
    await daemon.cli("retention", "run", "--json")
    calls = await daemon.wait_for_calls(
        lambda c: c["id"] == other["id"] and c["recording"]["state"] == "gone", 1, 90)
    assert calls
    still = await daemon.get(f"/api/v1/calls/{held['id']}")
    assert still["recording"]["state"] == "sealed", still["recording"]
    assert still["legal_hold"]["reason"] == "court", still
    assert not await findings(daemon, 0)
