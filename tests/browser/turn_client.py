# SPDX-License-Identifier: LGPL-2.1-or-later
"""As much of a TURN client (RFC 8656 over UDP) as it takes to ask a server whom it would relay to. Standard library only."""

import hashlib
import hmac
import ipaddress
import os
import socket
import struct

COOKIE = 0x2112A442
BINDING, ALLOCATE, CREATE_PERMISSION = 0x001, 0x003, 0x008
USERNAME, INTEGRITY, ERROR_CODE, PEER_ADDRESS, REALM, NONCE, TRANSPORT = 0x06, 0x08, 0x09, 0x12, 0x14, 0x15, 0x19


def _attribute(kind, value):
    return struct.pack("!HH", kind, len(value)) + value + b"\0" * (-len(value) % 4)


def _attributes(message):
    found, at = {}, 20
    while at + 4 <= len(message):
        kind, length = struct.unpack_from("!HH", message, at)
        found[kind] = message[at + 4:at + 4 + length]
        at += 4 + length + (-length % 4)
    return found


def _error(message):
    """The error code of a response, None if it is a success."""
    code = _attributes(message).get(ERROR_CODE)
    return None if code is None else code[2] * 100 + code[3]


def _xor_address(address, transaction):
    ip = ipaddress.ip_address(address)
    mask = struct.pack("!I", COOKIE) + transaction
    packed = bytes(one ^ other for one, other in zip(ip.packed, mask))
    return struct.pack("!BBH", 0, 1 if ip.version == 4 else 2, 9 ^ (COOKIE >> 16)) + packed


def answers(address, port):
    """Whether a server answers a Binding request within 0.2 s."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as plain:
        plain.settimeout(0.2)
        plain.connect((address, port))
        try:
            plain.send(struct.pack("!HHI", BINDING, 0, COOKIE) + os.urandom(12))
            return len(plain.recv(2048)) > 0
        except OSError:
            return False


class Client:
    """One allocation with long-term credentials."""

    def __init__(self, address, port, user, word):
        self.user, self.word = user, word
        self.realm = self.nonce = None
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.settimeout(3)
        self.socket.connect((address, port))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def _ask(self, method, build):
        transaction = os.urandom(12)
        body = build(transaction)
        if self.realm is not None:
            body += _attribute(USERNAME, self.user.encode()) + _attribute(REALM, self.realm) + _attribute(NONCE, self.nonce)
            key = hashlib.md5(b":".join([self.user.encode(), self.realm, self.word.encode()])).digest()
            head = struct.pack("!HHI", method, len(body) + 24, COOKIE) + transaction
            body += _attribute(INTEGRITY, hmac.new(key, head + body, hashlib.sha1).digest())
        self.socket.send(struct.pack("!HHI", method, len(body), COOKIE) + transaction + body)
        return self.socket.recv(2048)

    def allocate(self):
        """None, or the error code."""
        wanted = _attribute(TRANSPORT, bytes([17, 0, 0, 0]))
        challenge = _attributes(self._ask(ALLOCATE, lambda _: wanted))
        self.realm, self.nonce = challenge[REALM], challenge[NONCE]
        return _error(self._ask(ALLOCATE, lambda _: wanted))

    def permit(self, peer):
        """Asks for a permission for an address: None if it is granted, else the error code."""
        return _error(self._ask(CREATE_PERMISSION, lambda transaction: _attribute(PEER_ADDRESS, _xor_address(peer, transaction))))
