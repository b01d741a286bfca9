#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The microphone's relay, without a browser: pion as the client, through controller and worker, and a tap where the body listens."""

import concurrent.futures
import os
import re
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

import flow  # noqa: E402, I001: it makes the modules below findable
import measure  # noqa: E402
import mic_peer as mic  # noqa: E402
import web  # noqa: E402
from flow import contains, equal, error_shape, true  # noqa: E402

mic.need_pion()
PROGRAM = mic.build(flow.build_folder())
PORT = 47996  # the fakes listen on 47995
OPTIONS = {"workers": 1, "bodies": 4, "extra_worker": {"mic": {"port": PORT}}}
LONG = bool(os.environ.get("HYDRANECK_LONG"))


def _sanitized():
    return measure.is_sanitized(flow.build_folder())


def _base(created):
    return re.sub(r"stream\.html.*", "", created["stream_url"])


def _offer_url(created):
    return _base(created) + "mic/offer"


def _tap(running, body=1):
    return mic.Tap(running.plan.body(body), PORT)


def _peer(created, *arguments):
    return mic.Peer(PROGRAM, *arguments, _offer_url(created))


def _figures(running, created):
    return running.worker_call(1, "GET", "/api/v1/sessions/" + created["session_id"]).json().get("mic")


def _wait_state(running, created, state, timeout=20):
    return running.wait(lambda: (_figures(running, created) or {}).get("state") == state and _figures(running, created), timeout,
                        "microphone is " + state)


def _offer(created, sdp, **more):
    return web.call("POST", _offer_url(created), {"type": "offer", "sdp": sdp}, **more)


SDP = """v=0
o=- 4611731400430051336 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0
m=audio 9 UDP/TLS/RTP/SAVPF 63 111 9
c=IN IP4 0.0.0.0
a=candidate:1 1 udp 2122260223 0b1e3f2c-5d1a-4f6e-9d3c-1234567890ab.local 46243 typ host
a=candidate:2 1 tcp 1518280447 192.0.2.1 9 typ host tcptype active
a=ice-ufrag:zRcd
a=ice-pwd:xOKWzDqgBhGBMOkPRyVqVYl4
a=fingerprint:sha-256 F1:32:91:CA:1E:3D:3E:7C:6E:2C:5B:39:10:1A:37:47:65:1C:D5:35:E6:21:B3:4F:6E:1F:35:97:90:35:2F:1F
a=setup:actpass
a=mid:0
a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
a=sendonly
a=rtcp-mux
a=rtpmap:63 red/48000/2
a=fmtp:63 111/111
a=rtpmap:111 opus/48000/2
a=fmtp:111 minptime=10;useinbandfec=1
a=rtpmap:9 G722/8000
""".replace("\n", "\r\n")
VIDEO = """m=video 9 UDP/TLS/RTP/SAVPF 96
c=IN IP4 0.0.0.0
a=mid:1
a=sendrecv
a=rtcp-mux
a=rtpmap:96 VP8/90000
""".replace("\n", "\r\n")


# ---- what arrives at the body ----


def a_pion_client_is_heard_at_the_body_as_plain_opus_111(running):
    created = running.create(1)
    with _tap(running) as tap, _peer(created, "-seconds", "30") as peer:
        packets = tap.wait(100)
        peer.wait("connected")
        for number, packet in enumerate(packets):
            equal((packet.payload_type, packet.first), (111, 0x80), "type and first byte")
            equal(packet.sequence, (packets[0].sequence + number) & 0xFFFF, "sequence")
            equal(packet.timestamp, packet.sequence * 960, "timestamp")
            equal(packet.ssrc, packets[0].ssrc, "SSRC")
            equal(packet.data[12:], b"\xf8\xff\xfe", "payload")
        figures = _figures(running, created)
    equal(figures["state"], "live", "state")
    true(figures["packets"] >= 100 and figures["bytes"] == 3 * figures["packets"], "figures: %r" % figures)
    equal((figures["lost"], figures["late"], figures["refused"], figures["unreachable"]), (0, 0, 0, 0), "losses")
    true(figures["last_packet_age_ms"] < 5000, "age: %r" % figures)


