#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""web-server and its streamer at their worst, switched while they run: what caller and browser get, the session's state and reason, that
nothing is left, and that the next create succeeds.

The table of all failure modes is in test_faults.py."""

import concurrent.futures
import json
import os
import signal
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

import flow  # noqa: E402, I001: it makes the modules below findable
import child  # noqa: E402
import faults  # noqa: E402
import web  # noqa: E402
from faults import nothing_is_left, session_fault, state_of  # noqa: E402
from flow import contains, equal, error_shape, true  # noqa: E402

flow.expect_log("session not created")
flow.expect_log("[pairing")
flow.expect_log("[session ")
flow.expect_log("[proxy]")
MOONLIGHT = faults.Moonlight(flow.build_folder())


def _refused(running, words, status, text, seconds=12):
    """A create that fails as this fault makes it; without the fault the next one succeeds."""
    MOONLIGHT.fault(words)
    began = time.monotonic()
    said = error_shape(running.create(1, expect=None), status)
    took = time.monotonic() - began
    contains(said["error"], text, "error")
    true(took < seconds, "it took %.1f s" % took)
    nothing_is_left(running)
    contains(faults.log_of(running), "ends reason=", "log of the worker")
    MOONLIGHT.fault()
    running.create(1)
    return said


def _died(running, created, reason="process_exited"):
    """The session is shown as an error, its page is gone, its body is free again."""
    running.wait(lambda: state_of(running, created).get("status") == "error", 10, "session is in error")
    equal(state_of(running, created)["end_reason"], reason, "end_reason")
    error_shape(web.call("GET", created["stream_url"]), 404)
    nothing_is_left(running)
    running.create(1)


def a_program_that_is_taken_away_is_told_and_found_again(running):
    os.rename(MOONLIGHT.path, MOONLIGHT.path + ".away")
    try:
        error_shape(running.create(1, expect=None), 503, "moonlight-web-stream not installed")
        nothing_is_left(running)
    finally:
        os.rename(MOONLIGHT.path + ".away", MOONLIGHT.path)
    running.create(1)


def a_configuration_that_it_refuses_ends_the_create_at_once(running):
    _refused(running, "bad-config", 502, "moonlight-web-stream ended before the session was ready (exit status 101)", seconds=8)


def a_port_that_was_taken_meanwhile_ends_the_create_at_once(running):
    said = _refused(running, "port-taken", 502, "moonlight-web-stream ended before the session was ready (exit status 0)", seconds=8)
    contains(said["detail"], "in use", "last words")


def a_host_of_another_user_is_told(running):
    contains(_refused(running, "forbid-host", 502, "pair failed: ")["error"], "403")


def a_pairing_answer_that_ends_after_its_first_line_is_told(running):
    contains(_refused(running, "pair-close", 502, "pair failed: ")["error"], "without a result")


def a_pairing_answer_in_pieces_or_late_is_read(running):
    for words in ("pair-split=1", "pair-split=5,pair-delay-ms=1500"):
        MOONLIGHT.fault(words)
        created = running.create(1)
        equal(state_of(running, created)["status"], "ready", "status with " + words)
    MOONLIGHT.fault()


def a_forgotten_user_is_the_browsers_401_and_heals(running):
    created = running.create(1)
    session_fault(running, created, "unknown-user")
    base = faults.base_of(created)
    reply = web.call("GET", base + "/api/user")
    equal((reply.status, reply.body), (401, b"unauthorized"), "answer")
    equal(faults.Stream(created).socket.status, 401, "stream socket")
    session_fault(running, created, "forbid-host")
    stream = faults.Stream(created)
    reply = web.call("GET", base + "/api/apps?host_id=%d" % stream.host)
    equal((reply.status, reply.body), (403, b"forbidden"), "answer for the host")
    stream.close()
    equal(web.call("GET", created["stream_url"]).status, 200, "page")
    session_fault(running, created)
    equal(web.call("GET", base + "/api/user").status, 200, "healed")


def one_sessions_fault_is_not_the_others(running):
    first, second = running.create(1), running.create(2)
    session_fault(running, first, "unknown-user")
    equal(web.call("GET", faults.base_of(first) + "/api/user").status, 401, "the first")
    equal(web.call("GET", faults.base_of(second) + "/api/user").status, 200, "the second")


def a_stream_that_cannot_start_is_told_in_one_fatal_line(running):
    created = running.create(1)
    session_fault(running, created, "stream-fatal")
    stream = faults.Stream(created)
    equal(stream.end(), "close 1005", "end of the socket")
    contains(stream.text(), '"Failed to start stream because of a server error","ty":"fatalDescription"')
    running.wait(lambda: (state_of(running, created)["status"], state_of(running, created)["active_connections"]) == ("idle", 0), 5, "idle")
    session_fault(running, created)
    true(faults.Stream(created).until('"Setup"'), "the stream does not heal")


def a_stream_socket_that_is_dropped_is_a_drop_for_the_browser(running):
    created = running.create(1)
    session_fault(running, created, "stream-drop")
    equal(faults.Stream(created).end(), "drop", "end of the socket")
    running.wait(lambda: state_of(running, created)["status"] == "idle", 5, "idle")
    session_fault(running, created)
    true(faults.Stream(created).until('"Setup"'), "the stream does not heal")


def a_first_word_that_is_no_init_ends_the_socket_as_the_real_one_does(running):
    created = running.create(1)
    equal(faults.Stream(created, first="this is not JSON").end(), "drop", "not JSON")
    equal(faults.Stream(created, first={"SetTransport": "WebRTC"}).end(), "close 1005", "JSON, but no Init")
    running.wait(lambda: state_of(running, created)["status"] == "idle", 5, "idle")


def a_deaf_stream_socket_stays_open_and_no_ping_is_answered(running):
    created = running.create(1)
    stream = faults.Stream(created)
    true(stream.until('"Setup"'), "no Setup")
    stream.socket.send("this is not JSON")
    stream.socket.sock.sendall(b"\x89\x80\0\0\0\0")  # a ping
    stream.socket.send(faults.START)
    try:
        stream.end(timeout=2)
    except socket.timeout:
        pass
    equal(stream.ended, None, "end of the socket")
    equal(state_of(running, created)["status"], "active", "status")
    equal(running.call("DELETE", "/api/v1/sessions/" + created["session_id"]).status, 200, "delete")
    equal(stream.end(), "drop", "end of the socket")
    nothing_is_left(running)


def a_stream_that_the_host_ends_is_told_with_its_code_and_then_closed(running):
    created = running.create(1)
    for code in (100, 101, 102, 0):
        session_fault(running, created, "stop-delay-ms=300,terminate-after-ms=50,terminate-code=%d" % code)
        stream = faults.Stream(created)
        stream.launch()
        equal(json.loads(stream.until("ConnectionTerminated")), {"ConnectionTerminated": {"error_code": -code}}, "message")
        equal(stream.end(), "close 1005", "end of the socket")
        running.wait(lambda: state_of(running, created)["status"] == "idle", 5, "idle")
    equal(web.call("GET", created["stream_url"]).status, 200, "page")


def a_web_server_that_ends_by_itself_is_an_error_and_a_drop_for_the_browser(running):
    created = running.create(1)
    session_fault(running, created, "exit-on-stream")
    equal(faults.Stream(created).end(), "drop", "end of the socket")
    _died(running, created)
    contains(faults.log_of(running), "exit status 101", "log of the worker")
    running.wait_event("nps_record", "services", session_id=created["session_id"], end_reason="process_exited")


def a_web_server_that_ignores_sigterm_is_killed(running):
    created = running.create(1)
    stream = faults.Stream(created)
    true(stream.until('"Setup"'), "no Setup")
    session_fault(running, created, "ignore-term")
    began = time.monotonic()
    equal(running.call("DELETE", "/api/v1/sessions/" + created["session_id"]).status, 200, "delete")
    took = time.monotonic() - began
    true(4.5 < took < 15, "it took %.1f s" % took)
    equal(stream.end(), "drop", "end of the socket")
    nothing_is_left(running)
    running.create(1)


def _media_block(running, created):
    with open(os.path.join(faults.session_folder(running, created), "server/config.json"), encoding="utf-8") as file:
        return json.load(file)["webrtc"]["port_range"]["min"]


def _is_held(block):
    """Whether anybody has one of a session's UDP ports: sockets may outlive their process by a moment."""
    with open("/proc/net/udp", encoding="ascii") as file:
        ports = {int(line.split()[1].split(":")[1], 16) for line in file.readlines()[1:]}
    return not ports.isdisjoint(range(block, block + 20))


