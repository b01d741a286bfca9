# SPDX-License-Identifier: LGPL-2.1-or-later
"""Users in rooms, many at once: each keeps what it heard, and afterwards it is checked who heard what. One asyncio loop; nobody waits for time, but for what must come."""

import asyncio
import collections
import contextlib
import json
import time

import websockets

from flow import equal, true


class Member:
    """One user with one connection to a room. One that `returns` comes back by itself, at another instance, from where it was."""

    def __init__(self, world, room, user, instance, returns=False):
        self.world, self.room, self.user, self.instance, self.returns = world, room, user, instance, returns
        self.heard = collections.defaultdict(list)  # numbers, by user
        self.events = collections.defaultdict(list)  # payloads, by type
        self.order = []  # (user, number) of everybody, as it came
        self.first = self.welcome = None  # type of the first message of this connection, and its payload
        self.closes = []
        self.said = 0
        self.offset = self.epoch = self.connection = None
        self.socket = self.reader = None
        self.on_message = None

    def __repr__(self):
        return "%s in %s" % (self.user, self.room)

    async def join(self, instance=None, recover=False):
        """Until its room_state has come."""
        if instance is not None:
            self.instance = instance
        url = self.world.cluster.socket_url(self.instance, self.room, self.user)
        if recover and self.epoch is not None:
            url += "&offset=%d&epoch=%s&conn=%s" % (self.offset, self.epoch, self.connection)
        self.first = self.welcome = None
        before = len(self.events["room_state"])
        self.socket = await websockets.connect(url, ping_interval=None, close_timeout=5, max_queue=None, compression=None)
        self.reader = asyncio.ensure_future(self._read())
        await self.world.until(lambda: len(self.events["room_state"]) > before or not self.is_here, 20, "%r has its room_state" % self)
        if self.reader.done():
            self.reader.result()
        true(self.is_here, "%r was let in (%r)" % (self, self.closes))
        return self

    @property
    def is_here(self):
        return self.socket is not None and self.socket.open and not self.reader.done()

    async def _read(self):
        with contextlib.suppress(websockets.ConnectionClosed):
            async for text in self.socket:
                self._take(json.loads(text))
        self.closes.append((self.socket.close_code, self.socket.close_reason))
        self.world.changed()
        if self.returns:
            self.world.start(self._come_back())

    async def _come_back(self):
        """Tries the others until one takes it."""
        for _ in range(200):
            self.instance = self.world.cluster.after(self.instance)
            try:
                await self.join(recover=True)
                return
            except (OSError, websockets.InvalidHandshake, websockets.ConnectionClosed):
                await asyncio.sleep(0.05)
        raise AssertionError("%r found nobody who takes it" % self)

    def _take(self, message):
        kind, payload = message["type"], message["payload"]
        if self.first is None:
            self.first, self.welcome = kind, payload
        if message.get("offset") is not None:
            self.offset, self.epoch = message["offset"], message["epoch"]
        if kind == "room_state":
            self.connection = payload.get("connection_id", self.connection)
        if kind == "offer" and "n" in payload:
            self.heard[message["sender_id"]].append(payload["n"])
            self.order.append((message["sender_id"], payload["n"]))
        else:
            self.events[kind].append(payload)
        if self.on_message is not None:
            self.on_message(message)
        self.world.changed()

    async def say(self, count=1):
        for _ in range(count):
            self.said += 1
            await self.send("offer", {"n": self.said})

    async def send(self, kind, payload):
        await self.socket.send(json.dumps({"type": kind, "payload": payload}))

    async def leave(self):
        self.returns = False
        await self.socket.close()
        await self.reader

    def times(self, kind, user):
        """How often it heard that `user` joined or left."""
        return sum(payload["user_id"] == user for payload in self.events[kind])


class World:
    """All members of a test. `cluster` knows where the instances are."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.members = []
        self._changed = asyncio.Event()
        self._tasks = []

    def start(self, job):
        self._tasks.append(asyncio.ensure_future(job))

    def changed(self):
        self._changed.set()

    def member(self, *words, **more):
        self.members.append(Member(self, *words, **more))
        return self.members[-1]

    async def until(self, condition, seconds, what):
        """Looks again whenever something came."""
        end = time.monotonic() + seconds
        while not condition():
            self._raise_failures()
            self._changed.clear()
            left = end - time.monotonic()
            true(left > 0, "%g s went by until %s" % (seconds, what))
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._changed.wait(), min(left, 1))

    def _raise_failures(self):
        for task in [task for task in self._tasks if task.done()]:
            self._tasks.remove(task)
            task.result()

    async def end(self):
        self._raise_failures()
        for task in self._tasks:
            task.cancel()
        for member in self.members:
            member.returns = False
        await asyncio.gather(*(member.socket.close() for member in self.members if member.socket is not None), return_exceptions=True)


class Talk:
    """Members who go on talking, each so many messages a second, while something is done to the servers."""

    def __init__(self, world, members, rate):
        self.world, self.members, self.rate = world, members, rate
        self.over = False
        self.task = None

    async def _go(self):
        began, rounds = time.monotonic(), 0
        while not self.over:
            for member in self.members:
                if member.is_here:
                    with contextlib.suppress(websockets.ConnectionClosed):
                        await member.say()
            rounds += 1
            await asyncio.sleep(max(0, began + rounds / self.rate - time.monotonic()))

    async def __aenter__(self):
        self.task = asyncio.ensure_future(self._go())
        return self

    async def __aexit__(self, kind, *_):
        self.over = True
        if kind is None:
            await self.task
        else:
            self.task.cancel()


def once_and_in_order(member, user, what="messages"):
    """None twice, none earlier than one before it; some may be missing."""
    numbers = member.heard[user]
    for before, after in zip(numbers, numbers[1:]):
        true(after > before, "%r heard %d of %s after %d: %s are doubled or out of order" % (member, after, user, before, what))


def complete(member, speaker, upto=None):
    """Every number, once, in order."""
    equal(member.heard[speaker.user], list(range(1, (upto or speaker.said) + 1)), "what %r heard of %s" % (member, speaker.user))


def one_order(members):
    """Whoever heard the same two messages heard them in the same order: each list is thinned to what all heard, then they must be equal."""
    common = set(members[0].order)
    for member in members[1:]:
        common &= set(member.order)
    first = [one for one in members[0].order if one in common]
    for member in members[1:]:
        true([one for one in member.order if one in common] == first, "%r and %r heard them in one order" % (member, members[0]))
    return len(first)
