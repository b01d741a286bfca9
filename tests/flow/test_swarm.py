#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Many at once: a real controller with hundreds of fake workers and browsers, and real pairing on eight bodies at the same time."""

import json
import os
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

import flow  # noqa: E402, I001: it makes the modules below findable
import child  # noqa: E402
import cluster  # noqa: E402
import web  # noqa: E402
from flow import equal, error_shape, true  # noqa: E402
from lease import Lease  # noqa: E402

flow.expect_log("[controller]")  # what is refused here is logged there

SLOTS = 10


class _Swarm:
    """A controller and fake workers, nothing else. Bodies of the creates are made up: nobody connects to them."""

    def __init__(self, count, heartbeat_timeout="60s", **options):
        self.count = count
        self.options = dict({"slots": SLOTS, "heartbeat-ms": 30000}, **{k.replace("_", "-"): v for k, v in options.items()})
        self.lease = Lease()
        self.folder = tempfile.mkdtemp(prefix="hydraneck-swarm-")
        plan = cluster.Plan(flow.build_folder(), self.folder, lease=self.lease, workers=0, turn=False,
                            extra_controller={"workers": {"heartbeat_timeout": heartbeat_timeout}})
        self.running = cluster.Cluster(plan)
        self.control = (self.lease.address(206), 80)
        self.last = 0

    def __enter__(self):
        try:
            self.running.start_controller()
            words = [self.running.plan.program("hydraneck-sim"), "workers", "--count", str(self.count), "--controller", self.running.url,
                     "--token", self.running.plan.token, "--address", self.lease.address(1), "--port", "20001",
                     "--control", cluster.at_text(self.control), "--die-with-parent"]
            for name, value in self.options.items():
                words += ["--" + name, str(value)]
            self.running.start("swarm", words, "^ready$", timeout=60)
            self.running.wait_workers(self.count, timeout=60)
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise
        return self

    def __exit__(self, kind, *_):
        processes = list(self.running.children.values())
        wrong = self.running.stop()
        if kind is None:
            wrong += flow.unexpected_lines(processes)
        if kind is not None or wrong:
            for process in processes:
                sys.stdout.write("--- %s\n%s\n" % (process.name, "\n".join(process.tail(40))))
        flow.subprocess_remove(self.folder)
        self.lease.release()
        if wrong and kind is None:
            raise AssertionError("; ".join(wrong[:5]))

    # ---- the fakes ----

    def ask(self, method, path, body=None):
        reply = web.call(method, cluster.at_url(self.control) + path, body)
        equal(reply.status, 200, "status of %r" % reply)
        return reply.json()

    def fault(self, worker, name, value):
        return self.ask("POST", "/fault", {"worker": worker, "name": name, "value": value})

    def workers(self):
        """{id: state} as the fakes themselves know it."""
        return {one["id"]: one for one in self.ask("GET", "/state")["workers"]}

    def wait_event(self, kind, timeout=30, **fields):
        """The next event of this type; earlier ones are not seen again."""
        end = time.monotonic() + timeout
        while True:
            left = end - time.monotonic()
            true(left > 0, "no event '%s' %r in time" % (kind, fields))
            batch = self.ask("GET", "/events?since=%d&wait_ms=%d" % (self.last, int(min(left, 5) * 1000)))
            for event in batch["events"]:
                self.last = event["n"]
                if event["type"] == kind and all(event.get(k) == v for k, v in fields.items()):
                    return event
            self.last = max(self.last, batch["last"])

    # ---- the controller ----

    def call(self, method, path, body=None, **more):
        return self.running.call(method, path, body, **more)

    def create(self, body_ip, **fields):
        return self.call("POST", "/api/v1/sessions", dict({"body_ip": body_ip}, **fields))

    def sim(self, words, expect=0, timeout=100):
        return _sim(self.running, words, expect, timeout)

    def creates(self, count, at_once, *words, expect=0):
        return self.sim(["creates", "--count", str(count), "--at-once", str(at_once)] + list(words), expect)

    def sessions(self):
        return self.call("GET", "/api/v1/sessions").json()["sessions"]

    def listed(self, worker):
        return self.call("GET", "/api/v1/workers/" + worker).json()


