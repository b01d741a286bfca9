#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The mesh over three instances and a real Redis: one mesh for its agents, one owner for each id, and a life without Redis."""

import asyncio
import contextlib
import os
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

import flow  # noqa: E402, I001: it makes the modules below findable
import meshes  # noqa: E402
from flow import equal, true  # noqa: E402
from meshes import Agent, run  # noqa: E402

TTL = 2  # seconds: mesh.presence_ttl
ROUNDS = 40  # of a race; `scripts/soak signalling` runs a thousand


@contextlib.asynccontextmanager
async def _spread(it, *places):
    """Agents `id@instance`, registered one after another; what they heard of each other is read already."""
    async with contextlib.AsyncExitStack() as stack:
        made = []
        for place in places:
            agent_id, number = place.split("@")
            agent = await stack.enter_async_context(Agent(it.ws(int(number))))
            equal(await agent.register(agent_id), [other.id for other in made], "list of " + place)
            for other in made:
                await other.expect(type="agent-joined", agent_id=agent_id)
            made.append(agent)
        yield made


async def _beside_news(agent):
    while (message := await agent.next())["type"] in ("agent-joined", "agent-left"):
        pass
    return message


async def _reach(sender, target):
    """Offers until one arrives. Those before it were errors: an instance may hear of Redis a moment later than another, and one that was on its way may arrive all the same."""
    number = 0
    while True:
        number += 1
        await sender.offer(target.id, number)
        heard = [asyncio.ensure_future(_beside_news(agent)) for agent in (target, sender)]
        await asyncio.wait(heard, return_when=asyncio.FIRST_COMPLETED)
        for task in heard:
            task.cancel()
        arrived, error = await asyncio.gather(*heard, return_exceptions=True)
        while isinstance(arrived, dict) and arrived["offer"] != number:
            arrived = await _beside_news(target)
        if isinstance(arrived, dict):
            return
        if error["type"] == "offer":  # of before, to the sender itself
            continue
        equal((error["type"], error.get("code")), ("error", "AGENT_UNREACHABLE"), "what the sender hears")


def agents_of_all_instances_are_one_mesh(it):
    async def test():
        async with _spread(it, "a@1", "b@2", "c@3", "d@1") as (a, b, c, d):
            for one, other in ((a, b), (b, c), (c, a), (a, d)):
                await one.send('{"x":1,"type":"offer","from":"%s","to":"%s","offer":{ "sdp":"ü\\u0041\\r\\n", "n":0.10}}' % (one.id, other.id))
                equal(await other.text(), '{"type":"offer","from":"%s","to":"%s","offer":{ "sdp":"ü\\u0041\\r\\n", "n":0.10}}' % (one.id, other.id), "relayed text")
                await other.send({"type": "answer", "from": other.id, "to": one.id, "answer": {"sdp": "y"}})
                await one.expect(type="answer")
                await one.send({"type": "ice-candidate", "from": one.id, "to": other.id, "candidate": {"candidate": ""}})
                await other.expect(type="ice-candidate")
            await a.offer("ghost")
            await a.error("AGENT_NOT_FOUND", "Error: Agent ghost not found")
            await c.socket.close()
            for agent in (a, b, d):
                await agent.expect(type="agent-left", agent_id="c")
                await agent.silence()
            await a.offer("c")
            await a.error("AGENT_NOT_FOUND", "Error: Agent c not found")

    run(test())


def what_one_agent_sends_another_keeps_its_order_over_instances(it):
    async def test():
        async with _spread(it, "a@1", "b@2", "c@1") as (a, b, c):
            async def say():
                for number in range(1, 501):
                    await a.offer("b", number)
                    await a.offer("c", number)

            task = asyncio.ensure_future(say())
            for agent in (b, c):
                equal([(await agent.expect(type="offer"))["offer"] for _ in range(500)], list(range(1, 501)), "numbers at " + agent.id)
            await task

    run(test())


