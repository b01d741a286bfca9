/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The demo's page: a video call of whoever opens the same link. The room is the link's fragment, which no server sees; who joins is a guest. */
import { Room } from './client.js';

const WORDS = {
  connecting: (name) => `Connecting to ${name} …`,
  interrupted: (name) => `The connection to ${name} is interrupted. Looking for another way …`
};
/* Why a room is over for us: by what the server said, in a person's words. */
const OVER = [
  [/full/i, 'This room is full', 'Nobody else can join right now. Try again when somebody has left.'],
  [/expired/i, 'Your time as a guest is over', 'Join again as a new guest.'],
  [/removed/i, 'You were removed from the room', 'Somebody who runs this server has ended your call.'],
  [/newer connection/i, 'You joined from somewhere else', 'This call goes on in another tab or on another device.'],
  [/another room/i, 'Guests may not enter this room', 'Whoever runs this server lets guests into other rooms only.'],
  [/room id/i, 'This is no name for a room', 'Letters, digits, dashes and underscores, 100 at most.'],
  [/rate limit/i, 'Too much at once', 'The server has ended this connection because it sent too many messages.'],
  [/./, 'You cannot join this room', '']
];
const MEDIA = {
  NotAllowedError: 'This page may not use your camera and microphone. Allow it in the address bar, or join without them.',
  NotFoundError: 'No camera or microphone was found. You can join and see the others.',
  NotReadableError: 'Another program has your camera or microphone. Close it, or join without them.',
  InsecureError: 'Browsers give camera and microphone to https and to localhost only. You can join and see the others.'
};
const KINDS = ['audio', 'video'];
const TOAST_MS = 4000;

const $ = (id) => document.getElementById(id);
const tracks = { audio: null, video: null };
const wanted = { audio: true, video: true };
const tiles = new Map(); /* Peer → its element */
let room = null;
let guest = null; /* { token, until } */
let toasting = 0;

const toast = (text) => {
  $('toast').textContent = text;
  $('toast').hidden = false;
  clearTimeout(toasting);
  toasting = setTimeout(() => { $('toast').hidden = true; }, TOAST_MS);
};

const badge = (text) => {
  $('badge').textContent = text;
  $('badge').hidden = !text;
};

/* ---- our own camera and microphone ---- */

async function capture(kinds) {
  if (!navigator.mediaDevices) {
    throw Object.assign(new Error(), { name: 'InsecureError' });
  }
  const video = { width: { ideal: 960 }, height: { ideal: 540 }, facingMode: 'user' };
  return navigator.mediaDevices.getUserMedia({ audio: kinds.includes('audio'), video: kinds.includes('video') && video });
}

async function take(kind, track) {
  tracks[kind] = track;
  if (track) {
    track.enabled = true;
    track.onended = () => turn(kind, false);
  }
  if (kind === 'video') {
    $('mine').srcObject = track ? new MediaStream([track]) : null;
  }
  await room?.setTrack(kind, track);
}

/* Both at once is one question of the browser's; where one is missing, the other alone. */
async function captureAll() {
  let problem = null;

  for (const kinds of [KINDS, ['audio'], ['video']]) {
    try {
      (await capture(kinds)).getTracks().forEach((track) => take(track.kind, track));
    } catch (error) {
      problem ??= error.name;
    }
    if (problem === null || problem === 'NotAllowedError') {
      break;
    }
  }
  KINDS.filter((kind) => !tracks[kind]).forEach((kind) => { wanted[kind] = false; });
  $('media-notice').textContent = MEDIA[problem] ?? MEDIA.NotFoundError;
  $('media-notice').hidden = problem === null;
  showButtons();
}

/* The microphone stays and is silent; a camera that is off is given back, so that its light goes out. */
async function turn(kind, on) {
  try {
    if (on && tracks[kind]?.readyState !== 'live') {
      await take(kind, (await capture([kind])).getTracks()[0]);
    } else if (!on && kind === 'video') {
      tracks.video?.stop();
      await take('video', null);
    }
  } catch (error) {
    toast(MEDIA[error.name] ?? MEDIA.NotFoundError);
    return;
  }
  wanted[kind] = on;
  if (tracks[kind]) {
    tracks[kind].enabled = on;
  }
  showButtons();
  tellMedia(kind);
}

function tellMedia(kind, to) {
  const words = kind === 'audio' ? ['unmute', 'mute'] : ['video_on', 'video_off'];
  room?.send('media-control', { action: words[wanted[kind] ? 0 : 1], media_type: kind, user_id: room.me }, to);
}

function showButtons() {
  const names = { audio: ['mic', 'Mute the microphone', 'Unmute the microphone'], video: ['camera', 'Turn the camera off', 'Turn the camera on'] };

  KINDS.forEach((kind) => {
    const [id, off, on] = names[kind];
    const words = wanted[kind] ? off : on;
    $(id).setAttribute('aria-pressed', String(wanted[kind]));
    $(id).setAttribute('aria-label', words);
    $(id).title = words;
  });
  $('self').dataset.mic = wanted.audio ? 'on' : 'off';
  $('self').dataset.camera = wanted.video ? 'on' : 'off';
}

/* ---- the others ---- */

/* As many columns as make the pictures largest. */
function arrange() {
  const count = Math.max(1, tiles.size);
  const { clientWidth: width, clientHeight: height } = $('tiles');
  const sizeWith = (columns) => Math.min(width / columns, (height / Math.ceil(count / columns)) * (16 / 9));
  const best = Array.from({ length: count }, (_, index) => index + 1).reduce((a, b) => (sizeWith(b) > sizeWith(a) ? b : a));

  $('tiles').style.setProperty('--columns', best);
}