def the_first_packet_comes_soon_after_the_offer(running):
    created = running.create(1)
    took = []
    for _ in range(3):
        with _tap(running) as tap, _peer(created, "-seconds", "30") as peer:
            first = tap.wait(1)[0]
            took.append((first.at - peer.wait("offered")["unix_ns"]) / 1e6)
    print("offer to first packet at the body: %s ms" % ", ".join("%.0f" % each for each in took))
    true(min(took) <= (1200 if _sanitized() else 120), "offer to first packet took %r ms" % took)


def the_first_session_of_a_fresh_process_is_no_slower():
    with flow.Started(**OPTIONS) as running:
        created = running.create(1)
        with _tap(running) as tap, _peer(created, "-seconds", "30") as peer:
            first = tap.wait(1)[0]
            took = (first.at - peer.wait("offered")["unix_ns"]) / 1e6
    print("offer to first packet in a fresh process: %.0f ms" % took)
    true(took <= (3000 if _sanitized() else 120), "offer to first packet took %.0f ms" % took)


def loss_and_disorder_pass_unchanged(running):
    created = running.create(1)
    sent = [65530, 65531, 65533, 65532, 65535, 0, 3, 2, 9]
    with _tap(running) as tap, _peer(created, "-seconds", "30", "-first", "65530", "-pattern", ",".join(map(str, sent))):
        came = [packet.sequence for packet in tap.wait(len(sent) + 3)]
        figures = _figures(running, created)
    equal(came[:len(sent) + 2], sent + [10, 11], "sequence numbers")
    equal(figures["late"], 2, "late: %r" % figures)
    equal(figures["lost"], 7, "lost: %r" % figures)


def what_the_network_doubled_arrives_twice_and_no_more(running):
    created = running.create(1)
    with _tap(running) as tap, _peer(created, "-seconds", "30", "-pattern", "0,1,2,2,3,3,3,4,1"):
        came = [packet.sequence for packet in tap.wait(10)]
        figures = _figures(running, created)
    equal(came[:10], [0, 1, 2, 2, 3, 3, 4, 1, 5, 6], "sequence numbers")
    equal((figures["duplicates"], figures["late"], figures["lost"]), (3, 0, 0), "figures: %r" % figures)


def another_packet_under_a_number_that_was_there_ends_at_srtps_replay_protection(running):
    created = running.create(1)
    with _tap(running) as tap, _peer(created, "-seconds", "30", "-pattern", "0,1,2,2,3,3,3,4", "-alter"):
        came = [packet.sequence for packet in tap.wait(8)]
        figures = _figures(running, created)
    equal(came[:8], list(range(8)), "sequence numbers")
    equal((figures["duplicates"], figures["late"], figures["lost"]), (0, 0, 0), "figures: %r" % figures)


def firefoxs_payload_type_becomes_111(running):
    created = running.create(1)
    with _tap(running) as tap, _peer(created, "-seconds", "30", "-pt", "109") as peer:
        contains(peer.wait("answered")["sdp"], "m=audio 9 UDP/TLS/RTP/SAVPF 109\r\n")
        equal({packet.payload_type for packet in tap.wait(20)}, {111}, "payload types")


def red_before_opus_is_answered_with_opus_alone(running):
    created = running.create(1)
    with _tap(running) as tap, _peer(created, "-seconds", "30", "-red-first") as peer:
        contains(peer.wait("offered")["sdp"], "SAVPF 63 111")
        answer = peer.wait("answered")["sdp"]
        true("red" not in answer and "SAVPF 111\r\n" in answer, "answer: %s" % answer)
        equal({packet.payload_type for packet in tap.wait(20)}, {111}, "payload types")


def a_client_that_hides_its_addresses_is_found_by_its_checks(running):
    created = running.create(1)
    with _tap(running) as tap, _peer(created, "-seconds", "30", "-hide") as peer:
        contains(peer.wait("offered")["sdp"], ".local ")
        tap.wait(20)