def lists_are_of_the_whole_mesh_and_in_order_of_joining(it):
    async def test():
        async with _spread(it, "z@1", "a@2", "m@3"):
            for number in (1, 2, 3):
                reply = await asyncio.get_running_loop().run_in_executor(None, lambda number=number: it.call("GET", "/agents", number=number))
                equal([agent["agent_id"] for agent in reply.json()["agents"]], ["z", "a", "m"], "agents as instance %d tells" % number)
                equal([agent["here"] for agent in reply.json()["agents"]].index(True), number - 1, "which of them is here")

    run(test())


def an_offer_to_somebody_who_left_before_it_was_heard_is_an_error(it):
    """Instance 1 stands still: the offer waits there, and is read before what Redis tells."""

    async def test():
        async with _spread(it, "a@1", "b@2", "c@3") as (a, b, c):
            it.children["mesh-1"].signal(signal.SIGSTOP)
            try:
                await a.offer("b")
                await b.socket.close()
                await c.expect(type="agent-left", agent_id="b")
            finally:
                it.children["mesh-1"].signal(signal.SIGCONT)
            heard = [await a.next(), await a.next()]
            equal(sorted(message["type"] for message in heard), ["agent-left", "error"], "what the sender hears")
            equal([message["code"] for message in heard if message["type"] == "error"], ["AGENT_NOT_FOUND"], "code")
            await a.silence()

    run(test())


def who_leaves_while_another_one_joins_is_no_ghost(it):
    """Redis stands still for a moment: the one has asked to join, the other is gone, and of neither anything is heard yet."""

    async def test():
        async with _spread(it, "x@1", "z@1") as (x, z), Agent(it.ws(1)) as y:
            it.children["redis"].signal(signal.SIGSTOP)
            try:
                await y.send({"type": "register", "agent_id": "y"})
                await z.silence()  # it was read by now
                await x.socket.close()
                await z.expect(type="agent-left", agent_id="x")
            finally:
                it.children["redis"].signal(signal.SIGCONT)
            y.id = "y"
            await y.expect(type="registered", connected_agents=["z"])
            await z.expect(type="agent-joined", agent_id="y")
            for agent in (y, z):
                await agent.silence()
            async with Agent(it.ws(1)) as late:
                equal(await late.register("late"), ["z", "y"], "list")

    run(test())


def an_id_that_two_instances_are_asked_for_at_once_has_one_owner(it):
    """Whoever lost knows it."""

    async def owners_of(one, other):
        """Who hears itself."""
        owners = []
        for agent in (one, other):
            await agent.offer(agent.id, "mark")
            owners += [agent] if (await _beside_news(agent))["type"] == "offer" else []
        return owners

    async def test():
        for number in range(ROUNDS):
            async with Agent(it.ws(1)) as one, Agent(it.ws(2)) as other:
                one.id = other.id = "race-%d" % number
                await asyncio.gather(*(agent.send({"type": "register", "agent_id": agent.id}) for agent in (one, other)))
                equal(sorted([(await agent.next())["type"] for agent in (one, other)]), ["error", "registered"], "answers")
                equal(len(await owners_of(one, other)), 1, "owners")

    run(test())


@contextlib.contextmanager
def _more(it, database, count, **mesh):
    """Instances beside the three, with a database of their own."""
    config = {"mesh": dict({"presence_ttl": "%ds" % TTL}, **mesh), "tokens": {"secret": it.secret}, "redis": {"url": "redis://%s:%d/%d" % (*it.redis_at, database)}}
    with contextlib.ExitStack() as stack:
        started = [stack.enter_context(meshes.instance(it, "mesh-%d-%d" % (database, number), it.at[number][0], 8000 + database, config=config)) for number in range(1, count + 1)]
        for at, _ in started:
            meshes.ready(at)
        yield ["ws://%s:%d/" % at for at, _ in started], [process for _, process in started]


def _kill(it, process):
    process.signal(signal.SIGKILL)
    process.stop()
    it.ended.append(it.children.pop(process.name))


