#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Microphones that are pulled out and plugged in while they speak: real Chromium on a real PulseAudio whose devices hum, and what the body hears of them."""

import array
import math
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

import flow  # noqa: E402, I001: it makes the modules below findable
import mic_peer as mic  # noqa: E402
from flow import contains, equal, true  # noqa: E402

sys.path.insert(0, os.path.join(flow.TOP, "tests/browser"))

import sound_server  # noqa: E402
import stream_check  # noqa: E402
import webdriver  # noqa: E402

TAP_PORT = 47996  # the fakes listen on 47995
LOW, HIGH = 300, 900
CORNER = "const corner = document.getElementById('hydraneck-overlay')?.shadowRoot.querySelector('.corner');"
CLICK = CORNER + "corner.querySelector('.mic').click()"
IS = CORNER + "return corner?.dataset.mic === '%s' && (corner.querySelector('.words').textContent || 'yes')"


def _decoded(packets):
    """Samples (48 kHz, one channel) of RTP packets as they came: `rtpopusdepay ! opusdec`."""
    framed = b"".join(len(packet.data).to_bytes(2, "big") + packet.data for packet in packets)
    pipeline = ("gst-launch-1.0 -q fdsrc fd=0 ! application/x-rtp-stream,media=audio,clock-rate=48000,encoding-name=OPUS,payload=111 ! rtpstreamdepay"
                " ! rtpopusdepay ! opusdec ! audioconvert ! audio/x-raw,format=S16LE,channels=1,rate=48000 ! fdsink fd=1 sync=false")
    done = subprocess.run(pipeline.split(), input=framed, capture_output=True, check=True, timeout=60)
    samples = array.array("h")
    samples.frombytes(done.stdout[:len(done.stdout) // 2 * 2])
    true(len(samples) > 480 * len(packets), "only %d samples of %d packets: %s" % (len(samples), len(packets), done.stderr.decode()))
    return samples


def _strength(samples, frequency):
    """Of one frequency among the samples."""
    turn = 2 * math.pi * frequency / 48000
    return math.hypot(sum(s * math.cos(turn * n) for n, s in enumerate(samples)), sum(s * math.sin(turn * n) for n, s in enumerate(samples)))


def _hum(running, tap):
    """Which device speaks, by what the body hears of it from now on."""
    tap.forget()
    found = {}

    def one_is_loud():
        samples = _decoded(tap.packets()[-25:]) if len(tap.packets()) >= 25 else []
        found.update({frequency: _strength(samples, frequency) for frequency in (LOW, HIGH)})
        return max(found.values()) > 10 * min(found.values()) + 1

    running.wait(one_is_loud, 20, "one of the two hums is heard: %r" % found)
    return max(found, key=found.get)


class _Speaking:
    """A page that plays, its microphone on, and a tap at the body."""

    def __init__(self, running, sound):
        self.created = running.create(1)
        self.tap = mic.Tap(running.plan.body(1), TAP_PORT)
        try:
            self.browser = webdriver.Browser(sound.FLAGS, environment=sound.environment)
        except BaseException:
            self.tap.close()
            raise
        try:
            self.browser.open(self.created["stream_url"])
            stream_check.wait_for_play(self.browser, 40, 10, 10)
            self.browser.script(CLICK)
            self.browser.wait_for(IS % "on", 30)
        except BaseException:
            self.__exit__()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.browser.close()
        self.tap.close()


def one_that_is_pulled_out_is_followed_by_the_next(running):
    with sound_server.SoundServer() as sound:
        low = sound.plug(LOW)
        sound.plug(HIGH)
        with _Speaking(running, sound) as speaking:
            equal(_hum(running, speaking.tap), LOW, "before")
            ssrc = speaking.tap.packets()[-1].ssrc
            sound.pull(low)
            running.wait(lambda: _hum(running, speaking.tap) == HIGH, 20, "the other is heard")
            equal((speaking.tap.packets()[-1].ssrc, speaking.browser.script(IS % "on")), (ssrc, "yes"), "same microphone for the body, and the button")


def one_that_was_the_only_one_is_waited_for_and_another_takes_its_place(running):
    """Chromium itself ends the track here; muted stays muted."""
    with sound_server.SoundServer() as sound:
        low = sound.plug(LOW)
        with _Speaking(running, sound) as speaking:
            equal(_hum(running, speaking.tap), LOW, "before")
            ssrc = speaking.tap.packets()[-1].ssrc
            speaking.browser.script(CLICK)
            speaking.browser.wait_for(IS % "muted", 10)
            sound.pull(low)
            contains(speaking.browser.wait_for(IS % "asking", 10), "Looking for another one", "words")
            sound.plug(HIGH)
            speaking.browser.wait_for(IS % "muted", 10)
            speaking.browser.script(CLICK)
            speaking.browser.wait_for(IS % "on", 10)
            equal(_hum(running, speaking.tap), HIGH, "after")
            equal(speaking.tap.packets()[-1].ssrc, ssrc, "SSRC: the same microphone for the body")


def one_that_does_not_come_back_is_said_and_can_be_tried_again(running):
    with sound_server.SoundServer() as sound:
        low = sound.plug(LOW)
        with _Speaking(running, sound) as speaking:
            speaking.tap.wait(25)
            speaking.browser.script("window.rejections = []; window.addEventListener('unhandledrejection', event => window.rejections.push(String(event.reason)))")
            sound.pull(low)
            equal(speaking.browser.wait_for(IS % "error", 20), "No microphone was found.", "words")
            equal(speaking.browser.script("await new Promise(resolve => setTimeout(resolve)); return window.rejections"), [], "what the page hears of our promises")
            sound.plug(HIGH)
            speaking.browser.script(CLICK)
            speaking.browser.wait_for(IS % "on", 30)
            equal(_hum(running, speaking.tap), HIGH, "after")


flow.expect_log("[proxy]")
flow.main(globals(), workers=1, bodies=2, turn=True, extra_worker={"mic": {"port": TAP_PORT}})
