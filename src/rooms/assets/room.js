/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A room of `hydraneckwebrtc rooms` for a page: who is there, and a call with each of them. One module, nothing else is needed:
 *
 *   import { Room } from '/webrtc/client.js';
 *
 *   const room = new Room({ room: 'lounge', token: () => askMyServerForAToken() });
 *   room.addEventListener('peer', ({ detail: peer }) => { videoOf(peer.id).srcObject = peer.stream; });
 *   room.addEventListener('state', ({ detail }) => tell(detail.state, detail.reason));
 *   room.setStream(await navigator.mediaDevices.getUserMedia({ audio: true, video: true }));
 *   room.join();
 *
 * Events, each with its `detail`:
 *   state         { state, code, reason, retryMs, recovered }: joining → joined → waiting → joining …, or the end: left (by us), refused (for good)
 *   participants  [{ user_id, username, joined_at }], ourselves included
 *   peer          a Peer that is new; peerchange: its state, name or tracks; peerleave: it is gone
 *   message       { type, payload, from }: what is no business of this file: chat-message, media-control …
 *   problem       { code, message }: the server's `error` frames, and what the browser refused
 *
 * A lost connection comes back by itself, with what was missed in between; calls go on meanwhile. The token travels in `Sec-WebSocket-Protocol` and
 * `Authorization`, which nobody logs, and stands in no text of this file's. What is on the wire is told in docs/signalling.md. */

const PROTOCOL = 'webrtc-rooms';
const OPEN_MS = 10000;      /* from a new socket to its first room_state */
const PROBE_MS = 5000;      /* from a ping to anything, when we have reason to doubt */
const RETRY_MS = 500;       /* before the first new try; doubled from one to the next */
const RETRY_MAX_MS = 30000;
const STEADY_MS = 10000;    /* a connection that held for so long was a good one: waits begin small again */
const CONFIG_MS = 60000;    /* ICE servers are asked for anew with a connection after so long: their credentials expire */
const SILENT = 'The server does not answer.';

/* The other dialect's names; the server takes both. */
const NAMES = { 'room-state': 'room_state', 'user-joined': 'user_joined', 'user-left': 'user_left', 'ice-candidate': 'ice_candidate' };

/* Whether a socket that closed with this code may come back; the table is in docs/signalling.md. */
export function mayReturn(code) {
  return [1001, 1005, 1006, 1011, 1012, 1013].includes(code) || (code >= 4000 && code < 4100);
}

/* What the server said by HTTP, as the close code that a socket would get for it. */
class Refusal extends Error {
  constructor(closeCode, reason) {
    super(reason);
    this.closeCode = closeCode;
  }
}

/* Doubled from try to try and spread, so that those who lost the same server do not come back as one. */
function backOff(first, tries, most) {
  return Math.min(first * 2 ** tries, most) * (0.5 + Math.random() / 2);
}

export class Room extends EventTarget {
  me = null;      /* our user id, once we are in */
  state = 'left'; /* see `state` above */

  #options;
  #peers = new Map();
  #local = new MediaStream();
  #socket = null;
  #life = 0;           /* of the connection: what an older one still says is not heard */
  #timer = 0;
  #tries = 0;
  #joinedAt = -Infinity;
  #place = null;       /* { conn, epoch, offset } of the last frame: where we go on */
  #configuration = null;
  #configuredAt = -Infinity;
  #renewed = false;    /* a token that had expired was replaced once already */
  #listening = null;

  /* @room: its name; @token: a JWT, or a function that gives one, also as a promise: asked before each connection; @base: where the server's paths begin, with a slash at
   * its end: where this script came from, unless it is said */
  constructor({ room, token, base = new URL('.', import.meta.url) }) {
    super();
    this.#options = { room, token, base: new URL(base, document.baseURI).href };
  }