def with_tokens_the_newest_of_an_identity_wins_wherever_it_is(it):
    def who(user):
        return {"extra_headers": {"Authorization": "Bearer " + it.token(user)}}

    async def race(one_url, other_url):
        for _ in range(ROUNDS):
            async with Agent(one_url, **who("ann")) as one, Agent(other_url, **who("ann")) as other:
                await asyncio.gather(*(agent.send({"type": "register", "agent_id": "race"}) for agent in (one, other)))
                ended = [asyncio.ensure_future(agent.closed()) for agent in (one, other)]
                done, left = await asyncio.wait(ended, return_when=asyncio.FIRST_COMPLETED)
                equal([task.result()[0] for task in done], [(4001, "replaced")], "how the first one is closed")
                winner = (one, other)[ended.index(left.pop())]
                winner.id = "race"
                await winner.offer("race", "mine")
                await winner.socket.close()
                await asyncio.gather(*ended)
                before = [meshes.json.loads(text) for task in ended if task not in done for text in task.result()[1]]
                true(before[-1] == {"type": "offer", "from": "race", "to": "race", "offer": "mine"}, "the last one does not own it: %r" % before)

    async def test(one_url, other_url, first):
        async with Agent(one_url, **who("ann")) as old, Agent(other_url, **who("zoe")) as watcher, Agent(other_url, **who("bob")) as stranger, Agent(other_url, **who("ann")) as new:
            await old.register("a")
            equal(await watcher.register("z"), ["a"], "list")
            await old.expect(type="agent-joined", agent_id="z")
            await stranger.send({"type": "register", "agent_id": "a"})
            await stranger.error("AGENT_ID_IN_USE")
            equal(await new.register("a"), ["z"], "list")
            equal(await old.closed(), ((4001, "replaced"), []), "end of the old one")
            await watcher.expect(type="agent-joined", agent_id="a")
            await watcher.silence()
            async with Agent(other_url, **who("ann")) as newer:  # at the same instance
                equal(await newer.register("a"), ["z"], "list")
                equal(await new.closed(), ((4001, "replaced"), []), "end of the old one")
                await watcher.expect(type="agent-joined", agent_id="a")
                await newer.silence()
            await watcher.expect(type="agent-left", agent_id="a")
        await race(one_url, other_url)
        async with Agent(one_url, **who("ann")) as lost, Agent(other_url, **who("zoe")) as watcher, Agent(other_url, **who("ann")) as back:
            await lost.register("a")
            await watcher.register("z")
            _kill(it, first)
            equal(await back.register("a"), ["z"], "list, at once after its instance was killed")
            await watcher.expect(type="agent-joined", agent_id="a")
            await watcher.silence()

    with _more(it, 1, 2, auth="token") as (urls, processes):
        run(test(*urls, processes[0]))


def what_is_sent_to_an_agent_that_moves_keeps_its_order_and_is_not_lost(it):
    count = 2000

    def who(user):
        return {"extra_headers": {"Authorization": "Bearer " + it.token(user)}}

    async def numbers(agent):
        """All offers until its end, or the last one."""
        heard = []
        with contextlib.suppress(meshes.websockets.ConnectionClosed):
            while not heard or heard[-1] < count:
                message = await _beside_news(agent)
                if message["type"] == "offer":
                    heard.append(message["offer"])
        return heard

    async def test(near, far):
        async with Agent(near, **who("zoe")) as a, Agent(far, **who("ann")) as old, Agent(near, **who("ann")) as new:
            await a.register("a")
            await old.register("b")
            await a.expect(type="agent-joined", agent_id="b")

            async def say():
                for number in range(1, count + 1):
                    await a.offer("b", number)
                    if number == count // 4:
                        await new.send({"type": "register", "agent_id": "b"})

            at_old, at_new, _ = await asyncio.gather(numbers(old), numbers(new), say())
            equal(at_old + at_new, list(range(1, count + 1)), "numbers at its old place and its new one")
            true(at_old and at_new, "it had them all at one place")

    with _more(it, 1, 2, auth="token") as (urls, _):
        for _ in range(3):
            run(test(*urls))


