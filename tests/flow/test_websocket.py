#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""WebSockets that end on our front door, as clients and servers that others wrote meet them (python3-websockets, wslay, node-ws), and as plain sockets
attack them: floods, stalls, resets, ten thousand that say nothing. The server is tests/support/websocket-server.c."""

import asyncio
import contextlib
import json
import multiprocessing
import os
import resource
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

import flow  # noqa: E402, I001: it makes the modules below findable
import measure  # noqa: E402
import websockets  # noqa: E402
from flow import contains, equal, true  # noqa: E402
from raw_websocket import FIN, PING, PONG, TEXT, Ended, Raw, closing, frame, random_mask, request  # noqa: E402

SUPPORT = os.path.join(flow.TOP, "tests/support")
BUILT = os.path.join(flow.build_folder(), "tests/support")
RELEASE = measure.is_release(flow.build_folder())
CAP = 65536
LIMIT_SECONDS = 20
QUEUE_BYTES = 1048576
IDLE = 10000
IDLE_KB = 4 if RELEASE else 12  # a sanitizer keeps its own books of each piece of memory
STALLED_KB = 1536 if RELEASE else 4096
PINGS = 200000
CPU_MS = 1 if RELEASE else 10  # for a thousand pings
LATE_MS = 50 if RELEASE else 200
ENDS = {"by_peer": 0, "by_us": 1, "lost": 2, "silent": 3, "slow": 4, "wrong": 5}

_lease = flow.Lease()


class Server:
    """One process of tests/support/websocket-server.c."""

    def __init__(self, *words):
        host = _lease.address(10)
        environment = dict(os.environ)
        # memory that was freed is not kept for long: the bounds below are of memory in use
        environment["ASAN_OPTIONS"] = environment.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"
        self.process = subprocess.Popen([os.path.join(BUILT, "websocket-server"), host, *words], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
        self.address = (host, int(self.process.stdout.readline()))
        self.tls = "tls=1" in words
        self.url = "%s://%s:%d" % ("wss" if self.tls else "ws", *self.address)
        self.context = _context() if self.tls else None

    def raw(self, path="/echo", **more):
        return Raw(self.address, path, context=self.context, **more)

    def figures(self):
        url = self.url.replace("ws", "http", 1) + "/figures"
        with urllib.request.urlopen(url, timeout=LIMIT_SECONDS, context=self.context) as answer:
            return json.load(answer)

    def wait(self, holds):
        """Asks for figures until `holds` is true of them; each question is answered after a turn of the server's loop."""
        end = time.monotonic() + LIMIT_SECONDS
        while time.monotonic() < end:
            figures = self.figures()
            if holds(figures):
                return figures
        raise AssertionError("it never came to that: %r" % figures)

    def ends(self, kind):
        return self.figures()["closed"][ENDS[kind]]

    def stop(self):
        self.process.stdin.close()
        status = self.process.wait(LIMIT_SECONDS)
        said = self.process.stderr.read()
        equal((status, said), (0, ""), "end of the server")


def _context():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # the server's is made for the moment
    return context


@contextlib.contextmanager
def _server(*words):
    server = Server(*words)
    try:
        yield server
    except BaseException:
        server.process.kill()
        raise
    server.stop()


# ---- what others wrote ----

async def _talk(server):
    async with websockets.connect(server.url + "/echo", ssl=server.context, subprotocols=["test.v1", "other"], max_size=None) as talk:
        equal((talk.subprotocol, talk.extensions), ("test.v1", []), "what was agreed on")
        for length in (0, 1, 125, 126, 127, 65535, 65536):
            await talk.send("x" * length)
            equal(len(await talk.recv()), length, "echo")
            await talk.send(b"y" * length)
            equal(await talk.recv(), b"y" * length, "echo")
        await talk.send(["gr\u00fc", "\u00dfe ", "\U0001f600"])
        equal(await talk.recv(), "gr\u00fc\u00dfe \U0001f600", "echo of fragments")
        for payload in (b"", b"now", b"x" * 125):
            await asyncio.wait_for(await talk.ping(payload), LIMIT_SECONDS)
        await talk.close(4000, "gr\u00fc\u00dfe")
        equal((talk.close_code, talk.close_reason), (4000, "gr\u00fc\u00dfe"), "close")


async def _room(server):
    async with contextlib.AsyncExitStack() as stack:
        everybody = [await stack.enter_async_context(websockets.connect(server.url + "/room", ssl=server.context)) for _ in range(10)]
        for number in range(40):
            await everybody[number % 10].send(str(number))
        heard = [[await talk.recv() for _ in range(40)] for talk in everybody]
        true(all(one == heard[0] for one in heard), "the order is not the same for all: %r" % heard)
        equal(sorted(heard[0], key=int), [str(number) for number in range(40)], "what was heard")


