#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""TURN with a real coturn, configured by scripts/coturn-conf: whom it relays to, whose credentials it takes and how long, what is left of a session
that has ended, and what a worker does when relays fail."""

import base64
import hashlib
import hmac
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../browser"))

import flow  # noqa: E402, I001: it makes the modules below findable
import turn_client  # noqa: E402
import web  # noqa: E402
from flow import contains, equal, true  # noqa: E402

REFUSED = {400, 403, 443}  # no such address, forbidden, the relay's family is another

LOOPBACK = ["127.0.0.0", "127.0.0.2", "127.0.0.53", "127.0.1.1", "127.1.1.1", "127.255.255.254", "127.255.255.255"]
MESH = ["10.10.0.0", "10.10.0.1", "10.10.1.1", "10.10.100.6", "10.10.200.1", "10.10.255.254", "10.10.255.255"]
PRIVATE = ["10.0.0.1", "10.9.255.255", "10.11.0.0", "10.255.255.255", "172.16.0.1", "172.31.255.254", "192.168.0.1", "192.168.1.1", "192.168.255.255",
           "100.64.0.1", "100.127.255.254"]
SPECIAL = ["0.0.0.0", "0.0.0.1", "0.255.255.255", "169.254.0.1", "169.254.169.254", "169.254.170.2", "192.0.0.192", "192.0.2.1", "198.18.0.1",
           "198.51.100.1", "203.0.113.7", "224.0.0.1", "224.0.0.251", "239.255.255.250", "240.0.0.1", "255.255.255.254", "255.255.255.255"]
PUBLIC = ["1.1.1.1", "8.8.8.8", "100.100.100.200", "168.63.129.16", "126.255.255.255", "128.0.0.1", "9.255.255.255", "11.0.0.0"]
SIX = ["::", "::1", "::2", "fe80::1", "fe80::ffff:7f00:1", "fec0::1", "fc00::1", "fd00::2", "fd00:ec2::254", "ff02::1", "ff05::2", "2001:db8::1", "2001::1",
       "2606:4700:4700::1111", "100::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"]
# the same hosts in IPv6's ways to write an IPv4 address: mapped, compatible, translated (NAT64), 6to4
DISGUISED = [form % four for four in ("127.0.0.1", "127.0.0.2", "10.10.0.1", "10.10.100.6", "169.254.169.254", "192.168.1.1", "8.8.8.8", "0.0.0.0")
             for form in ("::ffff:%s", "::%s", "64:ff9b::%s", "::ffff:0:%s")] + ["2002:7f00:1::", "2002:a0a:1::1"]
# what no literal says: unknown families, addresses that are too short or too long
BROKEN = [(0, b"\x7f\0\0\1"), (3, b"\x7f\0\0\1"), (255, b"\x7f\0\0\1"), (1, b"\x7f\0\0"), (1, b""), (2, b"\x7f\0\0\1"), (2, b"\0" * 15)]


def _credentials(created):
    """What this session's browser is given now."""
    ice = web.call("GET", created["stream_url"].split("/stream.html")[0] + "/ice").json()
    equal(len(ice["ice_servers"]), 1, "servers in %r" % ice)
    return ice["ice_servers"][0]["username"], ice["ice_servers"][0]["credential"]


def _client(running, credentials):
    return turn_client.Client(*running.plan.turn_at, *credentials)


def _allocates(running, credentials):
    """None, or the error code."""
    with _client(running, credentials) as client:
        return client.allocate()


def _folder(running, created):
    return os.path.join(running.plan.folder, "sessions-1", created["session_id"])


def _signed(secret, username):
    return username, base64.b64encode(hmac.new(secret.encode(), username.encode(), hashlib.sha1).digest()).decode()


# ---- whom it relays to ----