def an_orphan_streamer_keeps_its_ports_and_the_next_session_gets_others(running):
    created = running.create(1)
    session_fault(running, created, "orphan-streamer")
    stream = faults.Stream(created)
    true(stream.until('"Setup"'), "no Setup")
    block = _media_block(running, created)
    family = child.descendants(faults.workers(running)[0].pid)
    orphans = faults.named(family, "streamer")
    equal(len(orphans), 1, "streamers")
    try:
        os.kill(faults.named(family, "supervise")[0], signal.SIGKILL)  # with it goes web-server, and nobody is left who knows the streamer
        running.wait(lambda: state_of(running, created).get("status") == "error", 10, "session is in error")
        true(child.is_alive(orphans[0]), "the streamer went too")
        again = running.create(1)
        true(_media_block(running, again) != block, "the block of the orphan was given away")
        running.call("DELETE", "/api/v1/sessions/" + again["session_id"])
    finally:
        os.kill(orphans[0], signal.SIGKILL)
    running.wait(lambda: not _is_held(block), 10, "the orphan's ports are free")
    equal(_media_block(running, running.create(1)), block, "block of the next session")


def an_orphan_streamer_ends_with_its_supervisor(running):
    created = running.create(1)
    session_fault(running, created, "orphan-streamer")
    stream = faults.Stream(created)
    true(stream.until('"Setup"'), "no Setup")
    family = child.descendants(faults.workers(running)[0].pid)
    equal(len(faults.named(family, "streamer")), 1, "streamers")
    os.kill(faults.named(family, "web-server")[0], signal.SIGKILL)
    running.wait(lambda: not any(child.is_alive(pid) for pid in family), 10, "nothing of the session is alive")
    _died(running, created)


