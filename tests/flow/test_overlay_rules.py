#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The pure parts of the injected script, in a real Chromium without any server: what a stream's life is judged to be, and the links out."""

import os
import sys
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

import flow  # noqa: E402, I001: it makes the modules below findable
from flow import equal, true  # noqa: E402

sys.path.insert(0, os.path.join(flow.TOP, "tests/browser"))

import webdriver  # noqa: E402


def _source(*names):
    parts = []
    for name in names:
        with open(os.path.join(flow.TOP, "src/worker/assets", name), encoding="utf-8") as file:
            parts.append(file.read())
    return "\n".join(parts)


# [what happened, at which ms, with what], …  →  phase, reason
LIVES = {
    "nothing yet": ([], "opening", None),
    "it plays": ([["peer", 900, "connecting"], ["peer", 1000, "connected"]], "playing", None),
    "a flap that mends is no end": ([["peer", 0, "connected"], ["peer", 5000, "disconnected"], ["time", 29000], ["peer", 29500, "connected"],
                                     ["time", 90000]], "playing", None),
    "a flap is shown": ([["peer", 0, "connected"], ["peer", 5000, "disconnected"]], "shaky", None),
    "a flap that lasts is an end": ([["peer", 0, "connected"], ["peer", 5000, "disconnected"], ["time", 30000]], "ended", "connection_lost"),
    "an end that was none is taken back": ([["peer", 0, "connected"], ["peer", 5000, "failed"], ["time", 9000], ["peer", 9500, "connected"]],
                                           "playing", None),
    "failed is nearer than disconnected": ([["peer", 0, "connected"], ["peer", 1000, "disconnected"], ["peer", 9000, "failed"], ["time", 13000]],
                                           "ended", "connection_lost"),
    "a peer that never was may give way to the socket": ([["peer", 0, "failed"], ["message", 8000, {"ConnectionComplete": {}}], ["time", 40000]],
                                                         "playing", None),
    "a peer that never was and nothing else": ([["peer", 0, "failed"], ["time", 30000]], "ended", "never_connected"),
    "the page stopped": ([["peer", 0, "connected"], ["peer", 5000, "closed"], ["time", 6500]], "ended", "stopped"),
    "the other side closed": ([["peer", 0, "connected"], ["closed there", 5000], ["time", 6500]], "ended", "closed_there"),
    "the other side closed and the PC says why": ([["peer", 0, "connected"], ["closed there", 5000], ["time", 6500],
                                                   ["message", 6600, {"ConnectionTerminated": {"error_code": 0}}]], "ended", "host_ended"),
    "another way was found after the other side closed one": ([["peer", 0, "connected"], ["closed there", 5000], ["peer", 6000, "connected"],
                                                               ["time", 60000]], "playing", None),
    "a connection that never was cannot be closed there": ([["closed there", 5000], ["time", 29000]], "opening", None),
    "the PC ended it": ([["peer", 0, "connected"], ["message", 10, {"ConnectionTerminated": {"error_code": 0}}]], "ended", "host_ended"),
    "no video": ([["message", 10, {"ConnectionTerminated": {"error_code": -100}}]], "ended", "no_video"),
    "no frame": ([["message", 10, {"ConnectionTerminated": {"error_code": -101}}]], "ended", "no_frame"),
    "too early": ([["message", 10, {"ConnectionTerminated": {"error_code": -102}}]], "ended", "ended_early"),
    "protected": ([["message", 10, {"ConnectionTerminated": {"error_code": -103}}]], "ended", "protected_content"),
    "conversion": ([["message", 10, {"ConnectionTerminated": {"error_code": -104}}]], "ended", "frame_conversion"),
    "another code": ([["message", 10, {"ConnectionTerminated": {"error_code": -5}}]], "ended", "host_error"),
    "an end by the PC stays one": ([["peer", 0, "connected"], ["message", 10, {"ConnectionTerminated": {"error_code": 0}}], ["peer", 20, "connected"]],
                                   "ended", "host_ended"),
    "a better reason replaces a guess": ([["peer", 0, "connected"], ["peer", 10, "failed"], ["time", 4010],
                                          ["message", 4020, {"ConnectionTerminated": {"error_code": 0}}]], "ended", "host_ended"),
    "the PC ended it because it was opened elsewhere": ([["peer", 0, "connected"], ["message", 10, {"ConnectionTerminated": {"error_code": 0}}],
                                                         ["end", 300, "taken_over"]], "ended", "taken_over"),
    "opened elsewhere, and the PC ends this one": ([["peer", 0, "connected"], ["end", 10, "taken_over"],
                                                    ["message", 20, {"ConnectionTerminated": {"error_code": 0}}]], "ended", "taken_over"),
    "a session that is over is not elsewhere": ([["peer", 0, "connected"], ["end", 10, "session_gone"], ["end", 20, "taken_over"]], "ended", "session_gone"),
    "it could not start": ([["message", 10, {"DebugLog": {"message": "app was not found", "ty": "fatalDescription"}}]], "ended", "not_started"),
    "a fatal that recovers": ([["peer", 0, "connected"], ["message", 10, {"DebugLog": {"message": "x", "ty": "fatal"}}],
                               ["message", 20, {"DebugLog": {"message": "y", "ty": "recover"}}]], "playing", None),
    "a socket that closes beside a living picture": ([["peer", 0, "connected"], ["closed", 10, True], ["time", 60000]], "playing", None),
    "a socket that closes with the picture": ([["peer", 0, "connected"], ["closed", 10, False], ["time", 4010]], "ended", "connection_lost"),
}
PLAY = """
const life = createLife(0)
for (const [what, now, value] of arguments[0]) {
    if (what === "peer") lifePeer(life, value, now)
    else if (what === "message") lifeMessage(life, value, now)
    else if (what === "closed") lifeSocketClosed(life, value, now)
    else if (what === "closed there") lifeClosedThere(life, now)
    else if (what === "end") lifeEnd(life, value, now)
    lifeTime(life, now)
}
return [life.phase, life.reason, life.disconnects, lifeDuration(life, 100000)]
"""


