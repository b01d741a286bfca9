#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Both front doors under attack: each row of attack/cases.py against controller and worker, on their API and on a session whose web-server is
nginx, so that what is sent can be compared with what was seen; and upstreams and clients that break off or dawdle.

Each row is a test of its own. What a row needs to be understood stands in attack/cases.py."""

import json
import os
import random
import socket
import struct
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../support"))
sys.path.insert(0, os.path.join(HERE, "attack"))

import flow  # noqa: E402, I001: it makes the modules below findable
from cases import CASES, OK  # noqa: E402
from flow import equal, true  # noqa: E402
from talk import Ended, Talk  # noqa: E402

SEED = int(os.environ.get("HYDRANECK_SEED", "9112"))
SPLITS = 300


class Seen:
    """What nginx wrote about the requests that it saw."""

    def __init__(self, path):
        self.path = path
        self.at = 0
        self.entries = []

    def read(self):
        if not os.path.exists(self.path):
            return self.entries
        with open(self.path, "rb") as file:
            file.seek(self.at)
            data = file.read()
        whole = data[:data.rfind(b"\n") + 1]
        self.at += len(whole)
        self.entries += [json.loads(line.decode("latin-1")) for line in whole.splitlines()]
        return self.entries

    def of(self, mark):
        return [entry for entry in self.read() if mark in entry["line"]]


class Door:
    """One process and one kind of path: where to, which targets, what a good request gets."""

    def __init__(self, name, at, session):
        self.name = name
        self.at = at
        self.session = session
        self.good = {"GET": 200, "POST": 200 if session else 401, "HEAD": 200}
        self.prefix = "/session/%s" % session if session else "/api/v1"
        self.get = self.prefix + ("/x" if session else "/health")
        self.post = self.prefix + ("/api/host/stream/x" if session else "/sessions")

    def fill(self, data, mark):
        paths = {b"@G": self.get, b"@P": self.post, b"@D": self.prefix + "/a/../health", b"@E": self.prefix + "/a%2fb",
                 b"@N": self.prefix + "/a%00b", b"@Z": self.prefix + "/a%zz"}
        data = data.replace(b"@H", b"Host: a\r\n").replace(b"@S", (self.get + "?smuggled=" + mark).encode())
        for key, path in paths.items():
            data = data.replace(key, (path + "?m=" + mark).encode())
        return data

    def probe(self, mark, path=None):
        return ("GET %s?m=%s HTTP/1.1\r\nHost: a\r\n\r\n" % (self.prefix + path if path else self.get, mark)).encode()


class Odd:
    """What the odd upstream told."""

    def __init__(self, path):
        self.path = path

    def events(self, mark, event="begun"):
        with open(self.path, encoding="ascii") as file:
            lines = [json.loads(line) for line in file if line.endswith("\n")]
        return [line for line in lines if line["event"] == event and mark in line["bytes"].split("\r\n", 1)[0]]


class World:
    """The running cluster with its two sessions: behind one stands nginx, behind the other an upstream that does as it is told."""

    def __init__(self, running, log):
        self.running = running
        self.log = log
        self.nginx = self.session("nginx", 1)
        self.odd = self.session("odd", 2)
        self.seen = Seen(os.path.join(log, "seen.log"))
        self.told = Odd(os.path.join(log, "odd.log"))
        at = {"controller": running.plan.controller, "worker": running.plan.worker(1)}
        self.doors = [Door("%s_%s" % (name, kind), at[name], self.nginx if kind == "session" else None)
                      for name in at for kind in ("api", "session")]
        self.odd_doors = [Door(name, at[name], self.odd) for name in at]
        self.count = 0

    def session(self, mode, body):
        with open(os.path.join(self.log, "mode"), "w", encoding="ascii") as file:
            file.write(mode)
        return self.running.create(body)["session_id"]

    def next_mark(self, name):
        self.count += 1
        return "%s.%d." % (name, self.count)


def _methods(case, count):
    first = case.data.lstrip(b"\r\n").split(b" ", 1)[0].decode("latin-1")
    return (case.methods or [first] * count) + ["GET"] * count


def _matches(status, outcome, good):
    return status in outcome if isinstance(outcome, tuple) else status == (good if outcome == OK else outcome)


def _check_refusal(answer, method, what):
    equal(answer.get("connection"), "close", "Connection of %s" % what)
    if method == "HEAD":
        return
    body = json.loads(answer.body)
    equal(body["code"], answer.status, "code of %s" % what)
    true(set(body) <= {"error", "code", "detail"}, "members %r" % body)


def _hear(talk, door, case, outcomes, mark):
    """All answers, compared; and whether the connection goes on or not."""
    for outcome, method in zip(outcomes, _methods(case, len(outcomes))):
        what = "answer to %s at %s" % (case.name, door.name)
        answer, _ = talk.final(method)
        true(_matches(answer.status, outcome, door.good.get(method, 200)), "%s: %r, not %r" % (what, answer, outcome))
        true(answer.complete, "%s is cut" % what)
        if outcome != OK and answer.status >= 400 and case.then is None and not case.seen:
            _check_refusal(answer, method, what)
    then = case.then or ("open" if outcomes[-1] == OK else "closed")
    if then == "closed":
        equal(answer.get("connection"), "close", "Connection of %s" % what)
        talk.end()
        return
    talk.send(door.probe(mark + "probe"))
    answer = talk.final()[0]
    equal(answer.status, 200, "answer to the next request behind " + what)
    if door.session:
        equal(answer.body.decode(), "GET %s?m=%sprobe\n" % (door.get, mark), "echo of the next request")


def _wait_seen(world, mark, count):
    world.running.wait(lambda: len(world.seen.of(mark)) >= count, 10, "nginx saw %s %d times" % (mark, count))


def _compare_seen(world, door, case, outcomes, mark):
    """What nginx saw is what was sent, once; of what was refused it saw nothing, or a beginning."""
    good = sum(outcome == OK for outcome in outcomes)
    _wait_seen(world, "m=" + mark, good)
    with Talk(door.at) as talk:
        talk.send(door.probe(mark + "last"))
        equal(talk.final()[0].status, 200, "answer on a fresh connection")
    _wait_seen(world, "m=" + mark + "last", 1)
    equal(world.seen.of("smuggled"), [], "smuggled requests")
    equal(world.seen.of("/evil"), [], "smuggled requests")
    entries = [e for e in world.seen.of("m=" + mark) if not e["line"].split(" ")[1].endswith(("probe", "last"))]
    whole = [entry for entry in entries if entry["passed_on"]]
    broken = [entry for entry in entries if not entry["passed_on"]]
    equal(len(whole), good, "requests that nginx saw of %s: %r" % (case.name, entries))
    true(len(broken) <= (1 if case.seen else 0), "nginx saw the beginning of a refused request: %r" % broken)
    if case.body is not None:
        equal(whole[0]["body"].encode("latin-1"), case.body, "body that nginx saw")


def _attack(world, door, case, pieces=None):
    """One row at one door; `pieces` are offsets where its bytes are cut."""
    mark = world.next_mark(case.name)
    data = door.fill(case.data, mark)
    outcomes = case.outcome if door.session else case.api
    cuts = [0] + sorted(int(p * len(data)) for p in pieces or []) + [len(data)]
    with Talk(door.at) as talk:
        for start, end in zip(cuts, cuts[1:]):
            if start:
                _round_trip(door)
            talk.send(data[start:end])
        if outcomes != [None]:
            _hear(talk, door, case, outcomes, mark)
        if door.session:
            _compare_seen(world, door, case, [] if outcomes == [None] else outcomes, mark)


def _round_trip(door):
    """When it is over, the door has read what was sent before."""
    with Talk(door.at) as talk:
        talk.send(b"GET /api/v1/health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        equal(talk.final()[0].status, 200, "answer of health")


def _case_test(case):
    def run(world):
        for door in world.doors:
            _attack(world, door, case)
    return "case_" + case.name, run


def each_case_cut_at_random_places_ends_alike(world):
    chance = random.Random(SEED)
    short = [case for case in CASES if len(case.data) < 3000 and case.outcome != [None]]
    for number in range(SPLITS):
        case, door = chance.choice(short), chance.choice(world.doors)
        pieces = [chance.random() for _ in range(chance.choice((1, 1, 2, 5)))]
        try:
            _attack(world, door, case, pieces)
        except Exception as error:
            raise AssertionError("split %d (HYDRANECK_SEED=%d): %s at %s, cut at %r: %s" % (
                number, SEED, case.name, door.name, pieces, error)) from error


def good_cases_byte_by_byte_end_alike(world):
    for case in [c for c in CASES if c.outcome == [OK] and len(c.data) < 150]:
        for door in world.doors:
            with Talk(door.at) as talk:
                mark = world.next_mark(case.name)
                data = door.fill(case.data, mark)
                for at in range(len(data)):
                    talk.send(data[at:at + 1])
                _hear(talk, door, case, case.outcome if door.session else case.api, mark)


def mixed_pipelines_are_answered_in_order(world):
    """API and session, with and without bodies, in one write or in several."""
    chance = random.Random(SEED)
    for number in range(60):
        name = chance.choice(("controller", "worker"))
        doors = [door for door in world.doors if door.name.startswith(name)]
        mark = world.next_mark("mixed")
        data, expected = b"", []
        for step in range(chance.randint(2, 12)):
            door = chance.choice(doors)
            here = "%s%d." % (mark, step)
            kind = chance.choice(("GET", "HEAD", "POST", "chunked" if door.session else "POST"))
            if kind in ("GET", "HEAD"):
                data += ("%s %s?m=%s HTTP/1.1\r\nHost: a\r\n\r\n" % (kind, door.get, here)).encode()
                expected.append((kind, 200, "%s %s?m=%s\n" % (kind, door.get, here) if door.session and kind == "GET" else None))
                continue
            body = bytes(chance.randrange(256) for _ in range(chance.choice((0, 1, 50, 3000))))
            framed = b"Content-Length: %d\r\n\r\n%s" % (len(body), body) if kind == "POST" else _chunked(body, chance)
            data += ("POST %s?m=%s HTTP/1.1\r\nHost: a\r\n" % (door.post, here)).encode() + framed
            expected.append(("POST", door.good["POST"], "POST %s?m=%s\n" % (door.post, here) if door.session else None))
        _converse(doors[0], data, expected, chance)


def _chunked(body, chance):
    parts = []
    while body:
        size = chance.randint(1, len(body))
        parts.append(b"%x%s\r\n%s\r\n" % (size, chance.choice((b"", b";a=b")), body[:size]))
        body = body[size:]
    return b"Transfer-Encoding: chunked\r\n\r\n" + b"".join(parts) + b"0\r\n\r\n"


def _converse(door, data, expected, chance):
    with Talk(door.at) as talk:
        cut = chance.randrange(len(data))
        talk.send(data[:cut])
        if chance.random() < 0.5:
            _round_trip(door)
        talk.send(data[cut:])
        for method, status, body in expected:
            answer = talk.final(method)[0]
            equal(answer.status, status, "status")
            if body is not None:
                equal(answer.body.decode(), body, "echo")


def a_body_of_any_chunks_is_the_same_body_behind(world):
    chance = random.Random(SEED)
    for door in world.doors:
        if not door.session:
            continue
        for _ in range(5):
            mark = world.next_mark("chunks")
            body = bytes(chance.randrange(32, 127) for _ in range(chance.randint(1, 150000)))
            with Talk(door.at) as talk:
                talk.send(("POST %s?m=%s HTTP/1.1\r\nHost: a\r\n" % (door.post, mark)).encode() + _chunked(body, chance))
                equal(talk.final("POST")[0].status, 200, "status")
            _wait_seen(world, "m=" + mark, 1)
            equal(world.seen.of("m=" + mark)[0]["body"].encode("latin-1"), body, "body that nginx saw")


def a_client_that_waits_for_100_gets_it_once(world):
    for door in world.doors:
        mark = world.next_mark("expect")
        with Talk(door.at) as talk:
            talk.send(("POST %s?m=%s HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n" % (door.post, mark)).encode())
            equal(talk.answer().status, 100, "interim status")
            talk.send(b"hello")
            answer, hints = talk.final("POST")
            equal((answer.status, len(hints)), (door.good["POST"], 0), "final status and more interim answers at " + door.name)
        with Talk(door.at) as talk:
            talk.send(("POST %s?m=%s HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 99999999999999\r\n\r\n"
                       % (door.post + ("/../x" if door.session else ""), mark)).encode())
            answer, hints = talk.final("POST")
            true(answer.status in (400, 413) and not hints, "a body that is refused anyway is not asked for: %r" % answer)
            talk.end()


# ---- an upstream that misbehaves ----

def _ask(world, door, name, method="GET", version="1.1", fields="", body=b""):
    """Asks the odd upstream for one of its answers; returns the open connection and the request's mark."""
    mark = world.next_mark(name)
    path = "/api/host/stream/" if method == "POST" else "/odd/"
    talk = Talk(door.at)
    talk.send(("%s %s%s%s?m=%s HTTP/%s\r\nHost: a\r\n%s\r\n" % (method, door.prefix, path, name, mark, version, fields)).encode() + body)
    return talk, mark


