#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Start-up as an operator meets it: which file is read, what is refused, and with which exit status."""

import base64
import hashlib
import hmac
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

import flow  # noqa: E402, I001: it makes the modules below findable

PROGRAM = os.path.join(flow.build_folder(), "src/cli/hydraneckwebrtc")
SEEDS = os.path.join(flow.TOP, "fixtures/seeds")


SAMPLE = os.path.join(flow.TOP, "docs/config-sample.yaml")
WORKER = os.path.join(SEEDS, "runbook-worker.yaml")
SECRET = "k9Wq-of-these-tests"


def _run(*arguments, home="/nonexistent", **environment):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=20, check=False,
                          env=dict(os.environ, HOME=home, **environment))


def _config(*arguments, home="/nonexistent", expect=0, **environment):
    """What `config` prints: on stdout if it is to succeed, else on stderr."""
    result = _run("config", *arguments, home=home, **environment)
    flow.equal(result.returncode, expect, "exit status of config %s: %r" % (" ".join(arguments), result.stderr))
    return result.stderr if expect else result.stdout


class _Files:
    """Files in a folder that is removed at the end."""

    def __init__(self, **contents):
        self.contents = contents

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        for name, text in self.contents.items():
            self.write(name, text)
        return self

    def __exit__(self, *_):
        self.folder.cleanup()

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def write(self, name, text, mode=0o600):
        with open(os.open(self.path(name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
            file.write(text.encode("latin-1"))
        os.chmod(self.path(name), mode)
        return self.path(name)


def _decoded(part):
    """A part of a token."""
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def the_version_is_printed_and_exits_0():
    result = _run("version")
    flow.equal(result.returncode, 0, "exit status")
    flow.contains(result.stdout, "hydraneckwebrtc 0.")


def help_names_every_subcommand():
    result = _run("--help")
    flow.equal(result.returncode, 0, "exit status")
    for name in ("controller", "worker", "config", "version"):
        flow.contains(result.stdout, name, "help")


def an_unknown_subcommand_exits_64():
    result = _run("wroker")
    flow.equal(result.returncode, 64, "exit status")
    flow.contains(result.stderr, "unknown command 'wroker'")


def a_certificate_that_cannot_be_used_exits_78_and_names_the_key_and_the_file():
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write("server: {listen: \"127.0.0.1:1\", admin_token: x, tls: {cert: /nonexistent/cert.pem, key: /nonexistent/key.pem}}\n")
        file.flush()
        result = _run("controller", "--config", file.name)
    flow.equal(result.returncode, 78, "exit status")
    flow.contains(result.stderr, "'server.tls'")
    flow.contains(result.stderr, "/nonexistent/cert.pem")


def an_unknown_key_exits_78_with_file_line_column_and_the_nearest_name():
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write("server:\n  listen: \"127.0.0.1:1\"\n  admin_tokken: x\n")
        file.flush()
        result = _run("worker", "--config", file.name)
    flow.equal(result.returncode, 78, "exit status")
    flow.contains(result.stderr, "%s:3:3: unknown key 'server.admin_tokken', did you mean 'server.admin_token'?" % file.name)


def a_wrong_type_exits_78_with_its_place():
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write("server:\n  admin_token: x\nsessions:\n  max: [a]\n")
        file.flush()
        result = _run("worker", "--config", file.name)
    flow.equal(result.returncode, 78, "exit status")
    flow.contains(result.stderr, "%s:4:8: 'sessions.max' must be a single value" % file.name)


def a_mode_that_differs_from_the_subcommand_exits_78():
    result = _run("controller", "--config", os.path.join(SEEDS, "runbook-worker.yaml"))
    flow.equal(result.returncode, 78, "exit status")
    flow.contains(result.stderr, "'mode' is 'worker', but the command is 'controller'")


def without_a_config_file_the_places_that_were_looked_at_are_named():
    result = _run("worker", home="/nonexistent")
    flow.equal(result.returncode, 78, "exit status")
    flow.contains(result.stderr, "/nonexistent/.hydraneckwebrtc/worker.yaml")
    flow.contains(result.stderr, "/nonexistent/.hydraneckwebrtc/config.yaml")


def the_role_file_is_preferred_to_the_common_one():
    with tempfile.TemporaryDirectory() as home:
        os.mkdir(home + "/.hydraneckwebrtc")
        with open(home + "/.hydraneckwebrtc/config.yaml", "w", encoding="ascii") as file:
            file.write("common: 1\n")
        result = _run("worker", home=home)
        flow.contains(result.stderr, "config.yaml:1:1")
        with open(home + "/.hydraneckwebrtc/worker.yaml", "w", encoding="ascii") as file:
            file.write("role: 1\n")
        result = _run("worker", home=home)
        flow.contains(result.stderr, "worker.yaml:1:1")


def check_tells_right_from_wrong_by_its_exit_status():
    flow.equal(_config("--check", "--config", WORKER), "%s: right for a worker\n" % WORKER, "stdout")
    flow.contains(_config("--check", "--config", WORKER, "--role", "controller", expect=78), "'mode' is 'worker', but the command is 'controller'")
    with _Files(wrong="server:\n  admin_token: x\nsessions:\n  max: [a]\n") as files:
        for action in ("--check", "--print"):
            flow.contains(_config(action, "--config", files.path("wrong"), expect=78), files.path("wrong") + ":4:8: 'sessions.max' must be a single value")


def check_finds_out_which_role_a_file_is_for():
    with _Files() as files:
        os.mkdir(files.path(".hydraneckwebrtc"))
        home = files.folder.name
        files.write(".hydraneckwebrtc/config.yaml", "server: {admin_token: x, listen: \":1\"}\n")
        flow.contains(_config("--check", home=home), "config.yaml: right for a controller")
        files.write(".hydraneckwebrtc/worker.yaml", "server: {admin_token: x}\ncontroller: {url: \"http://x\"}\n")
        flow.contains(_config("--check", home=home), "worker.yaml: right for a worker")
        flow.contains(_config("--check", "--role", "controller", home=home), "config.yaml: right for a controller")
        files.write(".hydraneckwebrtc/controller.yaml", "server: {admin_token: x, listen: \":1\"}\n")
        flow.contains(_config("--check", home=home, expect=64), "name one with --config, or --role")
        flow.contains(_config("--check", "--role", "controller", home=home), "controller.yaml: right for a controller")
    flow.contains(_config("--check", "--role", "boss", expect=64), "'boss' is neither controller nor worker")
    flow.contains(_config("--check", expect=78), "no configuration: neither")


def config_wants_one_thing_at_a_time():
    for words in ([], ["--check", "--print"], ["--check", "file.yaml"], ["--chekc"]):
        flow.contains(_config(*words, expect=64), "hydraneckwebrtc config: ")
    flow.contains(_run("config", "--help").stdout, "--sample")


def print_shows_what_counts_and_where_it_came_from():
    with _Files(admin="s3cret-of-admin\n") as files:
        config = files.write("worker.yaml", "server:\n  admin_token_file: %s\nsessions: {max: 3}\n" % files.path("admin"))
        text = _config("--print", "--config", config, "--role", "worker", HYDRANECK_SESSIONS_MAX="7", HYDRANECK_NPS_TOKEN="s3cret-of-nps")
        for line in ("  max: 7 # HYDRANECK_SESSIONS_MAX", "  listen: \":47990\" # default", "  token: \"***\" # HYDRANECK_NPS_TOKEN",
                     "  admin_token: \"***\" # %s (%s:2:21)" % (files.path("admin"), config)):
            flow.true(line in text.splitlines(), "%r is not in:\n%s" % (line, text))
        flow.true("s3cret" not in text, "a secret is printed")
        files.write("again.yaml", text)
        flow.contains(_config("--check", "--config", files.path("again.yaml"), "--role", "worker"), "right for a worker")


def the_sample_in_the_docs_is_what_the_program_prints():
    with open(SAMPLE, encoding="utf-8") as file:
        flow.true(file.read() == _config("--sample"), "docs/config-sample.yaml is out of date: hydraneckwebrtc config --sample > docs/config-sample.yaml")
    flow.equal(_run("config-sample").stdout, _config("--sample"), "what the old name prints")
    flow.true("config-sample" not in _run("--help").stdout, "the old name is in the help")


def the_sample_is_a_configuration_itself():
    for role in ("controller", "worker", "rooms", "mesh"):
        flow.contains(_config("--check", "--config", SAMPLE, "--role", role, HYDRANECK_SERVER_ADMIN_TOKEN="x", HYDRANECK_SERVER_LISTEN=":1",
                              HYDRANECK_TOKENS_SECRET="x"), "right for")


def an_unknown_name_in_the_environment_exits_78_with_the_nearest_one():
    result = _run("worker", "--config", WORKER, HYDRANECK_SERVER_LITSEN=":1")
    flow.equal(result.returncode, 78, "exit status")
    flow.contains(result.stderr, "environment: unknown option 'HYDRANECK_SERVER_LITSEN', did you mean 'HYDRANECK_SERVER_LISTEN'?")
    for name in ("HYDRANECK_TIME_SCALE", "HYDRANECK_BUILD", "HYDRANECK_DOT_DIR", "HYDRANECK_LONG", "HYDRANECK_KEEP", "HYDRANECK_SIM_FAULT"):
        _config("--check", "--config", WORKER, **{name: "1"})


def a_file_with_a_secret_is_read_with_care():
    with _Files() as files:
        config = files.write("config.yaml", "server: {admin_token_file: %s}\n" % files.path("secret"))
        arguments = ("config", "--check", "--role", "worker", "--config", config)
        wrong = (("", "is empty"), ("\nx\n", "is empty"), ("x" * 4097, "is longer than 4096 bytes"), ("a\tb\n", "is no plain text"),
                 ("a\0b\n", "is no plain text"), ("\xff\n", "is no plain text"))
        for content, what in wrong:
            files.write("secret", content)
            result = _run(*arguments)
            flow.equal(result.returncode, 78, "exit status for %r" % content[:20])
            flow.contains(result.stderr, what)
            flow.contains(result.stderr, "config.yaml:1:28: 'server.admin_token_file': ")
        os.remove(files.path("secret"))
        flow.contains(_run(*arguments).stderr, "cannot read '%s': No such file or directory" % files.path("secret"))
        os.mkfifo(files.path("secret"))
        flow.contains(_run(*arguments).stderr, "is not a regular file")
        os.remove(files.path("secret"))
        for content in ("token", "token\n", "token\r\nand a note\n", "x" * 4096):
            files.write("secret", content)
            result = _run(*arguments)
            flow.equal((result.returncode, result.stderr), (0, ""), "exit status and stderr for %r" % content[:20])
        files.write("secret", "token\n", mode=0o644)
        flow.contains(_run(*arguments).stderr, "WARNING [config] others may read the secret in '%s'" % files.path("secret"))


def credentials_of_systemd_are_taken_where_nothing_else_gives_the_secret():
    with _Files(**{"server-admin_token": "one\n", "nps-token": "two\n"}) as files:
        config = files.write("config.yaml", "nps: {token: here}\n")
        text = _config("--print", "--role", "worker", "--config", config, CREDENTIALS_DIRECTORY=files.folder.name)
        flow.contains(text, "admin_token: \"***\" # credential server-admin_token\n")
        flow.contains(text, "token: \"***\" # %s:1:14\n" % config)


def credentials_of_systemd_that_are_closed_to_the_service_are_said_and_not_used():
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        program = shutil.copy(PROGRAM, folder)
        os.mkdir(folder + "/closed", 0o700)
        with open(folder + "/closed/nps-token", "w", encoding="ascii") as file:
            file.write("word-of-nps\n")
        with open(folder + "/worker.yaml", "w", encoding="ascii") as file:
            file.write("server: {admin_token: x}\n")

        def check(*before):
            return subprocess.run([*before, program, "config", "--print", "--role", "worker", "--config", folder + "/worker.yaml"], capture_output=True,
                                  text=True, timeout=20, check=False, env=dict(os.environ, CREDENTIALS_DIRECTORY=folder + "/closed"))

        closed = check("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
        flow.equal(closed.returncode, 0, "exit status (%s)" % closed.stderr)
        flow.contains(closed.stderr, "systemd's credentials in '%s/closed' are closed to this user: not used" % folder)
        flow.contains(check().stdout, "credential nps-token")
        flow.equal("credential nps-token" in closed.stdout, False, "a closed credential is used")


def rooms_and_mesh_need_no_file():
    flow.equal(_config("--check", "--role", "rooms", SECRET_KEY=SECRET), "configuration: right for rooms\n", "stdout")
    flow.equal(_config("--check", "--role", "mesh"), "configuration: right for mesh\n", "stdout")
    flow.contains(_config("--check", "--role", "rooms", expect=78), "configuration: 'tokens.secret' (SECRET_KEY) is required")
    for secret in ("please-Change-me", "ab0000cd"):
        said = _config("--check", "--role", "rooms", expect=78, SECRET_KEY=secret)
        flow.contains(said, "environment (SECRET_KEY): 'tokens.secret' holds '")
        flow.true(secret not in said, "a secret is printed")


def rooms_know_the_names_of_the_seed():
    with open(os.path.join(SEEDS, "rooms.sbd"), encoding="utf-8") as file:
        lines = file.read()
    with _Files(env=lines + "SECRET_KEY=%s\n" % SECRET) as files:
        text = _config("--print", "--role", "rooms", "--env-file", files.path("env"), WEBRTC_MAX_PARTICIPANTS_PER_ROOM="7", PORT="8001")
        for line in ("  listen: \"127.0.0.1:8001\" # environment (PORT)", "  turn_username: \"your_username\" # %s:6 (WEBRTC_TURN_USERNAME)" % files.path("env"),
                     "  turn_credential: \"***\" # %s:7 (WEBRTC_TURN_CREDENTIAL)" % files.path("env"), "  ice_transport_policy: \"all\" # %s:10 (WEBRTC_ICE_TRANSPORT_POLICY)" % files.path("env"),
                     "  max_participants: 7 # environment (WEBRTC_MAX_PARTICIPANTS_PER_ROOM)"):
            flow.true(line in text.splitlines(), "%r is not in:\n%s" % (line, text))
        flow.contains(_config("--check", "--role", "worker", "--config", WORKER, "--env-file", files.path("env"), expect=78), "--env-file is for rooms and mesh")
        files.write("env", "SECRET_KEY=x\nWEBRTC_STUN_URL=stun:a\n")
        flow.contains(_config("--check", "--role", "rooms", "--env-file", files.path("env"), expect=78),
                      "%s:2: unknown name 'WEBRTC_STUN_URL', did you mean 'WEBRTC_STUN_URLS'?" % files.path("env"))
        flow.contains(_config("--check", "--role", "rooms", "--env-file", files.path("none"), expect=78), "No such file or directory")


def rooms_look_for_their_lines_in_the_working_directory():
    with _Files(**{".sbd": "SECRET_KEY=%s\nPORT=8002\n" % SECRET}) as files:
        def check(role, **environment):
            return subprocess.run([PROGRAM, "config", "--print", "--role", role], capture_output=True, text=True, timeout=20, check=False, cwd=files.folder.name,
                                  env=dict(os.environ, HOME="/nonexistent", **environment))

        flow.contains(check("rooms").stdout, "  listen: \"127.0.0.1:8002\" # .sbd:2 (PORT)\n")
        flow.contains(check("mesh").stdout, "  listen: \":8443\" # default\n")
        flow.equal(check("rooms").stderr, "", "stderr")
        os.chmod(files.path(".sbd"), 0o644)
        flow.contains(check("rooms").stderr, "WARNING [config] others may read the secrets in '.sbd'")


def a_token_is_made_with_the_secret_of_the_configuration():
    done = _run("token", "--sub", "ann", "--username", "Ann \"B\"", "--user-id", "u1", "--room", "team-*", "--ttl", "60", SECRET_KEY=SECRET, ALGORITHM="HS512")
    flow.equal((done.returncode, done.stderr), (0, ""), "exit status and stderr")
    header, claims, signature = done.stdout.strip().split(".")
    flow.equal(_decoded(header), {"alg": "HS512", "typ": "JWT"}, "header")
    said = _decoded(claims)
    flow.true(abs(said.pop("iat") - time.time()) < 30 and abs(said.pop("exp") - time.time() - 60) < 30, "times")
    flow.equal(said, {"sub": "ann", "user_id": "u1", "username": "Ann \"B\"", "room": "team-*", "type": "access"}, "claims")
    made = hmac.new(SECRET.encode(), (header + "." + claims).encode(), hashlib.sha512).digest()
    flow.equal(signature, base64.urlsafe_b64encode(made).decode().rstrip("="), "signature")
    done = _run("token", "--sub", "ann", "--no-expiry", "--role", "mesh", HYDRANECK_TOKENS_SECRET=SECRET, HYDRANECK_TOKENS_AUDIENCE="agents")
    said = _decoded(done.stdout.split(".")[1])
    flow.equal((said["aud"], "exp" in said), ("agents", False), "audience and expiry")
    flow.true(_decoded(_run("token", "--sub", "ann", "--ttl=-1", SECRET_KEY=SECRET).stdout.split(".")[1])["exp"] < time.time(), "it has not expired")


def a_token_for_nobody_or_without_a_secret_is_refused():
    for words, status, what in ((["--ttl", "1"], 64, "--sub NAME is missing"), (["--sub", "a", "b"], 64, "unexpected argument 'b'"),
                                (["--sub", "a" * 257], 64, "at most 256 bytes"), (["--sub", "a", "--role", "worker"], 64, "'worker' is neither rooms nor mesh"),
                                (["--sub", "a"], 78, "'tokens.secret' (SECRET_KEY) is required"), (["--sub", "a", "--role", "mesh"], 78, "'tokens.secret' (SECRET_KEY) is not set")):
        done = _run("token", *words)
        flow.equal((done.returncode, done.stdout), (status, ""), "exit status of %r and stdout" % words)
        flow.contains(done.stderr, what)


flow.main(globals())
