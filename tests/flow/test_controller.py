#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The controller among workers that hang, die, refuse, return, drain or pretend: real ones, and fakes that answer exactly as told."""

import base64
import hashlib
import hmac
import http.server
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

import flow  # noqa: E402, I001: it makes the modules below findable
import web  # noqa: E402
from flow import contains, equal, error_shape, true  # noqa: E402

flow.expect_log("[controller]")
flow.expect_log("[heartbeat]")
flow.expect_log("[proxy]")
flow.expect_log("[session ")

TOKEN = "tok-9d2e7a"


class Fake:
    """A worker that answers a create as `create` says: (status, body), a function of the handler, or None for 201."""

    def __init__(self, running, number, name=None, slots=100):
        self.running, self.name, self.slots = running, name or "fake-%d" % number, slots
        self.at = running.plan.worker(number)
        self.token = "api-token-of-%s-%s" % (self.name, "f" * 32)
        self.create, self.delete, self.sessions, self.seen, self.boot = None, None, [], [], 1
        self.lock = threading.Lock()
        fake = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do(self):
                length = int(self.headers.get("Content-Length") or 0)
                self.body = self.rfile.read(length)
                with fake.lock:
                    fake.seen.append((self.command, self.path, self.headers.get("Authorization")))
                fake.serve(self)

            do_GET = do_POST = do_DELETE = do

            def log_message(self, *_):
                pass

            def reply(self, status, body):
                data = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

        self.server = None
        self.handler = Handler
        self.listen()

    def listen(self):
        class Server(http.server.ThreadingHTTPServer):
            request_queue_size = 256
            daemon_threads = True

            def handle_error(self, *_):
                pass  # a client that left

        self.server = Server(self.at, self.handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self):
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def serve(self, handler):
        answer = {"POST": self.create, "DELETE": self.delete}.get(handler.command)
        if callable(answer):
            answer = answer(handler)
            if answer is None:
                return
        if answer is not None:
            handler.reply(*answer)
        elif handler.command == "POST" and handler.path == "/api/v1/sessions":
            session = os.urandom(16).hex()
            path = "/session/%s/stream.html?hostId=1&appId=2" % session
            handler.reply(201, {"session_id": session, "stream_url": "http://fake" + path, "stream_path": path, "worker_id": self.name})
        elif handler.command == "GET" and handler.path == "/api/v1/sessions":
            handler.reply(200, {"sessions": self.sessions})
        elif handler.command == "GET" and handler.path.startswith("/api/v1/sessions/"):
            found = [s for s in self.sessions if handler.path.endswith(s["id"])]
            handler.reply(200 if found else 404, found[0] if found else {"error": "session not found", "code": 404})
        elif handler.command == "DELETE":
            self.sessions = [s for s in self.sessions if not handler.path.endswith(s["id"])]
            handler.reply(200, {"status": "stopped"})
        else:
            handler.reply(404, {"error": "not found", "code": 404})

    def report(self, **more):
        report = {"worker_id": self.name, "url": "http://%s:%d" % self.at, "boot_id": "boot-%d" % self.boot, "boot_utc_us": self.boot,
                  "api_token": self.token, "version": "0", "active_sessions": len(self.sessions), "max_sessions": self.slots,
                  "wireguard": True, "sessions": self.sessions}
        report.update(more)
        return report

    def beat(self, token=True, **more):
        return self.running.call("POST", "/api/v1/workers/heartbeat", self.report(**more), token=token)

    def asked(self, method="POST", path="/api/v1/sessions"):
        with self.lock:
            return len([s for s in self.seen if s[:2] == (method, path)])

    def forget(self):
        with self.lock:
            self.seen = []


def _session(body_ip, status="ready"):
    identifier = os.urandom(16).hex()
    return {"id": identifier, "body_ip": body_ip, "status": status, "process_alive": True, "data_directory_ok": True,
            "active_connections": 0, "age_seconds": 1, "stream_path": "/session/%s/stream.html?hostId=1&appId=2" % identifier}


def _alone(**options):
    return flow.Started(workers=0, bodies=1, turn=False, token=TOKEN, **options)


def _error(status, text):
    return (status, {"error": text, "code": status, "detail": "detail of it"})


def _cut(handler):
    handler.connection.shutdown(socket.SHUT_RDWR)


def _post(running, body_ip, key=None, headers=None, **fields):
    more = dict(headers or {})
    if key is not None:
        more["Idempotency-Key"] = key
    return running.call("POST", "/api/v1/sessions", dict(fields, body_ip=body_ip), headers=more)


def _state(running, name):
    return running.call("GET", "/api/v1/workers/" + name).json()