def _sim(running, words, expect, timeout=100):
    """One run of the simulator's load; its line of JSON."""
    done = subprocess.run([running.plan.program("hydraneck-sim")] + words + ["--controller", running.url, "--token", running.plan.token],
                          capture_output=True, text=True, timeout=timeout, env=running.env(), check=False)
    equal(done.returncode, expect, "exit status of %s: %s%s" % (words[0], done.stdout, done.stderr))
    return json.loads(done.stdout)


# ---- loads ----

def two_hundred_simultaneous_creates_on_twenty_workers_all_succeed_and_the_next_one_gets_503():
    with _Swarm(20, create_ms="20:80") as swarm:
        result = swarm.creates(200, 200, "--keep")
        equal((result["created"], result["failed"]), (200, 0), "created and failed")
        equal(sorted(result["workers"].values()), [SLOTS] * 20, "sessions of each worker, as the answers say")
        equal({len(w["sessions"]) for w in swarm.workers().values()}, {SLOTS}, "sessions of each worker, as the workers say")
        equal(len({s["id"] for s in swarm.sessions()}), 200, "listed sessions")

        error_shape(swarm.create("10.250.0.1"), 503, "no healthy workers available", "full")

        gone = swarm.sessions()[0]
        equal(swarm.call("DELETE", "/api/v1/sessions/" + gone["id"]).status, 200, "delete")
        again = swarm.create("10.250.0.2")
        equal(again.status, 201, "create after a delete")
        equal(again.json()["worker_id"], gone["worker_id"], "who had room")


def loads_never_differ_by_more_than_one_and_deletes_free_every_slot():
    with _Swarm(20, create_ms="20:80") as swarm:
        for count in (7, 113):
            first = "10.%d.0.1" % (100 + count)
            result = swarm.creates(count, count, "--keep", "--body", first)
            loads = [len(w["sessions"]) for w in swarm.workers().values()]
            equal(result["created"], count, "created")
            true(max(loads) - min(loads) <= 1, "loads %r" % sorted(loads))
        result = swarm.creates(80, 80)
        equal((result["created"], result["deleted"]), (80, 80), "created and deleted on top")
        for session in swarm.sessions():
            equal(swarm.call("DELETE", "/api/v1/sessions/" + session["id"]).status, 200, "delete")
        equal(sum(len(w["sessions"]) for w in swarm.workers().values()), 0, "sessions left at the workers")
        equal(swarm.sessions(), [], "sessions left in the list")
        swarm.running.wait(lambda: swarm.call("GET", "/api/v1/health").json()["extra"]["active_sessions"] == 0, 20, "no load left")


def three_hundred_workers_are_registered_listed_and_counted():
    with _Swarm(300) as swarm:
        workers = swarm.call("GET", "/api/v1/workers").json()["workers"]
        equal(sorted(w["id"] for w in workers), sorted("fake-%d" % n for n in range(1, 301)), "listed workers")
        equal({w["status"] for w in workers}, {"healthy"}, "their states")
        true("token" not in json.dumps(workers), "a token is listed")
        extra = swarm.call("GET", "/api/v1/health").json()["extra"]
        equal((extra["workers_healthy"], extra["workers_total"], extra["max_sessions"]), (300, 300, 3000), "health")
        result = swarm.creates(600, 100, "--keep")
        equal(set(result["workers"].values()), {2}, "sessions of each worker")


def fake_browsers_say_why_their_urls_cannot_be_read():
    program = os.path.join(flow.build_folder(), "sim/hydraneck-sim")
    for arguments, words in ((["--url-file", "/nonexistent"], "cannot read '/nonexistent': No such file or directory"),
                             (["--url-file", "/dev/null"], "--url-file has no stream URL in any line"),
                             ([], "--url-file with a stream URL a line is needed, or --create")):
        done = subprocess.run([program, "browsers"] + arguments, capture_output=True, text=True, check=False)
        equal((done.returncode, done.stderr), (64, "hydraneck-sim browsers: %s\n" % words), "status and message of %r" % arguments)


