#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Pairing against a Sunshine that misbehaves: each way ends with the runbook's text, within its limit, and leaves nothing."""

import concurrent.futures
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

import flow  # noqa: E402, I001: it makes the modules below findable
import child  # noqa: E402
from flow import contains, equal, error_shape, true  # noqa: E402

flow.expect_log("session not created")
flow.expect_log("[pairing]")
flow.expect_log("[session ")
REJECTED = "(crypto handshake rejected by Sunshine)"


def _nothing_is_left(running):
    running.wait(lambda: not [s for s in running.call("GET", "/api/v1/sessions").json()["sessions"]
                              if s["status"] not in ("error", "stopped")], 10, "no living session")
    workers = [c for n, c in running.children.items() if n.startswith("worker")]
    running.wait(lambda: not any(child.descendants(w.pid) for w in workers), 12, "no process is left")
    for number in range(1, running.plan.workers + 1):
        equal(running.session_directories(number), [], "session directories")


def _pins(running, body):
    return [e for e in running.events()["events"] if e["type"] == "pin" and e.get("body") == running.plan.body(body)]


def a_wrong_pin_is_a_rejected_handshake(running):
    running.fault(1, "wrong_pin", True)
    body = error_shape(running.create(1, expect=None), 502)
    true(body["error"].startswith("pair failed: ") and body["error"].endswith(REJECTED), "text is %r" % body["error"])
    _nothing_is_left(running)


def a_stale_pairing_entry_is_a_rejected_handshake(running):
    running.fault(1, "stale_entry", True)
    body = error_shape(running.create(1, expect=None), 502)
    true(body["error"].startswith("pair failed: ") and body["error"].endswith(REJECTED), "text is %r" % body["error"])
    _nothing_is_left(running)


def a_bad_signature_is_a_rejected_handshake(running):
    running.fault(1, "bad_signature", True)
    contains(error_shape(running.create(1, expect=None), 502)["error"], REJECTED)
    _nothing_is_left(running)


def an_early_pin_is_posted_again_until_it_is_wanted(running):
    running.fault(2, "refuse_pin", 3)
    running.create(2)
    answers = [e["accepted"] for e in _pins(running, 2)]
    equal(answers, ["false", "false", "false", "true"], "answers to the posts")


def no_second_pin_is_posted_after_the_first_was_taken(running):
    running.create(3)
    answers = [e["accepted"] for e in _pins(running, 3)]
    equal((answers.count("true"), answers[-1]), (1, "true"), "answers to the posts")


def a_silent_pair_ends_after_30_seconds(running):
    running.fault(1, "silent_pair", True)
    began = time.monotonic()
    reply = running.create(1, expect=None)
    took = time.monotonic() - began
    body = error_shape(reply, 504)
    contains(body["error"], "pair failed: ")
    contains(body["error"], "30s")
    true(29 <= took <= 34, "it took %.1f s" % took)
    _nothing_is_left(running)


def pairings_of_one_body_wait_for_each_other(running):
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        replies = list(pool.map(lambda _: running.create(4, expect=None), range(2)))
    statuses = sorted(r.status for r in replies)
    true(statuses in ([201, 201], [201, 409]), "statuses are %r" % statuses)
    order = [e["type"] for e in running.events()["events"]
             if e.get("body") == running.plan.body(4) and e["type"] in ("pair_started", "paired", "pair_failed")]
    for first, second in zip(order, order[1:]):
        true(not (first == second == "pair_started"), "two pairings at once: %r" % order)


def wrong_credentials_are_named(running):
    reply = running.create(1, expect=None, sunshine_pass="hunter2")
    body = error_shape(reply, 502)
    contains(body["error"], "pair failed")
    true("hunter2" not in str(reply.body), "the password is in the answer")
    _nothing_is_left(running)


def a_body_that_is_down_is_unreachable(running):
    running.fault(5, "down", True)
    error_shape(running.create(5, expect=None), 502, "body %s unreachable on port 47990" % running.plan.body(5))
    _nothing_is_left(running)
    running.fault(5, "down", False)
    running.create(5)


def old_sunshine_answers_in_strings(running):
    running.fault(6, "old_status_strings", True)
    running.create(6)


flow.main(globals(), workers=1, bodies=6, turn=False)
