#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""GET /metrics of both roles: who may read it, the golden page of each, and what a life of a session leaves in it.

After a change of src/base/metrics-list.h: `HYDRANECK_GOLDEN=write tests/flow/test_metrics.py` writes the golden pages anew, and
`build/src/cli/hydraneckwebrtc metrics-doc >docs/metrics.md` the document."""

import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

import flow  # noqa: E402, I001
import web  # noqa: E402
from flow import contains, equal, true  # noqa: E402

GOLDEN = os.path.join(flow.TOP, "tests/flow/golden")
LINE = re.compile(r'^([a-z_]+)(?:\{((?:[a-z]+="(?:[^"\\\n]|\\.)*",?)+)\})? (-?[0-9.]+)$')
TYPES = ("counter", "gauge", "histogram")


def _parse(text):
    """{series -> value} of a page, held to the text format: HELP and TYPE once before the samples of each name, nothing twice."""
    values, types, name = {}, {}, None
    true(text.endswith("\n"), "the page ends within a line")
    for line in text.splitlines():
        if line.startswith("# HELP "):
            name = line.split(" ", 3)[2]
            true(name not in types and len(line.split(" ", 3)) == 4, "bad line: " + line)
        elif line.startswith("# TYPE "):
            equal(line.split(" ")[2], name, "name of " + line)
            types[name] = line.split(" ")[3]
            true(types[name] in TYPES, "bad line: " + line)
        else:
            found = LINE.match(line)
            true(found, "bad line: " + line)
            stem = re.sub("_(bucket|sum|count)$", "", found.group(1)) if types[name] == "histogram" else found.group(1)
            equal(stem, name, "name of " + line)
            series = line.rsplit(" ", 1)[0]
            true(series not in values, "twice: " + series)
            values[series] = float(found.group(3))
    return values


def _page(url, token=None):
    reply = web.call("GET", url + "/metrics", token=token)
    equal(reply.status, 200, "status")
    equal(reply.headers["Content-Type"], "text/plain; version=0.0.4; charset=utf-8", "type")
    return reply.body.decode()


def _golden(role, text):
    """Numbers and version are not compared."""
    text = re.sub(r'version="[^"]*"', 'version="V"', re.sub(r" -?[0-9.]+$", " N", text, flags=re.M))
    path = os.path.join(GOLDEN, "metrics-%s.txt" % role)
    if os.environ.get("HYDRANECK_GOLDEN") == "write":
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    with open(path, encoding="utf-8") as file:
        expected = file.read()
    if text != expected:
        import difflib
        raise AssertionError("\n".join(difflib.unified_diff(expected.splitlines(), text.splitlines(), path, "page", lineterm="")))


def the_pages_of_fresh_processes_are_the_golden_ones(running):
    _golden("controller", _page(running.url))
    _golden("worker", _page(running.worker_url(1)))


def a_page_keeps_the_text_format_and_buckets_only_grow(running):
    for url in (running.url, running.worker_url(1)):
        values = _parse(_page(url))
        for series in values:
            if series.startswith("hydraneck_loop_lag_seconds_bucket"):
                true(values[series] <= values['hydraneck_loop_lag_seconds_bucket{le="+Inf"}'], series)
        true(values["process_resident_memory_bytes"] > 1e6 and values["process_open_fds"] > 3, "process values of %s" % url)
        true(values["process_start_time_seconds"] > 1.6e9, "start")
        true(values["hydraneck_connections"] >= 1, "the connection that asks")


def a_bearer_may_read_it_and_a_stranger_behind_a_proxy_not(running):
    for url in (running.url, running.worker_url(1)):
        for field, value in (("Host", "node.example"), ("Host", "127.0.0.1.example:80")):
            flow.error_shape(web.call("GET", url + "/metrics", headers={field: value}), 401, "unauthorized", "server.admin_token")
        for field in ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via"):
            reply = web.call("GET", url + "/metrics", headers={field: "for=192.0.2.1"})
            flow.error_shape(reply, 401, "unauthorized", "server.admin_token")
            equal(reply.headers["WWW-Authenticate"], "Bearer", "challenge")
            equal(web.call("GET", url + "/metrics", headers={field: "for=192.0.2.1"}, token="wrong").status, 401, "wrong token")
            equal(web.call("GET", url + "/metrics", headers={field: "for=192.0.2.1"}, token=running.plan.token).status, 200, "bearer")


def _metrics(running):
    return _parse(_page(running.url)), _parse(_page(running.worker_url(1)))


def _grew(before, after, series, by=1):
    equal(after[series] - before[series], by, "growth of " + series)


def a_session_leaves_its_trace_in_both_pages(running):
    before = _metrics(running)
    created = running.create(1)
    page = web.call("GET", created["stream_url"])
    equal(page.status, 200, "page")
    socket = web.WebSocket(created["stream_url"].split("/stream.html")[0].replace("http://", "ws://") + "/api/host/stream")
    equal(socket.status, 101, "socket")
    running.wait(lambda: running.call("GET", "/api/v1/sessions").json()["sessions"][0]["status"] == "active", 10, "active")
    during = _metrics(running)
    for was, now in zip(before, during):
        _grew(was, now, 'hydraneck_session_creates_total{outcome="created"}')
        _grew(was, now, "hydraneck_session_create_duration_seconds_count")
        _grew(was, now, 'hydraneck_proxy_requests_total{class="2xx"}')
        _grew(was, now, "hydraneck_proxy_duration_seconds_count", 2)
        _grew(was, now, 'hydraneck_proxy_requests_total{class="1xx"}')
        _grew(was, now, "hydraneck_tunnels_opened_total")
        equal(now["hydraneck_tunnels"], 1, "tunnels")
        equal(now['hydraneck_sessions{state="active"}'], 1, "active sessions")
        true(now['hydraneck_proxy_bytes_total{direction="to_client"}'] - was['hydraneck_proxy_bytes_total{direction="to_client"}']
             >= len(page.body) - 200, "bytes of the page")
        true(now["hydraneck_session_create_duration_seconds_sum"] > was["hydraneck_session_create_duration_seconds_sum"], "sum")
    _grew(before[1], during[1], 'hydraneck_pairings_total{outcome="paired"}')
    _grew(before[1], during[1], "hydraneck_pairing_duration_seconds_count")
    _grew(before[1], during[1], 'hydraneck_injections_total{outcome="injected"}')
    true(during[1]['hydraneck_heartbeats_total{outcome="ok"}'] > 0, "heartbeats")
    true(during[0]['hydraneck_heartbeats_received_total{outcome="ok"}'] > 0, "heartbeats received")
    equal(during[0]['hydraneck_workers{state="healthy"}'], 1, "workers")
    socket.close()
    running.call("DELETE", "/api/v1/sessions/" + created["session_id"])
    running.wait_event("nps_record", "services")
    running.wait(lambda: _metrics(running)[1]['hydraneck_spool_sent_total{kind="record"}']
                 > before[1]['hydraneck_spool_sent_total{kind="record"}'], 5, "the record counted as sent")
    after = _metrics(running)
    _grew(before[1], after[1], 'hydraneck_session_ends_total{reason="api_delete"}')
    _grew(before[1], after[1], 'hydraneck_spooled_total{kind="record"}')
    for now in after:
        equal(now["hydraneck_tunnels"], 0, "tunnels at the end")


def failed_creates_are_counted_by_what_was_wrong(running):
    before = _metrics(running)
    running.create(1, expect=400, body_ip="nonsense")
    running.create(9, expect=502)
    after = _metrics(running)
    _grew(before[0], after[0], 'hydraneck_session_creates_total{outcome="invalid"}')
    for was, now in zip(before, after):
        _grew(was, now, 'hydraneck_session_creates_total{outcome="body_failed"}')


def draining_is_seen(running):
    running.call("POST", "/api/v1/workers/worker-1/drain")
    values = _metrics(running)[0]
    running.call("DELETE", "/api/v1/workers/worker-1/drain")
    equal((values["hydraneck_workers_draining"], values["hydraneck_session_capacity"]), (1, 0), "draining and capacity")
    equal(_metrics(running)[0]["hydraneck_session_capacity"], 4, "capacity afterwards")


def the_document_is_current():
    program = os.path.join(flow.build_folder(), "src/cli/hydraneckwebrtc")
    printed = subprocess.run([program, "metrics-doc"], capture_output=True, text=True, check=True, timeout=20).stdout
    with open(os.path.join(flow.TOP, "docs/metrics.md"), encoding="utf-8") as file:
        true(file.read() == printed, "docs/metrics.md is old: hydraneckwebrtc metrics-doc >docs/metrics.md")
    contains(printed, "| `hydraneck_tunnels` | gauge | both |", "document")


if __name__ == "__main__":
    flow.expect_log("session not created: field 'body_ip'")
    flow.expect_log("unreachable on port 47990")
    flow.main(globals(), bodies=2, workers=1, turn=False)
