#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Both front doors under attack: each row of attack/cases.py against controller and worker, on their API and on a session whose web-server is
nginx, so that what is sent can be compared with what was seen; and upstreams and clients that break off or dawdle.

Each row is a test of its own. What a row needs to be understood stands in attack/cases.py."""

import json
import os
import random
import sys

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

    def probe(self, mark):
        return ("GET %s?m=%s HTTP/1.1\r\nHost: a\r\n\r\n" % (self.get, mark)).encode()


class World:
    """The running cluster with its two sessions: behind one stands nginx, behind the other an upstream that does as it is told."""

    def __init__(self, running, log):
        self.running = running
        self.log = log
        self.nginx = self.session("nginx", 1)
        self.odd = self.session("odd", 2)
        self.seen = Seen(os.path.join(log, "seen.log"))
        at = {"controller": running.plan.controller, "worker": running.plan.worker(1)}
        self.doors = [Door("%s_%s" % (name, kind), at[name], self.nginx if kind == "session" else None)
                      for name in at for kind in ("api", "session")]
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


TESTS = [each_case_cut_at_random_places_ends_alike, good_cases_byte_by_byte_end_alike]


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
