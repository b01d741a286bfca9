#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A machine without GStreamer: everything but the microphone works there, and what is missing is named with its apt line."""

import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

import flow  # noqa: E402, I001: it makes the modules below findable
import web  # noqa: E402
from flow import contains, equal, true  # noqa: E402

PROGRAM = os.path.join(flow.build_folder(), "src/cli/hydraneckwebrtc")
FOLDER = tempfile.TemporaryDirectory(prefix="hydraneck-no-media-")
AUDITOR = os.path.join(FOLDER.name, "no-libraries.so")
subprocess.run(["cc", "-shared", "-fPIC", "-D_GNU_SOURCE", "-o", AUDITOR, os.path.join(flow.TOP, "tests/support/no-libraries.c")], check=True)
WITHOUT = {"LD_AUDIT": AUDITOR, "NO_LIBRARIES": "libgst libnice"}
APT = ("apt install --no-install-recommends libgstreamer1.0-0 libgstreamer-plugins-base1.0-0 libgstreamer-plugins-bad1.0-0 libnice10 "
       "gstreamer1.0-plugins-bad gstreamer1.0-plugins-good gstreamer1.0-nice")
OFFER = "\r\n".join(["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "m=audio 9 UDP/TLS/RTP/SAVPF 111", "c=IN IP4 0.0.0.0", "a=ice-ufrag:warm",
                     "a=ice-pwd:warmwarmwarmwarmwarmwarm", "a=fingerprint:sha-256 " + ":".join(["00"] * 32), "a=setup:actpass", "a=sendonly",
                     "a=rtcp-mux", "a=rtpmap:111 opus/48000/2", ""])


def _run(*arguments):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=20, check=False, env=dict(os.environ, **WITHOUT))


def _has_media(pid):
    with open("/proc/%d/maps" % pid, encoding="ascii") as file:
        text = file.read()
    return "/libgstreamer-1.0" in text or "/libnice" in text


def the_auditor_hides_gstreamer_from_whoever_links_it():
    """Else the other tests would prove nothing."""
    result = subprocess.run(["/usr/bin/gst-inspect-1.0", "--version"], capture_output=True, text=True, check=False, env=dict(os.environ, **WITHOUT))
    equal(result.returncode, 127, "exit status of what links GStreamer")


def every_command_that_needs_no_microphone_starts():
    for arguments in (["version"], ["--help"], ["config", "--sample"], ["man"], ["doctor", "--help"], ["controller", "--help"], ["worker", "--help"]):
        result = _run(*arguments)
        equal(result.returncode, 0, "exit status of %r: %r" % (arguments, result.stderr))
        true(result.stdout, "%r prints something" % arguments)
    config = os.path.join(FOLDER.name, "node.yaml")
    with open(config, "w", encoding="utf-8") as file:
        file.write('server: {listen: "127.0.0.1:1", admin_token: x}\nupdate: {url: "http://127.0.0.1:1"}\n')
    equal(_run("config", "--check", "--config", config).returncode, 0, "exit status of config --check")
    result = _run("check-update", "--config", config)
    equal(result.returncode, 69, "exit status of check-update when nobody answers")
    contains(result.stdout, "Current version: ")


def a_cluster_runs_without_microphones_and_the_worker_says_what_to_install():
    flow.expect_log("no microphone works here")
    with flow.Started(workers=1, bodies=1, turn=False, extra_environment=WITHOUT) as running:
        line = running.children["worker-1"].wait_line("no microphone works here")
        contains(line, "WARNING")
        contains(line, "the library 'libgstreamer-1.0.so.0' is not installed; " + APT)
        said = subprocess.run([PROGRAM, "doctor", "--config", running.path("worker-1.yaml"), "--role", "worker"], capture_output=True, text=True,
                              timeout=60, check=False, env=dict(running.env(), **WITHOUT)).stdout
        contains(said, "no microphone works here: the library 'libgstreamer-1.0.so.0' is not installed  -->  " + APT)
        created = running.create(1)
        reply = web.call("POST", created["stream_url"].rsplit("/stream.html", 1)[0] + "/mic/offer", {"type": "offer", "sdp": OFFER})
        body = flow.error_shape(reply, 503, detail="apt install")
        contains(body["error"], "no microphone works here")
        equal(running.call("DELETE", "/api/v1/sessions/" + created["session_id"]).status, 200, "DELETE")


def a_missing_plugin_is_named_with_its_package():
    flow.expect_log("no microphone works here")
    environment = {"GST_PLUGIN_SYSTEM_PATH_1_0": FOLDER.name, "GST_REGISTRY_1_0": os.path.join(FOLDER.name, "registry.bin")}
    with flow.Started(workers=1, bodies=1, turn=False, extra_environment=environment) as running:
        contains(running.children["worker-1"].wait_line("no microphone works here"),
                 "GStreamer has no 'webrtcbin'; apt install --no-install-recommends gstreamer1.0-plugins-bad gstreamer1.0-plugins-good gstreamer1.0-nice")


def media_is_loaded_by_workers_only():
    with flow.Started(workers=1, bodies=1, turn=False) as running:
        worker = running.children["worker-1"].pid
        running.wait(lambda: _has_media(worker), 20, "the worker has loaded GStreamer")
        true(not _has_media(running.children["controller"].pid), "the controller has not loaded GStreamer")


flow.main(globals())
