# SPDX-License-Identifier: LGPL-2.1-or-later
"""Room and mesh signalling beside Nchan, FastAPI with Redis, node-ws and a bare send() loop: CPU time of the server, and of its Redis, for each delivered frame; what an idle socket
costs, how long a join takes, and what comes from one instance to the other."""

import collections
import contextlib
import os
import random
import statistics
import tempfile

import measure
import signalling_peers as peers

HELP = "room and mesh signalling beside Nchan, FastAPI, node-ws and a bare send() loop"
PARTS = ("fan", "mesh", "idle", "join", "cross")
ROOMS = (peers.Ours, peers.Sockets, peers.Floor, peers.Nchan, peers.OursRedis, peers.OursTwo, peers.FastApi)
MESH = (peers.OursMesh, peers.NodeMesh)
SIZES = (2, 10, 100, 1000)
WINDOWS = (1, 20)
ROOMS_MAX = 10  # that speak at once
SOCKETS_MAX = 1000
CROSS_ROUNDS = 3
IDLE = 10000
MESH_IDLE = 1000  # everybody is told of everybody
# (ours, the other, size, window, at most)
TARGETS = (("ours", "floor", 100, 1, 1.3), ("ours", "nchan", 100, 20, 0.7), ("ours-redis", "fastapi", 100, 20, 1 / 15), ("ours-redis", "fastapi", 2, 1, 0.1),
           ("ours-redis", "fastapi", 2, 20, 0.1), ("ours", "fastapi", 100, 20, 1 / 15), ("ours", "fastapi", 2, 1, 0.1), ("ours", "fastapi", 2, 20, 0.1))


class Cells:
    """What was measured: for each row and column the figures of its rounds."""

    def __init__(self):
        self.values = collections.defaultdict(lambda: collections.defaultdict(list))

    def add(self, row, column, value):
        self.values[row][column].append(value)

    def middle(self, row, column):
        return statistics.median(self.values[row][column])

    def ratio(self, row, own, other):
        """The middle of the ratios that each round gave: its two turns are a second apart."""
        pairs = list(zip(self.values[row][own], self.values[row][other]))
        return statistics.median(mine / its for mine, its in pairs) if pairs else None

    def cell(self, row, column, digits):
        """Median, and half the distance that half of the rounds are within."""
        found = self.values[row][column]
        if len(found) < 4:
            return measure.cell(found, digits)
        low, _, high = statistics.quantiles(found, n=4)
        return "%.*f ± %.*f" % (digits, statistics.median(found), digits, (high - low) / 2)

    def table(self, head, columns, name_of_row, digits=2):
        """`columns`: (key, title); those without a figure are left out."""
        columns = [(key, title) for key, title in columns if any(cells[key] for cells in self.values.values())]
        rows = [[name_of_row(row)] + [self.cell(row, key, digits) for key, _ in columns] for row in list(self.values)]
        return measure.table([head] + [title for _, title in columns], rows)


