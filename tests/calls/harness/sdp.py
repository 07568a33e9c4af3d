"""Session descriptions of one audio stream (RFC 4566, RFC 3264), as the phones need them."""

from dataclasses import dataclass, field

STATIC = {0: "pcmu", 8: "pcma", 9: "g722"}
CODECS = {
    "pcmu": (0, "PCMU/8000"), "pcma": (8, "PCMA/8000"), "g722": (9, "G722/8000"),
    "opus": (111, "opus/48000/2"),
}
DTMF = 101


@dataclass
class Description:
    """What one side says: where it hears, what it speaks."""

    address: str = "127.0.0.1"
    port: int = 0
    codecs: list = field(default_factory=list)  # [(name, payload type)] in order of preference
    dtmf: int | None = None
    direction: str = "sendrecv"
    profile: str = "RTP/AVP"
    crypto: list = field(default_factory=list)  # [(tag, suite, key)] (RFC 4568)

    def payload_type(self, codec):
        return next((number for name, number in self.codecs if name == codec), None)


def offer(address, port, codecs, direction="sendrecv"):
    return Description(address, port, [(c, CODECS[c][0]) for c in codecs], DTMF, direction)


def answer(to, address, port, codecs, direction="sendrecv"):
    """Takes the first offered codec that the phone speaks, with the offered payload type."""
    shared = [(name, number) for name, number in to.codecs if name in codecs]
    if not shared:
        raise ValueError("no shared codec")
    return Description(address, port, shared[:1], to.dtmf, direction)


def write(d, version=1):
    numbers = [str(number) for _, number in d.codecs] + ([str(d.dtmf)] if d.dtmf else [])
    lines = ["v=0", f"o=- 1000 {version} IN IP4 {d.address}", "s=-", f"c=IN IP4 {d.address}",
             "t=0 0", f"m=audio {d.port} {d.profile} {' '.join(numbers)}"]
    for name, number in d.codecs:
        lines.append(f"a=rtpmap:{number} {CODECS[name][1]}")
    if d.dtmf:
        lines += [f"a=rtpmap:{d.dtmf} telephone-event/8000", f"a=fmtp:{d.dtmf} 0-15"]
    lines += [f"a=crypto:{tag} {suite} inline:{key}" for tag, suite, key in d.crypto]
    lines += ["a=ptime:20", f"a={d.direction}"]
    return "\r\n".join(lines) + "\r\n"


def parse(body):
    """Raises ValueError when there is no audio line."""
    d, numbers, names = Description(address=""), None, dict(STATIC)
    for line in body.decode("utf-8", "replace").splitlines():
        kind, _, value = line.partition("=")
        if kind == "c":
            d.address = value.split()[2]
        elif kind == "m" and value.startswith("audio"):
            parts = value.split()
            d.port, d.profile, numbers = int(parts[1]), parts[2], [int(n) for n in parts[3:]]
        elif kind == "a" and value.startswith("rtpmap:"):
            number, _, name = value[7:].partition(" ")
            names[int(number)] = name.split("/")[0].lower()
        elif kind == "a" and value.startswith("crypto:"):
            tag, suite, key = value[7:].split()[:3]
            d.crypto.append((int(tag), suite, key.removeprefix("inline:").split("|")[0]))
        elif kind == "a" and value in ("sendrecv", "sendonly", "recvonly", "inactive"):
            d.direction = value
    if numbers is None:
        raise ValueError("no audio in the description")
    d.codecs = [(names[n], n) for n in numbers if names.get(n) in CODECS]
    d.dtmf = next((n for n in numbers if names.get(n) == "telephone-event"), None)
    return d
