#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every way a neighbour can fail, by number: which knob makes the fake do it (`hydraneck-sim faults` lists them all) and which test holds what
we do then. A test here sees to it that the table is whole. Below it: hydrabody, the library, and workers that are gone."""

import os
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

import flow  # noqa: E402, I001: it makes the modules below findable
import faults  # noqa: E402
import web  # noqa: E402
from faults import nothing_is_left  # noqa: E402
from flow import contains, equal, error_shape, true  # noqa: E402

flow.expect_log("session not created")
flow.expect_log("[session ")
flow.expect_log("[rating")
flow.expect_log("[proxy]")
flow.expect_log("[controller]")
flow.expect_log("[heartbeat]")
flow.expect_log("[worker]")

# number: (what, knobs: of bodies and services with _, of web-server with -; none: the fake is always so, or the test does it itself, tests)
FAULTS = {
    1: ("PIN before Sunshine waits for it", ["refuse_pin", "mute_api"],
        ["pairing:an_early_pin_is_posted_again_until_it_is_wanted", "faults_pairing:a_pin_that_did_not_leave_is_posted_again"]),
    2: ("wrong PIN", ["wrong_pin"], ["pairing:a_wrong_pin_is_a_rejected_handshake"]),
    3: ("stale pairing entry", ["stale_entry"], ["pairing:a_stale_pairing_entry_is_a_rejected_handshake"]),
    4: ("second PIN in the middle", ["second_pin"], ["pairing:no_second_pin_is_posted_after_the_first_was_taken",
                                                     "faults_pairing:a_second_pin_from_elsewhere_destroys_the_handshake_and_is_told"]),
    5: ("two clients pair at once", ["rival_client", "pin_to_oldest"],
        ["pairing:pairings_of_one_body_wait_for_each_other",
         "faults_pairing:a_pin_that_a_foreign_client_took_ends_with_the_caller_and_poisons_nothing",
         "faults_pairing:a_pin_for_the_oldest_client_is_ours_when_nobody_else_waits"]),
    6: ("silent or closed /pair", ["silent_pair", "close_pair"], ["pairing:a_silent_pair_ends_after_30_seconds",
                                                                  "faults_pairing:a_pairing_that_sunshine_closes_is_told"]),
    7: ("protocol mismatch", ["bad_signature", "odd_lengths", "old_generation"],
        ["pairing:a_bad_signature_is_a_rejected_handshake", "faults_pairing:answers_of_odd_length_are_a_rejected_handshake",
         "faults_pairing:a_host_of_the_sha1_generation_is_a_rejected_handshake"]),
    8: ("certificate rotated, client removed", ["certificate_rotated", "clients_unknown"],
        ["faults_pairing:a_client_that_sunshine_forgets_while_pairing_is_a_rejected_handshake",
         "faults_pairing:a_forgotten_client_sees_a_fatal_line_and_the_session_lives_on",
         "faults_pairing:a_rotated_certificate_needs_a_new_session_and_that_pairs_afresh"]),
    9: ("401 on 47990", ["unauthorized"], ["pairing:wrong_credentials_are_named", "faults_pairing:refused_credentials_are_named_at_once"]),
    10: ("no Content-Type; answers of other versions", ["content_type_everywhere", "old_status_strings"],
         ["faults_sunshine:every_call_to_sunshine_carries_its_content_type", "pairing:old_sunshine_answers_in_strings"]),
    11: ("CSRF when Origin is forwarded", [], ["faults_sunshine:no_origin_of_a_caller_reaches_sunshine"]),
    12: ("caller is not LAN", ["not_lan"], ["faults_pairing:a_sunshine_that_lets_only_its_lan_in_is_named"]),
    13: ("first run, no user", ["no_user"], ["faults_pairing:a_sunshine_without_a_user_is_named"]),
    14: ("Sunshine restarts", ["restart_ms", "resetting"],
         ["faults_body:a_sunshine_that_restarts_is_unreachable_first_by_refusal_then_by_reset_and_then_there",
          "faults_body:a_sunshine_that_resets_every_connection_is_unreachable"]),
    15: ("host or WireGuard down", ["down", "blackhole", "mute", "nvhttp_down"],
         ["pairing:a_body_that_is_down_is_unreachable", "faults_body:a_body_behind_a_dead_wireguard_is_unreachable_after_a_second",
          "faults_body:a_body_that_accepts_and_is_mute_is_unreachable", "faults_body:a_body_without_its_gamestream_port_is_told_apart",
          "faults_body:a_session_whose_body_vanishes_is_still_deleted_in_time"]),
    16: ("an application runs already", ["app_running", "launch_status"],
         ["faults_sunshine:an_application_that_runs_already_is_resumed_and_the_session_is_created",
          "faults_sunshine:a_launch_while_an_application_runs_is_told_through_the_stream_socket"]),
    17: ("no display, no encoder", ["launch_status"], ["faults_sunshine:a_body_without_a_display_is_told_through_the_stream_socket"]),
    18: ("double names, positions that move, no list", ["double_apps", "shift_apps", "apps_500"],
         ["faults_sunshine:doubled_applications_stay_two_and_the_first_is_streamed",
          "faults_sunshine:positions_that_move_harm_no_other_application", "faults_sunshine:an_application_list_that_fails_is_not_fatal"]),
    19: ("missing program", [], ["errors:without_moonlight_web_stream_the_create_says_so",
                                 "faults_web_server:a_program_that_is_taken_away_is_told_and_found_again"]),
    20: ("malformed configuration", ["bad-config"], ["faults_web_server:a_configuration_that_it_refuses_ends_the_create_at_once"]),
    21: ("configuration deleted before the start", ["no-config"],
         ["faults_web_server:a_web_server_that_never_listens_or_elsewhere_is_given_up_after_10_seconds"]),
    22: ("port taken, exit status 0", ["port-taken"], ["faults_web_server:a_port_that_was_taken_meanwhile_ends_the_create_at_once"]),
    23: ("never listens", ["hang-before-listen"],
         ["faults_web_server:a_web_server_that_never_listens_or_elsewhere_is_given_up_after_10_seconds"]),
    24: ("exits in a session", ["exit-on-stream"],
         ["death:a_killed_web_server_is_an_error_within_a_second_and_a_cut_for_the_client",
          "faults_web_server:a_web_server_that_ends_by_itself_is_an_error_and_a_drop_for_the_browser"]),
    25: ("data directory deleted", [], ["lives:a_deleted_data_directory_is_an_alert_and_an_error"]),
    26: ("pairing answer cut, split, late", ["pair-close", "pair-split", "pair-delay-ms", "pair-silent"],
         ["faults_web_server:a_pairing_answer_that_ends_after_its_first_line_is_told",
          "faults_web_server:a_pairing_answer_in_pieces_or_late_is_read", "pairing:a_silent_pair_ends_after_30_seconds"]),
    27: ("401 and 403 for the user", ["unknown-user", "forbid-host"],
         ["faults_web_server:a_web_server_that_never_listens_or_elsewhere_is_given_up_after_10_seconds",
          "faults_web_server:a_host_of_another_user_is_told", "faults_web_server:a_forgotten_user_is_the_browsers_401_and_heals",
          "faults_web_server:one_sessions_fault_is_not_the_others"]),
    28: ("stream socket: fatal, dropped, deaf, no Pong", ["stream-fatal", "stream-drop"],
         ["faults_web_server:a_stream_that_cannot_start_is_told_in_one_fatal_line",
          "faults_web_server:a_stream_socket_that_is_dropped_is_a_drop_for_the_browser",
          "faults_web_server:a_first_word_that_is_no_init_ends_the_socket_as_the_real_one_does",
          "faults_web_server:a_deaf_stream_socket_stays_open_and_no_ping_is_answered"]),
    29: ("the host ends the stream", ["terminate-after-ms", "terminate-code", "stop-delay-ms"],
         ["faults_web_server:a_stream_that_the_host_ends_is_told_with_its_code_and_then_closed"]),
    30: ("SIGTERM ignored", ["ignore-term"], ["faults_web_server:a_web_server_that_ignores_sigterm_is_killed"]),
    31: ("orphan streamer keeps UDP ports", ["orphan-streamer"],
         ["faults_web_server:an_orphan_streamer_keeps_its_ports_and_the_next_session_gets_others",
          "faults_web_server:an_orphan_streamer_ends_with_its_supervisor"]),
    32: ("ICE drops, or flaps", ["drop-after-ms", "flap-after-ms", "flap-ms"],
         ["faults_media:a_peer_that_flaps_comes_back_and_the_session_stays", "faults_media:a_peer_that_drops_is_lost_and_the_session_stays"]),
    33: ("data channels dead while video goes on", ["deaf-channels"],
         ["faults_media:dead_data_channels_leave_the_video_and_only_quit_ends_it"]),
    34: ("hydrabody fails", ["hydrabody_launch_500", "hydrabody_silent", "hydrabody_down", "hydrabody_stop_404"],
         ["session:a_launch_that_fails_is_not_fatal", "faults:a_hydrabody_that_is_down_or_refuses_to_stop_is_not_fatal",
          "faults:a_hydrabody_that_never_answers_is_not_fatal"]),
    35: ("hydranps, library: 401, 5xx, slow", ["nps_status", "nps_silent", "library_status", "library_silent"],
         ["lives:records_wait_for_hydranps_through_a_kill_and_arrive_once_each", "lives:a_mute_hydranps_and_library_delay_nothing",
          "lives:a_record_that_is_refused_for_good_is_put_aside_and_the_next_goes_on",
          "faults:a_rating_that_the_library_refuses_is_answered_at_once_and_arrives_later"]),
    37: ("workers lost, or full", [], ["session:a_full_cluster_says_so", "faults:workers_that_are_gone_leave_no_healthy_one"]),
    38: ("second instance", [], ["errors:a_second_worker_on_the_port_leaves_the_first_alone"]),
    39: ("release server: nothing, nonsense, foreign, unsigned, another's, old, cut, endless or broken releases",
         ["latest_status", "latest_bad_json", "sum_missing", "sum_wrong", "unsigned", "wrong_key", "other_key", "other_channel", "old_release",
          "foreign_file", "truncated", "endless", "endless_list", "redirect_loop", "redirect_away", "silent", "fails_version", "lies_version",
          "never_healthy"],
         ["update:each_attack_and_failure_of_a_release_server_leaves_the_old_program", "update:one_that_never_gets_healthy_is_rolled_back_by_itself"]),
}
ELSEWHERE = {36: "mic"}
NO_FAULT = {"current_client"}  # another version's answer


def _tests_of(file):
    with open(os.path.join(flow.TOP, "tests/flow/test_%s.py" % file), encoding="utf-8") as source:
        return set(re.findall(r"^def ([a-z]\w+)\(", source.read(), re.M))


def every_failure_mode_has_its_knob_and_its_test():
    equal(sorted(list(FAULTS) + list(ELSEWHERE)), list(range(1, 40)), "numbers")
    listed = subprocess.run([os.path.join(flow.build_folder(), "sim/hydraneck-sim"), "faults"], capture_output=True, text=True, check=True)
    knobs = set(re.findall(r"^  ([a-z0-9_-]+) +(?:flag|number|\d+) ", listed.stdout, re.M)) - NO_FAULT
    true(len(knobs) > 50, "the list is too short: %r" % knobs)
    equal(knobs, {knob for _, names, _ in FAULTS.values() for knob in names}, "knobs")
    for number, (what, _, tests) in FAULTS.items():
        true(tests, "no test for %d, %s" % (number, what))
        for test in tests:
            file, name = test.split(":")
            true(name in _tests_of(file), "%d: there is no test %s" % (number, test))


def a_hydrabody_that_is_down_or_refuses_to_stop_is_not_fatal(running):
    running.fault(1, "hydrabody_down", True)
    running.fault(2, "hydrabody_stop_404", True)
    for body in (1, 2):
        created = running.create(body, experience="Mars Walk", exe_path="C:\\Mars.exe")
        equal(web.call("GET", created["stream_url"]).status, 200, "page")
        equal(running.call("DELETE", "/api/v1/sessions/" + created["session_id"]).status, 200, "delete")
    log = faults.log_of(running)
    contains(log, "hydrabody did not launch the experience, going on", "log")
    contains(log, "hydrabody did not stop the experience, going on", "log")
    nothing_is_left(running)
    running.fault(1, "hydrabody_down", False)
    running.create(1, experience="Mars Walk", exe_path="C:\\Mars.exe")
    running.wait_event("hydrabody_launch", body=running.plan.body(1))


def a_hydrabody_that_never_answers_is_not_fatal(running):
    running.fault(1, "hydrabody_silent", True)
    began = time.monotonic()
    created = running.create(1, experience="Mars Walk", exe_path="C:\\Mars.exe")
    true(time.monotonic() - began < 15, "the create took %.1f s" % (time.monotonic() - began))
    began = time.monotonic()
    equal(running.call("DELETE", "/api/v1/sessions/" + created["session_id"]).status, 200, "delete")
    true(time.monotonic() - began < 15, "the delete took %.1f s" % (time.monotonic() - began))
    nothing_is_left(running)


def a_rating_that_the_library_refuses_is_answered_at_once_and_arrives_later(running):
    created = running.create(2, experience="Mars Walk")
    running.control("services", "POST", "/fault", {"name": "library_status", "value": 503})
    began = time.monotonic()
    reply = web.call("POST", faults.base_of(created) + "/rating", {"rating": 4})
    true(reply.status // 100 == 2, "answer is %r" % reply)
    true(time.monotonic() - began < 2, "it took %.1f s" % (time.monotonic() - began))
    running.wait_event("rating", "services", status="refused", timeout=30)
    running.control("services", "POST", "/fault", {"name": "library_status", "value": 0})
    running.wait_event("rating", "services", status="recorded", rating="4", timeout=60)


def workers_that_are_gone_leave_no_healthy_one():
    with flow.Started(workers=1, bodies=1, turn=False, extra_controller={"workers": {"heartbeat_timeout": "2s"}}) as running:
        created = running.create(1)
        worker = running.children.pop("worker-1")
        worker.process.kill()
        worker.stop()
        said = error_shape(running.create(1, expect=None), 503)
        running.wait(lambda: "no healthy workers available" in running.create(1, expect=None).json()["error"], 15, "no healthy worker")
        true("token" not in str(said), "a token in %r" % said)
        equal(web.call("GET", created["stream_url"]).status // 100, 5, "page of the lost worker's session")
        running.start_worker(1)
        running.wait_workers(1)
        running.create(1)


flow.main(globals(), workers=1, bodies=2, turn=False)