  get peers() {
    return [...this.#peers.values()];
  }

  join() {
    if (this.state === 'left' || this.state === 'refused') {
      Object.assign(this, { state: 'left' });
      this.#tries = 0;
      this.#place = null;
      this.#listen();
      this.#connect();
    }
  }

  leave() {
    this.#end('left', 1000, '');
  }

  /* What we send: the tracks of a stream. Later changes: setTrack(). */
  setStream(stream) {
    return Promise.all(['audio', 'video'].map((kind) => this.setTrack(kind, stream.getTracks().find((track) => track.kind === kind) ?? null)));
  }

  /* @kind: audio or video; @track: null for none. The old one is not stopped. */
  setTrack(kind, track) {
    this.#local.getTracks().filter((each) => each.kind === kind).forEach((each) => this.#local.removeTrack(each));
    if (track) {
      this.#local.addTrack(track);
    }
    return Promise.all(this.peers.map((peer) => peer.setTrack(kind, track)));
  }

  /* To everybody, or to one user. False: not now, nothing was sent. */
  send(type, payload, to) {
    if (this.state !== 'joined' || this.#socket.readyState !== WebSocket.OPEN) {
      return false;
    }
    this.#socket.send(JSON.stringify({ type, payload: to === undefined ? payload : { ...payload, target_user_id: to } }));
    return true;
  }

  /* ---- its connection ---- */

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  #enter(state, detail = {}) {
    this.state = state;
    this.#tell('state', { state, ...detail });
  }

