"""Digest authentication (RFC 2617, RFC 8760): answers a challenge, and asks for one as a carrier."""

import hashlib
import os
import re

HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}


def fields(header):
    """The comma separated name=value pairs behind the word Digest."""
    pairs = re.findall(r'(\w[\w-]*)\s*=\s*("(?:[^"\\]|\\.)*"|[^,\s]+)', header.partition(" ")[2])
    return {name.lower(): value.strip('"') for name, value in pairs}


def _hex(algorithm, text):
    return HASHES[algorithm](text.encode()).hexdigest()


def _response(algorithm, user, password, method, uri, c):
    ha1 = _hex(algorithm, f"{user}:{c['realm']}:{password}")
    ha2 = _hex(algorithm, f"{method}:{uri}")
    if not c.get("qop"):
        return _hex(algorithm, f"{ha1}:{c['nonce']}:{ha2}")
    return _hex(algorithm, f"{ha1}:{c['nonce']}:{c['nc']}:{c['cnonce']}:auth:{ha2}")


def choose(challenges, algorithms):
    """The first challenge, in the server's order, whose algorithm the phone knows."""
    for header in challenges:
        offered = fields(header)
        if offered.get("algorithm", "MD5").upper() in algorithms:
            return offered
    return None


def answer(challenges, user, password, method, uri, algorithms=("SHA-256", "MD5")):
    """The value of Authorization for these challenges; None when no algorithm is shared."""
    c = choose(challenges, algorithms)
    if c is None:
        return None
    algorithm = c.get("algorithm", "MD5").upper()
    c.update(nc="00000001", cnonce=os.urandom(8).hex())
    text = (f'Digest username="{user}", realm="{c["realm"]}", nonce="{c["nonce"]}", uri="{uri}", '
            f'response="{_response(algorithm, user, password, method, uri, c)}", '
            f'algorithm={algorithm}')
    if c.get("qop"):
        text += f', qop=auth, nc={c["nc"]}, cnonce="{c["cnonce"]}"'
    if "opaque" in c:
        text += f', opaque="{c["opaque"]}"'
    return text


def challenge(realm, nonce, algorithm="MD5"):
    return f'Digest realm="{realm}", nonce="{nonce}", algorithm={algorithm}, qop="auth"'


def is_right(header, user, password, method):
    """Whether an Authorization header proves that its sender knows the password."""
    c = fields(header)
    algorithm = c.get("algorithm", "MD5").upper()
    if c.get("username") != user or algorithm not in HASHES or "nonce" not in c:
        return False
    return c.get("response") == _response(algorithm, user, password, method, c.get("uri", ""), c)
