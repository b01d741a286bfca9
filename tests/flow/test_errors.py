#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Bad input: the error shape with its status and the field; nothing started, nobody harmed."""

import concurrent.futures
import json
import os
import re
import signal
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

import flow  # noqa: E402, I001: it makes the modules below findable
import child  # noqa: E402
import web  # noqa: E402
from flow import contains, equal, error_shape, true  # noqa: E402


GOOD = {"sunshine_user": "sunshine", "sunshine_pass": "sunshine"}

BODIES = [
    (b"", 400, "malformed JSON"), (b"{", 400, "malformed JSON"), (b"[]", 400, "malformed JSON"), (b"\xff", 400, "malformed JSON"),
    (b'{"a":1}{"b":2}', 400, "malformed JSON"), (b"[" * 60000, 400, "malformed JSON"),
    (b"{}", 400, "field 'body_ip' is required"), (b'{"body_ip":null}', 400, "field 'body_ip' is required"),
    (b'{"body_ip":7}', 400, "field 'body_ip' must be a string"), (b'{"body_ip":""}', 400, "field 'body_ip'"),
    (b'{"body_ip":"living-room"}', 400, "field 'body_ip'"), (b'{"body_ip":"8.8.8.8"}', 400, "field 'body_ip'"),
    (b'{"body_ip":"127.0.0.1"}', 400, "field 'body_ip'"), (b'{"body_ip":"::ffff:8.8.8.8"}', 400, "field 'body_ip'"),
    (b'{"body_ip":"BODY","experience":5}', 400, "field 'experience' must be a string"),
    (b'{"body_ip":"BODY","replace":"yes"}', 400, "field 'replace' must be true or false"),
    (b'{"body_ip":"BODY","district":"a\\nb"}', 400, "field 'district'"),
    (b'{"body_ip":"BODY","head":"' + b"x" * 2000 + b'"}', 400, "field 'head'"),
    (b'{"body_ip":"BODY","head":"' + b"x" * 70000 + b'"}', 413, ""),
]


def _nothing_started(running):
    equal(running.call("GET", "/api/v1/sessions").json()["sessions"], [], "sessions")
    for name, process in running.children.items():
        if name.startswith("worker"):
            equal(child.descendants(process.pid), [], "processes of " + name)


def each_bad_body_is_refused_by_both_roles(running):
    for body, status, text in BODIES:
        sent = body.replace(b"BODY", running.plan.body(1).encode())
        for call in (running.call, lambda *a, **k: running.worker_call(1, *a, **k)):
            reply = call("POST", "/api/v1/sessions", sent, headers={"Content-Type": "application/json"})
            contains(error_shape(reply, status)["error"], text, "answer to %r" % sent[:60])
    _nothing_started(running)


def the_workers_own_address_is_no_body(running):
    reply = running.create(1, expect=None, body_ip=running.plan.worker(1)[0])
    contains(error_shape(reply, 400)["error"], "field 'body_ip'")
    def said():
        lines = [line for name, process in running.children.items() if name.startswith("worker") for line in process.lines()]
        return any("no session: " in line and "body_ip=" + running.plan.worker(1)[0] in line for line in lines)
    running.wait(said, 10, "a line with the body's address")


def a_wrong_or_missing_token_is_401_for_every_guarded_path(running):
    paths = [("POST", "/api/v1/sessions"), ("GET", "/api/v1/sessions"), ("GET", "/api/v1/sessions/x"), ("DELETE", "/api/v1/sessions/x")]
    for method, path in paths + [("GET", "/api/v1/workers"), ("POST", "/api/v1/workers/heartbeat")]:
        for token in (None, "wrong", running.plan.token + "x", running.plan.token[:-1], ""):
            reply = running.call(method, path, {} if method == "POST" else None, token=token)
            error_shape(reply, 401, "unauthorized")
            true(reply.headers["WWW-Authenticate"].startswith("Bearer"), "no WWW-Authenticate")
    for method, path in paths:
        error_shape(running.worker_call(1, method, path, {} if method == "POST" else None, token="wrong"), 401)
    _nothing_started(running)