class Bench:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        # many short turns: a virtual core changes its speed by half every few seconds, and systems are to be compared at the same one
        self.rounds, self.ms = (3, 80) if options.quick else (15, 100)
        self.network = 40

    @contextlib.contextmanager
    def systems(self, kinds):
        """Those that were not left out by --only, all running."""
        wanted = self.options.only.split(",") if self.options.only else None
        with contextlib.ExitStack() as stack:
            started = []
            for kind in kinds:
                if wanted is None or kind.name in wanted:
                    self.network += 1
                    folder = os.path.join(self.folder, str(self.network))
                    os.mkdir(folder)
                    started.append(stack.enter_context(kind(self.options, folder, self.network)))
            yield started

    def fan(self, kinds, sizes):
        """Rooms of each size are joined in all systems; these then take turns, cell by cell, so that what else the machine does falls on all alike."""
        cpu, late, rate = Cells(), Cells(), Cells()
        with self.systems(kinds) as systems:
            for size in sizes:
                measure.say("signalling: rooms of %d" % size)
                with contextlib.ExitStack() as stack:
                    loads = list(self._joined(stack, systems, size))
                    for window in WINDOWS:
                        for number in range(-1, self.rounds):
                            turns = random.Random(number).sample(loads, len(loads))  # nobody always comes behind the same one
                            fell_out = [load for load in turns if not self._fan(load, (size, window), number >= 0, cpu, late, rate)]
                            loads = [load for load in loads if load not in fell_out]
                for system in systems:
                    system.settle()
        return cpu, late, rate

    def _joined(self, stack, systems, size):
        for system in systems:
            try:
                yield stack.enter_context(peers.Load(system, max(1, min(ROOMS_MAX, SOCKETS_MAX // size)), size))
            except RuntimeError as problem:  # the others are measured all the same
                measure.say("signalling: %s is left out: %s" % (system.name, problem))

    def _fan(self, load, row, counts, cpu, late, rate):
        """One cell of one system, the first time to warm up; False when it did not get through."""
        name = load.system.name
        if not counts:
            load.system.settle()
        try:
            server, redis, said = load.measured("fan %d %d" % (row[1], self.ms))
        except RuntimeError as problem:
            measure.say("signalling: %s fell out: %s" % (name, problem))
            return False
        if counts:
            cpu.add(row, name, server / said["deliveries"] * 1e6)
            late.add(row, name, said["p99_us"] / 1e3)
            rate.add(row, name, said["deliveries"] / said["seconds"] / 1e3)
        if counts and load.system.redis:
            cpu.add(row, name + " redis", redis / said["deliveries"] * 1e6)
        return True

    def idle(self, figures):
        """Memory of sockets that say nothing."""
        for kind, count, size in ((peers.Ours, IDLE, 10), (peers.OursRedis, IDLE, 10), (peers.Nchan, IDLE, 10), (peers.OursMesh, MESH_IDLE, 2)):
            with self.systems([kind]) as systems:
                for system in systems:
                    measure.say("signalling: %d idle sockets at %s" % (count, system.name))
                    before = system.rss_kb()
                    with peers.Load(system, count // size, size):
                        figures.add("KB of RSS per idle socket, %s of them, %s" % (format(count, ","), system.title), "figure", (system.rss_kb() - before) / count)

    def join(self, figures):
        """From connect() to the first message."""
        for kind in (peers.Ours, peers.OursRedis):
            for at_once in (1, 16):
                with self.systems([kind]) as systems:
                    for system in systems:
                        with peers.Load(system, 200, 10, at_once=at_once) as load:
                            figures.add("p99 from connect() to `room_state`, ms, %d at a time, %s" % (at_once, system.title), "figure", load.joined["join_p99_us"] / 1e3)

    def cross(self, figures):
        """2,000 messages a second over 200 rooms of 10, whose members are on two instances by turns."""
        with self.systems([peers.OursTwo]) as systems:
            for system in systems:
                with peers.Load(system, 200, 10, speakers=0) as load:
                    load.measured("pace 2000 500")
                    for _ in range(CROSS_ROUNDS):
                        server, redis, said = load.measured("pace 2000 %d" % (20 * self.ms))
                        figures.add("p50 from one instance to the other at 2,000 messages/s, ms", "figure", said["across_p50_us"] / 1e3)
                        figures.add("p99 from one instance to the other at 2,000 messages/s, ms", "figure", said["across_p99_us"] / 1e3)
                        figures.add("… CPU of both instances, % of a core", "figure", server / said["seconds"] * 100)
                        figures.add("… CPU of Redis, % of a core", "figure", redis / said["seconds"] * 100)


LIMITS = (("KB of RSS per idle", 4), ("p99 from connect()", 10), ("p99 from one instance", 5))


def _columns(kinds):
    found = []
    for kind in kinds:
        found += [(kind.name, kind.title), (kind.name + " redis", "its Redis")]
    return found


def _row(row):
    return "room of %s, window %d" % (format(row[0], ","), row[1])


def _met(value, limit):
    return "met" if value <= limit else "missed by %.0f %%" % ((value / limit - 1) * 100)


def _targets(cpu):
    """What the issue wants, with the ratio that was found."""
    titles = {kind.name: kind.title for kind in ROOMS}
    rows = []
    for own, other, size, window, limit in TARGETS:
        ratio = cpu.ratio((size, window), own, other) if (size, window) in cpu.values else None
        if ratio is not None:
            rows.append(["%s: %s / %s" % (_row((size, window)), titles[own], titles[other]), "%.3f" % ratio, "≤ %.3f: %s" % (limit, _met(ratio, limit))])
    return measure.table(["server CPU per delivery", "ratio", "target"], rows) if rows else ""


def _figures(figures):
    rows = []
    for row in list(figures.values):
        limit = next((limit for word, limit in LIMITS if row.startswith(word) and "Nchan" not in row), None)
        rows.append([row, measure.cell(figures.values[row]["figure"], 2), "" if limit is None else "≤ %g: %s" % (limit, _met(figures.middle(row, "figure"), limit))])
    return measure.table(["what", "figure", "target"], rows) if rows else ""


def run(options):
    parts = options.part.split(",") if options.part else PARTS
    text, figures = [], Cells()
    with tempfile.TemporaryDirectory(prefix="hydraneck-bench-") as folder:
        os.chmod(folder, 0o755)
        bench = Bench(options, folder)
        if "fan" in parts:
            cpu, late, rate = bench.fan(ROOMS, [int(size) for size in options.size.split(",")] if options.size else SIZES)
            text += [cpu.table("µs of CPU per delivery", _columns(ROOMS), _row), _targets(cpu), late.table("p99 of a delivery, ms", _columns(ROOMS), _row),
                     rate.table("thousand deliveries a second", _columns(ROOMS), _row, 0)]
        if "mesh" in parts:
            cpu, late, _ = bench.fan(MESH, (2,))
            text += [cpu.table("µs of CPU per relayed message", _columns(MESH), lambda row: "window %d" % row[1]),
                     late.table("p99 of a relayed message, ms", _columns(MESH), lambda row: "window %d" % row[1])]
        for part in ("idle", "join", "cross"):
            if part in parts:
                getattr(bench, part)(figures)
        text.append(_figures(figures))
    return "\n\n".join(one for one in text if one)
