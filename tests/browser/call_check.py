# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a call in a tab of Chromium does: the page is not asked, its connections are counted.

    with webdriver.Browser(preload=call_check.PRELOAD) as browser:
        call_check.join(browser, "http://127.0.0.1:8000/webrtc/demo#lounge", "Ann")
        call_check.wait_for_media(browser)
"""

import json
import time

import webdriver

# Keeps every connection that the page makes, in the order of their making.
PRELOAD = """
window.made = []
window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(configuration) { super(configuration); window.made.push(this) }
}
"""

STATS = """
const seen = { frames: 0, packets: 0, connected: 0, local: null }
for (const peer of window.made.filter(each => each.connectionState !== "closed")) {
    const report = [...(await peer.getStats()).values()]
    const transport = report.find(entry => entry.type === "transport") ?? {}
    const pair = report.find(entry => entry.id === transport.selectedCandidatePairId) ?? {}
    for (const entry of report.filter(each => each.type === "inbound-rtp")) {
        seen.frames += entry.framesDecoded ?? 0
        seen.packets += entry.kind === "audio" ? entry.packetsReceived : 0
    }
    seen.connected += peer.connectionState === "connected" ? 1 : 0
    seen.local = (report.find(entry => entry.id === pair.localCandidateId) ?? {}).candidateType ?? seen.local
}
return seen
"""


def stats(browser):
    return browser.script(STATS)


def wait_for_media(browser, timeout=20, frames=10, packets=20):
    """Until so many frames and packets of sound more have come, from now on. Returns what was seen last."""
    first = stats(browser)
    end = time.monotonic() + timeout
    while True:
        now = stats(browser)
        if now["frames"] < first["frames"]:
            first = now  # a connection was made anew
        if now["frames"] - first["frames"] >= frames and now["packets"] - first["packets"] >= packets:
            return now
        if time.monotonic() > end:
            raise webdriver.TimedOut(f"no media within {timeout} s: {json.dumps(first)} then {json.dumps(now)}")
        time.sleep(0.1)


def join(browser, url, name, timeout=20):
    """Enters the demo's page, past its lobby."""
    browser.open(url)
    browser.wait_for("return document.getElementById('mine').videoWidth > 0", timeout)
    browser.script("document.getElementById('name').value = arguments[0]; document.getElementById('lobby').requestSubmit()", name)
    browser.wait_for("return document.body.dataset.phase === 'call' && document.getElementById('badge').hidden", timeout)
