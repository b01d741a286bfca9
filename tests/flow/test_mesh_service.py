#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The mesh as a service: health and lists, tokens, TLS, its witness, its start and its end, behind nginx."""

import asyncio
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

import flow  # noqa: E402, I001: it makes the modules below findable
import child  # noqa: E402
import holders  # noqa: E402
import leaks  # noqa: E402
import meshes  # noqa: E402
import rooms  # noqa: E402
import web  # noqa: E402
from flow import contains, equal, error_shape, true  # noqa: E402
from meshes import Agent, RawPeer, Witness, agents, run, short_hash  # noqa: E402

NGINX = "/usr/sbin/nginx"


def _later(function, *words):
    return asyncio.get_running_loop().run_in_executor(None, function, *words)


def _url(at, path="/"):
    return "ws://%s:%d%s" % (*at, path)


# ---- plain requests ----


def health_says_ok_and_a_plain_request_is_told_to_upgrade(it):
    health = it.call("GET", "/health")
    equal(health.status, 200, "status")
    contains(health.body.decode(), '"status":"ok"', "health")
    for path in ("/", "/anything"):
        plain = it.call("GET", path)
        equal((plain.status, plain.body, plain.headers["Content-Type"], plain.headers["Sec-WebSocket-Version"]), (426, b"Upgrade Required", "text/plain", "13"), "answer")
    ready = it.call("GET", "/webrtc/health").json()
    equal((ready["status"], ready["components"]), ("healthy", {"redis": {"status": "not used"}}), "readiness")


