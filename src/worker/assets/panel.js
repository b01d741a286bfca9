/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What people see: one element with a shadow root, so that neither the page's style nor ours crosses. Text comes in as text only. */

const SVG = 'http://www.w3.org/2000/svg';
const STAR = 'M12 2.6l2.9 5.9 6.5.9-4.7 4.6 1.1 6.5L12 17.4l-5.8 3.1 1.1-6.5L2.6 9.4l6.5-.9z';
const MIC = 'M12 15a3.5 3.5 0 0 0 3.5-3.5v-5a3.5 3.5 0 0 0-7 0v5A3.5 3.5 0 0 0 12 15zm6.2-3.6a6.2 6.2 0 0 1-5.3 6.2V21h-1.8v-3.4a6.2 6.2 0 0 1-5.3-6.2h1.8a4.4 4.4 0 0 0 8.8 0z';
const STOP = 'M6.4 5L12 10.6 17.6 5 19 6.4 13.4 12l5.6 5.6-1.4 1.4L12 13.4 6.4 19 5 17.6l5.6-5.6L5 6.4z';
const RATINGS = ['Bad', 'Poor', 'Fair', 'Good', 'Excellent'];

/* The game must not see what happens in here; default actions (a click by Enter, arrows in the stars) still happen. */
const QUIET = ['keydown', 'keyup', 'keypress', 'pointerdown', 'pointerup', 'pointermove', 'mousedown', 'mouseup', 'mousemove', 'touchstart', 'touchmove',
  'touchend', 'wheel', 'contextmenu', 'dblclick'];

function make(name, attributes, children) {
  const node = document.createElement(name);
  Object.entries(attributes || {}).forEach(([key, value]) => node.setAttribute(key, value));
  node.append(...(children || []));
  return node;
}

function icon(path) {
  const svg = document.createElementNS(SVG, 'svg');
  const shape = document.createElementNS(SVG, 'path');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  shape.setAttribute('d', path);
  svg.append(shape);
  return svg;
}

function createStars(onRate) {
  const said = make('output', { class: 'said' });
  const group = make('fieldset', { class: 'stars' }, [make('legend', {}, ['How was it?'])]);
  RATINGS.forEach((word, index) => {
    const value = index + 1;
    const input = make('input', { type: 'radio', name: 'rating', value: String(value), id: 'star' + value });
    const label = make('label', { for: 'star' + value, title: word }, [icon(STAR), make('span', {}, [value + (value === 1 ? ' star' : ' stars')])]);
    input.addEventListener('change', () => {
      group.dataset.value = String(value);
      said.textContent = word;
      onRate(value);
    });
    group.append(input, label);
  });
  return { node: make('div', { class: 'rating' }, [group, said]), thank: () => { said.textContent = 'Thank you'; } };
}

function createEnded(events) {
  const title = make('h1', { id: 'title' });
  const text = make('p', { id: 'text' });
  const detail = make('p', { class: 'detail' });
  const stars = createStars(events.rate);
  const again = make('a', { class: 'again', href: '#' }, ['Start new stream']);
  const report = make('a', { class: 'report', href: '#', target: '_blank', rel: 'noopener noreferrer' }, ['Report a problem']);
  const dialog = make('dialog', { 'aria-labelledby': 'title', 'aria-describedby': 'text', tabindex: '-1' }, [title, text, detail, stars.node, again, report]);

  let wanted = false;

  function open() {
    dialog.showModal();
    again.focus();
  }

  /* A phone's way back, and Escape where a page may not refuse it: there is nothing behind it to go back to. */
  dialog.addEventListener('close', () => {
    if (wanted) {
      open();
    }
  });
  again.addEventListener('click', events.again);
  return {
    node: dialog,
    thank: stars.thank,
    isOpen: () => dialog.open,
    show(reason, words, links) {
      title.textContent = REASONS[reason][1];
      text.textContent = REASONS[reason][2];
      detail.textContent = words;
      detail.hidden = !words;
      again.href = links.again;
      report.href = links.report;
      wanted = true;
      if (!dialog.open) {
        open();
      }
    },
    hide() {
      wanted = false;
      if (dialog.open) {
        dialog.close();
      }
    }
  };
}

/* The microphone's corner. @events: toggle, stop */
function createMicButton(events) {
  const level = make('span', { class: 'level', 'aria-hidden': 'true' });
  const main = make('button', { type: 'button', class: 'mic' }, [level, icon(MIC)]);
  const stop = make('button', { type: 'button', class: 'stop', 'aria-label': 'Turn the microphone off', title: 'Turn the microphone off' }, [icon(STOP)]);
  const words = make('p', { class: 'words', role: 'alert' });
  const node = make('div', { class: 'corner', 'data-mic': 'off' }, [words, stop, main]);
  const names = { off: 'Turn the microphone on', asking: 'Waiting for the microphone', on: 'Mute the microphone', muted: 'Unmute the microphone', error: 'Try the microphone again' };

  main.addEventListener('click', events.toggle);
  stop.addEventListener('click', events.stop);
  const show = (state, text) => {
    node.dataset.mic = state;
    main.setAttribute('aria-label', names[state]);
    main.title = names[state];
    stop.hidden = state !== 'on' && state !== 'muted';
    words.hidden = !text;
    words.textContent = text || '';
  };
  show('off');
  return { node, show, level: (value) => level.style.setProperty('--level', value.toFixed(2)) };
}

function createPanel(events) {
  const host = document.createElement('div');
  const root = host.attachShadow({ mode: 'open' });
  const sheet = new CSSStyleSheet();
  const badge = make('p', { class: 'badge', role: 'status' });
  const ended = createEnded(events);
  const mic = createMicButton(events.mic);
  const holdBack = (event) => {
    const ours = ended.isOpen() || event.composedPath().includes(host);

    /* Escape must not close the panel; a click on the microphone must not take the keyboard from the game */
    if (ended.isOpen() ? event.key === 'Escape' : ours && event.type === 'mousedown') {
      event.preventDefault();
    }
    if (ours) {
      event.stopImmediatePropagation();
    }
  };

  sheet.replaceSync(style);
  root.adoptedStyleSheets = [sheet];
  host.id = 'hydraneck-overlay';
  badge.hidden = true;
  root.append(badge, mic.node, ended.node);
  QUIET.forEach((name) => window.addEventListener(name, holdBack, { capture: true, passive: !/^key|^mousedown/.test(name) }));
  ['click', 'auxclick', 'input'].forEach((name) => host.addEventListener(name, (event) => event.stopPropagation())); /* after our own have had it */
  document.documentElement.append(host);
  return {
    ended,
    mic,
    badge(text) {
      badge.hidden = !text;
      badge.textContent = text;
    }
  };
}
