/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stands in front of the page's RTCPeerConnection and WebSocket: media must go through TURN when there is one (NAT bindings of direct candidates
 * time out), and what becomes of both is seen by us, whatever the page is called and however it keeps them. Nothing else changes for the page. */

const Peer = window.RTCPeerConnection;
const Socket = window.WebSocket;

function isTurn(server) {
  return [].concat(server.urls || server.url || []).some((url) => /^turns?:/i.test(url));
}

/* @configuration as the page gave it, relayed only if this node or the page has a TURN server. */
function relayed(configuration) {
  const hasTurn = settings.relay || [].concat((configuration && configuration.iceServers) || []).some(isTurn);
  return hasTurn ? Object.assign({}, configuration, { iceTransportPolicy: 'relay' }) : configuration;
}

/* A stand-in for a constructor: statics, prototype, name and instanceof are the original's. */
function standIn(name, Native, edit, watch) {
  const wrapped = new Proxy(Native, {
    construct(target, args, newTarget) {
      const made = Reflect.construct(target, edit(args), newTarget === wrapped ? target : newTarget);
      watch(made);
      return made;
    }
  });
  Object.defineProperty(window, name, { value: wrapped, configurable: true, writable: true, enumerable: false });
  try {
    Object.defineProperty(Native.prototype, 'constructor', { value: wrapped, configurable: true, writable: true });
  } catch (error) {
    /* a page that froze it keeps it */
  }
  return wrapped;
}

function standInForPeers(watch) {
  if (typeof Peer !== 'function') {
    return;
  }
  const wrapped = standIn('RTCPeerConnection', Peer, (args) => [relayed(args[0])].concat(args.slice(1)), watch);
  if (window.webkitRTCPeerConnection === Peer) {
    Object.defineProperty(window, 'webkitRTCPeerConnection', { value: wrapped, configurable: true, writable: true, enumerable: false });
  }
  const set = Peer.prototype.setConfiguration;
  Object.defineProperty(Peer.prototype, 'setConfiguration', {
    value: function setConfiguration(configuration) {
      return set.call(this, relayed(configuration));
    },
    configurable: true,
    writable: true
  });
}

/* Only the stream's own socket is of interest. */
function standInForSockets(watch) {
  if (typeof Socket !== 'function') {
    return;
  }
  standIn('WebSocket', Socket, (args) => args, (socket) => {
    if (new URL(socket.url).pathname === base + '/api/host/stream') {
      watch(socket);
    }
  });
}
