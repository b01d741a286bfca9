#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The commands that talk to a running cluster, as a person types them: tables, JSON, YAML, ids by their first characters, errors and exit statuses."""

import json
import os
import pty
import re
import select
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

import flow  # noqa: E402, I001: it makes the modules below findable
from flow import contains, equal, true  # noqa: E402

PROGRAM = os.path.join(flow.build_folder(), "src/cli/hydraneckwebrtc")


def _environment(world, **more):
    return {**os.environ, "HOME": "/nonexistent", "HYDRANECK_URL": world.url, "HYDRANECK_TOKEN": world.plan.token, **more}


def _run(world, *words, expect=0, **more):
    result = subprocess.run([PROGRAM, *words], capture_output=True, text=True, timeout=60, check=False, env=_environment(world, **more),
                            stdin=subprocess.DEVNULL)
    if result.returncode != expect:
        raise AssertionError("%r ended with %d, not %d: %s%s" % (words, result.returncode, expect, result.stdout, result.stderr))
    return result


def _commands():
    help_text = subprocess.run([PROGRAM, "--help"], capture_output=True, text=True, timeout=20, check=True).stdout
    return re.findall(r"^  ([a-z-]+) ", help_text, re.M)


def workers_are_listed_as_table_json_yaml_and_names(world):
    table = _run(world, "get", "workers").stdout.splitlines()
    true(re.match(r"WORKER +STATUS +SESSIONS +MAX +WIREGUARD +HEARD +VERSION +URL$", table[0]), "titles: %r" % table[0])
    equal(len(table), 3, "lines of two workers")
    true(all(" healthy " in line for line in table[1:]), "two healthy workers: %r" % table)
    names = _run(world, "get", "worker", "-o", "name").stdout.split()
    equal(sorted(names), sorted(line.split()[0] for line in table[1:]), "names")
    answer = json.loads(_run(world, "get", "workers", "--output=json").stdout)
    equal(sorted(worker["id"] for worker in answer["workers"]), sorted(names), "ids in JSON")
    contains(_run(world, "get", "workers", "-o", "yaml").stdout, "workers:\n- id: ")


def a_session_is_created_shown_by_its_first_characters_and_deleted(world):
    contains(_run(world, "get", "sessions").stdout, "no sessions")
    made = json.loads(_run(world, "create", world.plan.body(1), "--experience", "Desktop", "--district", "a & b", "-o", "json").stdout)
    session_id = made["session_id"]
    contains(made["stream_url"], "/session/%s/" % session_id)
    row = _run(world, "get", "sessions").stdout.splitlines()[1]
    true(row.startswith(session_id[:8] + "…"), "the row begins with eight characters: %r" % row)
    true(session_id not in row, "the whole id is a key and not in the table")
    contains(row, world.plan.body(1))
    shown = _run(world, "describe", "session", session_id[:8]).stdout
    contains(shown, "district: a & b")
    contains(shown, session_id)
    contains(_run(world, "logs", session_id[:6], "-n", "500").stdout, "listening on")
    contains(_run(world, "top", "--once").stdout, session_id[:8])
    equal(_run(world, "delete", session_id[:8]).stdout, "%s deleted\n" % session_id, "what delete prints")
    contains(_run(world, "get", "sessions").stdout, "no sessions")


def a_life_is_explained_while_it_lasts_and_after(world):
    session_id = _run(world, "create", world.plan.body(2), "-o", "name").stdout.strip()
    contains(_run(world, "explain", session_id[:8]).stdout, "ready")
    _run(world, "delete", session_id)
    contains(_run(world, "explain", session_id).stdout, "api_delete")


def a_worker_is_drained_and_taken_back(world):
    name = _run(world, "get", "workers", "-o", "name").stdout.split()[0]
    contains(_run(world, "drain", name).stdout, "%s is draining" % name)
    contains(_run(world, "describe", "worker", name).stdout, "draining: true")
    contains(_run(world, "drain", name, "--undo").stdout, "%s is healthy" % name)


def events_are_remembered_and_followed(world):
    session_id = _run(world, "create", world.plan.body(3), "-o", "name").stdout.strip()
    lines = _run(world, "events").stdout
    true(re.search(r"^\d{4}-\d\d-\d\dT\S+Z session\.created .*session_id=%s" % session_id[:8], lines, re.M), "the creation is remembered: %s" % lines)
    follower = subprocess.Popen([PROGRAM, "events", "-f", "-o", "json"], stdout=subprocess.PIPE, text=True, env=_environment(world))
    try:
        _run(world, "delete", session_id)
        for line in follower.stdout:
            event = json.loads(line)
            if event["event"] == "session.ended" and event["session_id"] == session_id:
                break
        else:
            raise AssertionError("the end was not told")
    finally:
        follower.terminate()
        follower.communicate(timeout=10)


