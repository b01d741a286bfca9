#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""One session's whole life through a real controller and real workers, against the fakes."""

import concurrent.futures
import json
import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

import flow  # noqa: E402, I001: it makes the modules below findable
import child  # noqa: E402
import web  # noqa: E402
from flow import contains, equal, error_shape, true  # noqa: E402



def _show(running, session):
    return running.call("GET", "/api/v1/sessions/" + session)


def _gone(running, session):
    running.wait(lambda: _show(running, session).status == 404, 10, "session is gone")


def _replaced(running, session):
    _gone(running, session)
    running.wait_event("nps_record", "services", session_id=session, end_reason="replaced")


def _body(running, number):
    return next(b for b in running.state()["bodies"] if b["address"] == running.plan.body(number))


def a_session_is_created_listed_shown_and_deleted(running):
    created = running.create(1, experience="Desktop")
    true(re.fullmatch(r"[0-9a-f]{32}", created["session_id"]), "id is %r" % created["session_id"])
    contains(created["stream_url"], running.url + "/session/" + created["session_id"] + "/stream.html?hostId=")
    true(created["worker_id"] in ("worker-1", "worker-2"), "worker is %r" % created["worker_id"])

    listed = running.call("GET", "/api/v1/sessions").json()["sessions"]
    equal([s["id"] for s in listed], [created["session_id"]], "list")
    shown = _show(running, created["session_id"]).json()
    equal(shown["body_ip"], running.plan.body(1), "body_ip")
    equal(shown["status"], "ready", "status")
    equal(shown["process_alive"], True, "process_alive")
    equal(shown["data_directory_ok"], True, "data_directory_ok")
    equal(shown["active_connections"], 0, "active_connections")
    true("sunshine_pass" not in json.dumps(shown), "the password is shown")

    equal(running.call("DELETE", "/api/v1/sessions/" + created["session_id"]).status, 200, "delete")
    error_shape(running.call("DELETE", "/api/v1/sessions/" + created["session_id"]), 404)
    error_shape(web.call("GET", created["stream_url"]), 404)


def the_body_is_paired_while_the_session_lives_and_not_after(running):
    created = running.create(2)
    clients = _body(running, 2)["clients"]
    equal(len(clients), 1, "paired clients")
    true(created["session_id"] not in json.dumps(clients), "the body has learned the browser's key")
    running.call("DELETE", "/api/v1/sessions/" + created["session_id"])
    running.wait(lambda: not _body(running, 2)["clients"], 10, "unpaired")


def the_page_is_injected_once_and_its_length_is_right(running):
    created = running.create(1)
    page = web.call("GET", created["stream_url"])
    equal(page.status, 200, "status")
    equal(int(page.headers["Content-Length"]), len(page.body), "Content-Length")
    equal(page.headers["Referrer-Policy"], "no-referrer", "Referrer-Policy")
    equal(page.headers["ETag"], None, "ETag")
    tags = re.findall(rb'<script src="/session/%s/_hydraneck/[a-z.]+"></script>' % created["session_id"].encode(), page.body)
    equal(len(tags), 1, "injected tags")
    true(page.body.index(b"<head>") < page.body.index(tags[0]) < page.body.index(b'type="module"'), "the tag is not first in the head")
    with open(os.path.join(flow.TOP, "sim/fakes/static/stream.html"), "rb") as file:
        equal(page.body.replace(tags[0], b""), file.read(), "the rest of the page")
    head = web.call("HEAD", created["stream_url"])
    equal((head.status, head.body, head.headers["Content-Length"]), (200, b"", str(len(page.body))), "HEAD")
    script = web.call("GET", running.url + tags[0].split(b'"')[1].decode())
    equal(script.status, 200, "script")
    contains(script.headers["Content-Type"], "javascript")
    contains(script.body, b"iceTransportPolicy")


def a_page_learns_whether_another_one_has_the_stream(running):
    url = running.create(1)["stream_url"].split("/stream.html")[0] + "/_hydraneck/context?page="
    older, newer = "1" * 32, "2" * 32
    for asked, taken in ((older, False), (older + "&new=1", False), (newer, True), (newer + "&new=1", False), (older, True), (newer, False)):
        equal(web.call("GET", url + asked).json()["taken"], taken, asked)
    for bad in ("", "1" * 31, "1" * 33, "G" * 32, "%20" * 32):
        error_shape(web.call("GET", url + bad), 400, "parameter 'page' must be 32 lower-case hexadecimal digits")


