/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What has become of the stream, from what was seen of it. Pure: the time (ms) is an argument, the answer is the state.
 *
 *   opening ─connected→ playing ⇄ shaky ─time→ ended
 *
 * A connection may flap: `disconnected` makes it shaky, `connected` mends that. What cannot be mended (the PC ended it, the session is gone, another tab
 * has it) ends it for good; what only looks like an end (lost, failed) is taken back when it is connected again. */

const SHAKY_MS = 25000;   /* web-server gives up 20.2 s after `disconnected` */
const FAILED_MS = 4000;   /* `failed`: the page may still try another way */
const CLOSED_MS = 1500;   /* `closed` by the page itself */
const OPENING_MS = 30000; /* a peer that failed before it was ever connected: the page may fall back to its socket */

/* reason → [for good?, title, sentence] */
const REASONS = {
  host_ended: [true, 'The stream has ended', 'The PC ended the stream.'],
  no_video: [true, 'No picture from the PC', 'The PC sent no video. Its display may be off, or its network blocks the stream.'],
  no_frame: [true, 'No picture from the PC', 'The video from the PC arrived in pieces that could not be put together.'],
  ended_early: [true, 'The stream has ended', 'The PC ended the stream right after it began. Another program may hold its graphics card.'],
  protected_content: [true, 'Protected content', 'The PC shows content that it does not allow to be streamed.'],
  frame_conversion: [true, 'The stream has ended', 'The PC could not convert its picture.'],
  host_error: [true, 'The stream has ended', 'The PC ended the stream with an error.'],
  not_started: [true, 'The stream could not start', 'Something on the side of the server or of the PC prevented it.'],
  fatal: [false, 'The stream has ended', 'The stream ran into an error.'],
  connection_lost: [false, 'Connection lost', 'The connection to the stream was lost and did not come back.'],
  never_connected: [false, 'Could not connect', 'No connection to the relay came about. A firewall may block it.'],
  closed_there: [false, 'The stream has ended', 'The other side ended the stream.'],
  stopped: [false, 'The stream has ended', 'The stream was stopped.'],
  session_gone: [true, 'The session has ended', 'This session is over.'],
  taken_over: [true, 'Opened elsewhere', 'The stream was opened in another tab or on another device.']
};

const TERMINATED = { 0: 'host_ended', '-100': 'no_video', '-101': 'no_frame', '-102': 'ended_early', '-103': 'protected_content', '-104': 'frame_conversion' };

function createLife(now) {
  return {
    phase: 'opening',
    reason: null,       /* of REASONS, when ended */
    detail: '',         /* the server's own words */
    deadline: Infinity, /* when to call lifeTime () */
    pending: null,      /* what it ends with then */
    disconnects: 0,
    bornAt: now,
    upAt: null,         /* first connected */
    endedAt: null
  };
}

/* A PC that serves one stream at a time ends the older one when it is opened elsewhere: then that is why. */
function outweighs(reason, earlier) {
  return REASONS[earlier][0] ? reason === 'taken_over' && earlier !== 'session_gone' && earlier !== reason : REASONS[reason][0];
}

function lifeEnd(life, reason, now, detail) {
  if (life.phase === 'ended' && !outweighs(reason, life.reason)) {
    return;
  }
  Object.assign(life, { phase: 'ended', reason, detail: detail || '', deadline: Infinity, pending: null, endedAt: now });
}

/* It ends with @reason at @deadline unless it is mended before; a nearer end stays. */
function lifeWaits(life, reason, deadline) {
  if (life.phase === 'ended' || life.deadline <= deadline) {
    return;
  }
  Object.assign(life, { deadline, pending: reason });
  if (life.phase === 'playing') {
    life.phase = 'shaky';
  }
}

function lifeConnected(life, now) {
  if (life.phase === 'ended' && REASONS[life.reason][0]) {
    return;
  }
  life.upAt = life.upAt === null ? now : life.upAt;
  Object.assign(life, { phase: 'playing', reason: null, detail: '', deadline: Infinity, pending: null, endedAt: null });
}

/* @state: RTCPeerConnection.connectionState */
function lifePeer(life, state, now) {
  if (state === 'connected') {
    lifeConnected(life, now);
  } else if (life.phase === 'opening') {
    if (state === 'failed') {
      lifeWaits(life, 'never_connected', now + OPENING_MS);
    }
  } else if (state === 'disconnected' || state === 'failed') {
    life.disconnects += life.phase === 'playing' ? 1 : 0;
    lifeWaits(life, 'connection_lost', now + (state === 'failed' ? FAILED_MS : SHAKY_MS));
  } else if (state === 'closed') {
    lifeWaits(life, 'stopped', now + CLOSED_MS);
  }
}

/* The other side has closed the connection in good order; the browser itself goes on calling it connected for a while. */
function lifeClosedThere(life, now) {
  if (life.phase !== 'opening') {
    lifeWaits(life, 'closed_there', now + CLOSED_MS);
  }
}

/* One message of web-server on the stream socket, parsed. */
function lifeMessage(life, message, now) {
  if (message.ConnectionTerminated) {
    const code = Number(message.ConnectionTerminated.error_code);
    lifeEnd(life, TERMINATED[code] || 'host_error', now, TERMINATED[code] ? '' : 'code ' + code);
  } else if (message.ConnectionComplete) {
    lifeConnected(life, now);
  } else if (message.DebugLog && message.DebugLog.ty === 'fatalDescription') {
    lifeEnd(life, 'not_started', now, String(message.DebugLog.message).slice(0, 300));
  } else if (message.DebugLog && message.DebugLog.ty === 'fatal') {
    lifeEnd(life, 'fatal', now, String(message.DebugLog.message).slice(0, 300));
  } else if (message.DebugLog && message.DebugLog.ty === 'recover' && life.phase !== 'opening') {
    lifeConnected(life, now);
  }
}

/* The stream socket is closed and the session still there. */
function lifeSocketClosed(life, peerConnected, now) {
  if (!peerConnected) {
    lifeWaits(life, life.upAt === null ? 'never_connected' : 'connection_lost', now + FAILED_MS);
  }
}

function lifeTime(life, now) {
  if (now >= life.deadline) {
    lifeEnd(life, life.pending, now);
  }
}

function lifeDuration(life, now) {
  return life.upAt === null ? 0 : Math.round((life.endedAt === null ? now : life.endedAt) - life.upAt);
}
