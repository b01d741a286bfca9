#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The microphone of real Chromium (its fake device beeps), through controller, worker and a real coturn, to the body: as packets and as sound.

HYDRANECK_LONG=1 listens for 60 s instead of 6."""

import array
import os
import re
import socket
import struct
import subprocess
import sys
import time
import wave

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

import flow  # noqa: E402, I001: it makes the modules below findable
import mic_peer as mic  # noqa: E402
from flow import equal, true  # noqa: E402

sys.path.insert(0, os.path.join(flow.TOP, "tests/browser"))

import webdriver  # noqa: E402

TAP_PORT = 47996  # the fakes listen on 47995
SECONDS = 60 if os.environ.get("HYDRANECK_LONG") else 6
SPEAK = """
const [urls] = arguments
const at = name => location.pathname.replace(/[^/]*$/, "") + name
const ice = await (await fetch(at("ice"))).json()
const wanted = url => urls === "all" || url.includes("transport=tcp") === (urls === "tcp")
const iceServers = ice.ice_servers.map(server => ({ ...server, urls: server.urls.filter(wanted) })).filter(server => server.urls.length)
const sound = { echoCancellation: false, noiseSuppression: false, autoGainControl: false }
const stream = await navigator.mediaDevices.getUserMedia({ audio: sound })
const peer = window.testPeer = new RTCPeerConnection({ iceServers, iceTransportPolicy: ice.relay ? "relay" : "all" })
peer.addTransceiver(stream.getAudioTracks()[0], { direction: "sendonly", streams: [stream] })
await peer.setLocalDescription()
await new Promise(resolve => {
    peer.onicegatheringstatechange = () => peer.iceGatheringState === "complete" && resolve()
    setTimeout(resolve, 4000)
})
const reply = await fetch(at("mic/offer"), { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(peer.localDescription) })
if (!reply.ok) return { error: await reply.text() }
await peer.setRemoteDescription(await reply.json())
return { offer: peer.localDescription.sdp }
"""
PAIR = """
if (!window.testPeer || window.testPeer.connectionState !== "connected") return null
const report = [...(await window.testPeer.getStats()).values()]
const transport = report.find(entry => entry.type === "transport") ?? {}
const pair = report.find(entry => entry.id === transport.selectedCandidatePairId) ?? {}
const local = report.find(entry => entry.id === pair.localCandidateId)
return local ? { type: local.candidateType, relay: local.relayProtocol ?? null } : null
"""


def _page(created):
    """Any page of the session's own origin; the product's script is in it."""
    return re.sub(r"stream\.html.*", "admin.html", created["stream_url"])


def _speak(browser, created, urls="udp"):
    browser.open(_page(created))
    said = browser.script(SPEAK, urls)
    true("error" not in said, "refused: %r" % said)
    return browser.wait_for(PAIR, 30)


def _assert_clean(packets):
    for before, after in zip(packets, packets[1:]):
        equal((after.sequence - before.sequence) & 0xFFFF, 1, "step of the sequence")
        equal((after.timestamp - before.timestamp) & 0xFFFFFFFF, 960, "step of the timestamp")
        equal((after.payload_type, after.first, after.ssrc), (111, 0x80, before.ssrc), "type, first byte, SSRC")


def _loudness(path):
    """RMS of each 20 ms of a recording, of one channel."""
    with wave.open(path) as file:
        channels, rate = file.getnchannels(), file.getframerate()
        samples = array.array("h", file.readframes(file.getnframes()))[::channels]
    size = rate // 50
    blocks = [samples[i:i + size] for i in range(0, len(samples) - size, size)]
    return [(sum(s * s for s in block) / size) ** 0.5 for block in blocks]


def _assert_beeps(packets):
    """The packets that came, once more into `rtpopusdepay ! opusdec` as scripts/mic-listen runs it: Chromium's device beeps, and is still between."""
    port = 47997
    path = "/tmp/hydraneck-mic-%d.wav" % os.getpid()
    listener = subprocess.Popen([os.path.join(flow.TOP, "scripts/mic-listen"), "--address", "127.0.0.1", "--port", str(port), "--record", path,
                                 "--seconds", "6", "--no-meter"], stdout=subprocess.DEVNULL)
    try:
        _wait_bound(port)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            began = time.monotonic()
            for number, packet in enumerate(packets[:200]):
                time.sleep(max(0, began + number * 0.02 - time.monotonic()))  # a live source: its clock is the sender's
                out.sendto(packet.data, ("127.0.0.1", port))
        equal(listener.wait(30), 0, "status of mic-listen")
        loud = _loudness(path)
    finally:
        listener.kill()
        listener.wait()
        if os.path.exists(path):
            os.unlink(path)
    true(len(loud) > 100, "only %d blocks were recorded" % len(loud))
    peak = max(loud)
    beeps = sum(1 for a, b in zip(loud, loud[1:]) if a < peak / 4 <= b)
    true(peak > 500 and beeps >= 2, "peak %.0f, %d beeps in %d blocks" % (peak, beeps, len(loud)))