def through_the_relay_alone_it_is_heard_too(running):
    created = running.create(1)
    ice = web.call("GET", _base(created) + "ice").json()
    server = ice["ice_servers"][0]
    equal(ice["relay"], True, "relay")
    turn = "%s:%s@%s" % (server["username"], server["credential"], server["urls"][0] + "?transport=udp")
    with _tap(running) as tap, _peer(created, "-seconds", "30", "-turn", turn) as peer:
        offer = peer.wait("offered")["sdp"]
        true("typ relay" in offer and "typ host" not in offer, "offer: %s" % offer)
        packets = tap.wait(50)
    equal([p.sequence for p in packets], list(range(packets[0].sequence, packets[0].sequence + len(packets))), "sequence")


def a_body_that_listens_later_is_heard_from_then_on(running):
    created = running.create(1)
    with _peer(created, "-seconds", "60") as peer:
        peer.wait("connected")
        running.wait(lambda: _figures(running, created)["unreachable"] > 5, 20, "the closed port is noticed")
        with _tap(running) as tap:
            tap.wait(30)
        equal(_figures(running, created)["state"], "live", "state")


# ---- who may send ----


def a_certificate_that_is_not_the_offers_passes_nothing(running):
    created = running.create(1)
    with _tap(running) as tap, _peer(created, "-seconds", "30", "-wrong-fingerprint") as peer:
        peer.wait("answered")
        figures = _wait_state(running, created, "off")
        equal((figures["packets"], tap.packets()), (0, []), "packets")


def only_the_sessions_own_ports_and_address_are_answered(running):
    created = running.create(1)
    answer = _offer(created, SDP).json()["sdp"]
    candidates = re.findall(r"a=candidate:.*", answer)
    ports = running.plan.udp_start
    equal(len(candidates), 1, "candidates: %r" % candidates)
    fields = candidates[0].split()
    equal((fields[2].upper(), fields[4], fields[7]), ("UDP", "127.0.0.1", "host"), "candidate")
    true((int(fields[5]) - ports) % 20 >= 16, "port %s is not one of a session's last four from %d on" % (fields[5], ports))


# ---- one microphone per session ----


def a_second_offer_replaces_the_first(running):
    created = running.create(1)
    with _tap(running) as tap, _peer(created, "-seconds", "60"):
        first = tap.wait(20)[-1].ssrc
        with _peer(created, "-seconds", "60"):
            running.wait(lambda: tap.packets()[-1].ssrc != first, 20, "the second is heard")
            tap.forget()
            equal({packet.ssrc for packet in tap.wait(30)} & {first}, set(), "the first is still heard")
            figures = _figures(running, created)
            equal((figures["state"], figures["end_reason"], figures["lost"]), ("live", "replaced", 0), "figures")


def delete_ends_it_and_a_new_offer_begins_anew(running):
    created = running.create(1)
    url = _base(created) + "mic"
    equal(web.call("DELETE", url).status, 200, "nothing to delete")
    for _ in range(2):
        with _tap(running) as tap, _peer(created, "-seconds", "60"):
            tap.wait(10)
            reply = web.call("DELETE", url)
            equal((reply.status, reply.json()["status"]), (200, "stopped"), "delete")
            figures = _figures(running, created)
            equal((figures["state"], figures["end_reason"]), ("off", "stopped"), "figures")


def whip_is_spoken_as_well(running):
    created = running.create(1)
    with _tap(running) as tap, _peer(created, "-seconds", "60", "-whip") as peer:
        location = peer.wait("answered")["location"]
        true(re.fullmatch("/session/%s/mic\\?id=1" % created["session_id"], location), "Location: %r" % location)
        tap.wait(20)
        url = running.url + location
        ufrag = re.search(r"a=ice-ufrag:(\S+)", peer.wait("offered")["sdp"]).group(1)
        fragment = "a=ice-ufrag:%s\r\na=ice-pwd:x\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\na=candidate:9 1 udp 9 192.0.2.9 9999 typ host\r\n"
        kind = {"Content-Type": "application/trickle-ice-sdpfrag"}
        equal(web.call("PATCH", url, fragment % ufrag, headers=kind).status, 204, "PATCH")
        error_shape(web.call("PATCH", url, fragment % "else", headers=kind), 422)
        error_shape(web.call("PATCH", url, fragment % ufrag, headers={"Content-Type": "application/json"}), 415)
        error_shape(web.call("PATCH", url.replace("id=1", "id=7"), fragment % ufrag, headers=kind), 404)
        error_shape(web.call("DELETE", url.replace("id=1", "id=7")), 404)
        equal(_figures(running, created)["state"], "live", "state")
        equal(web.call("DELETE", url).status, 200, "DELETE")
        error_shape(web.call("DELETE", url), 404)


