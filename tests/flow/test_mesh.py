#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The mesh, one instance: who is in it and what agents are told and send each other. Peers are python3-websockets and Debian's node-ws."""

import asyncio
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

import flow  # noqa: E402, I001: it makes the modules below findable
import meshes  # noqa: E402
from flow import equal, true  # noqa: E402
from meshes import Agent, RawPeer, agents, run  # noqa: E402

with open(os.path.join(flow.TOP, "fixtures/seeds/mesh-exchange.ndjson"), encoding="utf-8") as _file:
    SAID, ANSWERED = _file.read().splitlines()

NODE = """
const WebSocket = require ('ws');
const [url, ...texts] = process.argv.slice (1);
const socket = new WebSocket (url);
socket.on ('open', () => texts.forEach (text => socket.send (text)));
let left = texts.length;
socket.on ('message', data => { console.log (data.toString ()); if (--left === 0) socket.close (); });
socket.on ('close', code => console.log ('closed ' + code));
socket.on ('error', error => console.log (String (error)));
"""


def _node(url, *texts):
    """What node-ws hears, a line for each text that is sent, and its end."""
    done = subprocess.run(["/usr/bin/node", "-e", NODE, url, *texts], capture_output=True, text=True, check=True, timeout=20,
                          env={"NODE_PATH": "/usr/share/nodejs", "PATH": "/usr/bin:/bin"})
    return done.stdout.splitlines()


# ---- who is in the mesh ----


def the_seeds_exchange_is_the_same_byte_for_byte(it):
    async def test():
        async with Agent(it.ws()) as agent:
            await agent.send(SAID)
            equal(await agent.text(), ANSWERED, "answer")

    run(test())
    equal(_node(it.ws(), SAID), [ANSWERED, "closed 1005"], "what node-ws hears")


def a_socket_opens_on_any_path(it):
    async def test():
        for path in ("/", "/anything", "/a/b?c=d", "/health", "/agents"):
            async with Agent(it.ws(path=path)) as agent:
                equal(await agent.register("a"), [], "list")

    run(test())


def who_comes_gets_the_list_and_the_others_are_told(it):
    async def test():
        async with agents(it.ws(), "b", "a", "c") as all_of_them:
            for agent in all_of_them:
                await agent.silence()

    run(test())


def an_agent_hears_of_nobody_before_its_own_registration_and_of_everybody_once(it):
    """While 40 come at once, each knows the list and what came after it: together everybody, and nobody twice."""

    async def one(number, ready, done):
        async with Agent(it.ws()) as agent:
            await ready.wait()
            known = await agent.register("agent-%d" % number)  # the first message is `registered`, or this raises
            while len(known) < 39:
                known.append((await agent.expect(type="agent-joined"))["agent_id"])
            await agent.silence()
            equal(sorted(known), sorted("agent-%d" % other for other in range(40) if other != number), "who is known to %d" % number)
            await done.wait()

    async def test():
        ready, done = asyncio.Barrier(40), asyncio.Barrier(40)
        await asyncio.gather(*(one(number, ready, done) for number in range(40)))

    run(test())


def a_register_without_an_id_and_one_with_an_odd_id_are_errors(it):
    async def test():
        async with Agent(it.ws()) as agent:
            for message in ({"type": "register"}, {"type": "register", "agent_id": ""}, {"type": "register", "agent_id": None}):
                await agent.send(message)
                await agent.error("MISSING_AGENT_ID", "Error: Missing agent_id in register message")
            for odd in (7, {}, [], True, "x" * 10000, "x" * 129, "a b", "a\tb", "a\u202eb", "\u0000"):
                await agent.send({"type": "register", "agent_id": odd})
                await agent.error("INVALID_AGENT_ID")
            equal(await agent.register("ü" * 64), [], "list")

    run(test())


def registering_again_brings_the_list_again_and_nothing_else(it):
    async def test():
        async with agents(it.ws(), "a", "b") as (a, b):
            equal(await a.register("a"), ["b"], "list")
            await a.silence()
            await b.silence()
            async with Agent(it.ws()) as c:
                equal(await c.register("c"), ["a", "b"], "list")

    run(test())


def a_taken_id_is_refused_until_its_socket_is_gone(it):
    async def test():
        async with agents(it.ws(), "a", "b") as (a, b), Agent(it.ws()) as second:
            await second.send({"type": "register", "agent_id": "a"})
            await second.error("AGENT_ID_IN_USE", "Error: Agent a is registered by another connection")
            await a.silence()
            await b.silence()
            await a.socket.close()
            await b.expect(type="agent-left", agent_id="a")
            equal(await second.register("a"), ["b"], "list")
            await b.expect(type="agent-joined", agent_id="a")
            await b.silence()

    run(test())


