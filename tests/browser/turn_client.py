# SPDX-License-Identifier: LGPL-2.1-or-later
"""As much of a TURN client (RFC 8656 over UDP) as it takes to ask a server whom it would relay to. Standard library only."""

import hashlib
import hmac
import ipaddress
import os
import socket
import struct

COOKIE = 0x2112A442
BINDING, ALLOCATE, REFRESH, CREATE_PERMISSION, CHANNEL_BIND = 0x001, 0x003, 0x004, 0x008, 0x009
SEND, DATA_INDICATION = 0x016, 0x017
USERNAME, INTEGRITY, ERROR_CODE, CHANNEL, LIFETIME, PEER_ADDRESS, DATA, REALM, NONCE, RELAYED_ADDRESS, TRANSPORT = \
    0x06, 0x08, 0x09, 0x0C, 0x0D, 0x12, 0x13, 0x14, 0x15, 0x16, 0x19


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


def _xor_address(address, transaction, port=9):
    """`address`: a literal, or (family, bytes) for what no literal says."""
    if isinstance(address, tuple):
        family, plain = address
    else:
        ip = ipaddress.ip_address(address)
        family, plain = 1 if ip.version == 4 else 2, ip.packed
    mask = struct.pack("!I", COOKIE) + transaction
    packed = bytes(one ^ other for one, other in zip(plain, mask))
    return struct.pack("!BBH", 0, family, port ^ (COOKIE >> 16)) + packed


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
        self.realm = self.nonce = self.relayed_port = None
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
        answer = self._ask(ALLOCATE, lambda _: wanted)
        relayed = _attributes(answer).get(RELAYED_ADDRESS)
        if relayed is not None:
            self.relayed_port = struct.unpack_from("!H", relayed, 2)[0] ^ (COOKIE >> 16)
        return _error(answer)

    def refresh(self, seconds=600):
        """None if the allocation goes on (or is given back, with 0), else the error code: 437 when there is none."""
        return _error(self._ask(REFRESH, lambda _: _attribute(LIFETIME, struct.pack("!I", seconds))))

    def bind(self, peer, port=9):
        """Asks for a channel to an address: None if it is granted, else the error code."""
        channel = _attribute(CHANNEL, struct.pack("!HH", 0x4000, 0))
        return _error(self._ask(CHANNEL_BIND, lambda transaction: channel + _attribute(PEER_ADDRESS, _xor_address(peer, transaction, port))))

    def send(self, peer, port, data):
        """Has data sent to an address, whatever comes of it."""
        transaction = os.urandom(12)
        body = _attribute(PEER_ADDRESS, _xor_address(peer, transaction, port)) + _attribute(DATA, data)
        self.socket.send(struct.pack("!HHI", SEND, len(body), COOKIE) + transaction + body)

    def receive(self):
        """What an address sent."""
        while True:
            message = self.socket.recv(2048)
            if struct.unpack_from("!H", message)[0] == DATA_INDICATION:
                return _attributes(message)[DATA]

    def permit(self, peer):
        """Asks for a permission for an address: None if it is granted, else the error code."""
        return _error(self._ask(CREATE_PERMISSION, lambda transaction: _attribute(PEER_ADDRESS, _xor_address(peer, transaction))))
