/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One participant of a room, and the call with it. Part of client.js. */

const OFFER_MS = 1000;      /* who comes offers; who was there waits for that, then offers itself: some only answer */
const ANSWER_MS = 5000;     /* an offer without an answer is sent again */
const SHAKY_MS = 3000;      /* `disconnected` mends itself mostly */
const AGAIN_MAX_MS = 30000;
const HELD_MAX = 100;       /* candidates kept while the room is out of reach */

/* Belongs to one RTCPeerConnection: another one means that the other side has begun anew. */
function fingerprintOf(sdp) {
  return /^a=fingerprint:\S+ (\S+)/m.exec(sdp)?.[1];
}

/* Perfect negotiation: either side offers when it wants; when both do at once the polite one takes its offer back. What is done to the connection is done one
 * after another, so its signalingState tells all. */
export class Peer {
  id;
  name;
  stream = new MediaStream(); /* what comes from there */
  state = 'connecting';       /* connecting, connected, interrupted, closed */
  connection = null;          /* RTCPeerConnection, for getStats() */

  #room;
  #polite;
  #waits;            /* for the newcomer's offer */
  #work = Promise.resolve();
  #timer = 0;
  #tries = 0;
  #offer = 0;        /* number of our last one */
  #passedOver = false; /* their last offer met ours and we are not the polite one: its candidates mean nothing */
  #fingerprint;      /* theirs */
  #held = [];        /* candidates that could not be sent */
  #early = [];       /* candidates that came before the description that they belong to */

  /* @room: { send, problem, changed, configuration, local }; @waits: it has just come, and will offer */
  constructor(room, id, name, polite, waits) {
    Object.assign(this, { id, name });
    this.#room = room;
    this.#polite = polite;
    this.#begin(waits);
  }

  #begin(waits) {
    const connection = new RTCPeerConnection(this.#room.configuration());
    const local = this.#room.local();

    this.connection = connection;
    this.#fingerprint = undefined;
    this.#early = [];
    this.#waits = waits;
    connection.onicecandidate = ({ candidate }) => candidate?.candidate && this.#sendCandidate(candidate);
    connection.ontrack = ({ track }) => this.#takeTrack(track);
    connection.onconnectionstatechange = () => this.#look();
    connection.onnegotiationneeded = () => this.#negotiate();
    local.getTracks().forEach((track) => connection.addTrack(track, local));
    if (waits) {
      this.#expect(OFFER_MS);
    } else {
      this.#negotiate();
    }
  }

