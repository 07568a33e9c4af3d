"""SRTP (RFC 3711, RFC 6188, RFC 7714) of its own making, so that the daemon's library does not check
itself. `python3 srtp.py` checks it against the examples of these RFCs."""

import base64
import hashlib
import hmac
import os

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.exceptions import InvalidTag

# name: (bytes of key, of salt, of tag)
SUITES = {
    "AES_CM_128_HMAC_SHA1_80": (16, 14, 10), "AES_CM_128_HMAC_SHA1_32": (16, 14, 4),
    "AES_256_CM_HMAC_SHA1_80": (32, 14, 10), "AES_256_CM_HMAC_SHA1_32": (32, 14, 4),
    "AEAD_AES_128_GCM": (16, 12, 16), "AEAD_AES_256_GCM": (32, 12, 16),
}
LABELS = {"rtp": (0, 1, 2), "rtcp": (3, 4, 5)}  # of cipher key, authentication key, salt


def new_key(suite):
    """Master key and salt in base64, as in a=crypto."""
    return base64.b64encode(os.urandom(sum(SUITES[suite][:2]))).decode()


def counter_mode(key, counter, data):
    return Cipher(algorithms.AES(key), modes.CTR(counter)).encryptor().update(data)


def derive(key, salt, label, size):
    """RFC 3711 §4.3.1; a salt of 12 bytes is filled up with zeros (RFC 7714 §11)."""
    start = int.from_bytes(salt.ljust(14, b"\0"), "big") ^ (label << 48)
    return counter_mode(key, (start << 16).to_bytes(16, "big"), bytes(size))


def seal_gcm(key, salt, packet, head, index):
    return AESGCM(key).encrypt(gcm_iv(salt, packet, index), packet[head:], packet[:head])


def gcm_iv(salt, packet, index):
    number = int.from_bytes(packet[8:12], "big") << 48 | index
    return (int.from_bytes(salt, "big") ^ number).to_bytes(12, "big")


def head_size(packet):
    size = 12 + 4 * (packet[0] & 15)
    if packet[0] & 16:
        size += 4 + 4 * int.from_bytes(packet[size + 2:size + 4], "big")
    return size


class Srtp:
    """The RTP of one direction. RTCP is left as it is."""

    def __init__(self, suite, key):
        key_size, salt_size, self.tag = SUITES[suite]
        master = base64.b64decode(key + "=" * (-len(key) % 4))
        if len(master) != key_size + salt_size:
            raise ValueError(f"a key of {len(master)} bytes for {suite}")
        self.gcm = "GCM" in suite
        parts = master[:key_size], master[key_size:]
        self.key = derive(*parts, 0, key_size)
        self.auth = derive(*parts, 1, 20)
        self.salt = derive(*parts, 2, salt_size)
        self.highest = None  # index of the newest packet: rollover counter and sequence

    def _index(self, packet):
        """RFC 3711 §3.3.1."""
        sequence = int.from_bytes(packet[2:4], "big")
        if self.highest is None:
            self.highest = sequence
        rolled = self.highest >> 16
        near = [r << 16 | sequence for r in (rolled - 1, rolled, rolled + 1) if r >= 0]
        index = min(near, key=lambda i: abs(i - self.highest))
        self.highest = max(self.highest, index)
        return index

    def _counter(self, packet, index):
        ssrc = int.from_bytes(packet[8:12], "big")
        value = int.from_bytes(self.salt, "big") << 16 ^ ssrc << 64 ^ index << 16
        return value.to_bytes(16, "big")

    def _sign(self, data, index):
        rolled = (index >> 16).to_bytes(4, "big")
        return hmac.new(self.auth, data + rolled, hashlib.sha1).digest()[:self.tag]

    def protect(self, packet):
        index, head = self._index(packet), head_size(packet)
        if self.gcm:
            return packet[:head] + seal_gcm(self.key, self.salt, packet, head, index)
        body = counter_mode(self.key, self._counter(packet, index), packet[head:])
        out = packet[:head] + body
        return out + self._sign(out, index)

    def unprotect(self, packet):
        """None when it is not the other side's."""
        if len(packet) < 12 + self.tag:
            return None
        index, head = self._index(packet), head_size(packet)
        if self.gcm:
            try:
                iv = gcm_iv(self.salt, packet, index)
                return packet[:head] + AESGCM(self.key).decrypt(iv, packet[head:], packet[:head])
            except InvalidTag:
                return None
        data, tag = packet[:-self.tag], packet[-self.tag:]
        if not hmac.compare_digest(tag, self._sign(data, index)):
            return None
        return data[:head] + counter_mode(self.key, self._counter(packet, index), data[head:])


def self_check():
    """The RFCs' own examples."""
    hexed = bytes.fromhex
    key = hexed("E1F97A0D3E018BE0D64FA32C06DE4139")  # RFC 3711 B.3
    salt = hexed("0EC675AD498AFEEBB6960B3AABE6")
    assert derive(key, salt, 0, 16) == hexed("C61E7A93744F39EE10734AFE3FF7A087")
    assert derive(key, salt, 2, 14) == hexed("30CBBC08863D8C85D49DB34A9AE1")
    assert derive(key, salt, 1, 20) == hexed("CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4")
    key = hexed("f0f04914b513f2763a1b1fa130f10e2998f6f6e43e4309d1e622a0e332b9f1b6")  # RFC 6188 §7.3
    salt = hexed("3b04803de51ee7c96423ab5b78d2")
    assert derive(key, salt, 0, 32) == hexed(
        "5ba1064e30ec51613cad926c5a28ef731ec7fb397f70a960653caf06554cd8c4")
    assert derive(key, salt, 2, 14) == hexed("fa31791685ca444a9e07c6c64e93")
    assert derive(key, salt, 1, 20) == hexed("fd9c32d39ed5fbb5a9dc96b30818454d1313dc05")
    # RFC 3711 B.2, RFC 6188 §7.1: the key stream
    counter = hexed("F0F1F2F3F4F5F6F7F8F9FAFBFCFD0000")
    stream = counter_mode(hexed("2B7E151628AED2A6ABF7158809CF4F3C"), counter, bytes(16))
    assert stream == hexed("E03EAD0935C95E80E166B16DD92B4EB4")
    # RFC 7714 §16.1.1 and §16.2.1
    packet = hexed("8040f17b8041f8d35501a0b2") + b"Gallia est omnis divisa in partes tres"
    salt = hexed("517569642070726f2071756f")
    sealed = seal_gcm(bytes(range(16)), salt, packet, 12, 0xf17b)
    assert sealed == hexed("f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b"
                           "36de3adf8833899d7f27beb16a9152cf765ee4390cce"), sealed.hex()
    sealed = seal_gcm(bytes(range(32)), salt, packet, 12, 0xf17b)
    assert sealed == hexed("32b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f"
                           "1ba63799b87b7aa3db36dfffd6b0f9bb7878d7a76c13"), sealed.hex()


if __name__ == "__main__":
    self_check()
    print("good")
