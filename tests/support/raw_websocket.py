# SPDX-License-Identifier: LGPL-2.1-or-later
"""A WebSocket client without manners: it sends what it is told, frame by frame or byte by byte, and hears frames as they come."""

import os
import socket
import struct

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
FIN = 0x80
LIMIT_SECONDS = 10


class Ended(Exception):
    """The connection is over."""


def frame(first, payload=b"", mask=b"\0\0\0\0"):
    """One frame of a client; `first` is its whole first byte. The usual mask changes nothing, so that tests can be read."""
    length = len(payload)
    if length < 126:
        head = struct.pack("!BB", first, 0x80 | length)
    elif length < 65536:
        head = struct.pack("!BBH", first, 0x80 | 126, length)
    else:
        head = struct.pack("!BBQ", first, 0x80 | 127, length)
    if mask != b"\0\0\0\0":
        payload = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))
    return head + mask + payload


def request(path, host="test", fields=()):
    lines = ["GET %s HTTP/1.1" % path, "Host: %s" % host, "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", *fields]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


class Raw:
    """`address` is (host, port). The handshake is done when this returns, unless `path` is None."""

    def __init__(self, address, path, fields=(), context=None, receive_bytes=None):
        self.socket = socket.socket()
        if receive_bytes:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self.socket.settimeout(LIMIT_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.connect(address)
        if context is not None:
            self.socket = context.wrap_socket(self.socket)
        self.buffer = b""
        self.head = b""
        if path is not None:
            self.say(request(path, fields=fields))
            self.hear_head()

    def say(self, data):
        self.socket.sendall(data)

    def text(self, text):
        self.say(frame(FIN | TEXT, text if isinstance(text, bytes) else text.encode()))

    def _more(self):
        data = self.socket.recv(65536)
        if not data:
            raise Ended()
        self.buffer += data

    def hear_head(self):
        while b"\r\n\r\n" not in self.buffer:
            self._more()
        self.head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        if not self.head.startswith(b"HTTP/1.1 101 "):
            raise AssertionError("no upgrade: %r" % self.head)

    def hear_bytes(self, count):
        while len(self.buffer) < count:
            self._more()
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def hear(self):
        """(opcode, payload) of the next frame; a server's are whole and without a mask."""
        first, second = self.hear_bytes(2)
        if second & 0x80 or not first & FIN:
            raise AssertionError("odd frame of a server: %02x %02x" % (first, second))
        length = second
        if length == 126:
            length = struct.unpack("!H", self.hear_bytes(2))[0]
        elif length == 127:
            length = struct.unpack("!Q", self.hear_bytes(8))[0]
        return first & 0x0f, self.hear_bytes(length)

    def hear_close(self):
        """(code, reason) of the close that comes next, whatever comes before it."""
        while True:
            opcode, payload = self.hear()
            if opcode == CLOSE:
                return (struct.unpack("!H", payload[:2])[0], payload[2:].decode()) if payload else (1005, "")

    def ends(self):
        """Whether the connection ends in order, with nothing more said."""
        try:
            self._more()
        except Ended:
            return not self.buffer
        return False

    def reset(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def close(self):
        self.socket.close()


def closing(code, reason=b""):
    return frame(FIN | CLOSE, struct.pack("!H", code) + reason)


def random_mask():
    return os.urandom(4)