def a_page_that_the_stream_was_taken_from_is_missed_by_nobody(running):
    created = running.create(1)
    base = created["stream_url"].split("/stream.html")[0] + "/_hydraneck/"
    older, newer = "1" * 32, "2" * 32

    def status():
        return running.worker_call(1, "GET", "/api/v1/sessions/" + created["session_id"]).json()["status"]

    for asked in (older + "&new=1&playing=1", newer + "&new=1&playing=1", older + "&playing=0"):
        equal(web.call("GET", base + "context?page=" + asked).status, 200, asked)
    equal(web.call("POST", base + "bye?playing=1&page=" + older).status, 202, "bye of the older page")
    equal(status(), "active", "status: the newer page plays")
    equal(web.call("POST", base + "bye?playing=1&page=" + newer).status, 202, "bye of the newer page")
    equal(status(), "idle", "status: nobody plays")
    error_shape(web.call("POST", base + "bye?page=x"), 400, "parameter 'page' must be 32 lower-case hexadecimal digits")


def other_files_pass_untouched(running):
    created = running.create(1)
    base = created["stream_url"].split("/stream.html")[0]
    for name in ("stream.js", "styles/standard.css"):
        with open(os.path.join(flow.TOP, "sim/fakes/static", name), "rb") as file:
            equal(web.call("GET", base + "/" + name).body, file.read(), name)
    contains(web.call("GET", base + "/config.js").body, ("/session/" + created["session_id"]).encode())


def the_prefix_without_its_slash_is_redirected(running):
    created = running.create(1)
    base = created["stream_url"].split("/stream.html")[0]
    reply = web.call("GET", base)
    equal(reply.status, 308, "status")
    equal(reply.headers["Location"], "/session/%s/" % created["session_id"], "Location")
    equal(web.call("GET", base + "/").status, 200, "index")


FORBIDDEN = [
    ("POST", "/api/host", 403), ("POST", "/api/pair", 403), ("POST", "/api/host/wake", 403), ("POST", "/api/login", 403),
    ("POST", "/api/logout", 403), ("PATCH", "/api/host", 403), ("DELETE", "/api/host?host_id=1", 403), ("GET", "/api/users", 403),
    ("POST", "/api/user", 403), ("PUT", "/index.html", 403), ("GET", "/%2e%2e/x", 400), ("GET", "/a%2fb", 400), ("GET", "/a%00b", 400),
    ("GET", "/./x", 400), ("GET", "/x/../y", 400), ("GET", "/%5c..%5cx", 400),
]


def a_browser_reaches_only_the_allow_list(running):
    created = running.create(1)
    host, port = running.plan.controller
    prefix = "/session/" + created["session_id"]
    for method, path, status in FORBIDDEN:
        request = "%s %s%s HTTP/1.1\r\nHost: %s:%d\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" % (method, prefix, path, host, port)
        answer = web.raw(host, port, request.encode())
        equal(answer.split(b" ", 2)[1], str(status).encode(), "%s %s" % (method, path))
        body = json.loads(answer.split(b"\r\n\r\n", 1)[1])
        equal(body["code"], status, "code of %s %s" % (method, path))
    base = created["stream_url"].split("/stream.html")[0]
    for path in ("/api/authenticate", "/api/user", "/api/hosts", "/config.js"):
        equal(web.call("GET", base + path).status, 200, path)


def no_browser_can_name_itself_to_web_server(running):
    created = running.create(1)
    base = created["stream_url"].split("/stream.html")[0]
    user = web.call("GET", base + "/api/user").json()["name"]
    host, port = running.plan.controller
    for spelling in ("X-Forwarded-User", "x-forwarded-user", "X-FORWARDED-USER"):
        equal(web.call("GET", base + "/api/user", headers={spelling: "mallory"}).json()["name"], user, spelling)
    request = ("GET /session/%s/api/user HTTP/1.1\r\nHost: %s:%d\r\nX-Forwarded-User: mallory\r\n"
               "Connection: close, X-Forwarded-User\r\n\r\n" % (created["session_id"], host, port))
    contains(web.raw(host, port, request.encode()), user.encode(), "a field named by Connection")


