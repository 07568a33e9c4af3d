"""A SIP phone with one line, and a carrier made of the same parts.

A phone registers, calls and is called; what comes in waits in `calls` unless `on_call` is set.
"""

import asyncio

from . import digest
from .agent import Agent, token
from .leg import Leg
from .message import Message, parameter, uri_of
from .wire import StreamWire, UdpWire


class Phone:
    def __init__(self, wire, user, password, server, domain=None):
        self.agent = Agent(wire)
        self.agent.on_request = self._request
        self.agent.on_late_success = self._again
        self.user, self.password, self.server = user, password, server
        self.domain = domain or server[0]
        self.host = wire.local[0]
        self.algorithms = ("SHA-256", "MD5")
        self.codecs = ["pcmu"]
        self.srtp, self.profile = (), "RTP/AVP"  # suites, and what an offer says
        self.claims = None    # (address, port) that a phone behind NAT believes to have
        self.display = ""
        self.legs, self.ignored = {}, set()
        self.calls = asyncio.Queue()
        self.on_call = self.calls.put_nowait
        self.register_id, self.register_cseq = token(), 0

    @classmethod
    async def open(cls, user, password, servers, transport="udp", host="127.0.0.1", **settings):
        """`servers` maps udp, tcp and tls to the server's (host, port)."""
        server = servers[transport]
        if transport == "udp":
            wire = await UdpWire.open(host)
        else:
            wire = await StreamWire.open(server, transport == "tls", host)
        phone = cls(wire, user, password, server)
        for name, value in settings.items():
            setattr(phone, name, value)
        if phone.claims:
            phone.agent.via_host = phone.claims
        return phone

    def close(self):
        for leg in list(self.legs.values()):
            leg.finish("closed", None)
        self.agent.close()

    def contact(self):
        host, port = self.claims or self.agent.wire.local
        wire = self.agent.wire.name.lower()
        return f"<sip:{self.user}@{host}:{port}" + (f";transport={wire}>" if wire != "udp" else ">")

    def proof(self, response, method, uri):
        """The header that answers a 401 or 407; None when there is nothing to answer."""
        names = {401: ("WWW-Authenticate", "Authorization"),
                 407: ("Proxy-Authenticate", "Proxy-Authorization")}.get(response.status)
        if not names or self.password is None:
            return None
        value = digest.answer(response.all(names[0]), self.user, self.password, method, uri,
                              self.algorithms)
        return (names[1], value) if value else None

    # Registration.

    async def register(self, expires=600, contact=None):
        """Returns the final response, whatever it is."""
        uri = f"sip:{self.domain}"
        response = await self.agent.request(self._register(uri, expires, contact), self.server)
        proof = self.proof(response, "REGISTER", uri)
        if not proof:
            return response
        again = self._register(uri, expires, contact).add(*proof)
        return await self.agent.request(again, self.server)

    def _register(self, uri, expires, contact):
        self.register_cseq += 1
        me = f"<sip:{self.user}@{self.domain}>"
        request = Message(f"REGISTER {uri} SIP/2.0").add("Via", self.agent.via())
        request.add("Max-Forwards", 70).add("From", f"{me};tag={token()}").add("To", me)
        request.add("Call-ID", self.register_id).add("CSeq", f"{self.register_cseq} REGISTER")
        request.add("Contact", contact or self.contact()).add("Expires", expires)
        return request.add("User-Agent", self.agent.name)

    # Calls.

    def dial(self, number, headers=(), with_offer=True, sender=None, codecs=None):
        """Starts a call and returns its leg at once; await leg.answered."""
        local = sender or f'"{self.display}" <sip:{self.user}@{self.domain}>'
        target = f"sip:{number}@{self.domain}"
        leg = Leg(self, token() + "@test", "", f"<{target}>", target, self.server, True)
        leg.local = f"{local};tag={leg.tag}"
        leg.codecs = list(codecs or self.codecs)
        self.legs[leg.call_id] = leg
        asyncio.get_running_loop().create_task(leg.run_invite(list(headers), with_offer))
        return leg

    async def call(self, number, timeout=20, **options):
        """Calls and waits for the answer; raises Refused when there is none."""
        leg = self.dial(number, **options)
        await asyncio.wait_for(leg.answered, timeout)
        return leg

    async def next_call(self, timeout=20):
        """The next incoming call, not yet answered."""
        return await asyncio.wait_for(self.calls.get(), timeout)

    def answer_all(self, play=None, headers=()):
        """From now on every call is answered at once."""
        def take(leg):
            asyncio.get_running_loop().create_task(self._answer(leg, play, headers))
        self.on_call = take

    @staticmethod
    async def _answer(leg, play, headers):
        await leg.ring()
        await leg.answer(headers)
        if play:
            leg.play(play)

    # What comes in.

    def _request(self, request, address):
        if request.call_id in self.ignored:
            return
        leg = self.legs.get(request.call_id)
        if leg and (parameter(request.get("To"), "tag") or request.method in ("CANCEL", "ACK")):
            leg.take_request(request, address)
        elif request.method == "INVITE" and not parameter(request.get("To"), "tag"):
            self._invited(request, address)
        elif request.method == "OPTIONS":
            self.agent.respond(request, address, 200, tag=token())
        elif request.method != "ACK":
            self.other(request, address)

    def other(self, request, address):
        self.agent.respond(request, address, 481, tag=token())

    def _invited(self, request, address):
        self.agent.respond(request, address, 100)
        if b"RTP/SAVP" in request.body and not self.srtp:
            return self.agent.respond(request, address, 488, tag=token())
        leg = Leg(self, request.call_id, request.get("To"), request.get("From"),
                  uri_of(request.get("Contact", "")), address, False)
        leg.local += f";tag={leg.tag}"
        leg.invite, leg.invite_address = request, address
        self.legs[leg.call_id] = leg
        self.on_call(leg)

    def _again(self, response):
        leg = self.legs.get(response.call_id)
        if leg and leg.ack:
            leg.agent.send(leg.ack, leg.address)


class Carrier(Phone):
    """A trunk's far end: takes registrations by digest and calls, and calls our numbers."""

    def __init__(self, wire, user, password, server, domain=None):
        super().__init__(wire, user, password, server, domain)
        self.registered_from = None
        self.registrations, self.refuse_with = 0, None
        self.ask_invites = False  # challenge calls too
        self.nonce = token()

    @property
    def address(self):
        host, port = self.agent.wire.local
        return f"{host}:{port}"

    def other(self, request, address):
        if request.method != "REGISTER":
            return super().other(request, address)
        if not self._proved(request, "Authorization"):
            value = digest.challenge("carrier", self.nonce)
            return self.agent.respond(request, address, 401, [("WWW-Authenticate", value)],
                                      tag=token())
        self.registrations += 1
        self.registered_from = address
        contact = f"<{uri_of(request.get('Contact', ''))}>;expires=600"
        return self.agent.respond(request, address, 200, [("Contact", contact)], tag=token())

    def _proved(self, request, header):
        value = request.get(header)
        return value and digest.is_right(value, self.user, self.password, request.method)

    def _invited(self, request, address):
        if self.refuse_with:
            return self.agent.respond(request, address, self.refuse_with, tag=token())
        if self.ask_invites and not self._proved(request, "Proxy-Authorization"):
            value = digest.challenge("carrier", self.nonce)
            return self.agent.respond(request, address, 407, [("Proxy-Authenticate", value)],
                                      tag=token())
        return super()._invited(request, address)
