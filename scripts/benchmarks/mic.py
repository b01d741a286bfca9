# SPDX-License-Identifier: LGPL-2.1-or-later
"""The microphone's relay beside a pion program that does the same: CPU for each stream, and how long a packet is under way.

Streams come from pion clients (50 packets a second each, 80 bytes of payload, encrypted), go through the receiver on a core of its own, and end
at a socket on the other core. The added latency is what the wire shows (wire.c): from the encrypted packet's arrival at the receiver to the plain
one's at the body, by the kernel's clock both times, so that no delay of the clients or of the one who measures is in it."""

import contextlib
import json
import os
import statistics
import subprocess
import sys
import time

import measure

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tests/support"))

import mic_peer as peers  # noqa: E402

HELP = "microphones, beside a pion receiver: CPU per stream and added latency"
CPU_TARGET = 1.3  # of pion's, at 15 streams
P99_TARGET_MS = 1.0
SETTLE_SECONDS = 6  # for five, libnice goes on looking for better ways
HOST = "127.31.9.1"
TAP = ("127.31.9.2", 47995)


def _receiver(options, program, name, port):
    if name == "ours":
        return [os.path.join(options.build, "scripts/benchmarks/bench-mic-own"), HOST, str(port), *map(str, TAP)]
    return [program, "-serve", "%s:%d" % (HOST, port)]


def _one(options, program, name, streams, seconds, port):
    """(CPU ms per second and stream, p50 µs, p99 µs, share of packets that came)"""
    core, load_core = measure.cores()
    url = "http://%s:%d/offer?to=%s:%d" % (HOST, port, *TAP)
    with contextlib.ExitStack() as stack:
        wire = [os.path.join(options.build, "scripts/benchmarks/bench-mic-wire"), *map(str, TAP), str(seconds)]
        tap = stack.enter_context(measure.process(wire, load_core, stdin=subprocess.PIPE))
        receiver = stack.enter_context(measure.process(_receiver(options, program, name, port), core))
        time.sleep(1)  # the receiver's libraries are loaded, whichever they are
        peer = stack.enter_context(peers.Peer(program, "-size", "80", "-scatter", "-together", "8", "-seconds", "300", *[url] * streams))
        os.sched_setaffinity(peer.process.pid, {load_core})
        for task in os.listdir("/proc/%d/task" % peer.process.pid):
            os.sched_setaffinity(int(task), {load_core})
        peer.wait("connected", 120, streams)
        time.sleep(SETTLE_SECONDS)
        before, began = measure.cpu_seconds(receiver.pid), time.monotonic()
        tap.stdin.write("go\n")
        tap.stdin.flush()
        said = json.loads(tap.stdout.readline())
        cpu = (measure.cpu_seconds(receiver.pid) - before) / (time.monotonic() - began)
    return cpu / streams * 1000, said["p50_us"], said["p99_us"], said["out"] / max(1, said["in"])


def _row(streams, results):
    ours, pion = ([statistics.median(values) for values in zip(*results[name])] for name in ("ours", "pion"))
    ratio = ours[0] / pion[0]
    verdict = "–"
    if streams == 15:
        good = ratio <= CPU_TARGET and ours[2] / 1000 <= P99_TARGET_MS
        verdict = "≤ %.1f and p99 ≤ %.0f ms: %s" % (CPU_TARGET, P99_TARGET_MS, "met" if good else "missed")
    cells = [measure.cell([each[0] for each in results[name]], 2) for name in ("ours", "pion")]
    times = ["%.2f / %.2f" % (each[1] / 1000, each[2] / 1000) for each in (ours, pion)]
    came = "%.1f / %.1f" % (min(100, ours[3] * 100), min(100, pion[3] * 100))
    return ["%d" % streams, *cells, "%.2f" % ratio, *times, came, verdict]


def run(options):
    program = peers.build(options.build)
    rounds, seconds, counts = (1, 3, (15,)) if options.quick else (3, 8, (15, 60, 200))
    rows, lost = [], []
    port = 9000
    for streams in counts:
        results = {"ours": [], "pion": []}
        for number in range(rounds):
            for name in results:
                measure.say("mic: %d streams, round %d of %d, %s" % (streams, number + 1, rounds, name))
                port += 1
                try:
                    results[name].append(_one(options, program, name, streams, seconds, port))
                except AssertionError as error:
                    lost.append("%s at %d streams: %s" % (name, streams, str(error).split(":")[0]))
                    measure.say(lost[-1])
        if all(results.values()):
            rows.append(_row(streams, results))
    head = ["streams", "ours: CPU ms per s and stream", "pion", "ours / pion", "ours: p50 / p99 ms", "pion: p50 / p99 ms",
            "% came: ours / pion", "target"]
    return measure.table(head, rows) + ("\n\nRounds that count for nothing: %s." % "; ".join(lost) if lost else "")
