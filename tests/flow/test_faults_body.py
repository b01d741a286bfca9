#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Bodies that are not there: refused, reset, mute, swallowed; each is told within its time, leaves nothing, and heals.

The table of all failure modes is in test_faults.py."""

import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

import flow  # noqa: E402, I001: it makes the modules below findable
import faults  # noqa: E402
from faults import nothing_is_left  # noqa: E402
from flow import contains, equal, error_shape, true  # noqa: E402

flow.expect_log("session not created")
flow.expect_log("[pairing")
flow.expect_log("[session ")
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


def a_sunshine_that_restarts_is_unreachable_first_by_refusal_then_by_reset_and_then_there(running):
    unreachable = "body %s unreachable on port 47990" % running.plan.body(1)
    running.fault(1, "restart_ms", 6000)
    contains(_refused(running, 1, 502, unreachable, seconds=3)["detail"], "check WireGuard")
    running.wait(lambda: "does not answer" in _refused(running, 1, 502, unreachable)["detail"], 6, "connections are reset")
    running.wait_event("restarted", body=running.plan.body(1))
    running.create(1)


def a_sunshine_that_resets_every_connection_is_unreachable(running):
    running.fault(2, "resetting", True)
    _refused(running, 2, 502, "body %s unreachable on port 47990" % running.plan.body(2), seconds=5)
    running.fault(2, "resetting", False)
    running.create(2)


def a_body_behind_a_dead_wireguard_is_unreachable_after_a_second(running):
    running.fault(3, "blackhole", True)
    said = _refused(running, 3, 502, "body %s unreachable on port 47990" % running.plan.body(3), seconds=5)
    contains(said["detail"], "check WireGuard")
    running.fault(3, "blackhole", False)
    running.create(3)


def a_body_that_accepts_and_is_mute_is_unreachable(running):
    running.fault(4, "mute", True)
    said = _refused(running, 4, 502, "body %s unreachable on port 47990" % running.plan.body(4))
    contains(said["detail"], "does not answer")
    running.fault(4, "mute", False)
    running.create(4)


def a_body_without_its_gamestream_port_is_told_apart(running):
    running.fault(5, "nvhttp_down", True)
    _refused(running, 5, 502, "body %s unreachable on port 47989" % running.plan.body(5))
    running.fault(5, "nvhttp_down", False)
    running.create(5)


def a_session_whose_body_vanishes_is_still_deleted_in_time(running):
    created = running.create(6)
    running.fault(6, "blackhole", True)
    began = time.monotonic()
    equal(running.call("DELETE", "/api/v1/sessions/" + created["session_id"]).status, 200, "delete")
    took = time.monotonic() - began
    true(took < 15, "it took %.1f s" % took)
    nothing_is_left(running)
    running.fault(6, "blackhole", False)
    running.create(6)


try:
    flow.main(globals(), workers=1, bodies=6, turn=False, extra_worker={"moonlight": {"path": MOONLIGHT.path}})
finally:
    MOONLIGHT.remove()