def a_socket_has_one_id_and_leaves_no_ghost(it):
    async def test():
        async with agents(it.ws(), "a", "b") as (a, b):
            await a.send({"type": "register", "agent_id": "c"})
            await a.error("ALREADY_REGISTERED", "Error: This connection is registered as agent a")
            await a.socket.close()
            await b.expect(type="agent-left", agent_id="a")
            await b.silence()
            async with Agent(it.ws()) as c:
                equal(await c.register("c"), ["b"], "list")

    run(test())


def who_leaves_in_whichever_way_is_told_once(it):
    async def test():
        async with agents(it.ws(), "x", "z") as (x, z):
            async with Agent(it.ws()) as normal:
                await normal.register("y")
                await x.expect(type="agent-joined", agent_id="y")
                await z.expect(type="agent-joined", agent_id="y")
            for how in ("reset", "vanish"):
                peer = RawPeer(it.at[1])
                for agent in (x, z):
                    await agent.expect(type="agent-left", agent_id="y")
                peer.send({"type": "register", "agent_id": "y"})
                for agent in (x, z):
                    await agent.expect(type="agent-joined", agent_id="y")
                if how == "reset":
                    peer.reset()
            for agent in (x, z):  # the last one answers no ping: websocket.ping and websocket.pong later it is gone
                await agent.expect(type="agent-left", agent_id="y")
                await agent.silence()
            equal(peer.close_frame(), (1011, "keepalive ping timeout"), "what it is told")
            peer.close()

    run(test())


def the_end_of_a_stranger_is_nobodys_news(it):
    async def test():
        async with agents(it.ws(), "a") as (a,):
            async with Agent(it.ws()):
                pass
            RawPeer(it.at[1]).reset()
            await a.silence()

    run(test())


# ---- what is relayed ----

OFFER = '{ "sdp" : "v=0\\r\\no=- 1 \\u00fc ü \\/", "type":"offer", "x":[0.10,1E5,-0, 9007199254740993], "b":1, "a":2, "a":3 }'


def a_relayed_message_has_four_fields_and_the_bytes_of_its_body(it):
    async def test():
        async with agents(it.ws(), "a", "b") as (a, b):
            for kind, field, one, other in (("offer", "offer", a, b), ("answer", "answer", b, a), ("ice-candidate", "candidate", a, b), ("ice-candidate", "candidate", b, a)):
                await one.send('{"trace":"t","%s":%s,"to":"%s","room":{"r":1},"from":"%s","type":"%s"}' % (field, OFFER, other.id, one.id, kind))
                equal(await other.text(), '{"type":"%s","from":"%s","to":"%s","%s":%s}' % (kind, one.id, other.id, field, OFFER), "relayed text")
            for body in ('{"candidate":"candidate:1 1 udp 2122260223 10.0.0.1 9 typ host","sdpMid":"0","sdpMLineIndex":0,"usernameFragment":"u","y":1.0}', '{"candidate":""}', '"text"', "[0]"):
                await a.send('{"type":"ice-candidate","from":"a","to":"b","candidate":%s}' % body)
                equal(await b.text(), '{"type":"ice-candidate","from":"a","to":"b","candidate":%s}' % body, "relayed text")

    run(test())


def a_long_description_arrives_as_it_is(it):
    async def test():
        sdp = json.dumps("v=0\r\n" + "a=ü \u2028\r\n" * 12000, ensure_ascii=False)
        true(len(sdp.encode()) > 100 * 1024, "it is not that long")
        async with agents(it.ws(), "a", "b") as (a, b):
            await a.send('{"type":"offer","from":"a","to":"b","offer":{"type":"offer","sdp":%s}}' % sdp)
            equal(await b.text(), '{"type":"offer","from":"a","to":"b","offer":{"type":"offer","sdp":%s}}' % sdp, "relayed text")

    run(test())


def who_calls_itself_hears_itself(it):
    async def test():
        async with agents(it.ws(), "a") as (a,):
            await a.offer("a", {"sdp": ""})
            equal(await a.next(), {"type": "offer", "from": "a", "to": "a", "offer": {"sdp": ""}}, "message")

    run(test())


def what_lacks_something_is_an_error_of_its_type_and_goes_nowhere(it):
    async def test():
        async with agents(it.ws(), "a", "b") as (a, b):
            for kind, field, text in (("offer", "offer", "offer"), ("answer", "answer", "answer"), ("ice-candidate", "candidate", "ICE candidate")):
                whole = {"type": kind, "from": "a", "to": "b", field: {"x": 1}}
                broken = [{k: v for k, v in whole.items() if k != name} for name in ("from", "to", field)]
                broken += [dict(whole, **{name: falsy}) for name in ("from", "to", field) for falsy in (None, "", 0, False)]
                for message in broken:
                    await a.send(message)
                    await a.error("INVALID_MESSAGE", "Error: Invalid %s message" % text)
            await b.silence()

    run(test())