def more_than_eighty_spellings_of_forbidden_peers_are_refused(running):
    plan = running.plan
    own = [plan.turn_cli[0], plan.worker(1)[0], plan.controller[0], plan.body(1), plan.body(2), plan.services["nps"][0], "127.0.0.3"]
    peers = LOOPBACK + MESH + PRIVATE + SPECIAL + PUBLIC + SIX + DISGUISED + BROKEN + own
    true(len(set(peers)) == len(peers) and len(peers) > 100, "%d spellings" % len(peers))
    with _client(running, _credentials(running.create(1))) as client:
        equal(client.allocate(), None, "allocation")
        for peer in peers:
            true(client.permit(peer) in REFUSED, "a permission for %r: %r" % (peer, client.permit(peer)))
            true(client.bind(peer, 47995) in REFUSED, "a channel to %r: %r" % (peer, client.bind(peer, 47995)))
        equal(client.permit("127.0.0.1"), None, "after all that, the worker's own")


def nothing_reaches_a_forbidden_port_and_the_workers_own_is_relayed(running):
    created = running.create(1)
    with open(os.path.join(_folder(running, created), "server/config.json"), encoding="utf-8") as file:
        port = json.load(file)["webrtc"]["port_range"]["max"] + 1  # the first of the microphone's
    with _client(running, _credentials(created)) as client, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as media, \
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as body:
        media.settimeout(5)
        media.bind(("127.0.0.1", port))
        body.setblocking(False)
        body.bind((running.plan.body(2), 0))
        equal(client.allocate(), None, "allocation")
        equal(client.permit("127.0.0.1"), None, "permission")
        client.send(*body.getsockname(), b"to a body")
        client.send("127.0.0.1", port, b"to the worker")
        data, relay = media.recvfrom(100)
        equal((data, relay), (b"to the worker", (running.plan.turn_at[0], client.relayed_port)), "what came")
        try:  # it was sent before what has come
            raise AssertionError("a body got %r" % body.recv(100))
        except BlockingIOError:
            pass
        media.sendto(b"back", relay)
        equal(client.receive(), b"back", "answer")


# ---- whose credentials it takes ----

def expired_and_foreign_credentials_are_refused(running):
    one, other = running.create(1), running.create(2)
    with open(os.path.join(_folder(running, one), "turn-credentials.json"), encoding="utf-8") as file:
        ticket = json.load(file)
    user, word = _credentials(one)
    now = int(time.time())
    equal(_allocates(running, (user, word)), None, "its own")
    equal(_allocates(running, _signed(ticket["secret"], "%d:%s" % (now + 60, ticket["user"]))), None, "signed here")
    equal(_allocates(running, _signed(ticket["secret"], "%d:%s" % (now - 2, ticket["user"]))), 401, "expired")
    equal(_allocates(running, ("%d:%s" % (now + 6000, ticket["user"]), word)), 401, "prolonged")
    equal(_allocates(running, (user, _credentials(other)[1])), 401, "another session's password")
    equal(_allocates(running, (_credentials(other)[0], word)), 401, "another session's user")
    equal(_allocates(running, _signed("another secret", user)), 401, "a foreign secret")
    equal(_allocates(running, _signed(running.plan.turn_secret, user)), 401, "the master secret itself is none of coturn's")
    equal(_allocates(running, ("hydraturn", running.plan.turn_password)), 401, "a static user")
    true(one["session_id"][:8] not in user and one["session_id"][8:] not in user, "the user name tells the session's id")


