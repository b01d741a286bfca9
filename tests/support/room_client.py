# SPDX-License-Identifier: LGPL-2.1-or-later
"""Clients of rooms for tests: by python3-websockets, an implementation that is not ours, and by plain sockets where one must be rude.

A case is an asynchronous function that is given a Table: rooms, users and tokens that no other case has, and instances of the server, of which each client of a case takes the next. So
the same cases are run in either dialect, on one process or on many, and all at once: `run(cases, ...)`."""

import asyncio
import base64
import contextlib
import faulthandler
import hmac
import inspect
import itertools
import json
import os
import socket
import struct
import sys
import time
import traceback

import flow  # noqa: I001: it makes the modules below findable
import leaks
import signalling
import websockets

WITHIN = 20  # seconds for anything to come; a busy machine under a sanitizer
AT_ONCE = 24  # cases
OTHER_NAMES = {"ice_candidate": "ice-candidate", "user_joined": "user-joined", "user_left": "user-left", "room_state": "room-state"}
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def canonical(name):
    """A type as the seed calls it."""
    return {hyphen: seed for seed, hyphen in OTHER_NAMES.items()}.get(name, name)


def token_of(header, claims, secret, digest="sha256"):
    """A JSON web token of any header, made without a line of the product's."""
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in (header, claims)]
    if digest is None:
        return ".".join(parts) + "."
    return ".".join(parts + [base64.urlsafe_b64encode(hmac.new(secret.encode(), ".".join(parts).encode(), digest).digest()).rstrip(b"=").decode()])


class Closed(Exception):
    """The server closed the socket; `code` and `reason` as it said them."""

    def __init__(self, code, reason):
        super().__init__("closed with %s %r" % (code, reason))
        self.code, self.reason = code, reason


class Frame(dict):
    """One message, with the bytes that it came in."""

    def __init__(self, raw):
        super().__init__(json.loads(raw))
        self.raw = raw

    @property
    def kind(self):
        return canonical(self["type"])


class Client:
    """One connection. What comes is looked at one by one; nothing may be left over where a test says so."""

    def __init__(self, connection, user, dialect):
        self.connection, self.user, self.dialect = connection, user, dialect
        self.state = None  # the first room_state

    def named(self, kind):
        return OTHER_NAMES.get(kind, kind) if self.dialect == "hyphen" else kind

    async def next(self, within=WITHIN):
        try:
            raw = await asyncio.wait_for(self.connection.recv(), within)
        except websockets.ConnectionClosed as closed:
            raise Closed(closed.rcvd.code if closed.rcvd else 1006, closed.rcvd.reason if closed.rcvd else "") from None
        frame = Frame(raw)
        flow.equal(frame["type"], self.named(frame.kind), "name of a type in this dialect")
        return frame

    async def expect(self, kind, within=WITHIN):
        frame = await self.next(within)
        flow.equal(frame.kind, kind, "type of %s" % frame.raw[:300])
        return frame

    async def send(self, kind, payload, **more):
        await self.connection.send(json.dumps({"type": self.named(kind), "payload": payload, **more}))

    async def send_raw(self, text):
        await self.connection.send(text)

    async def error(self, code):
        frame = await self.expect("error")
        flow.equal(frame["payload"]["code"], code, "code of an error")
        flow.equal([frame[name] for name in ("sender_id", "room_id", "timestamp")], [None] * 3, "rest of an error")
        return frame["payload"]["message"]

    async def alive(self):
        """Nothing waits for it but the answer to its own question."""
        mark = os.urandom(4).hex()
        await self.send("ping", {"mark": mark})
        flow.equal((await self.expect("pong"))["payload"], {"mark": mark}, "payload of a pong")

    async def closed(self, within=WITHIN):
        """Waits for a close without a frame before it; returns (code, reason)."""
        try:
            frame = await self.next(within)
        except Closed as closed:
            return closed.code, closed.reason
        raise AssertionError("a frame instead of a close: %s" % frame.raw[:300])

    async def close(self, code=1000, reason=""):
        await self.connection.close(code, reason)

    def reset(self):
        """As a machine that loses its power: no close, no FIN."""
        self.connection.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.transport.abort()


