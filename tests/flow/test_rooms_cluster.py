#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Three instances of `hydraneckwebrtc rooms` and a real Redis: one instance is killed under load, Redis is restarted, frozen, and away for longer than a lease. `scripts/soak signalling` does the same at full
length; here a lease is a second."""

import asyncio
import os
import resource
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

import flow  # noqa: E402, I001: it makes the modules below findable
import rooms_cluster  # noqa: E402
import rooms_troubles  # noqa: E402
import signalling  # noqa: E402

LEASE_SECONDS = 1
SMALL = {"rooms": 2, "per_instance": 2, "rate": 10, "talk": 0.5}


def _live_through(trouble, *words):
    print(asyncio.run(trouble(*words, **SMALL)), flush=True)


def one_of_three_killed_under_load_costs_the_others_nothing(running):
    _live_through(rooms_troubles.kill, running, LEASE_SECONDS)


def no_socket_waits_until_the_table_of_descriptors_has_grown(running):
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    for number in running.numbers():
        with open("/proc/%d/status" % running.children[running.name(number)].pid, encoding="ascii") as file:
            size = next(int(line.split()[1]) for line in file if line.startswith("FDSize:"))
        flow.true(size >= min(soft, 65536), "instance %d has room for %d descriptors of %d" % (number, size, soft))


def a_redis_that_is_restarted_ends_no_socket_and_is_no_leave(running):
    _live_through(rooms_troubles.redis_restarted, running)


def a_redis_that_is_frozen_stalls_nobody(running):
    _live_through(rooms_troubles.redis_frozen, running, 1.5)


def a_redis_that_is_away_for_longer_than_a_lease_is_no_leave(running):
    _live_through(rooms_troubles.redis_away, running, 3 * LEASE_SECONDS)


flow.expect_log("WARNING [redis] Redis is away")

if __name__ == "__main__":
    flow.main(globals(), started=rooms_cluster.Started, between=signalling.nothing, instances=3, extra={"rooms": {"presence_ttl": "%ds" % LEASE_SECONDS}})
