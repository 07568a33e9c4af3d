"""What one scenario has at hand; everything it opened is closed when it ends."""

import asyncio
import tempfile
import time

from . import settings
from .daemon import Daemon
from .phone import Carrier, Phone
from .wire import UdpWire


class Skipped(Exception):
    """The scenario cannot run here; the text says why."""


class World:
    def __init__(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="ringfort-test-")
        self.folder = self.temporary.name
        self.daemon, self.daemons, self.phones, self.others = None, [], [], []

    async def start(self, **changes):
        """A daemon with the default settings changed; its folder is the scenario's."""
        self.daemon = Daemon(self.folder, changes)
        self.daemons.append(self.daemon)
        await self.daemon.start()
        return self.daemon

    async def phone(self, number, transport="udp", host="127.0.0.1", register=True, **how):
        how.setdefault("password", settings.password(number))
        secret = how.pop("password")
        phone = await Phone.open(number, secret, self.daemon.servers, transport, host, **how)
        self.phones.append(phone)
        if register:
            response = await phone.register()
            assert response.status == 200, f"registering {number}: {response.start}"
        return phone

    async def phones_for(self, *numbers, **how):
        return [await self.phone(number, **how) for number in numbers]

    async def carrier(self, user="carrier", password="carrier password", host="127.0.0.1"):
        """A trunk's far end; its address goes into the configuration, so it comes first."""
        wire = await UdpWire.open(host)
        carrier = Carrier(wire, user, password, ("127.0.0.1", 9))
        self.phones.append(carrier)
        return carrier

    def aim(self, *carriers):
        """Tells carriers where the daemon is, once it runs."""
        for carrier in carriers:
            carrier.server = self.daemon.servers["udp"]
            carrier.domain = carrier.server[0]

    async def close(self):
        for phone in self.phones:
            phone.close()
        for other in self.others:
            await other.close()
        for daemon in self.daemons:
            await daemon.stop()

    def clean(self):
        self.temporary.cleanup()


async def until(condition, what, wait=20):
    """Waits for a condition to hold; `what` says in words what was waited for."""
    end = time.monotonic() + wait
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"waited {wait} s in vain: {what}")
        await asyncio.sleep(0.02)


async def connected(world, caller, callee, number="102", **options):
    """The callee answers at once: (the caller's leg, the callee's)."""
    leg = caller.dial(number, **options)
    other = await callee.next_call()
    await other.answer()
    await asyncio.wait_for(leg.answered, 20)
    return leg, other


async def ended(leg, wait=20):
    """How the leg ended: (how, message)."""
    return await asyncio.wait_for(asyncio.shield(leg.ended), wait)


async def hang_up(*legs):
    """The first leg says BYE; then all are waited for."""
    await legs[0].hang_up()
    for leg in legs:
        await ended(leg)
