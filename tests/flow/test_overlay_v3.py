#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The pages of upstream's version 3 in real Chromium: no stream socket, signalling over HTTP, a peer that nobody can find in the page's objects.

The overlay must know from the connection alone what becomes of the stream, and keep the session alive while it plays."""

import os
import sys
import time
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

import flow  # noqa: E402, I001: it makes the modules below findable
import faults  # noqa: E402
import web  # noqa: E402
from flow import contains, equal, true  # noqa: E402

sys.path.insert(0, os.path.join(flow.TOP, "tests/browser"))

import webdriver  # noqa: E402

PANEL = "const root = document.getElementById('hydraneck-overlay')?.shadowRoot; const dialog = root?.querySelector('dialog');"
ENDED = PANEL + "return dialog?.open ? dialog.querySelector('h1').textContent + ': ' + dialog.querySelector('#text').textContent : null"
BADGE = PANEL + "const badge = root?.querySelector('.badge'); return badge && !badge.hidden ? badge.textContent : null"
# the page hides its peer: it is caught as it is made, before the overlay stands in front of the constructor
CATCH = """
const Native = window.RTCPeerConnection
window.caught = []
window.policies = []
window.RTCPeerConnection = class extends Native {
    constructor(configuration) {
        super(configuration)
        window.caught.push(this)
        window.policies.push(configuration?.iceTransportPolicy)
    }
}
"""
STATS = """
const peer = window.caught?.[0]
if (!peer) return null
const all = [...(await peer.getStats()).values()]
const inbound = kind => all.find(entry => entry.type === 'inbound-rtp' && entry.kind === kind) ?? {}
const transport = all.find(entry => entry.type === 'transport') ?? {}
const pair = all.find(entry => entry.id === transport.selectedCandidatePairId) ?? {}
const locals = all.filter(entry => entry.type === 'local-candidate').map(entry => entry.candidateType)
const local = all.find(entry => entry.id === pair.localCandidateId) ?? {}
return { frames: inbound('video').framesDecoded ?? 0, packets: inbound('audio').packetsReceived ?? 0, level: inbound('audio').totalAudioEnergy ?? 0,
         width: document.querySelector('video')?.videoWidth ?? 0, local: local.candidateType ?? null, locals, state: peer.connectionState }
