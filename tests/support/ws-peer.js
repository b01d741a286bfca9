// SPDX-License-Identifier: LGPL-2.1-or-later
// An echo server of WebSockets as node-ws meets it: `node ws-peer.js URL` (it is given /echo, /room and /other), or a server for our client: `node ws-peer.js serve HOST`.
// Says a line for each talk; exit status 1 at the first that goes wrong.
'use strict';
const assert = require('assert');
const { once } = require('events');
const WebSocket = require('ws');

const LIMIT_MS = 20000;
setTimeout(() => { console.log('FAILED: out of time'); process.exit(1); }, LIMIT_MS).unref();

const open = async (url, ...more) => {
  const socket = new WebSocket(url, ...more);
  await once(socket, 'open');
  return socket;
};
const hear = async (socket) => {
  const [data, binary] = await once(socket, 'message');
  return binary ? data : data.toString();
};

async function everyLength(base) {
  const socket = await open(base + '/echo');
  assert.strictEqual(socket.extensions, '', 'permessage-deflate is offered and not taken');
  for (const length of [0, 1, 125, 126, 127, 65535, 65536]) {
    socket.send('x'.repeat(length));
    assert.strictEqual((await hear(socket)).length, length);
    socket.send(Buffer.alloc(length, 7));
    assert.ok(Buffer.alloc(length, 7).equals(await hear(socket)));
  }
  socket.close(1000, 'thanks');
  const [code, reason] = await once(socket, 'close');
  assert.deepStrictEqual([code, reason.toString()], [1000, 'thanks']);
}

async function fragments(base) {
  const socket = await open(base + '/echo');
  const bytes = Buffer.from('grüße 😀 €');
  for (let cut = 1; cut < bytes.length; cut++) {
    socket.send(bytes.subarray(0, cut), { fin: false, binary: false });
    socket.ping('between');
    socket.send(bytes.subarray(cut), { fin: true, binary: false });
    const [answer] = await Promise.all([hear(socket), once(socket, 'pong')]);
    assert.strictEqual(answer, bytes.toString());
  }
  socket.terminate();
  await once(socket, 'close');
}

async function aRoom(base) {
  const all = await Promise.all(Array.from({ length: 20 }, () => open(base + '/room')));
  const heard = all.map((socket) => { const texts = []; socket.on('message', (data) => texts.push(data.toString())); return texts; });
  for (let i = 0; i < 50; i++) all[i % 20].send(String(i));
  while (heard.some((texts) => texts.length < 50)) await new Promise(setImmediate);
  for (const texts of heard) assert.deepStrictEqual(texts, heard[0], 'everybody hears the same, in the same order');
  assert.deepStrictEqual([...heard[0]].sort((a, b) => a - b), Array.from({ length: 50 }, (_, i) => String(i)));
  for (const socket of all) socket.close();
  await Promise.all(all.map((socket) => once(socket, 'close')));
}

async function refusals(base) {
  for (const [path, options, status] of [['/other', {}, 404], ['/echo', { protocolVersion: 8 }, 426]]) {
    const socket = new WebSocket(base + path, options);
    const [, answer] = await once(socket, 'unexpected-response');
    assert.strictEqual(answer.statusCode, status);
    answer.destroy();
  }
}

async function tooMuch(base) {
  const socket = await open(base + '/echo');
  socket.send('x'.repeat(65537));
  const [code, reason] = await once(socket, 'close');
  assert.deepStrictEqual([code, reason.toString()], [1009, 'Message too big']);
}

async function serve(host) {
  const server = new WebSocket.Server({ host, port: 0, perMessageDeflate: true });
  server.on('connection', (socket) => socket.on('message', (data, binary) => {
    if (data.toString() === 'close') socket.close(4003, 'as asked');
    else socket.send(data, { binary });
  }));
  await once(server, 'listening');
  console.log(server.address().port);
}

(async () => {
  if (process.argv[2] === 'serve') return serve(process.argv[3]);
  for (const talk of [everyLength, fragments, aRoom, refusals, tooMuch]) {
    await talk(process.argv[2]);
    console.log(talk.name);
  }
  process.exit(0);
})().catch((error) => { console.log('FAILED: ' + error.stack); process.exit(1); });
