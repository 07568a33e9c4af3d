"""A small disk under a daemon's data, to be filled."""

import contextlib
import pathlib
import subprocess

from .world import Skipped


@contextlib.asynccontextmanager
async def small_disk(world):
    """24 MiB where the world's next daemon keeps its data; its folder. Skips the scenario on a
    machine that lets nobody mount. The daemons are stopped at the end."""
    folder = pathlib.Path(world.folder) / "data"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)],
                             stderr=subprocess.PIPE)
    if mounted.returncode != 0:
        raise Skipped("this machine lets nobody mount a small disk: "
                      + mounted.stderr.decode().strip())
    try:
        yield folder
    finally:
        for daemon in world.daemons:
            await daemon.stop()
        subprocess.run(["umount", "-l", str(folder)], check=True)
