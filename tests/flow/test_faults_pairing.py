#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Sunshine's pairing and doors at their worst, one knob of the fake each: what the caller is told, that nothing is left, and that the next
create succeeds.

The table of all failure modes is in test_faults.py."""

import concurrent.futures
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

import flow  # noqa: E402, I001: it makes the modules below findable
import faults  # noqa: E402
import web  # noqa: E402
from faults import body_state, nothing_is_left, state_of  # noqa: E402
from flow import contains, equal, error_shape, true  # noqa: E402

flow.expect_log("session not created")
flow.expect_log("[pairing")
flow.expect_log("[session ")
REJECTED = "(crypto handshake rejected by Sunshine)"
MOONLIGHT = faults.Moonlight(flow.build_folder())



def _refused(running, body, status, text, seconds=12, **more):
    """A create that fails in time, says why, is logged with its reason, and leaves nothing."""
    began = time.monotonic()
    said = error_shape(running.create(body, expect=None, **more), status)
    took = time.monotonic() - began
    contains(said["error"], text, "error")
    true(took < seconds, "it took %.1f s" % took)
    nothing_is_left(running)
    contains(faults.log_of(running), "ends reason=", "log of the worker")
    return said


def _rejected(running, body, knob):
    running.fault(body, knob, True)
    said = _refused(running, body, 502, REJECTED)
    true(said["error"].startswith("pair failed: "), "text is %r" % said["error"])
    running.wait_event("nps_record", "services", end_reason="pairing_failed")
    running.fault(body, knob, False)
    running.create(body)


def a_pin_that_did_not_leave_is_posted_again(running):
    running.fault(3, "refuse_pin", 1000)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        creating = pool.submit(running.create, 3)
        running.wait_event("pin", body=running.plan.body(3), accepted="false")
        running.fault(3, "mute_api", True)
        running.wait(lambda: "the pin did not reach Sunshine, it is posted again" in faults.log_of(running), 15, "a post that does not leave")
        running.fault(3, "refuse_pin", 0)
        running.fault(3, "mute_api", False)
        running.wait_event("pin", body=running.plan.body(3), accepted="true")
        true(creating.result(20)["session_id"], "the session is there")


def a_second_pin_from_elsewhere_destroys_the_handshake_and_is_told(running):
    _rejected(running, 1, "second_pin")


def a_pin_that_a_foreign_client_took_ends_with_the_caller_and_poisons_nothing(running):
    running.fault(2, "rival_client", True)
    try:
        running.call("POST", "/api/v1/sessions", {"body_ip": running.plan.body(2)}, timeout=3)
    except OSError:
        pass
    else:
        raise AssertionError("it was answered")
    running.wait_event("pin", body=running.plan.body(2), accepted="true")
    nothing_is_left(running)
    running.fault(2, "rival_client", False)
    # the entries of both who are gone stay in Sunshine and would take a PIN that comes before web-server asks for it: on a machine so loaded
    # that its key takes longer than the 0.3 s we wait, that is one create lost, not all
    replies = []
    while len(replies) < 3 and (not replies or replies[-1] != 201):
        replies.append(running.create(2, expect=None).status)
    equal(replies[-1], 201, "creates after it: %r" % replies)


def a_pin_for_the_oldest_client_is_ours_when_nobody_else_waits(running):
    running.fault(2, "pin_to_oldest", True)
    running.create(2)


def a_pairing_that_sunshine_closes_is_told(running):
    _rejected(running, 3, "close_pair")


def answers_of_odd_length_are_a_rejected_handshake(running):
    _rejected(running, 4, "odd_lengths")


def a_host_of_the_sha1_generation_is_a_rejected_handshake(running):
    _rejected(running, 5, "old_generation")


def a_client_that_sunshine_forgets_while_pairing_is_a_rejected_handshake(running):
    _rejected(running, 6, "clients_unknown")


def a_forgotten_client_sees_a_fatal_line_and_the_session_lives_on(running):
    created = running.create(1)
    running.fault(1, "clients_unknown", True)
    stream = faults.Stream(created)
    equal(stream.end(), "close 1005", "end of the socket")
    contains(stream.text(), "Failed to start stream because of a server error")
    contains(stream.text(), "fatalDescription")
    equal(_page(created, "/api/apps?host_id=%d" % stream.host), 500, "api/apps")
    running.wait(lambda: state_of(running, created)["status"] == "idle", 5, "idle")
    equal(_page(created, "/stream.html"), 200, "page")
    running.fault(1, "clients_unknown", False)
    true(faults.Stream(created).until('"Setup"'), "the stream does not heal")


def _page(created, path):
    return web.call("GET", faults.base_of(created) + path).status


def a_rotated_certificate_needs_a_new_session_and_that_pairs_afresh(running):
    created = running.create(2)
    running.fault(2, "certificate_rotated", True)
    stream = faults.Stream(created)
    equal(stream.end(), "close 1005", "end of the socket")
    contains(stream.text(), "fatalDescription")
    running.wait(lambda: state_of(running, created)["status"] == "idle", 5, "idle")
    again = running.create(2)
    true(faults.Stream(again).until('"Setup"'), "the new session does not stream")


def refused_credentials_are_named_at_once(running):
    running.fault(3, "unauthorized", True)
    said = _refused(running, 3, 502, "pair failed: Sunshine refused the user name or password", seconds=5)
    contains(said["detail"], "sunshine.username")
    equal(body_state(running, 3)["pairing_sessions"], [], "pairing sessions in Sunshine")
    running.fault(3, "unauthorized", False)
    running.create(3)


def a_sunshine_that_lets_only_its_lan_in_is_named(running):
    running.fault(6, "not_lan", True)
    said = _refused(running, 6, 502, "pair failed: Sunshine lets in callers of its own network only", seconds=5)
    contains(said["detail"], "origin_web_ui_allowed")
    running.fault(6, "not_lan", False)
    running.create(6)


def a_sunshine_without_a_user_is_named(running):
    running.fault(7, "no_user", True)
    said = _refused(running, 7, 502, "pair failed: Sunshine has no user yet", seconds=5)
    contains(said["detail"], "47990")
    running.fault(7, "no_user", False)
    running.create(7)


try:
    flow.main(globals(), workers=1, bodies=7, turn=False, extra_worker={"moonlight": {"path": MOONLIGHT.path}})
finally:
    MOONLIGHT.remove()
