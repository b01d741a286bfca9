#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""scripts/monitoring/: what promtool says of it, and every panel's query asked of Debian's Prometheus that scrapes a live cluster."""

import contextlib
import json
import math
import os
import re
import signal
import subprocess
import sys
import threading
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

import flow  # noqa: E402, I001
import child  # noqa: E402
import cluster  # noqa: E402
import holders  # noqa: E402
import web  # noqa: E402
from flow import equal, true  # noqa: E402

FOLDER = os.path.join(flow.TOP, "scripts/monitoring")
PROMETHEUS_PORT = 9090


def _read(name):
    with open(os.path.join(FOLDER, name), encoding="utf-8") as file:
        return file.read()


def _promtool(*words):
    result = subprocess.run(["/usr/bin/promtool", *words], cwd=FOLDER, capture_output=True, text=True, check=False, timeout=60)
    equal(result.returncode, 0, "promtool %s: %s%s" % (" ".join(words), result.stdout, result.stderr))


def _panels():
    return [panel for panel in json.loads(_read("grafana-dashboard.json"))["panels"] if panel["type"] != "row"]


def the_rules_pass_their_unit_tests():
    _promtool("check", "rules", "alerts.yml")
    _promtool("test", "rules", "alerts.test.yml")


def each_alert_is_tested_firing_and_quiet_and_says_what_to_do():
    tests = _read("alerts.test.yml")
    rules = re.split(r"^ +- alert: ", _read("alerts.yml"), flags=re.M)[1:]
    true(len(rules) > 15, "only %d alerts" % len(rules))
    for rule in rules:
        name = rule.split("\n")[0]
        for end in ("exp_samples: [{", "exp_samples: []"):
            true(re.search(re.escape('alertname="%s"' % name) + ".*" + re.escape(end), tests), "%s has no test with %s" % (name, end))
        for part in ("severity: ", "summary: ", "mend: "):
            true(part in rule, "%s has no %s" % (name, part))


def what_rules_and_panels_ask_for_exists():
    known = set(re.findall(r'"((?:hydraneck|process)_[a-z_]+)"', open(os.path.join(flow.TOP, "src/base/metrics-list.h"), encoding="utf-8").read()))
    for name in ("alerts.yml", "alerts.test.yml", "grafana-dashboard.json"):
        for metric in set(re.findall(r"\b((?:hydraneck|process)_[a-z_]+)(?=[{\[\s)(]|\\?\")", _read(name))) - {"process_exited"}:
            true(metric in known or re.sub("_(bucket|sum|count)$", "", metric) in known, "%s asks for %s" % (name, metric))


def panels_lie_beside_each_other_and_say_what_they_are():
    taken = {}
    for panel in json.loads(_read("grafana-dashboard.json"))["panels"]:
        at = panel["gridPos"]
        true(at["x"] + at["w"] <= 24, panel["title"])
        for cell in ((x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])):
            true(cell not in taken, "%s lies on %s" % (panel["title"], taken.get(cell)))
            taken[cell] = panel["title"]
        true(panel["type"] == "row" or (panel["description"].endswith(".") and panel["fieldConfig"]["defaults"]["unit"]), panel["title"])
    equal(len({panel["id"] for panel in _panels()}), len(_panels()), "ids")


