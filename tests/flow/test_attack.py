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
import upsets  # noqa: E402
from cases import CASES, OK, SMUGGLED  # noqa: E402
from flow import equal, true  # noqa: E402
from talk import Ended, Malformed, Talk  # noqa: E402
from world import World  # noqa: E402

SEED = int(os.environ.get("HYDRANECK_SEED", "9112"))
SPLITS = 300
MUTANTS = int(os.environ.get("HYDRANECK_MUTANTS", "400"))


def _methods(case, count):
    first = case.data.lstrip(b"\r\n").split(b" ", 1)[0].decode("latin-1")
    return (case.methods or [first] * count) + ["GET"] * count


def _matches(status, outcome, good):
    return status in outcome if isinstance(outcome, tuple) else status == (good if outcome == OK else outcome)


def _check_refusal(answer, method, what):
    equal(answer.get("connection"), "close", "Connection of %s" % what)
    equal(answer.get("allow") is not None, answer.status == 405, "whether %s says what is allowed" % what)
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


SPICE = [b"\r\n", b"\n", b"\r", b"\0", b" ", b"\t", b"\x0b", b":", b",", b";", b"0", b"-", b"+", b"chunked", b"Content-Length: 5\r\n", b"\x80", b"\r\n\r\n",
         b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: chunked\r\n\r\n", b"0\r\n\r\n", b"X: y\r\n", b"HTTP/1.1", b"HTTP/1.0",
         b"Expect: 100-continue\r\n",
         b"Connection: close\r\n", b"Connection: keep-alive\r\n", b"GET ", b"POST "]


def _mutate(data, chance):
    for _ in range(chance.choice((1, 1, 2, 4))):
        at = chance.randrange(len(data))
        length = chance.choice((0, 0, 1, 2, 8))
        data = data[:at] + chance.choice(SPICE + [bytes([chance.randrange(256)]), data[at:at + 20] * 2, b""]) + data[at + length:]
    return data


def _answers(talk):
    """Echoes of all good answers until the connection ends; half a request at the end of the bytes gets a proper end first."""
    echoes = []
    try:
        while True:
            answer = talk.final("GET")[0]
            true(answer.complete, "an answer is cut: %r" % answer)
            if answer.status == 200:
                echoes.append(answer.body.decode("latin-1").strip())
    except Ended:
        return echoes


def _seen(world, mark):
    return sorted(entry["line"].rsplit(" ", 1)[0] for entry in world.seen.of(mark) if entry["status"] == 200 and entry["passed_on"])


def what_is_answered_is_what_was_seen_whatever_the_bytes(world):
    """Mutations of the table: each request that nginx saw has its answer, and each good answer the request that nginx saw."""
    chance = random.Random(SEED)
    base = [case.data for case in CASES if len(case.data) < 1000 and b"HEAD" not in case.data]
    answered, waiting = {}, 0
    for number in range(MUTANTS):
        door = chance.choice([door for door in world.doors if door.session])
        mark = world.next_mark("mutant")
        data = _mutate(chance.choice(base) + SMUGGLED.replace(b"@S", b"@G"), chance)
        data = door.fill(data, mark)
        try:
            with Talk(door.at) as talk:
                # whatever state it left the connection in, this ends it: a GET in its own right, part of a body, or rubbish
                talk.send(data + b"\0" * 3000 + b"\r\n\r\n\0\r\n\r\n")
                talk.sock.settimeout(0.3)
                echoes = _answers(talk)
        except TimeoutError:
            waiting += 1  # for more of a body
            continue
        except Malformed as error:
            raise AssertionError("mutant %d (HYDRANECK_SEED=%d) %r: %s" % (number, SEED, data, error)) from error
        answered[mark] = (sorted(echoes), number, data)
        world.running.wait(lambda: len(_seen(world, mark)) >= len(echoes), 10, "nginx saw what was answered of %r" % data)
    for mark, (echoes, number, data) in answered.items():
        equal(echoes, _seen(world, mark), "answers to mutant %d (HYDRANECK_SEED=%d) %r" % (number, SEED, data))
    true(waiting < MUTANTS // 10, "%d mutants wait for more" % waiting)


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


TESTS = [each_case_cut_at_random_places_ends_alike, good_cases_byte_by_byte_end_alike, mixed_pipelines_are_answered_in_order,
         a_body_of_any_chunks_is_the_same_body_behind, what_is_answered_is_what_was_seen_whatever_the_bytes,
         a_client_that_waits_for_100_gets_it_once] + upsets.TESTS

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
