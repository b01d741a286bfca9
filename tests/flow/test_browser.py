#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Real Chromium in front of controller and workers: what plays is the own session's picture, over the relay, and Exit ends it."""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

import flow  # noqa: E402, I001: it makes the modules below findable
from flow import equal, true  # noqa: E402

sys.path.insert(0, os.path.join(flow.TOP, "tests/browser"))

import stream_check  # noqa: E402
import webdriver  # noqa: E402

# The colour of the picture's corner, averaged: the fake's ground colour depends on session, host and app.
CORNER = """
const video = document.querySelector("video.video-stream")
const canvas = document.createElement("canvas")
canvas.width = video.videoWidth
canvas.height = video.videoHeight
const context = canvas.getContext("2d")
context.drawImage(video, 0, 0)
const data = context.getImageData(4, 4, 8, 8).data
return [0, 1, 2].map(channel => {
    let sum = 0
    for (let at = channel; at < data.length; at += 4)
        sum += data[at]
    return Math.round(sum / (data.length / 4))
})
"""
POLICY = "return window.app.stream.transport.peer.getConfiguration().iceTransportPolicy"


def _ground(created, body):
    """What the fake paints behind its ball for this session, worked out from its source."""
    with open(os.path.join(flow.TOP, "sim/fakes/streamer/media-rtc.c"), encoding="utf-8") as file:
        grounds = [int(word, 16) for word in re.findall(r"\{ 0xff([0-9a-f]{6}), 0xff", file.read())]
    title = "session %s   host %s   Desktop" % (created["session_id"][:8], body)
    hashed = 5381
    for letter in title:
        hashed = (hashed * 33 + ord(letter)) & 0xFFFFFFFF
    ground = grounds[hashed % len(grounds)]
    return [ground >> 16, ground >> 8 & 255, ground & 255]


def _near(seen, wanted):
    return all(abs(a - b) <= 24 for a, b in zip(seen, wanted))


def two_sessions_on_two_workers_play_at_once_each_with_its_own_picture(running):
    created = [running.create(n) for n in (1, 2)]
    equal(sorted(c["worker_id"] for c in created), ["worker-1", "worker-2"], "workers")
    with webdriver.Browser() as first, webdriver.Browser() as second:
        for browser, session in ((first, created[0]), (second, created[1])):
            browser.open(session["stream_url"])
        for number, browser in ((0, first), (1, second)):
            stats = stream_check.wait_for_play(browser, 40, 30, 50)
            equal(stats["local"], "relay", "local candidate")
            equal(browser.script(POLICY), "relay", "iceTransportPolicy")
            corner, wanted = browser.script(CORNER), _ground(created[number], running.plan.body(number + 1))
            true(_near(corner, wanted), "the corner is %r, not %r" % (corner, wanted))
        again = [stream_check.wait_for_play(browser, 20, 15, 20) for browser in (first, second)]
        true(all(stats["frames"] > 30 for stats in again), "one stands still: %r" % again)
        states = {s["id"]: s["status"] for s in running.call("GET", "/api/v1/sessions").json()["sessions"]}
        equal(states, {c["session_id"]: "active" for c in created}, "states")


def exit_stops_the_stream_through_the_data_channel(running):
    created = running.create(1)
    with webdriver.Browser() as browser:
        browser.open(created["stream_url"])
        stream_check.wait_for_play(browser, 40, 30, 50)
        stream_check.click_exit(browser, created["stream_url"])
        # the stream socket follows 10 s later, as with the real program
        running.wait(lambda: running.call("GET", "/api/v1/sessions/" + created["session_id"]).json().get("status") != "active", 20,
                     "session is not active any more")


def the_index_page_lists_the_paired_host_and_its_app_plays(running):
    created = running.create(3)
    index = created["stream_url"].split("stream.html")[0]
    with webdriver.Browser() as browser:
        browser.open(index)
        browser.wait_for("""const card = [...document.querySelectorAll("#host-list button")].find(each => each.textContent.includes("paired, free"))
                            if (card) card.click()
                            return Boolean(card)""", 15)
        link = browser.wait_for("""return [...document.querySelectorAll("a")].map(each => each.href)
                                   .find(href => href.includes("stream.html?hostId="))""", 15)
        browser.open(link)
        equal(stream_check.wait_for_play(browser, 40, 30, 50)["local"], "relay", "local candidate")


# every name that a script could have left: of the window, of the document, of what everything inherits from
NAMES = """
const places = { window, document, Object: Object.prototype, Element: Element.prototype, Peer: RTCPeerConnection.prototype, Socket: WebSocket.prototype, navigator }
return Object.entries(places).flatMap(([where, what]) => Object.getOwnPropertyNames(what).map(name => where + "." + name)).filter(name => !/ret_nodes|cdc_/.test(name))
"""
USE = """
const root = document.getElementById('hydraneck-overlay').shadowRoot
if (root.querySelector('.corner').dataset.mic === 'off') root.querySelector('.mic').click()
return root.querySelector('.corner').dataset.mic === 'on'
"""


def the_page_has_the_same_names_as_without_the_injected_script(running):
    created = running.create(1)
    with webdriver.Browser() as browser:
        browser.open(created["stream_url"])
        stream_check.wait_for_play(browser, 40, 5, 5)
        browser.wait_for(USE, 20)
        used = browser.script(NAMES)
        equal([line["message"] for line in browser.console() if line["level"] == "SEVERE"], [], "errors in the console")
        browser.script("window.app.stream.ws.dispatchEvent(new MessageEvent('message', { data: '{\"ConnectionTerminated\":{\"error_code\":0}}' }))")
        browser.wait_for("return document.getElementById('hydraneck-overlay').shadowRoot.querySelector('dialog').open", 5)
        equal(browser.script(NAMES), used, "names after the end")
        browser.cdp("Network.enable", {})
        browser.cdp("Network.setBlockedURLs", {"urls": ["*/_hydraneck/overlay.js"]})
        browser.open(created["stream_url"])
        browser.wait_for("return window.app?.stream?.ws ? true : false", 40)
        equal(browser.script("return document.getElementById('hydraneck-overlay')"), None, "overlay")
        equal(sorted(set(used) ^ set(browser.script(NAMES))), [], "names that only one of both has")


def the_injected_script_breaks_nothing_and_leaks_no_global(running):
    created = running.create(1)
    with webdriver.Browser() as browser:
        browser.open(created["stream_url"])
        stream_check.wait_for_play(browser, 40, 5, 5)
        checks = browser.script("""
            const peer = new RTCPeerConnection()
            const facts = {
                policy: peer.getConfiguration().iceTransportPolicy,
                instance: peer instanceof RTCPeerConnection,
                generate: typeof RTCPeerConnection.generateCertificate,
                name: RTCPeerConnection.name,
                set: (() => { peer.setConfiguration({ iceTransportPolicy: "all" }); return peer.getConfiguration().iceTransportPolicy })(),
                globals: Object.keys(window).filter(key => /hydra|hn_|overlay/i.test(key)),
            }
            peer.close()
            return facts""")
        equal(checks, {"policy": "relay", "instance": True, "generate": "function", "name": "RTCPeerConnection", "set": "relay",
                       "globals": []}, "facts")


flow.expect_log("[proxy]")
flow.expect_log("[session ")
flow.main(globals(), workers=2, bodies=3, turn=True)