CUT = ("length-fin", "length-rst", "chunked-fin", "chunked-rst", "chunk-fin", "chunked-no-last-line", "close-rst", "head-fin", "nothing-fin",
       "nothing-rst", "bad-chunk")
MALFORMED = ("both", "two-lengths", "odd-length", "bare-lf", "old-te", "not-http", "long-head", "hints-without-end", "switch", "hint-with-body",
             "head-fin", "nothing-fin", "nothing-rst")


def a_cut_upstream_is_a_cut_for_the_client(world):
    for door in world.odd_doors:
        for name in CUT:
            for version in ("1.1", "1.0"):
                talk, _ = _ask(world, door, name, version=version)
                with talk:
                    try:
                        answer = talk.final()[0]
                    except Ended:
                        continue
                    true(answer.status == 502 or not answer.complete,
                         "%s through the %s looks complete to HTTP/%s: %r" % (name, door.name, version, answer))
        talk, _ = _ask(world, door, "close-fin")
        with talk:
            answer = talk.final()[0]
            equal((answer.status, answer.body, answer.complete), (200, b"hello", True), "what ends with its connection")


def a_malformed_answer_is_502_in_the_one_error_shape(world):
    for door in world.odd_doors:
        for name in MALFORMED:
            for method in ("GET", "HEAD"):
                talk, _ = _ask(world, door, name, method)
                with talk:
                    answer, hints = talk.final(method)
                    equal(answer.status, 502, "status of %s through the %s" % (name, door.name))
                    true(all(hint.status == 103 for hint in hints), "hints %r" % hints)
                    if method == "GET":
                        equal(json.loads(answer.body)["code"], 502, "code")
                    if answer.get("connection") == "close":
                        talk.end()
                    else:
                        talk.send(door.probe("behind", "/odd/plain"))
                        equal(talk.final()[0].body, b"hello", "answer behind " + name)