def an_unknown_session_is_404(running):
    ended = running.create(1)["session_id"]
    running.call("DELETE", "/api/v1/sessions/" + ended)
    for session in (ended, "nonsense", "0" * 31, "0" * 33):
        error_shape(running.call("GET", "/api/v1/sessions/" + session), 404)
        error_shape(running.call("DELETE", "/api/v1/sessions/" + session), 404)
    error_shape(web.call("GET", running.url + "/session/" + ended + "/stream.html"), 404, "session not found")
    error_shape(web.call("POST", running.url + "/session/" + ended + "/quit"), 404)
    error_shape(running.worker_call(1, "GET", "/api/v1/sessions/" + "0" * 32), 404)


def a_fresh_controller_asks_for_patience_about_an_id_it_may_yet_hear_of(running):
    reply = running.call("GET", "/api/v1/sessions/" + "0" * 32)
    error_shape(reply, 503)
    true(int(reply.headers["Retry-After"]) > 0, "no Retry-After")


def unknown_paths_and_methods_are_told_apart(running):
    error_shape(running.call("GET", "/api/v1/nothing"), 404)
    error_shape(running.call("GET", "/api/v1/healthx"), 404)
    reply = running.call("PUT", "/api/v1/health")
    error_shape(reply, 405)
    equal(reply.headers["Allow"], "GET", "Allow")


def health_always_answers(running):
    equal(web.call("GET", running.url + "/api/v1/health").status, 200, "status")


