# SPDX-License-Identifier: LGPL-2.1-or-later
"""A script into each page: the worker's injector beside nginx's sub_filter."""

import collections
import os
import statistics
import tempfile

import measure
import peers

HELP = "pages with a script inserted, beside nginx's sub_filter"
TARGET = 0.6


def run(options):
    results = collections.defaultdict(lambda: collections.defaultdict(list))
    starters = {"ours": peers.ours, "sub_filter": peers.nginx_sub_filter, "nginx": peers.nginx}
    rounds, scale = (1, 0.1) if options.quick else (3, 1)
    with tempfile.TemporaryDirectory() as folder, peers.upstream(options):
        os.chmod(folder, 0o755)
        rigs = []
        for i, (name, start) in enumerate(starters.items()):
            os.mkdir(os.path.join(folder, name))
            rigs.append(peers.Rig(options, name, start, os.path.join(folder, name), "127.31.0.%d" % (20 + i)))
        for number in range(rounds):
            for rig in rigs:
                measure.say("inject: round %d of %d, %s" % (number + 1, rounds, peers.TITLES[rig.name]))
                with rig.running():
                    for size, count in ((8, 20000), (256, 2000)):
                        rig.measured("requests", "%dk.html" % size, 200, 32, "keep")
                        cpu, said = rig.measured("requests", "%dk.html" % size, int(count * scale), 32, "keep")
                        plain, _ = rig.measured("requests", "%dk.bin" % size, int(count * scale), 32, "keep")
                        results["µs for the script alone, page of %d KB" % size][rig.name].append((cpu - plain) / said["units"] * 1e6)
                        results["µs per page of %d KB" % size][rig.name].append(cpu / said["units"] * 1e6)
    rows = []
    for row, values in results.items():
        ratio = statistics.median(values["ours"]) / statistics.median(values["sub_filter"])
        verdict = "≤ %.2f: %s" % (TARGET, "met" if ratio <= TARGET else "missed by %.0f %%" % ((ratio / TARGET - 1) * 100))
        if "alone" in row:  # a small difference of two large figures: to look at, no ground for a verdict
            ratio, verdict = 0, ""
        rows.append([row] + [measure.cell(values[name]) for name in starters] + ["%.2f" % ratio if ratio else "–", verdict])
    return measure.table(["what", "hydraneckwebrtc", "nginx `sub_filter`", "nginx, pages unchanged", "ours / `sub_filter`", "target"], rows)
