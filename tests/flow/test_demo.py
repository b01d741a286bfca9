#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""./scripts/demo as a user meets it: it proves itself, it ends at Ctrl-C whenever that comes, it names who holds its port."""

import glob
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

import flow  # noqa: E402, I001: it makes the modules below findable
import child  # noqa: E402
from flow import contains, equal, true  # noqa: E402

DEMO = [os.path.join(flow.TOP, "scripts/demo"), "--leased"]
ROOMS = [DEMO[0], "rooms"]


def _environment():
    return dict(os.environ, HYDRANECK_BUILD=flow.build_folder())


def _folders():
    return set(glob.glob("/tmp/hydraneck-demo-*"))


def one_session_is_proven_end_to_end():
    before = _folders()
    result = subprocess.run(DEMO + ["--once"], capture_output=True, text=True, check=False, timeout=110, env=_environment())
    equal(result.returncode, 0, "exit status of the proof:\n%s\n%s" % (result.stdout, result.stderr))
    for name in ("create", "page via controller", "stream socket", "chromium plays", "delete", "nothing is left", "nps record"):
        true(re.search(r"^\[ *[\d.]+s\] %s +[\d.]+ s" % name, result.stdout, re.M), "no line of '%s':\n%s" % (name, result.stdout))
    contains(result.stdout, "local candidate relay")
    equal(_folders() - before, set(), "folders left behind")


def a_call_of_two_tabs_is_proven_end_to_end():
    before = _folders()
    result = subprocess.run(ROOMS + ["--once"], capture_output=True, text=True, check=False, timeout=110, env=_environment())
    equal(result.returncode, 0, "exit status of the proof:\n%s\n%s" % (result.stdout, result.stderr))
    for name in ("page via nginx", "first tab", "second tab", "two instances", "call", "instance killed", "one leaves"):
        true(re.search(r"^\[ *[\d.]+s\] %s +[\d.]+ s" % name, result.stdout, re.M), "no line of '%s':\n%s" % (name, result.stdout))
    true("eyJ" not in result.stdout, "a token was printed")
    equal(_folders() - before, set(), "folders left behind")


def _interrupted(after, command=(*DEMO, "--bodies", "2")):
    """Starts the demo, sends Ctrl-C to its whole foreground group when a line with `after` has come, and looks for what is left."""
    before = _folders()
    demo = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=_environment(),
                            start_new_session=True)
    family = []
    for line in demo.stdout:
        if after in line:
            family = child.descendants(demo.pid)
            break
    else:
        raise AssertionError("the demo never said %r" % after)
    os.killpg(demo.pid, signal.SIGINT)
    rest = demo.stdout.read()
    equal(demo.wait(30), 0, "exit status after Ctrl-C:\n%s" % rest)
    demo.stdout.close()
    end = time.monotonic() + 10
    while any(child.is_alive(pid) for pid in family):
        true(time.monotonic() < end, "left behind: %r" % [p for p in family if child.is_alive(p)])
        time.sleep(0.02)
    equal(_folders() - before, set(), "folders left behind")


def ctrl_c_at_any_moment_leaves_nothing():
    for after in ("bodies", "coturn", "worker 1", "worker 2", "up ", "sessions", "Open in a browser"):
        _interrupted(after)


def ctrl_c_at_any_moment_leaves_nothing_of_rooms():
    for after in ("redis", "instance 2", "nginx", "Open in two tabs"):
        _interrupted(after, ROOMS)


def a_killed_demo_leaves_no_process():
    demo = subprocess.Popen(DEMO + ["--bodies", "2"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=_environment(),
                            start_new_session=True)
    before = _folders()
    said = []
    for line in demo.stdout:
        said.append(line)
        if "Open in a browser" in line:
            break
    family = child.descendants(demo.pid)
    true(len(family) > 8, "the demo has only %d processes:\n%s" % (len(family), "".join(said)))
    demo.kill()
    demo.wait()
    demo.stdout.close()
    end = time.monotonic() + 12
    while any(child.is_alive(pid) for pid in family):
        true(time.monotonic() < end, "left behind: %r" % [p for p in family if child.is_alive(p)])
        time.sleep(0.02)
    for folder in _folders() - before:
        flow.subprocess_remove(folder)


def a_taken_port_names_its_holder():
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        result = subprocess.run([DEMO[0], "--port", str(port)], capture_output=True, text=True, check=False, timeout=60,
                                env=_environment())
        equal(result.returncode, 1, "exit status")
        contains(result.stdout, "127.0.0.1:%d, wanted for controller, is held by" % port)
        contains(result.stdout, "(pid %d)" % os.getpid())


def a_closed_connection_on_a_port_is_waited_for():
    # somebody's connection has by chance the port that the controller is to listen on
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.socket()
        client.bind(("127.0.0.1", 0))
        port = str(client.getsockname()[1])
        client.connect(server.getsockname())
        accepted, _ = server.accept()
        demo = subprocess.Popen([DEMO[0], "--bodies", "1", "--port", port], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=_environment())
        said = []
        for line in demo.stdout:
            said.append(line)
            if "waiting" in line:
                accepted.close()  # the other side closes first: no TIME_WAIT on our port
                client.close()
            if "Open in a browser" in line:
                break
        demo.send_signal(signal.SIGINT)
        said.append(demo.stdout.read())
        equal(demo.wait(30), 0, "exit status:\n%s" % "".join(said))
        demo.stdout.close()
        contains("".join(said), "still has 127.0.0.1:" + port)


def a_second_demo_is_told_about_the_first():
    first = subprocess.Popen([DEMO[0], "--bodies", "2"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=_environment())
    said = []
    for line in first.stdout:
        said.append(line)
        if "Open in a browser" in line:
            break
    crowd = []
    for _ in range(5):  # others have asked before
        crowd.append(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
        crowd[-1].setblocking(False)
        crowd[-1].connect_ex("\0hydraneck-demo")
    second = subprocess.run([DEMO[0]], capture_output=True, text=True, check=False, timeout=60, env=_environment())
    for each in crowd:
        each.close()
    first.send_signal(signal.SIGINT)
    said.append(first.stdout.read())
    equal(first.wait(30), 0, "exit status of the first:\n%s" % "".join(said))
    first.stdout.close()
    equal(second.returncode, 1, "exit status of the second")
    contains(second.stdout, "another demo is running (pid %d)" % first.pid)


def ctrl_c_while_chromium_plays_leaves_no_profile():
    with tempfile.TemporaryDirectory() as folder:
        demo = subprocess.Popen(DEMO + ["--once"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
                                env=dict(_environment(), TMPDIR=folder))
        for line in demo.stdout:
            if "stream socket" in line:
                break
        end = time.monotonic() + 20
        while not glob.glob(folder + "/browser-*/profile/*"):
            true(time.monotonic() < end, "Chromium has not started")
            time.sleep(0.02)
        os.killpg(demo.pid, signal.SIGINT)
        demo.stdout.read()
        equal(demo.wait(30), 130, "exit status")
        demo.stdout.close()
        end = time.monotonic() + 10
        while os.listdir(folder):
            true(time.monotonic() < end, "left behind: %r" % os.listdir(folder))
            time.sleep(0.05)


def wrong_options_are_refused():
    result = subprocess.run(DEMO + ["--workers", "0"], capture_output=True, text=True, check=False, timeout=60, env=_environment())
    equal(result.returncode, 2, "exit status")


flow.main(globals())
