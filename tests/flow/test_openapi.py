#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The contract itself: the OpenAPI documents of controller and worker, and answers held against them."""

import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

import flow  # noqa: E402, I001: it makes the modules below findable
import openapi  # noqa: E402
from flow import equal, true  # noqa: E402

flow.expect_log("[controller]")


def _document(running, number=None):
    path = "/api/v1/openapi.json"
    reply = running.call("GET", path, token=None) if number is None else running.worker_call(number, "GET", path, token=None)
    equal(reply.status, 200, "status of %r" % reply)
    return reply.json()


def each_route_is_in_its_document(running):
    for document, source in ((_document(running), "controller/controller-http.c"), (_document(running, 1), "worker/worker-http.c")):
        with open(os.path.join(flow.TOP, "src", source), encoding="utf-8") as file:
            rows = re.findall(r'^  \{ "(\w+)", +("[^"]+"|HN_\w+),', file.read(), re.M)
        wanted = {(method, path.strip('"').replace("HN_WORKER_API_HEARTBEAT_PATH", "/api/v1/workers/heartbeat")) for method, path in rows}
        true(len(wanted) > 10, "rows: %r" % wanted)
        told = {(method.upper(), re.sub(r"\{\w+\}", "{}", path)) for path, item in document["paths"].items() for method in item}
        equal(told, wanted, "operations of " + source)


def the_short_document_is_current():
    program = os.path.join(flow.build_folder(), "src/cli/hydraneckwebrtc")
    printed = subprocess.run([program, "api-doc"], capture_output=True, text=True, check=True, timeout=20).stdout
    with open(os.path.join(flow.TOP, "docs/api.md"), encoding="utf-8") as file:
        true(file.read() == printed, "docs/api.md is old: hydraneckwebrtc api-doc >docs/api.md")
    true("| POST `/api/v1/sessions` | Create | 201 Created |" in printed, "the create's row")


def the_documents_are_well_formed(running):
    for document in (_document(running), _document(running, 1)):
        openapi.check_document(document)


def answers_are_what_the_documents_say(running):
    front, back = openapi.Contract(_document(running)), openapi.Contract(_document(running, 1))
    created = running.create(1)
    session, worker = created["session_id"], created["worker_id"]
    number = int(worker.rpartition("-")[2])
    for method, path, body in (("GET", "/api/v1/health", None), ("GET", "/api/v1/workers", None), ("GET", "/api/v1/workers/" + worker, None),
                               ("GET", "/api/v1/workers/nobody", None), ("GET", "/api/v1/sessions", None), ("GET", "/api/v1/sessions/" + session, None),
                               ("GET", "/api/v1/sessions/%s/explain" % session, None), ("GET", "/api/v1/sessions/%s/logs" % session, None),
                               ("GET", "/api/v1/sessions/%s/explain" % ("0" * 32), None), ("POST", "/api/v1/workers/%s/drain" % worker, {"deadline": "1h"}),
                               ("POST", "/api/v1/workers/%s/drain" % worker, {"deadline": "x"}), ("DELETE", "/api/v1/workers/%s/drain" % worker, None),
                               ("POST", "/api/v1/sessions", {"body_ip": running.plan.body(2)}), ("POST", "/api/v1/sessions", {"body_ip": "x"}),
                               ("POST", "/api/v1/sessions", {"body_ip": running.plan.body_net + "250"}), ("GET", "/metrics", None)):
        front.check(method, path, running.call(method, path, body))
        front.check(method, path, running.call(method, path, body, token="wrong"))
    for method, path, body in (("GET", "/api/v1/health", None), ("GET", "/api/v1/sessions", None), ("GET", "/api/v1/sessions/" + session, None),
                               ("GET", "/api/v1/sessions/%s/explain" % session, None), ("GET", "/api/v1/sessions/%s/logs?lines=3" % session, None),
                               ("POST", "/api/v1/drain", None), ("POST", "/session/%s/rating" % session, {"rating": 9}),
                               ("POST", "/session/%s/rating" % session, {"rating": 4}), ("GET", "/session/%s/_hydraneck/context" % session, None),
                               ("GET", "/session/%s/_hydraneck/context?page=%s" % (session, "0" * 32), None),
                               ("GET", "/session/%s/_hydraneck/context?page=%s" % (session, "A" * 32), None),
                               ("GET", "/session/%s/ice" % session, None), ("POST", "/session/%s/quit" % ("0" * 32), None),
                               ("DELETE", "/api/v1/sessions/" + session, None)):
        back.check(method, path, running.worker_call(number, method, path, body))


if __name__ == "__main__":
    flow.main(globals(), bodies=3, workers=2, turn=False)