class Raw:
    """A plain socket that speaks WebSocket as rudely as it is told."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    async def request(self, text):
        """Sends a request head; returns (status, head)."""
        self.writer.write(text.encode("latin-1"))
        head = (await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), WITHIN)).decode("latin-1")
        return int(head.split()[1]), head

    async def upgrade(self, path, **more):
        fields = {"Host": "rooms.test", "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
        fields.update({name.replace("_", "-"): value for name, value in more.items()})
        return await self.request("GET %s HTTP/1.1\r\n%s\r\n" % (path, "".join("%s: %s\r\n" % item for item in fields.items() if item[1] is not None)))

    @staticmethod
    def frame(opcode, payload=b"", final=True, masked=True, reserved=0):
        head = bytes([(0x80 if final else 0) | reserved << 4 | opcode])
        flag = 0x80 if masked else 0
        if len(payload) < 126:
            head += bytes([flag | len(payload)])
        elif len(payload) < 65536:
            head += bytes([flag | 126]) + struct.pack(">H", len(payload))
        else:
            head += bytes([flag | 127]) + struct.pack(">Q", len(payload))
        return head + (b"\0\0\0\0" if masked else b"") + payload

    def send(self, data):
        self.writer.write(data)

    async def read_frame(self, within=WITHIN):
        """(opcode, payload)."""
        first, second = await asyncio.wait_for(self.reader.readexactly(2), within)
        length = second & 0x7F
        if length == 126:
            length = struct.unpack(">H", await self.reader.readexactly(2))[0]
        elif length == 127:
            length = struct.unpack(">Q", await self.reader.readexactly(8))[0]
        return first & 0x0F, await asyncio.wait_for(self.reader.readexactly(length), within)

    async def read_message(self):
        opcode, payload = await self.read_frame()
        flow.equal(opcode, TEXT, "opcode of %r" % payload[:200])
        return Frame(payload.decode())

    async def read_close(self):
        """Skips what comes before it."""
        while True:
            opcode, payload = await self.read_frame()
            if opcode == CLOSE:
                return (struct.unpack(">H", payload[:2])[0], payload[2:].decode()) if payload else (1005, "")

    def drop(self):
        self.writer.transport.abort()


class Table:
    """What one case has for itself."""

    _numbers = itertools.count(1)

    def __init__(self, running, numbers, dialect):
        self.running, self.numbers, self.dialect = running, numbers, dialect
        self.suffix = "%d" % next(self._numbers)
        self.room = "room-" + self.suffix
        self._turn = itertools.cycle(numbers)
        self._stack = contextlib.AsyncExitStack()

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        await self._stack.aclose()

    def user(self, letter):
        return "%s-%s" % (letter, self.suffix)

    def token(self, letter, **more):
        token = self.running.token(self.user(letter), letter, **more)
        leaks.add(token)
        return token

    def at(self, number=None):
        """Host and port of an instance, each time of the next one."""
        return self.running.at[number if number is not None else next(self._turn)]

    def process(self, number):
        return self.running.children["rooms-%d" % number]

    def path(self, letter=None, room=None, token=None, **query):
        """With a letter its token in the query; without one none."""
        words = {} if self.dialect is None else {"dialect": self.dialect}
        if token is None and letter is not None:
            token = self.token(letter)
        if token is not None:
            words["token"] = token
        words.update(query)
        return "/webrtc/ws/%s%s" % (room if room is not None else self.room, "?" + "&".join("%s=%s" % item for item in words.items()) if words else "")

    async def open(self, letter, number=None, path=None, headers=None, **query):
        """A connection, of which nothing has been read."""
        options = {key: query.pop(key) for key in ("subprotocols", "origin") if key in query}
        url = "ws://%s:%d" % self.at(number) + (path if path is not None else self.path(letter, **query))
        connection = await websockets.connect(url, compression=None, ping_interval=None, open_timeout=WITHIN, close_timeout=WITHIN, max_size=None, max_queue=None,
                                          extra_headers=headers or {}, **options)
        client = Client(connection, self.user(letter) if letter else None, query.get("dialect", self.dialect))
        self._stack.callback(connection.transport.abort)
        return client

    async def join(self, letter, **more):
        """A connection that has read the state of its room."""
        client = await self.open(letter, **more)
        client.state = await client.expect("room_state")
        return client

    async def members(self, letters, **more):
        """Some that join one after another; each has read all of it."""
        there = []
        for letter in letters:
            came = await self.join(letter, **more)
            for client in there:
                await client.expect("room_state")
                flow.equal((await client.expect("user_joined"))["payload"]["user_id"], came.user, "who joined")
            there.append(came)
        return there

    async def raw(self, number=None):
        reader, writer = await asyncio.open_connection(*self.at(number), limit=2**22)
        raw = Raw(reader, writer)
        self._stack.callback(raw.drop)
        return raw

    async def raw_join(self, letter, number=None, **query):
        """A plain socket that has read the state of its room."""
        raw = await self.raw(number)
        status, _ = await raw.upgrade(self.path(letter, **query))
        flow.equal(status, 101, "status of an upgrade")
        flow.equal((await raw.read_message()).kind, "room_state", "first frame")
        return raw

    async def refused(self, letter=None, number=None, **more):
        """What a connection that is refused after its handshake is closed with."""
        client = await self.open(letter, number=number, **more)
        return await client.closed()


def case(on=1, dialects=(None, "hyphen")):
    """A case of the instance with this number, or of several in turn; run in each dialect at once."""
    def mark(function):
        function.numbers = on if isinstance(on, tuple) else (on,)
        function.dialects = dialects
        return function
    return mark


async def _run_one(running, name, function, gate, numbers):
    async def in_dialect(dialect):
        async with gate, Table(running, numbers or function.numbers, dialect) as table:
            await asyncio.wait_for(function(table), 6 * WITHIN)

    began = time.monotonic()
    wrong = [problem for problem in await asyncio.gather(*map(in_dialect, function.dialects), return_exceptions=True) if problem is not None]
    print("[ RUN      ] %s" % name)
    for problem in wrong:
        traceback.print_exception(problem, file=sys.stdout)
    print("[%s] %s" % ("  FAILED  " if wrong else "       OK ", name), flush=True)
    if os.environ.get("HYDRANECK_TIMES"):
        print("%6.2f s %s" % (time.monotonic() - began, name))
    return not wrong


async def _run_all(running, cases, numbers):
    gate = asyncio.Semaphore(AT_ONCE)
    return await asyncio.gather(*(_run_one(running, name, function, gate, numbers) for name, function in cases))


def _chosen(cases):
    return [item for item in cases if not sys.argv[1:] or item[0] in sys.argv[1:]]


def run(names, numbers=None, last=(), **options):
    """Runs every case of a file at once, then those of `last` one by one, which may end instances; exit status 1 if one fails. Arguments choose cases by name. `numbers`: the instances
    that the clients of every case take in turn, whatever it says itself."""
    cases = [(name, function) for name, function in names.items() if inspect.iscoroutinefunction(function) and hasattr(function, "numbers") and function not in last]
    faulthandler.dump_traceback_later(15 * WITHIN, exit=True)
    good = []

    def all_of_it():
        with signalling.Started(**options) as running:
            good.extend(asyncio.run(_run_all(running, _chosen(cases), numbers)))
            for name, function in _chosen([(function.__name__, function) for function in last]):
                good.extend(asyncio.run(_run_all(running, [(name, function)], None)))

    good.append(flow._run("the_rooms_start_and_end_cleanly", all_of_it, ()))
    good.append(flow._run("nothing_that_was_written_holds_a_secret_or_a_whole_id", leaks.verdict, ()))
    faulthandler.cancel_dump_traceback_later()
    sys.exit(0 if all(good) else 1)
