"""baresip as an independent phone: a process of its own, steered over its ctrl_tcp module."""

import asyncio
import json
import pathlib
import shutil

from .settings import free_port
from .world import Skipped

MODULES = ("g711", "g722", "opus", "ausine", "aubridge", "sndfile", "srtp")
CODECS = {"pcmu": "PCMU/8000/1", "pcma": "PCMA/8000/1", "g722": "G722/16000/1",
          "opus": "opus/48000/2"}
APPS = ("account", "menu", "ctrl_tcp")


def config(sip_port, tls_port, control_port, media_port, tone, output):
    lines = ["poll_method epoll", f"sip_listen 127.0.0.1:{sip_port}",
             f"rtp_ports {media_port}-{media_port + 99}", "call_max_calls 4",
             f"audio_source ausine,{tone}", "audio_player aubridge,heard",
             "audio_alert aubridge,alert", f"snd_path {output}",
             "ausrc_srate 48000", "ausrc_channels 2", "auplay_channels 1",
             "audio_buffer 20-160", "rtcp_mux no", "jitter_buffer_delay 1-2",
             "module_path /usr/lib/baresip/modules", "net_interface 127.0.0.1",
             f"ctrl_tcp_listen 127.0.0.1:{control_port}"]
    lines += [f"module {name}.so" for name in MODULES]
    lines += ["module_tmp uuid.so"] + [f"module_app {name}.so" for name in APPS]
    return "\n".join(lines) + "\n"


class Baresip:
    """A running baresip. Its sound comes from a tone; what it hears its sndfile filter writes."""

    def __init__(self, folder, process, control_port):
        self.folder, self.process, self.control_port = folder, process, control_port
        self.events, self.reader, self.writer, self.task = [], None, None, None

    @classmethod
    async def open(cls, world, number, password, transport="udp", codecs="pcmu", tone=1000,
                   answer=True, more=""):
        if not shutil.which("baresip"):
            raise Skipped("baresip is not installed")
        folder = pathlib.Path(world.folder) / f"baresip-{number}"
        folder.mkdir()
        sip, control = free_port(), free_port()
        host, port = world.daemon.servers[transport]
        (folder / "config").write_text(config(sip, sip + 1, control, free_port() & ~1, tone,
                                              folder))
        answering = "auto" if answer else "manual"
        (folder / "accounts").write_text(
            f"<sip:{number}@{host}:{port};transport={transport}>;auth_user={number};"
            f"auth_pass={password};answermode={answering};audio_codecs={CODECS[codecs]};"
            f"regint=600;ptime=20{more}\n")
        with open(folder / "log", "wb") as log:
            process = await asyncio.create_subprocess_exec(
                "setpriv", "--pdeathsig", "KILL", "baresip", "-4", "-v", "-f", str(folder),
                stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log)
        self = cls(folder, process, control)
        world.others.append(self)
        await self._connect()
        return self

    async def _connect(self):
        for _ in range(200):
            try:
                self.reader, self.writer = await asyncio.open_connection("127.0.0.1",
                                                                         self.control_port)
                break
            except OSError:
                await asyncio.sleep(0.05)
        assert self.reader, f"baresip did not start: {self.log()}"
        self.task = asyncio.get_running_loop().create_task(self._listen())

    @property
    def received(self):
        """The WAV files of what was heard, oldest first; one for each stretch of a call."""
        return sorted(self.folder.glob("dump-*-dec.wav"))

    async def registered(self, wait=20):
        for _ in range(int(wait / 0.05)):
            if "200 OK" in self.log():
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"baresip did not register: {self.log()[-2000:]}")

    def log(self):
        return (self.folder / "log").read_text(errors="replace")

    async def _listen(self):
        try:
            while True:
                size = int((await self.reader.readuntil(b":"))[:-1])
                self.events.append(json.loads(await self.reader.readexactly(size)))
                await self.reader.readexactly(1)
        except (asyncio.IncompleteReadError, ConnectionError, ValueError):
            pass

    def command(self, name, parameters=""):
        text = json.dumps({"command": name, "params": parameters, "token": "t"}).encode()
        self.writer.write(str(len(text)).encode() + b":" + text + b",")

    def saw(self, kind):
        return any(event.get("type") == kind for event in self.events)

    async def wait(self, kind, wait=20):
        for _ in range(int(wait / 0.05)):
            if self.saw(kind):
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"baresip never said {kind}: {self.events[-5:]}\n{self.log()[-3000:]}")

    async def close(self):
        if self.task:
            self.task.cancel()
            self.writer.close()
        if self.process.returncode is None:
            self.process.terminate()
            try:
                await asyncio.wait_for(self.process.wait(), 5)
            except asyncio.TimeoutError:
                self.process.kill()
                await self.process.wait()
