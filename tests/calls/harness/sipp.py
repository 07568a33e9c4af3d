"""sipp as an independent phone and carrier: its own scenarios, its own RTP."""

import asyncio
import pathlib
import shutil

from .settings import free_port, is_free
from .world import Skipped

SCENARIOS = pathlib.Path(__file__).resolve().parents[1] / "sipp"


class Sipp:
    def __init__(self, folder, process, port):
        self.folder, self.process, self.port = folder, process, port

    @classmethod
    async def open(cls, world, scenario, *arguments, port=None, host="127.0.0.1"):
        """`scenario` is a file of tests/calls/sipp; `arguments` go before the remote address."""
        if not shutil.which("sipp"):
            raise Skipped("sipp is not installed")
        port = port or free_port()
        folder = pathlib.Path(world.folder) / f"sipp-{port}"
        folder.mkdir(exist_ok=True)
        command = ["sipp", "-sf", str(SCENARIOS / scenario), "-i", host, "-p", str(port),
                   "-mp", str(free_port() & ~1), "-nostdin", "-trace_err", "-error_file",
                   str(folder / "errors"), *arguments]
        with open(folder / "log", "wb") as log:
            process = await asyncio.create_subprocess_exec(
                "setpriv", "--pdeathsig", "KILL", *command, cwd=folder,
                stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log)
        self = cls(folder, process, port)
        world.others.append(self)
        while process.returncode is None and is_free(host, port):
            await asyncio.sleep(0.02)  # until it listens
        return self

    async def finish(self, wait=60):
        """Waits for the end; fails when a call did not go as the scenario says."""
        code = await asyncio.wait_for(self.process.wait(), wait)
        errors = self.folder / "errors"
        text = errors.read_text(errors="replace") if errors.exists() else ""
        assert code == 0, f"sipp ended with {code}: {text[-3000:]}"

    async def close(self):
        if self.process.returncode is None:
            self.process.kill()
            await self.process.wait()
