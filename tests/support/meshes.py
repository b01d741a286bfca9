# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the flow tests of the mesh stand on: instances (and Redis), agents, raw peers and a witness that can be made to fail.

A test file ends with `flow.main(globals(), started=meshes.Started, between=meshes.empty, **options of Mesh)`."""

import asyncio
import contextlib
import hashlib
import http.server
import json
import os
import socket
import struct
import threading

import flow  # noqa: I001: it makes the modules below findable
import child
import cluster
import leaks
import rooms
import web
import websockets

PATIENCE = 10  # seconds until something that must come has come; what comes in time is asked for by itself


class Mesh(rooms.Rooms):
    """Instances of `hydraneckwebrtc mesh`; options are those of rooms.Rooms."""

    product = "mesh"

    def __init__(self, *words, nginx=False, redis=False, instances=1, **more):
        super().__init__(*words, nginx=nginx, redis=redis, instances=instances, **more)

    def config(self):
        config = {"mode": "mesh", "server": {"admin_token": self.admin_token}, "tokens": {"secret": self.secret}}
        if self.redis_at:
            config["redis"] = {"url": "redis://%s:%d" % self.redis_at}
        cluster.merge(config, self.extra)
        return config

    def start_instance(self, number):
        process = super().start_instance(number)
        ready(self.at[number])
        return process

    def ws(self, number=1, path="/"):
        return "ws://%s:%d%s" % (*self.at[number], path)


class Started(flow.Started):
    """Options are those of Mesh."""

    def _make(self, options):
        running = Mesh(flow.build_folder(), self.folder, self.lease, **options)
        leaks.add(running.secret)
        leaks.add(running.admin_token)
        return running

    def _watch(self):
        return None


def ready(at):
    """Waits until an instance has reached its Redis, if it has one: before, its agents are among themselves."""
    child.until(lambda: web.call("GET", "http://%s:%d/webrtc/health" % at).status == 200, PATIENCE, "%s:%d is ready" % at)


def empty(running):
    """Each test ends its agents itself; the next one begins when every instance has heard of that."""
    for number in running.at:
        child.until(lambda number=number: not running.call("GET", "/agents", number=number).json().get("agents", True), PATIENCE, "instance %d knows of nobody" % number)


def run(test):
    """Runs one coroutine, with all that it left behind."""
    return asyncio.run(asyncio.wait_for(test, 100))


# ---- agents ----


class Agent:
    """One socket, on python3-websockets. Its texts are kept as they came."""

    def __init__(self, url, **options):
        self.url = url
        self.options = {"ping_interval": None, "max_size": None, "max_queue": None, "open_timeout": PATIENCE, "close_timeout": PATIENCE, **options}
        self.id = None
        self.socket = None

    async def __aenter__(self):
        self.socket = await websockets.connect(self.url, **self.options)
        return self

    async def __aexit__(self, *_):
        await self.socket.close()

    async def send(self, message):
        await self.socket.send(message if isinstance(message, (str, bytes)) else json.dumps(message))

    async def text(self, seconds=PATIENCE):
        return await asyncio.wait_for(self.socket.recv(), seconds)

    async def next(self, seconds=PATIENCE):
        return json.loads(await self.text(seconds))

    async def expect(self, **fields):
        """The next message must have these fields; returns it."""
        message = await self.next()
        flow.equal({name: message.get(name) for name in fields}, fields, "fields of %r" % message)
        return message

    async def error(self, code, message=None):
        got = await self.expect(type="error", code=code)
        if message is not None:
            flow.equal(got["message"], message, "message")
        return got

    async def register(self, agent_id):
        """The list that it gets."""
        self.id = agent_id
        await self.send({"type": "register", "agent_id": agent_id})
        return (await self.expect(type="registered", agent_id=agent_id))["connected_agents"]

    async def offer(self, to, body="x"):
        await self.send({"type": "offer", "from": self.id, "to": to, "offer": body})

    async def silence(self):
        """Nothing has come but what this very question brings: a message to itself, which passes all that was sent before."""
        await self.offer(self.id, "mark")
        await self.expect(type="offer", to=self.id, offer="mark")

    async def closed(self, seconds=PATIENCE):
        """Waits for the end; returns (code, reason) and what came before."""
        before = []
        try:
            while True:
                before.append(await self.text(seconds))
        except websockets.ConnectionClosed:
            return (self.socket.close_code, self.socket.close_reason), before


@contextlib.asynccontextmanager
async def agents(url, *ids, **options):
    """Registered one after another; what the first ones heard of the others is read already."""
    async with contextlib.AsyncExitStack() as stack:
        made = []
        for agent_id in ids:
            agent = await stack.enter_async_context(Agent(url, **options))
            flow.equal(await agent.register(agent_id), [other.id for other in made], "list of %s" % agent_id)
            for other in made:
                await other.expect(type="agent-joined", agent_id=agent_id)
            made.append(agent)
        yield made


# ---- bytes ----


def frame(payload, first=0x81, mask=b"\1\2\3\4"):
    """A client's frame; `first` is its first byte; mask=None: without one."""
    length = len(payload)
    bit = 0x80 if mask else 0
    head = bytes([first, bit | length]) if length < 126 else bytes([first, bit | 126]) + struct.pack(">H", length) if length < 65536 else \
        bytes([first, bit | 127]) + struct.pack(">Q", length)
    return head + (mask + bytes(b ^ mask[i & 3] for i, b in enumerate(payload)) if mask else payload)