def no_answer_of_an_upstream_reaches_another_request(world):
    for door in world.odd_doors:
        for name, method, status in (("body-to-head", "HEAD", 200), ("body-to-204", "GET", 204), ("chunks-to-204", "GET", 204), ("body-to-304", "GET", 304),
                                     ("second-answer", "GET", 200)):
            talk, _ = _ask(world, door, name, method)
            with talk:
                equal(talk.final(method)[0].status, status, "status of %s through the %s" % (name, door.name))
                for _ in range(3):
                    mark = world.next_mark("plain")
                    talk.send(door.probe(mark, "/odd/plain"))
                    answer = talk.final()[0]
                    equal((answer.status, answer.body), (200, b"hello"), "answer behind " + name)
                    equal(len(world.told.events(mark)), 1, "requests that came of it")


def interim_answers_go_on_to_those_who_know_them(world):
    for door in world.odd_doors:
        talk, _ = _ask(world, door, "hints")
        with talk:
            answer, hints = talk.final()
            equal(([hint.status for hint in hints], answer.status, answer.body), ([103, 102], 200, b"hello"), "answers through the " + door.name)
        talk, _ = _ask(world, door, "hints", version="1.0")
        with talk:
            equal([hint.status for hint in talk.final()[1]], [], "interim answers for HTTP/1.0")