def a_foreign_origin_is_refused(running):
    created = running.create(1)
    equal(web.call("GET", created["stream_url"], headers={"Origin": "https://evil.example"}).status, 403, "foreign")
    equal(web.call("GET", created["stream_url"], headers={"Origin": running.url}).status, 200, "own")
    base = created["stream_url"].split("/stream.html")[0]
    sock = web.WebSocket(base + "/api/host/stream", headers={"Origin": "https://evil.example"})
    equal(sock.status, 403, "socket")


def a_stream_socket_makes_the_session_active_and_then_idle(running):
    created = running.create(1)
    host, app = re.search(r"hostId=(\d+)&appId=(\d+)", created["stream_url"]).groups()
    base = created["stream_url"].split("/stream.html")[0]
    sock = web.WebSocket(base + "/api/host/stream")
    equal(sock.status, 101, "status")
    sock.send({"Init": {"host_id": int(host), "app_id": int(app), "video_frame_queue_size": 3, "audio_sample_queue_size": 20}})
    equal(list(json.loads(sock.receive())), ["UpdateApp"], "first message")
    running.wait(lambda: _show(running, created["session_id"]).json()["status"] == "active", 5, "active")
    equal(_show(running, created["session_id"]).json()["active_connections"], 1, "active_connections")
    sock.close()
    running.wait(lambda: _show(running, created["session_id"]).json()["status"] == "idle", 5, "idle")


def quit_ends_the_session_without_a_token(running):
    created = running.create(1)
    base = created["stream_url"].split("/stream.html")[0]
    equal(web.call("POST", base + "/quit").status, 200, "quit")
    _gone(running, created["session_id"])
    record = running.wait_event("nps_record", "services")
    contains(json.dumps(record), "user_quit")