class RawPeer(web.WebSocket):
    """A socket that may do whatever it wants, on the standard library alone."""

    def __init__(self, at, path="/", **options):
        super().__init__("http://%s:%d%s" % (*at, path), **options)

    def raw(self, data):
        self.sock.sendall(data)

    def close_frame(self):
        """(code, reason) of the close that comes next; what comes before is read and forgotten."""
        while True:
            first, second = self._need(2)
            length = second & 0x7F
            if length >= 126:
                length = struct.unpack(">H" if length == 126 else ">Q", self._need(2 if length == 126 else 8))[0]
            data = self._need(length)
            if first & 0x0F == 8:
                return struct.unpack(">H", data[:2])[0], data[2:].decode()

    def reset(self):
        """As a machine that forgets its connection."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()


# ---- a witness ----


class Witness:
    """Takes events, or fails as it is told: `status`, `hang` (it answers nothing), `redirect`, or closed() (it refuses connections)."""

    def __init__(self, address, port=9000):
        self.at = (address, port)
        self.status = 200
        self.hang = False
        self.release = threading.Event()
        self.requests = []  # (path, headers, body) of those that were taken
        self.tried = 0
        self.news = threading.Condition(threading.RLock())
        self.server = None
        self.open()

    def open(self):
        witness = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                witness._take(self)

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            allow_reuse_address = True
            daemon_threads = True
            block_on_close = False

            def handle_error(self, *_):
                pass  # an instance that was killed

        self.server = Server(self.at, Handler)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self):
        """From now on nobody listens."""
        self.release.set()
        self.server.shutdown()
        self.server.server_close()

    def _take(self, handler):
        length = int(handler.headers["Content-Length"])
        body = handler.rfile.read(length)
        if len(body) < length:  # an instance that was killed
            handler.close_connection = True
            return
        with self.news:
            self.tried += 1
            self.news.notify_all()
            status, hang = self.status, self.hang
        if hang:
            self.release.wait(60)
            handler.close_connection = True
            return
        with self.news:
            if 200 <= status < 300:
                self.requests.append((handler.path, dict(handler.headers), body))
            self.news.notify_all()
        handler.send_response(status)
        if 300 <= status < 400:
            handler.send_header("Location", "http://%s:%d/elsewhere" % self.at)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    def events(self):
        with self.news:
            return [json.loads(line) for _, _, body in self.requests for line in body.decode().split("\n")]

    def wait(self, condition, what, seconds=PATIENCE):
        with self.news:
            if not self.news.wait_for(lambda: condition(self), seconds):
                raise AssertionError("no %s within %g s: %r" % (what, seconds, self.requests))

    def wait_events(self, count):
        self.wait(lambda it: sum(body.count(b"\n") + 1 for _, _, body in it.requests) >= count, "%d events" % count)
        return self.events()


def short_hash(text):
    return hashlib.sha256(text.encode()).hexdigest()[:16]


# ---- instances that a test starts itself ----


def start_more(running, name, at, config=None, words=(), env=None, wait_for="listening on"):
    """An instance beside the others, with a file of its own or by the environment alone."""
    leaks.add(running.secret)
    argv = [running.program(), "mesh", *words]
    if config is not None:
        path = running.path(name + ".yaml")
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump(dict({"mode": "mesh"}, **config), file)
        argv += ["--config", path]
    environment = {key: value for key, value in os.environ.items() if key in ("PATH", "HOME", "LANG", "ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS", "HYDRANECK_TIME_SCALE")}
    environment.update(HOME=running.folder, **(env or {}))
    running.children[name] = child.Child(name, argv, running.path(name + ".log"), env=environment, cwd=running.folder, wait_for=wait_for)
    return running.children[name]


@contextlib.contextmanager
def instance(running, name, host, port=8443, **more):
    """(address, process) of an instance that ends with the block, in order."""
    at = (host, port)
    config = more.pop("config", None)
    if config is not None:
        config = dict(config, server=dict({"listen": "%s:%d" % at, "admin_token": running.admin_token}, **config.get("server", {})))
    process = start_more(running, name, at, config=config, **more)
    try:
        yield at, process
    finally:
        if process.alive():
            flow.equal(process.stop(), 0, "exit status of " + name)