def a_killed_instance_takes_its_agents_with_it_once(it):
    async def test():
        async with _spread(it, "a@1", "b@2") as (a, b), Agent(it.ws(3)) as y, Agent(it.ws(2)) as again:
            await y.register("y")
            for agent in (a, b):
                await agent.expect(type="agent-joined", agent_id="y")
            it.kill(3)
            began = time.monotonic()
            await again.send({"type": "register", "agent_id": "y"})
            await again.error("AGENT_ID_IN_USE")  # nobody can know yet that it is dead
            for agent in (a, b):
                await agent.expect(type="agent-left", agent_id="y")
            took = time.monotonic() - began
            true(took < TTL + 5, "it took %.1f s" % took)
            equal(await again.register("y"), ["a", "b"], "list")
            for agent in (a, b):
                await agent.expect(type="agent-joined", agent_id="y")
                await agent.silence()
        it.start_instance(3)

    run(test())


def the_end_of_an_agent_whose_instance_died_is_witnessed_once(it):
    witness = meshes.Witness(it.lease.address(33))

    async def test(urls, process):
        async with Agent(urls[0]) as a, Agent(urls[1]) as b, Agent(urls[2]) as c:
            for agent, name in ((a, "a"), (b, "b"), (c, "c")):
                await agent.register(name)
            _kill(it, process)
            for agent in (a, b):
                while (await agent.next())["type"] != "agent-left":
                    pass

    with _more(it, 2, 3, witness_url="http://%s:%d" % witness.at) as (urls, processes):
        run(test(urls, processes[2]))

    def ends():
        return sorted(event["metadata"]["agent_id"] for event in witness.events() if event["event"] == "agent_disconnected")

    witness.wait(lambda _: len(ends()) >= 3, "ends of all")
    equal(ends(), ["a", "b", "c"], "ends")
    witness.close()


def without_redis_an_instance_goes_on_by_itself_and_afterwards_all_are_one_again(it):
    async def test():
        async with _spread(it, "a@1", "b@2", "c@1") as (a, b, c):
            it.children["redis"].signal(signal.SIGSTOP)
            try:
                # what is on its way when it stops is an error as soon as that is known; what follows at once
                await a.offer("b")
                await a.error("AGENT_UNREACHABLE", "Error: Agent b cannot be reached now")
                await a.offer("b")
                await a.error("AGENT_UNREACHABLE")
                await a.offer("c", "local")
                await c.expect(type="offer", offer="local")
                health = await asyncio.get_running_loop().run_in_executor(None, lambda: (it.call("GET", "/health", number=1), it.call("GET", "/webrtc/health", number=1)))
                flow.contains(health[0].body.decode(), '"status":"ok"', "health")
                equal((health[0].status, health[1].status, health[1].json()["status"]), (200, 503, "degraded"), "health")
                async with Agent(it.ws(1)) as d:
                    equal(sorted(await d.register("d")), ["a", "b", "c"], "list of who comes meanwhile")
                    await a.expect(type="agent-joined", agent_id="d")
                    await c.expect(type="agent-joined", agent_id="d")
                    it.children["redis"].signal(signal.SIGCONT)
                    back = time.monotonic()
                    if (first := await b.next())["type"] == "offer":  # it was with Redis already when that stopped, and its sender had to be told that it may be lost
                        equal(first["offer"], "x", "offer")
                        first = await b.next()
                    equal((first["type"], first["agent_id"]), ("agent-joined", "d"), "news")
                    true(time.monotonic() - back < 2.5, "it took %.1f s" % (time.monotonic() - back))
                    await _reach(a, b)
                for agent in (a, b, c):
                    await agent.expect(type="agent-left", agent_id="d")
                    await agent.silence()
            finally:
                it.children["redis"].signal(signal.SIGCONT)

    run(test())


