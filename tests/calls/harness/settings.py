"""The daemon's configuration as Python values, written as TOML."""

import random
import socket

PASSWORD = "correct-horse-{}"


def free_port(host="127.0.0.1"):
    """A port that is free for TCP and UDP now, below those the system hands out by itself."""
    for _ in range(500):
        port = random.randrange(11000, 19000)
        if is_free(host, port):
            return port
    raise OSError("no free port")


def is_free(host, port):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as s:
            try:
                s.bind((host, port))
            except OSError:
                return False
    return True


def default(data_dir):
    """Five extensions 101 to 105, all calls recorded, everything on 127.0.0.1."""
    sip, tls, http = free_port(), free_port(), free_port()
    media = 2 * random.randrange(10000, 15500)
    return {
        "server": {"name": "Test", "data_dir": str(data_dir), "country": "DE",
                   "time_zone": "Europe/Berlin"},
        "sip": {"listen": [f"udp://127.0.0.1:{sip}", f"tcp://127.0.0.1:{sip}",
                           f"tls://127.0.0.1:{tls}"]},
        "media": {"ports": f"{media}-{media + 799}"},
        "http": {"listen": f"127.0.0.1:{http}"},
        "recording": {"mode": "always", "format": "opus"},
        "extension": [{"number": str(n), "name": f"Phone {n}", "password": password(n)}
                      for n in range(101, 106)],
    }


def password(number):
    return PASSWORD.format(number)


def merge(base, changes):
    """`changes` into `base`: tables by key, lists of tables replaced."""
    for table, value in changes.items():
        if isinstance(value, dict):
            base.setdefault(table, {}).update(value)
        else:
            base[table] = value
    return base


def _value(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, list):
        return "[" + ", ".join(_value(v) for v in value) + "]"
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def to_toml(settings):
    lines = []
    for table, value in settings.items():
        for entry in value if isinstance(value, list) else [value]:
            lines.append(f"[[{table}]]" if isinstance(value, list) else f"[{table}]")
            lines += [f"{key} = {_value(v)}" for key, v in entry.items()]
            lines.append("")
    return "\n".join(lines)
