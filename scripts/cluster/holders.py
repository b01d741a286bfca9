# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who holds a port, and whether this machine has an address that Chromium can gather on."""

import os
import re
import socket
import subprocess


def bind_problem(address, port):
    """None when a listener can be bound there; else the system's error."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((address, port))
            sock.listen(1)
        except OSError as error:
            return error
    return None


def holder(address, port):
    """'nginx (pid 812)' for whoever listens on this address, or 'another process'; None when nobody listens: then it is a connection that
    happens to have this port, or had it less than a minute ago."""
    wanted = {_hex(address, port), _hex("0.0.0.0", port)}
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            with open(table, encoding="ascii") as file:
                rows = [line.split() for line in file.readlines()[1:]]
        except OSError:
            continue
        for row in rows:
            local = row[1]
            mapped = len(local) > 13 and local.endswith(":%04X" % port)
            if row[3] == "0A" and (local in wanted or mapped):
                inodes.add("socket:[%s]" % row[9])
    if not inodes:
        return None
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            for fd in os.listdir("/proc/%s/fd" % pid):
                if os.readlink("/proc/%s/fd/%s" % (pid, fd)) in inodes:
                    with open("/proc/%s/comm" % pid, encoding="utf-8") as file:
                        return "%s (pid %s)" % (file.read().strip(), pid)
        except OSError:
            continue
    return "another process"


def _hex(address, port):
    packed = socket.inet_aton(address)
    return "%02X%02X%02X%02X:%04X" % (packed[3], packed[2], packed[1], packed[0], port)


def has_outer_address():
    """Whether an IPv4 address besides loopback is up."""
    text = subprocess.run(["ip", "-4", "-o", "address", "show", "up", "scope", "global"], capture_output=True, text=True,
                          check=False).stdout
    return any(re.search(r"inet (?!127\.)", line) for line in text.splitlines())


class OuterAddress:
    """Adds a veth pair with a documentation address (RFC 5737) when the machine has loopback only; takes it away again."""

    NAME, PEER, ADDRESS = "hydraneck0", "hydraneck1", "198.51.100.1/30"
    MEND = ("Chromium gathers no ICE candidate on a machine with loopback only. Give it one address, as root:\n"
            "  ip link add %s type veth peer name %s && ip address add %s dev %s && ip link set %s up && ip link set %s up"
            % (NAME, PEER, ADDRESS, NAME, NAME, PEER))

    def __init__(self):
        self.added = False

    def ensure(self):
        """True when there is one now; False: MEND says what to do."""
        if has_outer_address():
            return True
        commands = (["ip", "link", "add", self.NAME, "type", "veth", "peer", "name", self.PEER],
                    ["ip", "address", "add", self.ADDRESS, "dev", self.NAME], ["ip", "link", "set", self.NAME, "up"],
                    ["ip", "link", "set", self.PEER, "up"])
        for number, command in enumerate(commands):
            if subprocess.run(command, capture_output=True, check=False).returncode != 0:
                return False
            self.added = self.added or number == 0
        return has_outer_address()

    def remove(self):
        if self.added:
            subprocess.run(["ip", "link", "delete", self.NAME], capture_output=True, check=False)
            self.added = False
