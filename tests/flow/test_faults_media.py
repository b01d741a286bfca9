#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Media at their worst, in a real Chromium: a peer that flaps, one that drops, data channels that are dead. Here is held that the knobs do
what they say and that session, pages and stream socket are not touched by it; what the visitor is shown is the overlay's part.

The table of all failure modes is in test_faults.py."""

import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

import flow  # noqa: E402, I001: it makes the modules below findable
import faults  # noqa: E402
import web  # noqa: E402
from faults import nothing_is_left, session_fault, state_of  # noqa: E402
from flow import equal, true  # noqa: E402

sys.path.insert(0, os.path.join(flow.TOP, "tests/browser"))

import stream_check  # noqa: E402
import webdriver  # noqa: E402

flow.expect_log("[proxy]")
flow.expect_log("[session ")
MOONLIGHT = faults.Moonlight(flow.build_folder())
WATCH = """
const peer = window.app.stream.transport.peer
window.seenStates = [peer.connectionState]
peer.addEventListener("connectionstatechange", () => window.seenStates.push(peer.connectionState))
"""
SEEN = "return (window.seenStates ?? []).slice(arguments[0]).indexOf(arguments[1]) + 1"
SOCKET = "return window.app.stream.ws.readyState"


def _play(browser, created):
    browser.open(created["stream_url"])
    stats = stream_check.wait_for_play(browser, 40, 15, 20)
    browser.script(WATCH)
    return stats


def _frames(browser):
    return (browser.script(stream_check.STATS) or {"frames": 0})["frames"]


def _is_untouched(running, created, browser):
    state = state_of(running, created)
    equal((state["status"], state["active_connections"], state["process_alive"]), ("active", 1, True), "session")
    equal(web.call("GET", created["stream_url"]).status, 200, "page")
    equal(browser.script(SOCKET), 1, "stream socket")


def a_peer_that_flaps_comes_back_and_the_session_stays(running):
    created = running.create(1)
    session_fault(running, created, "flap-after-ms=4000,flap-ms=9000")
    with webdriver.Browser() as browser:
        _play(browser, created)
        lost = browser.wait_for(SEEN, 25, 0, "disconnected")
        _is_untouched(running, created, browser)
        session_fault(running, created)
        browser.wait_for(SEEN, 25, lost, "connected")
        before = _frames(browser)
        running.wait(lambda: _frames(browser) > before + 15, 15, "the picture goes on")
        _is_untouched(running, created, browser)


def a_peer_that_drops_is_lost_and_the_session_stays(running):
    created = running.create(2)
    session_fault(running, created, "drop-after-ms=3000,stop-delay-ms=300")
    with webdriver.Browser() as browser:
        _play(browser, created)
        browser.wait_for(SEEN, 25, 0, "disconnected")
        _is_untouched(running, created, browser)
        frames = _frames(browser)
        # 20.2 s after the drop the program itself gives up, and its socket goes
        running.wait(lambda: state_of(running, created)["status"] == "idle", 40, "the stream has ended")
        equal(_frames(browser), frames, "frames since the drop")
    equal(web.call("GET", created["stream_url"]).status, 200, "page")
    session_fault(running, created)
    true(faults.Stream(created).until('"Setup"'), "the next stream does not start")


def dead_data_channels_leave_the_video_and_only_quit_ends_it(running):
    created = running.create(3)
    session_fault(running, created, "deaf-channels")
    with webdriver.Browser() as browser:
        _play(browser, created)
        true(browser.script('return window.app.stream.transport.sendJson("general", "Stop")'), "it could not be sent")
        before = _frames(browser)
        running.wait(lambda: _frames(browser) > before + 45, 15, "the picture goes on")
        _is_untouched(running, created, browser)
        began = time.monotonic()
        equal(web.call("POST", faults.base_of(created) + "/quit").status, 200, "quit")
        nothing_is_left(running)
        true(time.monotonic() - began < 15, "it took %.1f s" % (time.monotonic() - began))


try:
    flow.main(globals(), workers=1, bodies=3, turn=True, extra_worker={"moonlight": {"path": MOONLIGHT.path}})
finally:
    MOONLIGHT.remove()