def _wait_bound(port):
    wanted = "0100007F:%04X" % port
    end = time.monotonic() + 20
    while time.monotonic() < end:
        with open("/proc/net/udp", encoding="ascii") as file:
            if wanted in file.read():
                return
        time.sleep(0.02)
    raise AssertionError("mic-listen did not bind its port")


def _heard(running, urls, relay):
    created = running.create(1)
    with webdriver.borrow() as browser, mic.Tap(running.plan.body(1), TAP_PORT) as tap:
        equal(_speak(browser, created, urls), {"type": "relay", "relay": relay}, "selected candidate")
        packets = tap.wait(SECONDS * 50, SECONDS + 60)
        _assert_clean(packets)
        browser.script("window.testPeer.close()")
    return packets


def chromium_over_turn_by_udp_is_heard_as_its_beep(running):
    _assert_beeps(_heard(running, "udp", "udp"))


def chromium_over_turn_by_tcp_is_heard_as_its_beep(running):
    _assert_beeps(_heard(running, "tcp", "tcp"))


def a_muted_track_keeps_the_microphone(running):
    created = running.create(1)
    with webdriver.borrow() as browser, mic.Tap(running.plan.body(1), TAP_PORT) as tap:
        _speak(browser, created)
        tap.wait(50)
        browser.script("window.testPeer.getSenders()[0].track.enabled = false")
        tap.forget()
        tap.wait(100, 60)


def a_reloaded_page_takes_the_microphone_over(running):
    created = running.create(1)
    with webdriver.borrow() as browser, mic.Tap(running.plan.body(1), TAP_PORT) as tap:
        _speak(browser, created)
        first = tap.wait(50)[-1].ssrc
        _speak(browser, created)
        running.wait(lambda: tap.packets()[-1].ssrc != first, 20, "the second is heard")
        reason = running.worker_call(1, "GET", "/api/v1/sessions/" + created["session_id"]).json()["mic"]["end_reason"]
        true(reason in ("stopped", "replaced"), "the first one's end, by its page's goodbye if that was quicker: %s" % reason)


def _outer_address():
    """An address beside loopback: without TURN, Chromium gathers there."""
    text = subprocess.run(["ip", "-4", "-o", "address"], capture_output=True, text=True, check=True).stdout
    found = [word.split("/")[0] for word in re.findall(r" inet (\S+)", text)]
    return next((each for each in found if not each.startswith("127.")), None)


def without_turn_chromium_is_heard_directly_at_the_fake_body():
    outer = _outer_address()
    true(outer is not None, "this test needs an address beside loopback")
    with flow.Started(workers=1, bodies=1, turn=False, extra_worker={"webrtc": {"public_ip": outer}}) as running:
        created = running.create(1)
        with webdriver.borrow() as browser:
            pair = _speak(browser, created, "all")
            true(pair["type"] in ("host", "prflx"), "selected candidate: %r" % pair)
            voice = running.wait(lambda: next((b["voice"] for b in running.state()["bodies"] if b["voice"]["packets"] >= 100), None), 30, "100 packets")
        equal((voice["payload_type"], voice["lost"], voice["reordered"], voice["with_extras"], voice["malformed"]), (111, 0, 0, 0, 0), "voice")


def chromiums_packets_carry_nothing_but_opus(running):
    """Its offer has header extensions; the answer must not, and what arrives is the plain protocol."""
    created = running.create(1)
    with webdriver.borrow() as browser, mic.Tap(running.plan.body(1), TAP_PORT) as tap:
        browser.open(_page(created))
        offer = browser.script(SPEAK, "udp")["offer"]
        true("a=extmap" in offer and "red/48000" in offer, "offer: %s" % offer)
        for packet in tap.wait(50, 60):
            first, = struct.unpack("!B", packet.data[:1])
            equal(first, 0x80, "first byte")


flow.expect_log("[proxy]")
flow.expect_log("[session ")
flow.main(globals(), workers=1, bodies=2, turn=True, extra_worker={"mic": {"port": TAP_PORT}})
