# SPDX-License-Identifier: LGPL-2.1-or-later
"""`scripts/soak signalling`: the long forms of what the flow tests of rooms and mesh do small, on a real Redis and three instances, in a bounded time."""

import argparse
import asyncio
import faulthandler
import time

import flow
import mesh_rounds
import meshes
import rooms_rounds
import rooms_troubles
import rooms_cluster

LEASE_SECONDS = 30  # as it is without a word
ROUNDS = 10000
LATE_SECONDS = 600  # beyond --minutes something hangs


class Mesh(rooms_cluster.Control, meshes.Mesh):
    def socket_url(self, number):
        return self.ws(number)


class StartedMesh(rooms_cluster.Started):
    kind = Mesh


def _on(started, job, *words, **more):
    with started as cluster:
        return asyncio.run(job(cluster, *words, **more))


def _rounds(job, count, redis=True):
    return lambda: _on(rooms_cluster.Started(instances=3 if redis else 1, redis=redis, extra=rooms_rounds.UNLIMITED), job, count)


def _mesh(job, count):
    return lambda: _on(StartedMesh(instances=3, redis=True, extra=mesh_rounds.UNLIMITED), job, count)


def _trouble(job, *words):
    return lambda: _on(rooms_cluster.Started(instances=3), job, *words, rooms=10, per_instance=3, talk=3.0)


def steps(rounds):
    """(name, what does it), shortest first."""
    return (
        ("numbered", _rounds(rooms_rounds.numbered, rounds)),
        ("numbered-memory", _rounds(rooms_rounds.numbered, rounds, redis=False)),
        ("two-speakers", _rounds(rooms_rounds.two_speakers, rounds // 2)),
        ("joins", _rounds(rooms_rounds.joins_beside_messages, rounds // 10)),
        ("offers", _rounds(rooms_rounds.offers_to_whoever_comes, rounds)),
        ("mesh-offers", _mesh(mesh_rounds.offers_in_order, rounds)),
        ("mesh-one-id", _mesh(mesh_rounds.one_id_at_two_instances, rounds // 10)),
        ("mesh-all-at-once", _mesh(mesh_rounds.all_at_once, min(1000, rounds // 10))),
        ("kill", _trouble(rooms_troubles.kill, LEASE_SECONDS)),
        ("redis-restarted", _trouble(rooms_troubles.redis_restarted)),
        ("redis-frozen", _trouble(rooms_troubles.redis_frozen, 5)),
        ("redis-away", _trouble(rooms_troubles.redis_away, 60)),
    )


def main(words, made, release):
    parser = argparse.ArgumentParser(prog="scripts/soak signalling", description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--minutes", type=float, default=15, help="how long all of it may take; what the rounds leave is for joins and leaves, at least one minute")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="of each form (%d); some do a half or a tenth of it" % ROUNDS)
    parser.add_argument("--only", default="", help="steps, comma between: %s, churn" % ", ".join(name for name, _ in steps(ROUNDS)))
    parser.add_argument("--folder", default=release, help="build folder; made as a release if it is missing")
    chosen = parser.parse_args(words)
    made(chosen.folder)
    faulthandler.dump_traceback_later(chosen.minutes * 60 + LATE_SECONDS, exit=True)
    wanted = chosen.only.split(",") if chosen.only else None
    began = time.monotonic()
    wrong = []
    for expected in ("[rooms]", "[mesh]", "[redis]"):
        flow.expect_log(expected)

    def step(name, work):
        if wanted is not None and name not in wanted:
            return
        since = time.monotonic()
        try:
            print("ok      %s (%.0f s)" % (work(), time.monotonic() - since), flush=True)
        except Exception as problem:  # noqa: BLE001: a step may fail in any way; the others still run
            wrong.append(name)
            print("FAILED  %s: %s" % (name, problem), flush=True)

    for name, work in steps(chosen.rounds):
        step(name, work)
    left = max(60, chosen.minutes * 60 - (time.monotonic() - began))
    step("churn", lambda: _on(rooms_cluster.Started(instances=3, extra=rooms_rounds.UNLIMITED), rooms_rounds.comings_and_goings, left, say=lambda text: print("        … " + text, flush=True)))
    print("soak signalling: %s" % ("%d findings (%s)" % (len(wrong), ", ".join(wrong)) if wrong else "all bounds held"))
    return 1 if wrong else 0
