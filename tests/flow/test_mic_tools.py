#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is there for people who look for a silent microphone: the lines of `mic-pipeline`, each run as it is printed, `hydraneckmicsink`, `scripts/mic-tap`,
graphs of the pipeline."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

import flow  # noqa: E402, I001: it makes the modules below findable
import mic_peer as mic  # noqa: E402
from flow import contains, equal, true  # noqa: E402

mic.need_pion()
PROGRAM = mic.build(flow.build_folder())
PORT = 47996  # the fakes listen on 47995
OPTIONS = {"workers": 1, "bodies": 4, "extra_worker": {"mic": {"port": PORT}}}


def _base(created):
    return re.sub(r"stream\.html.*", "", created["stream_url"])


def _tap(running):
    return mic.Tap(running.plan.body(1), PORT)


def _figures(running, created):
    return running.worker_call(1, "GET", "/api/v1/sessions/" + created["session_id"]).json().get("mic")


def each_change_of_state_leaves_a_graph_of_the_pipeline_without_its_key():
    with tempfile.TemporaryDirectory() as folder:
        os.environ["HYDRANECK_DOT_DIR"] = folder
        try:
            with flow.Started(**OPTIONS) as running:
                created = running.create(1)
                with _tap(running) as tap, mic.Peer(PROGRAM, "-seconds", "30", _base(created) + "mic/offer"):
                    tap.wait(1)
        finally:
            del os.environ["HYDRANECK_DOT_DIR"]
        names = sorted(os.listdir(folder))
        wanted = ["mic-%s-1-%02d-%s.dot" % (created["session_id"][:8], number, state)
                  for number, state in enumerate(["negotiating", "connecting", "connected"])]
        equal(names[:3], wanted, "graphs")
        for name in names:
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                text = file.read()
            contains(text, "digraph")
            true("PRIVATE" not in text and "ice-pwd" not in text, "a secret in " + name)
            equal(os.stat(os.path.join(folder, name)).st_mode & 0o777, 0o600, "mode")


def what_is_no_stream_url_is_refused_by_mic_pipeline():
    program = os.path.join(flow.build_folder(), "src/cli/hydraneckwebrtc")
    for text in ("foo", "http://x/", "ftp://x/session/abc/stream.html"):
        done = subprocess.run([program, "mic-pipeline", "--session", text], capture_output=True, text=True, check=False)
        equal((done.returncode, done.stdout), (64, ""), "exit status and output for %r" % text)
        contains(done.stderr, "'%s' is no stream URL" % text, "message")


def _printed(*arguments):
    """The lines of `mic-pipeline` for a shell."""
    if shutil.which("gst-launch-1.0") is None:
        raise AssertionError("gst-launch-1.0 is missing: scripts/packages names gstreamer1.0-tools")
    program = os.path.join(flow.build_folder(), "src/cli/hydraneckwebrtc")
    out = subprocess.run([program, "mic-pipeline", *arguments], capture_output=True, text=True, check=True).stdout
    lines = [line for line in out.splitlines() if "gst-launch-1.0 " in line]
    equal(len(lines), 3, "lines")
    return lines