def a_web_server_that_never_listens_or_elsewhere_is_given_up_after_10_seconds():
    """Three workers at once, for each one's web-server has 10 s: one never listens, one listens elsewhere, one knows nobody."""
    own = [MOONLIGHT, faults.Moonlight(flow.build_folder()), faults.Moonlight(flow.build_folder())]
    try:
        with flow.Started(workers=1, bodies=3, turn=False, extra_worker={"moonlight": {"path": MOONLIGHT.path}}) as running:
            for number in (2, 3):
                running.plan.extra_worker = {"moonlight": {"path": own[number - 1].path}}
                running.plan.workers = number
                running.start_worker(number)
            running.wait_workers(3)
            for moonlight, words in zip(own, ("hang-before-listen", "no-config", "unknown-user")):
                moonlight.fault(words)
            began = time.monotonic()
            with concurrent.futures.ThreadPoolExecutor(3) as pool:
                replies = list(pool.map(lambda number: running.create(number, expect=None), (1, 2, 3)))
            took = time.monotonic() - began
            details = [error_shape(reply, 504, "moonlight-web-stream did not answer within 10s")["detail"] for reply in replies]
            equal(len([detail for detail in details if "it listens, but answers 401" in detail]), 1, "details that name the 401")
            true(10 <= took < 25, "it took %.1f s" % took)
            nothing_is_left(running)
            for moonlight in own:
                moonlight.fault()
            for number in (1, 2, 3):
                running.create(number)
    finally:
        MOONLIGHT.fault()
        for moonlight in own[1:]:
            moonlight.remove()


try:
    flow.main(globals(), workers=1, bodies=2, turn=False, extra_worker={"moonlight": {"path": MOONLIGHT.path}})
finally:
    MOONLIGHT.remove()