def credentials_are_issued_at_each_stream_start_by_a_link_beside_web_server(running):
    created = running.create(1)
    folder = _folder(running, created)
    with open(os.path.join(folder, "server/config.json"), encoding="utf-8") as file:
        webrtc = json.load(file)["webrtc"]
    equal((webrtc["ice_server_script"], webrtc["ice_servers"]), ("./turn-credentials", []), "configuration")
    equal(os.stat(os.path.join(folder, "turn-credentials.json")).st_mode & 0o777, 0o600, "mode of the ticket")
    clean = {name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")}
    said = subprocess.run(["./turn-credentials"], cwd=folder, env=clean, capture_output=True, text=True, timeout=20, check=True).stdout
    server = json.loads(said)[0]
    equal(_allocates(running, (server["username"], server["credential"])), None, "what it printed")
    true(0 < int(server["username"].split(":")[0]) - time.time() <= 300, "expiry of %r" % server["username"])
    equal(server["username"].split(":")[1], _credentials(created)[0].split(":")[1], "user")
    os.rename(os.path.join(folder, "turn-credentials.json"), os.path.join(folder, "away"))
    failed = subprocess.run(["./turn-credentials"], cwd=folder, env=clean, capture_output=True, text=True, timeout=20, check=False)
    equal((failed.returncode, failed.stdout), (65, ""), "without its ticket")


# ---- what is left of a session ----

GONE = {401, 437, 438}  # coturn knows neither the client's nonce nor its secret nor a relay of it


def _is_closed(running, port):
    """Nobody has this port of the relay's address: what is sent there comes back as an error."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.settimeout(0.05)
        sender.bind(("127.0.0.1", 0))
        sender.connect((running.plan.turn_at[0], port))
        try:
            sender.send(b"anybody?")
            sender.recv(100)
        except ConnectionRefusedError:
            return True
        except TimeoutError:
            pass
        return False


def at_its_end_no_new_relay_is_possible_at_once_and_its_relays_are_ended_through_the_command_line(running):
    ending, staying = running.create(1), running.create(2)
    credentials = _credentials(ending)
    with _client(running, credentials) as relay, _client(running, _credentials(staying)) as other:
        equal((relay.allocate(), other.allocate()), (None, None), "allocations")
        equal((relay.permit("127.0.0.1"), relay.refresh()), (None, None), "the relay works")
        true(not _is_closed(running, relay.relayed_port), "its port is open")
        equal(running.call("DELETE", "/api/v1/sessions/" + ending["session_id"]).status, 200, "delete")
        equal(_allocates(running, credentials), 401, "a new relay, at once")
        running.wait(lambda: _is_closed(running, relay.relayed_port), 5, "its relay's port closed")
        answers = []
        running.wait(lambda: answers.append((relay.refresh(), relay.permit("127.0.0.1"))) or set(answers[-1]) <= GONE, 5, "it is gone: %r" % answers)
        equal(other.refresh(), None, "the other session's relay")
        equal(_allocates(running, _credentials(staying)), None, "and its new ones")
    metrics = running.worker_call(1, "GET", "/metrics").body.decode()
    true(int(metrics.split("\nhydraneck_turn_relays_ended_total ")[1].split("\n")[0]) >= 1, "relays ended")


def what_a_killed_worker_had_given_is_taken_back_by_the_next(running):
    created = running.create(1)
    credentials = _credentials(created)
    equal(_allocates(running, credentials), None, "before")
    worker = running.children.pop("worker-1")
    worker.signal(signal.SIGKILL)
    worker.wait()
    equal(_allocates(running, credentials), None, "a killed worker takes nothing back")
    running.start_worker(1)
    equal(_allocates(running, credentials), 401, "after the next began")
    running.wait_workers(1)


# ---- health ----

def _health(running):
    return running.worker_call(1, "GET", "/api/v1/health").json()


def failing_relays_are_told_and_coturn_is_asked_to_start_anew():
    with tempfile.TemporaryDirectory() as folder:
        flag = os.path.join(folder, "restart-coturn")
        with flow.Started(workers=1, bodies=1, time_scale=0.005, extra_worker={"turn": {"restart_file": flag}}) as running, \
                web.Events(running.worker_url(1) + "/api/v1/events", running.plan.token) as events:
            running.wait(lambda: "turn" in _health(running)["extra"], 5, "a first look")
            turn = _health(running)["extra"]["turn"]
            equal((turn["ok"], turn["error"], _health(running)["status"]), (True, None, "ok"), "at first")
            true(0 < turn["rtt_ms"] < 5000 and turn["since"].endswith("Z"), "figures of %r" % turn)
            running.children.pop("coturn").stop()
            failed, _ = events.wait("turn_health_check_failed")
            contains(failed["error"], "connection refused: nobody listens on", "error")
            equal(failed["worker_id"], "worker-1", "worker")
            equal(_health(running)["status"], "degraded", "status")
            contains(_health(running)["extra"]["turn"]["error"], "connection refused", "shown")
            running.wait(lambda: os.path.exists(flag), 10, "a restart is asked for")
            running.start_turn()
            restarted, before = events.wait("turn_auto_restarted")
            true(restarted["rtt_ms"] > 0, "figures of %r" % restarted)
            equal([kind for kind, _, _ in before if kind.startswith("turn")], [], "told once")
            running.wait(lambda: _health(running)["status"] == "ok", 5, "well again")
            metrics = running.worker_call(1, "GET", "/metrics").body.decode()
            contains(metrics, "\nhydraneck_turn_up 1\n", "metrics")
            true("hydraneck_turn_restarts_total 0" not in metrics, "restarts counted")


# ---- static credentials ----

def static_credentials_work_as_in_the_runbook_and_are_warned_of():
    with flow.Started(workers=1, bodies=1, turn="static") as running:
        created = running.create(1)
        equal(_credentials(created), ("hydraturn", running.plan.turn_password), "credentials")
        equal(_allocates(running, _credentials(created)), None, "allocation")
        running.children["worker-1"].wait_line("WARNING: static TURN credentials in ice_servers")
        running.wait(lambda: _health(running)["extra"].get("turn", {}).get("ok"), 5, "health")


# ---- the generator ----

def the_configuration_allows_the_worker_and_denies_the_mesh_and_says_why():
    program = os.path.join(flow.TOP, "scripts/coturn-conf")
    with tempfile.TemporaryDirectory() as folder:
        secret = os.path.join(folder, "secret")
        with open(secret, "w", encoding="ascii") as file:
            file.write("s3cret-of-coturn\n")
        said = subprocess.run([program, "--relay-ip", "192.168.4.2", "--external-ip", "203.0.113.7", "--secret-file", secret, "--cli", "127.0.0.1:5766",
                               "--cli-password-file", secret, "--sessions", "15"], capture_output=True, text=True, check=True, timeout=20).stdout
        lines = said.splitlines()
        for line in ("use-auth-secret", "static-auth-secret=s3cret-of-coturn", "external-ip=203.0.113.7/192.168.4.2", "min-port=49152", "max-port=65535",
                     "listening-port=3478", "denied-peer-ip=0.0.0.0-255.255.255.255", "no-multicast-peers", "fingerprint", "stale-nonce=600",
                     "cli-ip=127.0.0.1", "no-tcp-relay", "denied-peer-ip=::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"):
            true(line in lines, "no line %r" % line)
        equal([line for line in lines if line.startswith("allowed-peer-ip=")], ["allowed-peer-ip=192.168.4.2", "allowed-peer-ip=203.0.113.7"], "peers")
        true("allow-loopback-peers" not in lines and "no-cli" not in lines, "loopback")
        contains(said, "The original runbook has allowed-peer-ip=10.10.0.0-10.10.255.255 here", "note")
        for words in (["--relay-ip", "192.0.2.1"], ["--relay-ip", "x", "--secret-file", secret], ["--relay-ip", "192.0.2.1", "--user", "u"],
                      ["--relay-ip", "192.0.2.1", "--secret-file", "/nowhere"], ["--relay-ip", "192.0.2.1", "--password", "word"],
                      ["--relay-ip", "192.0.2.1", "--secret-file", secret, "--cli", "0.0.0.0:5766", "--cli-password-file", secret],
                      ["--relay-ip", "192.0.2.1", "--secret-file", secret, "--port", "65536"]):
            equal(subprocess.run([program, *words], capture_output=True, check=False, timeout=20).returncode, 64, "status for %r" % words)


if __name__ == "__main__":
    if not os.access("/usr/bin/turnserver", os.X_OK):
        sys.exit(77)
    for text in ("WARNING: no relay", "asked for a restart of coturn", "WARNING: static TURN credentials", "[controller]", "[heartbeat]", "[cleanup]"):
        flow.expect_log(text)
    flow.main(globals(), workers=1, bodies=3, turn=True)
