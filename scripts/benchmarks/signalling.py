# SPDX-License-Identifier: LGPL-2.1-or-later
"""Room and mesh signalling beside Nchan, FastAPI with Redis, node-ws and a bare send() loop: CPU time of the server, and of its Redis, for each delivered frame."""

import collections
import contextlib
import os
import statistics
import tempfile

import measure
import signalling_peers as peers

HELP = "room and mesh signalling beside Nchan, FastAPI, node-ws and a bare send() loop"
PARTS = ("fan", "mesh")
SIZES = (2, 10, 100, 1000)
WINDOWS = (1, 20)
ROOMS_MAX = 10      # that speak at once
SOCKETS_MAX = 1000
BYTES = 300


def _rooms(size):
    return max(1, min(ROOMS_MAX, SOCKETS_MAX // size))


class Cells:
    """What was measured: for each row and column the figures of its rounds."""

    def __init__(self):
        self.values = collections.defaultdict(lambda: collections.defaultdict(list))

    def add(self, row, column, value):
        self.values[row][column].append(value)

    def middle(self, row, column):
        found = self.values[row][column]
        return statistics.median(found) if found else None

    def cell(self, row, column, digits=2):
        return measure.cell(self.values[row][column], digits)


def _fan_once(cells, latencies, load, window, size, ms):
    system = load.system
    server, redis, said = load.measured("fan %d %d" % (window, ms))
    row = (size, window)
    cells.add(row, system.name, server / said["deliveries"] * 1e6)
    if system.redis:
        cells.add(row, system.name + " redis", redis / said["deliveries"] * 1e6)
    latencies.add(row, system.name, said["p99_us"] / 1e3)
    cells.add(row, system.name + " rate", said["deliveries"] / said["seconds"] / 1e3)


def _fan(systems, sizes, rounds, ms):
    """Rooms of each size are joined in all systems; then these take turns, cell by cell."""
    cells, latencies = Cells(), Cells()
    for size in sizes:
        measure.say("signalling: rooms of %d" % size)
        with contextlib.ExitStack() as stack:
            loads = [stack.enter_context(peers.Load(system, _rooms(size), size, size_bytes=BYTES)) for system in systems]
            for system in systems:
                system.settle()
            for window in WINDOWS:
                for load in loads:
                    load.measured("fan %d %d" % (window, ms // 4))
                for _ in range(rounds):
                    for load in loads:
                        _fan_once(cells, latencies, load, window, size, ms)
        for system in systems:
            system.settle()
    return cells, latencies


def _fan_table(cells, systems, title):
    columns = []
    for system in systems:
        columns.append((system.name, system.title))
        if system.redis:
            columns.append((system.name + " redis", "its Redis"))
    rows = []
    for size, window in cells.values:
        rows.append(["room of %s, window %d" % (format(size, ","), window)] + [cells.cell((size, window), name) for name, _ in columns])
    return measure.table([title] + [name for _, name in columns], rows)


def run(options):
    rounds, ms = (1, 250) if options.quick else (3, 700)
    parts = options.part.split(",") if options.part else PARTS
    kinds = [kind for kind in (peers.Floor, peers.Nchan, peers.FastApi) if not options.only or kind.name in options.only.split(",")]
    text = []
    with tempfile.TemporaryDirectory(prefix="hydraneck-bench-") as folder:
        os.chmod(folder, 0o755)
        if "fan" in parts:
            with contextlib.ExitStack() as stack:
                systems = [stack.enter_context(kind(options, folder, 40 + i)) for i, kind in enumerate(kinds)]
                cells, latencies = _fan(systems, SIZES, rounds, ms)
                text.append(_fan_table(cells, systems, "µs of CPU per delivery"))
                text.append(_fan_table(latencies, [s for s in systems], "p99 of a delivery, ms"))
        if "mesh" in parts:
            with contextlib.ExitStack() as stack:
                systems = [stack.enter_context(kind(options, folder, 50 + i)) for i, kind in enumerate((peers.NodeMesh,))]
                cells, latencies = _fan(systems, (2,), rounds, ms)
                text.append(_fan_table(cells, systems, "µs of CPU per relayed message"))
    return "\n\n".join(text)
