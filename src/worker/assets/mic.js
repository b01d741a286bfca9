/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The browser's half of the microphone: a send-only connection of our own, offered to the worker, which relays it to the PC. Off until asked for; nothing
 * is remembered. */

const GATHER_MS = 4000;
const CONNECT_MS = 12000;
const DEVICE_MS = 8000; /* the worker gives a silent microphone up after ten seconds */
const DEVICE_LOOK_MS = 1000;

const MIC_ERRORS = {
  NotAllowedError: 'The browser was not allowed to use the microphone.',
  SecurityError: 'The browser was not allowed to use the microphone.',
  NotFoundError: 'No microphone was found.',
  OverconstrainedError: 'No microphone was found.',
  NotReadableError: 'The microphone is in use by another program.',
  relay: 'The microphone could not reach the relay.',
  offer: 'The microphone was refused.',
  insecure: 'A microphone needs a secure page (https).',
  lost: 'The connection of the microphone was lost.'
};

function micError(kind, words) {
  return Object.assign(new Error(words || MIC_ERRORS[kind]), { name: kind });
}

/* Resolves when @done () holds, looked at on each @event; rejects as @kind after @ms. */
function waitFor(target, event, done, ms, kind) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => finish(() => reject(micError(kind))), ms);
    const look = () => {
      if (done()) {
        finish(resolve);
      }
    };
    function finish(settle) {
      clearTimeout(timer);
      target.removeEventListener(event, look);
      settle();
    }
    target.addEventListener(event, look);
    look();
  });
}

function createMeter(stream, show) {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  const samples = new Float32Array(analyser.fftSize);
  let frame = 0;

  context.createMediaStreamSource(stream).connect(analyser);
  const look = () => {
    analyser.getFloatTimeDomainData(samples);
    const power = samples.reduce((sum, value) => sum + value * value, 0) / samples.length;
    /* -60 dB … 0 dB → 0 … 1 */
    show(Math.max(0, Math.min(1, 1 + Math.log10(power + 1e-9) / 6)));
    frame = requestAnimationFrame(look);
  };
  look();
  return () => {
    cancelAnimationFrame(frame);
    show(0);
    context.close();
  };
}

async function openMicrophone() {
  if (!navigator.mediaDevices || !navigator.mediaDevices.getUserMedia) {
    throw micError('insecure');
  }
  return navigator.mediaDevices.getUserMedia({ audio: true });
}

/* Resolves when the list of devices changes, or after a moment all the same: it may just have changed. */
function waitForDevice() {
  return new Promise((resolve) => {
    const devices = navigator.mediaDevices;
    const done = () => {
      clearTimeout(timer);
      devices.removeEventListener('devicechange', done);
      resolve();
    };
    const timer = setTimeout(done, DEVICE_LOOK_MS);
    devices.addEventListener('devicechange', done);
  });
}

/* The next microphone, also one that is plugged in a little later, while @isWanted (). @onNone: there is none just now. */
async function openNextMicrophone(isWanted, onNone) {
  const end = performance.now() + DEVICE_MS;
  for (;;) {
    try {
      return await openMicrophone();
    } catch (error) {
      if (error.name !== 'NotFoundError' || performance.now() >= end || !isWanted()) {
        throw error;
      }
    }
    onNone();
    await waitForDevice();
  }
}

async function fetchIce() {
  const reply = await fetch(base + '/ice', { cache: 'no-store' });
  const ice = reply.ok ? await reply.json() : {};
  return { iceServers: ice.ice_servers || [] };
}

async function sendOffer(peer) {
  const reply = await fetch(base + '/mic/offer', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ type: 'offer', sdp: peer.localDescription.sdp })
  });
  const answer = await reply.json().catch(() => ({}));
  if (!reply.ok) {
    throw micError('offer', answer.error ? 'The microphone was refused: ' + answer.error + '.' : '');
  }
  return answer;
}