def an_id_that_two_instances_gave_while_redis_was_away_has_one_owner_afterwards(it):
    async def test():
        async with Agent(it.ws(1)) as one, Agent(it.ws(2)) as other:
            await one.register("one")
            await other.register("other")
            await one.expect(type="agent-joined", agent_id="other")
            it.children["redis"].signal(signal.SIGSTOP)
            try:
                for agent, target in ((one, "other"), (other, "one")):
                    await agent.offer(target)
                    await agent.error("AGENT_UNREACHABLE")
                async with Agent(it.ws(1)) as first, Agent(it.ws(2)) as second:
                    await first.register("twice")
                    await second.register("twice")
                    it.children["redis"].signal(signal.SIGCONT)
                    equal((await second.closed())[0], (4001, "replaced"), "end of the later one")
                    await _reach(one, other)
                    await other.offer("twice", "who is it")
                    equal((await _beside_news(first)).get("offer"), "who is it", "offer")
            finally:
                it.children["redis"].signal(signal.SIGCONT)

    run(test())


def an_instance_that_was_frozen_comes_back_with_its_agents(it):
    async def test():
        async with _spread(it, "a@1", "b@2") as (a, b):
            it.children["mesh-2"].signal(signal.SIGSTOP)
            try:
                await a.expect(type="agent-left", agent_id="b")
                await a.offer("b")
                await a.error("AGENT_NOT_FOUND")
            finally:
                it.children["mesh-2"].signal(signal.SIGCONT)
            await a.expect(type="agent-joined", agent_id="b")
            await a.offer("b", "again")
            await b.expect(type="offer", offer="again")
            await _reach(b, a)

    run(test())


def _redis(it, *lines):
    with contextlib.closing(meshes.socket.create_connection(it.redis_at, 10)) as sock:
        sock.sendall("".join(line + "\r\n" for line in lines).encode())
        answer = b""
        while answer.count(b"\r\n") < len(lines):
            answer += sock.recv(1000)
        true(b"-ERR" not in answer, "Redis says %r" % answer)


def what_is_said_while_another_instance_is_not_back_yet_is_fetched_by_it(it):
    """Redis is emptied, or only loses its connections; instance 2 stands still meanwhile."""

    def emptied():
        it.children["redis"].signal(signal.SIGKILL)
        it.children.pop("redis").stop()
        it.start_redis()

    def cut():
        _redis(it, "CLIENT KILL TYPE pubsub", "CLIENT KILL TYPE normal SKIPME yes")

    async def test(lose):
        async with _spread(it, "a@1", "b@2") as (a, b):
            await a.offer("b", "before")
            await b.expect(type="offer", offer="before")
            it.children["mesh-2"].signal(signal.SIGSTOP)
            try:
                lose()
                said = 0
                while said < 3:  # the first ones may find that Redis is away
                    await a.offer("b", said + 1)
                    await a.offer("a", "mark")
                    while (message := await _beside_news(a)).get("offer") != "mark":
                        equal(message["code"], "AGENT_UNREACHABLE", "code")
                        said = -1
                    said += 1
            finally:
                it.children["mesh-2"].signal(signal.SIGCONT)
            heard = []
            while not heard or heard[-1] != 3:
                heard.append((await _beside_news(b))["offer"])
            equal(heard[-3:], [1, 2, 3], "what was said meanwhile")
            true("before" not in heard, "what was heard before is heard again: %r" % heard)
            for agent in (a, b):
                await agent.silence()

    for lose in (cut, emptied):
        run(test(lose))
        meshes.empty(it)


def redis_that_restarts_empty_is_filled_by_those_who_live(it):
    async def test():
        async with _spread(it, "a@1", "b@2", "c@3") as everybody:
            it.children["redis"].signal(signal.SIGKILL)
            it.children.pop("redis").stop()
            it.start_redis()
            await _reach(everybody[0], everybody[1])
            for agent in everybody:
                await agent.silence()
            reply = await asyncio.get_running_loop().run_in_executor(None, lambda: it.call("GET", "/agents", number=1))
            equal(sorted(agent["agent_id"] for agent in reply.json()["agents"]), ["a", "b", "c"], "agents")

    run(test())


if __name__ == "__main__":
    flow.expect_log("Redis is away")
    flow.main(globals(), started=meshes.Started, between=meshes.empty, instances=3, redis=True, extra={"mesh": {"presence_ttl": "%ds" % TTL}})
