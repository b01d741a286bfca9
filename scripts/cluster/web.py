# SPDX-License-Identifier: LGPL-2.1-or-later
"""Small HTTP and WebSocket clients of the standard library, for demo and tests. Independent of the product's own parsers."""

import base64
import http.client
import json
import os
import socket
import ssl
import struct
import urllib.parse


class Reply:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return "<%d %r>" % (self.status, self.body[:300])


def call(method, url, body=None, token=None, headers=None, timeout=60):
    """One request on a fresh connection; `body` may be bytes, text or something for JSON."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
    try:
        fields = dict(headers or {})
        if token:
            fields["Authorization"] = "Bearer " + token
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
            fields.setdefault("Content-Type", "application/json")
        path = parts.path or "/"
        if parts.query:
            path += "?" + parts.query
        connection.request(method, path, body=body, headers=fields)
        reply = connection.getresponse()
        return Reply(reply.status, reply.headers, reply.read())
    finally:
        connection.close()


class Events:
    """Server-sent events, as a browser's EventSource reads them: (type, data, id) each."""

    def __init__(self, url, token=None, last_id=None, headers=None, timeout=20):
        parts = urllib.parse.urlsplit(url)
        fields = dict(headers or {})
        if token:
            fields["Authorization"] = "Bearer " + token
        if last_id is not None:
            fields["Last-Event-ID"] = str(last_id)
        self.last_id = last_id
        self.connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
        self.connection.request("GET", parts.path + ("?" + parts.query if parts.query else ""), headers=fields)
        self.reply = self.connection.getresponse()
        self.status = self.reply.status

    def next(self):
        """The next event; None when the stream ends."""
        kind, data = "message", []
        while True:
            line = self.reply.readline().decode()
            if not line:
                return None
            name, _, value = line.rstrip("\n").partition(":")
            value = value[1:] if value.startswith(" ") else value
            if name == "event":
                kind = value
            elif name == "data":
                data.append(value)
            elif name == "id":
                self.last_id = value
            elif line == "\n" and data:
                return kind, json.loads("\n".join(data)), self.last_id

    def wait(self, kind, **fields):
        """The first event of this type with these fields, and all that came before it."""
        before = []
        while True:
            event = self.next()
            if event is None:
                raise EOFError("the stream ended before '%s': %r" % (kind, before))
            if event[0] == kind and all(event[1].get(name) == value for name, value in fields.items()):
                return event[1], before
            before.append(event)

    def close(self):
        self.connection.close()
        self.reply.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def raw(host, port, data, timeout=10):
    """Sends bytes as they are and returns all that comes back until the peer closes."""
    with socket.create_connection((host, port), timeout) as sock:
        sock.settimeout(timeout)
        sock.sendall(data)
        answer = b""
        try:
            while True:
                part = sock.recv(65536)
                if not part:
                    break
                answer += part
        except ConnectionResetError:
            pass
        return answer


class WebSocket:
    """RFC 6455 client, text only as far as the stream socket needs it."""

    def __init__(self, url, headers=None, timeout=20, over=None):
        parts = urllib.parse.urlsplit(url)
        self.sock = over or socket.create_connection((parts.hostname, parts.port or 80), timeout)  # `over`: a connection that is there, TLS or not
        if over is None and parts.scheme in ("wss", "https"):  # whoever answers: certificates of tests are signed by nobody
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            self.sock = context.wrap_socket(self.sock)
        key = base64.b64encode(os.urandom(16)).decode()
        path = parts.path + ("?" + parts.query if parts.query else "")
        lines = ["GET %s HTTP/1.1" % path, "Host: %s" % parts.netloc, "Upgrade: websocket", "Connection: Upgrade",
                 "Sec-WebSocket-Key: %s" % key, "Sec-WebSocket-Version: 13"]
        lines += ["%s: %s" % item for item in (headers or {}).items()]
        self.sock.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        self.buffer = b""
        while b"\r\n\r\n" not in self.buffer:
            part = self.sock.recv(65536)
            if not part:
                raise ConnectionError("closed during the handshake: %r" % self.buffer[:200])
            self.buffer += part
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        self.status = int(head.split(b" ", 2)[1])
        self.head = head.decode("latin-1")
        if self.status != 101:
            self.sock.close()

    def send(self, message):
        data = (message if isinstance(message, str) else json.dumps(message)).encode()
        mask = os.urandom(4)
        head = bytes([0x81])
        if len(data) < 126:
            head += bytes([0x80 | len(data)])
        elif len(data) < 65536:
            head += bytes([0xFE]) + struct.pack(">H", len(data))
        else:
            head += bytes([0xFF]) + struct.pack(">Q", len(data))
        self.sock.sendall(head + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(data)))

    def _need(self, count):
        while len(self.buffer) < count:
            part = self.sock.recv(65536)
            if not part:
                raise EOFError("the peer closed the socket")
            self.buffer += part
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def receive(self):
        """The next text message; None for a Close frame. EOFError when the connection just ends."""
        while True:
            first, second = self._need(2)
            length = second & 0x7F
            if length == 126:
                length = struct.unpack(">H", self._need(2))[0]
            elif length == 127:
                length = struct.unpack(">Q", self._need(8))[0]
            data = self._need(length)
            if first & 0x0F == 8:
                return None
            if first & 0x0F == 1:
                return data.decode()

    def close(self):
        self.sock.close()