def lists_and_figures_are_for_an_admin_or_this_machine(it):
    async def test():
        async with agents(it.ws(), "a", "b") as (a, b), Agent(it.ws()):
            await a.offer("b")
            await b.expect(type="offer")
            await a.offer("ghost")
            await a.error("AGENT_NOT_FOUND")
            listed = (await _later(it.call, "GET", "/agents")).json()["agents"]
            equal([(agent["agent_id"], agent["here"], set(agent)) for agent in listed], [(name, True, {"agent_id", "connected_at", "here"}) for name in "ab"], "agents")
            true(all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", agent["connected_at"]) for agent in listed), "times: %r" % listed)
            stats = (await _later(it.call, "GET", "/stats")).json()
            equal((stats["totalAgents"], [agent["agentId"] for agent in stats["agents"]]), (2, ["a", "b"]), "stats")
            equal(sorted(connection["state"] for connection in stats["connections"]), ["connected", "registered", "registered"], "states")
            page = (await _later(it.call, "GET", "/metrics")).body.decode()
            for line in ('hydraneck_build_info{role="mesh"', "hydraneck_mesh_agents 2", "hydraneck_mesh_agents_known 2", "hydraneck_websockets 3", 'hydraneck_mesh_relayed_total{type="offer"} ',
                         'hydraneck_mesh_errors_total{code="agent_not_found"} 1', "hydraneck_roster_up 1", "hydraneck_mesh_relay_seconds_count "):
                contains(page, "\n" + line, "metrics")

    run(test())
    forwarded = {"X-Forwarded-For": "192.0.2.1"}
    for path in ("/agents", "/stats", "/metrics"):
        error_shape(it.call("GET", path, headers=forwarded), 401, "unauthorized")
        equal(it.call("GET", path, headers=forwarded, token=it.admin_token).status, 200, "status for an admin")
        error_shape(it.call("POST", path), 405)


# ---- who may come ----


def a_page_of_a_foreign_origin_opens_no_socket(it):
    with meshes.instance(it, "mesh-origin", it.lease.address(31), config={"websocket": {"allowed_origins": ["https://app.example.com"]}}) as (at, _):
        peer = RawPeer(at, headers={"Origin": "https://evil.example.com"})
        equal(peer.status, 403, "status for a foreign page")
        for headers in ({"Origin": "https://app.example.com"}, {}):
            peer = RawPeer(at, headers=headers)
            equal(peer.status, 101, "status for %r" % headers)
            peer.close()


def an_address_that_opens_too_many_sockets_is_told_to_wait(it):
    with meshes.instance(it, "mesh-rate", it.lease.address(31), config={"websocket": {"connects_address": 6}, "server": {"trusted_proxies": ["127.0.0.0/8"]}}) as (at, _):
        peers = [RawPeer(at, headers={"X-Forwarded-For": "192.0.2.7"}) for _ in range(3)]
        equal([peer.status for peer in peers], [101, 101, 429], "statuses")
        contains(peers[2].head, "Retry-After: ", "refusal")
        for peer in peers:
            peer.close()


def with_tokens_only_who_has_a_good_one_is_let_in(it):
    config = {"mesh": {"auth": "token"}, "tokens": {"secret": it.secret}}

    async def refused(at, reason, path="/", **headers):
        async with Agent(_url(at, path), extra_headers=headers) as agent:
            equal(await agent.closed(), ((1008, reason), []), "refusal")

    async def test(at):
        good = it.token("ann")
        await refused(at, "Authentication token required")
        for bad in ("x", good[:-2], it.token("ann", type="refresh"), rooms.sign({"sub": "ann"}, "another secret of the same length")):
            await refused(at, "Authentication failed: Could not validate credentials", "/?token=" + bad)
        await refused(at, "Authentication failed: Could not validate credentials", "/?token=%s&token=%s" % (good, good))
        await refused(at, "Authentication failed: Token has expired", Authorization="Bearer " + it.token("ann", seconds=-1))
        async with Agent(_url(at, "/?token=" + good)) as one, Agent(_url(at), extra_headers={"Authorization": "Bearer " + good}) as two, \
                Agent(_url(at), subprotocols=["hydraneck-mesh", "bearer." + good]) as three:
            equal(three.socket.subprotocol, "hydraneck-mesh", "protocol")
            equal(await one.register("a"), [], "list")
            equal(await two.register("b"), ["a"], "list")
            equal(await three.register("c"), ["a", "b"], "list")
        async with Agent(_url(at), extra_headers={"Authorization": "Bearer " + it.token("ann", room="probe-*")}) as agent:
            await agent.send({"type": "register", "agent_id": "prod-1"})
            await agent.error("AGENT_ID_FORBIDDEN")
            equal(await agent.register("probe-1"), [], "list")

    with meshes.instance(it, "mesh-token", it.lease.address(32), config=config) as (at, process):
        run(test(at))
        contains("\n".join(process.lines()), "agent registered agent=probe-1", "log")


def with_tokens_the_newest_of_an_identity_wins_and_nobody_elses(it):
    config = {"mesh": {"auth": "token"}, "tokens": {"secret": it.secret}}

    async def test(at):
        def who(user, **claims):
            return {"extra_headers": {"Authorization": "Bearer " + it.token(user, **claims)}}

        async with Agent(_url(at), **who("ann")) as old, Agent(_url(at), **who("zoe")) as watcher, Agent(_url(at), **who("bob")) as stranger, Agent(_url(at), **who("ann")) as new:
            await old.register("a")
            await watcher.register("z")
            await old.expect(type="agent-joined", agent_id="z")
            await stranger.send({"type": "register", "agent_id": "a"})
            await stranger.error("AGENT_ID_IN_USE")
            equal(await new.register("a"), ["z"], "list")
            equal(await old.closed(), ((4001, "replaced"), []), "end of the old one")
            await watcher.expect(type="agent-joined", agent_id="a")
            await watcher.silence()
            await new.silence()
        began = time.time()
        async with Agent(_url(at), **who("ann", seconds=2)) as short:
            await short.register("short")
            equal(await short.closed(), ((1008, "Token has expired"), []), "end of a socket whose token expires")
        true(0.9 < time.time() - began < 4, "it took %.1f s" % (time.time() - began))  # a token's time is in whole seconds

    with meshes.instance(it, "mesh-newest", it.lease.address(32), config=config) as (at, _):
        run(test(at))


# ---- its start ----


def everything_may_be_said_by_the_names_of_the_seed(it):
    """PORT, HOST, WITNESS_LOGGER_URL and empty TLS paths, in the environment and in a file of lines."""
    witness = Witness(it.lease.address(33))
    environment = {"PORT": "8443", "HOST": it.lease.address(34), "WITNESS_LOGGER_URL": "http://%s:%d" % witness.at, "TLS_CERT_PATH": "", "TLS_KEY_PATH": ""}
    path = it.path("mesh.env")
    with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="ascii") as file:
        file.writelines("%s=%s\n" % pair for pair in environment.items())
    for name, more in (("mesh-env", {"env": environment}), ("mesh-lines", {"words": ["--env-file", path]})):
        with meshes.instance(it, name, environment["HOST"], **more) as (at, _):
            equal(web.call("GET", "http://%s:%d/health" % at).status, 200, "health")
        witness.wait(lambda w: w.requests, "event")
        equal({path for path, _, _ in witness.requests}, {"/api/log"}, "where events are posted")
        equal(witness.events()[0]["metadata"], {"host": at[0], "port": 8443}, "where it says that it listens")
        witness.requests.clear()
    witness.close()


