#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Opens a stream page in headless Chromium and tells whether it plays.

    stream_check.py [options] URL

Prints one line of JSON. Exit status: 0 it plays; 1 it does not (`error` says what is missing); 2 wrong usage; 3 no browser.
It plays when, after the first frame, at least 30 more video frames were decoded and 50 more audio packets received.
"""

import argparse
import http.client
import json
import os
import signal
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import webdriver  # noqa: E402

STATS = """
const peer = window.app?.stream?.transport?.peer
if (!peer) return null
const report = [...(await peer.getStats()).values()]
const inbound = kind => report.find(entry => entry.type === "inbound-rtp" && entry.kind === kind) ?? {}
const transport = report.find(entry => entry.type === "transport") ?? {}
const pair = report.find(entry => entry.id === transport.selectedCandidatePairId) ?? {}
const candidate = id => report.find(entry => entry.id === id) ?? {}
const video = inbound("video")
return {
    frames: video.framesDecoded ?? 0,
    audio_packets: inbound("audio").packetsReceived ?? 0,
    width: video.frameWidth ?? 0,
    height: video.frameHeight ?? 0,
    fps: video.framesPerSecond ?? 0,
    local: candidate(pair.localCandidateId).candidateType ?? null,
    remote: candidate(pair.remoteCandidateId).candidateType ?? null,
    state: peer.connectionState,
    now_ms: performance.now(),
}
"""

# Twice the picture without the edges where clock and title are, 400 ms apart: does it differ? null: there is no video element.
MOVES = """
const video = document.querySelector("video.video-stream")
if (!video || !video.videoWidth) return null
const canvas = document.createElement("canvas")
canvas.width = 160
canvas.height = 60
const context = canvas.getContext("2d", { willReadFrequently: true })
const look = () => {
    context.drawImage(video, 0, video.videoHeight * .2, video.videoWidth, video.videoHeight * .6, 0, 0, 160, 60)
    return context.getImageData(0, 0, 160, 60).data
}
for (let i = 0; i < 8; i++) {
    const before = look()
    await new Promise(resolve => setTimeout(resolve, 400))
    if (look().some((value, at) => Math.abs(value - before[at]) > 40)) return true
}
return false
"""

CLICK_EXIT = """
const buttons = [...document.querySelectorAll("#sidebar-parent .sidebar-stream-buttons button")]
const button = buttons.find(each => each.textContent.trim() === "Exit")
if (!button) return false
button.click()
return true
"""

# After Exit the page may be gone to another one (the product's script redirects): that is an end as well.
ENDED = """
const peer = window.app?.stream?.transport?.peer
if (!peer || window.location.href !== arguments[0]) return true
const videos = [...(await peer.getStats()).values()].filter(entry => entry.type === "inbound-rtp" && entry.kind === "video")
const frames = videos.length ? videos[0].framesDecoded : 0
const still = window.checkedFrames === frames
window.checkedFrames = frames
return still || peer.connectionState !== "connected"
"""


class NotPlaying(Exception):
    """The stream lacks something."""


def wait_for_play(browser, timeout, wanted_frames, wanted_packets):
    """Polls until the stream plays; returns the last statistics with the time to the first frame."""
    end = time.monotonic() + timeout
    first = None
    stats = None
    while time.monotonic() < end:
        stats = browser.script(STATS) or stats
        if stats and first is None and stats["frames"] > 0:
            first = stats
        if first and stats["frames"] - first["frames"] >= wanted_frames and stats["audio_packets"] - first["audio_packets"] >= wanted_packets:
            return {**stats, "first_frame_ms": round(first["now_ms"])}
        time.sleep(0.1)
    raise NotPlaying(f"not playing after {timeout} s: {json.dumps(stats)}")


def result_of(stats):
    return {
        "frames": stats["frames"], "audio_packets": stats["audio_packets"], "local": stats["local"], "remote": stats["remote"],
        "video": f"{stats['width']}x{stats['height']}", "fps": stats["fps"], "first_frame_ms": stats["first_frame_ms"],
    }


def click_exit(browser, url):
    if not browser.script(CLICK_EXIT):
        raise NotPlaying("there is no Exit button")
    time.sleep(0.5)
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            if browser.script(ENDED, url):
                return
        except webdriver.WebDriverError:
            return  # the window has closed itself
        time.sleep(0.5)
    raise NotPlaying("the video goes on after Exit")


def check(browser, options):
    browser.open(options.url)
    try:
        stats = wait_for_play(browser, options.timeout, options.frames, options.packets)
    except NotPlaying:
        if options.screenshot:
            browser.screenshot(options.screenshot)  # it shows why
        raise
    result = {**result_of(stats), "moving": browser.script(MOVES)}
    if options.screenshot:
        browser.screenshot(options.screenshot)
    if options.require_relay and stats["local"] != "relay":
        raise NotPlaying(f"the selected local candidate is {stats['local']}, not relay")
    if options.click_exit:
        click_exit(browser, options.url)
        result["exited"] = True
    return result


def parse():
    parser = argparse.ArgumentParser(description="Tells whether a stream page plays in Chromium.")
    parser.add_argument("url")
    parser.add_argument("--require-relay", action="store_true", help="fail unless the selected local candidate is relayed")
    parser.add_argument("--force-relay", action="store_true", help="wrap RTCPeerConnection so that iceTransportPolicy is relay")
    parser.add_argument("--screenshot", metavar="FILE", help="write a PNG once it plays, or when it does not")
    parser.add_argument("--click-exit", action="store_true", help="click Exit and wait until the video has stopped")
    parser.add_argument("--timeout", type=float, default=30, metavar="SECONDS")
    parser.add_argument("--frames", type=int, default=30)
    parser.add_argument("--packets", type=int, default=50)
    parser.add_argument("--console", action="store_true", help="print the page's console on standard error")
    return parser.parse_args()


FORCE_RELAY = """
window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(configuration) { super({ ...configuration, iceTransportPolicy: "relay" }) }
}
"""


def main():
    options = parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        browser = webdriver.Browser(preload=FORCE_RELAY if options.force_relay else None)
    except (webdriver.WebDriverError, OSError) as error:
        print(json.dumps({"error": f"no browser: {error}"}))
        return 3
    with browser:
        try:
            print(json.dumps(check(browser, options)), flush=True)
            return 0
        except (NotPlaying, webdriver.WebDriverError, OSError, http.client.HTTPException) as error:
            print(json.dumps({"error": str(error)}), flush=True)
            return 1
        finally:
            if options.console:
                for entry in browser.console():
                    print(entry["level"], entry["message"], file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