async function connectMicrophone(stream, onState) {
  const peer = new Peer(relayed(await fetchIce()));
  const track = stream.getAudioTracks()[0];

  peer.addEventListener('connectionstatechange', () => onState(peer));
  try {
    const transceiver = peer.addTransceiver(track, { direction: 'sendonly', streams: [stream] });
    await peer.setLocalDescription(await peer.createOffer());
    await waitFor(peer, 'icegatheringstatechange', () => peer.iceGatheringState === 'complete', GATHER_MS, 'relay').catch(() => {});
    const answer = await sendOffer(peer);
    await peer.setRemoteDescription({ type: 'answer', sdp: answer.sdp });
    await waitFor(peer, 'connectionstatechange', () => peer.connectionState === 'connected', CONNECT_MS, 'relay');
    return { peer, sender: transceiver.sender };
  } catch (error) {
    peer.close();
    throw error;
  }
}

/* @button: of createMicButton () */
function createMicrophone(button) {
  let state = 'off';
  let turn = 0; /* what was begun in an earlier turn is no longer wanted */
  let held = null;

  function show(next, words) {
    state = next;
    button().show(next, words);
  }

  function drop() {
    turn++;
    if (held !== null) {
      held.stopMeter();
      held.stream.getTracks().forEach((track) => track.stop());
      held.peer.close();
      held = null;
      fetch(base + '/mic', { method: 'DELETE', keepalive: true }).catch(() => {});
    }
  }

  function fail(error) {
    drop();
    show('error', MIC_ERRORS[error.name] && !MIC_ERRORS[error.name].startsWith('The microphone was refused') ? MIC_ERRORS[error.name]
      : error.message || 'The microphone could not be turned on.');
  }

  function onPeer(peer) {
    if (held !== null && held.peer === peer && (peer.connectionState === 'failed' || peer.connectionState === 'closed')) {
      fail(micError('lost'));
    }
  }

  /* A device that is pulled out ends its track: the next one takes its place. */
  async function onTrackEnded() {
    const mine = turn;
    const before = state;
    held.stopMeter();
    held.stopMeter = () => {}; /* once: an AudioContext that is closed again rejects */
    try {
      const stream = await openNextMicrophone(() => mine === turn, () => mine === turn && show('asking', 'The microphone is gone. Looking for another one.'));
      if (mine !== turn) {
        stream.getTracks().forEach((track) => track.stop());
        return;
      }
      await held.sender.replaceTrack(stream.getAudioTracks()[0]);
      show(before);
      keep(held.peer, held.sender, stream);
    } catch (error) {
      if (mine === turn) {
        fail(error);
      }
    }
  }

  function keep(peer, sender, stream) {
    const track = stream.getAudioTracks()[0];
    track.enabled = state !== 'muted';
    track.addEventListener('ended', onTrackEnded);
    held = { peer, sender, stream, stopMeter: createMeter(stream, (value) => button().level(value)) };
  }

  async function start() {
    const mine = ++turn;
    let stream = null;
    show('asking');
    try {
      stream = await openMicrophone();
      const made = mine === turn ? await connectMicrophone(stream, onPeer) : null;
      if (mine !== turn) {
        stream.getTracks().forEach((track) => track.stop());
        if (made) {
          made.peer.close();
        }
        return;
      }
      show('on');
      keep(made.peer, made.sender, stream);
    } catch (error) {
      if (stream) {
        stream.getTracks().forEach((track) => track.stop());
      }
      if (mine === turn) {
        fail(error);
      }
    }
  }

  function mute(muted) {
    held.stream.getAudioTracks().forEach((track) => { track.enabled = !muted; });
    show(muted ? 'muted' : 'on');
  }

  return {
    toggle() {
      if (state === 'off' || state === 'error') {
        start();
      } else if (state === 'on' || state === 'muted') {
        mute(state === 'on');
      }
    },
    stop() {
      drop();
      show('off');
    }
  };
}
