/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Puts the parts together: what the page does is seen by relay.js, judged by life.js, shown by panel.js. */

const SESSION_CHECK_MS = 1500;
const ASK_MS = 3000;       /* who wants to go back does not wait longer for an answer */
const RATING_MS = 1200;    /* a change of mind within it is not sent twice */
const CANDIDATE_MS = 2000; /* after it is connected: which pair was chosen */

const life = createLife(performance.now());
const sockets = new Set();
const peers = new Set();
const watched = new WeakSet();
const showsStream = /stream\.html$/.test(window.location.pathname); /* other pages of a session take it from nobody */
const page = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
const context = { session_id: base.split('/').pop().slice(0, 8), return_url: settings.returnUrl };
let panel = null;
let candidateType = '';
let timer = 0;
let toldPlaying = false;
let askedAtEnd = false;
let isKnown = false; /* the worker knows this page as the newest, or did */
let rating = { value: 0, sent: 0, timer: 0 };

const microphone = createMicrophone(() => panel.mic);

function isPlaying() {
  return life.phase === 'playing' || life.phase === 'shaky';
}

function figures() {
  return { disconnects: life.disconnects, durationMs: lifeDuration(life, performance.now()), reason: life.reason, candidateType };
}

/* ---- rating ---- */

function sendRating() {
  clearTimeout(rating.timer);
  if (rating.value === rating.sent || rating.value === 0) {
    return;
  }
  rating.sent = rating.value;
  fetch(base + '/rating', { method: 'POST', keepalive: true, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ rating: rating.value }) })
    .then((reply) => {
      if (reply.ok) {
        panel.ended.thank();
      }
    }, () => { rating.sent = 0; });
}

function rate(value) {
  clearTimeout(rating.timer);
  rating.value = value;
  rating.timer = setTimeout(sendRating, RATING_MS);
}

/* ---- what is shown ---- */

function show() {
  if (panel === null) {
    return;
  }
  panel.badge(life.phase === 'shaky' ? 'Reconnecting…' : '');
  if (life.phase === 'ended') {
    microphone.stop();
    if (document.pointerLockElement) {
      document.exitPointerLock();
    }
    panel.ended.show(life.reason, life.detail, { again: safeUrl(context.return_url) || '/', report: reportUrl(context, figures()) });
  } else {
    panel.ended.hide();
  }
}

function changed() {
  clearTimeout(timer);
  if (life.deadline !== Infinity) {
    timer = setTimeout(() => {
      lifeTime(life, performance.now());
      checkWithoutSocket();
      changed();
    }, Math.max(0, life.deadline - performance.now()));
  }
  show();
  tellPlaying(false);
  if (life.phase === 'ended' && !askedAtEnd) {
    askContext('').then(judge); /* was it because it was opened elsewhere? */
  }
  askedAtEnd = life.phase === 'ended';
}

/* A stream without a socket is seen by nobody but this page: the session counts as streamed while it says so, and as abandoned if it never does. */
function tellPlaying(again) {
  const playing = isPlaying() && sockets.size === 0;
  if (playing !== toldPlaying || (playing && again)) {
    toldPlaying = playing;
    checkWithoutSocket(playing ? '&playing=1' : '&playing=0');
  }
}

/* ---- what is seen ---- */

function transportsOf(peer) {
  const all = peer.getReceivers().concat(peer.getSenders()).map((each) => each.transport).concat(peer.sctp ? peer.sctp.transport : null);

  return [...new Set(all)].filter((transport) => transport);
}

/* Known at once where a browser has it: who ends the stream right after it began has it in the report, too. */
function selectedType(peer) {
  const pairs = transportsOf(peer).map(({ iceTransport }) => iceTransport && iceTransport.getSelectedCandidatePair && iceTransport.getSelectedCandidatePair());
  const pair = pairs.find((each) => each && each.local && each.local.type);

  return pair ? pair.local.type : '';
}

async function noteCandidate(peer) {
  candidateType = selectedType(peer) || candidateType;

  const stats = await peer.getStats();
  const transport = [...stats.values()].find((entry) => entry.type === 'transport' && entry.selectedCandidatePairId);
  const pair = transport ? stats.get(transport.selectedCandidatePairId)
    : [...stats.values()].find((entry) => entry.type === 'candidate-pair' && entry.nominated);
  const local = pair && stats.get(pair.localCandidateId);
  candidateType = (local && local.candidateType) || candidateType;
}

/* When the other side closes, only the transports say so at once. */
function watchTransports(peer) {
  transportsOf(peer).forEach((transport) => {
    if (!watched.has(transport)) {
      const look = () => {
        if (transport.state === 'closed' && peer.connectionState !== 'closed') {
          lifeClosedThere(life, performance.now());
          checkWithoutSocket();
          changed();
        }
      };

      watched.add(transport);
      transport.addEventListener('statechange', look);
      look(); /* it may have ended before it was known to be connected */
    }
  });
}

