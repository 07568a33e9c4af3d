"""What is told when a recording cannot be kept, and when."""

import asyncio
import shutil

from harness.recording import check_tone, sound_of
from harness.registry import scenario
from harness.small_disk import small_disk
from harness.world import connected, hang_up


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
    async with small_disk(world) as small:
        await told_while_full(world, small)


async def told_while_full(world, small):
    daemon = await world.start(recording={"reserve": "1MiB"})
    caller, callee = await world.phones_for("101", "102")
    await daemon.signed_in()
    leg, other = await connected(world, caller, callee)
    leg.play(1000)
    other.play(450)
    await asyncio.sleep(2.5)
    fill(small)
    await daemon.wait_for_alarm("recording.missing", "disk is full")
    assert not leg.ended.done() and not other.ended.done(), "the call was ended"
    (small / "ballast").unlink()
    await hang_up(leg, other)
    call = await daemon.finished_call(60)
    assert call["recording"]["state"] == "sealed" and call["recording"]["cut"], call["recording"]
    assert "disk is full" in call["recording"]["reason"], call["recording"]
    check_tone(await sound_of(daemon, call), 0, 1000, 1.5)