def too_many_offers_of_one_session_must_wait(running):
    created = running.create(1)
    replies = [_offer(created, SDP) for _ in range(7)]
    equal([reply.status for reply in replies], [200] * 6 + [429], "statuses")
    error_shape(replies[-1], 429, "too many offers for one session")
    true(1 <= int(replies[-1].headers["Retry-After"]) <= 11, "Retry-After: %r" % replies[-1].headers["Retry-After"])
    other = running.create(2)
    equal(_offer(other, SDP).status, 200, "another session")


def offers_in_a_hurry_replace_each_other_and_leave_nothing(running):
    """Negotiations that are cut in their middle; what they would leak is found when the worker ends."""
    created = [running.create(n) for n in (1, 2, 3, 4)]
    with concurrent.futures.ThreadPoolExecutor(24) as pool:
        statuses = {reply.status for reply in pool.map(lambda n: _offer(created[n % 4], SDP), range(24))}
        true(200 in statuses and statuses <= {200, 409, 429}, "statuses %r" % statuses)
        again = [pool.submit(_offer, each, SDP) for each in created]
        ends = [pool.submit(running.call, "DELETE", "/api/v1/sessions/" + each["session_id"]) for each in created]
        true(all(end.result().status == 200 for end in ends), "a deletion failed")
        true(all(reply.result().status in (200, 404, 409, 429, 502, 503) for reply in again), "%r" % [reply.result() for reply in again])


# ---- offers that cannot be taken ----


def each_bad_offer_is_refused_with_its_reason(running):
    def refused(body, status, reason=None, **headers):
        created = running.create(1, replace=True)
        reply = web.call("POST", _offer_url(created), body, headers=headers)
        said = error_shape(reply, status)["error"]
        if reason is not None:
            equal(said, reason, "reason")

    sdp = {"Content-Type": "application/sdp"}
    refused(SDP.replace("m=audio", "m=video"), 400, "offer refused: it has no audio", **sdp)
    refused({"type": "offer", "sdp": SDP.split("m=audio")[0]}, 400, "offer refused: it has no audio")
    refused({"type": "offer", "sdp": SDP.replace("opus/48000/2", "PCMU/8000")}, 400, "offer refused: its audio has no Opus (opus/48000/2)")
    refused({"type": "offer", "sdp": SDP.replace("a=sendonly", "a=recvonly")}, 400, "offer refused: its audio is not sent")
    refused({"type": "answer", "sdp": SDP}, 400, "field 'type' must be 'offer'")
    refused({"type": "offer"}, 400, "field 'sdp' must be a string")
    refused("", 400)
    refused("{", 400)
    refused("[" * 60000, 400)
    refused("x" * 65536, 400)
    refused("x" * 65536, 400, "offer refused: it is not SDP (no 'v=0')", **sdp)
    refused(os.urandom(65536), 400, None, **sdp)
    refused("v=0\r\n" + "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n" * 1900, 400, "offer refused: too many m-lines", **sdp)
    refused("x" * 65537, 413)
    for cut in (1, 50, 200, 400, 600, SDP.index("opus/48000/2")):
        refused(SDP[:cut], 400, None, **sdp)
    equal(running.worker_call(1, "GET", "/api/v1/health").status, 200, "the worker's health")


def an_offer_with_video_is_answered_without(running):
    created = running.create(1)
    reply = _offer(created, SDP.replace("BUNDLE 0", "BUNDLE 0 1") + VIDEO)
    equal(reply.status, 200, "status")
    answer = reply.json()
    equal(answer["type"], "answer", "type")
    contains(answer["sdp"], "a=group:BUNDLE 0\r\n")
    contains(answer["sdp"], "m=video 0 UDP/TLS/RTP/SAVPF 96\r\n")
    contains(answer["sdp"], "a=recvonly\r\n")
    true("extmap" not in answer["sdp"] and "red" not in answer["sdp"], "answer: %s" % answer["sdp"])
    first = _offer(created, SDP.replace("m=audio", "m=video").replace("a=mid:0", "a=mid:9") + SDP[SDP.index("m=audio"):])
    lines = re.findall(r"m=\w+ \d+", first.json()["sdp"])
    equal(lines, ["m=video 0", "m=audio 9"], "m-lines")


