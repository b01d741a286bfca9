#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Provisioning into a folder that will be a machine's root, twice: the second time nothing changes. HYDRANECK_LONG=1 does it on whole Debian
machines, systemd included (tests/support/machine.py)."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

import flow  # noqa: E402, I001
from flow import contains, equal, true  # noqa: E402

PROGRAM = os.path.join(flow.build_folder(), "src/cli/hydraneckwebrtc")
TOKENS = ("controller-word-7301", "admin-word-5522", "sunshine-word-9114")
SIX_LINES = """hydraneckwebrtc:
  controller_url: "https://controller.example"
  controller_token: "controller-word-7301"
  admin_token: 'admin-word-5522'   # of this worker
  sunshine_password: sunshine-word-9114
  public_ip: 203.0.113.7
"""


class _Root:
    """A folder with what a fresh machine has: two tunnels, and their template unit."""

    def __init__(self, cluster=SIX_LINES):
        self.folder = tempfile.mkdtemp(prefix="hydraneck-provision-")
        self.root = os.path.join(self.folder, "root")
        self.cluster = os.path.join(self.folder, "cluster.yaml")
        with open(self.cluster, "w", encoding="ascii") as file:
            file.write(cluster)
        for name in ("wg0", "hydra-mesh"):
            self.write("etc/wireguard/%s.conf" % name, "[Interface]\n")
        self.write("usr/lib/systemd/system/wg-quick@.service", "[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n")
        os.symlink("usr/lib", os.path.join(self.root, "lib"))

    def write(self, path, text):
        whole = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(whole), exist_ok=True)
        with open(whole, "w", encoding="utf-8") as file:
            file.write(text)

    def read(self, path):
        with open(os.path.join(self.root, path), encoding="utf-8") as file:
            return file.read()

    def run(self, script, *words, status=0):
        result = subprocess.run([os.path.join(flow.TOP, "scripts", script), "--config", self.cluster, "--root", self.root, "--binary", PROGRAM, *words],
                                capture_output=True, text=True, check=False, timeout=60, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": self.folder})
        equal(result.returncode, status, "exit status of %s: %s%s" % (script, result.stdout, result.stderr))
        for token in TOKENS:
            true(token not in result.stdout + result.stderr, "a token in what %s says" % script)
        return result.stdout + result.stderr

    def tree(self):
        """{path: what it is}, times included: whoever writes the same again is caught."""
        found = {}
        for where, folders, names in os.walk(self.root):
            for name in folders + names:
                path = os.path.join(where, name)
                status = os.lstat(path)
                content = os.readlink(path) if os.path.islink(path) else "" if os.path.isdir(path) else self._digest(path)
                found[os.path.relpath(path, self.root)] = (oct(status.st_mode), status.st_mtime_ns, content)
        return found

    @staticmethod
    def _digest(path):
        with open(path, "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder)


def a_fresh_folder_becomes_a_worker_with_six_lines_and_the_second_time_nothing_changes():
    with _Root() as it:
        it.run("provision-worker")
        first = it.tree()
        for path in ("etc/turnserver.conf", "etc/sysctl.d/60-hydraneckwebrtc.conf", "etc/systemd/system/hydraneckwebrtc.service", "root/.hydraneckwebrtc/config.yaml",
                     "etc/systemd/system/multi-user.target.wants/hydraneckwebrtc.service", "usr/local/bin/hydraneckwebrtc",
                     "etc/systemd/system/multi-user.target.wants/wg-quick@wg0.service", "etc/systemd/system/multi-user.target.wants/wg-quick@hydra-mesh.service"):
            true(path in first, "no %s" % path)
        said = it.run("provision-worker")
        equal(it.tree(), first, "the tree after the second run")
        true("written" not in said and "would" not in said, "the second run says: %s" % said)


def what_a_worker_is_told_is_right():
    with _Root() as it:
        it.run("provision-worker")
        config = os.path.join(it.root, "root/.hydraneckwebrtc/config.yaml")
        credential = os.path.join(it.root, "root/.hydraneckwebrtc-turn-credential")
        for path, mode in ((config, 0o640), (credential, 0o600), (os.path.join(it.root, "etc/turnserver.conf"), 0o640)):
            equal(os.stat(path).st_mode & 0o777, mode, "mode of %s" % path)
        secret = it.read("root/.hydraneckwebrtc-turn-credential").strip()
        true(re.fullmatch("[0-9a-f]{48}", secret), "credential")
        word = it.read("root/.hydraneckwebrtc-turn-cli").strip()
        for line in ("use-auth-secret", "userdb=/var/lib/turn/hydraneckwebrtc.db", "cli-ip=127.0.0.1", "cli-port=5766", "cli-password=" + word):
            contains(it.read("etc/turnserver.conf").splitlines(), line)
        true(secret not in it.read("etc/turnserver.conf") and secret != word, "coturn is told the worker's own secret")
        contains(it.read("root/.hydraneckwebrtc/config.yaml"),
                 'turn:\n  secret: "%s"\n  userdb: /var/lib/turn/hydraneckwebrtc.db\n  cli: 127.0.0.1:5766\n  cli_password: "%s"\n' % (secret, word))
        contains(it.read("usr/lib/tmpfiles.d/hydraneckwebrtc.conf"), "f /var/lib/turn/hydraneckwebrtc.db 0660 - turnserver -")
        contains(it.read("etc/sysctl.d/60-hydraneckwebrtc.conf"), "net.ipv4.ip_local_reserved_ports = 3478,5766,8080-8095,47990,40000-40299")
        result = subprocess.run([PROGRAM, "config", "--check", "--role", "worker", "--config", config], capture_output=True, text=True, check=False, timeout=20)
        equal(result.returncode, 0, "config --check says %s%s" % (result.stdout, result.stderr))


def _closure(packages):
    """Them, and what they depend on, as this machine has it."""
    found, todo = set(), list(packages)
    while todo:
        name = todo.pop()
        if name in found:
            continue
        found.add(name)
        fields = subprocess.run(["dpkg-query", "-W", "-f", "${Depends},${Pre-Depends}", name], capture_output=True, text=True, check=False, timeout=20).stdout
        todo += re.findall(r"(?:^|[,|]) *([a-z0-9.+-]+)", fields)
    return found


def every_library_of_the_program_is_installed_by_both_scripts():
    linked = subprocess.run(["ldd", PROGRAM], capture_output=True, text=True, check=True, timeout=20).stdout
    direct = set(re.findall(r"NEEDED.*\[(.*)\]", subprocess.run(["readelf", "-d", PROGRAM], capture_output=True, text=True, check=True, timeout=20).stdout))
    files = [path for name, path in re.findall(r"(\S+) => (/\S+)", linked) if name in direct and not re.match(r"lib(asan|ubsan)", name)]
    true(len(files) > 8, "linked: %r" % files)
    wanted = {}
    for path in files:  # its package may know it below / or below /usr
        real = os.path.realpath(path)
        owner = subprocess.run(["dpkg", "-S", real, real.replace("/usr/", "/", 1)], capture_output=True, text=True, check=False, timeout=20).stdout
        true(owner, "nobody's: %s" % real)
        wanted[owner.split(":")[0]] = path
    for script in ("provision-worker", "provision-controller"):
        with open(os.path.join(flow.TOP, "scripts", script), encoding="utf-8") as file:
            listed = re.search(r"^libraries=\(([^)]*)\)", file.read(), re.M).group(1).split()
        missing = sorted(set(wanted) - _closure(listed))
        equal(missing, [], "packages of linked libraries that %s does not bring" % script)


def a_dry_run_changes_nothing_and_says_all():
    with _Root() as it:
        before = it.tree()
        said = it.run("provision-worker", "--dry-run") + it.run("provision-controller", "--dry-run")
        equal(it.tree(), before, "the tree")
        for path in ("/etc/turnserver.conf", "/root/.hydraneckwebrtc-turn-credential", "/root/.hydraneckwebrtc/config.yaml",
                     "/root/.hydraneckwebrtc/controller.yaml", "/etc/systemd/system/hydraneckwebrtc.service"):
            contains(said, "would write: %s (" % path)
        contains(said, "enable wg-quick@wg0")


def a_credential_that_is_there_is_kept():
    with _Root() as it:
        it.write("root/.hydraneckwebrtc-turn-credential", "kept-since-long\n")
        it.run("provision-worker")
        equal(it.read("root/.hydraneckwebrtc-turn-credential"), "kept-since-long\n", "credential")
        contains(it.read("root/.hydraneckwebrtc/config.yaml"), 'secret: "kept-since-long"')


def a_configuration_of_ones_own_is_kept():
    with _Root() as it:
        it.write("root/.hydraneckwebrtc/config.yaml", "mode: worker\n")
        contains(it.run("provision-worker"), "kept: /root/.hydraneckwebrtc/config.yaml is somebody's own")
        equal(it.read("root/.hydraneckwebrtc/config.yaml"), "mode: worker\n", "configuration")


def a_new_token_reaches_the_configuration():
    with _Root() as it:
        it.run("provision-worker")
        with open(it.cluster, "w", encoding="ascii") as file:
            file.write(SIX_LINES.replace("controller-word-7301", "another-word-1"))
        contains(it.run("provision-worker"), "written: /root/.hydraneckwebrtc/config.yaml")
        contains(it.read("root/.hydraneckwebrtc/config.yaml"), 'token: "another-word-1"')


def a_controller_gets_its_sockets_or_its_proxy():
    with _Root() as it:
        it.run("provision-controller")
        first = it.tree()
        contains(it.read("root/.hydraneckwebrtc/controller.yaml"), 'domain: "controller.example"')
        for name in ("hydraneckwebrtc-controller.socket", "hydraneckwebrtc-controller-http.socket"):
            true("etc/systemd/system/sockets.target.wants/" + name in first, "no " + name)
        true("etc/systemd/system/timers.target.wants/hydraneckwebrtc-acme.timer" in first, "the certificate is not renewed")
        true("usr/local/lib/hydraneckwebrtc/acme-renew" in first, "no acme-renew")
        it.run("provision-controller")
        equal(it.tree(), first, "the tree after the second run")
    with _Root(SIX_LINES + '  controller_listen: "127.0.0.1:8080"\n') as it:
        it.run("provision-controller")
        contains(it.read("root/.hydraneckwebrtc/controller.yaml"), 'listen: "127.0.0.1:8080"')
        true(not any("sockets.target.wants" in path for path in it.tree()), "sockets are enabled behind a proxy")


def what_is_wrong_is_named_with_its_line():
    for text, words in (("hydraneckwebrtc:\n  controller_url: x\n", "'hydraneckwebrtc.controller_token' is missing"),
                        ("hydraneckwebrtc:\n  controler_url: x\n", ":2: no such key 'controler_url'"),
                        ("a: b\nhydraneckwebrtc:\n\n  controller_url: [x]\n- y\n  admin_token: a\"b\n", "is missing"),
                        (SIX_LINES.replace("203.0.113.7", "somewhere"), ":6: 'public_ip' is no IPv4 address"),
                        (SIX_LINES + "  max_sessions: many\n", ":7: 'max_sessions' is no number"),
                        (SIX_LINES + "  nps_token: a\"b\n", ":7: 'nps_token' contains a quote"),
                        ("other: 1\n", "'hydraneckwebrtc.controller_url' is missing")):
        with _Root(text) as it:
            contains(it.run("provision-worker", status=1), words)
    with _Root() as it:
        os.unlink(it.cluster)
        contains(it.run("provision-worker", status=1), "it needs a section 'hydraneckwebrtc:'")


flow.main(globals())
