# SPDX-License-Identifier: LGPL-2.1-or-later
"""The byte path of a session beside nginx, haproxy and Go's ReverseProxy: CPU time of the proxy per unit of work."""

import collections
import os
import statistics
import tempfile

import measure
import peers

HELP = "requests, downloads, uploads and tunnels beside nginx, haproxy and Go's ReverseProxy"
IDLE = 5000
PARTS = ("requests", "bytes", "tunnels", "idle")
TARGETS = {"µs per request, 1 KB": 1.05, "µs per request, 64 KB": 0.8, "tunnel": 0.9}
GB = 1 << 30


def _requests(rig, results, scale, idle):
    for size, count in (("1k", 20000), ("16k", 12000), ("64k", 5000)):
        for kind in ("keep", "close"):
            count_now = int(count * scale * (1 if kind == "keep" else 0.4))
            rig.measured("requests", size + ".bin", count_now // 10, 32, kind)
            cpu, said = rig.measured("requests", size + ".bin", count_now, 32, kind)
            row = "µs per request, %s KB, %s%s" % (size[:-1], "keep-alive" if kind == "keep" else "close", ", 5,000 idle" if idle else "")
            results[row][rig.name].append(cpu / said["units"] * 1e6)
            yield


def _per_gb(rig, results, row, scale, job, path, *words):
    size = int(GB * scale)
    cpu, _ = rig.measured(job, path, *[size if word is None else word for word in words])
    results["CPU s per GB, " + row][rig.name].append(cpu / size * GB)


def _bytes(rig, results, scale):
    size = "%dm" % int(1024 * scale)
    cpu, said = rig.measured("requests", size + ".bin", 1, 1, "keep")
    results["CPU s per GB, download"][rig.name].append(cpu / said["bytes"] * GB)
    yield
    _per_gb(rig, results, "upload", scale, "upload", "api/host/stream/upload", None)
    yield


def _tunnels(rig, results, scale):
    _per_gb(rig, results, "tunnel down", scale, "down", "source", None, 1)
    yield
    _per_gb(rig, results, "tunnel up", scale, "up", "sink", None, 1)
    yield
    cpu, said = rig.measured("video", "video", 5 if scale == 1 else 2, 50)
    results["CPU s per GB, tunnel, 50 × 20 Mbit/s video"][rig.name].append(cpu / said["bytes"] * GB)
    yield
    cpu, said = rig.measured("ping", "echo", int(10000 * scale))
    results["ping-pong through a tunnel, p50 µs"][rig.name].append(said["p50_us"])
    results["ping-pong through a tunnel, p99 µs"][rig.name].append(said["p99_us"])
    results["ping-pong through a tunnel, CPU µs"][rig.name].append(cpu / said["units"] * 1e6)


def _idle_tunnels(rig, results):
    rig.measured("requests", "1k.bin", 500, 32, "keep")
    before = measure.rss_kb(rig.pid)
    with rig.holding("echo", 4500 if rig.name == "haproxy" else IDLE, "tunnel"):
        count = 4500 if rig.name == "haproxy" else IDLE
        results["KB of RSS per idle tunnel, at 5,000"][rig.name].append((measure.rss_kb(rig.pid) - before) / count)


def _round(rig, results, scale, parts):
    if "requests" in parts:
        with rig.running():
            yield from _requests(rig, results, scale, False)
            with rig.holding("1k.bin", IDLE, "keep"):
                yield from _requests(rig, results, scale, True)
    if "bytes" in parts or "tunnels" in parts:
        with rig.running():
            if "bytes" in parts:
                yield from _bytes(rig, results, scale)
            if "tunnels" in parts:
                yield from _tunnels(rig, results, scale)
    if "idle" in parts:
        with rig.running():
            _idle_tunnels(rig, results)


def _take_turns(rounds):
    """Each proxy measures one cell, then the next proxy the same: so that what else the machine does falls on all alike."""
    while rounds:
        rounds = [one for one in rounds if next(one, StopIteration) is not StopIteration]


def _verdict(row, values):
    if "ours" not in values or len(values) < 2:
        return "–", "–"
    own = statistics.median(values["ours"])
    ratio = own / min(statistics.median(value) for name, value in values.items() if name != "ours")
    if "RSS" in row:
        return "%.2f" % ratio, "≤ 1 KB: " + ("met" if own <= 1 else "missed by %.2f KB" % (own - 1))
    if row.startswith("ping") or "idle" in row:
        return "%.2f" % ratio, ""
    limit = next((limit for word, limit in TARGETS.items() if word in row), None)
    return "%.2f" % ratio, "" if limit is None else "≤ %.2f: %s" % (limit, "met" if ratio <= limit else "missed by %.0f %%" % ((ratio / limit - 1) * 100))


def run(options):
    names = [name for name in peers.ALL if not options.only or name in options.only.split(",")]
    parts = options.part.split(",") if options.part else PARTS
    results = collections.defaultdict(lambda: collections.defaultdict(list))
    rounds, scale = (1, 0.1) if options.quick else (3, 1)
    with tempfile.TemporaryDirectory() as folder, peers.upstream(options):
        os.chmod(folder, 0o755)
        rigs = []
        for i, name in enumerate(names):
            os.mkdir(os.path.join(folder, name))
            rigs.append(peers.Rig(options, name, peers.ALL[name], os.path.join(folder, name), "127.31.0.%d" % (10 + i)))
        for number in range(rounds):
            for part in parts:
                measure.say("proxy: round %d of %d, %s" % (number + 1, rounds, part))
                _take_turns([_round(rig, results, scale, [part]) for rig in rigs])
    head = ["what"] + [peers.TITLES[name] for name in names] + ["ours / best peer", "target"]
    rows = [[row] + [measure.cell(values[name], 2 if "GB" in row or "RSS" in row else 1) for name in names] + list(_verdict(row, values))
            for row, values in results.items()]
    return measure.table(head, rows)
