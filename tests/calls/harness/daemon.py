"""The daemon under test: its own folder, ports and process group; ended by its pid."""

import asyncio
import json
import os
import pathlib
import signal
import time

from . import settings
from .api import Api

ROOT = pathlib.Path(__file__).resolve().parents[3]
BINARY = os.environ.get("RINGFORT_BINARY", str(ROOT / "build" / "ringfort"))
OWNER, OWNER_PASSWORD = "ada", "a long owner password"


class Daemon:
    def __init__(self, folder, changes):
        self.folder = pathlib.Path(folder)
        self.data = self.folder / "data"
        self.config_file = self.folder / "ringfort.toml"
        self.log_file = self.folder / "daemon.log"
        self.settings = settings.merge(settings.default(self.data), changes)
        self.process, self.api, self.has_user = None, None, False
        self.environment = {}  # added to ours

    # Where it listens.

    @property
    def servers(self):
        """{"udp": (host, port), …}"""
        found = {}
        for entry in self.settings["sip"]["listen"]:
            kind, _, rest = entry.partition("://")
            host, _, port = rest.rpartition(":")
            found[kind] = (host, int(port))
        return found

    @property
    def web(self):
        host, _, port = self.settings["http"]["listen"].rpartition(":")
        return host, int(port)

    # Life.

    def write_config(self):
        self.config_file.write_text(settings.to_toml(self.settings))

    async def start(self, wait=30):
        self.write_config()
        self.data.mkdir(exist_ok=True)
        with open(self.log_file, "ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                "setpriv", "--pdeathsig", "KILL", BINARY, "serve", "--config", str(self.config_file), stdout=log, stderr=log,
                stdin=asyncio.subprocess.DEVNULL, start_new_session=True,
                env={**os.environ, **self.environment})
        self.api = Api(self.web)
        await self.wait_ready(wait)

    async def wait_ready(self, wait):
        end = time.monotonic() + wait
        while not await asyncio.to_thread(self.api.is_up):
            if self.process.returncode is not None:
                raise RuntimeError(f"the daemon ended at once ({self.process.returncode})")
            if time.monotonic() > end:
                raise RuntimeError("the daemon did not get ready")
            await asyncio.sleep(0.05)

    def signal(self, number):
        os.kill(self.process.pid, number)

    async def stop(self, wait=20):
        """SIGTERM and a wait; a second one ends the drain. Returns the exit code."""
        if self.process is None or self.process.returncode is not None:
            return None
        for number in (signal.SIGTERM, signal.SIGTERM, signal.SIGKILL):
            self.signal(number)
            try:
                return await asyncio.wait_for(self.process.wait(), wait / 2)
            except asyncio.TimeoutError:
                continue
        return await self.process.wait()

    async def kill(self):
        """As a power cut: nothing is finished."""
        self.signal(signal.SIGKILL)
        await self.process.wait()

    # Questions.

    def log(self):
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    async def cli(self, *words, stdin=b"", check=True):
        """Runs a subcommand; returns (exit code, output)."""
        process = await asyncio.create_subprocess_exec(
            BINARY, *words, "--config", str(self.config_file), stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
        out, err = await asyncio.wait_for(process.communicate(stdin), 60)
        if check and process.returncode != 0:
            raise RuntimeError(f"ringfort {' '.join(words)}: {process.returncode} "
                               f"{err.decode()[:500]}")
        return process.returncode, out.decode() + ("" if check else err.decode())

    async def signed_in(self):
        """The API with the owner signed in."""
        if not self.has_user:
            await self.cli("user", "add", OWNER, "--role", "owner", "--password-stdin",
                           stdin=OWNER_PASSWORD.encode() + b"\n")
            self.has_user = True
        if not self.api.cookie:
            await asyncio.to_thread(self.api.sign_in, OWNER, OWNER_PASSWORD)
        return self.api

    async def get(self, path):
        api = await self.signed_in()
        return await asyncio.to_thread(api.get, path)

    async def calls(self):
        """All calls as `calls list --json` prints them, newest first."""
        _, out = await self.cli("calls", "list", "--json")
        return [json.loads(line) for line in out.splitlines() if line.strip()]

    async def wait_for_calls(self, wanted, count=1, wait=20):
        """Polls until `count` calls satisfy `wanted`, and returns them."""
        end = time.monotonic() + wait
        while True:
            found = [call for call in await self.calls() if wanted(call)]
            if len(found) >= count:
                return found
            if time.monotonic() > end:
                raise AssertionError(f"{len(found)} of {count} calls came to be as wanted; there "
                                     f"are: {json.dumps(await self.calls())[:2000]}")
            await asyncio.sleep(0.2)

    async def wait_for_alarm(self, name, words="", wait=60):
        """An alarm of that name that says this; it must be there within a minute."""
        alarms = []
        for _ in range(wait * 5):
            alarms = (await self.get("/api/v1/alarms"))["alarms"]
            if any(alarm["name"] == name and words in alarm["text"] for alarm in alarms):
                return
            await asyncio.sleep(0.2)
        raise AssertionError(f"no {name} within {wait} s: {alarms}")

    async def finished_call(self, wait=30):
        """The one call of this test, once it is over and its recording settled."""
        calls = await self.wait_for_calls(is_settled, 1, wait)
        return await self.get(f"/api/v1/calls/{calls[0]['id']}")

    async def export(self, call_id, form="wav"):
        to = self.folder / "export"
        await self.cli("recordings", "export", "--call", call_id, "--format", form, "--to", str(to))
        return to / f"{call_id}.{form}"

    async def metrics(self):
        """Numbers of /metrics by name with labels."""
        status, _, body = await asyncio.to_thread(self.api.request, "GET", "/metrics")
        if status != 200:
            raise RuntimeError(f"/metrics: {status}")
        pairs = [line.rsplit(" ", 1) for line in body.decode().splitlines()
                 if line and not line.startswith("#")]
        return {name: float(value) for name, value in pairs}

    def open_files(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))


def is_settled(call):
    """Over, and its recording in a state that lasts."""
    recording = call.get("recording")
    return bool(call["ended_at"]) and (
        not recording or recording["state"] in ("sealed", "missing", "never", "gone"))