function addTile(peer) {
  const tile = $('tile').content.firstElementChild.cloneNode(true);
  const video = tile.querySelector('video');

  tile.dataset.camera = tile.dataset.mic = 'on';
  video.srcObject = peer.stream;
  video.play().catch((error) => error.name === 'NotAllowedError' && toast('Tap anywhere to hear the others.'));
  tiles.set(peer, tile);
  $('tiles').append(tile);
  showPeer(peer);
  KINDS.filter((kind) => !wanted[kind]).forEach((kind) => tellMedia(kind, peer.id));
}

function showPeer(peer) {
  const tile = tiles.get(peer);

  if (!tile) {
    return;
  }
  tile.dataset.state = peer.state;
  tile.querySelector('.name').textContent = peer.name;
  tile.querySelector('.avatar').textContent = [...peer.name][0];
  tile.querySelector('.words').textContent = WORDS[peer.state]?.(peer.name) ?? '';
  showState();
}

function removeTile(peer) {
  tiles.get(peer)?.remove();
  tiles.delete(peer);
  if (room.state === 'joined') {
    toast(`${peer.name} has left.`);
    showState();
  }
}

/* media-control: how the others say that they are silent or unseen */
function heard({ type, payload, from }) {
  const tile = [...tiles].find(([peer]) => peer.id === from)?.[1];
  const change = { mute: ['mic', 'off'], unmute: ['mic', 'on'], video_off: ['camera', 'off'], video_on: ['camera', 'on'] }[payload.action];

  if (type === 'media-control' && tile && change) {
    tile.dataset[change[0]] = change[1];
  }
}

/* ---- the room ---- */

function showState(detail = {}) {
  const state = room?.state;
  const words = {
    joining: 'Joining …',
    waiting: navigator.onLine ? 'The server is out of reach. Trying again …' : 'You are offline. It goes on when the network is back.',
    joined: ''
  };

  badge(tiles.size > 0 && state !== 'joined' && state !== undefined ? `${words[state] ?? ''} The call goes on.` : words[state] ?? '');
  $('alone').hidden = state !== 'joined' || tiles.size > 0;
  arrange();
  if (state === 'left' || state === 'refused') {
    over(detail);
  }
}

function over({ state, reason }) {
  const [, title, text] = state === 'refused' ? OVER.find(([pattern]) => pattern.test(reason || '.')) : [null, 'You have left the call', 'The room is still there.'];

  document.body.dataset.phase = 'over';
  $('over-title').textContent = title;
  $('over-text').textContent = text || reason;
  $('over').hidden = false;
  $('again').focus();
  KINDS.forEach((kind) => tracks[kind]?.stop());
}

/* The same guest again after a lost connection; another one when the time is up. */
async function token(name) {
  if (!guest || guest.until < Date.now()) {
    const reply = await fetch(new URL('demo/token', import.meta.url), { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ name }) });
    const told = await reply.json();
    if (!reply.ok) {
      throw new Error(told.error);
    }
    guest = { token: told.token, until: Date.now() + 900 * told.expires_in };
  }
  return guest.token;
}

function enter(name) {
  room = new Room({ room: roomName(), token: () => token(name) });
  room.addEventListener('state', ({ detail }) => {
    showState(detail);
    if (detail.state === 'joined' && !detail.recovered) {
      KINDS.filter((kind) => !wanted[kind]).forEach((kind) => tellMedia(kind));
    }
  });
  room.addEventListener('peer', ({ detail }) => addTile(detail));
  room.addEventListener('peerchange', ({ detail }) => showPeer(detail));
  room.addEventListener('peerleave', ({ detail }) => removeTile(detail));
  room.addEventListener('message', ({ detail }) => heard(detail));
  room.addEventListener('problem', ({ detail }) => detail.code !== 'TARGET_NOT_FOUND' && toast(detail.message));
  KINDS.forEach((kind) => room.setTrack(kind, tracks[kind]));
  $('self').querySelector('.avatar').textContent = [...name][0];
  document.body.dataset.phase = 'call';
  room.join();
}

function roomName() {
  return decodeURIComponent(location.hash.slice(1));
}

async function copyLink() {
  try {
    await navigator.clipboard.writeText(location.href);
    toast('The link is copied. Open it in another tab, or send it to somebody.');
  } catch {
    toast(location.href); /* no clipboard without https: at least it can be selected */
  }
}

if (!roomName()) {
  history.replaceState(null, '', '#demo-' + Math.floor(Math.random() * 0x100000000).toString(16));
}
$('where').textContent = `Room “${roomName()}”`;
document.title = `${roomName()} · call`;
$('name').value = localStorage.getItem('name') ?? '';
$('mic').addEventListener('click', () => turn('audio', !wanted.audio));
$('camera').addEventListener('click', () => turn('video', !wanted.video));
$('copy').addEventListener('click', copyLink);
$('invite').addEventListener('click', copyLink);
$('leave').addEventListener('click', () => room.leave());
$('again').addEventListener('click', () => location.reload());
addEventListener('hashchange', () => location.reload());
addEventListener('resize', arrange);
addEventListener('click', () => tiles.forEach((tile) => tile.querySelector('video').play().catch(() => toast('The browser does not play the others.'))));
$('lobby').addEventListener('submit', (event) => {
  event.preventDefault();
  localStorage.setItem('name', $('name').value.trim());
  enter($('name').value.trim() || 'Guest');
});
showButtons();
captureAll();
