# SPDX-License-Identifier: LGPL-2.1-or-later
"""A client of raw bytes, and a reader of answers that takes nothing on trust: it says what it got, and whether the connection ended."""

import errno
import socket

TIMEOUT = 20


class Malformed(AssertionError):
    """The answer itself breaks RFC 9112."""


class Answer:
    def __init__(self, status, fields, body, complete):
        self.status = status
        self.fields = fields
        self.body = body
        self.complete = complete

    def get(self, name):
        values = [value for key, value in self.fields if key.lower() == name]
        if len(values) > 1 and name in ("content-length", "transfer-encoding", "connection"):
            raise Malformed("more than one %s: %r" % (name, self.fields))
        return values[0] if values else None

    def __repr__(self):
        return "<%d %r%s>" % (self.status, self.body[:200], "" if self.complete else " cut")


class Ended(Exception):
    """The peer closed ("fin") or reset ("rst")."""


class Talk:
    """One connection."""

    def __init__(self, at, receive_buffer=None):
        self.sock = socket.socket()
        if receive_buffer:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.sock.settimeout(TIMEOUT)
        self.sock.connect(at)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.data = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def send(self, data):
        """A peer that has refused already may not want all of it."""
        try:
            self.sock.sendall(data)
        except OSError as error:
            if error.errno not in (errno.EPIPE, errno.ECONNRESET):
                raise

    def more(self):
        try:
            part = self.sock.recv(65536)
        except ConnectionResetError as error:
            raise Ended("rst") from error
        if not part:
            raise Ended("fin")
        self.data += part

    def line(self):
        while b"\n" not in self.data:
            self.more()
        line, self.data = self.data.split(b"\n", 1)
        if not line.endswith(b"\r"):
            raise Malformed("bare LF after %r" % line)
        return line[:-1]

    def take(self, count):
        while len(self.data) < count:
            self.more()
        data, self.data = self.data[:count], self.data[count:]
        return data

    def chunks(self, body):
        while True:
            size = int(self.line(), 16)
            if size == 0:
                break
            body += self.take(size)
            if self.take(2) != b"\r\n":
                raise Malformed("no CR LF behind a chunk")
        if self.line() != b"":
            raise Malformed("trailers")

    def body(self, answer, method):
        """Fills in; `complete` only when the framing says so."""
        body = bytearray()
        try:
            length, coding = answer.get("content-length"), answer.get("transfer-encoding")
            if method == "HEAD" or answer.status in (204, 304) or answer.status < 200:
                pass
            elif coding is not None:
                self.chunks(body)
            elif length is not None:
                body += self.data[:int(length)]
                self.data = self.data[int(length):]
                body += self.take(int(length) - len(body))
            else:
                self.until_close(body)
            answer.complete = True
        except Ended:
            pass
        answer.body = bytes(body)

    def until_close(self, body):
        try:
            while True:
                self.more()
        except Ended as end:
            body += self.data
            self.data = b""
            if str(end) != "fin":
                raise

    def answer(self, method="GET"):
        """The next one, final or not."""
        first = self.line()
        if first[:9] not in (b"HTTP/1.1 ", b"HTTP/1.0 ") or not first[9:12].isdigit():
            raise Malformed("status line %r" % first)
        fields = []
        while True:
            line = self.line()
            if not line:
                break
            name, colon, value = line.partition(b": ")
            if not colon:
                raise Malformed("field %r" % line)
            fields.append((name.decode("latin-1"), value.decode("latin-1")))
        answer = Answer(int(first[9:12]), fields, b"", False)
        if answer.get("transfer-encoding") is not None and answer.get("content-length") is not None:
            raise Malformed("both lengths in %r" % fields)
        self.body(answer, method)
        return answer

    def final(self, method="GET"):
        """The next final answer, and what came before it."""
        hints = []
        while True:
            answer = self.answer(method)
            if answer.status >= 200:
                return answer, hints
            hints.append(answer)

    def end(self):
        """How it ends; whatever comes before that is wrong."""
        if self.data:
            raise Malformed("bytes behind the last answer: %r" % self.data[:200])
        try:
            self.more()
        except Ended as end:
            return str(end)
        raise Malformed("bytes behind the last answer: %r" % self.data[:200])