def the_session_record_reaches_nps(running):
    created = running.create(1, experience="Desktop", district="north", body="BODY-01", head="head-7")
    running.call("DELETE", "/api/v1/sessions/" + created["session_id"])
    running.wait_event("nps_record", "services")
    record = running.state("services")["records"][-1]
    for name, value in {"session_id": created["session_id"], "experience": "Desktop", "district": "north", "body": "BODY-01",
                        "head": "head-7", "body_ip": running.plan.body(1), "end_reason": "api_delete"}.items():
        equal(record.get(name), value, name)
    for name in ("started_at", "ended_at"):
        true(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", record[name]), "%s is %r" % (name, record.get(name)))
    true(record["duration_ms"] >= 0, "duration_ms")


def an_experience_with_exe_path_is_registered_launched_chosen_and_stopped(running):
    created = running.create(3, experience="Mars Walk", exe_path="C:\\Experiences\\Mars\\Mars.exe")
    body = _body(running, 3)
    true("Mars Walk" in json.dumps(body["apps"]), "the app is not registered: %r" % body["apps"])
    running.wait_event("hydrabody_launch", body=running.plan.body(3))
    base = created["stream_url"].split("/stream.html")[0]
    host, app = re.search(r"hostId=(\d+)&appId=(\d+)", created["stream_url"]).groups()
    apps = web.call("GET", base + "/api/apps?host_id=" + host).json()["apps"]
    equal([a["title"] for a in apps if a["app_id"] == int(app)], ["Mars Walk"], "chosen app")
    running.call("DELETE", "/api/v1/sessions/" + created["session_id"])
    running.wait_event("hydrabody_stop", body=running.plan.body(3))


def a_launch_that_fails_is_not_fatal(running):
    flow.expect_log("launch")
    running.fault(3, "hydrabody_launch_500", True)
    running.create(3, experience="Mars Walk", exe_path="C:\\Mars.exe")


def two_sessions_go_to_two_workers(running):
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        first, second = pool.map(running.create, (1, 2))
    true(first["worker_id"] != second["worker_id"], "both on %s" % first["worker_id"])
    for created, number in ((first, 1), (second, 2)):
        equal(_show(running, created["session_id"]).json()["body_ip"], running.plan.body(number), "body")
        equal(web.call("GET", created["stream_url"]).status, 200, "page")


def a_body_has_one_session(running):
    first = running.create(1)
    second = running.create(1)  # the first has no stream socket: it is replaced
    _replaced(running, first["session_id"])
    base = second["stream_url"].split("/stream.html")[0]
    sock = web.WebSocket(base + "/api/host/stream")
    running.wait(lambda: _show(running, second["session_id"]).json()["status"] == "active", 5, "active")
    refused = running.create(1, expect=409)
    error_shape(refused, 409, "body %s already in use by session %s" % (running.plan.body(1), second["session_id"][:8]))
    third = running.create(1, replace=True)
    _replaced(running, second["session_id"])
    equal(_show(running, third["session_id"]).json()["status"], "ready", "status")
    sock.close()


def health_counts_and_hides_sessions_from_strangers(running):
    created = running.create(1)
    health = web.call("GET", running.url + "/api/v1/health").json()
    equal(health["status"], "ok", "status")
    equal(health["service"], "hydraneckwebrtc", "service")
    extra = health["extra"]
    equal((extra["active_sessions"], extra["max_sessions"], extra["workers_healthy"], extra["workers_total"]), (1, 8, 2, 2), "counts")
    equal(extra["wireguard"], True, "wireguard")
    equal([s["id"] for s in extra["sessions"]], [created["session_id"]], "sessions for a local caller")
    forwarded = web.call("GET", running.url + "/api/v1/health", headers={"X-Forwarded-For": "203.0.113.9"}).json()
    true("sessions" not in forwarded["extra"], "a stranger sees sessions")
    number = int(created["worker_id"][-1])
    worker = running.worker_call(number, "GET", "/api/v1/health", token=None).json()["extra"]
    equal(worker["process_id"], running.children[created["worker_id"]].pid, "process_id")
    true(re.fullmatch(r"(\d+h)?(\d+m)?\d+s", worker["uptime"]), "uptime is %r" % worker["uptime"])
    session = worker["sessions"][0]
    for name in ("id", "body_ip", "status", "process_alive", "data_directory_ok", "active_connections", "age"):
        true(name in session, "%s is missing in %r" % (name, session))


def workers_are_listed_without_their_tokens(running):
    reply = running.call("GET", "/api/v1/workers")
    workers = reply.json()["workers"]
    equal(sorted(w["id"] for w in workers), ["worker-1", "worker-2"], "ids")
    true(b"token" not in reply.body, "a token is listed")
    equal(running.call("GET", "/api/v1/workers/worker-1").json()["id"], "worker-1", "one worker")
    error_shape(running.call("GET", "/api/v1/workers/worker-9"), 404)


def a_full_cluster_says_so(running):
    created = []
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        created = list(pool.map(running.create, range(1, 9)))
    equal(sorted(c["worker_id"] for c in created).count("worker-1"), 4, "sessions on worker 1")
    reply = running.create(9, expect=None)
    error_shape(reply, 503)


def a_client_that_leaves_cancels_its_session(running):
    running.fault(1, "silent_pair", True)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(running.call, "POST", "/api/v1/sessions", {"body_ip": running.plan.body(1)}, timeout=3)
        running.wait_event("pin", timeout=10)
        true(isinstance(waiting.exception(), OSError), "the client did not leave")
    running.wait(lambda: not running.call("GET", "/api/v1/sessions").json()["sessions"], 10, "no session is left")
    workers = [c for n, c in running.children.items() if n.startswith("worker")]
    running.wait(lambda: not any(child.descendants(w.pid) for w in workers), 10, "no process is left")


def the_real_programs_pages_can_be_served_by_the_fake():
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(folder + "/nested")
        for name, text in (("index.html", "<!doctype html><head><title>real</title></head>"), ("nested/app.js", "export {}")):
            with open(os.path.join(folder, name), "w", encoding="ascii") as file:
                file.write(text)
        os.environ["HYDRANECK_SIM_STATIC"] = folder
        try:
            with flow.Started(workers=1, bodies=1, turn=False) as running:
                base = running.create(1)["stream_url"].split("/stream.html")[0]
                contains(web.call("GET", base + "/").body, b"<title>real</title>")
                equal(web.call("GET", base + "/nested/app.js").body, b"export {}", "a file of the real program")
                contains(web.call("GET", base + "/config.js").body, b"path_prefix")
                equal(web.call("GET", base + "/stream.js").status, 404, "a file of the fake")
        finally:
            del os.environ["HYDRANECK_SIM_STATIC"]


flow.expect_log("session not created")
flow.main(globals(), workers=2, bodies=9, turn=True)