def _in_time(seconds, what, call):
    """The answer of `call`, which takes less than so long: of three times, since others may have the processor just then."""
    took = []
    for _ in range(3):
        began = time.monotonic()
        answer = call()
        took.append(time.monotonic() - began)
        if took[-1] < seconds:
            return answer
    raise AssertionError("%s took %r s" % (what, took))


# what the first worker does, what the caller gets, how many others were asked, the state of the first
BRANCHES = [
    ((503, {"error": "max sessions reached", "code": 503}), 201, None, 1, "healthy"),
    ((503, {"error": "no ports available", "code": 503}), 201, None, 1, "healthy"),
    ((401, {"error": "unauthorized", "code": 401}), 201, None, 1, "suspect"),
    ((403, {"error": "no", "code": 403}), 201, None, 1, "suspect"),
    ("down", 201, None, 1, "suspect"),
    (_error(502, "pair failed: boom (crypto handshake rejected by Sunshine)"), 502, "pair failed: boom (crypto", 0, "healthy"),
    (_error(502, "body 10.0.0.1 unreachable on port 47990"), 502, "unreachable on port", 0, "healthy"),
    (_error(504, "pair failed: timed out after 30s"), 504, "pair failed: timed out", 0, "healthy"),
    (_error(409, "body 10.0.0.1 already in use by session 12345678"), 409, "already in use", 0, "healthy"),
    (_error(400, "field 'body_ip' is odd"), 400, "field 'body_ip'", 0, "healthy"),
    (_cut, 502, "worker 'fake-1'", 0, "healthy"),
    ((201, b"nonsense"), 502, "worker 'fake-1' gave no readable answer", 0, "healthy"),
    ((500, b"<html>"), 502, "worker 'fake-1' gave no readable answer", 0, "healthy"),
]


def a_create_goes_to_one_other_worker_only_if_nothing_has_begun():
    with _alone() as running, Fake(running, 1, slots=1000) as first, Fake(running, 2) as second, Fake(running, 3) as third:
        for number, (does, status, text, others, state) in enumerate(BRANCHES):
            first.create = None if does == "down" else does
            for fake in (first, second, third):
                equal(fake.beat().status, 200, "heartbeat")
                fake.forget()
            if does == "down":
                first.close()
            reply = _post(running, "10.0.0.%d" % (number + 1))
            equal(reply.status, status, "answer to row %d %r" % (number, does))
            equal(second.asked() + third.asked(), others, "others asked in row %d" % number)
            if text is not None:
                contains(error_shape(reply, status)["error"], text)
            if does == "down":
                first.listen()
            running.wait(lambda want=state: _state(running, "fake-1")["status"] == want, 5, "row %d: fake-1 is %s" % (number, state))


def two_refusals_are_enough_and_the_second_ones_words_are_told():
    with _alone() as running, Fake(running, 1, slots=1000) as first, Fake(running, 2) as second, Fake(running, 3) as third:
        for fake in (first, second, third):
            fake.create = _error(503, "max sessions reached")
            fake.beat()
        reply = _post(running, "10.0.0.1")
        equal(error_shape(reply, 503, "max sessions reached")["detail"], "detail of it", "detail")
        equal(first.asked() + second.asked() + third.asked(), 2, "workers asked")
        contains("\n".join(running.children["controller"].lines()),
                 "is tried, since another one did not serve: max sessions reached body_ip=10.0.0.1 not_served_by=fake-1")


def workers_that_are_all_away_are_no_healthy_workers():
    with _alone() as running, Fake(running, 1) as first, Fake(running, 2) as second:
        error_shape(_post(running, "10.0.0.1"), 503, "no healthy workers available", "unhealthy, suspect, draining or full: GET /api/v1/workers")
        error_shape(first.beat(worker_id="a/b"), 400, "field 'worker_id' must be 1 to 64 letters, digits and characters of '._:-'")
        for fake in (first, second):
            fake.beat()
            fake.close()
        error_shape(_post(running, "10.0.0.1"), 503, "no healthy workers available")
        equal([_state(running, f.name)["status"] for f in (first, second)], ["suspect", "suspect"], "states")


