#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What happens to sessions and workers, heard as it happens: server-sent events of controller and worker."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

import flow  # noqa: E402, I001: it makes the modules below findable
import web  # noqa: E402
from flow import equal, error_shape, true  # noqa: E402


flow.expect_log("[controller]")
flow.expect_log("[heartbeat]")


def _listen(running, number=None, **more):
    url = running.url if number is None else running.worker_url(number)
    return web.Events(url + "/api/v1/events", running.plan.token, **more)


def _states(events, session):
    """Types and states of one session's events."""
    return [(kind, data["status"]) for kind, data, _ in events if data.get("session_id") == session]


def a_session_is_told_from_its_creation_to_its_end(running):
    with _listen(running) as events:
        session = running.create(1)["session_id"]
        ready, before = events.wait("session.state", session_id=session, status="ready")
        kinds = _states(before, session)
        equal(kinds[0][0], "session.created", "first event")
        equal(ready["session"]["id"], session, "id")
        equal(ready["session"]["body_ip"], running.plan.body(1), "body")
        true(ready["worker_id"].startswith("worker-"), "worker of %r" % ready)
        true(ready["timestamp"].endswith("Z") and "T" in ready["timestamp"], "timestamp of %r" % ready)
        true("stream_url" not in ready["session"], "a stream_url in %r" % ready)
        running.call("DELETE", "/api/v1/sessions/" + session)
        ended, before = events.wait("session.ended", session_id=session)
        equal(ended["end_reason"], "api_delete", "reason")
        equal([state for _, state in _states(before, session)], ["stopping"], "states before the end")


def a_worker_tells_of_its_own_sessions(running):
    with _listen(running, 1) as first, _listen(running, 2) as second:
        created = running.create(1)
        session, number = created["session_id"], int(created["worker_id"].rpartition("-")[2])
        mine, other = (first, second) if number == 1 else (second, first)
        _, before = mine.wait("session.state", session_id=session, status="ready")
        equal([state for _, state in _states(before, session)], ["starting", "pairing"], "states before ready")
        running.call("DELETE", "/api/v1/sessions/" + session)
        mine.wait("session.ended", session_id=session, end_reason="api_delete")
        again = running.create(2)
        if again["worker_id"] == created["worker_id"]:
            again = running.create(3)
        _, before = other.wait("session.created")
        equal(before, [], "events of the other worker before its own session's")


def numbers_go_up_and_a_reader_resumes_where_it_was(running):
    with _listen(running) as events:
        session = running.create(1)["session_id"]
        _, before = events.wait("session.state", session_id=session, status="ready")
        numbers = [int(number) for _, _, number in before] + [int(events.last_id)]
        equal(numbers, list(range(numbers[0], numbers[0] + len(numbers))), "numbers")
        seen = events.last_id
    running.call("DELETE", "/api/v1/sessions/" + session)
    with _listen(running, last_id=seen) as events:
        kind, data, number = events.next()
        equal((kind, data["session_id"], int(number)), ("session.state", session, int(seen) + 1), "first event after the break")
        events.wait("session.ended", session_id=session)
    with _listen(running, last_id=numbers[0]) as events:
        equal(events.next()[2], str(numbers[0] + 1), "number")


def the_events_of_another_process_are_missed(running):
    with _listen(running, last_id=17) as events:
        equal(events.next()[:2], ("events.missed", {}), "first event")
    with _listen(running, last_id=0) as events:
        equal(events.next()[0], "worker.joined", "first event of all that is kept")


def workers_tell_when_they_drain_and_leave(running):
    with _listen(running) as events:
        session = running.create(1)
        worker = session["worker_id"]
        running.call("POST", "/api/v1/workers/%s/drain" % worker)
        state, _ = events.wait("worker.state", worker_id=worker, status="draining")
        equal((state["from"], state["worker"]["draining"]), ("healthy", True), "worker")
        running.call("DELETE", "/api/v1/sessions/" + session["session_id"])
        _, before = events.wait("worker.drained", worker_id=worker)
        true(any(kind == "session.ended" for kind, _, _ in before), "the last session's end before 'drained' in %r" % before)
        running.call("DELETE", "/api/v1/workers/%s/drain" % worker)
        events.wait("worker.state", worker_id=worker, status="healthy")
        number = int(worker.rpartition("-")[2])
        running.children.pop(worker).stop()
        events.wait("worker.state", worker_id=worker, status="unhealthy")
        running.start_worker(number)
        events.wait("worker.state", worker_id=worker, status="healthy", **{"from": "unhealthy"})


