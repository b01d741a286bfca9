#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The unit files: systemd understands every word, what runs long is confined, and what the runbook copies is where it says."""

import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

import flow  # noqa: E402
from flow import contains, equal, true  # noqa: E402

UNITS = os.path.join(flow.TOP, "scripts/systemd")
ANALYZE = "/usr/bin/systemd-analyze"
ROLES = ("hydraneckwebrtc.service", "hydraneckwebrtc-controller.service")
SIGNALLING = ("hydraneckwebrtc-rooms@.service", "hydraneckwebrtc-mesh@.service")
LONG_RUNNING = ROLES + SIGNALLING
THRESHOLD = "15"  # exposure 1.5 of 10


def _read(name):
    with open(os.path.join(UNITS, name), encoding="utf-8") as file:
        return file.read()


def _values(name, key):
    return re.findall(r"^%s=(.*)$" % key, _read(name), re.M)


def _verify(folder):
    """A root of its own, so that neither our program nor this machine's units are needed."""
    root = tempfile.mkdtemp(prefix="hydraneck-units-")
    try:
        for place in ("usr/local/bin", "usr/local/lib/hydraneckwebrtc", "usr/bin", "etc/systemd/system", "usr/lib/systemd"):
            os.makedirs(os.path.join(root, place))
        os.symlink("usr/bin", os.path.join(root, "bin"))
        os.symlink("usr/lib", os.path.join(root, "lib"))
        shutil.copytree("/usr/lib/systemd/system", os.path.join(root, "usr/lib/systemd/system"), symlinks=True)
        for program in ("usr/local/bin/hydraneckwebrtc", "usr/local/lib/hydraneckwebrtc/acme-renew", "usr/bin/sh", "usr/bin/kill", "usr/bin/rm", "usr/bin/sleep", "usr/bin/systemctl"):
            with open(os.open(os.path.join(root, program), os.O_WRONLY | os.O_CREAT, 0o755), "w", encoding="ascii") as file:
                file.write("#!/bin/sh\n")
        paths = []
        for path in sorted(glob.glob(os.path.join(folder, "*.*"))):
            if path.endswith((".service", ".socket", ".path", ".timer")):
                shutil.copy(path, os.path.join(root, "etc/systemd/system"))
                paths.append("/etc/systemd/system/" + os.path.basename(path))
        true(len(paths) == 12, "units found: %r" % paths)
        result = subprocess.run([ANALYZE, "verify", "--man=no", "--recursive-errors=no", "--root=" + root, *paths],
                                capture_output=True, text=True, check=False, timeout=30)
        return result.returncode, [line for line in result.stderr.splitlines() if "hydraneckwebrtc" in line]
    finally:
        shutil.rmtree(root)


def every_unit_is_understood():
    equal(_verify(UNITS), (0, []), "systemd-analyze verify")


def a_word_that_systemd_does_not_know_is_found():
    folder = tempfile.mkdtemp(prefix="hydraneck-units-")
    try:
        shutil.copytree(UNITS, folder, dirs_exist_ok=True)
        with open(os.path.join(folder, "hydraneckwebrtc.service"), "a", encoding="ascii") as file:
            file.write("[Service]\nProtectSytem=strict\n")
        contains("\n".join(_verify(folder)[1]), "ProtectSytem", "findings")
    finally:
        shutil.rmtree(folder)


def what_runs_long_is_confined():
    for name in LONG_RUNNING:
        result = subprocess.run([ANALYZE, "security", "--no-pager", "--offline=true", "--threshold=" + THRESHOLD, os.path.join(UNITS, name)],
                                capture_output=True, text=True, check=False, timeout=30)
        equal(result.returncode, 0, "%s: %s" % (name, result.stdout[-200:]))
        equal(_values(name, "CapabilityBoundingSet"), [""], "capabilities of " + name)


def what_runs_long_is_watched_and_told_apart():
    for name in LONG_RUNNING:
        equal(_values(name, "Type"), ["notify"], "Type of " + name)
        equal(_values(name, "KillMode"), ["mixed"], "KillMode of " + name)
        true(_values(name, "WatchdogSec") and _values(name, "LoadCredential"), "%s has no watchdog or no credentials" % name)
        contains(_values(name, "RestartPreventExitStatus")[0].split(), "78", "statuses")
        true(_values(name, "User")[0] in _read("hydraneckwebrtc.sysusers"), "no such user in hydraneckwebrtc.sysusers")
    equal(len({_values(name, "User")[0] for name in LONG_RUNNING}), 4, "users")


