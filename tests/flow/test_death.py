#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What dies by force: a web-server, a supervisor, a worker; and what is left then: nothing."""

import os
import re
import signal
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

import flow  # noqa: E402, I001: it makes the modules below findable
import child  # noqa: E402
import web  # noqa: E402
from flow import contains, equal, error_shape, true  # noqa: E402

flow.expect_log("[session ")
flow.expect_log("[proxy]")
flow.expect_log("[controller]")
flow.expect_log("[heartbeat]")


def _show(running, session):
    return running.call("GET", "/api/v1/sessions/" + session)


def _named(pids, name):
    found = []
    for pid in pids:
        try:
            with open("/proc/%d/cmdline" % pid, "rb") as file:
                words = file.read().split(b"\0")
        except OSError:
            continue
        if os.path.basename(words[0]) == name.encode() or (name == "supervise" and b"supervise" in words[:2]):
            found.append(pid)
    return found


def _stream(created):
    """A stream socket with its streamer running."""
    host, app = re.search(r"hostId=(\d+)&appId=(\d+)", created["stream_url"]).groups()
    sock = web.WebSocket(created["stream_url"].split("/stream.html")[0] + "/api/host/stream")
    sock.send({"Init": {"host_id": int(host), "app_id": int(app), "video_frame_queue_size": 3, "audio_sample_queue_size": 20}})
    while "Setup" not in (sock.receive() or ""):
        pass
    return sock


def a_killed_web_server_is_an_error_within_a_second_and_a_cut_for_the_client(running):
    created = running.create(1)
    worker = running.children[created["worker_id"]]
    sock = _stream(created)
    family = child.descendants(worker.pid)
    server = _named(family, "web-server")
    equal(len(server), 1, "web-servers")
    equal(len(_named(family, "streamer")), 1, "streamers")
    os.kill(server[0], signal.SIGKILL)
    began = time.monotonic()
    running.wait(lambda: _show(running, created["session_id"]).json().get("status") == "error", 2, "session is in error")
    took = time.monotonic() - began
    true(took < 1.0, "it took %.2f s" % took)
    equal(_show(running, created["session_id"]).json()["end_reason"], "process_exited", "end_reason")
    sock.sock.settimeout(2)
    try:
        while True:
            sock.receive()
    except (EOFError, ConnectionResetError):
        pass
    except socket.timeout:
        raise AssertionError("the client was not cut") from None
    running.wait(lambda: not any(child.is_alive(pid) for pid in family), 10, "streamer and supervisor are gone")
    error_shape(web.call("GET", created["stream_url"]), 404)
    running.create(1)  # the body is free again


def a_download_under_way_is_cut_and_does_not_look_whole(running):
    created = running.create(1)
    worker = running.children[created["worker_id"]]
    host, port = running.plan.controller
    sock = socket.create_connection((host, port))
    prefix = "/session/" + created["session_id"]
    sock.sendall(("POST %s/api/host/cancel HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10000\r\n\r\n{"
                  % prefix).encode())
    os.kill(_named(child.descendants(worker.pid), "web-server")[0], signal.SIGKILL)
    sock.settimeout(5)
    answer = b""
    try:
        while True:
            part = sock.recv(65536)
            if not part:
                break
            answer += part
    except ConnectionResetError:
        pass
    true(not answer.startswith(b"HTTP/1.1 200"), "it looks whole: %r" % answer[:80])


def a_killed_supervisor_takes_its_program_with_it(running):
    created = running.create(1)
    worker = running.children[created["worker_id"]]
    sock = _stream(created)
    family = child.descendants(worker.pid)
    os.kill(_named(family, "supervise")[0], signal.SIGKILL)
    running.wait(lambda: not any(child.is_alive(pid) for pid in family), 12, "nothing of the session is left")
    running.wait(lambda: _show(running, created["session_id"]).json().get("status") == "error", 2, "session is in error")
    sock.close()


def a_killed_worker_leaves_nothing_alive_after_10_seconds(running):
    created = [running.create(n) for n in (1, 2)]
    victim = running.children["worker-2"]
    sock = _stream(next(c for c in created if c["worker_id"] == "worker-2"))
    family = child.descendants(victim.pid)
    true(len(_named(family, "streamer")) == 1, "no streamer runs")
    victim.process.kill()
    began = time.monotonic()
    running.wait(lambda: not any(child.is_alive(pid) for pid in family), 10, "nothing of the worker is alive")
    true(time.monotonic() - began < 10, "too late")
    sock.close()
    other = next(c for c in created if c["worker_id"] == "worker-1")
    equal(web.call("GET", other["stream_url"]).status, 200, "the other worker's session")
    del running.children["worker-2"]
    victim.stop()
    running.start_worker(2)
    contains("\n".join(running.children["worker-2"].lines()), "[cleanup]", "log of the new worker")
    running.children["worker-2"].wait_line("registered with the controller")  # the killed one counts as healthy for a while
    equal(running.session_directories(2), [], "orphaned directories")
    running.wait_workers(2, 10)
    running.create(2, replace=True)


def _clients(running, number):
    return next(b for b in running.state()["bodies"] if b["address"] == running.plan.body(number))["clients"]


def a_terminated_worker_ends_its_sessions_in_order(running):
    running.create(1)
    equal(running.create(2)["worker_id"], "worker-2", "where the session is that must end with it")
    # what a killed worker left paired there is unpaired by its successor, in its own time
    running.wait(lambda: len(_clients(running, 2)) == 1, 20, "this session's client alone is paired")
    worker = running.children.pop("worker-2")
    family = child.descendants(worker.pid)
    equal(worker.stop(15), 0, "exit status")
    true(not any(child.is_alive(pid) for pid in family), "a process is left")
    equal(running.session_directories(2), [], "directories")
    equal(_clients(running, 2), [], "paired clients of body 2")
    running.start_worker(2)
    running.wait_workers(2, 10)


def a_terminal_that_is_closed_ends_a_worker_in_order(running):
    running.children.pop("worker-2").stop()
    master, slave = os.openpty()
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # children inherit it; this run itself may have been started with nohup
    running.start_worker(2, terminal=os.ttyname(slave))
    signal.signal(signal.SIGHUP, before)
    os.close(slave)
    reply = running.worker_call(2, "POST", "/api/v1/sessions", {"body_ip": running.plan.body(2), "sunshine_user": "sunshine",
                                                                "sunshine_pass": "sunshine"})
    equal(reply.status, 201, "create")
    os.close(master)
    equal(running.children.pop("worker-2").wait(30), 0, "exit status")
    equal(running.session_directories(2), [], "directories")
    running.start_worker(2)
    running.wait_workers(2, 10)


def one_that_was_started_with_nohup_outlives_its_terminal(running):
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # children inherit it
    master, slave = os.openpty()
    try:
        running.children.pop("worker-2").stop()
        running.start_worker(2, terminal=os.ttyname(slave))
        os.close(slave)
        running.wait_workers(2, 10)  # its loop runs
        os.close(master)
        running.children["worker-2"].wait_line(r"\[config\] reloaded")
        equal(running.worker_call(2, "GET", "/api/v1/health").status, 200, "health behind the hangup")
    finally:
        signal.signal(signal.SIGHUP, before)


flow.main(globals(), workers=2, bodies=3, turn=False)