def each_life_is_judged_as_written_here():
    with webdriver.Browser() as browser:
        for name, (events, phase, reason) in LIVES.items():
            seen = browser.script(_source("life.js") + PLAY, events)
            equal(seen[:2], [phase, reason], name)
        counted = browser.script(_source("life.js") + PLAY, [["peer", 1000, "connected"], ["peer", 2000, "disconnected"], ["peer", 3000, "connected"],
                                                             ["peer", 4000, "disconnected"], ["peer", 5000, "failed"], ["time", 9000]])
        equal(counted, ["ended", "connection_lost", 2, 8000], "disconnects and duration")


def the_report_link_carries_the_thirteen_parameters_of_the_runbook():
    context = {"session_id": "ab", "experience": "Käse & \"Kuchen\" 🍰 <b>?#", "district": "a=b&c", "body": "b'6", "head": "h+1", "body_ip": "10.0.0.1",
               "report_url": "https://issues.experiencenet.com/report"}
    figures = {"disconnects": 2, "durationMs": 1234, "reason": "host_ended", "candidateType": "relay"}
    with webdriver.Browser() as browser:
        link = browser.script(_source("report.js") + "return reportUrl(arguments[0], arguments[1])", context, figures)
        hostile = browser.script(_source("report.js") + "return arguments[0].map(safeUrl)",
                                 ["javascript:alert(1)", "data:text/html,x", " JaVaScript:alert(1)", "vbscript:x", "blob:x", "https://ok.example/a?b"])
    parts = urllib.parse.urlsplit(link)
    equal(parts.scheme + "://" + parts.netloc + parts.path, "https://issues.experiencenet.com/report", "address")
    values = dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True, strict_parsing=True))
    equal(list(values), ["project", "category", "title", "session_id", "experience", "district", "body", "head", "body_ip", "disconnect_count", "duration_ms",
                         "end_reason", "ice_candidate_type"], "parameters")
    for name in ("session_id", "experience", "district", "body", "head", "body_ip"):
        equal(values[name], context[name], name)
    equal((values["disconnect_count"], values["duration_ms"], values["end_reason"], values["ice_candidate_type"]), ("2", "1234", "host_ended", "relay"),
          "figures")
    true(context["experience"] in values["title"], "the title does not say what was streamed")
    equal(hostile, ["", "", "", "", "", "https://ok.example/a?b"], "links that are followed")


flow.main(globals())
