#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The fake web-server as a process: start and end, pages, login, pairing with a fake body, the stream socket.

usage: test_flow.py WEB-SERVER HYDRANECK-SIM
Everything runs on one /24 of 127/8 of its own and in a temporary directory.
"""
import base64
import fcntl
import http.client
import json
import os
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import time
import unittest

# With it each connection that SoupServer's own acceptor leaks when a client closes it idle (libsoup before 3.3) is counted as ours.
os.environ.pop('G_SLICE', None)

WEB_SERVER, SIM = (os.path.abspath(path) for path in sys.argv[1:3])
PREFIX = '/session/3f9c2a'
STREAMER = r'''#!/bin/sh
echo "streamer up" >&2
while read -r line; do
  printf '%s\n' "$line" >> "$0.ipc"
  case $line in
    '{"Init"'*) echo '{"Server":{"DebugLog":{"message":"Waiting for Transport to negotiate","ty":null}}}' ;;
    '{"Launch"'*) echo '{"Server":{"ConnectionComplete":{}}}' ;;
    *rollback*) sleep 0.3; echo '{"Server":{"DebugLog":{"message":"here","ty":null}}}' ;;
    *pranswer*) echo '"Stop"' ;;
    *unspecified*) exit 0 ;;
  esac
done
'''


def lease_subnet():
    """A /24 nobody else has, held by a lock until the process ends."""
    for n in range(100, 200):
        lock = open(os.path.join(tempfile.gettempdir(), f'hydraneck-subnet-127.0.{n}.lock'), 'w')
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return lock, f'127.0.{n}'
        except OSError:
            lock.close()
    raise RuntimeError('no free loopback subnet')


LOCK, NET = lease_subnet()


def wait_for(address, port, process, seconds=8):
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection((address, port), 1).close()
            return True
        except OSError:
            time.sleep(0.02)
    return False


class Socket:
    """A WebSocket client that shows what the wire does: frames, ends, silence."""

    opened = []

    def __init__(self, port, user='hydra-1', path=PREFIX + '/api/host/stream'):
        self.s = socket.create_connection((NET + '.1', port), 5)
        self.opened.append(self.s)
        self.s.sendall((f'GET {path} HTTP/1.1\r\nHost: x\r\nX-Forwarded-User: {user}\r\nUpgrade: websocket\r\n'
                        'Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n'
                        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n').encode())
        self.head = b''
        while b'\r\n\r\n' not in self.head:
            self.head += self.s.recv(1)

    def send(self, message, opcode=1):
        data = message if isinstance(message, bytes) else json.dumps(message).encode()
        n = len(data)
        size = bytes([0x80 | n]) if n < 126 else bytes([0xfe]) + struct.pack('>H', n) if n < 65536 \
            else bytes([0xff]) + struct.pack('>Q', n)
        self.s.sendall(bytes([0x80 | opcode]) + size + b'abcd' + bytes(c ^ b'abcd'[i % 4] for i, c in enumerate(data)))

    def exactly(self, n):
        data = b''
        while len(data) < n:
            more = self.s.recv(n - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def next(self, seconds=8):
        self.s.settimeout(seconds)
        try:
            first, n = self.exactly(2)
            n = struct.unpack('>H', self.exactly(2))[0] if n == 126 else n
            data = self.exactly(n)
            return ('close', n) if first == 0x88 else json.loads(data)
        except (EOFError, ConnectionResetError):
            return 'end'
        except socket.timeout:
            return 'silence'


class Flow(unittest.TestCase):
    ports = iter(range(8083, 8200))

    @classmethod
    def setUpClass(cls):
        cls.bodies = subprocess.Popen([SIM, 'bodies', '--address', NET + '.50', '--count', '1'],
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        assert wait_for(NET + '.50', 47990, cls.bodies)

    @classmethod
    def tearDownClass(cls):
        cls.bodies.send_signal(signal.SIGINT)
        cls.bodies.wait(10)

    def setUp(self):
        self.dir = tempfile.TemporaryDirectory()
        self.port = next(self.ports)
        os.makedirs(self.path('server'))
        os.makedirs(self.path('static'))
        with open(self.path('static/index.html'), 'w') as f:
            f.write('<html><head></head>page</html>')
        with open(self.path('streamer'), 'w') as f:
            f.write(STREAMER)
        os.chmod(self.path('streamer'), 0o755)
        self.process = None
        self.sockets = Socket.opened = []

    def tearDown(self):
        for s in self.sockets:
            s.close()
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            out = self.process.communicate(timeout=15)[0]
            self.assertEqual(self.process.returncode, 0, out)
        if self.process:
            self.process.stdout.close()
        self.dir.cleanup()

    def path(self, name):
        return os.path.join(self.dir.name, name)

    def start(self, fault='stop-delay-ms=300', ready=True, program=WEB_SERVER, **extra):
        config = {'web_server': {'bind_address': f'{NET}.1:{self.port}', 'url_path_prefix': PREFIX,
                                 'first_login_create_admin': True, 'first_login_assign_global_hosts': True,
                                 'forwarded_header': {'username_header': 'X-Forwarded-User'}}}
        config.update(extra)
        with open(self.path('server/config.json'), 'w') as f:
            json.dump(config, f)
        return self.spawn(fault, ready, program=program)

    def spawn(self, fault='', ready=True, args=(), program=WEB_SERVER):
        env = {k: v for k, v in os.environ.items() if k not in ('HYDRANECK_SIM_STATIC', 'LOG_LEVEL')}
        if program == WEB_SERVER:
            env['HYDRANECK_SIM_FAULT'] = fault
        self.process = subprocess.Popen([program, *args], cwd=self.dir.name, env=env, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True)
        if ready:
            self.assertTrue(wait_for(NET + '.1', self.port, self.process))
        return self.process

    def data(self, *keys):
        """What `data.json` says under the keys; it is written a little after the answer."""
        for _ in range(100):
            try:
                with open(self.path('server/data.json')) as f:
                    value = json.load(f)
                for key in keys:
                    value = value[str(key)]
                if value is not None:
                    return value
            except (FileNotFoundError, KeyError):
                pass
            time.sleep(0.02)
        self.fail(f'data.json never had {keys}')

    def call(self, method, path, body=None, user='hydra-1', **headers):
        c = http.client.HTTPConnection(NET + '.1', self.port, timeout=10)
        headers = {k.replace('_', '-'): v for k, v in headers.items()}
        if user:
            headers['X-Forwarded-User'] = user
        if body is not None:
            headers['Content-Type'] = 'application/json'
        c.request(method, path if path.startswith('//') else PREFIX + path, body and json.dumps(body), headers)
        answer = c.getresponse()
        answer.text = answer.read().decode()
        c.close()
        return answer

    def post_pin(self, pin):
        auth = base64.b64encode(b'sunshine:sunshine').decode()
        for _ in range(100):
            c = http.client.HTTPSConnection(NET + '.50', 47990, context=ssl._create_unverified_context(), timeout=10)
            c.request('POST', '/api/pin', json.dumps({'pin': pin, 'name': 'hydra'}),
                      {'Authorization': 'Basic ' + auth, 'Content-Type': 'application/json'})
            good = json.loads(c.getresponse().read())['status'] in (True, 'true')
            c.close()
            if good:
                return
            time.sleep(0.1)
        self.fail('the body never wanted the PIN')

    def add_host(self, user='hydra-1'):
        answer = self.call('POST', '/api/host', {'address': NET + '.50'}, user=user)
        self.assertEqual(answer.status, 200, answer.text)
        return json.loads(answer.text)['host']['host_id']

    def pair(self, host, user='hydra-1', wrong=False, leave=False):
        c = http.client.HTTPConnection(NET + '.1', self.port, timeout=10)
        c.request('POST', PREFIX + '/api/pair', json.dumps({'host_id': host}),
                  {'X-Forwarded-User': user, 'Content-Type': 'application/json'})
        answer = c.getresponse()
        self.assertEqual(answer.getheader('Content-Type'), 'application/x-ndjson')
        pin = json.loads(answer.readline())['Pin']
        if leave:
            answer.close()
            c.close()
        self.post_pin('%04d' % ((int(pin) + wrong) % 10000))
        rest = None if leave else json.loads(answer.readline())
        if not leave:
            self.assertEqual(answer.read(), b'')
        c.close()
        return rest

    def paired_stream(self, user):
        host = self.add_host(user)
        self.assertIn('Paired', self.pair(host, user))
        app = json.loads(self.call('GET', f'/api/apps?host_id={host}', user=user).text)['apps'][0]['app_id']
        return host, {'Init': {'host_id': host, 'app_id': app, 'video_frame_queue_size': 3,
                               'audio_sample_queue_size': 20}}

    def opened(self, init, user):
        ws = Socket(self.port, user)
        ws.send(init)
        self.assertEqual(list(ws.next()), ['UpdateApp'])
        for text in ('Launching streamer', 'Completed Stage: Launch Streamer', 'Waiting for Transport to negotiate'):
            self.assertEqual(ws.next(), {'DebugLog': {'message': text, 'ty': None}})
        return ws

    # ---- start and end ----

    def test_a_config_that_lacks_a_required_key_panics(self):
        self.start(ready=False, web_server={'first_login_create_admin': True})
        out = self.process.communicate(timeout=10)[0]
        self.assertEqual(self.process.returncode, 101)
        self.assertIn('invalid file', out)
        self.assertIn('missing field `first_login_assign_global_hosts`', out)

    def test_a_config_that_is_a_directory_is_fatal(self):
        os.mkdir(self.path('server/config.json'))
        out = self.spawn(ready=False).communicate(timeout=10)[0]
        self.assertEqual((self.process.returncode, out.startswith('fatal: failed to read config file')), (1, True))

    def test_a_missing_config_is_written_with_defaults(self):
        out = json.loads(self.spawn(ready=False, args=['print-config']).communicate(timeout=10)[0])
        self.assertEqual(out['web_server']['bind_address'], '0.0.0.0:8080')
        with open(self.path('server/config.json')) as f:
            self.assertEqual(json.load(f), out)

    def test_a_taken_port_and_bad_data_end_with_status_zero(self):
        self.start()
        other = subprocess.run([WEB_SERVER], cwd=self.dir.name, capture_output=True, text=True, timeout=10)
        self.assertEqual(other.returncode, 0)
        self.assertIn('ERROR', other.stdout)
        with open(self.path('server/data.json'), 'w') as f:
            f.write('{"version":')
        other = subprocess.run([WEB_SERVER], cwd=self.dir.name, capture_output=True, text=True, timeout=10)
        self.assertEqual(other.returncode, 0)
        self.assertIn('Failed to deserialize data as json', other.stdout)

    def test_sigterm_waits_for_an_open_stream_socket_and_sigquit_does_not(self):
        self.start()
        ws = Socket(self.port)
        self.process.send_signal(signal.SIGTERM)
        with self.assertRaises(subprocess.TimeoutExpired):
            self.process.wait(0.5)
        with self.assertRaises(OSError):
            socket.create_connection((NET + '.1', self.port), 1)
        ws.s.close()
        self.assertEqual(self.process.wait(10), 0)
        self.process.stdout.close()
        self.start()
        ws = Socket(self.port)
        self.process.send_signal(signal.SIGQUIT)
        self.assertEqual(self.process.wait(10), 0)
        self.assertEqual(ws.next(), 'end')

    def test_faults_come_from_a_file_beside_the_program_too(self):
        os.symlink(WEB_SERVER, self.path('web-server'))
        with open(self.path('web-server.fault'), 'w') as f:
            f.write('pair-close\n')
        self.start(program=self.path('web-server'))
        c = http.client.HTTPConnection(NET + '.1', self.port, timeout=10)
        c.request('POST', PREFIX + '/api/pair', json.dumps({'host_id': self.add_host('f1')}),
                  {'X-Forwarded-User': 'f1', 'Content-Type': 'application/json'})
        self.assertRegex(c.getresponse().read(), rb'^{"Pin":"[0-9]{4}"}\n$')
        c.close()

    def test_faults_are_read_anew_whenever_they_matter(self):
        os.symlink(WEB_SERVER, self.path('web-server'))
        with open(self.path('web-server.fault'), 'w') as f:
            f.write('stop-delay-ms=300')
        self.start(program=self.path('web-server'))

        def status():
            c = http.client.HTTPConnection(NET + '.1', self.port, timeout=10)
            c.request('GET', PREFIX + '/api/user', headers={'X-Forwarded-User': 'f2'})
            reply = c.getresponse()
            text = reply.read()
            c.close()
            return reply.status, text[:12]
        self.assertEqual(status()[0], 200)
        with open(self.path('web-server.fault'), 'w') as f:
            f.write('unknown-user')
        self.assertEqual(status(), (401, b'unauthorized'))
        os.unlink(self.path('web-server.fault'))
        self.assertEqual(status()[0], 200)

    def test_an_idle_connection_is_ended(self):
        self.start()
        with socket.create_connection((NET + '.1', self.port), 5) as s:
            s.settimeout(8)
            s.sendall(f'GET {PREFIX}/config.js HTTP/1.1\r\nHost: x\r\n\r\n'.encode())
            while s.recv(4096):
                pass

    # ---- pages and people ----

    def test_pages_live_under_the_prefix_and_are_never_cached(self):
        self.start(default_settings={'fps': 60})
        for path in ('/', '', '/index.html'):
            answer = self.call('GET', path, user=None)
            self.assertEqual((answer.status, answer.text), (200, '<html><head></head>page</html>'))
            self.assertEqual(answer.getheader('Content-Type'), 'text/html; charset=utf-8')
            self.assertEqual(answer.getheader('Cache-Control'), 'no-store, no-cache, must-revalidate, private')
            self.assertEqual((answer.getheader('Pragma'), answer.getheader('Expires')), ('no-cache', '0'))
        tag = answer.getheader('ETag')
        self.assertEqual(self.call('GET', '/', user=None, If_None_Match=tag).status, 304)
        part = self.call('GET', '/', user=None, Range='bytes=1-4')
        self.assertEqual((part.status, part.text), (206, 'html'))
        js = self.call('GET', '/config.js', user=None)
        self.assertEqual(js.getheader('Content-Type'), 'text/javascript')
        self.assertEqual(json.loads(js.text.removeprefix('export default ')),
                         {'path_prefix': PREFIX, 'default_settings': {'fps': 60}})
        for path in ('/nothing', '/../server/config.json', '/%2e%2e/server/config.json', '/api/nothing'):
            answer = self.call('GET', path)
            self.assertEqual((answer.status, answer.text), (404, ''))

    def test_the_forwarded_header_makes_users_and_nothing_else_lets_in(self):
        self.start()
        self.assertEqual(self.call('GET', '/api/authenticate', user=None).status, 401)
        self.assertEqual(self.call('GET', '/api/authenticate', user=None, Authorization='Basic x').status, 400)
        self.assertEqual(self.call('GET', '/api/authenticate', user=None, Cookie='mlSession=00').status, 401)
        answer = self.call('GET', '/api/authenticate')
        self.assertEqual((answer.status, answer.text), (200, ''))
        user = json.loads(self.call('GET', '/api/user').text)
        self.assertEqual((user['name'], user['role'], user['client_unique_id']), ('hydra-1', 'User', 'hydra-1'))
        self.assertEqual(self.call('GET', '/api/users').status, 403)
        self.assertEqual(self.call('POST', '/api/logout').status, 400)
        self.assertEqual(self.data('users', user['id'])['name'], 'hydra-1')

    def test_the_first_login_makes_an_administrator(self):
        self.start()
        self.assertEqual(self.call('POST', '/api/login', {'name': 'root', 'password': ''}, user=None).status, 400)
        answer = self.call('POST', '/api/login', {'name': 'root', 'password': 'pw'}, user=None)
        self.assertEqual(answer.status, 200)
        cookie = answer.getheader('Set-Cookie')
        self.assertRegex(cookie, f'^mlSession=[0-9a-f]{{64}}; Path={PREFIX}; SameSite=Strict; HttpOnly; Expires=')
        token = cookie[10:74]
        self.assertEqual(self.call('POST', '/api/login', {'name': 'root', 'password': 'no'}, user=None).status, 401)
        self.assertEqual(self.call('POST', '/api/login', {'name': 'x', 'password': 'no'}, user=None).status, 404)
        self.assertEqual(self.call('GET', '/api/users', user=None, Authorization='Bearer ' + token).status, 200)
        self.assertEqual(self.call('POST', '/api/logout', user=None, Cookie='mlSession=' + token).status, 200)
        self.assertEqual(self.call('GET', '/api/users', user=None, Cookie='mlSession=' + token).status, 401)

    def test_bodies_of_requests_must_be_json_and_say_so(self):
        self.start()
        c = http.client.HTTPConnection(NET + '.1', self.port, timeout=10)
        for body, kind in (('{"address":"x"}', 'text/plain'), ('{nope', 'application/json'), ('[]', 'application/json')):
            c.request('POST', PREFIX + '/api/host', body, {'X-Forwarded-User': 'a', 'Content-Type': kind})
            answer = c.getresponse()
            answer.read()
            self.assertEqual(answer.status, 400)
        c.close()
        self.assertEqual(self.call('POST', '/api/host', {'address': NET + '.99'}).text, 'the host was not found')

    # ---- hosts ----

    def test_pairing_with_the_right_pin_opens_the_apps(self):
        self.start()
        host = self.add_host('u1')
        answer = self.call('GET', f'/api/apps?host_id={host}', user='u1')
        self.assertEqual((answer.status, answer.text), (500, 'moonlight error: unauthenticated'))
        self.assertEqual(self.call('GET', f'/api/host?host_id={host}', user='u2').status, 403)
        self.assertEqual(self.call('GET', '/api/host?host_id=1', user='u1').status, 404)
        paired = self.pair(host, 'u1')['Paired']
        self.assertEqual((paired['host_id'], paired['paired'], paired['owner']), (host, 'Paired', 'ThisUser'))
        apps = json.loads(self.call('GET', f'/api/apps?host_id={host}', user='u1').text)['apps']
        self.assertEqual(apps[0], {'app_id': 958645192, 'title': 'Desktop', 'is_hdr_supported': False})
        lines = [json.loads(line) for line in self.call('GET', '/api/hosts', user='u1').text.splitlines()]
        self.assertEqual(lines[0]['hosts'][0]['server_state'], None)
        self.assertEqual(lines[1]['server_state'], 'Free')
        image = f'/api/app/image?host_id={host}&app_id=958645192'
        c = http.client.HTTPConnection(NET + '.1', self.port, timeout=10)
        c.request('GET', PREFIX + image, headers={'X-Forwarded-User': 'u1'})
        answer = c.getresponse()
        self.assertTrue(answer.read().startswith(b'\x89PNG'))
        self.assertEqual(answer.getheader('Cache-Control'), 'private, no-cache, must-revalidate')
        c.close()
        self.assertEqual(self.call('GET', image, user='u1', If_None_Match=answer.getheader('ETag')).status, 304)
        info = self.data('hosts', host, 'pair_info')
        self.assertTrue(info['client_certificate'].startswith('-----BEGIN CERTIFICATE-----\r\n'))
        self.assertEqual(self.call('DELETE', f'/api/host?host_id={host}', user='u1').status, 200)

    def test_a_wrong_pin_is_a_pair_error(self):
        self.start()
        self.assertEqual(self.pair(self.add_host('w1'), 'w1', wrong=True), 'PairError')

    def test_pairing_goes_on_when_the_client_has_left(self):
        self.start()
        host = self.add_host('l1')
        self.pair(host, 'l1', leave=True)
        for _ in range(100):
            state = json.loads(self.call('GET', f'/api/host?host_id={host}', user='l1').text)['host']['paired']
            if state == 'Paired':
                return
            time.sleep(0.1)
        self.fail('never paired')

    # ---- the stream socket ----

    def test_what_cannot_start_is_said_once_and_closed_without_a_code(self):
        self.start()
        host = self.add_host('e1')
        missing = {'Init': {'host_id': 1, 'app_id': 1, 'video_frame_queue_size': 3, 'audio_sample_queue_size': 20}}
        unpaired = {'Init': dict(missing['Init'], host_id=host)}
        for init, why in ((missing, 'the host was not found'), (unpaired, 'of a server error')):
            ws = Socket(self.port, 'e1')
            ws.send(init)
            self.assertEqual(ws.next(), {'DebugLog': {'message': 'Failed to start stream because ' + why,
                                                      'ty': 'fatalDescription'}})
            self.assertEqual((ws.next(), ws.next()), (('close', 0), 'end'))
        for bad, opcode in ((b'{nope', 1), (b'x', 2), (b'x' * 70000, 1)):
            ws = Socket(self.port, 'e1')
            ws.send(bad, opcode)
            self.assertEqual(ws.next(), 'end')
        ws = Socket(self.port, 'e1')
        ws.send({'SetTransport': 'WebRTC'})
        self.assertEqual((ws.next(), ws.next()), (('close', 0), 'end'))
        self.assertEqual(self.call('GET', '/api/host/stream').status, 400)
        self.assertTrue(Socket(self.port, 'e1', '/api/host/stream').head.startswith(b'HTTP/1.1 404'))

    def test_a_missing_streamer_is_a_server_error(self):
        self.start(streamer_path='./nowhere')
        _, init = self.paired_stream('m1')
        ws = Socket(self.port, 'm1')
        ws.send(init)
        self.assertEqual([list(ws.next()) for _ in range(2)], [['UpdateApp'], ['DebugLog']])
        self.assertEqual(ws.next()['DebugLog']['message'], 'Failed to start stream because of a server error')
        self.assertEqual(ws.next(), ('close', 0))

    def test_a_stream_is_launched_on_the_host_and_ends_after_its_pause(self):
        self.start(webrtc={'ice_servers': [{'urls': ['turn:a']}], 'ice_server_script': self.path('ice')})
        with open(self.path('ice'), 'w') as f:
            f.write('#!/bin/sh\necho \'[{"urls":["turn:b"],"username":"u","credential":"c"}]\'\n')
        os.chmod(self.path('ice'), 0o755)
        host, init = self.paired_stream('s1')
        ws = self.opened(init, 's1')
        ws.send(b'beat', 9)
        self.assertEqual(ws.next(0.3), 'silence')
        ws.send(b'{"WebRtc":\n{"Description":{"ty":"offer","sdp":"v=0"}}}')
        ws.send({'StartStream': {'bitrate': 10000, 'packet_size': 2048, 'fps': 60, 'width': 1280, 'height': 720}})
        self.assertEqual(ws.next(), {'ConnectionComplete': {}})
        state = json.loads(self.call('GET', f'/api/host?host_id={host}', user='s1').text)['host']
        self.assertEqual((state['server_state'], state['current_game']), ('Busy', init['Init']['app_id']))
        answer = self.call('POST', '/api/host/cancel', {'host_id': host}, user='s1')
        self.assertEqual(json.loads(answer.text), {'success': True})
        ws.send({'WebRtc': {'Description': {'ty': 'pranswer', 'sdp': 'v=0'}}})
        self.assertEqual((ws.next(), ws.next()), (('close', 0), 'end'))
        with open(self.path('streamer.ipc')) as f:
            lines = [json.loads(line) for line in f]
        self.assertEqual([s['urls'][0] for s in lines[0]['Init']['ice_servers']], ['turn:a', 'turn:b'])
        self.assertEqual((lines[0]['Init']['session'], lines[0]['Init']['host_address']), ('3f9c2a', NET + '.50'))
        self.assertEqual(lines[1], {'Client': {'WebRtc': {'Description': {'ty': 'offer', 'sdp': 'v=0'}}}})
        self.assertEqual(list(lines[2]['Client']), ['StartStream'])
        self.assertEqual(lines[3], {'Launch': {'ok': True}})

    def test_a_crashed_streamer_closes_the_socket_after_its_pause(self):
        self.start()
        _, init = self.paired_stream('c1')
        ws = self.opened(init, 'c1')
        ws.send({'WebRtc': {'Description': {'ty': 'unspecified', 'sdp': 'v=0'}}})
        self.assertEqual((ws.next(), ws.next()), (('close', 0), 'end'))

    def test_after_nonsense_the_socket_is_deaf_but_open(self):
        self.start()
        _, init = self.paired_stream('d1')
        ws = self.opened(init, 'd1')
        ws.send({'Nonsense': 1})
        ws.send({'WebRtc': {'Description': {'ty': 'rollback', 'sdp': 'v=0'}}})
        self.assertEqual(ws.next(0.5), 'silence')

    def test_a_browser_that_leaves_stops_the_streamer_at_its_next_word(self):
        self.start()
        _, init = self.paired_stream('b1')
        ws = self.opened(init, 'b1')
        ws.send({'WebRtc': {'Description': {'ty': 'rollback', 'sdp': 'v=0'}}})
        ws.s.close()
        for _ in range(100):
            with open(self.path('streamer.ipc')) as f:
                if f.read().splitlines()[-1] == '"Stop"':
                    return
            time.sleep(0.05)
        self.fail('the streamer was never told to stop')


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=2)
