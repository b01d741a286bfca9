# SPDX-License-Identifier: LGPL-2.1-or-later
"""A PulseAudio of our own: microphones that can be pulled out, each of which hums at a frequency of its own.

    with sound_server.SoundServer() as sound:
        low = sound.plug(300)
        ... webdriver.Browser(sound.FLAGS, environment=sound.environment)
        sound.pull(low)
"""

import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../scripts/cluster"))

import child  # noqa: E402


class SoundServer:
    """Ends with the `with` block, or with us."""

    FLAGS = ["!--use-fake-device-for-media-stream"]

    def __init__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="hydraneck-sound-")
        name = self._folder.name
        home = {each: name for each in ("HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "PULSE_RUNTIME_PATH", "PULSE_STATE_PATH")}
        self.environment = {"PULSE_SERVER": "unix:" + name + "/native"}
        try:
            self._server = child.Child("pulseaudio", [
                "/usr/bin/pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--disable-shm=yes", "--use-pid-file=no", "--log-target=stderr",
                "--log-level=info", "-L", "module-native-protocol-unix auth-anonymous=1 auth-cookie-enabled=0 socket=" + name + "/native"],
                os.path.join(name, "log"), env=dict(os.environ, **home), wait_for="Daemon startup complete")
        except BaseException:
            self._folder.cleanup()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._server.stop()
        self._folder.cleanup()

    def _control(self, *words):
        done = subprocess.run(["/usr/bin/pactl", *words], env=dict(os.environ, **self.environment), capture_output=True, text=True, check=False, timeout=20)
        if done.returncode != 0:
            raise child.ChildError("pactl %s: %s" % (" ".join(words), done.stderr.strip()))
        return done.stdout

    def plug(self, frequency):
        """A microphone that hums; returns what pull() takes."""
        return self._control("load-module", "module-sine-source", "source_name=hum%d" % frequency, "frequency=%d" % frequency).strip()

    def pull(self, microphone):
        self._control("unload-module", microphone)
