#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""How sessions live and end, what is told about it, what is never lost, and what a killed worker leaves behind. Long periods are 50 times
shorter here: monitor 0.6 s, an error is shown for 6 s."""

import glob
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

import flow  # noqa: E402, I001: it makes the modules below findable
import child  # noqa: E402
import web  # noqa: E402
from flow import contains, equal, error_shape, true  # noqa: E402

SCALE = 0.02
for prefix in ("[session ", "[pairing]", "[proxy]", "[controller]", "[heartbeat]", "[rating]", "session record", "too many", "WireGuard",
               "clients to be unpaired", "[worker] no session"):
    flow.expect_log(prefix)
SETTINGS = {"bitrate": 12345, "fps": 30, "videoSizeCustom": {"width": 1280, "height": 720}, "ratio": 0.1, "hdr": False, "pageStyle": "ü \"x\""}
STARS = "/session/%s/rating"


def _show(running, session):
    return running.call("GET", "/api/v1/sessions/" + session)


def _status(running, session):
    return _show(running, session).json().get("status")


def _folder(running, session):
    return os.path.join(running.path("sessions-1"), session)


def _spool(running, kind):
    return sorted(glob.glob(running.path("sessions-1/spool/%s/*.json" % kind)))


def _service_fault(running, name, value):
    running.control("services", "POST", "/fault", {"name": name, "value": value})


def _records(running, session=None):
    records = running.state("services")["records"]
    return [r for r in records if session in (None, r["session_id"])]


def _record_of(running, session):
    return running.wait(lambda: _records(running, session), 15, "a record of the session")[0]


def _log(running, text, timeout=15):
    return running.children["worker-1"].wait_line(text, timeout)


def _named(pids, name):
    found = []
    for pid in pids:
        try:
            with open("/proc/%d/cmdline" % pid, "rb") as file:
                words = file.read().split(b"\0")
        except OSError:
            continue
        if os.path.basename(words[0]) == name.encode() or (name == "supervise" and b"supervise" in words[:2]):
            found.append(pid)
    return found


def _family(running):
    return child.descendants(running.children["worker-1"].pid)


def _kill_server(running):
    os.kill(_named(_family(running), "web-server")[0], signal.SIGKILL)


def _in_error(running, session):
    running.wait(lambda: _status(running, session) == "error", 15, "session is in error")


def _kill_worker(running):
    """kill -9; returns the processes that it had."""
    family = _family(running)
    victim = running.children.pop("worker-1")
    victim.process.kill()
    victim.stop()
    return family


def _restart_worker(running):
    """Until the controller knows the new one: the killed one counts as healthy for a while, and would be asked."""
    running.start_worker(1)
    _log(running, "registered with the controller")
    running.wait_workers(1)


def _clients(running, number):
    return next(b for b in running.state()["bodies"] if b["address"] == running.plan.body(number))["clients"]


def _mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


# ---- the monitor ----


def a_deleted_data_directory_is_an_alert_and_an_error(running):
    session = running.create(1)["session_id"]
    family = _family(running)
    shutil.rmtree(_folder(running, session))
    _in_error(running, session)
    shown = _show(running, session).json()
    equal(shown["end_reason"], "data_directory_lost", "end_reason")
    contains(_log(running, "ALERT"), "[session %s]" % session[:8], "line")
    equal(_record_of(running, session)["end_reason"], "data_directory_lost", "record")
    running.wait(lambda: not any(child.is_alive(p) for p in family), 15, "its processes are gone")
    running.wait(lambda: not _clients(running, 1), 15, "its client is unpaired")
    running.wait(lambda: not _show(running, session).json().get("data_directory_ok"), 5, "health tells it")


def a_process_whose_supervisor_hangs_is_missed_by_the_monitor(running):
    session = running.create(1)["session_id"]
    supervisor = _named(_family(running), "supervise")[0]
    os.kill(supervisor, signal.SIGSTOP)
    try:
        _kill_server(running)
        _in_error(running, session)
        equal(_show(running, session).json()["end_reason"], "process_exited", "end_reason")
    finally:
        os.kill(supervisor, signal.SIGCONT)
    running.wait(lambda: not child.is_alive(supervisor), 15, "the supervisor is gone")


def an_error_is_shown_for_a_while_and_then_removed(running):
    session = running.create(1)["session_id"]
    _kill_server(running)
    _in_error(running, session)
    began = time.monotonic()
    running.wait(lambda: _show(running, session).status == 404, 40, "it is removed")
    took = time.monotonic() - began
    true(300 * SCALE * 0.8 < took, "it was removed after %.1f s" % took)
    _log(running, r"\[cleanup\] session removed session=%s|\[cleanup\].*%s" % (session[:8], session[:8]))


# ---- reasons ----


def every_end_has_a_reason_that_is_counted_and_recorded(running):
    worker = running.worker_call
    before = worker(1, "GET", "/api/v1/health").json()["extra"]["ended_sessions"]
    ends = {}
    ends["api_delete"] = running.create(1)["session_id"]
    running.call("DELETE", "/api/v1/sessions/" + ends["api_delete"])
    ends["user_quit"] = running.create(1)["session_id"]
    equal(web.call("POST", running.url + "/session/%s/quit" % ends["user_quit"]).status, 200, "quit")
    ends["replaced"] = running.create(1)["session_id"]
    ends["process_exited"] = running.create(1)["session_id"]
    _kill_server(running)
    _in_error(running, ends["process_exited"])
    ends["data_directory_lost"] = running.create(1)["session_id"]
    shutil.rmtree(_folder(running, ends["data_directory_lost"]))
    _in_error(running, ends["data_directory_lost"])
    running.fault(2, "wrong_pin", True)
    error_shape(running.create(2, expect=None), 502)
    running.fault(3, "down", True)
    error_shape(running.create(3, expect=None), 502)
    for reason, session in ends.items():
        equal(_record_of(running, session)["end_reason"], reason, "reason of the record")
    running.wait(lambda: {"pairing_failed", "create_failed"} <= {r["end_reason"] for r in _records(running)}, 15, "records of failures")
    after = worker(1, "GET", "/api/v1/health").json()["extra"]["ended_sessions"]
    for reason in list(ends) + ["pairing_failed", "create_failed"]:
        equal(after.get(reason, 0) - before.get(reason, 0), 1, "count of " + reason)


def a_worker_that_stops_records_why(running):
    session = running.create(1)["session_id"]
    equal(running.children.pop("worker-1").stop(20), 0, "exit status")
    equal(_record_of(running, session)["end_reason"], "worker_shutdown", "reason")
    _restart_worker(running)


def a_session_that_nobody_opens_is_abandoned():
    with flow.Started(bodies=1, workers=1, turn=False, time_scale=SCALE, extra_worker={"sessions": {"abandon_timeout": "1s"}}) as running:
        session = running.create(1)["session_id"]
        began = time.monotonic()
        running.wait(lambda: _show(running, session).status == 404, 20, "it is gone")
        true(time.monotonic() - began < 15, "late")
        equal(_record_of(running, session)["end_reason"], "abandoned", "reason")


# ---- what must not be lost ----


def records_wait_for_hydranps_through_a_kill_and_arrive_once_each(running):
    _service_fault(running, "nps_status", 503)
    sessions = []
    for _ in range(3):
        sessions.append(running.create(1)["session_id"])
        equal(running.call("DELETE", "/api/v1/sessions/" + sessions[-1]).status, 200, "delete")
    running.wait_event("nps_record", "services", status="refused")
    waiting = _spool(running, "nps")
    equal(len(waiting), 3, "waiting records")
    for path in waiting:
        equal(_mode(path), 0o600, "mode")
        with open(path, encoding="utf-8") as file:
            request = json.load(file)
        equal(request["path"], "/api/v1/sessions", "path")
        true(request["body"]["session_id"] in sessions, "whose record is it?")
        true(request["body"]["record_id"] in path, "its id is its name")
    equal(_mode(os.path.dirname(waiting[0])), 0o700, "mode of the folder")
    _kill_worker(running)
    equal(_spool(running, "nps"), waiting, "after the kill")
    _service_fault(running, "nps_status", 0)
    _restart_worker(running)
    running.wait(lambda: len(_records(running)) == 3, 20, "all records")
    running.wait(lambda: not _spool(running, "nps"), 10, "nothing waits any more")
    equal(sorted(r["session_id"] for r in _records(running)), sorted(sessions), "sessions")
    equal(len({r["record_id"] for r in _records(running)}), 3, "ids")


def a_mute_hydranps_and_library_delay_nothing(running):
    _service_fault(running, "nps_silent", True)
    _service_fault(running, "library_silent", True)
    session = running.create(1, experience="Blue Room")["session_id"]
    began = time.monotonic()
    equal(web.call("POST", running.url + STARS % session, {"rating": 4}).status, 202, "rating")
    equal(running.call("DELETE", "/api/v1/sessions/" + session).status, 200, "delete")
    true(time.monotonic() - began < 4, "it took %.1f s" % (time.monotonic() - began))
    equal(len(_spool(running, "library")), 1, "waiting ratings")
    _service_fault(running, "nps_silent", False)
    _service_fault(running, "library_silent", False)
    running.wait(lambda: _records(running, session) and running.state("services")["ratings"], 40, "both arrive")


def a_record_that_is_refused_for_good_is_put_aside_and_the_next_goes_on(running):
    flow.expect_log("refused for good")
    _service_fault(running, "nps_status", 422)
    session = running.create(1)["session_id"]
    running.call("DELETE", "/api/v1/sessions/" + session)
    contains(_log(running, "refused for good"), " ERROR ", "line")
    equal(len(_spool(running, "nps")), 0, "waiting")
    aside = sorted(glob.glob(running.path("sessions-1/spool/nps/rejected/*.json")))
    with open(aside[-1], encoding="utf-8") as file:
        equal(json.load(file)["body"]["session_id"], session, "which")
    _service_fault(running, "nps_status", 401)  # our token may be mended: that one is kept
    other = running.create(1)["session_id"]
    running.call("DELETE", "/api/v1/sessions/" + other)
    running.wait_event("nps_record", "services", session_id=other, status="refused")
    _service_fault(running, "nps_status", 0)
    _record_of(running, other)


def a_rating_reaches_the_library_without_the_sessions_key(running):
    session = running.create(1, experience="Blue Room", district="north")["session_id"]
    equal(web.call("POST", running.url + STARS % session, {"rating": 4}).status, 202, "rating")
    equal(web.call("POST", running.url + STARS % session, {"rating": 4}).status, 202, "the same again")
    equal(web.call("POST", running.url + STARS % session, {"rating": 2}).status, 202, "a change of mind")
    ratings = running.wait(lambda: len(running.state("services")["ratings"]) >= 2 and running.state("services")["ratings"], 15, "ratings")
    equal([r["rating"] for r in ratings], [4, 2], "ratings")
    equal({k: ratings[0][k] for k in ("session_id", "experience", "district")},
          {"session_id": session[:8], "experience": "Blue Room", "district": "north"}, "rating")
    true(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", ratings[0]["rated_at"]), "rated_at")
    equal(set(ratings[0]), {"record_id", "session_id", "experience", "district", "rating", "rated_at"}, "members")
    running.call("DELETE", "/api/v1/sessions/" + session)
    equal(_record_of(running, session)["rating"], 2, "rating of the record")


def who_rates_without_end_is_told(running):
    session = running.create(1, experience="Blue Room")["session_id"]
    answers = [web.call("POST", running.url + STARS % session, {"rating": 1 + n % 5}).status for n in range(12)]
    equal(answers, [202] * 10 + [429] * 2, "answers")
    running.wait(lambda: len(running.state("services")["ratings"]) == 10, 15, "ten reach the library")


def a_session_that_ended_badly_is_rated_too(running):
    session = running.create(1, experience="Blue Room")["session_id"]
    _kill_server(running)
    _in_error(running, session)
    url = running.worker_url(1) + STARS % session
    equal(web.call("POST", url, {"rating": 1}).status, 202, "rating")
    running.wait(lambda: [r["rating"] for r in running.state("services")["ratings"]] == [1], 15, "it reaches the library")
    error_shape(web.call("POST", running.worker_url(1) + "/session/%s/quit" % session), 404)
    error_shape(web.call("POST", running.worker_url(1) + STARS % ("0" * 32), {"rating": 1}), 404)


def without_urls_nothing_is_written():
    with flow.Started(bodies=1, workers=1, turn=False, time_scale=SCALE,
                      extra_worker={"nps": {"url": None, "token": None}, "library": {"url": None, "token": None}}) as running:
        session = running.create(1, experience="x")["session_id"]
        equal(web.call("POST", running.url + STARS % session, {"rating": 4}).status, 202, "rating")
        running.call("DELETE", "/api/v1/sessions/" + session)
        equal(glob.glob(running.path("sessions-1/spool/*")), [], "spool")


# ---- what a killed worker leaves ----


def the_next_worker_unpairs_the_clients_of_a_killed_one(running):
    session = running.create(1)["session_id"]
    equal(len(_clients(running, 1)), 1, "paired clients")
    note = os.path.join(_folder(running, session), "session.json")
    equal(_mode(note), 0o600, "mode")
    with open(note, encoding="utf-8") as file:
        true("sunshine" not in file.read(), "the note has credentials")
    _kill_worker(running)
    _restart_worker(running)
    running.wait(lambda: not _clients(running, 1), 15, "the client is unpaired")
    running.wait(lambda: not _spool(running, "unpair"), 15, "nothing waits")
    equal(running.session_directories(1), [], "directories")
    _log(running, r"\[cleanup\].*orphaned session directories")
    equal(len(glob.glob(running.path("sessions-1/ended/%s-*/web-server.log" % session[:8]))), 1, "kept logs of the orphan")


def a_body_that_is_away_is_unpaired_when_it_comes_back(running):
    running.create(1)
    _kill_worker(running)
    running.fault(1, "down", True)
    _restart_worker(running)
    _log(running, "clients to be unpaired wait")
    _kill_worker(running)  # and what waits survives that as well
    _restart_worker(running)
    running.fault(1, "down", False)
    running.wait(lambda: not _clients(running, 1), 30, "the client is unpaired")


def what_the_killed_workers_supervisors_missed_is_killed(running):
    mark = "HYDRANECK_SESSION_OF=" + os.path.realpath(running.path("sessions-1"))
    running.create(1)
    pid = _named(_family(running), "web-server")[0]
    with open("/proc/%d/environ" % pid, encoding="utf-8") as file:
        true(mark in file.read().split("\0"), "web-server has no mark")
    name, value = mark.split("=", 1)
    missed = subprocess.Popen(["/bin/sleep", "1000"], env={name: value}, start_new_session=True)
    bystander = subprocess.Popen(["/bin/sleep", "1000"], env={}, start_new_session=True, cwd=running.path("sessions-1"))
    try:
        _kill_worker(running)
        _restart_worker(running)
        _log(running, r"\[cleanup\] killed orphaned processes")
        equal(missed.wait(10), -signal.SIGKILL, "its end")
        equal(bystander.poll(), None, "the bystander")
    finally:
        for process in (missed, bystander):
            process.kill()
            process.wait()


def a_second_worker_keeps_its_hands_off_the_first_ones_directory(running):
    session = running.create(1)["session_id"]
    config = running.worker_config(1)
    config["server"]["listen"] = "%s:47999" % running.plan.worker(1)[0]
    path = running.write_config("second", config)
    result = subprocess.run([running.plan.program("hydraneckwebrtc"), "worker", "--config", path], capture_output=True, text=True,
                            env=running.env(), timeout=30, check=False)
    equal(result.returncode, 78, "exit status")
    contains(result.stderr, "another worker uses it", "message")
    true(os.path.isdir(_folder(running, session)), "the session's directory is gone")
    equal(_status(running, session), "ready", "status")


# ---- ends in time ----


def a_mute_body_delays_a_deletion_by_five_seconds_at_most_and_is_unpaired_later(running):
    session = running.create(1, exe_path="C:\\x.exe", experience="x")["session_id"]
    running.fault(1, "mute", True)
    began = time.monotonic()
    equal(running.call("DELETE", "/api/v1/sessions/" + session).status, 200, "delete")
    took = time.monotonic() - began
    true(took < 6, "it took %.1f s" % took)
    equal(running.session_directories(1), [], "directories")
    running.fault(1, "mute", False)
    running.wait(lambda: not _clients(running, 1), 30, "the client is unpaired")


# ---- logs of ended sessions ----


def the_log_of_an_ended_session_is_found_as_the_runbook_says(running):
    session = running.create(1)["session_id"]
    running.call("DELETE", "/api/v1/sessions/" + session)
    found = subprocess.run(["find", running.path("sessions-1"), "-name", "web-server.log", "-exec", "cat", "{}", ";"],
                           capture_output=True, text=True, check=True).stdout
    contains(found, "starting service", "what find prints")
    path, = glob.glob(running.path("sessions-1/ended/%s-*/web-server.log" % session[:8]))
    equal(_mode(path), 0o600, "mode")
    equal(_mode(os.path.dirname(path)), 0o700, "mode of its folder")
    old = running.path("sessions-1/ended/00000000-20200101T000000Z")
    os.mkdir(old)
    _log(running, r"\[cleanup\] removed logs of ended sessions")
    true(not os.path.exists(old), "an old log is still there")
    true(os.path.exists(path), "a young one is gone")


# ---- surroundings ----


def wireguard_is_looked_for_again_and_again(running):
    uevent = os.path.join(running.wireguard_dir, "wg0", "uevent")

    def is_there():  # the status says nothing here: this file's TURN server is nowhere
        return running.worker_call(1, "GET", "/api/v1/health").json()["extra"]["wireguard"]

    equal(is_there(), True, "wireguard")
    os.rename(uevent, uevent + ".away")
    running.wait(lambda: not is_there(), 10, "gone")
    _log(running, "WARNING: no WireGuard interface detected")
    running.wait(lambda: not running.call("GET", "/api/v1/health").json()["extra"]["wireguard"], 10, "the controller knows")
    os.rename(uevent + ".away", uevent)
    running.wait(is_there, 10, "there again")


def web_servers_configuration_is_as_the_wire_wants_it(running):
    session = running.create(1)["session_id"]
    path = os.path.join(_folder(running, session), "server/config.json")
    equal(_mode(path), 0o600, "mode")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    config = json.loads(text)
    webrtc = config["webrtc"]
    host, port = config["web_server"].pop("bind_address").split(":")
    equal(host, running.plan.worker(1)[0], "bind address")
    true(8100 <= int(port) <= 8104, "port %s" % port)
    equal(config["web_server"], {"url_path_prefix": "/session/" + session, "first_login_create_admin": False,
                                 "first_login_assign_global_hosts": False,
                                 "forwarded_header": {"username_header": "X-Forwarded-User", "auto_create_missing_user": True}}, "web_server")
    equal(webrtc["port_range"]["max"] - webrtc["port_range"]["min"], 15, "media ports")
    del webrtc["port_range"]
    equal(webrtc, {"ice_servers": [{"urls": ["turn:192.0.2.7:3478"], "username": "u", "credential": "c"}], "network_types": ["udp4"],
                   "nat_1to1": {"ips": ["192.0.2.7"], "ice_candidate_type": "srflx"}, "relay_only": False,
                   "ice_disconnected_timeout_seconds": 10}, "webrtc")
    equal(config["default_settings"], SETTINGS, "default_settings")
    equal(config["log"]["level_filter"], "Info", "log level")
    true(os.path.isabs(config["streamer_path"]) and config["streamer_path"].endswith("/streamer"), "streamer_path")
    equal(set(config), {"web_server", "webrtc", "default_settings", "log", "streamer_path"}, "keys")


def names_that_nobody_resolves_hold_up_nothing_and_all_heals():
    flow.expect_log("cannot connect")
    with flow.tempfile.TemporaryDirectory() as folder:
        module, healed = folder + "/black-hole-dns.so", folder + "/healed"
        subprocess.run(["cc", "-shared", "-fPIC", "-D_GNU_SOURCE", "-o", module, os.path.join(flow.TOP, "tests/support/black-hole-dns.c")], check=True)
        environment = {"LD_PRELOAD": module, "BLACK_HOLE_HEALED": healed,
                       "ASAN_OPTIONS": os.environ["ASAN_OPTIONS"] + ":verify_asan_link_order=0"}
        urls = {"controller": {"url": "http://controller.black-hole.test:8080"}, "nps": {"url": "http://nps.black-hole.test"},
                "library": {"url": "http://library.black-hole.test"}}
        started = flow.Started(bodies=2, workers=0, turn=False, time_scale=SCALE, extra_worker=urls, extra_environment=environment)
        with started as running:
            worker = running.start_worker(1)

            def quickly(method, path, body=None, within=1.0):
                began = time.monotonic()
                reply = running.worker_call(1, method, path, body)
                true(time.monotonic() - began < within, "%s %s took %.1f s" % (method, path, time.monotonic() - began))
                return reply

            sessions = []
            for number in (1, 2):
                reply = quickly("POST", "/api/v1/sessions", {"body_ip": running.plan.body(number), "experience": "Blue Room"}, 20)
                equal(reply.status, 201, "create")
                sessions.append(reply.json()["session_id"])
                equal(quickly("POST", STARS % sessions[-1], {"rating": 5}).status, 202, "rating")
                equal(quickly("DELETE", "/api/v1/sessions/" + sessions[-1], within=6).status, 200, "delete")
            end = time.monotonic() + 12  # the heartbeat gives up and comes again meanwhile
            while time.monotonic() < end:
                equal(quickly("GET", "/api/v1/health").status, 200, "health")
                time.sleep(0.1)
            threads = len(os.listdir("/proc/%d/task" % worker.pid))
            true(threads < 24, "%d threads" % threads)
            equal(len(_spool(running, "nps")), 2, "waiting records")
            with open(healed + ".new", "w", encoding="ascii") as file:
                file.write(running.plan.services["nps"][0])
            os.rename(healed + ".new", healed)
            running.wait(lambda: len(_records(running)) == 2, 60, "records arrive")
            equal(sorted(r["session_id"] for r in _records(running)), sorted(sessions), "whose")


def _worker_alone(config, environment):
    """Runs a worker until it serves or ends; returns what it said and its exit status (None: it served)."""
    lease, folder = flow.Lease(), flow.tempfile.mkdtemp(prefix="hydraneck-flow-")
    plan = flow.cluster.Plan(flow.build_folder(), folder, lease=lease, turn=False)
    alone = flow.cluster.Cluster(plan)
    base = alone.worker_config(1)
    del base["controller"], base["webrtc"]
    flow.cluster.merge(base, config)
    path = alone.write_config("alone", base)
    process = subprocess.Popen([plan.program("hydraneckwebrtc"), "worker", "--config", path], stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, env=dict(alone.env(), **environment))
    said, served = "", False
    try:
        for line in process.stdout:
            said += line
            if "serving id=" in line:
                served = True
                process.terminate()
        process.wait(30)
    finally:
        process.kill()
        process.stdout.close()
        flow.subprocess_remove(folder)
        lease.release()
    return said, None if served else process.returncode


def a_turn_server_with_a_name_leaves_nat_1to1_out_and_says_so():
    said, status = _worker_alone({"ice_servers": [{"urls": ["turn:turn.example.net:3478"]}]}, {})
    equal(status, None, "it serves")
    equal(said.count("nat_1to1 is left out"), 1, "warnings in %r" % said)
    said, _ = _worker_alone({"ice_servers": [{"urls": ["turn:turn.example.net:3478"]}], "webrtc": {"public_ip": "192.0.2.9"}}, {})
    true("nat_1to1" not in said, said)


def a_worker_without_a_web_server_says_so_at_start():
    for path in ("/nonexistent/web-server", "/etc/passwd", "/tmp"):
        said, status = _worker_alone({"moonlight": {"path": path}}, {})
        equal(status, None, "it serves")
        contains(said, "'moonlight.path' %s is not an executable file: every session will fail" % path, "log")
    said, _ = _worker_alone({}, {})
    true("moonlight.path" not in said, said)


def a_scaled_time_is_said_aloud_and_a_bad_one_refused():
    said, status = _worker_alone({}, {"HYDRANECK_TIME_SCALE": "0.5"})
    equal(status, None, "it serves")
    contains(said, "HYDRANECK_TIME_SCALE=0.5", "log")
    for bad in ("0", "-1", "nan", "1x", "1e9"):
        said, status = _worker_alone({}, {"HYDRANECK_TIME_SCALE": bad})
        equal(status, 78, "exit status for %r" % bad)
        contains(said, "HYDRANECK_TIME_SCALE='%s'" % bad, "message")


if __name__ == "__main__":
    flow.expect_log("WARNING: static TURN credentials in ice_servers")
    flow.expect_log("WARNING: no relay: 'turn:192.0.2.7:3478'")
    flow.main(globals(), workers=1, bodies=3, turn=False, time_scale=SCALE, extra_worker={
        "ice_servers": [{"urls": ["turn:192.0.2.7:3478"], "username": "u", "credential": "c"}], "webrtc": {"public_ip": None},
        "moonlight": {"default_settings": SETTINGS}})
