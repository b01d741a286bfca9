# SPDX-License-Identifier: LGPL-2.1-or-later
"""The mesh, many times over: a thousand agents at once, ten thousand offers, one id at two instances. Behind `scripts/soak signalling`; each returns its figures as one line."""

import asyncio
import contextlib
import json
import time

import websockets

from flow import equal, true

UNLIMITED = {"mesh": {"rate": 1000000, "burst": 1000000}, "websocket": {"connects_address": 1000000}}  # settings of instances that let one agent say as much as it can


class Agent:
    """One socket to the mesh; everything that came is in `heard`."""

    def __init__(self, cluster, instance, agent_id):
        self.cluster, self.instance, self.id = cluster, instance, agent_id
        self.heard = []
        self.socket = self.reader = None
        self._changed = asyncio.Event()

    async def connect(self):
        self.socket = await websockets.connect(self.cluster.socket_url(self.instance), ping_interval=None, close_timeout=5, max_queue=None,
                                               max_size=None, compression=None, open_timeout=60)
        self.reader = asyncio.ensure_future(self._read())
        return self

    async def _read(self):
        with contextlib.suppress(websockets.ConnectionClosed):
            async for text in self.socket:
                self.heard.append(json.loads(text))
                self._changed.set()
        self._changed.set()

    async def send(self, **message):
        await self.socket.send(json.dumps(message))

    async def register(self):
        await self.send(type="register", agent_id=self.id)

    def of(self, *kinds):
        return [message for message in self.heard if message["type"] in kinds]

    def knows(self, agent_id):
        return any(agent_id in message.get("connected_agents", [message["agent_id"]]) for message in self.of("registered", "agent-joined"))

    async def until(self, condition, seconds, what):
        end = time.monotonic() + seconds
        while not condition():
            true(not self.reader.done(), "%s is still connected, until %s" % (self.id, what))
            self._changed.clear()
            true(time.monotonic() < end, "%g s went by until %s" % (seconds, what))
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._changed.wait(), 1)

    async def close(self):
        await self.socket.close()
        await self.reader


async def all_at_once(cluster, count):
    """M36: each knows all others in the end, none twice, none lost."""
    agents = [Agent(cluster, number % cluster.instances + 1, "agent-%04d" % number) for number in range(count)]
    for first in range(0, count, 50):
        await asyncio.gather(*(agent.connect() for agent in agents[first:first + 50]))
    rss = [cluster.rss_kb(instance) for instance in cluster.numbers()]
    began = time.monotonic()
    await asyncio.gather(*(agent.register() for agent in agents))
    for agent in agents:
        await agent.until(lambda: agent.of("registered") and len(agent.of("registered")[0]["connected_agents"]) + len(agent.of("agent-joined")) >= count - 1, 120,
                          "%s knows of all (%d)" % (agent.id, len(agent.heard)))
    took = time.monotonic() - began
    everybody = {agent.id for agent in agents}
    for agent in agents:
        equal(agent.heard[0]["type"], "registered", "what came first")
        known = agent.heard[0]["connected_agents"] + [message["agent_id"] for message in agent.of("agent-joined")]
        equal(len(known), len(set(known)), "agents that %s knows, and different ones" % agent.id)
        equal(set(known), everybody - {agent.id}, "whom %s knows" % agent.id)
    grown = [cluster.rss_kb(instance) - before for instance, before in zip(cluster.numbers(), rss)]
    for first in range(0, count, 50):
        await asyncio.gather(*(agent.close() for agent in agents[first:first + 50]))
    return "M36: %d agents registered at once, each knows all others once, after %.1f s; memory %+d KB at most" % (count, took, max(grown))


async def offers_in_order(cluster, count, at_once=200):
    """M37: X at one instance, Y at another."""
    x = await Agent(cluster, 1, "x").connect()
    y = await Agent(cluster, cluster.instances, "y").connect()
    for agent in (x, y):
        await agent.register()
    await x.until(lambda: x.knows("y"), 20, "x knows y")
    began = time.monotonic()
    for number in range(1, count + 1):
        await x.send(type="offer", **{"from": "x", "to": "y"}, offer={"type": "offer", "sdp": "v=0", "n": number})
        if number % at_once == 0:
            await y.until(lambda: len(y.of("offer")) >= number - at_once // 2, 30, "y keeps up")
    await y.until(lambda: len(y.of("offer")) >= count, 30, "all have come")
    equal([message["offer"]["n"] for message in y.of("offer")], list(range(1, count + 1)), "offers")
    equal(x.of("error"), [], "errors")
    for agent in (x, y):
        await agent.close()
    return "M37: %d offers from one instance to another, each once and in order, %.0f/s" % (count, count / (time.monotonic() - began))


async def one_id_at_two_instances(cluster, rounds):
    """M40: whoever was told `registered` is whom the others reach; the other one is told why not."""
    watcher = await Agent(cluster, cluster.instances, "watcher").connect()
    await watcher.register()
    for number in range(rounds):
        agent_id = "same-%d" % number
        pair = [await Agent(cluster, instance, agent_id).connect() for instance in (1, 2)]
        await asyncio.gather(*(agent.register() for agent in pair))
        for agent in pair:
            await agent.until(lambda: agent.of("registered", "error"), 20, "round %d is decided" % number)
        owners = [agent for agent in pair if agent.of("registered")]
        equal(len(owners), 1, "owners of the id in round %d: %s" % (number, [agent.heard for agent in pair]))
        other = pair[1] if owners[0] is pair[0] else pair[0]
        equal(other.of("error")[0].get("code"), "AGENT_ID_IN_USE", "what the other one was told")
        await watcher.until(lambda: watcher.of("agent-joined") and watcher.of("agent-joined")[-1]["agent_id"] == agent_id, 20, "the watcher knows of it")
        await watcher.send(type="offer", **{"from": "watcher", "to": agent_id}, offer={"type": "offer", "sdp": "v=0"})
        await owners[0].until(lambda: owners[0].of("offer"), 20, "the owner has the offer")
        for agent in pair:
            await agent.close()
        equal(other.of("offer"), [], "offers to the other one")
        await watcher.until(lambda: watcher.of("agent-left") and watcher.of("agent-left")[-1]["agent_id"] == agent_id, 20, "it has left")
        del watcher.heard[:]
    await watcher.close()
    return "M40: %d times one id at two instances at once: one owner each time, whom the others reach" % rounds
