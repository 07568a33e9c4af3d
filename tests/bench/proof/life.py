"""One life of a daemon with a small disk of its own: rounds of calls, each with a fault and an
end, and a restart after each."""

import asyncio
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import time

from harness import settings
from harness.daemon import Daemon

from . import checks, faults

DISK = "size=600m"
SETTLE_SECONDS = 90
FORMATS = ("opus", "opus", "wav", "ogg")


class Life:
    """`tools` are the programs built by durability; `folder` is empty and ours alone."""

    def __init__(self, tools, folder, number, seed, options):
        self.tools, self.number, self.options = tools, number, options
        self.random = random.Random(f"{seed}-{number}")
        self.folder = pathlib.Path(folder)
        self.peers, self.mounted, self.rounds = None, False, []
        self.first = 0
        self.found = checks.Findings(number)
        self.format = self.random.choice(FORMATS)

    async def run(self, rounds):
        self.mount()
        try:
            self.prepare()
            await self.daemon.start()
            for n in range(rounds):
                await self.round(n)
            await self.daemon.stop()
            await asyncio.to_thread(checks.sound, self)
        finally:
            await self.clean()
        return self.found

    def mount(self):
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", DISK, "tmpfs", str(self.folder)],
                              stderr=subprocess.PIPE)
        self.mounted = done.returncode == 0
        self.found.facts["own_disk"] = self.mounted

    def prepare(self):
        self.control = faults.Control(f"{self.folder}.control")
        self.caller, self.callee = settings.free_port(), settings.free_port()
        trunks = [{"name": name, "server": f"127.0.0.1:{port}", "transport": "udp",
                   "addresses": [f"127.0.0.1:{port}"]}
                  for name, port in (("in", self.caller), ("out", self.callee))]
        self.daemon = Daemon(self.folder, {
            "server": {"drain": "2s"},
            "trunk": trunks, "media": {"ports": "20000-32767"},
            "recording": {"mode": "always", "format": self.format, "reserve": "4MiB"},
            "retention": {"recordings": "90d", "calls": "12mo"},
            "number": [{"number": "+4930123450", "trunk": "in", "route": "number:+491701234567"}],
            "outbound": [{"match": "*", "trunks": ["out"]}]})
        self.daemon.environment = {"LD_PRELOAD": self.tools["preload"],
                                   "PROOF_CONTROL": str(self.control.path),
                                   "PROOF_FOLDER": str(self.folder)}

    def tell(self, line):
        self.peers.stdin.write(line.encode() + b"\n")

    async def round(self, n):
        fault, ending = faults.choose(self.random, self.mounted)
        if self.options.quick:
            fault, ending = faults.QUICK[n % len(faults.QUICK)]
            if fault is faults.full_disk and not self.mounted:
                fault = faults.unwritable
        if self.options.fault:
            fault = getattr(faults, self.options.fault)
        if self.options.ending:
            ending = self.options.ending
        words = {"server": self.daemon.servers["udp"][1], "caller": self.caller,
                 "callee": self.callee, "calls": self.options.round_calls, "first": self.first,
                 "rate": self.options.rate, "shortest": 3, "longest": 12,
                 "seed": self.random.randrange(1 << 30)}
        self.first += self.options.round_calls
        self.peers = await asyncio.create_subprocess_exec(
            self.tools["peers"], *[str(w) for k, v in words.items() for w in (f"--{k}", v)],
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=1 << 24)
        await self.peers.stdout.readline()
        began = time.monotonic()
        filling = self.options.round_calls / self.options.rate
        await asyncio.sleep(self.random.uniform(0.3, 1.0) * min(filling, 9))
        facts = await fault(self, self.random)
        await asyncio.sleep(self.random.uniform(0, 2.0))
        facts = {"fault": fault.__name__, "ending": ending, "began": began, **facts,
                 **await getattr(self, ending)()}
        facts["calls"] = await self.results()
        self.rounds.append(facts)
        await self.settle()
        await asyncio.to_thread(checks.after_round, self, facts)

    async def results(self):
        out, _ = await self.peers.communicate()
        lines = [json.loads(line) for line in out.splitlines()]
        deaf = lines[0]["deaf"] if lines else []
        calls = lines[1:]
        for call in calls:
            call["deaf"] = deaf
        return calls

    # How a round ends.

    async def kill(self):
        at = time.monotonic()
        await self.daemon.kill()
        self.tell("stop")
        return {"killed_at": at}

    async def term(self):
        self.daemon.signal(signal.SIGTERM)
        await asyncio.wait_for(self.daemon.process.wait(), 120)
        at = time.monotonic()
        self.tell("stop")
        return {"stopped_at": at}

    async def finish(self):
        if self.random.random() < 0.5:
            self.tell("finish")  # all hang up at once
        return {}

    async def settle(self):
        """Faults are over; the daemon runs, and every recording has come to its end."""
        self.control.set(hanging=0, error=0, sync_delay_ms=0, clock_shift_ms=0)
        if self.daemon.process.returncode is not None:
            self.daemon.api.cookie = None
            await self.daemon.start()
        end = time.monotonic() + SETTLE_SECONDS
        while time.monotonic() < end:
            if await asyncio.to_thread(checks.is_settled, self):
                return
            await asyncio.sleep(0.25)
        self.found.add("not settled", f"after {SETTLE_SECONDS} s there is work left: "
                       f"{checks.unsettled(self)}")

    async def clean(self):
        if self.peers and self.peers.returncode is None:
            self.peers.kill()
            await self.peers.wait()
        await self.daemon.stop()
        if self.options.keep and self.found.faults:
            self.found.facts["kept"] = str(self.folder)
            return
        if self.mounted:
            subprocess.run(["umount", "-l", str(self.folder)], check=True)
        shutil.rmtree(self.folder)
        os.unlink(self.control.path)