def _drain(running, worker, deadline=None):
    reply = running.call("POST", "/api/v1/workers/%s/drain" % worker, {"deadline": deadline} if deadline is not None else None)
    equal(reply.status, 200, "status of %r" % reply)
    return reply.json()


def at_the_deadline_of_a_drain_its_sessions_are_ended(running):
    first, second = running.create(1), running.create(2)
    with _listen(running) as events:
        shown = _drain(running, first["worker_id"], "1h")
        true(3590 < shown["drain_seconds_left"] <= 3600, "time left in %r" % shown)
        true("drain_seconds_left" not in _drain(running, first["worker_id"]), "a deadline that was taken back")
        _drain(running, first["worker_id"], 1)
        running.call("DELETE", "/api/v1/workers/%s/drain" % first["worker_id"])
        shown = _drain(running, second["worker_id"], "1s")
        true(shown["drain_seconds_left"] <= 1, "time left in %r" % shown)
        ended, before = events.wait("session.ended", session_id=second["session_id"])
        equal(ended["end_reason"], "drained", "reason")
        equal([s for _, s in _states(before, first["session_id"])], [], "states of a session whose drain was taken back")
        events.wait("worker.drained", worker_id=second["worker_id"])
    told = running.call("GET", "/api/v1/sessions/%s/explain" % second["session_id"]).json()
    equal((told["end"]["reason"], told["end"]["message"]), ("drained", "the worker's deadline for draining has passed"), "end")
    equal(running.call("GET", "/api/v1/sessions/" + first["session_id"]).json()["status"], "ready", "status of the other")
    running.call("DELETE", "/api/v1/workers/%s/drain" % second["worker_id"])
    error_shape(running.call("POST", "/api/v1/workers/worker-1/drain", {"deadline": "soon"}), 400, detail=None)


def a_deadline_outlives_the_controller():
    with flow.Started(bodies=1, workers=1, turn=False, time_scale=0.02) as running:
        created = running.create(1)
        _drain(running, "worker-1", 4)
        running.children["worker-1"].wait_line(r"\[heartbeat\] draining")  # it is the worker that remembers
        with _listen(running, 1) as events:
            running.children.pop("controller").stop()
            running.start_controller()
            running.wait_workers(1)
            shown = running.call("GET", "/api/v1/workers/worker-1").json()
            equal((shown["status"], shown.get("drain_seconds_left", 99) <= 4), ("draining", True), "worker")
            events.wait("session.ended", session_id=created["session_id"], end_reason="drained")
        error_shape(running.worker_call(1, "POST", "/api/v1/drain"), 409, "this worker has a controller")


def a_worker_that_stands_alone_is_drained_itself():
    with flow.Started(bodies=2, workers=0, turn=False) as running:
        config = running.worker_config(1)
        del config["controller"]
        running.start("worker-1", [running.plan.program("hydraneckwebrtc"), "worker", "--config", running.write_config("worker-1", config)],
                      "serving id=")
        body = {"body_ip": running.plan.body(1)}
        created = running.worker_call(1, "POST", "/api/v1/sessions", body)
        equal(created.status, 201, "status of %r" % created)
        with _listen(running, 1) as events:
            shown = running.worker_call(1, "POST", "/api/v1/drain", {"deadline": "1s"}).json()
            equal((shown["status"], shown["active_sessions"]), ("draining", 1), "worker")
            error_shape(running.worker_call(1, "POST", "/api/v1/sessions", {"body_ip": running.plan.body(2)}), 503, "worker is draining")
            events.wait("session.ended", session_id=created.json()["session_id"], end_reason="drained")
        equal(running.worker_call(1, "DELETE", "/api/v1/drain").json()["status"], "healthy", "status")
        equal(running.worker_call(1, "POST", "/api/v1/sessions", body).status, 201, "status of a create after it")


def events_are_for_who_has_the_token(running):
    for url in (running.url, running.worker_url(1)):
        error_shape(web.call("GET", url + "/api/v1/events"), 401, "unauthorized")
        error_shape(web.call("POST", url + "/api/v1/events", token=running.plan.token), 405, "method not allowed")


def a_controller_that_stops_ends_its_streams():
    with flow.Started(bodies=1, workers=0, turn=False) as running:
        with _listen(running) as events:
            running.children.pop("controller").stop()
            equal(events.next(), None, "event")


if __name__ == "__main__":
    flow.main(globals(), bodies=4, workers=2, turn=False)
