"""SIP messages (RFC 3261 §7): parsed loosely, written exactly. No transport, no state."""

COMPACT = {
    "v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact", "l": "content-length",
    "c": "content-type", "k": "supported", "s": "subject", "e": "content-encoding",
    "x": "session-expires",
}


class Message:
    """One request or response. Header names compare without case; compact forms are widened."""

    def __init__(self, start, headers=None, body=b""):
        self.start = start
        self.headers = list(headers or [])
        self.body = body if isinstance(body, bytes) else body.encode()

    @classmethod
    def parse(cls, data):
        """Bytes of one whole message; raises ValueError for what is not SIP."""
        head, _, body = data.partition(b"\r\n\r\n")
        lines = head.decode("utf-8", "replace").split("\r\n")
        if "SIP/2.0" not in lines[0]:
            raise ValueError("not SIP")
        headers = []
        for line in lines[1:]:
            if line[:1] in " \t" and headers:
                headers[-1] = (headers[-1][0], headers[-1][1] + " " + line.strip())
                continue
            name, _, value = line.partition(":")
            name = name.strip()
            headers.append((COMPACT.get(name.lower(), name), value.strip()))
        return cls(lines[0], headers, body)

    @property
    def is_response(self):
        return self.start.startswith("SIP/2.0")

    @property
    def status(self):
        return int(self.start.split(" ", 2)[1]) if self.is_response else 0

    @property
    def method(self):
        return self.cseq[1] if self.is_response else self.start.split(" ", 1)[0]

    @property
    def uri(self):
        return self.start.split(" ")[1]

    @property
    def cseq(self):
        number, _, method = self.get("CSeq", "0 ?").partition(" ")
        return int(number), method.strip()

    @property
    def call_id(self):
        return self.get("Call-ID", "")

    @property
    def branch(self):
        return parameter(self.get("Via", ""), "branch")

    def get(self, name, default=None):
        values = self.all(name)
        return values[0] if values else default

    def all(self, name):
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def add(self, name, value):
        self.headers.append((name, str(value)))
        return self

    def set(self, name, value):
        self.headers = [(k, v) for k, v in self.headers if k.lower() != name.lower()]
        return self.add(name, value)

    def to_bytes(self):
        self.set("Content-Length", len(self.body))
        lines = [self.start] + [f"{name}: {value}" for name, value in self.headers]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + self.body


def parameter(header, name):
    """The value of ;name=value behind the URI, or an empty string."""
    tail = header.rpartition(">")[2] if ">" in header else header
    for part in tail.split(";"):
        key, _, value = part.strip().partition("=")
        if key.lower() == name.lower():
            return value.strip('"')
    return ""


def uri_of(header):
    """The URI of a From, To or Contact header, without its header parameters."""
    if "<" in header:
        return header.partition("<")[2].partition(">")[0]
    return header.partition(";")[0].strip()


def user_of(header):
    """The user part of the URI in a header."""
    rest = uri_of(header).partition(":")[2]
    return rest.partition("@")[0] if "@" in rest else ""
