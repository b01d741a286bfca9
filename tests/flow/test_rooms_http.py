#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The REST half of rooms: what clients ask before and besides their sockets, and what an operator may do. Two instances that share a Redis."""

import asyncio
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

import flow  # noqa: E402, I001: it makes the modules below findable
import child  # noqa: E402
import cluster  # noqa: E402
import holders  # noqa: E402
import leaks  # noqa: E402
import rooms  # noqa: E402
import signalling  # noqa: E402
import websockets  # noqa: E402
from flow import contains, equal, true  # noqa: E402

sys.path.insert(0, os.path.join(flow.TOP, "tests/browser"))
import turn_client  # noqa: E402

OURS = "https://app.example"
TURN_SECRET, NEW_SECRET = "turn-secret-of-these-tests", "new-secret-of-these-tests"
STRANGER = {"X-Forwarded-For": "203.0.113.9"}
BAD_ROOM = "Room ID must be alphanumeric (with dashes/underscores) and max 100 characters"
EACH = {1: {"rooms": {"cors_origins": [OURS]}, "api": {"rate_failures": 3}}, 2: {"rooms": {"cors_origins": ["*"], "strict_ids": True}}}

leaks.add(TURN_SECRET)
leaks.add(NEW_SECRET)
flow.expect_log("Redis")


def _get(running, path, number=1, user=None, **more):
    return running.call("GET", path, token=running.token(user) if user else None, number=number, **more)


def _participants(running, room, number=1, **more):
    return _get(running, "/webrtc/rooms/%s/participants" % room, number, user="reader", **more)


def _refused(reply, status, detail):
    equal((reply.status, reply.json()), (status, {"detail": detail}), "answer")
    equal(reply.headers["Content-Type"], "application/json", "type of an error")
    return reply


@contextlib.asynccontextmanager
async def _sockets(running, *places):
    """Sockets that have read their room_state; each place is (number of the instance, room, user)."""
    opened = []
    try:
        for number, room, user in places:
            opened.append(await websockets.connect("ws://%s:%d/webrtc/ws/%s?token=%s" % (*running.at[number], room, running.token(user, user.title()))))
            equal(json.loads(await opened[-1].recv())["type"], "room_state", "first frame")
        yield opened
    finally:
        for socket in opened:
            await socket.close()


def _with_sockets(running, places, function):
    """Runs `function` in a thread while they are open; the sockets are given to it and read nothing meanwhile."""
    async def run():
        async with _sockets(running, *places) as opened:
            result = await asyncio.get_running_loop().run_in_executor(None, function)
            return [await _end(socket) for socket in opened] if result == "ends" else result

    async def _end(socket):
        with contextlib.suppress(websockets.ConnectionClosed):
            async for _ in socket:
                pass
        return socket.close_code, socket.close_reason

    return asyncio.run(asyncio.wait_for(run(), 30))


# ---- what users ask ----

def the_configuration_is_for_browsers_as_it_comes(running):
    reply = _get(running, "/webrtc/config", user="ann")
    equal(reply.status, 200, "status")
    equal(reply.headers["Cache-Control"], "no-store", "it may hold a credential")
    stun = [{"urls": ["stun:%s:3478" % running.at[1][0]]}]
    equal(reply.json(), {"ice_servers": stun, "ice_transport_policy": "all", "bundle_policy": "balanced", "rtcp_mux_policy": "require",
                         "iceServers": stun, "iceTransportPolicy": "all", "bundlePolicy": "balanced", "rtcpMuxPolicy": "require"}, "configuration")


def without_a_bearer_token_nothing_is_told(running):
    for path in ("/webrtc/config", "/webrtc/rooms/r1/participants"):
        for value in (None, "Basic x", "Bearer", "Bearer ", "Bearer\t", "x"):
            reply = _get(running, path, headers={"Authorization": value} if value else None)
            equal(_refused(reply, 401, "Not authenticated").headers["WWW-Authenticate"], "Bearer", "how to authenticate")
        for scheme in ("bearer", "BEARER"):
            equal(_get(running, path, headers={"Authorization": scheme + " " + running.token("ann")}).status, 200, scheme)