def pythons_client_talks_plain_and_over_tls():
    for words in ((), ("tls=1",)):
        with _server(*words) as server:
            asyncio.run(_talk(server))
            asyncio.run(_room(server))
            server.wait(lambda figures: figures["open"] == 0 and figures["closing"] == 0 and figures["queued"] == 0)


def _run(*command):
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env={**os.environ, "NODE_PATH": "/usr/share/nodejs"})
    equal((result.returncode, result.stderr), (0, ""), "%r said %s and ended with" % (command, result.stdout))
    return result.stdout.splitlines()


def wslay_talks_in_every_form():
    with _server() as server:
        equal(_run(os.path.join(BUILT, "wslay-peer"), server.address[0], str(server.address[1])),
              ["every length", "fragments", "pings", "a thousand at once", "closes"], "talks")
        equal(server.figures()["closed"][ENDS["by_peer"]], 13, "closes")


def node_talks_and_is_refused():
    with _server() as server:
        equal(_run("/usr/bin/node", os.path.join(SUPPORT, "ws-peer.js"), server.url), ["everyLength", "fragments", "aRoom", "refusals", "tooMuch"], "talks")


async def _echo(talk, _path=None):
    while (message := await talk.recv()) != "close":
        await talk.send(message)
    await talk.close(4003, "as asked")


async def _serve_python(host):
    async with websockets.serve(_echo, host, 0) as server:
        port = server.sockets[0].getsockname()[1]
        return await asyncio.get_running_loop().run_in_executor(None, _run, os.path.join(BUILT, "websocket-client"), "ws://%s:%d/" % (host, port))


def our_client_talks_to_servers_of_others():
    expected = ["7 of 7 came back, end 0, code 4003, as asked"]
    host = _lease.address(11)
    equal(asyncio.run(_serve_python(host)), expected, "with python3-websockets")
    with subprocess.Popen(["/usr/bin/node", os.path.join(SUPPORT, "ws-peer.js"), "serve", host], stdout=subprocess.PIPE, text=True,
                          env={**os.environ, "NODE_PATH": "/usr/share/nodejs"}) as node:
        try:
            url = "ws://%s:%d" % (host, int(node.stdout.readline()))
            equal(_run(os.path.join(BUILT, "websocket-client"), url), expected, "with node-ws")
        finally:
            node.kill()


# ---- what nobody should send ----

WRONG = [
    (b"\x81\x01x", 1002, "frame without a mask"),
    (frame(0xc1, b"x"), 1002, "reserved bit"),  # as if permessage-deflate had been agreed on
    (frame(0x83), 1002, "reserved opcode"),
    (frame(0x8b), 1002, "reserved opcode"),
    (frame(PING, b"x"), 1002, "control frame in fragments"),
    (frame(FIN | PING, b"x" * 126), 1002, "long control frame"),
    (b"\x81\xfe\x00\x01\0\0\0\0x", 1002, "length not in its shortest form"),
    (frame(TEXT, b"x") + frame(FIN | TEXT, b"y"), 1002, "new message within another"),
    (frame(FIN), 1002, "continuation of nothing"),
    (frame(TEXT), 1008, "Empty fragment"),
    (frame(TEXT, b"\xed\xa0"), 1007, "text is not UTF-8"),
    (frame(FIN | TEXT, b"\xff", random_mask()), 1007, "text is not UTF-8"),
    (frame(FIN | TEXT, b"x" * (CAP + 1)), 1009, "Message too big"),
    (frame(TEXT, b"x" * CAP) + frame(FIN, b"y"), 1009, "Message too big"),
    (closing(1005), 1002, "close code that may not be sent"),
    (closing(1006), 1002, "close code that may not be sent"),
    (closing(999), 1002, "close code that may not be sent"),
    (closing(5000), 1002, "close code that may not be sent"),
    (frame(0x88, b"x"), 1002, "close body of one byte"),
    (closing(1000, b"\xff"), 1007, "close reason is not UTF-8"),
]


def each_wrong_frame_is_named_and_ends_its_socket_alone():
    for words in ((), ("tls=1",)):
        with _server(*words) as server:
            bystander = server.raw()
            for data, code, reason in WRONG:
                client = server.raw()
                client.text("before")
                client.say(data)
                equal(client.hear(), (TEXT, b"before"), "what came before")
                equal(client.hear_close(), (code, reason), "close after %r" % data[:16])
                true(client.ends(), "the connection goes on after %r" % data[:16])
                client.close()
            bystander.text("still there")
            equal(bystander.hear(), (TEXT, b"still there"), "the bystander")
            equal(server.ends("wrong"), len(WRONG), "those that were wrong")
            bystander.close()


