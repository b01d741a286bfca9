# SPDX-License-Identifier: LGPL-2.1-or-later
"""The running cluster as an attacker and a judge see it: doors, and what was seen behind them."""

import json
import os


class Seen:
    """What nginx wrote about the requests that it saw."""

    def __init__(self, path):
        self.path = path
        self.at = 0
        self.entries = []

    def read(self):
        if not os.path.exists(self.path):
            return self.entries
        with open(self.path, "rb") as file:
            file.seek(self.at)
            data = file.read()
        whole = data[:data.rfind(b"\n") + 1]
        self.at += len(whole)
        self.entries += [json.loads(line.decode("latin-1")) for line in whole.splitlines()]
        return self.entries

    def of(self, mark):
        return [entry for entry in self.read() if mark in entry["line"]]


class Door:
    """One process and one kind of path: where to, which targets, what a good request gets."""

    def __init__(self, name, at, session):
        self.name = name
        self.at = at
        self.session = session
        self.good = {"GET": 200, "POST": 200 if session else 401, "HEAD": 200}
        self.prefix = "/session/%s" % session if session else "/api/v1"
        self.get = self.prefix + ("/x" if session else "/health")
        self.post = self.prefix + ("/api/host/stream/x" if session else "/sessions")

    def fill(self, data, mark):
        paths = {b"@G": self.get, b"@P": self.post, b"@D": self.prefix + "/a/../health", b"@E": self.prefix + "/a%2fb",
                 b"@N": self.prefix + "/a%00b", b"@Z": self.prefix + "/a%zz"}
        data = data.replace(b"@H", b"Host: a\r\n").replace(b"@S", (self.get + "?smuggled=" + mark).encode())
        for key, path in paths.items():
            data = data.replace(key, (path + "?m=" + mark).encode())
        return data

    def probe(self, mark, path=None):
        return ("GET %s?m=%s HTTP/1.1\r\nHost: a\r\n\r\n" % (self.prefix + path if path else self.get, mark)).encode()


class Odd:
    """What the odd upstream told."""

    def __init__(self, path):
        self.path = path

    def events(self, mark, event="begun"):
        with open(self.path, encoding="ascii") as file:
            lines = [json.loads(line) for line in file if line.endswith("\n")]
        return [line for line in lines if line["event"] == event and mark in line["bytes"].split("\r\n", 1)[0]]


class World:
    """The running cluster with its two sessions: behind one stands nginx, behind the other an upstream that does as it is told."""

    def __init__(self, running, log):
        self.running = running
        self.log = log
        self.nginx = self.session("nginx", 1)
        self.odd = self.session("odd", 2)
        self.seen = Seen(os.path.join(log, "seen.log"))
        self.told = Odd(os.path.join(log, "odd.log"))
        at = {"controller": running.plan.controller, "worker": running.plan.worker(1)}
        self.doors = [Door("%s_%s" % (name, kind), at[name], self.nginx if kind == "session" else None)
                      for name in at for kind in ("api", "session")]
        self.odd_doors = [Door(name, at[name], self.odd) for name in at]
        self.count = 0

    def session(self, mode, body):
        with open(os.path.join(self.log, "mode"), "w", encoding="ascii") as file:
            file.write(mode)
        return self.running.create(body)["session_id"]

    def next_mark(self, name):
        self.count += 1
        return "%s.%d." % (name, self.count)
