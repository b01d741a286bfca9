#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The seed's own samples of room signalling against the real thing, as printed: fixtures/seeds/rooms-*. Where one cannot run as printed, the test says which words are wrong
(docs/signalling.md lists them), and that they are.

The samples name localhost:8000; here that name leads to the test's own address."""

import asyncio
import contextlib
import io
import json
import os
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

import flow  # noqa: E402, I001: it makes the modules below findable
import child  # noqa: E402
import signalling  # noqa: E402
import websockets  # noqa: E402
from flow import contains, equal, true  # noqa: E402

DEFECT = ("websocket.receive()", "websocket.recv()")  # of Python's websockets
_resolve = socket.getaddrinfo


def _sample(name):
    with open(os.path.join(flow.TOP, "fixtures/seeds", name), encoding="utf-8") as file:
        return file.read()


@contextlib.contextmanager
def _localhost(running):
    """localhost:8000 is the first instance."""
    def resolve(host, port, *more, **named):
        return _resolve(*(running.at[1] if (host, port) in ((b"localhost", 8000), ("localhost", 8000)) else (host, port)), *more, **named)
    socket.getaddrinfo = resolve
    try:
        yield
    finally:
        socket.getaddrinfo = _resolve


def _functions(text):
    names = {}
    exec(compile(text, "sample", "exec"), names)  # noqa: S102: this is what the test is about
    return names


async def _joined(running, user, room):
    """Another participant, past its own room_state."""
    peer = await websockets.connect("ws://%s:%d/webrtc/ws/%s?token=%s" % (*running.at[1], room, running.token(user, user.title())))
    equal(json.loads(await peer.recv())["type"], "room_state", "first frame")
    return peer


async def _next(peer, kind):
    async for text in peer:
        message = json.loads(text)
        if message["type"] == kind:
            return message
    raise AssertionError("no %s before the end" % kind)


def the_config_sample_runs_as_printed(running):
    with _localhost(running):
        config = asyncio.run(_functions(_sample("rooms-config.py"))["get_webrtc_config"](running.token("ann")))
    equal({key: config[key] for key in ("ice_transport_policy", "bundle_policy", "rtcp_mux_policy")},
          {"ice_transport_policy": "all", "bundle_policy": "balanced", "rtcp_mux_policy": "require"}, "policies")
    true(isinstance(config["ice_servers"][0]["urls"], list), "ice_servers are %r" % config["ice_servers"])
    equal(config["iceServers"], config["ice_servers"], "what browsers read")


def the_connect_sample_as_printed_asks_websockets_for_what_it_has_not(running):
    with _localhost(running):
        try:
            asyncio.run(asyncio.wait_for(_functions(_sample("rooms-connect.py"))["connect_to_signaling"](running.token("ann"), "as-printed"), 5))
        except AttributeError as error:
            contains(str(error), "receive")
            return
    raise AssertionError("the sample has been mended: take its defect out of docs/signalling.md")


def the_connect_sample_runs_but_for_that_word(running):
    text = _sample("rooms-connect.py")
    equal(text.count(DEFECT[0]), 1, "how often the defect is there")
    said = io.StringIO()

    async def call():
        peer = await _joined(running, "bob", "room-123")
        sample = asyncio.ensure_future(_functions(text.replace(*DEFECT))["connect_to_signaling"](running.token("ann", "Ann"), "room-123"))
        came = await _next(peer, "user_joined")
        equal((came["payload"]["user_id"], came["payload"]["username"]), ("ann", "Ann"), "who came")
        offer = await _next(peer, "offer")
        equal((offer["sender_id"], offer["room_id"], offer["timestamp"]), ("ann", "room-123", "2024-01-01T00:00:00Z"), "the offer's envelope")
        equal(offer["payload"], {"type": "offer", "sdp": "v=0\r\n..."}, "the offer")
        await peer.send(json.dumps({"type": "answer", "payload": {"type": "answer", "sdp": "v=0\r\n...", "target_user_id": "ann"}}))
        while "Received: answer" not in said.getvalue():
            await asyncio.sleep(0.01)
        sample.cancel()
        await asyncio.gather(sample, return_exceptions=True)
        equal((await _next(peer, "user_left"))["payload"]["user_id"], "ann", "who left")
        await peer.close()

    with _localhost(running), contextlib.redirect_stdout(said):
        asyncio.run(asyncio.wait_for(call(), 10))
    state = said.getvalue().splitlines()[0]
    contains(state, "Room state: {'type': 'room_state'")
    contains(state, "'participant_count': 2")


