#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""scripts/release with throw-away keys: the layout of the release server, sums and a signature that minisign itself accepts."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

import flow  # noqa: E402
from flow import contains, equal, true  # noqa: E402

MINISIGN = "/usr/bin/minisign"
with open(os.path.join(flow.TOP, "meson.build"), encoding="utf-8") as _file:
    VERSION = re.search(r"^  version: '(.*)',$", _file.read(), re.M).group(1)


class _Folder:
    """Two programs: only their heads tell for which machine they are."""

    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="hydraneck-release-")
        for arch, number in (("amd64", 62), ("arm64", 183)):
            with open(self.file(arch), "wb") as file:
                file.write(b"\x7fELF\x02\x01\x01" + bytes(11) + bytes([number, 0]) + arch.encode())
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path)

    def file(self, name):
        return os.path.join(self.path, name)

    def release(self, *words, status=0, key=None, programs=("amd64", "arm64")):
        words = list(words) + [word for arch in programs for word in ("--program", "%s=%s" % (arch, self.file(arch)))]
        environment = {"PATH": "/usr/bin:/bin", "HOME": self.path, **({"MINISIGN_KEY_FILE": key} if key else {})}
        result = subprocess.run([os.path.join(flow.TOP, "scripts/release"), "--out", self.file("out"), *words], capture_output=True, text=True, check=False,
                                env=environment, timeout=30, stdin=subprocess.DEVNULL)
        equal(result.returncode, status, "exit status: %s%s" % (result.stdout, result.stderr))
        return result.stdout + result.stderr

    def verify(self, public):
        folder = self.file("out/hydraneckwebrtc/production/v" + VERSION)
        equal(sorted(set(os.listdir(folder)) - {"throw-away.pub"}),
              ["SHA256SUMS", "SHA256SUMS.minisig", "hydraneckwebrtc-linux-amd64", "hydraneckwebrtc-linux-arm64"], "files")
        subprocess.run(["/usr/bin/sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd=folder, check=True)
        said = subprocess.run([MINISIGN, "-V", "-Q", "-p", public, "-m", "SHA256SUMS"], cwd=folder, check=True, capture_output=True, text=True).stdout
        equal(said.strip(), "hydraneckwebrtc %s production" % VERSION, "trusted comment")
        with open(self.file("out/hydraneckwebrtc/production/latest.json"), encoding="ascii") as file:
            equal(json.load(file), {"version": VERSION}, "latest.json")


def a_dry_run_signs_with_a_key_that_is_thrown_away():
    with _Folder() as it:
        it.release("--dry-run")
        it.verify(it.file("out/hydraneckwebrtc/production/v%s/throw-away.pub" % VERSION))


def a_tag_is_signed_with_the_key_that_is_given():
    with _Folder() as it:
        subprocess.run([MINISIGN, "-G", "-W", "-s", it.file("key"), "-p", it.file("key.pub")], check=True, capture_output=True)
        it.release("--tag", "v" + VERSION, key=it.file("key"))
        it.verify(it.file("key.pub"))


def what_does_not_belong_together_is_refused():
    with _Folder() as it:
        contains(it.release("--tag", "v99.0.0", status=1), "the tag is v99.0.0, the version in meson.build is " + VERSION)
        contains(it.release("--tag", "v" + VERSION, status=1, programs=("amd64",)), "a release has both amd64 and arm64")
        contains(it.release("--tag", "v" + VERSION, status=1), "MINISIGN_KEY_FILE names no file")
        contains(it.release("--dry-run", "--program", "arm64=" + it.file("amd64"), status=1, programs=()), "is no program for arm64")
        contains(it.release("--dry-run", "--channel", "other", status=1), "no such channel")
        contains(it.release("--dry", status=64), "is no option")
        true(not os.path.exists(it.file("out/hydraneckwebrtc/production/latest.json")), "latest.json is there")


def the_workflow_makes_both_programs_of_a_tag():
    with open(os.path.join(flow.TOP, ".github/workflows/release.yml"), encoding="utf-8") as file:
        text = file.read()
    for part in ("tags: ['v*.*.*']", "arch: amd64", "arch: arm64", "scripts/release --tag", "secrets.MINISIGN_SECRET_KEY", "scripts/package", "-Dupdate_key="):
        contains(text, part, "workflow")
    true("MINISIGN_SECRET_KEY" not in re.sub(r"secrets\.MINISIGN_SECRET_KEY|MINISIGN_SECRET_KEY: |\"\$MINISIGN_SECRET_KEY\"", "", text), "the key goes elsewhere")


flow.main(globals())