def a_head_that_does_not_end_has_a_deadline():
    with _server("head_ms=200") as server:
        client = server.raw(None)
        client.say(request("/echo")[:-2])
        answer = b""
        while True:
            try:
                client._more()
            except Ended:
                break
        answer = client.buffer
        contains(answer.decode(), "HTTP/1.1 408 ", "answer")
        client.close()


# ---- floods ----

def fragments_are_counted_and_what_they_hold_is_bounded():
    with _server() as server:
        before = server.figures()["resident_kb"]
        client = server.raw()
        client.say(frame(TEXT, b"x") + frame(0, b"x") * 1022 + frame(FIN, b"x"))
        equal(client.hear(), (TEXT, b"x" * 1024), "a message of 1,024 fragments")
        client.say(frame(TEXT, b"x") + frame(0, b"x") * 1024)
        equal(client.hear_close(), (1009, "Too many fragments"), "close")
        client.close()
        holders = [server.raw() for _ in range(50)]
        for holder in holders:
            for _ in range(8):
                holder.say(frame(TEXT if _ == 0 else 0, b"x" * 8000))
        for holder in holders:
            holder.say(frame(FIN | PING, b"all of it is there"))
            equal(holder.hear(), (PONG, b"all of it is there"), "pong within a message")
        grown = server.figures()["resident_kb"] - before
        true(grown <= 50 * 2 * (128 if RELEASE else 256), "50 unfinished messages hold %d KB" % grown)
        for holder in holders:
            holder.reset()
        server.wait(lambda figures: figures["open"] == 0)


def _measure(address, begun, over, result):
    """In a process of its own: how long an echo takes, in milliseconds, until it is over."""
    client = Raw(address, "/echo")
    took = []
    while not over.is_set():
        start = time.monotonic()
        client.text("ping")
        client.hear()
        took.append(1000 * (time.monotonic() - start))
        begun.set()
    client.close()
    result.put(took)


class Latency:
    """One socket that is echoed all the time; how long that took."""

    def __init__(self, server):
        fork = multiprocessing.get_context("fork")
        self._over, self._begun, self._result = fork.Event(), fork.Event(), fork.Queue()
        self._process = fork.Process(target=_measure, args=(server.address, self._begun, self._over, self._result), daemon=True)
        self.took = []

    def __enter__(self):
        self._process.start()
        true(self._begun.wait(LIMIT_SECONDS), "no echo comes")
        return self

    def __exit__(self, *_):
        self._over.set()
        self.took = sorted(self._result.get(timeout=LIMIT_SECONDS))
        self._process.join()

    def p99(self):
        return self.took[int(len(self.took) * 0.99)]


def two_hundred_thousand_pings_delay_nobody_and_are_not_all_answered():
    with _server() as server:
        flood = server.raw()
        before = server.figures()
        pings = b"".join(frame(FIN | PING, b"%d" % number) for number in range(PINGS))
        heard = []

        def listen():
            while not heard or heard[-1] != (PONG, b"%d" % (PINGS - 1)):
                heard.append(flood.hear())

        listener = threading.Thread(target=listen)
        with Latency(server) as calm:
            for _ in range(50):
                server.figures()
        with Latency(server) as latency:
            listener.start()
            began = time.monotonic()
            flood.say(pings)
            listener.join()
            took = time.monotonic() - began
        after = server.figures()
        equal(after["pings"] - before["pings"], PINGS, "pings")
        numbers = [int(payload) for opcode, payload in heard]
        equal(numbers, sorted(numbers), "order of pongs")
        true(len(heard) <= PINGS / 20, "%d pongs" % len(heard))
        cpu = after["cpu_ms"] - before["cpu_ms"]
        true(cpu <= PINGS / 1000 * CPU_MS + 1000 * took, "%d ms of CPU" % cpu)
        true(latency.p99() <= LATE_MS, "another socket waited %.1f ms" % latency.p99())
        print("figure: %d pings in %.2f s: %d pongs, %d ms of CPU; another socket's p99 %.2f ms over %d echoes, %.2f ms over %d without them" %
              (PINGS, took, len(heard), cpu, latency.p99(), len(latency.took), calm.p99(), len(calm.took)))
        flood.close()