def strangers_are_kept_out(running):
    created = running.create(1)
    foreign = {"Origin": "https://evil.example"}
    own = {"Origin": "http://" + running.url.split("//")[1]}
    error_shape(_offer(created, SDP, headers=foreign), 403)
    error_shape(web.call("GET", _base(created) + "ice", headers=foreign), 403)
    error_shape(web.call("DELETE", _base(created) + "mic", headers=foreign), 403)
    equal(_offer(created, SDP, headers=own).status, 200, "own origin")
    error_shape(running.worker_call(1, "POST", "/session/%s/mic/offer" % created["session_id"], {"type": "offer", "sdp": SDP}, token=None,
                                    headers=foreign), 403)
    unknown = dict(created, stream_url=created["stream_url"].replace(created["session_id"], "0" * 32))
    # 503 while the controller is so young that its workers may yet tell of it
    reply = _offer(unknown, SDP)
    error_shape(reply, 404 if reply.status == 404 else 503)
    error_shape(web.call("GET", _offer_url(created)), 405)


# ---- ends ----


def the_end_of_the_session_ends_it(running):
    created = running.create(1)
    with _tap(running) as tap, _peer(created, "-seconds", "60") as peer:
        port = int(re.search(r"a=candidate:\S+ 1 UDP \d+ 127.0.0.1 (\d+)", peer.wait("answered")["sdp"]).group(1))
        tap.wait(20)
        equal(running.call("DELETE", "/api/v1/sessions/" + created["session_id"]).status, 200, "delete")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", port))
        tap.forget()
        error_shape(_offer(created, SDP), 404)
        equal(tap.packets(), [], "packets after the end")


def _ended_by(running, end):
    """(why, after how many seconds) the microphone is off for the worker, once its client has ended."""
    created = running.create(1)
    with _tap(running) as tap, _peer(created, "-seconds", "60") as peer:
        tap.wait(20)
        end(peer)
        began = time.monotonic()
        return _wait_state(running, created, "off", 30)["end_reason"], time.monotonic() - began


def a_client_that_is_killed_is_noticed_within_15_seconds(running):
    reason, took = _ended_by(running, mic.Peer.kill)
    equal(reason, "silent", "reason")
    true(took <= 15, "it took %.1f s" % took)


def a_client_that_says_goodbye_is_gone_at_once(running):
    reason, took = _ended_by(running, mic.Peer.stop)
    equal(reason, "stopped", "reason")
    true(took <= 3, "it took %.1f s" % took)


def a_burst_right_after_the_connection_keeps_its_order(running):
    """What comes while the reader changes is held, and goes on first."""
    created = running.create(1)
    with _tap(running) as tap, _peer(created, "-seconds", "1", "-interval", "50us"):
        came = [packet.sequence for packet in tap.wait(150)[:150]]
    equal(came, [(came[0] + number) & 0xFFFF for number in range(150)], "sequence")


def a_client_that_speaks_gets_its_checks_answered(running):
    """RFC 7675: who is not answered takes its microphone for cut off, whatever of it arrives."""
    created = running.create(1)
    with _tap(running) as tap, _peer(created, "-seconds", "30", "-impatient") as peer:
        tap.wait(200)
        equal([event for event in peer.events() if event in ("disconnected", "failed", "closed")], [], "what the client saw in four seconds")


def an_offer_whose_client_never_connects_is_given_up(running):
    created = running.create(1)
    equal(_offer(created, SDP).status, 200, "status")
    equal(_wait_state(running, created, "off", 30)["end_reason"], "no_connection", "reason")