def an_early_answer_reaches_the_client_and_ends_its_connection(world):
    for door in world.odd_doors:
        for name in ("early", "early-fin"):
            for fields in ("Content-Length: 50000000\r\n", "Transfer-Encoding: chunked\r\n"):
                talk, _ = _ask(world, door, name, "POST", fields=fields, body=b"2faf080\r\n" + b"x" * 100000)
                with talk:
                    answer = talk.final("POST")[0]
                    equal((answer.status, answer.body, answer.get("connection")), (413, b"much", "close"), "answer through the " + door.name)
                    talk.end()


def a_vanished_client_stops_the_upstream_within_a_second(world):
    for door in world.odd_doors:
        for name, method in (("silent", "GET"), ("begun", "GET"), ("flood", "GET"), ("silent", "POST"), ("begun", "POST")):
            for how in ("fin", "rst"):
                talk, mark = _ask(world, door, name, method, fields="Content-Length: 100\r\n" if method == "POST" else "",
                                  body=b"half" if method == "POST" else b"")
                world.running.wait(lambda mark=mark: world.told.events(mark), 10, "the upstream was asked for " + name)
                if name != "silent":
                    talk.more()
                if how == "rst":
                    talk.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                left = time.monotonic()
                talk.sock.close()
                ended = world.running.wait(lambda mark=mark: world.told.events(mark, "ended"), 10, "the upstream of %s was stopped" % name)
                true(ended[0]["at"] - left < 1, "%s %s went on for %.2f s behind the %s" % (method, name, ended[0]["at"] - left, door.name))


