"""One call as a phone sees it: the INVITE dialog (RFC 3261 §12 to §15) and its audio.

`answered` and `ended` are futures; `ended` tells how: ("refused", response), ("bye", request),
("cancel", request), ("hung up", None) or ("failed", exception).
"""

import asyncio
from urllib.parse import quote

from . import codec as codecs
from . import sdp
from .agent import NoAnswer, token
from .message import Message, parameter, uri_of
from .rtp import Rtp
from .srtp import Srtp, new_key

MIRROR = {"sendrecv": "sendrecv", "sendonly": "recvonly", "recvonly": "sendonly",
          "inactive": "inactive"}


class Refused(Exception):
    """The other side said no; `status` is its final response."""

    def __init__(self, response):
        super().__init__(response.start)
        self.status, self.response = response.status, response


class Leg:
    def __init__(self, phone, call_id, local, remote, target, address, caller):
        loop = asyncio.get_running_loop()
        self.phone, self.agent, self.call_id = phone, phone.agent, call_id
        self.local, self.remote, self.target, self.address = local, remote, target, address
        self.caller, self.cseq, self.sdp_version = caller, 0, 0
        self.tag = parameter(local, "tag") or token()
        self.answered, self.ended = loop.create_future(), loop.create_future()
        self.invite = self.invite_address = self.ack = None
        self.provisional, self.requests, self.acks = [], [], 0
        self.rtp, self.codec, self.peer = None, None, None
        self.direction = "sendrecv"  # what we want; the peer's wish is in peer.direction
        self.codecs, self.extra = list(phone.codecs), []
        self.rseq, self.pracked = 0, asyncio.Event()
        self.keys = {}  # ours by suite
        self.suite = self.peer_key = None  # what was agreed
        self.told = []  # of our transfer: (status, Subscription-State) of each NOTIFY

    # Media.

    async def open_media(self):
        if not self.rtp:
            self.rtp = await Rtp.open(self.phone.host)

    def description(self, to=None):
        """Our side: an answer to `to`, or an offer."""
        self.sdp_version += 1
        address = self.phone.claims[0] if self.phone.claims else self.rtp.host
        if to is None:
            d = sdp.offer(address, self.rtp.port, self.codecs, self.direction)
            d.profile = self.phone.profile
            d.crypto = [(n, suite, self._key(suite)) for n, suite in enumerate(self.phone.srtp, 1)]
            return sdp.write(d, self.sdp_version)
        wish = MIRROR[to.direction]
        if self.direction == "inactive" or (self.direction == "sendonly" and wish == "recvonly"):
            wish = "inactive"
        elif self.direction == "sendonly" and wish == "sendrecv":
            wish = "sendonly"
        d = sdp.answer(to, address, self.rtp.port, self.codecs, wish)
        self.codec = d.codecs[0][0]
        d.profile = to.profile
        chosen = [key for key in to.crypto if key[1] in self.phone.srtp][:1]
        d.crypto = [(tag, suite, self._key(suite)) for tag, suite, _ in chosen]
        return sdp.write(d, self.sdp_version)

    def _key(self, suite):
        return self.keys.setdefault(suite, new_key(suite))

    def _secure(self):
        """Both directions by the first key of the peer that we have a suite for."""
        theirs = [key for key in self.peer.crypto if key[1] in self.phone.srtp][:1]
        suite, key = theirs[0][1:] if theirs else (None, None)
        if (suite, key) == (self.suite, self.peer_key):
            return
        self.suite, self.peer_key = suite, key
        self.rtp.seal = Srtp(suite, self._key(suite)) if suite else None
        self.rtp.unseal = Srtp(suite, key) if suite else None

    def take(self, body, is_answer):
        """Follows the peer's description: where to send, in which codec, whether at all."""
        if not body:
            return
        self.peer = sdp.parse(body)
        if is_answer or self.codec not in [name for name, _ in self.peer.codecs]:
            self.codec = next(n for n, _ in self.peer.codecs if n in self.codecs)
        self.rtp.aim(self.peer.address, self.peer.port, self.peer.payload_type(self.codec),
                     self.peer.dtmf)
        self._secure()
        self.rtp.muted = self.peer.direction in ("sendonly", "inactive")

    def play(self, frequency):
        """Sends a tone in the agreed codec until something else is played."""
        self.rtp.play(codecs.tone(frequency, self.codec))

    def heard(self, since=0.0, codec=None):
        """(samples, rate) of what came in the agreed codec."""
        codec = codec or self.codec
        number = sdp.CODECS[codec][0] if self.caller else self.peer.payload_type(codec)
        return self.rtp.audio(codec, number, since), codecs.RATE[codec]

    # Calling.

    def _request(self, method, body=b"", headers=()):
        if method not in ("ACK", "CANCEL"):
            self.cseq += 1
        request = Message(f"{method} {self.target} SIP/2.0")
        request.add("Via", self.agent.via()).add("Max-Forwards", 70)
        request.add("From", self.local).add("To", self.remote)
        request.add("Call-ID", self.call_id).add("CSeq", f"{self.cseq} {method}")
        if method != "ACK":
            request.add("Contact", self.phone.contact()).add("User-Agent", self.agent.name)
            request.add("Allow", "INVITE, ACK, CANCEL, BYE, UPDATE, PRACK, OPTIONS")
        for name, value in headers:
            request.add(name, value)
        if body:
            request.add("Content-Type", "application/sdp")
            request.body = body.encode()
        return request

    async def _ask(self, method, body=b"", headers=(), on_provisional=None, timeout=32.0):
        """Sends, and answers one digest challenge."""
        request = self._request(method, body, headers)
        if method == "INVITE":
            self.invite = request
        response = await self.agent.request(request, self.address, on_provisional, timeout)
        proof = self.phone.proof(response, method, self.target)
        if not proof:
            return response
        again = self._request(method, body, [*headers, proof])
        if method == "INVITE":
            self.invite = again
        return await self.agent.request(again, self.address, on_provisional, timeout)

    async def run_invite(self, headers, with_offer=True):
        """The whole of an outgoing INVITE; started as a task by Phone.dial."""
        try:
            await self.open_media()
            body = self.description() if with_offer else b""
            response = await self._ask("INVITE", body, headers, self._progress)
        except NoAnswer as error:
            return self.finish("failed", error)
        if response.status >= 300:
            if not self.answered.done():
                self.answered.set_exception(Refused(response))
                self.answered.exception()
            return self.finish("refused", response)
        self._learn(response)
        self.send_ack(response, with_offer)
        if not self.answered.done():
            self.answered.set_result(response)

    def _learn(self, response):
        self.remote = response.get("To")
        if response.get("Contact"):
            self.target = uri_of(response.get("Contact"))

    def send_ack(self, response, was_offer=True):
        body = b""
        if was_offer:
            self.take(response.body, True)
        else:
            offered = sdp.parse(response.body)
            body = self.description(offered)
            self.take(response.body, False)
        ack = self._request("ACK", body)
        ack.set("CSeq", f"{response.cseq[0]} ACK")
        self.ack = ack
        self.agent.send(ack, self.address)

    def _progress(self, response):
        self.provisional.append(response)
        if response.status > 100:
            self._learn(response)
        if response.body:
            self.take(response.body, True)
        if "100rel" in response.get("Require", ""):
            headers = [("RAck", f"{response.get('RSeq')} {response.get('CSeq')}")]
            asyncio.get_running_loop().create_task(self._prack(headers))

    async def _prack(self, headers):
        response = await self._ask("PRACK", headers=headers)
        if response.status == 200:
            self.pracked.set()

    def cancel(self):
        cancel = Message(f"CANCEL {self.invite.uri} SIP/2.0")
        for name in ("Via", "From", "To", "Call-ID"):
            cancel.add(name, self.invite.get(name))
        cancel.add("CSeq", f"{self.invite.cseq[0]} CANCEL").add("Max-Forwards", 70)
        asyncio.get_running_loop().create_task(self.agent.request(cancel, self.address))

    # Being called.

    def _respond(self, status, body=b"", headers=(), request=None, address=None):
        headers = [("Contact", self.phone.contact()), *headers]
        if body:
            headers.append(("Content-Type", "application/sdp"))
        self.agent.respond(request or self.invite, address or self.invite_address, status, headers,
                           body, self.tag)

    async def ring(self, status=180, media=False, reliable=False):
        """18x; `media` opens early audio, `reliable` waits for the PRACK (RFC 3262)."""
        body = b""
        if media:
            await self.open_media()
            body = self.description(sdp.parse(self.invite.body))
            self.take(self.invite.body, False)
        headers = []
        if reliable:
            self.rseq += 1
            headers = [("Require", "100rel"), ("RSeq", self.rseq)]
        self._respond(status, body, headers)
        if reliable:
            await asyncio.wait_for(self.pracked.wait(), 20)

    async def answer(self, headers=()):
        await self.open_media()
        if self.invite.body:
            body = self.description(sdp.parse(self.invite.body))
            self.take(self.invite.body, False)
        else:
            body = self.description()
        self._respond(200, body, [*headers, ("Supported", "timer")])
        if not self.answered.done():
            self.answered.set_result(self.invite)

    def refuse(self, status):
        self._respond(status)
        self.finish("refused", None)

    # Talking.

    async def reinvite(self, direction=None, codecs_wanted=None, new_port=False, with_offer=True):
        """A new offer; returns the final response, or the one to the retry after a glare."""
        await self._change(direction, codecs_wanted, new_port)
        for _ in range(3):
            response = await self._ask("INVITE", self.description() if with_offer else b"")
            if response.status != 491:
                break
            await asyncio.sleep(2.2)
        if response.status == 200:
            self.send_ack(response, with_offer)
        return response

    async def update(self, direction=None, with_offer=True):
        """UPDATE (RFC 3311): with an offer, or as a bare refresh."""
        await self._change(direction, None, False)
        response = await self._ask("UPDATE", self.description() if with_offer else b"")
        if response.status == 200:
            self.take(response.body, True)
        return response

    def replaces(self):
        """Names this dialog, as Replaces in an INVITE that reaches its other end."""
        return (f"{self.call_id};to-tag={parameter(self.remote, 'tag')}"
                f";from-tag={self.tag}")

    async def refer(self, to, instead_of=None, headers=()):
        """Asks for a transfer, attended when `instead_of` is another leg of this phone; returns
        the final response. What the NOTIFYs say comes into `told`."""
        uri = f"sip:{to}@{self.phone.domain}"
        if instead_of:
            uri += "?Replaces=" + quote(instead_of.replaces(), safe="")
        me = f"<sip:{self.phone.user}@{self.phone.domain}>"
        return await self._ask("REFER", headers=[("Refer-To", f"<{uri}>"), ("Referred-By", me),
                                                 *headers])

    async def _change(self, direction, codecs_wanted, new_port):
        if direction:
            self.direction = direction
        if codecs_wanted:
            self.codecs = list(codecs_wanted)
        if new_port:
            old, self.rtp = self.rtp, None
            await self.open_media()
            old.close()

    async def hang_up(self):
        if self.ended.done():
            return
        self.finish("hung up", None)
        await self._ask("BYE")

    def vanish(self):
        """No word more, neither SIP nor RTP: as if the plug was pulled."""
        self.phone.legs.pop(self.call_id, None)
        self.phone.ignored.add(self.call_id)
        if self.rtp:
            self.rtp.close()

    def finish(self, how, what):
        if not self.ended.done():
            self.ended.set_result((how, what))
        if not self.answered.done():
            self.answered.cancel()
        if self.rtp:
            self.rtp.close()

    # What the peer asks inside the dialog.

    def take_request(self, request, address):
        self.requests.append(request)
        handler = getattr(self, "_on_" + request.method.lower(), None)
        if handler:
            handler(request, address)
        else:
            self._respond(405, request=request, address=address)

    def _on_bye(self, request, address):
        self._respond(200, request=request, address=address)
        self.finish("bye", request)

    def _on_cancel(self, request, address):
        self._respond(200, request=request, address=address)
        if not self.answered.done():
            self._respond(487)
            self.finish("cancel", request)

    def _on_ack(self, request, address):
        self.acks += 1
        self.take(request.body, True)

    def _on_invite(self, request, address):
        self.invite, self.invite_address = request, address
        if request.body:
            body = self.description(sdp.parse(request.body))
            self.take(request.body, False)
        else:
            body = self.description()
        self._respond(200, body)

    def _on_update(self, request, address):
        body = b""
        if request.body:
            body = self.description(sdp.parse(request.body))
            self.take(request.body, False)
        headers = [(n, request.get(n)) for n in ("Session-Expires",) if request.get(n)]
        self._respond(200, body, headers, request, address)

    def _on_notify(self, request, address):
        self._respond(200, request=request, address=address)
        status = int(request.body.decode().split()[1])
        self.told.append((status, request.get("Subscription-State")))

    def _on_prack(self, request, address):
        self._respond(200, request=request, address=address)
        self.pracked.set()

    def _on_options(self, request, address):
        self._respond(200, request=request, address=address)
