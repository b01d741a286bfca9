#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Sunshine's API, applications and launch at their worst: what the browser is told, and that the session heals.

The table of all failure modes is in test_faults.py."""

import http.client
import os
import ssl
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

import flow  # noqa: E402, I001: it makes the modules below findable
import faults  # noqa: E402
from faults import body_state, state_of  # noqa: E402
from flow import contains, equal, true  # noqa: E402

flow.expect_log("session not created")
flow.expect_log("[pairing")
flow.expect_log("[session ")
MOONLIGHT = faults.Moonlight(flow.build_folder())



def _sunshine(running, body, method, path, headers, text="{}"):
    """Sunshine's API as somebody else would call it."""
    trust = ssl.create_default_context()
    trust.check_hostname = False
    trust.verify_mode = ssl.CERT_NONE
    connection = http.client.HTTPSConnection(running.plan.body(body), 47990, timeout=10, context=trust)
    connection.putrequest(method, path)
    for name, value in {"Content-Length": str(len(text)), **headers}.items():
        connection.putheader(name, value)
    connection.endheaders(text.encode())
    reply = connection.getresponse()
    result = reply.status, reply.read().decode()
    connection.close()
    return result


SUNSHINE = {"Authorization": "Basic c3Vuc2hpbmU6c3Vuc2hpbmU="}


def every_call_to_sunshine_carries_its_content_type(running):
    running.fault(4, "content_type_everywhere", True)
    status, text = _sunshine(running, 4, "POST", "/api/apps/close", {})
    equal(status, 400, "status without a type, even without credentials")
    contains(text, "Content type not provided")
    created = running.create(4, experience="Mars Walk", exe_path="C:\\Mars\\Mars.exe")
    true("Mars Walk" in str(body_state(running, 4)["apps"]), "the application is not registered")
    running.call("DELETE", "/api/v1/sessions/" + created["session_id"])
    running.wait(lambda: not body_state(running, 4)["clients"], 10, "unpaired")


def no_origin_of_a_caller_reaches_sunshine(running):
    status, text = _sunshine(running, 5, "POST", "/api/apps/close", {"Content-Type": "application/json", "Origin": "https://evil.example",
                                                                     **SUNSHINE})
    equal(status, 400, "status for a foreign Origin")
    contains(text, "Missing CSRF token")
    reply = running.call("POST", "/api/v1/sessions", {"body_ip": running.plan.body(5)},
                         headers={"Origin": "https://portal.example", "Referer": "https://portal.example/x"})
    equal(reply.status, 201, "create")


def an_application_that_runs_already_is_resumed_and_the_session_is_created(running):
    running.fault(7, "app_running", True)
    created = running.create(7, experience="Desktop")
    stream = faults.Stream(created)
    stream.launch()
    running.wait_event("resume", body=running.plan.body(7))
    true(not [e for e in running.events()["events"] if e["type"] == "launch"], "it was launched")
    equal(state_of(running, created)["status"], "active", "status")


def _failed_launch(running, body, status, text):
    """The browser is told through its socket, which ends by itself; the session stays, and heals."""
    MOONLIGHT.fault("stop-delay-ms=300")
    created = running.create(body)
    running.fault(body, "launch_status", status)
    stream = faults.Stream(created)
    stream.launch()
    equal(stream.end(), "close 1005", "end of the socket")
    contains(stream.text(), text)
    contains(stream.text(), "fatalDescription")
    contains(stream.text(), '"ConnectionTerminated":{"error_code":-1}')
    running.wait(lambda: state_of(running, created)["status"] == "idle", 5, "idle")
    running.fault(body, "launch_status", 0)
    again = faults.Stream(created)
    again.launch()
    running.wait_event("launch", body=running.plan.body(body))
    again.close()


def a_launch_while_an_application_runs_is_told_through_the_stream_socket(running):
    _failed_launch(running, 1, 400, "An app is already running on this host")


def a_body_without_a_display_is_told_through_the_stream_socket(running):
    _failed_launch(running, 2, 503, "Is a display connected and turned on?")


def _apps(running, body):
    return {app["name"]: app["cmd"] for app in body_state(running, body)["apps"]}


def doubled_applications_stay_two_and_the_first_is_streamed(running):
    running.fault(3, "double_apps", True)
    first = running.create(3, experience="Mars Walk", exe_path="C:\\Mars\\Mars.exe")
    running.call("DELETE", "/api/v1/sessions/" + first["session_id"])
    running.fault(3, "double_apps", False)
    second = running.create(3, experience="Mars Walk", exe_path="C:\\Mars\\Mars2.exe")
    apps = [app for app in body_state(running, 3)["apps"] if app["name"] == "Mars Walk"]
    equal([app["cmd"] for app in apps], ["C:\\Mars\\Mars2.exe", "C:\\Mars\\Mars.exe"], "commands")
    equal(faults.Stream(second).app, apps[0]["id"], "application of the stream")


def positions_that_move_harm_no_other_application(running):
    before = _apps(running, 4)
    running.fault(4, "shift_apps", True)
    created = running.create(4, experience="Mars Walk", exe_path="C:\\Mars\\Mars.exe")
    running.call("DELETE", "/api/v1/sessions/" + created["session_id"])
    running.create(4, experience="Mars Walk", exe_path="C:\\Mars\\Mars.exe")  # it is there: nothing is written
    after = _apps(running, 4)
    equal({name: after.get(name) for name in before}, before, "the other applications")
    equal(after["Mars Walk"], "C:\\Mars\\Mars.exe", "command of ours")


def an_application_list_that_fails_is_not_fatal(running):
    running.fault(5, "apps_500", True)
    running.create(5, experience="Mars Walk", exe_path="C:\\Mars\\Mars.exe")
    contains(faults.log_of(running), "cannot register the application in Sunshine, going on")


try:
    flow.main(globals(), workers=1, bodies=7, turn=False, extra_worker={"moonlight": {"path": MOONLIGHT.path}})
finally:
    MOONLIGHT.remove()