def _use_up(door, done):
    """Takes the connections that wait, the youngest first, until it was the turn of the one meant."""
    for _ in range(10):
        with Talk(door.at) as talk:
            talk.send(door.probe("used", "/odd/close-fin"))
            equal(talk.final()[0].status, 200, "status")
        if done():
            return


def a_stale_connection_is_tried_once_more_and_never_for_what_is_not_safe(world):
    door = [door for door in world.odd_doors if door.name == "worker"][0]
    for name in ("stale-fin", "stale-rst"):
        for second, method, status, fresh in (("plain", "GET", 200, 1), ("nothing-fin", "GET", 502, 1), ("plain", "POST", 200, 1)):
            talk, first = _ask(world, door, name)
            with talk:
                equal(talk.final()[0].status, 200, "status")
            talk, mark = _ask(world, door, second, method, fields="Content-Length: 0\r\n" if method == "POST" else "")
            with talk:
                equal(talk.final(method)[0].status, status, "status of %s behind %s" % (second, name))
            equal(len(world.told.events(mark)), fresh, "fresh connections for it")
            if method == "POST":
                equal(world.told.events(first, "ended"), [], "uses of the connection that waits")
                _use_up(door, lambda first=first: world.told.events(first, "ended"))
            ended = world.running.wait(lambda first=first: world.told.events(first, "ended"), 10, "the stale connection ended")
            equal(mark in ended[0]["next"], method == "GET", "whether %s %s was tried on the stale connection" % (method, second))


TESTS = [each_case_cut_at_random_places_ends_alike, good_cases_byte_by_byte_end_alike, mixed_pipelines_are_answered_in_order,
         a_body_of_any_chunks_is_the_same_body_behind, a_client_that_waits_for_100_gets_it_once, a_cut_upstream_is_a_cut_for_the_client,
         a_malformed_answer_is_502_in_the_one_error_shape, no_answer_of_an_upstream_reaches_another_request,
         interim_answers_go_on_to_those_who_know_them, an_early_answer_reaches_the_client_and_ends_its_connection,
         a_vanished_client_stops_the_upstream_within_a_second, a_stale_connection_is_tried_once_more_and_never_for_what_is_not_safe]


# what the odd upstream does is worth a line each
flow.expect_log("[proxy] ")


def _install(folder):
    """A `moonlight.path` that starts nginx or the odd upstream in web-server's place."""
    log = os.path.join(folder, "attack")
    os.makedirs(log)
    path = os.path.join(log, "web-server")
    real = os.path.join(flow.build_folder(), "sim/moonlight-web-stream/web-server")
    with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o755), "w", encoding="utf-8") as file:
        file.write("#!/usr/bin/python3\nimport sys\nsys.path.insert(0, %r)\nsys.dont_write_bytecode = True\n"
                   "import upstream\nupstream.launch(%r, %r)\n" % (os.path.join(HERE, "attack"), real, log))
    return path, log


def main():
    tests = [_case_test(case) for case in CASES] + [(test.__name__, test) for test in TESTS]
    chosen = sys.argv[1:]
    tests = [(name, test) for name, test in tests if not chosen or name in chosen]
    started = flow.Started(bodies=2, workers=1, turn=False)
    path, log = _install(started.folder)
    started.plan.extra_worker = {"moonlight": {"path": path}}
    with started as running:
        world = World(running, log)
        results = [flow._run(name, test, (world,)) for name, test in tests]
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
