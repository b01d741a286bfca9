# SPDX-License-Identifier: LGPL-2.1-or-later
"""The `run:` steps of .github/workflows/release.yml, as they stand there, in a root of Debian 12. What GitHub does itself (checkout, artifacts) is played."""

import glob
import http.server
import os
import re
import shutil
import subprocess
import threading

import yaml

# its own processes and devices, the network of whoever started it
ENTER = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc=%s/proc", "chroot", "%s", "env", "-i"]


class Workflow:
    """`variables`: what stands for `${{ NAME }}`; whatever else is asked for is empty."""

    def __init__(self, top, root, variables, log):
        with open(os.path.join(top, ".github/workflows/release.yml"), encoding="utf-8") as file:
            self.jobs = yaml.safe_load(file)["jobs"]
        self.top, self.root, self.variables, self.log = top, root, variables, log

    def _filled(self, text):
        return re.sub(r"\$\{\{ *([\w.]+) *\}\}", lambda found: self.variables.get(found[1], ""), text)

    def run(self, name, folder, played):
        """All steps of a job; returns how many ran. `played`: {what a step `uses`, or its name: a function in its place}."""
        count = 0
        for step in self.jobs[name]["steps"]:
            known = step.get("uses", step.get("name", "")).split("@")[0]
            if known in played:
                played[known]()
            elif "run" in step:
                self._step(self._filled(step["run"]), {key: self._filled(value) for key, value in step.get("env", {}).items()}, folder)
                count += 1
            else:
                raise AssertionError("nobody plays %s" % known)
        return count

    def _step(self, script, extra, folder):
        words = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "CI": "true", "RUNNER_TEMP": "/tmp", "GITHUB_REF_NAME": self.variables["tag"], "DEBIAN_FRONTEND": "noninteractive", **extra}
        enter = [word.replace("%s", self.root) for word in ENTER] + ["%s=%s" % item for item in words.items()]
        command = enter + ["/bin/bash", "-c", 'mkdir -p "$0" && cd "$0" && exec bash -e -c "$1"', folder, script]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT)

    def checkout(self, folder):
        subprocess.run(["git", "clone", "-q", "--no-hardlinks", self.top, self.root + folder], check=True, stdout=self.log, stderr=self.log)

    def take(self, folder, patterns, into):
        """An artifact: these files, with their folders."""
        for pattern in patterns:
            for path in glob.glob(self.root + folder + "/" + pattern):
                target = os.path.join(self.root + into, os.path.relpath(path, self.root + folder))
                os.makedirs(os.path.dirname(target), exist_ok=True)
                shutil.copy(path, target)


class UploadServer:
    """Takes what is PUT with the token, and gives it to whoever asks."""

    def __init__(self, address, token):
        self.files, self.order, self.refused = {}, [], 0
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_PUT(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                good = self.headers["Authorization"] == "Bearer " + token
                if good:
                    outer.files[self.path] = body
                    outer.order.append(self.path)
                else:
                    outer.refused += 1
                self._answer(201 if good else 401, b"")

            def do_GET(self):
                self._answer(200 if self.path in outer.files else 404, outer.files.get(self.path, b""))

            def _answer(self, status, body):
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer((address, 0), Handler)
        self.url = "http://%s:%d" % self.server.server_address
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