def the_controllers_ports_come_from_sockets():
    for name, port, word in (("hydraneckwebrtc-controller.socket", "443", "https"), ("hydraneckwebrtc-controller-http.socket", "80", "http")):
        equal((_values(name, "ListenStream"), _values(name, "FileDescriptorName")), ([port], [word]), name)


def certificates_come_as_the_controllers_own_user():
    for key in ("User", "StateDirectory", "LoadCredential", "CapabilityBoundingSet"):
        equal(_values("hydraneckwebrtc-acme.service", key), _values("hydraneckwebrtc-controller.service", key), key)
    contains(_values("hydraneckwebrtc-controller.service", "Wants"), "network-online.target hydraneckwebrtc-acme.timer", "what the controller brings with it")


def the_worker_sees_the_tmp_that_everybody_sees():
    equal(_values("hydraneckwebrtc.service", "PrivateTmp"), ["no"], "PrivateTmp")
    contains(_read("hydraneckwebrtc.tmpfiles"), "\nd /tmp/hydraneckwebrtc-sessions 0700 hydraneckwebrtc hydraneckwebrtc -")


def what_needs_root_is_a_unit_of_its_own():
    for name in ("hydraneckwebrtc-update.service", "hydraneckwebrtc-coturn-restart.service"):
        equal((_values(name, "Type"), _values(name, "User")), (["oneshot"], []), name)


def an_update_is_asked_for_where_the_roles_write():
    watched = _values("hydraneckwebrtc-update.path", "PathModified")
    equal(watched, ["/run/%s/update-wanted" % _values(name, "RuntimeDirectory")[0] for name in ROLES], "watched files")
    contains(_read("hydraneckwebrtc-controller.service"), "HYDRANECK_UPDATE_REQUEST_FILE=" + watched[1])


def an_update_that_was_cut_off_is_ended_by_the_program_before_it():
    program = "/usr/local/bin/hydraneckwebrtc"
    equal(_values("hydraneckwebrtc-update.path", "PathExists"), [program + ".unproven"], "watched file")
    command = _values("hydraneckwebrtc-update.service", "ExecStart")[0]
    with tempfile.TemporaryDirectory() as folder:
        mine = os.path.join(folder, "hydraneckwebrtc")

        def runs():
            result = subprocess.run(["/bin/sh", "-c", command.replace(program, mine)], capture_output=True, text=True, check=True, timeout=20)
            return os.path.basename(result.stdout.strip())
        for name in ("", ".backup"):
            with open(os.open(mine + name, os.O_WRONLY | os.O_CREAT, 0o755), "w", encoding="ascii") as file:
                file.write("#!/bin/sh\n[ \"$*\" = 'update --force' ] && echo $0\n")
        equal(runs(), "hydraneckwebrtc", "what runs")
        with open(mine + ".unproven", "w", encoding="ascii"):
            pass
        equal(runs(), "hydraneckwebrtc.backup", "what runs after one that was cut off")
        os.unlink(mine + ".backup")
        equal(runs(), "hydraneckwebrtc", "what runs when there is none before")


def signalling_has_an_instance_for_each_port():
    for name, product in zip(SIGNALLING, ("rooms", "mesh")):
        equal(_values(name, "ExecStart"), ["/usr/local/bin/hydraneckwebrtc %s --port %%i" % product], "ExecStart of " + name)
        equal(_values(name, "EnvironmentFile"), ["-/etc/hydraneckwebrtc/%s.env" % product], "EnvironmentFile of " + name)


def every_credential_is_a_secret_of_the_configuration():
    with open(os.path.join(flow.TOP, "src/base/options.h"), encoding="utf-8") as file:
        secrets = {path.replace(".", "-") for path in re.findall(r'"([a-z_.]+)", +SECRET', file.read())}
    for name in LONG_RUNNING:
        unknown = {value.split(":")[0] for value in _values(name, "LoadCredential")} - secrets
        equal(unknown, set(), "credentials of %s that nothing reads" % name)


def the_runbooks_cp_finds_the_units():
    for name in ROLES:
        equal(os.path.realpath(os.path.join(flow.TOP, "scripts", name)), os.path.join(UNITS, name), "scripts/" + name)


flow.main(globals())