  /* The other side has a new connection, which the old one cannot take. */
  #renew(waits) {
    this.connection.close();
    this.stream.getTracks().forEach((track) => this.stream.removeTrack(track));
    this.#begin(waits);
  }

  #then(work) {
    this.#work = this.#work.then(() => this.state !== 'closed' && work()).catch((error) => this.#room.problem('NEGOTIATION', error.message));
  }

  #negotiate() {
    const connection = this.connection;

    this.#then(async () => {
      if (this.#waits || connection !== this.connection || connection.signalingState !== 'stable') {
        return; /* it is asked for again as soon as it may be */
      }
      this.#wantAll();
      await connection.setLocalDescription();
      this.#offer += 1;
      this.#sendDescription();
    });
  }

  /* An offer asks for sound and picture, also from somebody who only looks on. */
  #wantAll() {
    const there = this.connection.getTransceivers().map((each) => each.receiver.track.kind);
    ['audio', 'video'].filter((kind) => !there.includes(kind)).forEach((kind) => this.connection.addTransceiver(kind, { direction: 'recvonly' }));
  }

  #sendDescription(answerTo) {
    const { type, sdp } = this.connection.localDescription;

    this.#room.send(type, { type, sdp, offer_id: type === 'offer' ? this.#offer : answerTo }, this.id);
    if (type === 'offer') {
      this.#expect(backOff(ANSWER_MS, this.#tries, AGAIN_MAX_MS));
    }
  }

  /* Both spellings: browsers want theirs, the documents of this protocol have the other. */
  #sendCandidate({ candidate, sdpMid, sdpMLineIndex, usernameFragment }) {
    const payload = { candidate, sdpMid, sdpMLineIndex, usernameFragment, sdp_mid: sdpMid, sdp_m_line_index: sdpMLineIndex };

    if (!this.#room.send('ice_candidate', payload, this.id) && this.#held.length < HELD_MAX) {
      this.#held.push(payload);
    }
  }

  receive(type, payload) {
    this.#then(() => ({ offer: () => this.#offered(payload), answer: () => this.#answered(payload), ice_candidate: () => this.#candidate(payload) })[type]());
  }

  #isAnew(sdp) {
    return this.#fingerprint !== undefined && this.#fingerprint !== fingerprintOf(sdp);
  }

  async #offered({ sdp, offer_id }) {
    if (this.#isAnew(sdp)) {
      this.#renew(true);
    }
    this.#passedOver = this.connection.signalingState !== 'stable' && !this.#polite;
    if (this.#passedOver) {
      return;
    }
    this.#waits = false;
    clearTimeout(this.#timer);
    await this.#take({ type: 'offer', sdp });
    await this.connection.setLocalDescription();
    this.#sendDescription(offer_id);
  }

  async #answered({ sdp, offer_id }) {
    if (this.connection.signalingState !== 'have-local-offer' || (offer_id !== undefined && offer_id !== this.#offer)) {
      return; /* a second answer to what was sent twice */
    }
    if (this.#isAnew(sdp)) {
      this.#renew(false);
      return;
    }
    clearTimeout(this.#timer);
    await this.#take({ type: 'answer', sdp });
  }

  async #take(description) {
    await this.connection.setRemoteDescription(description);
    this.#fingerprint = fingerprintOf(description.sdp);
    await Promise.all(this.#early.splice(0).map((payload) => this.#candidate(payload)));
    if (this.connection.connectionState === 'connected') {
      this.#look(); /* the old way has held: nothing else will say so */
    }
  }

  async #candidate(payload) {
    const { candidate, sdpMid, sdp_mid, sdpMLineIndex, sdp_m_line_index, usernameFragment } = payload;

    if (!this.connection.remoteDescription) {
      this.#early = [...this.#early, payload].slice(0, HELD_MAX);
      return;
    }
    try {
      await this.connection.addIceCandidate({ candidate, sdpMid: sdpMid ?? sdp_mid, sdpMLineIndex: sdpMLineIndex ?? sdp_m_line_index, usernameFragment });
    } catch (error) {
      if (!this.#passedOver) {
        throw error;
      }
    }
  }

  #takeTrack(track) {
    this.stream.addTrack(track);
    track.onended = () => this.stream.removeTrack(track);
    track.onmute = track.onunmute = () => this.#room.changed(this);
    this.#room.changed(this);
  }

  /* What the connection says of itself. Both sides see it fail; the polite one leaves the first word to the other. */
  #look() {
    const said = this.connection.connectionState;
    const manners = this.#polite ? 2000 : 0;

    if (this.connection.signalingState === 'stable') {
      clearTimeout(this.#timer);
    }
    if (said === 'connected') {
      this.#tries = 0;
    } else if (said === 'disconnected') {
      this.#expect(SHAKY_MS + manners);
    } else if (said === 'failed') {
      this.#expect(backOff(RETRY_MS, this.#tries, AGAIN_MAX_MS) + manners);
    }
    this.#tell({ connected: 'connected', disconnected: 'interrupted', failed: 'interrupted' }[said] ?? (this.state === 'interrupted' ? 'interrupted' : 'connecting'));
  }

  #tell(state) {
    if (this.state !== state && this.state !== 'closed') {
      this.state = state;
      this.#room.changed(this);
    }
  }

  /* The one timer: what should have come by then is asked for again, ever less often. */
  #expect(ms) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#again(), ms);
  }

  #again() {
    if (this.#waits) {
      this.#waits = false;
      this.#negotiate();
      return;
    }
    this.#tries += 1;
    if (this.connection.signalingState === 'have-local-offer') {
      this.#sendDescription();
    } else {
      this.restart();
    }
  }

  /* Another way for the same call: new ICE credentials, new candidates. */
  restart() {
    this.configure();
    this.connection.restartIce();
  }

  /* Fresh ICE servers: what credentials the old ones had expires. */
  configure() {
    this.connection.setConfiguration({ ...this.connection.getConfiguration(), iceServers: this.#room.configuration().iceServers });
  }

  /* The room is within reach again. */
  resume() {
    this.#held.splice(0).forEach((payload) => this.#room.send('ice_candidate', payload, this.id));
    if (this.connection.signalingState === 'have-local-offer') {
      this.#sendDescription();
    }
  }

  rename(name) {
    if (name !== undefined && name !== this.name) {
      this.name = name;
      this.#room.changed(this);
    }
  }

  /* @track: null for none */
  async setTrack(kind, track) {
    const line = this.connection.getTransceivers().find((each) => each.receiver.track.kind === kind && each.currentDirection !== 'stopped');

    if (!line && track) {
      this.connection.addTrack(track, this.#room.local());
    } else if (line) {
      await line.sender.replaceTrack(track);
      if (track && !line.direction.startsWith('send')) {
        line.sender.setStreams(this.#room.local());
        line.direction = 'sendrecv';
      }
    }
  }

  close() {
    clearTimeout(this.#timer);
    this.#tell('closed');
    this.connection.close();
  }
}

