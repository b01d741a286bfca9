# SPDX-License-Identifier: LGPL-2.1-or-later
"""Releases for tests of the update: the next version of a program is the same program with another text in its section `.hn_version`."""

import json
import os
import platform
import shutil
import struct
import subprocess

import child
import web

NAME = "hydraneckwebrtc-linux-" + {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]
VERSION_BYTES = 64


def _section(data, wanted):
    """Offset of a section in a 64-bit ELF file."""
    table, = struct.unpack_from("<Q", data, 0x28)
    size, count, names_at = struct.unpack_from("<HHH", data, 0x3A)
    rows = [struct.unpack_from("<IIQQQQ", data, table + size * n) for n in range(count)]
    names = rows[names_at][4]
    for name, _, _, _, offset, length in rows:
        if data[names + name:data.index(b"\0", names + name)] == wanted:
            assert length >= VERSION_BYTES
            return offset
    raise AssertionError("no section %r" % wanted)


def make_version(program, version, target):
    """A copy of a program that says it is of another version."""
    with open(program, "rb") as file:
        data = bytearray(file.read())
    at = _section(bytes(data), b".hn_version")
    data[at:at + VERSION_BYTES] = version.encode().ljust(VERSION_BYTES, b"\0")
    with open(target, "wb") as file:
        file.write(data)
    os.chmod(target, 0o755)


def version_of(program):
    return subprocess.run([program, "version"], capture_output=True, text=True, check=True, timeout=20).stdout.split()[1]


class Server:
    """The fake release server and what it offers."""

    def __init__(self, sim, folder, at, control):
        self.root = os.path.join(folder, "releases")
        self.url = "http://%s:%d" % at
        self.control_url = "http://%s:%d" % control
        os.makedirs(self.root, exist_ok=True)
        self.child = child.Child("releases", [sim, "release-server", "--listen", "%s:%d" % at, "--root", self.root, "--control", "%s:%d" % control,
                                              "--die-with-parent"], os.path.join(folder, "releases.log"), wait_for="^ready$")
        self.key = self.control("GET", "/state")["public_key"]

    def control(self, method, path, body=None):
        reply = web.call(method, self.control_url + path, body)
        assert reply.status == 200, reply
        return reply.json()

    def offer(self, program, version, latest=True):
        folder = os.path.join(self.root, version)
        os.makedirs(folder, exist_ok=True)
        make_version(program, version, os.path.join(folder, NAME))
        if latest:
            self.set_latest(version)

    def set_latest(self, version):
        with open(os.path.join(self.root, "latest.json"), "w", encoding="ascii") as file:
            json.dump({"version": version, "build_number": 7}, file)

    def withdraw_all(self):
        shutil.rmtree(self.root)
        os.makedirs(self.root)

    def fault(self, name, value=True):
        self.control("POST", "/fault", {"name": name, "value": value})

    def reset(self):
        self.control("POST", "/reset")

    def asked_for(self):
        """Names of the files that were asked for since the last reset."""
        return [event["file"] for event in self.control("GET", "/events?since=0")["events"]]

    def stop(self):
        return self.child.stop()
