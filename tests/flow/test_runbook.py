#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The runbook's own commands, as printed, with only the host, the token, the body and the session id put in."""

import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

import flow  # noqa: E402, I001: it makes the modules below findable
import cluster  # noqa: E402
from flow import contains, equal, true  # noqa: E402


def _commands():
    """Name -> text of each block in fixtures/seeds/runbook-commands.sh."""
    with open(os.path.join(flow.TOP, "fixtures/seeds/runbook-commands.sh"), encoding="utf-8") as file:
        blocks = re.split(r"^## (.+)$\n", file.read(), flags=re.M)[1:]
    return dict(zip(blocks[::2], blocks[1::2]))


def _run(running, name, **put):
    text = _commands()[name]
    text = text.replace("https://hydraneckwebrtc.experiencenet.com", running.url)
    text = text.replace("http://localhost:47990", cluster.at_url(running.plan.worker(1)))
    text = text.replace("<token>", running.plan.token).replace("10.0.1.50", running.plan.body(1))
    for old, new in put.items():
        text = text.replace("<%s>" % old.replace("_", "-"), new)
    text = text.replace("/tmp/hydraneckwebrtc-sessions", running.path("sessions-1")).replace("10.10.100.6", running.plan.body(1))
    result = subprocess.run(["/bin/bash", "-o", "pipefail", "-c", text], capture_output=True, text=True, check=False, timeout=60)
    equal(result.returncode, 0, "exit status of %s: %s" % (name, result.stderr))
    return result.stdout


def _ask(running, name, **put):
    return json.loads(_run(running, name, **put))


def check_health(running):
    controller = _ask(running, "controller health")
    equal(controller["status"], "ok", "status")
    worker = _ask(running, "worker health")
    for name in ("process_id", "uptime", "wireguard", "active_sessions", "max_sessions", "sessions"):
        true(name in worker["extra"], "extra.%s is missing" % name)
    ready = _ask(running, "quick readiness check")
    equal(ready["sessions"], "0/4", "sessions")
    equal(ready["wireguard"], True, "wireguard")
    true(isinstance(ready["process_id"], int) and re.fullmatch(r"(\d+h)?(\d+m)?\d+s", ready["uptime"]), "readiness is %r" % ready)


def list_workers(running):
    equal([w["id"] for w in _ask(running, "list workers")["workers"]], ["worker-1"], "workers")


def create_list_and_delete_a_session(running):
    created = _ask(running, "create a session")
    true({"session_id", "stream_url", "worker_id"} <= set(created), "reply is %r" % created)
    equal([s["id"] for s in _ask(running, "list sessions")["sessions"]], [created["session_id"]], "sessions")
    _ask(running, "delete a session", session_id=created["session_id"])
    equal(_ask(running, "list sessions")["sessions"], [], "sessions")


def wireguard_is_read_as_in_the_troubleshooting_section(running):
    equal(_ask(running, "wireguard of health"), True, "wireguard")


def the_logs_of_a_session_are_found_while_it_lives_and_after(running):
    created = _ask(running, "create a session")
    contains(_run(running, "logs of the processes"), "listening on", "logs while it lives")
    _ask(running, "delete a session", session_id=created["session_id"])
    contains(_run(running, "logs of the processes"), "listening on", "logs after its end")


def the_body_is_asked_who_streams(running):
    running.fault(1, "current_client", True)
    true(isinstance(_ask(running, "is the body there"), dict), "the body does not answer")


flow.main(globals(), workers=1, bodies=1, turn=False)
