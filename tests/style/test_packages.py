#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""scripts/packages is the whole list: what the build links and what scripts and tests run belongs to a package that stands there.

A missing line would hide on a machine that has the package already; here its owner is asked for."""

import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

import flow  # noqa: E402
from flow import equal, true  # noqa: E402

# every Debian 12 has these, whatever is installed
ESSENTIAL = {"bash", "coreutils", "sed", "grep", "findutils", "dpkg", "apt", "util-linux", "debianutils", "dash", "tar", "mawk", "base-files"}

# packages that come with one of the list
BROUGHT_BY = {"python3-minimal": "python3", "pkgconf": "pkg-config", "pkgconf-bin": "pkg-config"}


def _listed(*purposes):
    """The packages, or those for a purpose."""
    with open(os.path.join(flow.TOP, "scripts/packages"), encoding="utf-8") as file:
        rows = [line.split() for line in file if line.strip() and not line.startswith("#")]
    return {row[0] for row in rows if not purposes or row[1] in purposes}


def _owners(path):
    """Packages that own a file; merged /usr means that it may be registered under either name."""
    names = {path, os.path.realpath(path)}
    names |= {name[4:] for name in names if name.startswith("/usr/")}
    out = subprocess.run(["dpkg-query", "-S", *sorted(names)], capture_output=True, text=True, check=False).stdout
    owners = {owner.split(":")[0].strip() for line in out.splitlines() for owner in line.split(": ")[0].split(",")}
    return owners | {whole for part, whole in BROUGHT_BY.items() if part in owners}


def _texts(*folders):
    for folder in folders:
        for where, _, names in os.walk(os.path.join(flow.TOP, folder)):
            for name in names:
                try:
                    with open(os.path.join(where, name), encoding="utf-8") as file:
                        yield os.path.relpath(os.path.join(where, name), flow.TOP), file.read()
                except UnicodeDecodeError:
                    continue


def each_line_names_a_package_and_a_purpose():
    with open(os.path.join(flow.TOP, "scripts/packages"), encoding="utf-8") as file:
        rows = [line.split() for line in file if line.strip() and not line.startswith("#")]
    for row in rows:
        true(len(row) == 2 and row[1] in ("build", "run", "rooms", "test", "full", "bench", "package", "machines", "unpack"), "odd line %r" % row)
    names = [row[0] for row in rows]
    equal(len(names), len(set(names)), "packages listed")
    for name in names:
        status = subprocess.run(["dpkg-query", "-W", "-f", "${Status}", name], capture_output=True, text=True, check=False).stdout
        true("ok installed" in status or [r for r in rows if r[0] == name][0][1] in ("full", "bench", "package", "machines", "unpack"), "%s is not installed" % name)


def every_library_of_the_build_is_listed():
    with open(os.path.join(flow.TOP, "meson.build"), encoding="utf-8") as file:
        names = re.findall(r"dependency\('([^']+)'", file.read())
    true(len(names) > 8, "no dependencies found")
    for name in names:
        folder = subprocess.run(["/usr/bin/pkg-config", "--variable=pcfiledir", name], capture_output=True, text=True, check=True,
                                env={"PATH": "/usr/bin:/bin"}).stdout.strip()
        owners = _owners("%s/%s.pc" % (folder, name))
        true(owners & _listed(), "%s comes from %s, which scripts/packages does not list" % (name, owners))


def every_program_that_is_run_by_its_path_is_listed():
    found = {}
    for path, text in _texts("scripts", "tests", "sim"):
        for program in re.findall(r"(?<![\w/])(/usr/s?bin/[a-z][\w.+-]*)", text):
            found.setdefault(program, path)
    true("/usr/bin/turnserver" in found, "no programs found")
    for program, path in sorted(found.items()):
        if program.endswith("/env") or program == "/usr/bin/hydraneckwebrtc":  # the one we package
            continue
        # the benchmarks' peers are installed by scripts/bench alone, and some never are
        absent = (path.startswith("scripts/benchmarks") or os.path.basename(program) in _listed("unpack")) and not os.path.exists(program)
        owners = {os.path.basename(program)} if absent else _owners(program)
        true(owners & (_listed() | ESSENTIAL), "%s (named in %s) comes from %s, which scripts/packages does not list" % (program, path, owners))


def every_word_that_scripts_call_is_listed():
    for word in ("meson", "ninja", "gcc", "ip", "curl", "jq", "openssl", "pkg-config", "ps"):
        where = subprocess.run(["/usr/bin/which", word], capture_output=True, text=True, check=False,
                               env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}).stdout.strip()
        owners = _owners(where)
        true(owners & _listed(), "%s comes from %s, which scripts/packages does not list" % (word, owners))


flow.main(globals())