  /* The one timer of the connection. */
  #in(ms, work) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(work, ms);
  }

  async #connect() {
    const life = ++this.#life;

    this.#enter('joining');
    this.#in(2 * OPEN_MS, () => this.#lost(1006, SILENT));
    try {
      const jwt = await this.#token();
      await this.#configure(jwt);
      if (life === this.#life) {
        this.#open(jwt, life);
      }
    } catch (error) {
      if (life === this.#life) {
        this.#lost(...(error instanceof Refusal ? [error.closeCode, error.message] : [1006, 'The server cannot be reached.']));
      }
    }
  }

  async #token() {
    const { token } = this.#options;
    const jwt = await Promise.resolve(token).then((given) => (typeof given === 'function' ? given() : given)).catch(() => {
      throw new Refusal(1013, 'No token could be had.');
    });

    if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(jwt)) {
      throw new Refusal(1008, 'The token is none.'); /* a browser would print it */
    }
    return jwt;
  }

  async #configure(jwt) {
    if (performance.now() - this.#configuredAt < CONFIG_MS) {
      return;
    }
    const reply = await fetch(this.#options.base + 'config', { headers: { Authorization: 'Bearer ' + jwt }, cache: 'no-store', credentials: 'omit' });
    const told = await reply.json();

    if (!reply.ok) {
      throw new Refusal(reply.status < 500 && reply.status !== 429 ? 1008 : 1013, String(told.detail ?? told.error ?? reply.status));
    }
    this.#configuredAt = performance.now();
    this.#configuration = {
      iceServers: told.iceServers ?? told.ice_servers, iceTransportPolicy: told.ice_transport_policy, bundlePolicy: told.bundle_policy,
      rtcpMuxPolicy: told.rtcp_mux_policy
    };
    this.#peers.forEach((peer) => peer.configure());
  }

  #open(jwt, life) {
    const url = new URL(this.#options.base + 'ws/' + encodeURIComponent(this.#options.room));

    url.protocol = url.protocol.replace('http', 'ws');
    Object.entries(this.#place ?? {}).filter(([, value]) => value !== undefined).forEach(([name, value]) => url.searchParams.set(name, value));
    this.#socket = new WebSocket(url, [PROTOCOL, 'bearer.' + jwt]);
    this.#socket.onmessage = ({ data }) => life === this.#life && this.#receive(data);
    this.#socket.onclose = ({ code, reason }) => life === this.#life && this.#lost(code, reason);
    this.#in(OPEN_MS, () => this.#lost(1006, SILENT));
  }

  /* The connection is gone, or could not be made: again, or never. */
  #lost(code, reason) {
    const expired = code === 1008 && /expired/.test(reason) && typeof this.#options.token === 'function' && !this.#renewed;

    this.#drop(1000);
    this.#renewed ||= expired;
    this.#tries = performance.now() - this.#joinedAt > STEADY_MS && this.state === 'joined' ? 0 : this.#tries;
    if (!mayReturn(code) && !expired) {
      this.#end('refused', code, reason);
      return;
    }
    const retryMs = Math.round(backOff(RETRY_MS, this.#tries, RETRY_MAX_MS));
    this.#tries += 1;
    this.#in(retryMs, () => this.#connect());
    this.#enter('waiting', { code, reason, retryMs });
  }

  #drop(code) {
    this.#life += 1;
    clearTimeout(this.#timer);
    this.#socket?.close(code);
    this.#socket = null;
  }

  #end(state, code, reason) {
    if (this.state === 'left' || this.state === 'refused') {
      return;
    }
    this.#drop(1000);
    this.#listening.abort();
    this.state = state;
    this.peers.forEach((peer) => this.#remove(peer.id));
    this.#enter(state, { code, reason });
  }

  /* The browser's own signs: back from sleep or on another network; a page that goes has left its room. */
  #listen() {
    const signal = (this.#listening = new AbortController()).signal;

    addEventListener('online', () => {
      this.#wake();
      this.peers.forEach((peer) => peer.restart());
    }, { signal });
    document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && this.#wake(), { signal });
    addEventListener('pagehide', () => {
      this.leave();
      addEventListener('pageshow', () => this.join(), { once: true });
    }, { signal });
  }

  #wake() {
    if (this.state === 'waiting') {
      this.#connect();
    } else if (this.send('ping', {})) {
      this.#in(PROBE_MS, () => this.#lost(1006, 'The connection was gone.'));
    }
  }

  /* ---- what comes ---- */

  #receive(data) {
    const frame = JSON.parse(data);
    const type = NAMES[frame.type] ?? frame.type;
    const { payload, sender_id: from } = frame;
    const first = this.state === 'joining';

    clearTimeout(this.#timer); /* whatever comes shows that it lives */
    if (first && type === 'room_state') {
      this.#welcome(frame);
    } else if (frame.offset !== undefined && this.#place !== null) {
      Object.assign(this.#place, { offset: frame.offset, epoch: frame.epoch });
    }
    if (type === 'room_state') {
      this.#roomState(payload, first);
    } else if (type === 'user_joined') {
      this.#add(payload, false);
    } else if (type === 'user_left') {
      this.#remove(payload.user_id);
    } else if (type === 'error') {
      this.#tell('problem', { code: payload.code, message: payload.message });
    } else if (from === this.me || (payload.target_user_id ?? this.me) !== this.me) {
      return; /* another tab of ours, or a server that tells everybody everything */
    } else if (['offer', 'answer', 'ice_candidate'].includes(type)) {
      this.#add({ user_id: from }, false).receive(type, payload);
    } else if (type !== 'pong') {
      this.#tell('message', { type, payload, from });
    }
  }

  /* The first frame says whether what we missed follows; then our place is where we left, until that has come. */
  #welcome({ payload, offset, epoch }) {
    this.#place = { ...(payload.recovered === true ? this.#place : { offset, epoch }), conn: payload.connection_id };
    this.me = payload.user_id;
    this.#joinedAt = performance.now();
    this.#renewed = false;
    this.#enter('joined', { recovered: payload.recovered === true });
  }

  /* @first: it is for us alone. Whom we find there we call, unless what we missed, and with it their own offer, is still to come. */
  #roomState({ participants, recovered }, first) {
    const there = new Set(participants.map((each) => each.user_id));

    this.peers.filter((peer) => !there.has(peer.id)).forEach((peer) => this.#remove(peer.id));
    if (first) {
      this.peers.forEach((peer) => peer.resume());
    }
    participants.forEach((each) => each.user_id !== this.me && this.#add(each, first && recovered !== true));
    this.#tell('participants', participants);
  }

  #add({ user_id: id, username: name }, weAreNew) {
    let peer = this.#peers.get(id);

    if (!peer) {
      peer = new Peer({
        send: (...words) => this.send(...words),
        problem: (code, message) => this.#tell('problem', { code, message }),
        changed: (changed) => this.#tell('peerchange', changed),
        configuration: () => this.#configuration,
        local: () => this.#local
      }, id, name ?? id, this.me < id, !weAreNew);
      this.#peers.set(id, peer);
      this.#tell('peer', peer);
    }
    peer.rename(name);
    return peer;
  }

  #remove(id) {
    const peer = this.#peers.get(id);

    if (peer) {
      this.#peers.delete(id);
      peer.close();
      this.#tell('peerleave', peer);
    }
  }
}
