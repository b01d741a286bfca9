/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The page's Exit button: the session is ended on the server whatever the data channels can still say, then we go back to where streams begin. */

const QUIT_MS = 3000;

/* It has no id, and some pages translate its word: it is the last of the stream's buttons. */
function isExit(target) {
  const button = target instanceof Element ? target.closest('button') : null;
  if (button === null || button.closest('#sidebar-root, #sidebar-parent') === null) {
    return false;
  }
  const row = button.closest('.sidebar-stream-buttons');
  return button.textContent.trim() === 'Exit' || (row !== null && [...row.querySelectorAll('button')].pop() === button);
}

async function quit() {
  try {
    await fetch(base + '/quit', { method: 'POST', keepalive: true, signal: AbortSignal.timeout(QUIT_MS) });
  } catch (error) {
    /* it may be gone already; sessions.abandon_timeout ends it otherwise */
  }
}

/* @leave: called once, with the server told as far as it can be */
function hookExit(before, leave) {
  let leaving = false;

  document.addEventListener('click', (event) => {
    if (!isExit(event.composedPath()[0])) {
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!leaving) {
      leaving = true;
      before();
      quit().then(leave);
    }
  }, true);
}