def an_open_door_is_warned_of(it):
    for host, warned in (("0.0.0.0", True), (it.lease.address(35), False)):
        with socket.socket() as free:  # a wildcard: any port but a fixed one
            free.bind(("", 0))
            port = free.getsockname()[1]
        with meshes.instance(it, "mesh-open", "", port=port, words=["--host", host, "--port", str(port)]) as (_, process):
            equal(web.call("GET", "http://%s:%d/health" % (host.replace("0.0.0.0", "127.0.0.1"), port)).status, 200, "health")
            equal(any("'mesh.auth' is none" in line and " WARNING " in line for line in process.lines()), warned, "a warning on " + host)


def _certificate(folder, name):
    cert, key = (os.path.join(folder, name + ending) for ending in (".pem", "-key.pem"))
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj", "/CN=" + name, "-keyout", key, "-out", cert],
                   check=True, capture_output=True, timeout=20)
    return cert, key


def _context(lowest=ssl.TLSVersion.TLSv1_2, highest=ssl.TLSVersion.TLSv1_3):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version, context.maximum_version = lowest, highest
    return context


def tls_serves_agents_and_takes_a_renewed_certificate(it):
    cert, key = _certificate(it.folder, "first")
    at = (it.lease.address(36), 8443)

    def subject():
        with socket.create_connection(at, 10) as plain, _context().wrap_socket(plain) as sealed:
            der = sealed.getpeercert(True)
        return subprocess.run(["openssl", "x509", "-inform", "der", "-noout", "-subject"], input=der, check=True, capture_output=True).stdout.decode()

    async def test(process):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            async with Agent("wss://%s:%d/" % at, ssl=_context(version, version)) as agent:
                equal(await agent.register("a"), [], "list")
        old = subprocess.run(["openssl", "s_client", "-tls1_1", "-cipher", "ALL:@SECLEVEL=0", "-connect", "%s:%d" % at], input="", capture_output=True, text=True, check=False, timeout=20)
        contains(old.stdout + old.stderr, "alert protocol version", "answer to TLS 1.1")
        contains(web.raw(*at, b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n"), b" 400 ", "answer to plain HTTP")
        async with Agent("wss://%s:%d/" % at, ssl=_context()) as agent:
            await agent.register("a")
            for one, other in zip(_certificate(it.folder, "second"), (cert, key)):
                os.replace(one, other)
            process.signal(signal.SIGHUP)
            await _later(process.wait_line, r"\[config\] reloaded")
            contains(await _later(subject), "CN = second", "subject after SIGHUP")
            await agent.silence()

    with meshes.instance(it, "mesh-tls", at[0], env={"HOST": at[0], "PORT": "8443", "TLS_CERT_PATH": cert, "TLS_KEY_PATH": key}) as (_, process):
        contains(subject(), "CN = first", "subject")
        run(test(process))


def a_certificate_that_cannot_be_used_ends_the_start(it):
    cert, key = _certificate(it.folder, "good")
    _, other = _certificate(it.folder, "other")
    for paths, said in (({"TLS_CERT_PATH": cert}, "(TLS_CERT_PATH): 'server.tls.cert' needs 'server.tls.key'"), ({"TLS_KEY_PATH": key}, "(TLS_KEY_PATH): "), ({"TLS_CERT_PATH": cert, "TLS_KEY_PATH": other}, "server.tls"),
                        ({"TLS_CERT_PATH": cert + ".not", "TLS_KEY_PATH": key}, cert + ".not"), ({"TLS_CERT_PATH": cert, "TLS_KEY_PATH": cert}, "server.tls")):
        done = subprocess.run([it.program(), "mesh"], capture_output=True, text=True, check=False, timeout=30, cwd=it.folder,
                              env={"PATH": "/usr/bin:/bin", "HOME": it.folder, "HOST": it.lease.address(37), "PORT": "8443", "ASAN_OPTIONS": os.environ["ASAN_OPTIONS"], **paths})
        equal(done.returncode, 78, "exit status with %r: %s" % (paths, done.stderr))
        contains(done.stderr, said, "what it says")


# ---- its witness ----

SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=ü\r\n"


async def _call_each_other(url):
    async with agents(url, "a", "b") as (a, b):
        await a.send({"type": "offer", "from": "a", "to": "b", "offer": {"type": "offer", "sdp": SDP}})
        await b.expect(type="offer")
        await b.send({"type": "answer", "from": "b", "to": "a", "answer": {"type": "answer", "sdp": ""}})
        await a.expect(type="answer")
        await a.send({"type": "ice-candidate", "from": "a", "to": "b", "candidate": {"candidate": "candidate:1 1 udp 1 10.0.0.1 9 typ host"}})
        await b.expect(type="ice-candidate")
        await b.socket.close()
        await a.expect(type="agent-left")


def a_witness_is_told_in_order(it):
    witness = Witness(it.lease.address(33))
    url = "http://%s:%d" % witness.at
    leaks.add("witness-api-key")
    for mesh, path, candidate in (({}, "/api/log", "sha256:" + short_hash("candidate:1 1 udp 1 10.0.0.1 9 typ host")),
                                  ({"witness_candidates": "whole", "witness_batch": 50}, "/elsewhere?x=1", "candidate:1 1 udp 1 10.0.0.1 9 typ host")):
        config = {"mesh": dict(mesh, witness_url=url + (path if mesh else ""), witness_api_key="witness-api-key")}
        with meshes.instance(it, "mesh-witness", it.lease.address(38), config=config) as (at, _):
            run(_call_each_other(_url(at)))
        events = witness.wait_events(8)
        both = {"from": "a", "to": "b"}
        equal([(event["event"], event["metadata"]) for event in events],
              [("signaling_server_started", {"host": at[0], "port": at[1]}), ("agent_registered", {"agent_id": "a", "total_agents": 1}),
               ("agent_registered", {"agent_id": "b", "total_agents": 2}), ("sdp_offer_relayed", dict(both, sdp_hash=short_hash(SDP), sdp_type="offer")),
               ("sdp_answer_relayed", {"from": "b", "to": "a", "sdp_hash": "e3b0c44298fc1c14", "sdp_type": "answer"}), ("ice_candidate_relayed", dict(both, candidate=candidate)),
               ("agent_disconnected", {"agent_id": "b", "total_agents": 1}), ("agent_disconnected", {"agent_id": "a", "total_agents": 0})], "events")
        true(all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", event["timestamp"]) for event in events), "times")
        for got, headers, body in witness.requests:
            equal((got, headers["Authorization"]), (path, "Bearer witness-api-key"), "request")
            equal(headers["Content-Type"], "application/x-ndjson" if b"\n" in body else "application/json", "type of %r" % body)
        witness.requests.clear()
    witness.close()


def a_witness_that_fails_is_not_felt_and_gets_everything_later(it):
    """It answers 500, then somewhere else, then nothing, then nobody is there."""
    witness = Witness(it.lease.address(33))
    config = {"mesh": {"witness_url": "http://%s:%d" % witness.at, "rate": 100000, "burst": 100000}}

    def figures(at):
        return web.call("GET", "http://%s:%d/stats" % at).json()["witness"]

    async def relay(at, what):
        async with agents(_url(at), "a", "b") as (a, b):
            slowest = 0
            for number in range(1, 101):
                began = time.monotonic()
                await a.offer("b", number)
                equal(await b.next(), {"type": "offer", "from": "a", "to": "b", "offer": number}, "offer while it " + what)
                slowest = max(slowest, time.monotonic() - began)
            await a.silence()
            true(slowest < 1, "an offer took %.1f s while the witness %s" % (slowest, what))

    with meshes.instance(it, "mesh-failing", it.lease.address(38), config=config, env={"HYDRANECK_TIME_SCALE": "0.05"}) as (at, process):
        witness.wait_events(1)
        for what, status, hang in (("answers 500", 500, False), ("points elsewhere", 302, False), ("hangs", 200, True)):
            tried = witness.tried
            witness.status, witness.hang = status, hang
            run(relay(at, what))
            witness.wait(lambda w, tried=tried: w.tried > tried, "try while it " + what)
            equal(len(witness.requests), 1, "requests that were taken")
        witness.close()
        run(relay(at, "is gone"))
        process.wait_line(r"\[witness\] events cannot be delivered and wait: ")
        true(figures(at)["waiting"] > 400, "waiting: %r" % figures(at))
        taken = witness.requests
        witness = Witness(*[witness.at[0]])
        expected = 1 + 4 * (2 + 101 + 2)
        events = [json.loads(body) for _, _, body in taken] + witness.wait_events(expected - len(taken))
        equal([event["event"] for event in events], ["signaling_server_started"] + 4 * (["agent_registered"] * 2 + ["sdp_offer_relayed"] * 101 + ["agent_disconnected"] * 2), "events")
        child.until(lambda: figures(at)["waiting"] == 0, 10, "all events are told")
        equal((figures(at)["dropped"], figures(at)["refused"], figures(at)["sent"]), (0, 0, expected), "figures")
        process.wait_line(r"\[witness\] events are delivered again")
        witness.status = 422
        run(_call_each_other(_url(at)))
        child.until(lambda: figures(at)["refused"] == 7, 10, "refused events are given up")
    witness.close()


# ---- its end ----


def an_end_tells_everybody_and_leaves_the_port(it):
    async def test(at, process, number):
        async with Agent(_url(at)) as a, Agent(_url(at)) as b, Agent(_url(at)) as stranger:
            await a.register("a")
            await b.register("b")
            process.signal(number)
            equal((await stranger.closed())[0], (1001, "going away"), "end of a stranger")
            for agent in (a, b):
                equal((await agent.closed())[0], (1001, "going away"), "end of " + agent.id)

    for number in (signal.SIGTERM, signal.SIGINT):
        with meshes.instance(it, "mesh-end", it.lease.address(39), config={}) as (at, process):
            run(test(at, process, number))
            equal(process.wait(), 0, "exit status")
            true(holders.bind_problem(*at) is None, "the port is not free: %s" % holders.bind_problem(*at))


# ---- behind nginx ----


def agents_meet_behind_nginx_and_its_sample(it):
    with open(os.path.join(flow.TOP, "scripts/nginx-mesh.conf"), encoding="utf-8") as file:
        text = file.read()
    front = (it.lease.address(40), 8000)
    for given, ours in (("  server 127.0.0.1:8443;\n  server 127.0.0.1:8444;\n", "  server %s:%d;\n" % it.at[1]), ("  listen 443 ssl;\n", "  listen %s:%d;\n" % front), ("  listen [::]:443 ssl;\n", ""),
                        ("  ssl_certificate /etc/ssl/certs/hydraneckwebrtc-mesh.pem;\n", ""), ("  ssl_certificate_key /etc/ssl/private/hydraneckwebrtc-mesh.key;\n", ""),
                        ("  ssl_protocols TLSv1.2 TLSv1.3;\n", ""), ("/var/log/nginx/hydraneck-mesh.log", it.path("nginx-access.log")), ("/var/log/nginx/hydraneck-mesh-error.log", it.path("nginx-error.log"))):
        equal(text.count(given), 1, "times that the sample says %r" % given)
        text = text.replace(given, ours)
    temporary = "".join("  %s_temp_path %s;\n" % (kind, it.path("nginx-" + kind)) for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    path = it.path("nginx.conf")
    with open(path, "w", encoding="utf-8") as file:
        file.write("daemon off;\nmaster_process off;\npid %s;\nerror_log stderr notice;\nevents {}\nhttp {\n%s%s}\n" % (it.path("nginx.pid"), temporary, text))
    subprocess.run([NGINX, "-t", "-e", "stderr", "-c", path], check=True, capture_output=True, timeout=20)
    it.start("nginx", [NGINX, "-e", "stderr", "-c", path], "nginx/")
    child.until(lambda: holders.bind_problem(*front), 10, "nginx listens")

    async def test():
        async with agents(_url(front, "/?token=x"), "a", "b") as (a, b):
            await a.offer("b")
            await b.expect(type="offer")

    run(test())
    contains(web.call("GET", "http://%s:%d/health" % front).body.decode(), '"status":"ok"', "health")
    equal([web.call("GET", "http://%s:%d/%s" % (*front, path)).status for path in ("agents", "stats", "metrics", "")], [404, 404, 404, 426], "statuses")
    with open(it.path("nginx-access.log"), encoding="utf-8") as file:
        true("token" not in file.read(), "nginx logs arguments")


if __name__ == "__main__":
    for _line in ("anybody who reaches", "[witness] events cannot be delivered", "[witness] events are refused"):
        flow.expect_log(_line)
    flow.main(globals(), started=meshes.Started, between=meshes.empty)
