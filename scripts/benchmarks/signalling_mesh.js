// SPDX-License-Identifier: LGPL-2.1-or-later
// A mesh signalling server with the messages of the seed, on the `ws` library: `node signalling_mesh.js HOST PORT`. A map of agents, three kinds of messages that
// go to one of them, joins and leaves that go to all.
'use strict';

const { WebSocketServer } = require('ws');

const agents = new Map();
const body = { 'offer': 'offer', 'answer': 'answer', 'ice-candidate': 'candidate' };

function send(socket, message) {
  socket.send(JSON.stringify(message));
}

function tellOthers(id, message) {
  for (const [other, socket] of agents)
    if (other !== id && socket.readyState === socket.OPEN) send(socket, message);
}

function register(socket, message) {
  if (!message.agent_id) throw new Error('Missing agent_id in register message');
  const id = message.agent_id;
  agents.set(id, socket);
  send(socket, { type: 'registered', agent_id: id, connected_agents: [...agents.keys()].filter((other) => other !== id) });
  tellOthers(id, { type: 'agent-joined', agent_id: id });
}

function relay(message) {
  const { type, from, to } = message;
  const key = body[type];
  if (!from || !to || !message[key]) throw new Error('Invalid ' + type + ' message');
  const target = agents.get(to);
  if (target) send(target, { type, from, to, [key]: message[key] });
  else if (type !== 'ice-candidate') throw new Error('Agent ' + to + ' not found');
}

const server = new WebSocketServer({ host: process.argv[2], port: Number(process.argv[3]), backlog: 4096 });

server.on('connection', (socket) => {
  socket.on('message', (data) => {
    try {
      const message = JSON.parse(data.toString());
      if (message.type === 'register') register(socket, message);
      else if (Object.hasOwn(body, message.type)) relay(message);
    } catch (error) {
      send(socket, { type: 'error', message: String(error) });
    }
  });
  socket.on('close', () => {
    for (const [id, other] of agents)
      if (other === socket) {
        agents.delete(id);
        tellOthers(id, { type: 'agent-left', agent_id: id });
        break;
      }
  });
});
server.on('listening', () => console.log('ready'));