def its_settings_file_is_read_with_its_comments(running):
    path = running.path("seed.sbd")
    at = (running.lease.address(30), 8000)
    with open(path, "w", encoding="utf-8") as file:
        file.write(_sample("rooms.sbd"))
    secret = {"SECRET_KEY": running.secret, "PATH": os.environ["PATH"], "ASAN_OPTIONS": os.environ["ASAN_OPTIONS"]}
    alone = child.Child("rooms-seed", [running.program(), "rooms", "--host", at[0], "--port", str(at[1]), "--env-file", path], running.path("rooms-seed.log"), env=secret,
                        cwd=running.folder, wait_for="listening on")
    try:
        config = flow.web.call("GET", "http://%s:%d/webrtc/config" % at, token=running.token("ann")).json()
    finally:
        equal(alone.stop(), 0, "exit status")
    equal(config["ice_servers"], [{"urls": ["stun:stun.l.google.com:19302", "stun:stun1.l.google.com:19302"]},
                                  {"urls": ["turn:turn.example.com:3478"], "username": "your_username", "credential": "your_password"}], "ice_servers")
    equal(config["ice_transport_policy"], "all", "a value with a comment behind it")


def its_nginx_file_balances_sockets(running):
    """As printed but for addresses; a `listen` is missing there."""
    text = _sample("rooms-nginx.conf")
    at = (running.lease.address(31), 8000)
    for port, ours in ((8000, running.at[1]), (8001, running.at[2]), (8002, running.at[1])):
        equal(text.count("server localhost:%d;" % port), 1, "servers at %d" % port)
        text = text.replace("server localhost:%d;" % port, "server %s:%d;" % ours if port != 8002 else "")
    temporary = "".join("%s_temp_path %s;" % (kind, running.path("seed-" + kind)) for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    path = running.path("seed-nginx.conf")
    with open(path, "w", encoding="utf-8") as file:
        file.write("daemon off; master_process off; pid %s; error_log stderr notice; events {}\nhttp { access_log off; %s\n%s}\n" % (
            running.path("seed-nginx.pid"), temporary, text.replace("server {\n", "server {\n    listen %s:%d;\n" % at)))
    nginx = child.Child("seed-nginx", ["/usr/sbin/nginx", "-e", "stderr", "-c", path], running.path("seed-nginx.log"), wait_for="nginx/")

    async def meet():
        there = await _joined(running, "bob", "balanced")
        through = await websockets.connect("ws://%s:%d/webrtc/ws/balanced?token=%s" % (*at, running.token("ann")))
        equal(json.loads(await through.recv())["payload"]["participant_count"], 2, "participants")
        await through.close()
        await there.close()

    try:
        child.until(lambda: subprocess.run(["/usr/bin/curl", "-s", "-o", "/dev/null", "http://%s:%d/" % at], check=False).returncode == 0, 10, "nginx listens")
        asyncio.run(asyncio.wait_for(meet(), 10))
    finally:
        nginx.stop()


def participants_are_told_as_documented(running):
    async def look():
        ann, bob = await _joined(running, "ann", "counted"), await _joined(running, "bob", "counted")
        reply = await asyncio.to_thread(running.call, "GET", "/webrtc/rooms/counted/participants", token=running.token("ann"))
        await ann.close()
        await bob.close()
        return reply.json()

    told = asyncio.run(asyncio.wait_for(look(), 10))
    equal((told["room_id"], told["participant_count"]), ("counted", 2), "room and count")
    equal([(each["user_id"], each["username"]) for each in told["participants"]], [("ann", "Ann"), ("bob", "Bob")], "participants")


flow.main(globals(), started=signalling.Started, between=signalling.nothing, instances=2, nginx=False)