def an_unknown_target_is_an_error_to_the_sender_but_for_candidates(it):
    async def test():
        async with agents(it.ws(), "a", "b") as (a, b):
            for kind in ("offer", "answer"):
                await a.send({"type": kind, "from": "a", "to": "ghost", kind: {"x": 1}})
                await a.error("AGENT_NOT_FOUND", "Error: Agent ghost not found")
            await a.send({"type": "ice-candidate", "from": "a", "to": "ghost", "candidate": {"candidate": "x"}})
            await a.silence()
            await b.silence()

    run(test())


def nobody_speaks_for_another_or_before_it_is_registered(it):
    async def test():
        async with agents(it.ws(), "a", "b") as (a, b), Agent(it.ws()) as stranger:
            await a.send({"type": "offer", "from": "b", "to": "b", "offer": {"x": 1}})
            await a.error("FROM_MISMATCH", "Error: This connection is registered as agent a")
            await stranger.send({"type": "offer", "from": "a", "to": "b", "offer": {"x": 1}})
            await stranger.error("NOT_REGISTERED", "Error: Register first")
            await b.silence()

    run(test())


def what_is_said_before_the_answer_to_a_register_comes_after_it(it):
    """The agents of the seed do not wait for `registered`."""

    async def test():
        async with agents(it.ws(), "b") as (b,), Agent(it.ws()) as a:
            for message in ({"type": "register", "agent_id": "a"}, {"type": "offer", "from": "a", "to": "b", "offer": 1}, {"type": "offer", "from": "a", "to": "a", "offer": 2}):
                await a.send(message)
            await a.expect(type="registered", connected_agents=["b"])
            await a.expect(type="offer", offer=2)
            await b.expect(type="agent-joined", agent_id="a")
            await b.expect(type="offer", offer=1)

    run(test())


def offers_arrive_once_and_in_order(it):
    count = 10000

    async def test():
        async with agents(it.ws(), "a", "b") as (a, b):
            async def say():
                for number in range(1, count + 1):
                    await a.offer("b", number)
                    await asyncio.sleep(0)  # both of them are alive meanwhile, and answer pings

            task = asyncio.ensure_future(say())
            equal([(await b.expect(type="offer"))["offer"] for _ in range(count)], list(range(1, count + 1)), "numbers")
            await task

    run(test())


def node_ws_agents_call_each_other(it):
    async def test():
        async with agents(it.ws(), "a") as (a,):
            task = asyncio.get_running_loop().run_in_executor(None, _node, it.ws(), '{"type":"register","agent_id":"n"}', '{"type":"offer","from":"n","to":"n","offer":"to itself"}')
            await a.expect(type="agent-joined", agent_id="n")
            equal(await task, ['{"type":"registered","agent_id":"n","connected_agents":["a"]}', '{"type":"offer","from":"n","to":"n","offer":"to itself"}', "closed 1005"], "what node-ws hears")
            await a.expect(type="agent-left", agent_id="n")

    run(test())


# ---- what is no message ----


def what_is_no_json_is_an_error_and_the_socket_stays(it):
    async def test():
        async with agents(it.ws(), "a") as (a,):
            for text in ("{bad", "", "{}{}", "{'type':'register'}", "[" * 60000, '{"a":' * 40000):
                await a.send(text)
                true((await a.error("INVALID_JSON"))["message"].startswith("SyntaxError: "), "text")
            await a.send("null")
            await a.error("INVALID_MESSAGE", "TypeError: Cannot read properties of null (reading 'type')")
            await a.silence()

    run(test())


def what_nobody_knows_is_not_answered(it):
    async def test():
        async with agents(it.ws(), "a") as (a,):
            for text in ("[]", "5", '"x"', "{}", '{"type":"dance"}', '{"type":5}', '{"type":"registered"}'):
                await a.send(text)
            await a.silence()

    run(test())


def a_binary_message_is_text_too(it):
    async def test():
        async with Agent(it.ws()) as agent:
            await agent.send(SAID.encode())
            equal(await agent.text(), ANSWERED, "answer")

    run(test())
    for first in (0x81, 0x82):
        peer = RawPeer(it.at[1])
        peer.raw(meshes.frame(b'{"type":"\xff"}', first))
        equal(peer.close_frame()[0], 1007, "close code of what is not UTF-8")
        peer.close()


if __name__ == "__main__":
    flow.main(globals(), started=meshes.Started, between=meshes.empty,
              extra={"websocket": {"ping": "500ms", "pong": "1s"}, "mesh": {"rate": 100000, "burst": 100000}})