def a_worker_is_called_with_its_own_token_which_nobody_is_shown():
    with _alone() as running, Fake(running, 1) as fake:
        fake.sessions = [_session("10.0.0.1")]
        fake.beat()
        session = fake.sessions[0]["id"]
        _post(running, "10.0.0.2")
        shown = [running.call("GET", path).body.decode() for path in
                 ("/api/v1/workers", "/api/v1/workers/fake-1", "/api/v1/sessions", "/api/v1/sessions/" + session, "/api/v1/health")]
        running.call("POST", "/api/v1/workers/fake-1/drain")
        running.call("DELETE", "/api/v1/sessions/" + session)
        running.wait(lambda: fake.asked("POST", "/api/v1/heartbeat") == 1, 5, "it is asked to beat")
        true(len(fake.seen) >= 6, "calls: %r" % fake.seen)
        equal({authorization for _, _, authorization in fake.seen}, {"Bearer " + fake.token}, "tokens")
        for text in shown + running.children["controller"].lines():
            true(fake.token not in text and TOKEN not in text, "a token is shown: %s" % text[:200])
            true(session not in text or text in shown, "a whole id is logged")


def _token_for(name):
    def url_safe(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    mac = hmac.new(TOKEN.encode(), b"hydraneckwebrtc worker " + name.encode(), hashlib.sha256).digest()
    return "hnw1.%s.%s" % (url_safe(name.encode()), url_safe(mac))


def a_workers_token_sends_its_heartbeats_and_nothing_else():
    with _alone() as running, Fake(running, 1) as fake:
        printed = subprocess.run([running.plan.program("hydraneckwebrtc"), "worker-token", "--config", running.path("controller.yaml"),
                                  "fake-1"], capture_output=True, text=True, timeout=20, check=True, env=running.env()).stdout.strip()
        equal(printed, _token_for("fake-1"), "token")
        equal(fake.beat(token=printed).json(), {"status": "ok", "drain": False}, "heartbeat")
        equal(fake.beat(token=printed, sessions=[_session("10.0.0.1") for _ in range(300)]).status, 200, "long heartbeat")
        other = error_shape(fake.beat(token=printed, worker_id="fake-2"), 403, "this token is for worker 'fake-1', not for 'fake-2'")
        contains(other["detail"], "hydraneckwebrtc worker-token fake-2")
        equal([w["id"] for w in running.call("GET", "/api/v1/workers").json()["workers"]], ["fake-1"], "workers")
        for method, path in (("GET", "/api/v1/workers"), ("GET", "/api/v1/sessions"), ("POST", "/api/v1/sessions"),
                             ("POST", "/api/v1/workers/fake-1/drain"), ("DELETE", "/api/v1/sessions/" + "0" * 32)):
            error_shape(running.call(method, path, {} if method == "POST" else None, token=printed), 403,
                        "a worker's token only sends heartbeats")
        health = running.call("GET", "/api/v1/health", token=printed, headers={"X-Forwarded-For": "10.9.9.9"})
        true("sessions" not in health.json()["extra"], "a worker's token sees sessions")
        for token in (printed[:-1], printed + "A", _token_for("fake-2").rsplit(".", 1)[0] + "." + printed.rsplit(".", 1)[1], "hnw1..", ""):
            reply = fake.beat(token=token)
            error_shape(reply, 401, "unauthorized")
            true(reply.headers["WWW-Authenticate"].startswith("Bearer"), "no WWW-Authenticate")
        log = "\n".join(running.children["controller"].lines())
        true(printed not in log, "the log holds the token")
        contains(log, "heartbeat refused: this token is for worker 'fake-1'")


def worker_token_says_how_it_is_used():
    with _alone() as running:
        program = running.plan.program("hydraneckwebrtc")
        for arguments, status in ((["--help"], 0), ([], 64), (["a", "b"], 64), (["--config", running.path("controller.yaml")], 64),
                                  ([""], 64), (["a/b"], 64), (["--config", "/nonexistent", "w"], 78)):
            done = subprocess.run([program, "worker-token"] + arguments, capture_output=True, text=True, timeout=20, check=False,
                                  env=running.env())
            equal(done.returncode, status, "exit status of %r" % arguments)
            equal("WORKER_ID is missing" in done.stderr, arguments in ([], ["--config", running.path("controller.yaml")]),
                  "whether %r is said to lack an id" % arguments)
            equal("is no worker id" in done.stderr, arguments in ([""], ["a/b"]), "whether %r is said to be no id" % arguments)
            true(TOKEN not in done.stdout + done.stderr, "the admin token is printed")


def a_real_worker_registers_with_a_token_of_its_own():
    with flow.Started(workers=1, bodies=1, turn=False, token=TOKEN,
                      extra_worker={"controller": {"token": _token_for("worker-1")}, "server": {"admin_token": "not the controllers"}}) as running:
        created = running.create(1)
        equal(created["worker_id"], "worker-1", "worker")
        equal(web.call("GET", created["stream_url"]).status, 200, "page")


def a_worker_whose_pages_nobody_could_see_is_told_at_its_heartbeat():
    with _alone() as running, Fake(running, 1) as fake:
        body = error_shape(fake.beat(url="https://worker.example.com"), 400,
                           "field 'url' is https, which this controller calls but cannot proxy")
        contains(body["detail"], "worker.public_url")
        equal(running.call("GET", "/api/v1/workers").json()["workers"], [], "workers")
        equal(fake.beat(url="https://worker.example.com", public_url="https://worker.example.com").status, 200, "with a public URL")


# ---- Idempotency-Key ----

class Held:
    """Creations that wait until they are let go; `arrived` counts them."""

    def __init__(self, answer=None):
        self.go, self.arrived, self.left, self.answer = threading.Event(), threading.Semaphore(0), threading.Event(), answer

    def __call__(self, handler):
        self.arrived.release()
        handler.connection.setblocking(False)
        while not self.go.wait(0.02):
            try:
                if handler.connection.recv(1) == b"":
                    self.left.set()
                    return None
            except BlockingIOError:
                pass
            except OSError:
                self.left.set()
                return None
        handler.connection.setblocking(True)
        if self.answer is not None:
            return self.answer
        session = "%032x" % 0x5e551011
        path = "/session/%s/stream.html?hostId=1&appId=2" % session
        return (201, {"session_id": session, "stream_url": "http://x" + path, "stream_path": path, "worker_id": "fake-1"})


class Caller(threading.Thread):
    """A create in a thread of its own; leave() closes its connection."""

    def __init__(self, running, body, key):
        super().__init__(daemon=True)
        self.answer = b""
        data = json.dumps(body).encode()
        self.sock = socket.create_connection(running.plan.controller, 120)
        self.sock.sendall(("POST /api/v1/sessions HTTP/1.1\r\nHost: neck\r\nAuthorization: Bearer %s\r\nIdempotency-Key: %s\r\n"
                           "Content-Type: application/json\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
                           % (running.plan.token, key, len(data))).encode() + data)
        self.start()

    def run(self):
        try:
            while True:
                part = self.sock.recv(65536)
                if not part:
                    return
                self.answer += part
        except OSError:
            return

    def leave(self):
        self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()

    def result(self):
        self.join(120)  # 512 at once are 9 s of work by themselves, with sanitizers
        head, body = self.answer.split(b"\r\n\r\n", 1)
        return int(head.split(b" ", 2)[1]), json.loads(body)


def _settled(running):
    """Whoever sent something before this has been heard: requests of one address are accepted in order."""
    running.call("GET", "/api/v1/health")


def the_same_key_gets_the_same_session_while_it_is_made_and_after():
    with _alone() as running, Fake(running, 1) as fake:
        fake.beat()
        fake.create = held = Held()
        body = {"body_ip": "10.0.0.1", "sunshine_pass": "hunter2"}
        callers = [Caller(running, body, "key-1") for _ in range(3)]
        true(held.arrived.acquire(timeout=20), "no creation arrived")
        _settled(running)
        error_shape(_post(running, "10.0.0.2", key="key-1"), 422, "'Idempotency-Key' was used for another request")
        held.go.set()
        results = [c.result() for c in callers]
        equal([r[0] for r in results], [201] * 3, "statuses")
        equal(results[1:], results[:1] * 2, "answers")
        equal(fake.asked(), 1, "creations at the worker")
        again = _post(running, "10.0.0.1", key="key-1", sunshine_pass="hunter2")
        equal((again.status, again.json()), results[0], "the stored answer")
        equal(fake.asked(), 1, "creations at the worker")
        error_shape(_post(running, "10.0.0.1", key="key-1"), 422)
        fake.create = None
        true(_post(running, "10.0.0.1", key="key-2").json()["session_id"] != results[0][1]["session_id"], "another key gave the same session")


def a_failure_under_a_key_is_tried_again_and_a_refusal_is_not():
    with _alone() as running, Fake(running, 1) as fake:
        for key, answer, then in (("a", _error(502, "pair failed: x"), 201), ("b", _error(503, "no ports available"), 201),
                                  ("c", _error(409, "body 10.0.0.1 already in use by session 12345678"), 409)):
            fake.create = answer
            fake.beat()
            equal(_post(running, "10.0.0.1", key=key).status, answer[0], "first")
            fake.create = None
            fake.beat()
            equal(_post(running, "10.0.0.1", key=key).status, then, "second, key %s" % key)


def an_odd_key_is_refused():
    with _alone() as running, Fake(running, 1) as fake:
        fake.beat()
        for key in ("a b", "", "k" * 129, "k\xe9y"):
            contains(error_shape(_post(running, "10.0.0.1", key=key), 400)["error"], "Idempotency-Key")
        equal(fake.asked(), 0, "creations")
        equal(_post(running, "10.0.0.1", key="k" * 128).status, 201, "the longest")


def who_leaves_cancels_only_if_nobody_else_waits():
    with _alone() as running, Fake(running, 1) as fake:
        fake.beat()
        fake.create = held = Held()
        body = {"body_ip": "10.0.0.1"}
        first, second = (Caller(running, body, "key") for _ in range(2))
        true(held.arrived.acquire(timeout=20), "no creation arrived")
        _settled(running)
        first.leave()
        _settled(running)
        third = Caller(running, body, "key")
        _settled(running)
        true(not held.left.is_set(), "the creation was cancelled")
        second.leave()
        _settled(running)
        held.go.set()
        equal(third.result()[0], 201, "status of who stayed")
        equal(fake.asked(), 1, "creations at the worker")

        fake.create = held = Held()
        callers = [Caller(running, {"body_ip": "10.0.0.2"}, "other") for _ in range(2)]
        true(held.arrived.acquire(timeout=20), "no creation arrived")
        _settled(running)
        for caller in callers:
            caller.leave()
        true(held.left.wait(20), "the creation was not cancelled")
        fake.create = None
        equal(_post(running, "10.0.0.2", key="other").status, 201, "the key begins anew")


def what_an_earlier_life_of_a_worker_did_is_not_held_against_it():
    """It was restarted while it was asked, and has registered again before its answer of before is heard."""
    with _alone() as running, Fake(running, 1) as fake:
        def born_again(handler):
            fake.boot, fake.create = 2, None
            equal(fake.beat().status, 200, "heartbeat of the new life")
            handler.reply(401, {"error": "unauthorized", "code": 401})

        fake.beat()
        fake.create = born_again
        _post(running, "10.0.0.9")
        equal([w["status"] for w in running.call("GET", "/api/v1/workers").json()["workers"]], ["healthy"], "the worker")
        equal(_post(running, "10.0.0.9").status, 201, "a creation after that")


CREATIONS = 512  # HN_LIMIT_CREATIONS


def creations_under_way_are_bounded_and_room_comes_back():
    with _alone() as running, Fake(running, 1, slots=1000) as fake:
        fake.close()
        with socket.create_server(fake.at, backlog=2 * CREATIONS):  # takes every creation and answers none
            fake.beat()
            callers = [Caller(running, {"body_ip": "10.3.%d.%d" % (n // 250, n % 250 + 1)}, "key-%d" % n) for n in range(CREATIONS)]
            _settled(running)
            refused = _post(running, "10.4.0.1")
            error_shape(refused, 503, "too many creations are under way")
            equal(refused.headers["Retry-After"], "1", "Retry-After")
        errors = {caller.result()[1]["error"] for caller in callers}
        true(refused.json()["error"] not in errors, "one of the first %d was refused" % CREATIONS)
        fake.listen()
        fake.beat()
        equal(_post(running, "10.4.0.1").status, 201, "there is room again")


def endless_interim_answers_of_a_worker_do_not_stop_the_controller():
    def never_come_to_the_point(handler):
        try:
            while True:
                handler.connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000)
        except OSError:
            return

    with _alone() as running, Fake(running, 1) as fake:
        fake.beat()
        fake.create = never_come_to_the_point
        error_shape(_post(running, "10.0.0.1"), 502, "worker 'fake-1': too many interim answers")
        equal(running.call("GET", "/api/v1/health").status, 200, "the controller lives")


# ---- where streams are ----

def stream_urls_are_where_the_caller_can_reach_them():
    def url(running, number, **headers):
        return _post(running, "10.0.0.%d" % number, headers={k.replace("_", "-"): v for k, v in headers.items()}).json()["stream_url"]

    forwarded = {"X_Forwarded_Proto": "https", "X_Forwarded_Host": "neck.example.com"}
    with _alone() as running, Fake(running, 1) as fake:
        fake.beat()
        equal(url(running, 1, **forwarded).split("/session/")[0], running.url, "from a stranger")
        equal(url(running, 2, Host="neck.lan:8080").split("/session/")[0], "http://neck.lan:8080", "as addressed")
        fake.beat(public_url="https://worker.example.com")
        equal(url(running, 3).split("/session/")[0], "https://worker.example.com", "public URL")
        fake.beat(public_url="http://worker.example.com")
        equal(url(running, 4).split("/session/")[0], running.url, "a public URL that is not https")
    with _alone(extra_controller={"server": {"trusted_proxies": ["127.0.0.0/8"]}}) as running, Fake(running, 1) as fake:
        fake.sessions = [_session("10.0.0.9")]
        fake.beat()
        equal(url(running, 1, **forwarded).split("/session/")[0], "https://neck.example.com", "from a trusted proxy")
        equal(url(running, 2, X_Forwarded_Proto="https", Host="a.example.com").split("/session/")[0], "https://a.example.com", "its Host")
        equal(url(running, 3, X_Forwarded_Proto="gopher", X_Forwarded_Host="a/b").split("/session/")[0], running.url, "odd fields")
        shown = running.call("GET", "/api/v1/sessions/" + fake.sessions[0]["id"],
                             headers={k.replace("_", "-"): v for k, v in forwarded.items()}).json()
        equal(shown["stream_url"].split("/session/")[0], "https://neck.example.com", "shown")


# ---- many ----

def a_list_asks_a_bounded_number_of_workers_at_once():
    """On four addresses, since calls to one are bounded by themselves; answers are held until too many are there, or a while."""
    with _alone() as running, Fake(running, 1) as a, Fake(running, 2) as b, Fake(running, 3) as c, Fake(running, 4) as d:
        fakes, now, most, gate, too_many = (a, b, c, d), [0], [0], threading.Lock(), threading.Event()

        def held(plain, handler):
            with gate:
                now[0] += 1
                most[0] = max(most[0], now[0])
            if now[0] > 64:
                too_many.set()
            too_many.wait(0.2)
            with gate:
                now[0] -= 1
            plain(handler)

        for number in range(200):
            fake, session = fakes[number % 4], _session("10.1.0.%d" % (number + 1))
            equal(fake.beat(worker_id="w%03d" % number, sessions=[session], active_sessions=1).status, 200, "heartbeat")
        for fake in fakes:
            fake.serve = lambda handler, plain=fake.serve: held(plain, handler)
        sessions = _in_time(2, "the list", lambda: running.call("GET", "/api/v1/sessions")).json()["sessions"]
        true(not too_many.is_set(), "%d workers were asked at once" % most[0])
        true(most[0] >= 16, "only %d workers were asked at once" % most[0])
        # those that answered say that they have none; those that could not be asked in time are shown as their heartbeat had them
        true(all(s["stale"] for s in sessions), "sessions: %r" % sessions[:2])
        for number in range(200):
            fakes[number % 4].beat(worker_id="w%03d" % number, sessions=[])
        before = sum(f.asked("GET", "/api/v1/sessions") for f in fakes)
        equal(running.call("GET", "/api/v1/sessions").json()["sessions"], [], "sessions of workers that told of none")
        equal(len(running.call("GET", "/api/v1/workers").json()["workers"]), 200, "workers")
        equal(sum(f.asked("GET", "/api/v1/sessions") for f in fakes), before, "calls for lists that heartbeats have answered")


def a_draining_workers_body_moves_to_another_worker():
    with _alone() as running, Fake(running, 1) as old, Fake(running, 2) as other:
        idle, busy = _session("10.0.0.1", "idle"), _session("10.0.0.2", "active")
        old.sessions = [idle, busy]
        old.beat()
        other.beat()
        running.call("POST", "/api/v1/workers/fake-1/drain")
        equal(_post(running, "10.0.0.1").json()["worker_id"], "fake-2", "worker")
        equal([s["id"] for s in old.sessions], [busy["id"]], "sessions left at the draining worker")
        error_shape(_post(running, "10.0.0.2"), 409, "body 10.0.0.2 already in use by session " + busy["id"][:8])
        equal(_post(running, "10.0.0.2", replace=True).json()["worker_id"], "fake-2", "worker")
        equal(old.sessions, [], "sessions left at the draining worker")
        equal(old.asked(), 0, "creations at the draining worker")


# ---- real workers ----


def _tunnel(created, base):
    """A stream socket below `base` instead of the controller, with its streamer running."""
    host, app = re.search(r"hostId=(\d+)&appId=(\d+)", created["stream_url"]).groups()
    sock = web.WebSocket("%s/session/%s/api/host/stream" % (base, created["session_id"]))
    equal(sock.status, 101, "upgrade")
    sock.send({"Init": {"host_id": int(host), "app_id": int(app), "video_frame_queue_size": 3, "audio_sample_queue_size": 20}})
    while "Setup" not in (sock.receive() or ""):
        pass
    return sock


def _worker_url(running, created):
    return "http://%s:%d" % running.plan.worker(int(created["worker_id"][-1]))


def _kill_controller(running):
    controller = running.children.pop("controller")
    controller.process.kill()
    controller.stop()


def a_hung_worker_is_listed_as_stale_and_told_apart(running):
    created = [running.create(n) for n in (1, 2)]
    hung = next(c for c in created if c["worker_id"] == "worker-1")
    fine = next(c for c in created if c["worker_id"] == "worker-2")
    worker = running.children["worker-1"]
    os.kill(worker.pid, signal.SIGSTOP)
    try:
        sessions = _in_time(2, "the list", lambda: running.call("GET", "/api/v1/sessions")).json()["sessions"]
        shown = {s["id"]: s for s in sessions}
        equal(shown[hung["session_id"]].get("stale"), True, "stale")
        equal(shown[hung["session_id"]]["worker_id"], "worker-1", "worker")
        running.wait(lambda: not {s["id"]: s for s in running.call("GET", "/api/v1/sessions").json()["sessions"]}
                     [fine["session_id"]].get("stale"), 20, "the other worker's part is not stale")
        for method in ("GET", "DELETE"):
            one = "/api/v1/sessions/" + hung["session_id"]
            body = error_shape(_in_time(3, method, lambda method=method, one=one: running.call(method, one)), 504)
            contains(body["error"], "worker 'worker-1'")
            contains(body["detail"], "its last heartbeat")
        equal(running.call("GET", "/api/v1/sessions/" + fine["session_id"]).status, 200, "the other session")
        equal(running.create(3)["worker_id"], "worker-2", "worker of a new session")  # worker-1 would be first by its name
    finally:
        os.kill(worker.pid, signal.SIGCONT)
    running.wait(lambda: running.call("GET", "/api/v1/sessions/" + hung["session_id"]).status == 200, 20, "it is back")
    running.wait_workers(2)


def a_restarted_controller_knows_every_session_and_tunnels_go_on(running):
    created = [running.create(n) for n in (1, 2)]
    socks = [_tunnel(c, _worker_url(running, c)) for c in created]
    through = _tunnel(running.create(3), running.url)
    _kill_controller(running)
    try:
        while through.receive() is not None:
            pass
    except (EOFError, ConnectionResetError):
        pass
    running.start_controller()
    fresh = running.call("GET", "/api/v1/sessions/" + "0" * 32)
    error_shape(fresh, 503, "session not known yet")
    true(1 <= int(fresh.headers["Retry-After"]) <= 5, "Retry-After is %r" % fresh.headers["Retry-After"])
    page = web.call("GET", running.url + "/session/" + "0" * 32 + "/stream.html")
    error_shape(page, 503, "session not known yet")
    true(int(page.headers["Retry-After"]) >= 1, "no Retry-After")
    error_shape(running.call("GET", "/api/v1/sessions/nonsense"), 404)
    running.wait_workers(2)
    listed = {s["id"] for s in running.call("GET", "/api/v1/sessions").json()["sessions"]}
    true({c["session_id"] for c in created} <= listed, "sessions %r" % listed)
    for session, sock in zip(created, socks):
        equal(web.call("GET", session["stream_url"]).status, 200, "page through the new controller")
        sock.send("ping")  # a stream socket that is still alive takes it
        equal(running.call("GET", "/api/v1/sessions/" + session["session_id"]).json()["active_connections"], 1, "tunnels")
        sock.close()


def a_draining_worker_gets_nothing_through_all_restarts(running):
    created = [running.create(n) for n in (1, 2)]
    kept = next(c for c in created if c["worker_id"] == "worker-1")
    worker = running.children["worker-1"]
    shown = running.call("POST", "/api/v1/workers/worker-1/drain")
    equal((shown.status, shown.json()["status"], shown.json()["draining"]), (200, "draining", True), "answer")
    equal(running.create(3)["worker_id"], "worker-2", "worker")
    equal(web.call("GET", kept["stream_url"]).status, 200, "the running session")
    worker.wait_line("draining: the controller sends no new sessions", 20)
    _kill_controller(running)
    running.start_controller()
    running.wait_workers(2)
    equal(_state(running, "worker-1")["draining"], True, "draining after the controller's restart")
    running.call("DELETE", "/api/v1/sessions/" + kept["session_id"])
    running.children.pop("worker-1").stop()
    again = running.start_worker(1)
    again.wait_line("draining: the controller sends no new sessions", 20)
    equal(_state(running, "worker-1")["status"], "draining", "status after the worker's restart")
    running.wait(lambda: running.create(1, expect=None).status != 502, 20, "body 1 is free")
    equal([s["worker_id"] for s in running.call("GET", "/api/v1/sessions").json()["sessions"] if s["body_ip"] == running.plan.body(1)],
          ["worker-2"], "worker")
    back = running.call("DELETE", "/api/v1/workers/worker-1/drain")
    equal((back.status, back.json()["status"]), (200, "healthy"), "answer")
    error_shape(running.call("POST", "/api/v1/workers/nobody/drain"), 404, "worker not found")
    error_shape(running.call("POST", "/api/v1/workers/worker-1/drain", token="wrong"), 401)
    again.wait_line("no longer draining", 20)


def of_two_processes_with_one_id_the_newer_serves_and_the_older_says_so():
    with flow.Started(workers=2, bodies=2, turn=False, token=TOKEN, time_scale=0.05) as running:
        created = [running.create(n) for n in (1, 2)]
        old = next(c for c in created if c["worker_id"] == "worker-2")
        config = running.worker_config(3)
        config["worker"]["id"] = "worker-2"
        path = running.write_config("twin", config)
        running.start("worker-3", [running.plan.program("hydraneckwebrtc"), "worker", "--config", path], "serving id=worker-2")
        line = running.children["worker-2"].wait_line("a newer process has this worker.id", 20)
        contains(line, "serves those it has to their end")
        contains("\n".join(running.children["worker-2"].lines()), "worker 'worker-2' is run by a newer process")
        equal(_state(running, "worker-2")["url"], "http://%s:%d" % running.plan.worker(3), "url")
        equal(web.call("GET", _worker_url(running, old) + "/session/%s/stream.html" % old["session_id"]).status, 200, "page of the older")


def a_dead_worker_is_suspect_at_once_and_unhealthy_after_the_timeout():
    with flow.Started(workers=2, bodies=4, turn=False, token=TOKEN, time_scale=0.02, sessions_max=4,
                      extra_controller={"workers": {"heartbeat_timeout": "6s"}}) as running:
        running.wait(lambda: _state(running, "worker-1")["status"] == "healthy", 10, "worker-1 is healthy")
        victim = running.children.pop("worker-1")
        victim.process.kill()
        victim.stop()
        equal(running.create(1)["worker_id"], "worker-2", "worker")
        true(_state(running, "worker-1")["status"] in ("suspect", "unhealthy"), "state is %r" % _state(running, "worker-1")["status"])
        running.wait(lambda: _state(running, "worker-1")["status"] == "unhealthy", 20, "worker-1 is unhealthy")
        health = running.call("GET", "/api/v1/health").json()
        equal((health["status"], health["extra"]["workers_healthy"], health["extra"]["workers_total"]), ("degraded", 1, 2), "health")
        equal(health["extra"]["max_sessions"], 4, "slots of the healthy")
        contains("\n".join(running.children["controller"].lines()), "worker 'worker-1' is unhealthy")
        running.start_worker(1)
        running.wait_workers(2)


def a_worker_that_is_stopped_is_unhealthy_at_once_and_its_sessions_are_gone():
    with flow.Started(workers=2, bodies=2, turn=False, token=TOKEN, time_scale=0.05,
                      extra_controller={"workers": {"heartbeat_timeout": "600s"}}) as running:
        created = [running.create(n) for n in (1, 2)]
        victim = next(c for c in created if c["worker_id"] == "worker-1")
        running.children.pop("worker-1").stop()
        # no waiting: its last heartbeat was answered before it ended
        equal(_state(running, "worker-1")["status"], "unhealthy", "state")
        listed = running.call("GET", "/api/v1/sessions").json()["sessions"]
        equal([s["id"] for s in listed], [c["session_id"] for c in created if c is not victim], "sessions listed")
        contains("\n".join(running.children["controller"].lines()), "worker 'worker-1' has left: it was stopped in order")
        running.start_worker(1)
        running.wait_workers(2)


def a_controller_that_does_not_answer_keeps_no_worker_from_ending():
    with flow.Started(workers=1, bodies=1, turn=False, token=TOKEN, time_scale=0.05) as running:
        os.kill(running.children["controller"].process.pid, signal.SIGSTOP)
        try:
            worker = running.children.pop("worker-1")
            began = time.monotonic()
            worker.stop()
            took = time.monotonic() - began
        finally:
            os.kill(running.children["controller"].process.pid, signal.SIGCONT)
        true(took < 8, "stopping took %.1f s" % took)
        contains("\n".join(worker.lines()), "stopped")


def a_full_worker_passes_a_create_on():
    with flow.Started(workers=2, bodies=3, turn=False, token=TOKEN, sessions_max=1) as running:
        # one that the controller does not know of yet takes the only slot of worker-1
        at = running.plan.worker(1)
        body = {"body_ip": running.plan.body(1), "sunshine_user": "sunshine", "sunshine_pass": "sunshine"}
        equal(web.call("POST", "http://%s:%d/api/v1/sessions" % at, body, token=TOKEN).status, 201, "direct create")
        equal(running.create(2)["worker_id"], "worker-2", "worker")
        error_shape(running.create(3, expect=None), 503)


flow.main(globals(), workers=2, bodies=3, turn=False, token=TOKEN, time_scale=0.05)
