#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Start-up as an operator meets it: which file is read, what is refused, and with which exit status."""

import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

import flow  # noqa: E402, I001: it makes the modules below findable

PROGRAM = os.path.join(flow.build_folder(), "src/cli/hydraneckwebrtc")
SEEDS = os.path.join(flow.TOP, "fixtures/seeds")


def _run(*arguments, home="/nonexistent"):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=20, check=False,
                          env=dict(os.environ, HOME=home))


def the_version_is_printed_and_exits_0():
    result = _run("version")
    flow.equal(result.returncode, 0, "exit status")
    flow.contains(result.stdout, "hydraneckwebrtc 0.")


def help_names_every_subcommand():
    result = _run("--help")
    flow.equal(result.returncode, 0, "exit status")
    for name in ("controller", "worker", "version"):
        flow.contains(result.stdout, name, "help")


def an_unknown_subcommand_exits_64():
    result = _run("wroker")
    flow.equal(result.returncode, 64, "exit status")
    flow.contains(result.stderr, "unknown command 'wroker'")


def a_domain_without_tls_exits_78_and_names_the_mend():
    result = _run("controller", "--config", os.path.join(SEEDS, "runbook-controller.yaml"))
    flow.equal(result.returncode, 78, "exit status")
    flow.contains(result.stderr, "server.domain")
    flow.contains(result.stderr, "server.listen")


def an_unknown_key_exits_78_with_file_line_column_and_the_nearest_name():
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write("server:\n  listen: \"127.0.0.1:1\"\n  admin_tokken: x\n")
        file.flush()
        result = _run("worker", "--config", file.name)
    flow.equal(result.returncode, 78, "exit status")
    flow.contains(result.stderr, "%s:3:3: unknown key 'server.admin_tokken', did you mean 'server.admin_token'?" % file.name)


def a_wrong_type_exits_78_with_its_place():
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write("server:\n  admin_token: x\nsessions:\n  max: [a]\n")
        file.flush()
        result = _run("worker", "--config", file.name)
    flow.equal(result.returncode, 78, "exit status")
    flow.contains(result.stderr, "%s:4:8: 'sessions.max' must be a single value" % file.name)


def a_mode_that_differs_from_the_subcommand_exits_78():
    result = _run("controller", "--config", os.path.join(SEEDS, "runbook-worker.yaml"))
    flow.equal(result.returncode, 78, "exit status")
    flow.contains(result.stderr, "'mode' is 'worker', but the command is 'controller'")


def without_a_config_file_the_places_that_were_looked_at_are_named():
    result = _run("worker", home="/nonexistent")
    flow.equal(result.returncode, 78, "exit status")
    flow.contains(result.stderr, "/nonexistent/.hydraneckwebrtc/worker.yaml")
    flow.contains(result.stderr, "/nonexistent/.hydraneckwebrtc/config.yaml")


def the_role_file_is_preferred_to_the_common_one():
    with tempfile.TemporaryDirectory() as home:
        os.mkdir(home + "/.hydraneckwebrtc")
        with open(home + "/.hydraneckwebrtc/config.yaml", "w", encoding="ascii") as file:
            file.write("common: 1\n")
        result = _run("worker", home=home)
        flow.contains(result.stderr, "config.yaml:1:1")
        with open(home + "/.hydraneckwebrtc/worker.yaml", "w", encoding="ascii") as file:
            file.write("role: 1\n")
        result = _run("worker", home=home)
        flow.contains(result.stderr, "worker.yaml:1:1")


flow.main(globals())