"""
EXIT = "[...document.querySelectorAll('.sidebar-stream-buttons button')].pop().click()"


# the page's clock runs six times as fast, for what the overlay waits for (25 s until a connection counts as lost)
FAST = """
const now = performance.now.bind(performance), later = window.setTimeout.bind(window)
performance.now = () => now() * 6
window.setTimeout = (func, ms, ...rest) => later(func, ms / 6, ...rest)
"""


# what takes time to be asked for is not there yet
NO_STATISTICS = "RTCPeerConnection.prototype.getStats = () => new Promise(() => {})\n"


def _browser(more=""):
    return webdriver.borrow(preload=CATCH + more)


def _plays(browser, frames=10, packets=10):
    """Until so much more of both has come."""
    first = None
    end = time.monotonic() + 40
    seen = None
    while time.monotonic() < end:
        seen = browser.script(STATS) or seen
        if seen and first is None and seen["frames"] > 0 and seen["packets"] > 0:
            first = seen
        if first and seen["frames"] - first["frames"] >= frames and seen["packets"] - first["packets"] >= packets:
            return seen
        time.sleep(0.1)
    raise AssertionError("it does not play: %r" % seen)


def _playing(running, browser, fault=None, more="", **fields):
    created = running.create(1, **fields)
    if fault:
        faults.session_fault(running, created, fault)
    browser.open(created["stream_url"] + more)
    if not fault:
        _plays(browser)
    return created


def _session(running, created):
    return running.call("GET", "/api/v1/sessions/" + created["session_id"])


def _gone(running, created, timeout=15):
    running.wait(lambda: _session(running, created).status == 404, timeout, "session is gone")


def the_page_is_the_one_without_a_socket(running):
    created = running.create(1)
    base = created["stream_url"].split("/stream.html")[0]
    contains(web.call("GET", base + "/config.js").body, b"window.__CONFIG_JS__ = {\"path_prefix\":\"/session/")
    page = web.call("GET", created["stream_url"]).body
    contains(page, b"notification-list")
    contains(page, b"/_hydraneck/overlay.js")
    equal(web.call("GET", base + "/api/settings/default").status, 200, "default settings")
    equal(web.call("GET", base + "/api/host/stream/webrtc").status, 405, "GET of the signalling address")


def signalling_over_http_passes_in_both_directions(running):
    created = running.create(1)
    base = created["stream_url"].split("/stream.html")[0]
    whep = base + "/api/host/stream/webrtc"
    options = web.call("OPTIONS", whep)
    equal((options.status, options.headers.get("Accept-Post")), (200, "application/sdp"), "OPTIONS")
    equal(web.call("POST", whep, b"junk", headers={"Content-Type": "application/sdp"}).status, 400, "an offer that is none")
    with _browser() as browser:
        browser.open(created["stream_url"])
        _plays(browser)
        said = browser.script("""const entries = performance.getEntriesByType('resource').map(entry => entry.name)
            return entries.filter(name => name.includes('/api/host/stream/webrtc/'))""")
        true(len(said) > 0 and all(url.startswith(whep + "/") for url in said), "the stream's own address is not under the session: %r" % said)
        patch = [("application/trickle-ice-sdpfrag", {}, 204), ("text/plain", {}, 415), ("application/trickle-ice-sdpfrag", {"If-Match": "*"}, 422)]
        for kind, more, status in patch:
            reply = web.call("PATCH", said[0], b"a=candidate:1 1 udp 1 mdns.local 9 typ host\r\n", headers={"Content-Type": kind, **more})
            equal(reply.status, status, "PATCH as %s %r" % (kind, more))
        equal(web.call("DELETE", whep + "/1").status, 404, "DELETE of a stream that is none")
        equal(web.call("DELETE", said[0]).status, 200, "DELETE")
        browser.wait_for(ENDED, 40)
    for method, path in (("PUT", whep), ("POST", base + "/api/host/stream"), ("POST", base + "/api/pair"), ("POST", base + "/api/settings/default")):
        equal(web.call(method, path, b"x", headers={"Content-Type": "application/sdp"}).status, 403, "%s of a stranger" % method)


def it_plays_over_the_relay(running):
    with _browser() as browser:
        _playing(running, browser)
        seen = _plays(browser, 30, 50)
        equal((seen["local"], set(seen["locals"])), ("relay", {"relay"}), "candidates")
        equal(browser.script("return window.policies"), ["relay"], "iceTransportPolicy")
        equal(seen["width"], 640, "width of the picture")
        true(seen["level"] > 0, "there is no sound in the sound")


def the_end_of_the_session_is_told(running):
    with _browser() as browser:
        created = _playing(running, browser)
        running.call("DELETE", "/api/v1/sessions/" + created["session_id"])
        equal(browser.wait_for(ENDED, 40), "The session has ended: This session is over.", "overlay")


def an_end_by_the_pc_is_told(running):
    with _browser() as browser:
        created = _playing(running, browser, "terminate-after-ms=4000")
        equal(browser.wait_for(ENDED, 60), "The stream has ended: The other side ended the stream.", "overlay")
        equal(_session(running, created).status, 200, "session, which is not over")


def a_drop_that_does_not_come_back_is_told(running):
    with _browser(FAST) as browser:
        _playing(running, browser, "drop-after-ms=4000")
        contains(browser.wait_for(ENDED, 90), "Connection lost", "overlay")


def a_flap_shows_a_badge_and_no_overlay(running):
    with _browser() as browser:
        created = _playing(running, browser, "flap-after-ms=4000,flap-ms=9000")
        equal(browser.wait_for(BADGE, 40), "Reconnecting…", "badge")
        faults.session_fault(running, created)
        browser.wait_for(PANEL + "return root.querySelector('.badge').hidden", 40)
        equal(browser.script(ENDED), None, "overlay")


def exit_quits_and_leads_back_in_any_language(running):
    for more in ("", "&language=de"):
        with _browser() as browser:
            created = _playing(running, browser, more=more)
            browser.script(EXIT)
            browser.wait_for("return window.location.pathname === '/api/v1/health'", 10)
            _gone(running, created)
            running.wait_event("nps_record", "services", session_id=created["session_id"], end_reason="user_quit")


def the_report_says_how_the_stream_was_reached_however_soon_it_ends(running):
    with _browser(NO_STATISTICS) as browser:
        created = running.create(1, experience="Käse & \"Kuchen\"")
        browser.open(created["stream_url"])
        browser.wait_for("return document.querySelector('video')?.videoWidth > 0", 40)
        browser.script("const receiver = window.caught[0].getReceivers()[0]; window.caught[0].close(); return receiver !== null")
        browser.script("window.caught[0].dispatchEvent(new Event('connectionstatechange'))")
        contains(browser.wait_for(ENDED, 10), "The stream was stopped.", "overlay")
        link = browser.wait_for(PANEL + "const link = dialog.querySelector('.report').href; return link.includes('relay') ? link : null", 10)
        values = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(link).query, keep_blank_values=True))
        equal((len(values), values["ice_candidate_type"], values["end_reason"], values["experience"], values["session_id"]),
              (13, "relay", "stopped", "Käse & \"Kuchen\"", created["session_id"][:8]), "report")


def a_stream_without_a_socket_outlives_the_time_of_an_abandoned_session(running):
    with _browser() as browser:
        created = _playing(running, browser)
        end = time.monotonic() + 1.5 * ABANDON_SECONDS
        while time.monotonic() < end:  # that time passes is what is tested
            _plays(browser)
        equal(_session(running, created).status, 200, "session of a page that plays")
        equal(browser.script(ENDED), None, "overlay")
        browser.script("window.location.replace('about:blank')")
        _gone(running, created, 30)


def a_stream_without_a_socket_holds_its_body_like_any_other(running):
    with _browser() as browser:
        created = _playing(running, browser)
        running.wait(lambda: _session(running, created).json()["status"] == "active", 5, "the state says that somebody streams")
        refused = running.call("POST", "/api/v1/sessions", {"body_ip": running.plan.body(1)})
        equal((refused.status, "already in use by session" in refused.json()["error"]), (409, True), "a second create")
        browser.script("window.caught[0].close()")
        browser.script("window.caught[0].dispatchEvent(new Event('connectionstatechange'))")
        running.wait(lambda: _session(running, created).json()["status"] == "idle", 5, "the stream is over, and said so")
        second = running.create(1)
        running.wait_event("nps_record", "services", session_id=created["session_id"], end_reason="replaced")
        running.call("DELETE", "/api/v1/sessions/" + second["session_id"])


def a_second_tab_takes_the_stream_over(running):
    with _browser() as browser:
        created = _playing(running, browser)
        browser.script("window.open(arguments[0], '_blank')", created["stream_url"])
        contains(browser.wait_for(ENDED, 15), "another tab", "overlay of the first tab")


def a_closed_tab_ends_its_session_after_the_grace_and_a_reload_does_not():
    with flow.Started(workers=1, bodies=2, turn=True, pages="static-v3", time_scale=TIME_SCALE) as running, _browser() as browser:
        created = _playing(running, browser)
        browser.script("window.location.reload()")
        end = time.monotonic() + 2.5 * GRACE_SECONDS
        while time.monotonic() < end:  # that time passes is what is tested
            _plays(browser)
        equal(_session(running, created).status, 200, "session after a reload")
        second = running.create(2)
        browser.script("window.tab = window.open(arguments[0], '_blank')", second["stream_url"])
        browser.wait_for("return window.tab.document.querySelector('video')?.videoWidth > 0", 40)
        left = time.monotonic()
        browser.script("window.tab.close()")
        record = running.wait_event("nps_record", "services", session_id=second["session_id"])
        equal(record["end_reason"], "page_left", "end reason")
        true(time.monotonic() - left >= GRACE_SECONDS * 0.9, "it ended after %.1f s" % (time.monotonic() - left))
        equal(_session(running, created).status, 200, "the session of the other tab")


ABANDON_SECONDS = 8
TIME_SCALE = 0.2
GRACE_SECONDS = 15 * TIME_SCALE

flow.expect_log("[proxy]")
flow.expect_log("[session ")
flow.expect_log("already in use by session")
if __name__ == "__main__":
    flow.main(globals(), workers=1, bodies=1, turn=True, pages="static-v3", extra_worker={"sessions": {"abandon_timeout": "%ds" % ABANDON_SECONDS}})
