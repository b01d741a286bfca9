# SPDX-License-Identifier: LGPL-2.1-or-later
"""TLS beside nginx, with the same certificate (ECDSA P-256), library, versions, ciphers and groups: CPU time of the proxy per handshake and per GB."""

import collections
import os
import statistics
import subprocess
import tempfile

import measure
import peers

HELP = "handshakes, downloads, uploads and tunnels over TLS beside nginx"
GB = 1 << 30
IDLE = 2000
LIMIT = 1.1
TITLES = {"ours": "hydraneckwebrtc", "nginx": "nginx"}

NGINX = """ssl_certificate {cert}; ssl_certificate_key {key}; ssl_protocols TLSv1.2 TLSv1.3; ssl_prefer_server_ciphers on;
    ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384; ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384;
    ssl_ecdh_curve X25519:prime256v1; ssl_session_tickets on; ssl_session_cache off;"""


class Rig(peers.Rig):
    def __init__(self, options, name, folder, host, pair):
        starts = {"ours": lambda build, its, at, port: peers.ours(build, its, at, port, pair),
                  "nginx": lambda build, its, at, port: peers.nginx(build, its, at, port, tls=NGINX.format(cert=pair[0], key=pair[1]))}
        super().__init__(options, name, starts[name], folder, host)
        self.tool = os.path.join(options.build, "scripts/benchmarks/bench-tls-load")


def _handshakes(rig, results, scale):
    for kind in ("full", "resumed"):
        rig.measured("handshakes", "1k.bin", 50, kind)
        count = int(3000 * scale)
        cpu, _ = rig.measured("handshakes", "1k.bin", count, kind)
        results["µs per handshake, TLS 1.3, " + kind][rig.name].append(cpu / count * 1e6)
        yield


def _bytes(rig, results, scale):
    size = "%dm" % int(1024 * scale)
    for row, job, path in (("download", "get", size + ".bin"), ("upload", "post", "api/host/stream/upload"), ("tunnel down", "down", "source"),
                           ("tunnel up", "up", "sink")):
        cpu, said = rig.measured(job, path, size)
        results["CPU s per GB, " + row][rig.name].append(cpu / said["bytes"] * GB)
        yield


def _idle(rig, results):
    rig.measured("handshakes", "1k.bin", 200, "full")
    before = measure.rss_kb(rig.pid)
    argv = rig.argv("hold", "1k.bin", IDLE)
    with measure.process(argv, measure.cores()[1], stdin=subprocess.PIPE):
        results["KB of RSS per idle connection, at 2,000"][rig.name].append((measure.rss_kb(rig.pid) - before) / IDLE)
    yield


def _round(rig, results, scale):
    with rig.running():
        yield from _handshakes(rig, results, scale)
        yield from _bytes(rig, results, scale)
    with rig.running():
        yield from _idle(rig, results)


def _take_turns(rounds):
    while rounds:
        rounds = [one for one in rounds if next(one, StopIteration) is not StopIteration]


def _verdict(row, values):
    ratio = statistics.median(values["ours"]) / statistics.median(values["nginx"])
    if "RSS" in row:
        return "%.2f" % ratio, ""
    return "%.2f" % ratio, "≤ %.2f: %s" % (LIMIT, "met" if ratio <= LIMIT else "missed by %.0f %%" % ((ratio / LIMIT - 1) * 100))


def _pair(folder):
    cert, key = os.path.join(folder, "cert.pem"), os.path.join(folder, "key.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=bench",
                    "-keyout", key, "-out", cert], check=True, capture_output=True)
    os.chmod(key, 0o644)
    return cert, key


def run(options):
    names = [name for name in TITLES if not options.only or name in options.only.split(",")]
    results = collections.defaultdict(lambda: collections.defaultdict(list))
    rounds, scale = (1, 0.1) if options.quick else (3, 1)
    with tempfile.TemporaryDirectory() as folder, peers.upstream(options):
        os.chmod(folder, 0o755)
        pair = _pair(folder)
        rigs = []
        for i, name in enumerate(names):
            os.mkdir(os.path.join(folder, name))
            rigs.append(Rig(options, name, os.path.join(folder, name), "127.31.0.%d" % (20 + i), pair))
        for number in range(rounds):
            measure.say("tls: round %d of %d" % (number + 1, rounds))
            _take_turns([_round(rig, results, scale) for rig in rigs])
    head = ["what"] + [TITLES[name] for name in names] + (["ours / nginx", "target"] if len(names) > 1 else [])
    rows = [[row] + [measure.cell(values[name], 2 if "GB" in row else 1) for name in names] + (list(_verdict(row, values)) if len(names) > 1 else [])
            for row, values in results.items()]
    return measure.table(head, rows)
