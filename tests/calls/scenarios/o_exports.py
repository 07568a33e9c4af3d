"""What is taken out: every download format, a vCon, many calls as a ZIP archive."""

import asyncio
import base64
import io
import json
import pathlib
import subprocess
import zipfile

from harness.daemon import is_settled
from harness.registry import scenario
from scenarios.a_talking import talk

FORMATS = {"opus": "audio/ogg", "ogg": "audio/ogg", "wav": "audio/wav", "mp3": "audio/mpeg",
           "aac": "audio/mp4"}


def probe(world, data, name):
    """What ffprobe says: seconds, channels, tags; and how long the decoded sound is."""
    file = pathlib.Path(world.folder) / name
    file.write_bytes(data)
    out = subprocess.run(
        ["ffprobe", "-v", "error", "-show_entries",
         "stream=channels:format=duration:format_tags:stream_tags", "-of", "json", str(file)],
        stdout=subprocess.PIPE, check=True, timeout=60)
    raw = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", str(file), "-f", "s16le", "-ac", "1", "-ar", "16000", "-"],
        stdout=subprocess.PIPE, check=True, timeout=60).stdout
    return json.loads(out.stdout), out.stdout.decode(), len(raw) / 32000


@scenario
async def a_recording_is_downloaded_in_every_format(world):
    """A recording is downloaded in every format, tagged with its call and without numbers."""
    daemon = await world.start()
    caller, callee = await world.phones_for("101", "102")
    await talk(caller, callee, "102", 2.5)
    call = await daemon.finished_call()
    seconds = call["recording"]["seconds"]
    api = await daemon.signed_in()
    for form, kind in FORMATS.items():
        for channels in (1, 2):
            path = (f"/api/v1/calls/{call['id']}/recording?download=1&format={form}"
                    f"&channels={channels}")
            status, headers, data = await asyncio.to_thread(api.request, "GET", path)
            assert status == 200 and headers["Content-Type"] == kind, (form, status)
            assert call["id"] in headers["Content-Disposition"], headers["Content-Disposition"]
            facts, text, heard = probe(world, data, f"{form}{channels}")
            assert facts["streams"][0]["channels"] == channels, facts
            assert abs(float(facts["format"]["duration"]) - seconds) < 0.12, (form, facts)
            assert abs(heard - seconds) < 0.07, (form, heard, seconds)
            assert call["id"] in text, (form, text)


@scenario
async def a_call_leaves_as_a_vcon_with_its_recording(world):
    """A call leaves as a vCon with its recording inside."""
    daemon = await world.start()
    caller, callee = await world.phones_for("101", "102")
    await talk(caller, callee, "102", 2.5)
    call = await daemon.finished_call()
    api = await daemon.signed_in()
    found = await asyncio.to_thread(api.get, f"/api/v1/calls/{call['id']}/vcon?audio=1")
    assert found["vcon"] == "0.4.0" and found["uuid"] == call["id"], found.keys()
    assert [party["tel"] for party in found["parties"]] == ["tel:101", "tel:102"], found["parties"]
    dialog, = found["dialog"]
    body = dialog["body"] + "=" * (-len(dialog["body"]) % 4)
    facts, _, heard = probe(world, base64.urlsafe_b64decode(body), "vcon")
    assert facts["streams"][0]["channels"] == 2, facts
    assert abs(heard - dialog["duration"]) < 0.05, (heard, dialog["duration"])


@scenario
async def many_calls_leave_as_one_zip_archive(world):
    """Several calls leave as one ZIP archive with an index, by HTTP and from a shell."""
    daemon = await world.start()
    caller, callee = await world.phones_for("101", "102")
    for made in (1, 2):
        await talk(caller, callee, "102", 1.5)
        await daemon.wait_for_calls(is_settled, made, 30)
    api = await daemon.signed_in()
    status, _, body = await asyncio.to_thread(
        api.request, "POST", "/api/v1/exports", {"format": "mp3", "channels": 1})
    assert status == 201, (status, body)
    order = json.loads(body)
    assert order["calls"] == 2, order
    status, headers, data = await asyncio.to_thread(
        api.request, "GET", f"/api/v1/exports/{order['id']}/archive")
    assert status == 200 and headers["Content-Type"] == "application/zip", status
    check_archive(data, ".mp3")
    progress = await asyncio.to_thread(api.get, f"/api/v1/exports/{order['id']}")
    assert progress["state"] == "done" and progress["done"] == 2, progress
    assert progress["bytes"] == len(data), progress
    file = pathlib.Path(world.folder) / "all.zip"
    await daemon.cli("recordings", "export", "--all", "--format", "opus", "--zip", str(file))
    check_archive(file.read_bytes(), ".ogg")
    tested = subprocess.run(["unzip", "-tqq", str(file)], timeout=60)
    assert tested.returncode == 0, tested


def check_archive(data, ending):
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        assert opened.testzip() is None
        index = json.loads(opened.read("index.json"))
        assert len(index) == 2 and not any(each["problem"] for each in index), index
        for each in index:
            assert each["file"].endswith(ending), each
            assert len(opened.read(each["file"])) > 1000, each
            assert "from" not in each, each
        assert len(opened.read("index.csv").splitlines()) == 3
        assert len(opened.namelist()) == 4, opened.namelist()