def the_figures_are_in_health_and_at_the_controller(running):
    created = running.create(1)
    with _tap(running) as tap, _peer(created, "-seconds", "60"):
        tap.wait(20)
        sessions = running.worker_call(1, "GET", "/api/v1/health").json()["extra"]["sessions"]
        equal([s["mic"]["state"] for s in sessions if s["id"] == created["session_id"]], ["live"], "health")
        running.wait(lambda: running.call("GET", "/api/v1/sessions/" + created["session_id"]).json().get("mic", {}).get("state") == "live", 20,
                     "the controller knows")
    for line in running.children["worker-1"].lines():
        true(created["session_id"] not in line, "a whole id in the log: %s" % line)
    running.children["worker-1"].wait_line(r"\[mic\] connected body=\S+ session=%s" % created["session_id"][:8])


# ---- many ----


def _many(count):
    """A cluster with so many bodies and slots."""
    started = flow.Started(workers=1, bodies=count, sessions_max=count, turn=False, extra_worker={"mic": {"port": PORT}})
    started.plan.udp_start = 10000 + 320 * (started.lease.index % 30)
    return started


def _create_all(running, count):
    with concurrent.futures.ThreadPoolExecutor(5) as pool:
        return list(pool.map(running.create, range(1, count + 1)))


def _threads_and_fds(pid):
    """Without TCP connections: callers' and the controller's are kept alive for a while, and are no microphone's."""
    with open("/proc/%d/net/tcp" % pid, encoding="ascii") as file:
        tcp = {"socket:[%s]" % line.split()[9] for line in file.readlines()[1:]}
    found = 0
    for name in os.listdir("/proc/%d/fd" % pid):
        try:
            found += os.readlink("/proc/%d/fd/%s" % (pid, name)) not in tcp
        except FileNotFoundError:
            continue
    return len(os.listdir("/proc/%d/task" % pid)), found


def _at_rest(pid):
    """Threads and descriptors when neither changes any more for a while: what was ended is gone, idle helpers too."""
    seen, since = _threads_and_fds(pid), time.monotonic()
    while time.monotonic() - since < 1:
        time.sleep(0.05)
        now = _threads_and_fds(pid)
        if now != seen:
            seen, since = now, time.monotonic()
    return seen


def _rss_kb(pid):
    with open("/proc/%d/status" % pid, encoding="ascii") as file:
        return int(re.search(r"VmRSS:\s+(\d+)", file.read()).group(1))


def _one_round(running, urls, wanted):
    taps = [_tap(running, n + 1) for n in range(len(urls))]
    try:
        with mic.Peer(PROGRAM, "-seconds", "100", *urls) as peer:
            for tap in taps:
                packets = tap.wait(wanted, 60)
                first = packets[0].sequence
                equal([p.sequence for p in packets], list(range(first, first + len(packets))), "sequence")
            peer.wait("connected", count=len(urls))
            for url in urls:
                equal(web.call("DELETE", url.replace("/mic/offer", "/mic")).status, 200, "DELETE")
    finally:
        for tap in taps:
            tap.close()


def fifteen_microphones_at_once_and_many_after_each_other_leave_nothing():
    rounds = 14 if LONG or not _sanitized() else 3
    with _many(15) as running:
        urls = [_offer_url(each) for each in _create_all(running, 15)]
        pid = running.children["worker-1"].pid
        _one_round(running, urls, 100)
        before, memory = _at_rest(pid), _rss_kb(pid)
        for _ in range(rounds - 1):
            began = time.monotonic()
            _one_round(running, urls, 3)
            # six offers in ten seconds are allowed: that is what is waited for here
            time.sleep(max(0, began + 10 / 6 + 0.05 - time.monotonic()))
        after = _at_rest(pid)
        grown = _rss_kb(pid)
    print("%d microphones: threads and descriptors %r then %r, RSS %d KB then %d KB" % (15 * rounds, before, after, memory, grown))
    true(after[0] <= before[0] and after[1] <= before[1], "threads and descriptors grew from %r to %r" % (before, after))
    if not _sanitized():
        true(grown <= memory * 1.05, "RSS grew from %d to %d KB" % (memory, grown))


flow.expect_log("[proxy]")
# fifteen sessions that begin and end at once on a busy machine
flow.expect_log("cannot unpair the session's client, trying again later")
flow.expect_log("clients to be unpaired wait, trying again")
flow.expect_log("[heartbeat] controller does not answer")
flow.main(globals(), **OPTIONS)