function onPeer(peer) {
  peers.add(peer);
  peer.addEventListener('connectionstatechange', () => {
    lifePeer(life, peer.connectionState, performance.now());
    if (peer.connectionState === 'disconnected' || peer.connectionState === 'failed') {
      checkWithoutSocket();
    }
    if (peer.connectionState === 'connected') {
      watchTransports(peer);
      noteCandidate(peer).catch(() => {});
      setTimeout(() => noteCandidate(peer).catch(() => {}), CANDIDATE_MS);
    }
    changed();
  });
}

function onMessage(event) {
  let message = null;

  if (typeof event.data !== 'string') {
    return;
  }
  try {
    message = JSON.parse(event.data);
  } catch (error) {
    return;
  }
  if (message !== null && typeof message === 'object') {
    lifeMessage(life, message, performance.now());
    changed();
  }
}

/* Is the session still there, and whose is its stream? → gone, taken, ours, or unknown when there is no answer */
async function askContext(more) {
  const name = showsStream ? 'page=' + page + (isKnown ? '' : '&new=1') : '';
  const reply = await fetch(base + '/_hydraneck/context?' + name + more, { cache: 'no-store', signal: AbortSignal.timeout(ASK_MS) }).catch(() => null);
  if (reply === null || !reply.ok) {
    return reply !== null && (reply.status === 404 || reply.status === 410) ? 'gone' : 'unknown';
  }
  isKnown = showsStream;
  const said = await reply.json().catch(() => ({}));
  Object.assign(context, said);
  return said.taken ? 'taken' : 'ours';
}

/* Returns whether that decides it. */
function judge(answer) {
  if (answer === 'taken') {
    lifeEnd(life, 'taken_over', performance.now());
    peers.forEach((peer) => peer.close());
    sockets.forEach((socket) => socket.close());
  } else if (answer === 'gone') {
    lifeEnd(life, 'session_gone', performance.now());
  } else {
    return false;
  }
  changed();
  return true;
}

/* Asked when the stream's socket is closed, until something is decided. */
async function checkSession(socketsOpen) {
  if (life.phase === 'ended' && REASONS[life.reason][0]) {
    return;
  }
  const answer = await askContext('');
  if (!judge(answer) && socketsOpen() === 0) {
    lifeSocketClosed(life, [...peers].some((peer) => peer.connectionState === 'connected'), performance.now());
    setTimeout(() => checkSession(socketsOpen), SESSION_CHECK_MS);
    changed();
  }
}

/* A page without a stream socket is told of the session's end by nobody: asked when there is trouble, and now and then. */
async function checkWithoutSocket(said) {
  if (sockets.size > 0 || (life.phase === 'ended' && REASONS[life.reason][0])) {
    return;
  }
  judge(await askContext(said || ''));
}

function onSocket(socket) {
  sockets.add(socket);
  socket.addEventListener('message', onMessage);
  socket.addEventListener('close', () => {
    sockets.delete(socket);
    checkSession(() => sockets.size);
  });
}

/* ---- two tabs, leaving, coming back ---- */

/* The newest page has the stream: older ones of this session say why theirs stands still; in the same browser at once, elsewhere when theirs ends, or
 * when they ask. */
function hookTabs() {
  if (typeof BroadcastChannel !== 'function') {
    return;
  }
  const channel = new BroadcastChannel('hydraneck ' + base);
  channel.addEventListener('message', (event) => {
    if (event.data === 'taken') {
      judge('taken');
    }
  });
  channel.postMessage('taken');
}

function hookLeaving() {
  window.addEventListener('pagehide', () => {
    sendRating();
    if (life.phase !== 'ended' || life.reason !== 'taken_over') {
      navigator.sendBeacon(base + '/_hydraneck/bye?' + (isKnown ? 'page=' + page : '') + (isPlaying() ? '&playing=1' : ''));
    }
  });
  window.addEventListener('pageshow', (event) => {
    if (event.persisted) {
      window.location.reload(); /* its connections did not survive the back-forward cache */
    }
  });
}

function goBack() {
  sendRating();
  window.location.replace(safeUrl(context.return_url) || '/');
}

function stopPage() {
  microphone.stop();
  try {
    const stream = window.app && window.app.stream;
    Promise.resolve(stream && stream.stop && stream.stop()).catch(() => {});
  } catch (error) {
    /* a page of another make; /quit ends it all the same */
  }
}

function hookAlive() {
  setInterval(() => {
    tellPlaying(true);
    if (isPlaying() && sockets.size > 0) {
      askContext('').then(judge);
    }
  }, settings.aliveMs);
}

standInForPeers(onPeer);
standInForSockets(onSocket);
hookExit(stopPage, goBack);
hookLeaving();

function begin() {
  if (!showsStream) {
    return; /* the list of applications has no stream to watch */
  }
  panel = createPanel({
    rate,
    again(event) {
      event.preventDefault();
      askContext('').then((answer) => (answer === 'taken' || life.reason === 'taken_over' ? Promise.resolve() : quit())).then(goBack); /* the other page goes on */
    },
    mic: microphone
  });
  hookTabs();
  hookAlive();
  askContext('').then(changed);
  changed();
}

if (document.documentElement && document.readyState !== 'loading') {
  begin();
} else {
  document.addEventListener('DOMContentLoaded', begin, { once: true });
}