class _Launched:
    """A line as it was printed, run by a shell."""

    def __init__(self, line):
        self.process = subprocess.Popen(["/bin/sh", "-c", re.sub("(?=gst-launch)", "exec ", line, count=1)], stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def interrupt(self):
        self.process.send_signal(signal.SIGINT)
        return self.said()

    def said(self):
        """(exit status, what it said), once it has ended."""
        out = self.process.communicate(timeout=60)[0]
        return self.process.returncode, out


def the_printed_lines_and_the_tools_work_together():
    """`mic-pipeline` prints the tone that goes past the relay; gst-launch runs it as printed; `mic-tap` finds it clean."""
    lease = flow.Lease()
    try:
        body = lease.address(150)
        lines = _printed("--body", body, "--session", "http://x/session/abc/stream.html?hostId=1")
        contains(lines[0], "udpsrc port=47995 ")
        contains(lines[2], "session='http://x/session/abc/stream.html'")
        with _Launched(lines[1]):
            done = subprocess.run([os.path.join(flow.TOP, "scripts/mic-tap"), "--address", body, "--seconds", "4"], capture_output=True, text=True,
                                  check=False)
        contains(done.stdout, "type 111")
        equal(done.returncode, 0, "mic-tap said %s" % done.stdout)
    finally:
        lease.release()


def _relayed_ports(running):
    """Of the TURN server, on which it relays now."""
    address = "".join("%02X" % int(part) for part in reversed(running.plan.turn_at[0].split(".")))
    with open("/proc/net/udp", encoding="ascii") as file:
        found = {line.split()[1] for line in file.readlines()[1:]}
    return {local for local in found if local.startswith(address + ":")} - {"%s:%04X" % (address, running.plan.turn_at[1])}


def the_printed_tone_goes_into_the_relay_by_a_browsers_way(running):
    """Run as it was printed, through the session's TURN server; Ctrl-C ends the microphone at once, and gives back what the server held for it."""
    created = running.create(1)
    running.wait(lambda: not _relayed_ports(running), 20, "no relay is left of others")
    with _tap(running) as tap, _Launched(_printed("--session", created["stream_url"])[2]) as tone:
        packets = tap.wait(150)
        figures = _figures(running, created)
        equal(len(_relayed_ports(running)), 1, "relays")
        status, said = tone.interrupt()
        running.wait(lambda: not _relayed_ports(running), 2, "the relay is given back")
        equal(_figures(running, created)["state"], "off", "state")
    equal({packet.payload_type for packet in packets}, {111}, "payload types")
    equal([p.sequence for p in packets], [(packets[0].sequence + n) & 0xFFFF for n in range(len(packets))], "sequence")
    equal({(b.timestamp - a.timestamp) & 0xFFFFFFFF for a, b in zip(packets, packets[1:])}, {960}, "timestamp steps")
    equal((figures["state"], figures["lost"], figures["refused"]), ("live", 0, 0), "figures: %r" % figures)
    contains(said, "connected: what comes from here on is sent")
    true("WARNING" not in said, "it said %s" % said)
    equal(status, 0, "exit status; it said %s" % said)
    equal(_figures(running, created)["end_reason"], "stopped", "reason")


def without_the_relay_it_is_heard_too_and_ends_with_its_source(running):
    created = running.create(1)
    running.wait(lambda: not _relayed_ports(running), 20, "no relay is left of others")
    line = _printed("--session", created["stream_url"])[2].replace("is-live=true", "is-live=true num-buffers=100") + " direct=true"
    with _tap(running) as tap, _Launched(line) as tone:
        tap.wait(20)
        equal(_relayed_ports(running), set(), "relays")
        status, said = tone.said()
    equal(status, 0, "exit status; it said %s" % said)
    contains(said, "Got EOS from element")


def what_the_relay_refuses_is_said_in_its_words(running):
    def refused(url, *words):
        with _Launched(_printed("--session", url)[2]) as tone:
            status, said = tone.said()
        equal(status, 1, "exit status; it said %s" % said)
        for word in words:
            contains(said, word)

    created = running.create(1)
    running.call("DELETE", "/api/v1/sessions/" + created["session_id"])
    refused(created["stream_url"], "GET %sice: 404 session not found" % _base(created))
    closed = re.sub(r"//[^/]+/", "//127.0.0.1:1/", created["stream_url"])
    refused(closed, "GET http://127.0.0.1:1/session/", "Could not connect")
    for url in ("foo", "ftp://x/session/abc/stream.html", "http://x/session/", "http://x/stream.html", "http:///session/abc/"):
        with _Launched(_printed()[2].replace("https://CONTROLLER/session/ID/stream.html", url)) as tone:
            contains(tone.said()[1], "property 'session' must be a stream URL (http://HOST/session/ID/stream.html), not '%s'" % url)


def a_tone_whose_session_ends_says_so(running):
    created = running.create(1)
    with _tap(running) as tap, _Launched(_printed("--session", created["stream_url"])[2]) as tone:
        tap.wait(20)
        equal(running.call("DELETE", "/api/v1/sessions/" + created["session_id"]).status, 200, "delete")
        status, said = tone.said()
    equal(status, 1, "exit status; it said %s" % said)
    contains(said, "the relay ended the microphone")


flow.expect_log("[proxy]")
flow.main(globals(), **OPTIONS)
