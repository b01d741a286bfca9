#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""SIGHUP: what of the configuration changes while a controller and a worker serve, what does not, and that nobody who streams notices."""

import json
import os
import re
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

import flow  # noqa: E402, I001: it makes the modules below findable
import leaks  # noqa: E402
import web  # noqa: E402
from flow import contains, equal, true  # noqa: E402


def _read(running, name):
    with open(running.path(name + ".yaml"), encoding="utf-8") as file:
        return json.load(file)


def _lines(running, name):
    return len(running.children[name].lines())


def _said_since(running, name, start):
    return "\n".join(running.children[name].lines()[start:])


def _reload(running, name, change=None, text=None):
    """Writes the changed configuration, sends SIGHUP, waits for the last line about it; returns what was said."""
    if change is not None:
        config = _read(running, name)
        change(config)
        running.write_config(name, config)
    if text is not None:
        with open(running.path(name + ".yaml"), "w", encoding="utf-8") as file:
            file.write(text)
    process = running.children[name]
    start = len(process.lines())
    os.kill(process.pid, signal.SIGHUP)
    running.wait(lambda: any("[config] reloaded" in x or "[config] not reloaded" in x for x in process.lines()[start:]), 10, "an answer to SIGHUP")
    return _said_since(running, name, start)


def _set(*path):
    *sections, last, value = path

    def change(config):
        for section in sections:
            config = config.setdefault(section, {})
        if value is None:
            config.pop(last, None)
        else:
            config[last] = value
    return change


def a_file_that_did_not_change_changes_nothing(running):
    for name in ("controller", "worker-1"):
        contains(_reload(running, name), "[config] reloaded applied=0")


def _page(created):
    return created["stream_url"].split("/stream.html")[0]


def _workers(running):
    return running.call("GET", "/api/v1/workers").json()["workers"]


def a_tunnel_survives_the_reload_of_both(running):
    created = running.create(1)
    host, app = re.search(r"hostId=(\d+)&appId=(\d+)", created["stream_url"]).groups()
    sock = web.WebSocket(_page(created) + "/api/host/stream")
    for name in ("controller", "worker-1"):
        contains(_reload(running, name, _set("sessions", "report_url", "http://127.0.0.1/r")), "to http://127.0.0.1/r: applied")
    # both ways, after the reload of both
    sock.send({"Init": {"host_id": int(host), "app_id": int(app), "video_frame_queue_size": 3, "audio_sample_queue_size": 20}})
    while "Setup" not in (sock.receive() or ""):
        pass
    sock.close()


def the_log_level_changes_at_once(running):
    contains(_reload(running, "worker-1", _set("log", "level", "debug")), "log.level changed from info to debug: applied")
    start = _lines(running, "worker-1")
    running.create(1)
    contains(_said_since(running, "worker-1", start), " DEBUG ")
    _reload(running, "worker-1", _set("log", "level", None))
    start = _lines(running, "worker-1")
    running.create(2)
    true(" DEBUG " not in _said_since(running, "worker-1", start), "still debugging")


def sessions_max_counts_at_once_and_ends_none(running):
    running.create(1)
    running.create(2)
    equal(running.create(3, expect=None).status, 503, "a third of two")
    said = _reload(running, "worker-1", _set("sessions", "max", 3))
    contains(said, "sessions.max changed from 2 to 3: applied")
    running.wait(lambda: _workers(running)[0]["max_sessions"] == 3, 5, "the controller knows")
    running.create(3)
    _reload(running, "worker-1", _set("sessions", "max", 2))
    running.wait(lambda: _workers(running)[0]["max_sessions"] == 2, 5, "the controller knows")
    equal(len(running.call("GET", "/api/v1/sessions").json()["sessions"]), 3, "sessions")
    running.call("DELETE", "/api/v1/sessions/" + running.call("GET", "/api/v1/sessions").json()["sessions"][0]["id"])
    equal(running.create(4, expect=None).status, 503, "a third of two")


def tokens_overlap_while_they_are_changed(running):
    old, new = running.plan.token, "another-token"
    get = "/api/v1/sessions"
    worker_token = subprocess.run([running.plan.program("hydraneckwebrtc"), "worker-token", "--config", running.path("controller.yaml"), "worker-1"],
                                  check=True, capture_output=True, text=True).stdout.strip()
    _reload(running, "worker-1", _set("controller", "token", worker_token))
    leaks.add(new)
    leaks.add(worker_token)

    def change(config):
        config["server"].update(admin_token=new, admin_token_previous=old)

    for name, call in (("controller", running.call), ("worker-1", lambda *words, **more: running.worker_call(1, *words, **more))):
        equal((call("GET", get).status, call("GET", get, token=new).status), (200, 401), "before, at %s" % name)
        said = _reload(running, name, change)
        contains(said, "server.admin_token changed: applied")
        true(old not in said and new not in said, "a token is in the log")
        equal((call("GET", get).status, call("GET", get, token=new).status, call("GET", get, token="none").status), (200, 200, 401), "overlap, at %s" % name)
    # the worker's token was derived from the old one, and still counts
    reply = web.call("POST", running.url + "/api/v1/workers/heartbeat", {}, token=worker_token)
    equal(reply.status, 400, "an empty heartbeat with the old worker's token")
    _reload(running, "worker-1", _set("controller", "token", new))
    for name, call in (("controller", running.call), ("worker-1", lambda *words, **more: running.worker_call(1, *words, **more))):
        _reload(running, name, _set("server", "admin_token_previous", None))
        equal((call("GET", get).status, call("GET", get, token=new).status), (401, 200), "afterwards, at %s" % name)
    equal(web.call("POST", running.url + "/api/v1/workers/heartbeat", {}, token=worker_token).status, 401, "the old worker's token")
    running.plan.token = new
    running.create(1)
    running.wait_workers(1)
    # and back
    for name in ("controller", "worker-1"):
        _reload(running, name, _set("server", "admin_token", old))
    running.plan.token = old
    _reload(running, "worker-1", _set("controller", "token", old))


