#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The mesh under agents that are too loud, too slow, too many or against the rules: each costs little, and the others notice nothing."""

import asyncio
import os
import re
import socket
import statistics
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

import flow  # noqa: E402, I001: it makes the modules below findable
import child  # noqa: E402
import measure  # noqa: E402
import meshes  # noqa: E402
import web  # noqa: E402
from flow import contains, equal, true  # noqa: E402
from meshes import Agent, RawPeer, agents, frame, run  # noqa: E402

RATE, BURST = 500, 2000
CROWD = 1000
STALLED_KB = 1536 if measure.is_release(flow.build_folder()) else 40000  # AddressSanitizer keeps what was freed
CALM_MS = 500  # what others may wait, on a machine that does other things too; the bench measures


def _figure(text):
    print("figure: %s" % text, flush=True)


async def _rounds(a, b, seconds):
    """How long single offers take while something else goes on, in milliseconds, sorted."""
    took, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.monotonic()
        await a.offer(b.id, len(took) + 1)
        while (message := await b.next())["type"] != "offer":
            pass
        equal(message["offer"], len(took) + 1, "offer")
        took.append((time.monotonic() - began) * 1000)
    return sorted(took)


def _calm(took, what):
    _figure("%s: %d offers of others, median %.1f ms, p99 %.1f ms" % (what, len(took), statistics.median(took), took[len(took) * 99 // 100]))
    true(took[len(took) * 99 // 100] < CALM_MS, "others waited %.0f ms" % took[len(took) * 99 // 100])


def a_message_beyond_the_limit_ends_its_sender_only(it):
    async def test():
        async with agents(it.ws(), "a", "b") as (a, b), Agent(it.ws()) as big:
            room = 262144 - len('{"type":"offer","from":"a","to":"b","offer":""}')
            await a.send('{"type":"offer","from":"a","to":"b","offer":"%s"}' % ("x" * room))
            equal(len((await b.next())["offer"]), room, "length of the longest offer")
            await big.send("x" * 262145)
            equal((await big.closed())[0][0], 1009, "close code")
            await b.silence()

    run(test())


def what_breaks_the_rules_of_websockets_is_closed(it):
    text = b'{"type":"register","agent_id":"r"}'
    for data, code in ((frame(text, mask=None), 1002), (frame(text, 0x83), 1002), (frame(text, 0xC1), 1002), (frame(b"\3\xed", 0x88), 1002), (frame(b"x", 0x88), 1002),
                       (frame(b"[", 0x01) + frame(b"", 0x00), 1008), (frame(b"[", 0x01) + frame(b"1", 0x00) * 1100, 1009), (frame(b"\xff"), 1007)):
        peer = RawPeer(it.at[1])
        peer.raw(data)
        equal(peer.close_frame()[0], code, "close code of %r" % data[:20])
        peer.close()


def compression_is_not_agreed_on(it):
    peer = RawPeer(it.at[1], headers={"Sec-WebSocket-Extensions": "permessage-deflate"})
    true("sec-websocket-extensions" not in peer.head.lower(), "an extension is agreed on: %s" % peer.head)
    peer.close()


def a_message_that_does_not_end_is_not_waited_for(it):
    peer = RawPeer(it.at[1])
    peer.raw(frame(b'{"type":', 0x01))
    equal(peer.close_frame()[0], 1008, "close code")
    peer.close()


def a_flood_is_read_slowly_told_so_and_not_felt_by_others(it):
    """All of it arrives, in order, at the rate that is allowed."""
    count = BURST + RATE

    async def flood(loud):
        for number in range(1, count + 1):
            await loud.offer("loud", number)

    async def test():
        async with agents(it.ws(), "a", "b", "loud") as (a, b, loud):
            began = time.monotonic()
            task = asyncio.ensure_future(flood(loud))
            calm = asyncio.ensure_future(_rounds(a, b, 0.5))
            numbers, errors = [], 0
            while len(numbers) < count:
                message = await loud.next()
                errors += message["type"] == "error"
                if message["type"] == "error":
                    equal(message["code"], "RATE_LIMIT_EXCEEDED", "code")
                else:
                    numbers.append(message["offer"])
            took = time.monotonic() - began
            equal(numbers, list(range(1, count + 1)), "numbers")
            true(0.5 < took, "a flood of %d took only %.1f s" % (count, took))
            true(1 <= errors <= took + 2, "%d errors in %.1f s" % (errors, took))
            await task
            _calm(await calm, "one agent floods")

    run(test())


def a_flood_of_pings_is_answered_little_and_not_felt_by_others(it):
    async def test():
        async with agents(it.ws(), "a", "b") as (a, b):
            peer = RawPeer(it.at[1])
            peer.sock.settimeout(5)
            task = asyncio.get_running_loop().run_in_executor(None, peer.raw, frame(b"p", 0x89) * 100000 + frame(b"last", 0x89))
            _calm(await _rounds(a, b, 0.5), "100,000 pings")
            await task
            answer = b""
            while not answer.endswith(b"\x8a\x04last"):
                answer += peer.sock.recv(65536)
            true(len(answer) < 100000, "pongs: %d bytes" % len(answer))
            peer.close()

    run(test())


def a_reader_that_takes_nothing_is_closed_and_costs_little(it):
    process = measure.Process("mesh", it.children["mesh-1"].pid)

    async def test():
        async with agents(it.ws(), "a", "b", "fast") as (a, b, fast):
            for _ in range(20):  # what one who reads costs, so often that buffers have their size
                await fast.offer("fast", "x" * 60000)
                await fast.next()
            before = most = process.rss_kb()
            slow = RawPeer(it.at[1])
            slow.send({"type": "register", "agent_id": "slow"})
            for agent in (a, b, fast):
                await agent.expect(type="agent-joined", agent_id="slow")
            calm = asyncio.ensure_future(_rounds(a, b, 0.5))
            gone = False
            for number in range(400):
                await fast.offer("slow", "x" * 60000)
                if number % 10 == 9:  # a question to itself: what came before it?
                    most = max(most, process.rss_kb())
                    await fast.offer("fast", "mark")
                    message = await fast.next()
                    gone = gone or message.get("type") == "agent-left"
                    while message.get("offer") != "mark":
                        message = await fast.next()
                    if gone:
                        break
            true(gone, "it is still there after 24 MB")
            took = await calm
            await fast.offer("slow")
            await fast.error("AGENT_NOT_FOUND", "Error: Agent slow not found")
            _calm(took, "one agent reads nothing, %d KB grown" % (most - before))
            true(most - before <= STALLED_KB, "the server grew by %d KB" % (most - before))
            slow.close()

    run(test())


# ---- a crowd ----


class Peer(asyncio.Protocol):
    """As little as can register and count: a thousand of these fit into one process."""

    def __init__(self, number, at):
        self.id, self.at = "crowd-%d" % number, at
        self.bytes = bytearray()
        self.opened = asyncio.get_running_loop().create_future()
        self.wanted = None
        self.enough = asyncio.get_running_loop().create_future()

    def connection_made(self, transport):
        self.transport = transport
        transport.write(b"GET / HTTP/1.1\r\nHost: %s:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
                        % (self.at[0].encode(), self.at[1]))

    def data_received(self, data):
        self.bytes += data
        if not self.opened.done() and b"\r\n\r\n" in self.bytes:
            del self.bytes[:self.bytes.index(b"\r\n\r\n") + 4]
            self.opened.set_result(None)
        if self.wanted is not None and not self.enough.done() and self.known() >= self.wanted:
            self.enough.set_result(None)

    def known(self):
        """How many others it has heard of; all frames are short texts of the server but its list."""
        return self.bytes.count(b'"agent-joined"') + self.listed()

    def listed(self):
        found = re.search(rb'"connected_agents":\[([^\]]*)\]', self.bytes)
        return found.group(1).count(b'"') // 2 if found else 0

    def register(self, wanted):
        self.wanted = wanted
        self.transport.write(frame(b'{"type":"register","agent_id":"%s"}' % self.id.encode()))

    def names(self):
        """(first kind of message, those it was told of, in order)."""
        kinds = re.findall(rb'"type":"([a-z-]+)"', self.bytes)
        listed = re.search(rb'"connected_agents":\[([^\]]*)\]', self.bytes).group(1)
        return kinds[0], re.findall(rb'"(crowd-\d+)"', listed) + re.findall(rb'"agent-joined","agent_id":"(crowd-\d+)"', self.bytes)


def a_crowd_that_registers_at_once_knows_each_other_exactly(it):
    process = measure.Process("mesh", it.children["mesh-1"].pid)

    async def test():
        loop = asyncio.get_running_loop()
        before = process.rss_kb()
        peers = [(await loop.create_connection(lambda number=number: Peer(number, it.at[1]), *it.at[1]))[1] for number in range(CROWD)]
        await asyncio.gather(*(peer.opened for peer in peers))
        began = time.monotonic()
        for peer in peers:
            peer.register(CROWD - 1)
        await asyncio.wait_for(asyncio.gather(*(peer.enough for peer in peers)), 60)
        _figure("%d agents register at once: %.1f s until each knows all, %d KB grown" % (CROWD, time.monotonic() - began, process.rss_kb() - before))
        everybody = {peer.id.encode() for peer in peers}
        for peer in peers:
            first, names = peer.names()
            equal(first, b"registered", "first message of %s" % peer.id)
            equal(len(names), len(set(names)), "names that %s was told" % peer.id)
            equal(set(names), everybody - {peer.id.encode()}, "whom %s knows" % peer.id)
        for peer in peers:
            peer.transport.abort()

    run(test())


# ---- plain requests ----


def scanners_and_health_checks_leave_nothing(it):
    process = measure.Process("mesh", it.children["mesh-1"].pid)
    host, port = it.at[1]

    def look():
        for _ in range(50):
            RawPeer(it.at[1]).close()  # a socket that says nothing
            equal(web.call("GET", "http://%s:%d/" % (host, port)).status, 426, "status")
            socket.create_connection(it.at[1], 10).close()  # nc -z
            contains(web.raw(host, port, b"\x16\x03\x01\0\0\r\n\r\n"), b" 400 ", "answer")

    look()
    lines, fds = len(it.children["mesh-1"].lines()), process.fds()
    look()
    child.until(lambda: process.fds() <= fds, 10, "closed connections are forgotten")
    equal(len(it.children["mesh-1"].lines()), lines, "lines in the log")


if __name__ == "__main__":
    flow.main(globals(), started=meshes.Started, between=meshes.empty,
              extra={"websocket": {"message_timeout": "300ms"}, "mesh": {"rate": RATE, "burst": BURST}})