class _Demo:
    """`./scripts/demo` as a user starts it, but for its addresses and the place of its folder; ended by Ctrl-C."""

    def __init__(self, folder):
        self.folder = folder

    def __enter__(self):
        self.process = subprocess.Popen([os.path.join(flow.TOP, "scripts/demo"), "--leased", "--bodies", "2"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        text=True, env=dict(os.environ, HYDRANECK_BUILD=flow.build_folder(), TMPDIR=self.folder), start_new_session=True)
        said = []
        for line in self.process.stdout:
            said.append(line)
            found = re.search(r"http://\S+/session/\S+", line)
            if found:
                break
        else:
            raise AssertionError("the demo prints no URL:\n%s" % "".join(said))
        self.url = found[0]
        # it goes on telling what is live
        threading.Thread(target=self.process.stdout.read, daemon=True).start()
        self.controller, *self.workers = (self._config(path) for path in sorted(self._paths()))
        return self

    def _paths(self):
        """The configurations that its processes run with: other demos may run beside it."""
        for pid in child.descendants(self.process.pid):
            with contextlib.suppress(OSError), open("/proc/%d/cmdline" % pid, encoding="utf-8") as file:
                words = file.read().split("\0")
                if words[1:2] in (["controller"], ["worker"]):
                    yield words[words.index("--config") + 1]

    def create_another(self):
        """On the body beside that of the first session."""
        url, token = "http://%s/api/v1/sessions" % self.controller["listen"], self.controller["admin_token"]
        net, _, number = web.call("GET", url, token=token).json()["sessions"][0]["body_ip"].rpartition(".")
        equal(web.call("POST", url, {"body_ip": "%s.%d" % (net, int(number) + 1)}, token=token, timeout=60).status, 201, "another session")

    @staticmethod
    def _config(path):
        with open(path, encoding="utf-8") as file:
            return json.load(file)["server"]

    def __exit__(self, *_):
        os.killpg(self.process.pid, signal.SIGINT)
        equal(self.process.wait(30), 0, "exit status of the demo")


def _start_prometheus(running, demo):
    """The sample configuration, with the demo's addresses and token, and a short interval."""
    token = running.path("prometheus.token")
    with open(os.open(token, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(demo.controller["admin_token"])
    text = _read("prometheus.yml").replace("15s", "200ms").replace("alerts.yml", os.path.join(FOLDER, "alerts.yml"))
    text = re.sub(r"/etc/prometheus/[a-z-]+\.token", token, text).replace("127.0.0.1:8080", demo.controller["listen"])
    text = text.replace('"127.0.0.1:47990"', ", ".join('"%s"' % worker["listen"] for worker in demo.workers))
    config = running.path("prometheus.yml")
    with open(config, "w", encoding="utf-8") as file:
        file.write(text)
    at = (running.plan.worker_net + "207", PROMETHEUS_PORT)
    _promtool("check", "config", config)
    running.start("prometheus", ["/usr/bin/prometheus", "--config.file=" + config, "--storage.tsdb.path=" + running.path("prometheus"),
                                 "--web.listen-address=" + cluster.at_text(at), "--log.level=warn"], None)
    running.wait(lambda: holders.bind_problem(*at), 15, "Prometheus listens")
    return cluster.at_url(at)


def _query(prometheus, text):
    try:
        reply = web.call("GET", prometheus + "/api/v1/query?" + urllib.parse.urlencode({"query": text.replace("$__rate_interval", "30s")}))
    except OSError:
        return []
    if reply.status == 503:  # it starts
        return []
    body = reply.json()
    equal(body["status"], "success", "%s: %s" % (text, body.get("error")))
    return body["data"]["result"]


def _has_data(prometheus, text):
    return any(not math.isnan(float(sample["value"][1])) for sample in _query(prometheus, text))


def every_panels_query_returns_data_of_the_live_demo(running):
    os.mkdir(running.path("demo"))
    with _Demo(running.path("demo")) as demo:
        _ask_all_panels(running, demo)


def _ask_all_panels(running, demo):
    prometheus = _start_prometheus(running, demo)
    running.wait(lambda: len(_query(prometheus, 'up{job=~"hydraneck-.+"} == 1')) == 1 + len(demo.workers), 15, "all targets scraped")
    equal(web.call("GET", demo.url).status, 200, "page")
    demo.create_another()
    stream = web.WebSocket(demo.url.split("/stream.html")[0].replace("http://", "ws://") + "/api/host/stream")
    equal(stream.status, 101, "socket")
    missing = [(panel["title"], target["expr"]) for panel in _panels() for target in panel["targets"]]

    def rest():
        missing[:] = [(title, text) for title, text in missing if not _has_data(prometheus, text)]
        return not missing
    try:
        running.wait(rest, 20, "data")
    except Exception:
        raise AssertionError("no data for %r" % missing) from None
    equal(_query(prometheus, "sum(hydraneck_sessions{job='hydraneck-controller',state='active'})")[0]["value"][1], "1", "active sessions")
    equal(_query(prometheus, 'ALERTS{alertstate="firing"}'), [], "alerts of a healthy cluster")
    stream.close()


if __name__ == "__main__":
    flow.main(globals(), bodies=1, workers=0, turn=False)