def ice_servers_are_new_for_whoever_asks_next(running):
    created = running.create(1)
    ice = _page(created) + "/ice"
    equal(web.call("GET", ice).json()["ice_servers"], [], "before")
    with open(os.open(running.path("credential"), os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="ascii") as file:
        file.write("turn-credential-1\n")
    said = _reload(running, "worker-1", _set("ice_servers", [{"urls": ["turn:127.0.0.1:9"], "username": "u", "credential_file": running.path("credential")}]))
    contains(said, "ice_servers changed: applied")
    server = web.call("GET", ice).json()["ice_servers"][0]
    equal((server["urls"], server["credential"]), (["turn:127.0.0.1:9"], "turn-credential-1"), "afterwards")
    # only the file that the configuration names has changed
    with open(running.path("credential"), "w", encoding="ascii") as file:
        file.write("turn-credential-2\n")
    contains(_reload(running, "worker-1"), "ice_servers changed: applied")
    equal(web.call("GET", ice).json()["ice_servers"][0]["credential"], "turn-credential-2", "credential")
    script = web.call("GET", _page(created) + "/_hydraneck/overlay.js")
    contains(script.body.decode(), '"relay":true')
    _reload(running, "worker-1", _set("ice_servers", None))


def a_wrong_file_keeps_the_old_configuration(running):
    for name in ("controller", "worker-1"):
        before = _read(running, name)
        for text, what in (("server: [", "did not find expected node content"), ("sessions:\n  max: many\n", ":2:8: 'sessions.max' must be a whole number"),
                           ("{}", "'server.admin_token' is required")):
            said = _reload(running, name, text=text)
            contains(said, "ERROR   [config] not reloaded, the old configuration stays: ")
            contains(said, what)
        equal(running.call("GET", "/api/v1/sessions").status, 200, "status")
        running.write_config(name, before)
        contains(_reload(running, name), "reloaded applied=0")
    os.rename(running.path("worker-1.yaml"), running.path("worker-1.gone"))
    contains(_reload(running, "worker-1"), "No such file or directory")
    # a pipe would have to be waited for, with everybody who streams
    os.mkfifo(running.path("worker-1.yaml"))
    contains(_reload(running, "worker-1"), "worker-1.yaml' is no regular file")
    os.rename(running.path("worker-1.gone"), running.path("worker-1.yaml"))
    running.create(1)


def what_needs_a_restart_is_said_each_time(running):
    for _ in range(2):
        said = _reload(running, "worker-1", _set("moonlight", "path", "/nowhere"))
        contains(said, "WARNING [config] moonlight.path changed from %s to /nowhere: needs a restart" % running.plan.program("web-server"))
        contains(said, "reloaded applied=0")
    running.create(1)
    _reload(running, "worker-1", _set("moonlight", "path", running.plan.program("web-server")))
    # secrets are not shown, and what the other role alone has is its own to say
    for name, path, value in (("worker-1", ("turn", "secret"), "turn-secret-1"), ("worker-1", ("turn", "realm"), "elsewhere"), ("controller", ("api", "rate_token"), 7),
                              ("controller", ("api", "rate_address"), 7), ("worker-1", ("api", "rate_failures"), 7)):
        before = _read(running, name).get(path[0], {}).get(path[1])
        said = _reload(running, name, _set(*path, value))
        true(re.search(r"WARNING \[config\] %s changed.*: needs a restart" % ".".join(path), said), "%s: %s" % (".".join(path), said))
        true("turn-secret-1" not in said, "a secret is in the log")
        _reload(running, name, _set(*path, before))


def the_heartbeat_timeout_counts_for_workers_that_are_there(running):
    contains(_reload(running, "controller", _set("workers", "heartbeat_timeout", "1s")), "workers.heartbeat_timeout changed from 1m to 1s: applied")
    running.wait(lambda: _workers(running)[0]["status"] == "unhealthy", 5, "the silent worker is unhealthy")
    _reload(running, "controller", _set("workers", "heartbeat_timeout", None))
    _reload(running, "worker-1")  # beats
    running.wait_workers(1, 5)


flow.expect_log("not reloaded, the old configuration stays")
flow.expect_log("needs a restart")
flow.expect_log("worker 'worker-1' is unhealthy")
flow.expect_log("session not created: ")
flow.expect_log("heartbeat refused: field 'worker_id' is required")
flow.expect_log("controller refused the heartbeat, retrying")  # between a token's change here and there
flow.main(globals(), workers=1, bodies=4, turn=False, sessions_max=2)
