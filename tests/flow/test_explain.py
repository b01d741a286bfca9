#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Why a session is where it is, what it went through, what ended it and what to do: explain and logs, at controller and worker."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

import flow  # noqa: E402, I001: it makes the modules below findable
from flow import contains, equal, error_shape, true  # noqa: E402


flow.expect_log("[controller]")
flow.expect_log("[session ")


def _explain(running, session, number=None):
    path = "/api/v1/sessions/%s/explain" % session
    reply = running.call("GET", path) if number is None else running.worker_call(number, "GET", path)
    equal(reply.status, 200, "status of %r" % reply)
    return reply.json()


def _failed(running, body, **more):
    """A create that fails: the id under which it is explained."""
    reply = running.create(body, expect=None, **more)
    true(reply.status >= 400, "%r is no failure" % reply)
    return reply.headers["X-Hydraneck-Session"], reply.json()


def a_session_that_lives_is_explained(running):
    created = running.create(1)
    told = _explain(running, created["session_id"])
    equal((told["session_id"], told["worker_id"], told["status"]), (created["session_id"], created["worker_id"], "ready"), "session")
    equal([step["state"] for step in told["history"]], ["starting", "pairing", "ready"], "history")
    times = [step["after_ms"] for step in told["history"]]
    equal(times, sorted(times), "times")
    true("end" not in told, "an end of a session that lives: %r" % told)
    placement = told["placement"]
    equal(placement["why"], "the least loaded of 2 workers with room", "why")
    chosen = [c for c in placement["candidates"] if c.get("chosen")]
    equal([c["worker_id"] for c in chosen], [created["worker_id"]], "chosen")
    other = [c for c in placement["candidates"] if not c.get("chosen")]
    equal([(c["why_not"], c["load"], c["state"]) for c in other], [("no less loaded", 0, "healthy")], "the other")
    second = running.create(2)
    true(second["worker_id"] != created["worker_id"], "both sessions at %r" % second)
    candidates = _explain(running, second["session_id"])["placement"]["candidates"]
    equal({c["worker_id"]: c["load"] for c in candidates}, {created["worker_id"]: 1, second["worker_id"]: 0}, "loads at the choice")


def a_session_that_was_replaced_says_so(running):
    first = running.create(1)
    second = running.create(1)
    equal(second["worker_id"], first["worker_id"], "worker")
    told = _explain(running, first["session_id"])
    equal((told["end"]["reason"], told["end"]["message"]), ("replaced", "a newer session took the body"), "end")
    contains(told["end"]["mend"], "a body of his own", "mend")
    equal([step["state"] for step in told["history"]][:3], ["starting", "pairing", "ready"], "history")
    contains(_explain(running, second["session_id"])["placement"]["why"], "this body's session is there", "why")


def a_pairing_that_failed_names_its_mend(running):
    running.fault(1, "wrong_pin", True)
    session, error = _failed(running, 1)
    contains(error["error"], "crypto handshake rejected by Sunshine", "error")
    told = _explain(running, session)
    equal((told["end"]["reason"], told["end"]["message"]), ("pairing_failed", error["error"]), "end")
    contains(told["end"]["mend"], "restart Sunshine", "mend")
    equal([step["state"] for step in told["history"]][:2], ["starting", "pairing"], "history")
    true(any(c.get("chosen") for c in told["placement"]["candidates"]), "nobody chosen in %r" % told)
    number = int(told["worker_id"].rpartition("-")[2])
    # how its program ended is known a moment later
    running.wait(lambda: _explain(running, session, number)["end"] == _explain(running, session)["end"], 20, "the worker tells the same end")


def a_body_that_is_away_is_named(running):
    session, error = _failed(running, 1, body_ip=running.plan.body_net + "250")
    told = _explain(running, session)
    equal(told["end"]["message"], error["error"], "message")
    contains(told["end"]["mend"], "then Sunshine on the body", "mend")


def when_no_worker_takes_it_each_says_why_not(running):
    for number in (1, 2):
        running.call("POST", "/api/v1/workers/worker-%d/drain" % number)
    session, error = _failed(running, 1)
    equal(error["error"], "no healthy workers available", "error")
    told = _explain(running, session)
    equal((told["placement"]["why"], told["end"]["reason"]), ("no worker could take it", "create_failed"), "placement")
    equal([c["why_not"] for c in told["placement"]["candidates"]], ["draining", "draining"], "why not")
    contains(told["end"]["mend"], "`/api/v1/workers` says which", "mend")
    true("worker_id" not in told, "a worker in %r" % told)
    for number in (1, 2):
        running.call("DELETE", "/api/v1/workers/worker-%d/drain" % number)


def the_end_of_a_log_is_shown_while_it_runs_and_after(running):
    created = running.create(1)
    path = "/api/v1/sessions/%s/logs" % created["session_id"]
    number = int(created["worker_id"].rpartition("-")[2])
    live = running.call("GET", path)
    equal((live.status, live.headers["Content-Type"]), (200, "text/plain; charset=utf-8"), "answer")
    true(len(live.body.splitlines()) > 1, "no lines in %r" % live.body)
    equal(running.call("GET", path + "?lines=1").body, live.body.splitlines(True)[-1], "last line")
    equal(running.worker_call(number, "GET", path).status, 200, "status at the worker")
    for wrong in ("0", "x", "1001", "-1"):
        error_shape(running.call("GET", path + "?lines=" + wrong), 400, "parameter 'lines' must be 1 to 1000")
    running.call("DELETE", "/api/v1/sessions/" + created["session_id"])
    after = running.call("GET", path)
    equal(after.status, 200, "status after its end")
    contains(after.body.decode(), live.body.decode().splitlines()[0], "log")


def unknown_sessions_and_strangers_get_nothing(running):
    for what in ("/explain", "/logs"):
        for session in ("0" * 32, "x", "..%2f..", "*"):
            path = "/api/v1/sessions/" + session + what
            for reply in (running.call("GET", path), running.worker_call(1, "GET", path)):
                true(reply.status in (400, 404), "%s answers %r" % (path, reply))
        path = "/api/v1/sessions/" + "0" * 32 + what
        error_shape(running.call("GET", path, token=None), 401, "unauthorized")
        error_shape(running.worker_call(1, "GET", path, token=None), 401, "unauthorized")


if __name__ == "__main__":
    flow.main(globals(), bodies=4, workers=2, turn=False)