def errors_say_what_the_server_said_and_end_with_its_status(world):
    result = _run(world, "create", "127.9.9.999", expect=65)
    contains(result.stderr, "hydraneckwebrtc create: field 'body_ip' must be an IP address")
    equal(result.stdout, "", "stdout of a failed command")
    contains(_run(world, "describe", "worker", "nobody", expect=66).stderr, "worker not found")
    contains(_run(world, "get", "workers", expect=77, HYDRANECK_TOKEN="wrong").stderr, "unauthorized")
    contains(_run(world, "get", "bodies", expect=64).stderr, "usage: hydraneckwebrtc get workers|sessions")
    contains(_run(world, "get", "workers", "--colour", expect=64).stderr, "--colour")
    result = _run(world, "get", "workers", expect=69, HYDRANECK_URL="http://127.0.0.1:1")
    contains(result.stderr, "http://127.0.0.1:1: ")
    contains(_run(world, "get", "workers", expect=78, HYDRANECK_URL="gopher://x").stderr, "no http or https URL")


def the_configuration_says_where_and_a_file_the_token(world):
    config = os.path.join(world.plan.folder, "controller.yaml")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HYDRANECK_")}
    environment["HOME"] = "/nonexistent"
    found = subprocess.run([PROGRAM, "get", "workers", "-o", "name", "--config", config], capture_output=True, text=True, timeout=20, check=False,
                           env=environment)
    equal(found.returncode, 0, "exit status (%s)" % found.stderr)
    equal(len(found.stdout.split()), 2, "workers")
    token = os.path.join(world.plan.folder, "token-of-a-person")
    with open(os.open(token, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="ascii") as file:
        file.write(world.plan.token + "\nanother line\n")
    _run(world, "get", "workers", "--token-file", token, HYDRANECK_TOKEN="wrong")
    nowhere = subprocess.run([PROGRAM, "get", "workers"], capture_output=True, text=True, timeout=20, check=False, env=environment)
    equal(nowhere.returncode, 78, "exit status without any word of where")
    contains(nowhere.stderr, "or say where: --server URL and --token-file FILE")


def top_draws_on_a_terminal_and_gives_it_back(world):
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(PROGRAM, [PROGRAM, "top", "--interval", "1"], _environment(world, TERM="xterm"))
    seen = b""
    deadline = time.monotonic() + 30
    asked = False
    try:
        while time.monotonic() < deadline:
            if not select.select([terminal], [], [], 1)[0]:
                continue
            try:
                more = os.read(terminal, 65536)
            except OSError:
                break
            if not more:
                break
            seen += more
            if seen.count(b"WIREGUARD") >= 2 and not asked:
                os.write(terminal, b"q")
                asked = True
    finally:
        if not asked:
            os.kill(pid, 9)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        os.close(terminal)
    equal(status, 0, "exit status")
    true(seen.startswith(b"\x1b[?1049h") and seen.rstrip().endswith(b"\x1b[?1049l"), "a screen of its own, and back")


def the_completion_and_the_man_page_know_every_command_and_option(world):
    script = _run(world, "completion", "bash").stdout
    page = _run(world, "man").stdout.replace("\\-", "-")
    checked = subprocess.run(["bash", "-n"], input=script, text=True, capture_output=True, timeout=20, check=False)
    equal(checked.returncode, 0, "bash -n of the completion (%s)" % checked.stderr)
    for name in _commands():
        words = set(re.search(r"^    %s\) words='([^']*)'" % name, script, re.M).group(1).split())
        shown = subprocess.run([PROGRAM, name, "--help"], capture_output=True, text=True, timeout=20, check=False,
                               env=_environment(world))
        flags = set(re.findall(r"(--[a-z][a-z-]+)", shown.stdout)) - {"--help", "--version"}
        equal(shown.returncode if name != "version" else 0, 0, "exit status of %s --help" % name)
        true(flags <= words or name == "version", "%s --help names %r, the table has %r" % (name, sorted(flags), sorted(words)))
        contains(page, "\\fB%s\\fR" % name)


def words_are_completed_from_the_running_cluster(world):
    folder = os.path.join(world.plan.folder, "completion")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "script"), "w", encoding="ascii") as file:
        file.write(_run(world, "completion", "bash").stdout)
    if not os.path.exists(os.path.join(folder, "hydraneckwebrtc")):
        os.symlink(PROGRAM, os.path.join(folder, "hydraneckwebrtc"))
    names = sorted(_run(world, "get", "workers", "-o", "name").stdout.split())
    script = '. %s/script; COMP_WORDS=(hydraneckwebrtc drain ""); COMP_CWORD=2; _hydraneckwebrtc; printf "%%s\\n" "${COMPREPLY[@]}"' % folder
    result = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=30, check=False,
                            env=_environment(world, PATH=folder + ":" + os.environ["PATH"]))
    equal(sorted(result.stdout.split()), names, "completed workers")


flow.main(globals())
