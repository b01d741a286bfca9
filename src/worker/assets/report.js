/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The links out of the overlay. Pure. Only http and https are ever followed. */

function safeUrl(text) {
  try {
    const url = new URL(text, window.location.href);
    return url.protocol === 'https:' || url.protocol === 'http:' ? url.href : '';
  } catch (error) {
    return '';
  }
}

/* @context: what the worker says of the session; @figures: {disconnects, durationMs, reason, candidateType} */
function reportUrl(context, figures) {
  const url = new URL(safeUrl(context.report_url) || 'https://issues.experiencenet.com/report');
  const title = 'Stream ended: ' + (figures.reason || 'unknown') + (context.experience ? ' (' + context.experience + ')' : '');
  const values = {
    project: 'hydraneckwebrtc',
    category: 'stream',
    title,
    session_id: context.session_id,
    experience: context.experience,
    district: context.district,
    body: context.body,
    head: context.head,
    body_ip: context.body_ip,
    disconnect_count: figures.disconnects,
    duration_ms: figures.durationMs,
    end_reason: figures.reason,
    ice_candidate_type: figures.candidateType
  };
  Object.keys(values).forEach((name) => url.searchParams.set(name, values[name] === undefined || values[name] === null ? '' : String(values[name])));
  return url.href;
}