def a_hundred_browsers_stream_through_the_controller():
    with _Swarm(20) as swarm:
        result = swarm.sim(["browsers", "--create", "--count", "100", "--seconds", "1", "--down-kbit", "500", "--up-kbit", "20",
                            "--need-pong"])
        equal((result["opened"], result["failed"]), (100, 0), "opened and failed")
        equal(result["requests"], 400, "a page and three assets each")
        true(result["rtt_us"]["count"] >= 100 and result["messages"] >= 100, "traffic in both directions: %r" % result)
        true(result["bytes_down"] > 100 * 20000, "bytes down: %r" % result["bytes_down"])
        equal(swarm.sessions(), [], "sessions left")


# ---- faults ----

def a_worker_that_dies_in_the_middle_costs_only_its_own_sessions():
    with _Swarm(4, heartbeat_timeout="2s", heartbeat_ms=200, create_ms="1500:2500") as swarm:
        words = [swarm.running.plan.program("hydraneck-sim"), "creates", "--count", "20", "--at-once", "20", "--keep",
                 "--controller", swarm.running.url, "--token", swarm.running.plan.token]
        load = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=swarm.running.env())
        swarm.running.wait(lambda: all(len(w["sessions"]) == 5 for w in swarm.workers().values()), 60, "five creations at each worker")
        swarm.fault("fake-3", "die", True)
        result = json.loads(load.communicate(timeout=90)[0])
        # cut while it worked: pairing may have begun, so none of the five is tried elsewhere
        equal((result["created"], result["failed"]), (15, 5), "created and failed: %r" % result)
        equal(set(result["workers"]), {"fake-1", "fake-2", "fake-4"}, "who has them")

        for n in range(6):
            true(swarm.create("10.251.0.%d" % (n + 1)).json()["worker_id"] != "fake-3", "a create went to the dead one")
        swarm.running.wait(lambda: swarm.listed("fake-3").get("status") == "unhealthy", 30, "unhealthy")
        listed = swarm.sessions()
        equal(len([s for s in listed if not s.get("stale")]), 21, "sessions of the living")
        equal({s["worker_id"] for s in listed if s.get("stale")}, {"fake-3"}, "whose are stale")
        swarm.fault("fake-3", "die", False)
        swarm.running.wait(lambda: swarm.listed("fake-3").get("status") == "healthy", 30, "healthy again")
        equal(swarm.listed("fake-3")["active_sessions"], 0, "load of a worker that started anew")


def sessions_of_a_dead_worker_are_listed_as_stale_and_then_gone():
    with _Swarm(2, heartbeat_timeout="1s", heartbeat_ms=200) as swarm:
        result = swarm.creates(6, 6, "--keep")
        equal(result["workers"], {"fake-1": 3, "fake-2": 3}, "sessions of each worker")
        swarm.fault("fake-1", "die", True)
        listed = swarm.sessions()
        equal([s.get("stale", False) for s in sorted(listed, key=lambda s: s["worker_id"])], [True] * 3 + [False] * 3, "stale")
        swarm.running.wait(lambda: swarm.listed("fake-1").get("status") == "unhealthy", 30, "unhealthy")
        swarm.running.wait(lambda: {s["worker_id"] for s in swarm.sessions()} == {"fake-2"}, 60, "its sessions are forgotten")


def a_worker_that_hangs_delays_the_list_by_two_seconds_at_most():
    with _Swarm(5) as swarm:
        swarm.creates(10, 10, "--keep")
        swarm.fault("fake-2", "hang", True)
        began = time.monotonic()
        listed = swarm.sessions()
        took = time.monotonic() - began
        equal(len(listed), 10, "listed sessions")
        equal({s["worker_id"] for s in listed if s.get("stale")}, {"fake-2"}, "whose are stale")
        true(took < 4, "the list took %.1f s" % took)


