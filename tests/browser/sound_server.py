# SPDX-License-Identifier: LGPL-2.1-or-later
"""A PulseAudio of our own: microphones that can be pulled out, each of which hums at a frequency of its own.

    with sound_server.SoundServer() as sound:
        low = sound.plug(300)
        ... webdriver.Browser(sound.FLAGS, environment=sound.environment)
        sound.pull(low)

It is Debian's, installed or unpacked by scripts/test (build-unpacked): where PipeWire plays the sound of a desktop, installing it would end that.
"""

import glob
import os
import re
import socket
import sys
import tempfile

TOP = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
sys.path.insert(0, os.path.join(TOP, "scripts/cluster"))

import child  # noqa: E402


def _program():
    """(its command line, what is added to its environment)"""
    if os.access("/usr/bin/pulseaudio", os.X_OK) and not os.environ.get("HYDRANECK_UNPACKED"):
        return ["/usr/bin/pulseaudio"], {}
    root = os.path.join(TOP, "build-unpacked")
    program = os.path.join(root, "usr/bin/pulseaudio")
    if not os.access(program, os.X_OK):
        raise child.ChildError("no pulseaudio in /usr/bin or %s: ./scripts/test unpacks it" % root)
    libraries = glob.glob(root + "/usr/lib/*-linux-gnu*") + glob.glob(root + "/usr/lib/*-linux-gnu*/pulseaudio") + glob.glob(root + "/lib/*-linux-gnu*")
    modules = glob.glob(root + "/usr/lib/pulse-*/modules") + glob.glob(root + "/usr/lib/*-linux-gnu*/pulse-*/modules")
    return [program, "--dl-search-path=" + ":".join(modules)], {"LD_LIBRARY_PATH": ":".join(libraries + modules)}


class SoundServer:
    """Ends with the `with` block, or with us."""

    FLAGS = ["!--use-fake-device-for-media-stream"]

    def __init__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="hydraneck-sound-")
        name = self._folder.name
        home = {each: name for each in ("HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "PULSE_RUNTIME_PATH", "PULSE_STATE_PATH")}
        self.environment = {"PULSE_SERVER": "unix:" + name + "/native"}
        try:
            words, more = _program()
            self._server = child.Child("pulseaudio", [
                *words, "-n", "--daemonize=no", "--exit-idle-time=-1", "--disable-shm=yes", "--use-pid-file=no", "--log-target=stderr", "--log-level=info",
                "-L", "module-native-protocol-unix auth-anonymous=1 auth-cookie-enabled=0 socket=" + name + "/native",
                "-L", "module-cli-protocol-unix socket=" + name + "/cli"],
                os.path.join(name, "log"), env=dict(os.environ, **home, **more), wait_for="Daemon startup complete")
        except BaseException:
            self._folder.cleanup()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._server.stop()
        self._folder.cleanup()

    def _control(self, line):
        """What its command line answers."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(20)
            connection.connect(self._folder.name + "/cli")
            connection.sendall((line + "\nlist-modules\n").encode())
            connection.shutdown(socket.SHUT_WR)
            said = b""
            while chunk := connection.recv(65536):
                said += chunk
        return said.decode()

    def plug(self, frequency):
        """A microphone that hums; returns what pull() takes."""
        said = self._control("load-module module-sine-source source_name=hum%d frequency=%d" % (frequency, frequency))
        found = re.findall(r"index: (\d+)\s+name: <module-sine-source>\s+argument: <source_name=hum%d " % frequency, said)
        if not found:
            raise child.ChildError("no microphone was made: %s" % said)
        return found[-1]

    def pull(self, microphone):
        said = self._control("unload-module " + microphone)
        if "index: %s\n" % microphone in said:
            raise child.ChildError("a microphone stays: %s" % said)