RAW = [
    (b"GET /api/v1/health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400), (b"GET /api/v1/health HTTP/1.1\r\n\r\n", 400),
    (b"GET  /api/v1/health HTTP/1.1\r\nHost: a\r\n\r\n", 400), (b"GET /api/v1/health HTTP/2.0\r\nHost: a\r\n\r\n", 505),
    (b"GET http://a/api/v1/health HTTP/1.1\r\nHost: a\r\n\r\n", 400), (b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    (b"GET /api/v1/health HTTP/1.1\nHost: a\n\n", 400), (b"GET /api/v1/health HTTP/1.1\r\nHost : a\r\n\r\n", 400),
    (b"GET /api/v1/health HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n", 400), (b"\x00\x01\x02\r\n\r\n", 400),
    (b"POST /session/x/y HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    (b"POST /session/x/y HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400),
    (b"POST /session/x/y HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\nabc", 400),
    (b"POST /session/x/y HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
    (b"POST /session/x/y HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
    (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 2000 + b"\r\n", 431),
    (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 40000 + b"\r\n\r\n", 431),
    (b"POST /api/v1/sessions HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411),
    (b"GET /api/v1/health?a=%zz HTTP/1.1\r\nHost: a\r\n\r\n", 400), (b"GET /api/v1/health?a=%00 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
] + [(b"GET /api/v1/health HTTP/1.1\r\nHost: " + host + b"\r\n\r\n", 400)
     for host in (b"[", b"%", b"a:99999", b":::", b"[::1", b"a:b", b"%zz", b"[127.0.0.1]", b"a:1:2", b":80")]


def a_malformed_head_is_refused_and_the_connection_closed(running):
    for at in (running.plan.controller, running.plan.worker(1)):
        for data, status in RAW:
            answer = web.raw(at[0], at[1], data)
            equal(answer.split(b" ", 2)[1:2], [str(status).encode()], "status of %r" % data[:50])
            equal(len(re.findall(rb"HTTP/1\.1 \d{3} ", answer)), 1, "answers to %r" % data[:50])
            equal(json.loads(answer.split(b"\r\n\r\n", 1)[1])["code"], status, "code")


def idle_connections_that_the_client_closes_leave_no_descriptor(running):
    pid = running.children["controller"].pid
    before = len(os.listdir("/proc/%d/fd" % pid))
    for _ in range(5):
        socks = [socket.create_connection(running.plan.controller) for _ in range(100)]
        for sock in socks:
            sock.sendall(b"GET /api/v1/health HTTP/1.1\r\nHost: a\r\n\r\n")
        for sock in socks:
            true(sock.recv(65536).startswith(b"HTTP/1.1 200"), "no answer")
        for sock in socks:
            sock.close()
    running.wait(lambda: len(os.listdir("/proc/%d/fd" % pid)) <= before + 1, 10, "descriptors are back")


def a_second_worker_on_the_port_leaves_the_first_alone(running):
    created = running.create(1)
    second = subprocess.run([running.plan.program("hydraneckwebrtc"), "worker", "--config", running.path("worker-1.yaml")],
                            capture_output=True, text=True, timeout=20, check=False, env=running.env())
    true(second.returncode not in (0, -11), "exit status %d" % second.returncode)
    contains(second.stderr, "cannot bind — is another hydraneckwebrtc already running?")
    equal(second.stderr.count("%s:%d" % running.plan.worker(1)), 1, "addresses in %r" % second.stderr)
    equal(web.call("GET", created["stream_url"]).status, 200, "the page of the first")


def no_secret_and_no_whole_id_is_written_anywhere(running):
    created = running.create(1)
    running.create(2, expect=None, sunshine_pass="hunter2-wrong")
    for name, process in running.children.items():
        text = "\n".join(process.lines())
        for secret in (running.plan.token, "nps-token", "library-token", running.plan.turn_password, "hunter2-wrong"):
            if name in ("controller", "worker-1"):
                true(secret not in text, "%s wrote a secret" % name)
        if name in ("controller", "worker-1"):
            true(created["session_id"] not in text, "%s wrote a whole session id" % name)
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/cmdline" % pid, "rb") as file:
                line = file.read()
        except OSError:
            continue
        if b"hydraneck" in line or b"web-server" in line:
            for secret in (running.plan.token, "hunter2", running.plan.turn_password):
                true(secret.encode() not in line, "a secret in the process list")


def a_session_directory_is_private_and_holds_its_log(running):
    created = running.create(1)
    folder = running.path("sessions-1/" + created["session_id"])
    equal(os.stat(folder).st_mode & 0o777, 0o700, "mode of the directory")
    with open(folder + "/server/config.json", encoding="utf-8") as file:
        config = json.load(file)
    equal(config["web_server"]["url_path_prefix"], "/session/" + created["session_id"], "url_path_prefix")
    true("first_login_assign_global_hosts" in config["web_server"] and "first_login_create_admin" in config["web_server"], "login keys")
    equal(config["webrtc"]["port_range"]["max"] - config["webrtc"]["port_range"]["min"], 15, "port_range")
    with open(folder + "/web-server.log", encoding="utf-8") as file:
        contains(file.read(), "listening on", "web-server.log")
    equal(os.stat(folder + "/web-server.log").st_mode & 0o077, 0, "mode of the log")


def _waits_for_an_answer(running, port):
    """Whether bytes lie unread in a connection to that port of worker-1: not of other clusters, nor a connection without a request yet."""
    local = "%s:%04X" % (bytes(reversed(socket.inet_aton(running.plan.worker(1)[0]))).hex().upper(), port)
    with open("/proc/net/tcp", encoding="ascii") as file:
        rows = [line.split() for line in file.readlines()[1:]]
    return any(row[1] == local and row[3] != "0A" and int(row[4].split(":")[1], 16) > 0 for row in rows)


def _break_upstream(running, created):
    """web-server is killed with a request in its socket: the caller gets 502. Its supervisor stands still meanwhile: were the session's end known
    first, the answer would be 404."""
    family = child.descendants(running.children["worker-1"].pid)  # the supervisor first
    listening = 8100
    for pid in family:
        os.kill(pid, signal.SIGSTOP)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        reply = pool.submit(web.call, "GET", created["stream_url"])
        running.wait(lambda: _waits_for_an_answer(running, listening), 10, "request is with web-server")
        for pid in reversed(family[1:]):
            os.kill(pid, signal.SIGKILL)
        equal(reply.result().status, 502, "status of a page whose web-server was killed")
    os.kill(family[0], signal.SIGCONT)


def the_logs_carry_the_runbooks_prefixes(running):
    created = running.create(1)
    web.call("POST", running.url + "/session/%s/rating" % created["session_id"], {"rating": 5})
    # a web-server that stands still and is killed is an upstream that breaks off
    _break_upstream(running, created)
    running.call("DELETE", "/api/v1/sessions/" + created["session_id"])
    worker = "\n".join(running.children["worker-1"].lines())
    for prefix in ("[worker]", "[session %s]" % created["session_id"][:8], "[pairing]", "[heartbeat]", "[cleanup]", "[proxy]", "[rating]"):
        contains(worker, prefix, "log of the worker")
    contains("\n".join(running.children["controller"].lines()), "[controller]", "log of the controller")


def web_server_starts_with_a_clean_environment(running):
    running.create(1)
    for pid in child.descendants(running.children["worker-1"].pid):
        with open("/proc/%d/environ" % pid, "rb") as file:
            names = {pair.split(b"=")[0].decode() for pair in file.read().split(b"\0") if pair}
        allowed = {"PATH", "HOME", "HYDRANECK_SESSION_OF", "LANG", "ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS", "HYDRANECK_SIM_STATIC"}
        equal(names - allowed, set(), "environment of process %d" % pid)


def a_heartbeat_of_a_thousand_sessions_is_taken():
    sessions = [{"id": "%032x" % n, "body_ip": "127.0.0.2", "status": "ready", "process_alive": True, "data_directory_ok": True,
                 "active_connections": 0, "created_at": "2026-01-01T00:00:00Z", "age_seconds": 1, "experience": "x" * 300}
                for n in range(1000)]
    report = {"worker_id": "big", "url": "http://127.0.0.1:1", "boot_id": "b", "boot_utc_us": 1, "api_token": "t" * 32, "version": "0",
              "active_sessions": 1000, "max_sessions": 1000, "wireguard": True, "sessions": sessions}
    with flow.Started(workers=0, bodies=1, turn=False) as running:
        equal(running.call("POST", "/api/v1/workers/heartbeat", report).status, 200, "status")
        error_shape(running.call("POST", "/api/v1/workers/heartbeat", dict(report, version="v" * 1100000)), 413)


def hidden_brackets_do_not_reach_the_parser_of_the_controller():
    bomb = b"{'\"':" + b"[" * 1000000 + b",'\"':1}"
    with flow.Started(workers=0, bodies=1, turn=False) as running:
        reply = running.call("POST", "/api/v1/workers/heartbeat", bomb, headers={"Content-Type": "application/json"})
        contains(error_shape(reply, 400)["error"], "malformed JSON")
        error_shape(running.call("POST", "/api/v1/workers/heartbeat", bomb, token="wrong"), 413)
        equal(web.call("GET", running.url + "/api/v1/health").status, 200, "health afterwards")


def a_worker_url_that_leads_to_the_controller_does_not_loop():
    with flow.Started(workers=0, bodies=1, turn=False) as running:
        report = {"worker_id": "mirror", "url": running.url, "boot_id": "b", "boot_utc_us": 1, "api_token": running.plan.token,
                  "version": "0", "active_sessions": 0, "max_sessions": 9, "wireguard": True, "sessions": []}
        equal(running.call("POST", "/api/v1/workers/heartbeat", report).status, 200, "heartbeat")
        contains(error_shape(running.create(1, expect=None), 400)["error"], "this is a controller, not a worker")
        created = [line for line in running.children["controller"].lines() if "session not created" in line]
        equal(len(created), 1, "creations: %r" % created)


def without_moonlight_web_stream_the_create_says_so():
    with flow.Started(workers=1, bodies=1, turn=False, extra_worker={"moonlight": {"path": "/nonexistent/web-server"}}) as running:
        error_shape(running.create(1, expect=None), 503, "moonlight-web-stream not installed")
        running.wait(lambda: not running.call("GET", "/api/v1/sessions").json()["sessions"], 5, "no session is left")
        _nothing_started(running)


def a_worker_without_wireguard_warns_and_is_degraded():
    flow.expect_log("WARNING: no WireGuard interface detected")
    with flow.Started(workers=1, bodies=1, turn=False, wireguard=False) as running:
        contains("\n".join(running.children["worker-1"].lines()), "WARNING: no WireGuard interface detected", "log")
        health = running.worker_call(1, "GET", "/api/v1/health").json()
        equal((health["status"], health["extra"]["wireguard"]), ("degraded", False), "health")
        controller = running.call("GET", "/api/v1/health").json()
        equal((controller["status"], controller["extra"]["wireguard"]), ("degraded", False), "health of the controller")


flow.expect_log("'moonlight.path' /nonexistent/web-server is not an executable file")
flow.expect_log("[proxy]")
flow.expect_log("ended by itself")
flow.expect_log("session not created")
flow.expect_log("[pairing]")
flow.expect_log("[session ")
flow.main(globals(), workers=1, bodies=3, turn=True, token="tok-5f1d3c")
