"""SIP transactions of one phone (RFC 3261 §17): sends requests until answered, answers repeats.

The listener is `on_request(message, address)`; what is said back goes through `respond`.
"""

import asyncio
import os

from .message import Message

REASONS = {
    100: "Trying", 180: "Ringing", 183: "Session Progress", 200: "OK", 401: "Unauthorized",
    404: "Not Found", 407: "Proxy Authentication Required", 405: "Method Not Allowed",
    480: "Temporarily Unavailable", 481: "Call/Transaction Does Not Exist", 486: "Busy Here",
    487: "Request Terminated", 488: "Not Acceptable Here", 491: "Request Pending",
    500: "Server Internal Error", 503: "Service Unavailable", 603: "Decline",
}
T1 = 0.5


class NoAnswer(Exception):
    """The server said nothing within the time a transaction has."""


def token():
    return os.urandom(6).hex()


class Agent:
    def __init__(self, wire, name="ringfort-test-phone"):
        self.wire, self.name = wire, name
        self.on_request = lambda message, address: None
        self.on_late_success = lambda message: None  # a repeated 200 to INVITE wants its ACK again
        self.waiting = {}   # (branch, method) -> queue of responses
        self.answered = {}  # (branch, method) -> (last response, address)
        self.via_host = None  # what Via claims; None: the truth
        wire.on_message = self._receive

    def close(self):
        self.wire.close()

    def via(self):
        host, port = self.via_host or self.wire.local
        return f"SIP/2.0/{self.wire.name} {host}:{port};branch=z9hG4bK{token()};rport"

    def send(self, message, address):
        self.wire.send(message.to_bytes(), address)

    async def request(self, message, address, on_provisional=None, timeout=32.0):
        """Sends and waits for the final response. ACK for a refused INVITE goes by itself."""
        key = (message.branch, message.method)
        queue = self.waiting[key] = asyncio.Queue()
        try:
            return await self._transact(message, address, queue, on_provisional, timeout)
        finally:
            del self.waiting[key]

    async def _transact(self, message, address, queue, on_provisional, timeout):
        loop = asyncio.get_running_loop()
        deadline, pause, heard = loop.time() + timeout, T1, False
        self.send(message, address)
        while loop.time() < deadline:
            quiet = self.wire.reliable or heard
            wait = deadline - loop.time() if quiet else min(pause, deadline - loop.time())
            try:
                response = await asyncio.wait_for(queue.get(), max(wait, 0.001))
            except asyncio.TimeoutError:
                if not quiet:
                    self.send(message, address)
                    pause *= 2
                continue
            if response.status >= 200:
                if message.method == "INVITE" and response.status >= 300:
                    self._ack_refusal(message, response, address)
                return response
            heard = heard or message.method == "INVITE"
            if message.method == "INVITE":
                deadline = loop.time() + 180
            if on_provisional:
                on_provisional(response)
        raise NoAnswer(f"no final response to {message.start}")

    def _ack_refusal(self, invite, response, address):
        ack = Message("ACK " + invite.uri + " SIP/2.0")
        for name in ("Via", "From", "Call-ID"):
            ack.add(name, invite.get(name))
        ack.add("To", response.get("To")).add("CSeq", f"{invite.cseq[0]} ACK")
        ack.add("Max-Forwards", 70)
        self.send(ack, address)

    def _receive(self, message, address):
        key = (message.branch, message.method)
        if message.is_response:
            if key in self.waiting:
                self.waiting[key].put_nowait(message)
            elif message.method == "INVITE" and 200 <= message.status < 300:
                self.on_late_success(message)
            return
        if message.method != "ACK" and key in self.answered:
            response, where = self.answered[key]
            if response:
                self.send(response, where)
            return
        if message.method != "ACK":
            self.answered[key] = (None, address)
        self.on_request(message, address)

    def respond(self, request, address, status, headers=(), body=b"", tag=None, reason=None):
        """Answers `request`; a repeat of it gets the same answer."""
        response = Message(f"SIP/2.0 {status} {reason or REASONS.get(status, 'Whatever')}")
        for via in request.all("Via"):
            response.add("Via", via)
        to = request.get("To")
        if status > 100 and tag and ";tag=" not in to:
            to += f";tag={tag}"
        response.add("From", request.get("From")).add("To", to)
        response.add("Call-ID", request.call_id).add("CSeq", request.get("CSeq"))
        response.add("Server", self.name)
        for name, value in headers:
            response.add(name, value)
        response.body = body if isinstance(body, bytes) else body.encode()
        self.answered[(request.branch, request.method)] = (response, address)
        self.send(response, address)
        return response