def a_worker_that_promises_too_much_is_passed_over():
    with _Swarm(2, slots=2) as swarm:
        swarm.fault("fake-1", "claim_slots", 50)
        swarm.running.wait(lambda: swarm.listed("fake-1")["max_sessions"] == 50, 20, "its claim")
        made = [swarm.create("10.252.0.%d" % (n + 1)) for n in range(4)]
        equal([m.status for m in made], [201] * 4, "creates while anybody has room")
        equal(sorted(len(w["sessions"]) for w in swarm.workers().values()), [2, 2], "sessions of each")
        error_shape(swarm.create("10.252.0.9"), 503, "max sessions reached")


def what_a_worker_says_of_a_body_is_final_and_its_word():
    with _Swarm(3) as swarm:
        swarm.fault("*", "refuse_status", 502)
        error_shape(swarm.create("10.253.0.1"), 502, "body 10.253.0.1 unreachable on port 47990")
        swarm.wait_event("refused")
        equal(swarm.ask("GET", "/events?since=%d" % swarm.last)["events"], [], "nobody else was asked")


def a_worker_that_cannot_be_reached_is_replaced_by_another():
    with _Swarm(3) as swarm:
        swarm.fault("fake-1", "die", True)
        made = [swarm.create("10.254.0.%d" % (n + 1)) for n in range(6)]
        equal([m.status for m in made], [201] * 6, "creates")
        equal({m.json()["worker_id"] for m in made}, {"fake-2", "fake-3"}, "who has them")
        equal(swarm.listed("fake-1")["status"], "suspect", "its state")


def of_two_workers_with_one_id_the_newer_one_wins():
    with _Swarm(2) as swarm:
        swarm.fault("fake-2", "take_id", 1)
        event = swarm.wait_event("heartbeat-refused", worker="fake-1", timeout=60)
        equal(event["detail"], "409", "what the older one is told")
        swarm.fault("fake-2", "take_id", 0)


def a_restarted_controller_knows_every_session_after_one_round():
    with _Swarm(20, heartbeat_ms=500) as swarm:
        before = swarm.creates(200, 50, "--keep")
        equal(before["created"], 200, "created")
        ids = {s["id"] for s in swarm.sessions()}
        controller = swarm.running.children["controller"]
        controller.process.kill()
        controller.wait()
        swarm.running.start_controller()
        swarm.running.wait_workers(20, timeout=60)
        equal({s["id"] for s in swarm.sessions()}, ids, "sessions after the restart")
        error_shape(swarm.create("10.250.0.1"), 503, "no healthy workers available")


# ---- real workers ----

def eight_simultaneous_creates_with_real_pairing_all_succeed(running):
    result = _sim(running, ["creates", "--count", "8", "--at-once", "8", "--keep", "--body", running.plan.body(1)], 0)
    equal((result["created"], result["failed"]), (8, 0), "created and failed: %r" % result)
    equal(result["workers"], {"worker-1": 4, "worker-2": 4}, "sessions of each worker")
    sessions = running.call("GET", "/api/v1/sessions").json()["sessions"]
    equal({s["body_ip"] for s in sessions}, {running.plan.body(n) for n in range(1, 9)}, "bodies")
    equal({s["status"] for s in sessions}, {"ready"}, "states")
    equal([b["address"] for b in running.state()["bodies"] if len(b.get("clients", [1])) != 1], [], "bodies without exactly one client")


def fake_browsers_open_real_sessions(running):
    result = _sim(running, ["browsers", "--create", "--count", "4", "--seconds", "0.5", "--body", running.plan.body(1)], 0)
    equal((result["opened"], result["failed"]), (4, 0), "opened and failed")
    true(result["requests"] > 4 * 3, "pages with their assets: %r" % result)


if __name__ == "__main__":
    flow.main(globals(), bodies=8, workers=2, sessions_max=4, turn=False)
