"""What is told when a recording cannot be kept, and when."""

import asyncio
import pathlib
import shutil
import subprocess

from harness.recording import check_tone, sound_of
from harness.registry import scenario
from harness.world import Skipped, connected, hang_up


async def alarm_of(daemon, name, words, wait=60):
    """An alarm of that name that says this; it must be there within a minute."""
    alarms = []
    for _ in range(wait * 5):
        alarms = (await daemon.get("/api/v1/alarms"))["alarms"]
        if any(alarm["name"] == name and words in alarm["text"] for alarm in alarms):
            return
        await asyncio.sleep(0.2)
    raise AssertionError(f"no {name} within {wait} s: {alarms}")


def fill(folder):
    """Takes every byte that is left."""
    with open(folder / "ballast", "wb", buffering=0) as ballast:
        try:
            while room := shutil.disk_usage(folder).free:
                ballast.write(b"\0" * min(room, 1 << 20))
        except OSError:
            pass


@scenario(limit=150)
async def a_disk_filled_to_the_last_byte_is_told_though_the_store_cannot_write(world):
    small = pathlib.Path(world.folder) / "data"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(small)],
                             stderr=subprocess.PIPE)
    if mounted.returncode != 0:
        raise Skipped("this machine lets nobody mount a small disk: "
                      + mounted.stderr.decode().strip())
    try:
        await told_while_full(world, small)
    finally:
        for daemon in world.daemons:
            await daemon.stop()
        subprocess.run(["umount", "-l", str(small)], check=True)


async def told_while_full(world, small):
    daemon = await world.start(recording={"reserve": "1MiB"})
    caller, callee = await world.phones_for("101", "102")
    await daemon.signed_in()
    leg, other = await connected(world, caller, callee)
    leg.play(1000)
    other.play(450)
    await asyncio.sleep(2.5)
    fill(small)
    await alarm_of(daemon, "recording.missing", "disk is full")
    assert not leg.ended.done() and not other.ended.done(), "the call was ended"
    (small / "ballast").unlink()
    await hang_up(leg, other)
    call = await daemon.finished_call(60)
    assert call["recording"]["state"] == "sealed" and call["recording"]["cut"], call["recording"]
    assert "disk is full" in call["recording"]["reason"], call["recording"]
    check_tone(await sound_of(daemon, call), 0, 1000, 1.5)
