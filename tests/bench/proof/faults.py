"""What is done to a daemon while people talk. Each fault is a function of the life it hits; it
returns what the check must know: when the disk could not be written, how long the program stood
still, until when peers said nothing."""

import asyncio
import os
import shutil
import signal
import struct
import time

EIO, ENOSPC, EROFS = 5, 28, 30


class Control:
    """The four numbers that the preloaded library reads: see preload.cpp."""

    NAMES = ("hanging", "error", "sync_delay_ms", "clock_shift_ms")

    def __init__(self, path):
        self.path, self.values = path, dict.fromkeys(self.NAMES, 0)
        self.set()

    def set(self, **values):
        self.values.update(values)
        with open(self.path, "r+b" if os.path.exists(self.path) else "wb") as file:
            file.write(struct.pack("<4q", *(self.values[name] for name in self.NAMES)))


async def nothing(life, random):
    return {}


async def standing_still(life, random):
    """SIGSTOP and SIGCONT, once or more often."""
    stops = []
    for _ in range(random.randint(1, 3)):
        begin = time.monotonic()
        life.daemon.signal(signal.SIGSTOP)
        await asyncio.sleep(random.uniform(0.1, 2.0))
        life.daemon.signal(signal.SIGCONT)
        stops.append((begin, time.monotonic()))
        await asyncio.sleep(random.uniform(0.3, 1.0))
    return {"stops": stops}


async def hanging_disk(life, random):
    """Every write and sync waits for a while, then all goes on."""
    begin = time.monotonic()
    life.control.set(hanging=1)
    await asyncio.sleep(random.uniform(0.5, 6.0))
    life.control.set(hanging=0)
    return {"hung": (begin, time.monotonic())}


async def slow_disk(life, random):
    """Each sync takes its time until the round ends."""
    life.control.set(sync_delay_ms=random.choice((50, 200, 700)))
    await asyncio.sleep(random.uniform(1, 4))
    return {"slow": True}


async def hiccup(life, random):
    """Writes fail for less than a second: nothing may be lost."""
    life.control.set(error=EIO)
    await asyncio.sleep(random.uniform(0.1, 0.9))
    life.control.set(error=0)
    return {}


async def unwritable(life, random, error=EIO):
    """Writes fail for longer than the recorder has patience."""
    begin = time.monotonic()
    life.control.set(error=error)
    await asyncio.sleep(random.uniform(3.0, 6.0))
    life.control.set(error=0)
    return {"harm": (begin, time.monotonic())}


async def read_only(life, random):
    return await unwritable(life, random, EROFS)


async def full_disk(life, random):
    """For real: the file system is filled, sometimes to the last byte."""
    begin = time.monotonic()
    left = random.choice((0, 0, 2 << 20))
    ballast = life.folder / "ballast"
    with open(ballast, "wb", buffering=0) as file:
        try:
            while (room := shutil.disk_usage(life.folder).free - left) > 0:
                file.write(b"\0" * min(room, 1 << 20))
        except OSError:
            pass
    await asyncio.sleep(random.uniform(3.0, 6.0))
    ballast.unlink()
    return {"harm": (begin, time.monotonic())}


async def clock_jump(life, random):
    """The wall clock goes back or forth, from seconds to days, and sometimes back again."""
    shift = random.choice((-1, 1)) * random.choice((2, 90, 3700, 26 * 3600, 40 * 86400))
    life.control.set(clock_shift_ms=shift * 1000)
    await asyncio.sleep(random.uniform(0.5, 3.0))
    if random.random() < 0.5:
        life.control.set(clock_shift_ms=0)
    return {"clock": shift}


async def trunk_loss(life, random):
    """Both carriers hear and say nothing for a while."""
    seconds = random.uniform(0.5, 4.0)
    life.tell(f"deaf {seconds}")
    await asyncio.sleep(seconds + 0.2)
    return {"deaf": True}


# (how often, fault, how the round may end). After SIGTERM the daemon hangs up.
PLAN = (
    (8, nothing, ("kill",)),
    (2, nothing, ("term",)),
    (3, standing_still, ("kill", "finish")),
    (2, hanging_disk, ("kill", "finish")),
    (2, slow_disk, ("kill", "finish", "term")),
    (2, hiccup, ("kill", "finish")),
    (1, unwritable, ("kill", "finish")),
    (1, read_only, ("kill", "finish", "term")),
    (2, full_disk, ("kill", "finish", "term")),
    (2, clock_jump, ("kill", "finish")),
    (2, trunk_loss, ("kill", "finish")),
)


# The short form: one of each great kind, in this order.
QUICK = ((nothing, "kill"), (standing_still, "kill"), (full_disk, "finish"),
         (hanging_disk, "kill"), (clock_jump, "finish"))


def choose(random, own_disk):
    """A fault and the round's ending; only a disk of our own may be filled."""
    plan = [entry for entry in PLAN if own_disk or entry[1] is not full_disk]
    _, fault, endings = random.choices(plan, [entry[0] for entry in plan])[0]
    return fault, random.choice(endings)
