#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""How often the API may be called: by address, by token, and with wrong tokens; behind a proxy that is trusted and one that is not."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

import flow  # noqa: E402, I001: it makes the modules below findable
import web  # noqa: E402
from flow import contains, equal, error_shape, true  # noqa: E402


HEALTH, WORKERS = "/api/v1/health", "/api/v1/workers"


def _from(client, *proxies):
    return {"X-Forwarded-For": ", ".join((client,) + proxies)}


def _until_refused(call, most):
    """How many are answered before the first 429, which is returned too."""
    for count in range(most):
        reply = call()
        if reply.status == 429:
            return count, reply
    raise AssertionError("%d answers and no 429" % most)


def _is_429(reply, detail):
    body = error_shape(reply, 429, "too many requests", detail)
    wait = int(reply.headers["Retry-After"])
    true(1 <= wait <= 60, "Retry-After is %d" % wait)
    contains(body["detail"], "try again in %d s" % wait, "detail")


def behind_a_trusted_proxy_each_client_has_his_own_limit():
    with flow.Started(bodies=1, workers=0, turn=False, extra_controller={"server": {"trusted_proxies": ["127.0.0.0/8"]}, "api": {"rate_address": 30}}) as running:
        count, reply = _until_refused(lambda: running.call("GET", HEALTH, token=None, headers=_from("198.51.100.1")), 20)
        true(10 <= count <= 12, "%d answers before the first 429" % count)
        _is_429(reply, "too many came from this address")
        equal(running.call("GET", HEALTH, token=None, headers=_from("198.51.100.2")).status, 200, "another client")
        equal(running.call("GET", HEALTH, token=None, headers=_from("203.0.113.9", "198.51.100.1")).status, 429, "a client that lies about itself")
        equal(running.call("GET", HEALTH, headers=_from("198.51.100.1")).status, 200, "the same client with a token")
        equal(running.call("GET", HEALTH, token=None).status, 200, "a caller on this machine")
        for _ in range(40):
            equal(running.call("GET", HEALTH, token=None).status, 200, "a caller on this machine")


def behind_an_unknown_proxy_all_clients_are_one():
    with flow.Started(bodies=1, workers=0, turn=False, extra_controller={"api": {"rate_address": 30}}) as running:
        clients = iter(range(1, 250))
        count, reply = _until_refused(lambda: running.call("GET", HEALTH, token=None, headers=_from("198.51.100.%d" % next(clients))), 20)
        true(10 <= count <= 12, "%d answers before the first 429" % count)
        _is_429(reply, "too many came from this address")


def wrong_tokens_are_counted_and_then_no_token_is_looked_at():
    with flow.Started(bodies=1, workers=1, turn=False,
                      extra_controller={"server": {"trusted_proxies": ["127.0.0.0/8"]}, "api": {"rate_failures": 9, "rate_token": 60}}) as running:
        def guess(token="guess"):
            return web.call("GET", running.url + WORKERS, token=token, headers=_from("198.51.100.1"))

        count, reply = _until_refused(guess, 9)
        equal(count, 3, "guesses before the first 429")
        _is_429(reply, "too many wrong tokens")
        equal(guess(running.plan.token).status, 429, "the right one from there")
        equal(running.call("GET", HEALTH, token=None, headers=_from("198.51.100.1")).status, 200, "who has no token there")
        equal(running.call("GET", WORKERS, headers=_from("198.51.100.2")).status, 200, "the right one from elsewhere")
        beat = {"worker_id": "w", "url": "http://127.0.0.1:1", "boot_id": "b", "api_token": "t", "active_sessions": 0, "max_sessions": 1,
                "sessions": []}

        def heartbeat():
            return web.call("POST", running.url + "/api/v1/workers/heartbeat", beat, token="guess", headers=_from("198.51.100.3"))

        equal(_until_refused(heartbeat, 9)[0], 3, "guesses by heartbeats before the first 429")

        def ask_for_more_in_health():
            return web.call("GET", running.url + HEALTH, token="guess", headers=_from("198.51.100.5"))

        equal(_until_refused(ask_for_more_in_health, 9)[0], 3, "guesses at what anybody may read before the first 429")
        count, reply = _until_refused(lambda: running.call("GET", WORKERS, headers=_from("198.51.100.4")), 40)
        true(18 <= count <= 22, "%d answers to one token" % count)
        _is_429(reply, "this token is used too often")
        page = running.call("GET", "/metrics", token=None).body.decode()
        for what in ("failures", "token"):
            true('hydraneck_api_limited_total{by="%s"} 0\n' % what not in page, "nothing limited by " + what)


if __name__ == "__main__":
    flow.main(globals())
