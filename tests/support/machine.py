# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whole Debian machines for the long tests: a debootstrap root, and systemd booted in it as process 1 of namespaces of its own. Needs root, Debian's
mirror for the first time, and a cgroup2 file system; no virtual machine."""

import contextlib
import hashlib
import os
import re
import shutil
import signal
import subprocess
import time

CACHE = os.environ.get("HYDRANECK_ROOTS") or "/var/cache/hydraneck-roots"
MIRROR = "http://deb.debian.org/debian"
# what a second run may change: nothing that we wrote
VOLATILE = ("proc", "sys", "dev", "run", "tmp", "var/log", "var/lib/systemd", "var/lib/turn", "var/cache", "var/tmp", "var/lib/dbus", "var/lib/hydraneckwebrtc",
            "var/lib/apt", "var/lib/dpkg")

# process 1 of the machine: a root with the file systems that systemd wants, then systemd
BOOT = r"""
set -e
root=$0
mount --make-rprivate /
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for node in null:1:3 zero:1:5 full:1:7 random:1:8 urandom:1:9 tty:5:0; do
  IFS=: read -r name major minor <<<"$node"
  mknod -m 666 "$root/dev/$name" c "$major" "$minor"
done
mkdir "$root/dev/shm" "$root/dev/pts"
mount -t tmpfs tmpfs "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
hostname hydraneck-node
ip link set lo up
ip link add veth-out type veth peer name veth-in
ip address add 198.51.100.7/24 dev veth-in
ip link set veth-in up
ip link set veth-out up
ip route add default via 198.51.100.1
cd "$root"
pivot_root . mnt
umount -l /mnt
exec env -i container=hydraneck PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --log-target=null --show-status=no
"""


def _say(log, command, **more):
    return subprocess.run(command, check=True, stdout=log, stderr=subprocess.STDOUT, **more)


def _is_made(path, wanted):
    with contextlib.suppress(FileNotFoundError), open(path + ".done", encoding="ascii") as file:
        return file.read() == wanted
    return False


def _note_made(path, wanted):
    with open(path + ".done", "w", encoding="ascii") as file:
        file.write(wanted)


def cached(name, packages, base=None, log=subprocess.DEVNULL):
    """A root with these packages, made once for a list of them. `base`: the name of one to start from."""
    path, wanted = os.path.join(CACHE, name), " ".join([base or ""] + packages)
    if _is_made(path, wanted):
        return path
    shutil.rmtree(path, ignore_errors=True)
    os.makedirs(CACHE, exist_ok=True)
    if base is None:
        _say(log, ["debootstrap", "--variant=minbase", "--include=" + ",".join(packages), "bookworm", path, MIRROR])
        with open(os.path.join(path, "etc/apt/sources.list"), "w", encoding="ascii") as file:
            file.write("deb %s bookworm main\ndeb %s bookworm-updates main\ndeb http://deb.debian.org/debian-security bookworm-security main\n" % (MIRROR, MIRROR))
        # Debian's packages start nothing while they are installed in here
        with open(os.open(os.path.join(path, "usr/sbin/policy-rc.d"), os.O_WRONLY | os.O_CREAT, 0o755), "w", encoding="ascii") as file:
            file.write("#!/bin/sh\nexit 101\n")
    else:
        _say(log, ["cp", "-a", os.path.join(CACHE, base), path])
        shutil.copy("/etc/resolv.conf", os.path.join(path, "etc/resolv.conf"))
        chroot(path, "apt-get update -q", log)
        chroot(path, "apt-get install -y -q --no-install-recommends " + " ".join(packages), log)
    _note_made(path, wanted)
    return path


def foreign(arch, packages, alone=(), log=subprocess.DEVNULL):
    """What is in these packages of another architecture, unpacked and nothing more: what a compiler needs. `alone`: without what they depend on."""
    path, wanted = os.path.join(CACHE, arch), " ".join([*packages, *alone])
    if _is_made(path, wanted):
        return path
    fetched = path + ".fetched"
    for one in (path, fetched):
        shutil.rmtree(one, ignore_errors=True)
    os.makedirs(path)
    _say(log, ["debootstrap", "--foreign", "--arch=" + arch, "--variant=minbase", "--include=" + ",".join(packages), "bookworm", fetched, MIRROR])
    archives = os.path.join(fetched, "var/cache/apt/archives")
    for name in alone:
        _say(log, ["wget", "-q", "-P", archives, "%s/%s" % (MIRROR, _file_of(name, fetched))])
    for name in sorted(os.listdir(archives)):
        if name.endswith(".deb"):
            _say(log, ["dpkg-deb", "-x", os.path.join(archives, name), path])
    shutil.rmtree(fetched)
    _make_relative(path)
    _note_made(path, wanted)
    return path


def _file_of(package, root):
    lists = os.path.join(root, "var/lib/apt/lists")
    for name in os.listdir(lists):
        with open(os.path.join(lists, name), encoding="utf-8") as file:
            found = re.search(r"^Package: %s\n(?:.+\n)*?Filename: (.+)$" % re.escape(package), file.read(), re.M) if name.endswith("Packages") else None
        if found:
            return found[1]
    raise AssertionError("Debian has no " + package)


def _make_relative(root):
    """Links to whole paths lead out of a root that nobody is in."""
    for where, folders, names in os.walk(root):
        for name in folders + names:
            path = os.path.join(where, name)
            if os.path.islink(path) and os.readlink(path).startswith("/"):
                target = root + os.readlink(path)
                os.unlink(path)
                os.symlink(os.path.relpath(target, where), path)


def chroot(root, script, log=subprocess.DEVNULL):
    _say(log, ["chroot", root, "/bin/sh", "-ec", script], env={"PATH": "/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "DEBIAN_FRONTEND": "noninteractive"})


def tree(root):
    """{path: (mode, time, content)} of all that is no log and no state."""
    found = {}
    for where, folders, names in os.walk(root):
        inner = os.path.relpath(where, root)
        folders[:] = [one for one in folders if os.path.normpath(os.path.join(inner, one)) not in VOLATILE]
        for name in folders + names:
            path = os.path.join(where, name)
            status = os.lstat(path)
            content = os.readlink(path) if os.path.islink(path) else ""
            if os.path.isfile(path) and not os.path.islink(path):
                with open(path, "rb") as file:
                    content = hashlib.sha256(file.read()).hexdigest()
            found[os.path.relpath(path, root)] = (oct(status.st_mode), status.st_uid, status.st_gid, 0 if os.path.isdir(path) else status.st_mtime_ns, content)
    return found


def differences(before, after):
    return sorted(path for path in set(before) | set(after) if before.get(path) != after.get(path))


class Machine:
    """A copy of a root with systemd in it."""

    def __init__(self, root, folder):
        self.root = os.path.join(folder, "machine")
        subprocess.run(["cp", "-a", root, self.root], check=True)
        os.unlink(os.path.join(self.root, "usr/sbin/policy-rc.d"))  # it runs now
        group = "/sys/fs/cgroup/unified" if os.path.isdir("/sys/fs/cgroup/unified") else "/sys/fs/cgroup"
        self.group = os.path.join(group, "hydraneck-machine-%d" % os.getpid())
        os.makedirs(self.group, exist_ok=True)
        self.process = subprocess.Popen(
            ["unshare", "--mount", "--pid", "--net", "--uts", "--ipc", "--cgroup", "--fork", "--kill-child", "bash", "-c", BOOT, self.root],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, preexec_fn=self._enter_group)
        self.pid = self._first_process()
        # `degraded` is up, too: what failed is asked for by the tests
        self.wait("systemctl is-system-running --wait | grep -Eq 'running|degraded'", 60)

    def _enter_group(self):
        with open(os.path.join(self.group, "cgroup.procs"), "w", encoding="ascii") as file:
            file.write(str(os.getpid()))

    def _first_process(self):
        end = time.monotonic() + 20
        path = "/proc/%d/task/%d/children" % (self.process.pid, self.process.pid)
        while time.monotonic() < end:
            with open(path, encoding="ascii") as file:
                children = file.read().split()
            if children and os.path.exists("/proc/%s/root/run/systemd/private" % children[0]):
                return int(children[0])
            time.sleep(0.05)
        raise AssertionError("systemd did not come up")

    def command(self, script):
        return ["nsenter", "-t", str(self.pid), "-a", "env", "-i", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root",
                "DEBIAN_FRONTEND=noninteractive", "/bin/sh", "-c", script]

    def run(self, script, status=0, timeout=300):
        """What a shell there prints."""
        result = subprocess.run(self.command(script), capture_output=True, text=True, check=False, timeout=timeout)
        if status is not None and result.returncode != status:
            raise AssertionError("'%s' ended with %d:\n%s%s" % (script, result.returncode, result.stdout, result.stderr))
        return result.stdout + result.stderr

    def wait(self, script, seconds=30):
        end = time.monotonic() + seconds
        while subprocess.run(self.command(script), capture_output=True, check=False).returncode != 0:
            if time.monotonic() > end:
                raise AssertionError("not within %d s: %s\n%s" % (seconds, script, self.run("systemctl --failed --no-pager; journalctl -n 40 --no-pager", None)))
            time.sleep(0.2)

    def write(self, path, text, mode=0o644):
        """Below the root as the machine sees it."""
        whole = "/proc/%d/root/%s" % (self.pid, path.lstrip("/"))
        os.makedirs(os.path.dirname(whole), exist_ok=True)
        with open(os.open(whole, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w", encoding="utf-8") as file:
            file.write(text)

    def copy(self, source, target, mode=0o644):
        whole = "/proc/%d/root/%s" % (self.pid, target.lstrip("/"))
        os.makedirs(os.path.dirname(whole), exist_ok=True)
        shutil.copyfile(source, whole)
        os.chmod(whole, mode)

    def stop(self):
        os.kill(self.pid, signal.SIGKILL)
        self.process.wait(30)
        for _ in range(50):
            try:
                for where, folders, _ in os.walk(self.group, topdown=False):
                    for one in folders:
                        os.rmdir(os.path.join(where, one))
                os.rmdir(self.group)
                break
            except OSError:
                time.sleep(0.1)
        shutil.rmtree(self.root, ignore_errors=True)