def a_token_that_is_not_good_is_refused_in_one_of_two_ways(running):
    for token in ("x", running.token("ann") + "x", running.admin_token, running.token("ann", aud="other"), running.token("ann", type="refresh")):
        reply = running.call("GET", "/webrtc/config", token=token, number=2)
        equal(_refused(reply, 401, "Could not validate credentials").headers["WWW-Authenticate"], "Bearer", "how to authenticate")
    _refused(running.call("GET", "/webrtc/config", token=running.token("ann", seconds=-1), number=2), 401, "Token has expired")
    equal(running.call("GET", "/webrtc/config", token=running.token_by_command("--sub", "ann"), number=2).status, 200, "a token of the command")


def participants_are_told_by_every_instance(running):
    def look():
        for number in (1, 2):
            said = _participants(running, "r1", number).json()
            equal([said["room_id"], said["participant_count"], [p["user_id"] for p in said["participants"]], [p["username"] for p in said["participants"]]],
                  ["r1", 2, ["ann", "bob"], ["Ann", "Bob"]], "participants on instance %d" % number)
            true(all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00", p["joined_at"]) for p in said["participants"]), "times: %r" % said)

    _with_sockets(running, [(1, "r1", "ann"), (2, "r1", "bob")], look)
    equal(_participants(running, "nobody").json(), {"room_id": "nobody", "participants": [], "participant_count": 0}, "an empty room")


def names_of_rooms_are_read_as_sockets_read_them(running):
    _refused(_get(running, "/webrtc/rooms/invalid@room!/participants"), 401, "Not authenticated")
    equal(_participants(running, "invalid@room!").json()["room_id"], "invalidroom", "a name with odd characters")
    _refused(_participants(running, "invalid@room!", 2), 400, BAD_ROOM)
    equal(_participants(running, "r" * 100).status, 200, "100 characters")
    _refused(_participants(running, "r" * 101), 400, BAD_ROOM)
    _refused(_participants(running, "!!!"), 400, BAD_ROOM)
    _refused(_participants(running, "%20%20"), 400, "Invalid room ID")
    for odd in ("a%2Fb", "..%2fconfig", "%00", "r1%00x"):
        true(_participants(running, odd).status in (400, 404), odd)


def a_token_for_one_room_learns_of_no_other(running):
    for claim, room, status in (("r1", "r1", 200), ("r1", "r2", 403), ("r*", "r2", 200), ("r*", "x", 403)):
        reply = running.call("GET", "/webrtc/rooms/%s/participants" % room, token=running.token("ann", room=claim), number=1)
        equal(reply.status, status, "%s with a token for %s" % (room, claim))


def other_paths_and_methods_are_told_apart(running):
    for path in ("/", "/webrtc", "/webrtc/nope", "/webrtc/config/", "/webrtc/rooms/r1", "/webrtc/rooms//participants", "/webrtc/wsx/r1", "/webrtc/ws", "/webrtc/ws/", "/webrtc/ws/r1/x"):
        _refused(_get(running, path), 404, "Not Found")
    equal(_refused(running.call("POST", "/webrtc/config", {}, number=1), 405, "Method Not Allowed").headers["Allow"], "GET", "methods")
    equal(_refused(running.call("PUT", "/webrtc/admin/rooms/r1", {}, number=1), 405, "Method Not Allowed").headers["Allow"], "GET, DELETE", "methods")
    equal(_get(running, "/webrtc/ws/r1").status, 426, "a socket's path without an upgrade")
    head = running.call("HEAD", "/webrtc/health", number=1)
    equal((head.status, head.body), (200, b""), "HEAD")


def who_guesses_tokens_is_not_listened_to_and_who_has_one_is(running):
    good = running.token("ann")
    for _ in range(10):
        equal(running.call("GET", "/webrtc/config", token=good, headers=STRANGER, number=1).status, 200, "a good token of a user")
    equal(running.call("GET", "/webrtc/config", token="guess", headers=STRANGER, number=1).status, 401, "first guess")
    reply = _refused(running.call("GET", "/webrtc/config", token="guess", headers=STRANGER, number=1), 429, "Too Many Requests")
    true(int(reply.headers["Retry-After"]) > 0, "Retry-After")
    equal(running.call("GET", "/webrtc/config", token=good, headers={"X-Forwarded-For": "203.0.113.10"}, number=1).status, 200, "somebody else")


# ---- pages of other origins ----

def pages_of_configured_origins_may_read_answers(running):
    good = running.token("ann")
    reply = running.call("GET", "/webrtc/config", token=good, headers={"Origin": OURS}, number=1)
    equal((reply.headers["Access-Control-Allow-Origin"], reply.headers["Vary"], reply.headers["Access-Control-Allow-Credentials"]), (OURS, "Origin", None), "fields")
    reply = running.call("GET", "/webrtc/config", token="x", headers={"Origin": OURS}, number=1)
    equal((reply.status, reply.headers["Access-Control-Allow-Origin"]), (401, OURS), "a refusal can be read too")
    reply = running.call("GET", "/webrtc/config", token=good, headers={"Origin": "https://evil.example"}, number=1)
    equal((reply.status, reply.headers["Access-Control-Allow-Origin"], reply.headers["Vary"]), (200, None, "Origin"), "fields for another page")
    reply = running.call("GET", "/webrtc/config", token=good, headers={"Origin": "https://any.example"}, number=2)
    equal((reply.headers["Access-Control-Allow-Origin"], reply.headers["Vary"]), ("*", None), "fields where all may")


def browsers_that_ask_first_are_answered(running):
    asks = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization, x-odd"}
    reply = running.call("OPTIONS", "/webrtc/config", headers={"Origin": OURS, **asks}, number=1)
    equal((reply.status, reply.body), (200, b"OK"), "answer")
    fields = {name: reply.headers["Access-Control-" + name] for name in ("Allow-Origin", "Allow-Methods", "Allow-Headers", "Max-Age")}
    equal(fields, {"Allow-Origin": OURS, "Allow-Methods": "GET", "Allow-Headers": "authorization, x-odd", "Max-Age": "600"}, "fields")
    reply = running.call("OPTIONS", "/webrtc/config", headers={"Origin": "https://evil.example", **asks}, number=1)
    equal((reply.status, reply.body, reply.headers["Access-Control-Allow-Origin"]), (400, b"Disallowed CORS origin", None), "answer to another page")
    equal(running.call("OPTIONS", "/webrtc/nope", headers={"Origin": OURS, **asks}, number=1).status, 404, "a path that is none")
    equal(running.call("OPTIONS", "/webrtc/config", headers={"Origin": OURS}, number=1).status, 405, "no question of a browser's")
    odd = running.call("OPTIONS", "/webrtc/config", headers={"Origin": OURS, **asks, "Access-Control-Request-Headers": "a<b>"}, number=1)
    equal(odd.headers["Access-Control-Allow-Headers"], None, "names that are none")


# ---- what an operator may do ----

def an_operator_has_a_token_of_its_own(running):
    for token in (None, "x", running.token("ann")):
        for method, path in (("GET", "/webrtc/admin/rooms"), ("GET", "/webrtc/admin/rooms/r1"), ("DELETE", "/webrtc/admin/rooms/r1"),
                             ("DELETE", "/webrtc/admin/rooms/r1/participants/ann")):
            reply = running.call(method, path, token=token, number=2)
            equal(_refused(reply, 401, "Not authenticated").headers["WWW-Authenticate"], "Bearer", "how to authenticate")


def _admin(running, method, path, number=1):
    return running.call(method, "/webrtc/admin/rooms" + path, token=running.admin_token, number=number)


def rooms_are_listed_and_shown_over_all_instances(running):
    def look():
        for number in (1, 2):
            said = _admin(running, "GET", "", number).json()
            equal(said, {"rooms": [{"room_id": "list-a", "participant_count": 2}, {"room_id": "list-b", "participant_count": 1}], "count": 2}, "rooms")
        equal(_admin(running, "GET", "?limit=1").json()["count"], 1, "a list of one")
        for wrong in ("0", "ten", "-1", "10001"):
            reply = _admin(running, "GET", "?limit=" + wrong)
            said = reply.json()["detail"][0]
            equal((reply.status, said["type"], said["loc"], said["input"]), (422, "int_parsing", ["query", "limit"], wrong), "answer")
        here, there = (_admin(running, "GET", "/list-b", number).json() for number in (1, 2))
        equal((here["connections_here"], here["participants"][0]["username"], here["offset"] >= 1, len(here["epoch"]) > 0), (2, "Ann", True, True), "where its user is")
        equal((there["connections_here"], there["participant_count"], "epoch" in there), (0, 1, False), "on the other instance")

    _with_sockets(running, [(1, "list-a", "ann"), (2, "list-a", "bob"), (1, "list-b", "ann"), (1, "list-b", "ann")], look)


def one_is_taken_out_wherever_it_is(running):
    def kick():
        reply = _admin(running, "DELETE", "/kick/participants/r%C3%A4%20u", 1)
        equal((reply.status, reply.json()), (200, {"success": True, "room_id": "kick", "removed": 1}), "answer")
        _refused(_admin(running, "DELETE", "/kick/participants/nobody"), 404, "No such participant in this room")
        equal([p["user_id"] for p in _participants(running, "kick").json()["participants"]], ["ann"], "who is left")
        _refused(_admin(running, "DELETE", "/empty"), 404, "Nobody is in this room")
        reply = _admin(running, "DELETE", "/kick", 2)
        equal((reply.status, reply.json()["removed"]), (200, 1), "a room is closed")
        return "ends"

    closes = _with_sockets(running, [(1, "kick", "ann"), (2, "kick", "r\u00e4 u"), (1, "kick", "r\u00e4 u")], kick)
    equal(closes, [(4100, "Removed from the room")] * 3, "closes")


# ---- what it says of itself ----

def health_is_told_to_anybody(running):
    for path in ("/health", "/webrtc/health"):
        reply = _get(running, path)
        said = reply.json()
        equal((reply.status, said["status"], [(c["name"], c["status"], c["error"]) for c in said["components"]]), (200, "healthy", [("redis", "healthy", None)]), path)
        true(said["components"][0]["latency_ms"] >= 0 and said["uptime_seconds"] >= 0 and said["version"], "figures: %r" % said)
        contains(said["timestamp"], "+00:00")


def metrics_name_no_room_and_no_user(running):
    def look():
        text = _get(running, "/metrics").body.decode()
        for series in ("hydraneck_rooms 1", "hydraneck_room_connections 1", "hydraneck_room_users 1", "hydraneck_websockets 1", 'hydraneck_build_info{role="rooms"'):
            contains("\n" + text, "\n" + series)
        for name in ("hydraneck_room_joins_total", "hydraneck_room_messages_total", "hydraneck_room_refusals_total", "hydraneck_roster_round_seconds", "process_open_fds"):
            contains(text, "# TYPE " + name)
        true("secret-room" not in text and "secret-user" not in text and "hydraneck_sessions" not in text, "what is nobody's business")

    _with_sockets(running, [(1, "secret-room", "secret-user")], look)
    _refused(_get(running, "/metrics", headers=STRANGER), 401, "Not authenticated")


def a_redis_that_is_away_is_told_and_comes_back(running):
    redis = running.children.pop("redis")
    redis.stop()
    child.until(lambda: _get(running, "/webrtc/health").status == 503, 10, "health says so")
    said = _get(running, "/webrtc/health").json()
    equal((said["status"], said["components"][0]["status"], said["components"][0]["error"]), ("unhealthy", "unhealthy", "not reached"), "health")
    _refused(_participants(running, "r1"), 503, "Room state is not available")
    _refused(_admin(running, "GET", ""), 503, "Room state is not available")
    equal(_get(running, "/webrtc/config", user="ann").status, 200, "what needs no Redis")
    running.start_redis()
    child.until(lambda: _get(running, "/webrtc/health").status == 200, 10, "health recovers")
    equal(_participants(running, "r1").json()["participant_count"], 0, "participants")


def secrets_overlap_while_they_are_changed(running):
    process, path = running.children["rooms-2"], running.path("rooms-2.yaml")
    with open(path, encoding="utf-8") as file:
        config = json.load(file)
    fresh = NEW_SECRET

    def reload(**tokens):
        with open(path, "w", encoding="utf-8") as file:
            json.dump({**config, "tokens": tokens}, file)
        seen = sum("] reloaded" in line for line in process.lines())
        process.signal(signal.SIGHUP)
        child.until(lambda: sum("] reloaded" in line for line in process.lines()) > seen, 10, "reloaded")

    def statuses():
        return [running.call("GET", "/webrtc/config", token=rooms.sign({"sub": "ann"}, secret), number=2).status for secret in (running.secret, fresh)]

    equal(statuses(), [200, 401], "before")
    reload(secret=fresh, secret_previous=running.secret)
    equal(statuses(), [200, 200], "meanwhile")
    reload(secret=fresh)
    equal(statuses(), [401, 200], "afterwards")
    reload(secret=running.secret)
    equal(statuses(), [200, 401], "as it was")


def the_doctor_sees_what_rooms_lean_on(running):
    def doctor(expect, **environment):
        done = subprocess.run([running.program(), "doctor", "--role", "rooms", "--config", running.path("rooms-1.yaml")], capture_output=True, text=True, timeout=60, check=False,
                              env={**os.environ, **environment})
        equal((done.returncode, done.stderr), (expect, ""), "exit status and stderr of the doctor, who says\n%s" % done.stdout)
        true(running.secret not in done.stdout and running.admin_token not in done.stdout, "a secret is printed")
        return done.stdout

    said = doctor(0)
    for part in ("rooms-1.yaml is right for rooms", "port 8000 of server.listen is held by hydraneckwebrtc", "%s:%d/0 answers" % running.redis_at):
        contains(said, part)
    for line in said.splitlines():
        true(line.startswith("ok ") or "  -->  " in line or line.endswith(" FAIL"), "a finding without a mend: " + line)
    said = doctor(1, HYDRANECK_REDIS_URL="redis://%s:1" % running.redis_at[0])
    contains(said, "%s:1/0 is not to be had: " % running.redis_at[0])
    contains(said, "systemctl status redis-server")


# ---- TURN ----

def a_users_credential_is_good_at_coturn_until_it_expires(running):
    at, rooms_at = (running.lease.address(40), 3478), (running.lease.address(41), 8000)
    with open(os.open(running.path("turn-secret"), os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="ascii") as file:
        file.write(TURN_SECRET + "\n")
    conf = subprocess.run([os.path.join(flow.TOP, "scripts/coturn-conf"), "--listen", at[0], "--port", str(at[1]), "--relay-ip", at[0], "--secret-file", running.path("turn-secret"),
                           "--log", "stdout", "--pid", running.path("turnserver.pid"), "--sessions", "4"], check=True, capture_output=True, text=True).stdout
    with open(os.open(running.path("turnserver.conf"), os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
        file.write(conf)
    environment = {"PATH": os.environ["PATH"], "ASAN_OPTIONS": os.environ["ASAN_OPTIONS"], "SECRET_KEY": running.secret, "WEBRTC_STUN_URLS": "",
                   "WEBRTC_TURN_URLS": "turn:%s:%d" % at, "WEBRTC_TURN_SECRET": TURN_SECRET, "HYDRANECK_ROOMS_TURN_TTL": "2s"}
    coturn = child.Child("coturn", ["/usr/bin/turnserver", "-c", running.path("turnserver.conf")], running.path("coturn.log"), cwd=running.folder,
                         wait_for="Total General servers")
    alone = child.Child("rooms-turn", [running.program(), "rooms", "--host", rooms_at[0], "--port", str(rooms_at[1])], running.path("rooms-turn.log"), env=environment,
                        cwd=running.folder, wait_for="listening on")
    try:
        child.until(lambda: holders.bind_problem(*at), 10, "coturn listens")
        reply = flow.web.call("GET", cluster.at_url(rooms_at) + "/webrtc/config", token=running.token("ann"))
        servers = reply.json()["ice_servers"]
        equal((len(servers), servers[0]["urls"]), (1, ["turn:%s:%d" % at]), "servers")
        expiry, user = servers[0]["username"].split(":")
        equal(user, "ann", "whose it is")

        def allocate(username, credential):
            with turn_client.Client(*at, username, credential) as client:
                return client.allocate()

        equal(allocate(servers[0]["username"], servers[0]["credential"]), None, "an allocation")
        equal(allocate("%d:ann" % (int(expiry) + 60), servers[0]["credential"]), 401, "one that is prolonged by hand")
        # coturn looks at its clock once a second
        said = subprocess.run([running.program(), "doctor", "--role", "rooms"], capture_output=True, text=True, timeout=60, check=False, env=environment).stdout
        contains(said, "turn:%s:%d gave a relay at " % at)
        child.until(lambda: time.time() > int(expiry) and allocate(servers[0]["username"], servers[0]["credential"]) == 401, 15, "it expires")
    finally:
        equal([alone.stop(), coturn.stop() in (0, -15)], [0, True], "exit statuses")


flow.main(globals(), started=signalling.Started, between=signalling.nothing, instances=2, nginx=False, each=EACH)