def pings_of_one_who_does_not_read_wait_nowhere():
    with _server("close_ms=500") as server:
        flood = server.raw(receive_bytes=4096)
        flood.socket.settimeout(3)
        pings = b"".join(frame(FIN | PING, b"x" * 125) for _ in range(1000))
        for _ in range(50):
            flood.say(pings)
        server.wait(lambda figures: figures["pings"] == 50000)
        true(server.figures()["queued"] <= 65536, "pongs wait: %r" % server.figures())
        flood.reset()
        server.wait(lambda figures: figures["open"] == 0)


# ---- those who take nothing, or say nothing ----

def one_who_stalls_is_closed_and_nobody_waits_for_it():
    with _server("close_ms=500") as server:
        before = server.figures()["resident_kb"]
        stalled = server.raw("/room", receive_bytes=4096)
        reader, writer = server.raw("/room"), server.raw("/room")
        most = {"queued": 0, "resident_kb": 0}
        took = []
        sent = 0
        while server.figures()["closed"][ENDS["slow"]] == 0:
            true(sent < 1000, "it is never slow: %r" % server.figures())
            began = time.monotonic()
            writer.text(b"x" * 65000)
            sent += 1
            equal(len(reader.hear()[1]), 65000, "the reader")
            took.append(1000 * (time.monotonic() - began))
            equal(len(writer.hear()[1]), 65000, "the writer")
            figures = server.figures()
            most = {key: max(most[key], figures[key]) for key in most}
        true(most["queued"] <= QUEUE_BYTES, "%d bytes waited" % most["queued"])
        true(most["resident_kb"] - before <= STALLED_KB, "it cost %d KB" % (most["resident_kb"] - before))
        print("figure: a stalled reader cost %d KB, %d of them its queue; another one's longest wait %.1f ms" %
              (most["resident_kb"] - before, most["queued"] / 1024, max(took)))
        count = 0
        while True:
            opcode, payload = stalled.hear()
            if opcode != TEXT:
                break
            count += 1
        equal((payload[2:], count > 0), (b"Slow consumer", True), "what the stalled one reads at last")
        for client in (stalled, reader, writer):
            client.close()
        server.wait(lambda figures: figures["open"] == 0 and figures["closing"] == 0 and figures["queued"] == 0)


def one_who_vanishes_or_resets_is_gone():
    with _server("ping_ms=100", "pong_ms=100", "close_ms=100") as server:
        vanished = [server.raw("/room") for _ in range(20)]
        for client in [server.raw("/room") for _ in range(20)]:
            client.reset()
        for client in [server.raw("/room") for _ in range(20)]:
            client.say(frame(TEXT, b"half"))
            client.close()
        figures = server.wait(lambda figures: figures["open"] == 0 and figures["closing"] == 0)
        equal((figures["closed"][ENDS["lost"]], figures["closed"][ENDS["silent"]]), (40, 20), "ends")
        for client in vanished:
            client.close()


def one_who_does_not_end_its_message_is_closed():
    with _server("message_ms=100") as server:
        client = server.raw()
        client.say(frame(TEXT, b"unfinished"))
        equal(client.hear_close(), (1008, "Message timeout"), "close")
        client.close()


def _open_many(server, count):
    """So many sockets at once, without a thread for each."""
    clients = []
    for _ in range(0, count, 500):
        batch = []
        for _ in range(min(500, count - len(clients))):
            client = socket.socket()
            client.settimeout(LIMIT_SECONDS)
            client.connect(server.address)
            client.sendall(request("/count"))
            batch.append(client)
        for client in batch:
            answer = client.recv(1024)
            true(answer.startswith(b"HTTP/1.1 101 ") and answer.endswith(b"\r\n\r\n"), "answer %r" % answer)
        clients += batch
    return clients


def ten_thousand_who_say_nothing_cost_little():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    true(hard >= IDLE + 500, "this machine allows %d descriptors only" % hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with _server() as server:
        warm = _open_many(server, 500)
        before = server.figures()
        clients = _open_many(server, IDLE)
        after = server.figures()
        equal(after["open"], IDLE + 500, "open sockets")
        each = (after["resident_kb"] - before["resident_kb"]) / IDLE
        print("figure: %d idle sockets cost %.2f KB each" % (IDLE, each))
        true(each <= IDLE_KB, "%.2f KB for each" % each)
        with Latency(server) as latency:
            for client in clients[::100]:
                client.sendall(frame(FIN | TEXT, b"hello"))
            server.wait(lambda figures: figures["messages_in"] >= IDLE / 100 + 200)
        true(latency.p99() <= LATE_MS, "among them one waits %.1f ms" % latency.p99())
        for client in clients + warm:
            client.close()
        server.wait(lambda figures: figures["open"] == 0)


flow.main(globals())
