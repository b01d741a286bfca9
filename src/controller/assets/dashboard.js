/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The dashboard's one script. What is shown comes from /api/v1/workers (with their sessions) and /history, asked again a moment after each event of
 * /api/v1/events; nothing that came from outside becomes anything but text. */
"use strict";
(() => {
  const EVENTS_SHOWN = 200;
  const ENDED_SHOWN = 50;
  const REFRESH_MS = 5000; /* ages and heartbeats move without events */
  const SETTLE_MS = 120;   /* events come in bursts */
  const TYPES = ["session.created", "session.state", "session.ended", "worker.joined", "worker.state", "worker.drained", "turn_health_check_failed",
    "turn_auto_restarted", "update.available", "update.asked", "update.started", "update.installed", "update.failed", "update.rolled_back", "update.deferred", "events.missed"];
  const REASONS = {
    user_quit: "left by the exit button", api_delete: "deleted", client_left: "its caller left before it was ready", replaced: "a newer session took the body",
    abandoned: "nobody opened the stream", page_left: "the page was closed", create_failed: "could not be started", create_timeout: "was not ready in time",
    pairing_failed: "pairing with Sunshine failed", process_exited: "its web-server ended by itself", data_directory_lost: "its data directory was deleted",
    worker_shutdown: "its worker was stopped", worker_lost: "its worker is gone",
  };
  const COMING = new Set(["starting", "pairing"]);
  const CALM_ENDS = new Set(["user_quit", "api_delete", "page_left", "replaced", "client_left", "abandoned", "worker_shutdown"]);
  const SESSION_TONES = { starting: "warn", pairing: "warn", ready: "info", active: "good", idle: "calm", stopping: "calm", stopped: "calm", error: "bad" };
  const WORKER_TONES = { healthy: "good", draining: "drain", suspect: "warn", unhealthy: "bad", gone: "bad", unknown: "calm" };
  const NO_SLOT = new Set(["stopped", "error"]);

  const $ = (id) => document.getElementById(id);
  let events = null;       /* the EventSource */
  let askedAt = 0;         /* when the shown state was asked for: ages count from there */
  let settling = 0;        /* a timer */
  let asking = false;
  let askAgain = false;
  const known = new Map(); /* session id → what was shown of it last, for its epitaph */
  const seen = new Set();  /* ids of events */
  let shownOnce = false;

  /* ---- making elements ---- */

  const el = (tag, className, text) => {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined && text !== null) made.textContent = text;
    return made;
  };

  const setText = (node, text) => {
    if (node.textContent !== String(text)) node.textContent = text;
  };

  const badge = (status, tone) => {
    const made = el("span", "badge", status);
    made.dataset.tone = tone || "calm";
    return made;
  };

  const button = (text, label, onClick, className) => {
    const made = el("button", className || "small", text);
    made.type = "button";
    made.setAttribute("aria-label", label);
    made.addEventListener("click", onClick);
    return made;
  };

  /* Keeps one child for each item, in their order: what has the focus keeps it. */
  const keep = (parent, items, keyOf, make, update) => {
    const old = new Map([...parent.children].map((child) => [child.dataset.key, child]));
    let before = parent.firstElementChild;
    for (const item of items) {
      const key = keyOf(item);
      let child = old.get(key);
      if (child) old.delete(key);
      else {
        child = make(item);
        child.dataset.key = key;
      }
      update(child, item);
      if (child === before) before = before.nextElementSibling;
      else parent.insertBefore(child, before);
    }
    for (const child of old.values()) child.remove();
  };

  const span = (seconds) => {
    const s = Math.max(0, Math.floor(seconds));
    if (s < 60) return `${s}s`;
    if (s < 3600) return `${Math.floor(s / 60)}m ${String(s % 60).padStart(2, "0")}s`;
    if (s < 86400) return `${Math.floor(s / 3600)}h ${String(Math.floor(s / 60) % 60).padStart(2, "0")}m`;
    return `${Math.floor(s / 86400)}d ${Math.floor(s / 3600) % 24}h`;
  };
  const short = (id) => String(id || "").slice(0, 8);
  const reason = (text) => REASONS[text] || String(text || "its worker did not say why").replaceAll("_", " ");
  /* One that was never ready and went without a word could not be started: its caller was told why. */
  const whyEnded = (data) => data.end_reason || (COMING.has(data.from) ? "create_failed" : "");
  const endTone = (why) => (!why || CALM_ENDS.has(why) ? "calm" : "bad");
  const clock = (text) => {
    const when = text ? new Date(text) : new Date();
    return Number.isNaN(when.getTime()) ? "" : when.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
  };
  const plural = (n, one, many) => `${n} ${n === 1 ? one : many || one + "s"}`;
  const duration = (ms) => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(ms < 10000 ? 2 : 1)} s`);

  /* ---- talking ---- */

  class Refused extends Error {
    constructor(status, body) {
      super(body && body.error ? [body.error, body.detail].filter(Boolean).join(": ") : `the controller answered ${status}`);
      this.status = status;
    }
  }

  const call = async (method, path, body) => {
    const options = { method, cache: "no-store", credentials: "same-origin", headers: {} };
    if (method !== "GET") options.headers["X-Hydraneck-Admin"] = "1";
    if (body !== undefined) {
      options.headers["Content-Type"] = "application/json";
      options.body = JSON.stringify(body);
    }
    const reply = await fetch(path, options);
    let answer = null;
    try {
      answer = await reply.json();
    } catch (_) {
      answer = null;
    }
    if (!reply.ok) throw new Refused(reply.status, answer);
    return answer;
  };

  const callText = async (path) => {
    const reply = await fetch(path, { cache: "no-store", credentials: "same-origin" });
    const text = await reply.text();
    if (reply.ok) return text;
    try {
      throw new Refused(reply.status, JSON.parse(text));
    } catch (error) {
      throw error instanceof Refused ? error : new Refused(reply.status, null);
    }
  };

  let toasting = 0;
  const complain = (error) => {
    if (error instanceof Refused && error.status === 401) {
      showLogin();
      return;
    }
    setText($("toast"), error instanceof Refused ? error.message : "The controller cannot be reached.");
    $("toast").hidden = false;
    clearTimeout(toasting);
    toasting = setTimeout(() => { $("toast").hidden = true; }, 6000);
  };

  /* ---- tiles ---- */

  const tone = (share) => (share >= 0.95 ? "bad" : share >= 0.8 ? "warn" : "good");

  const showTiles = (health, workers, sessions) => {
    const extra = health.extra;
    const share = extra.max_sessions ? extra.active_sessions / extra.max_sessions : 0;
    const streaming = sessions.filter((session) => session.status === "active").length;
    const draining = workers.filter((worker) => worker.draining).length;
    const away = workers.filter((worker) => !worker.healthy);
    const meter = $("cluster-meter");

    setText($("version"), health.version);
    setText($("uptime"), span(health.uptime_seconds));
    $("uptime").dataset.seconds = health.uptime_seconds;
    setText($("status"), health.status === "ok" ? "Healthy" : "Degraded");
    $("status").dataset.tone = health.status === "ok" ? "good" : "warn";
    setText($("n-sessions"), extra.active_sessions);
    setText($("of-slots"), `of ${plural(extra.max_sessions, "slot")}`);
    meter.firstElementChild.style.setProperty("width", `${Math.min(100, share * 100)}%`);
    meter.dataset.tone = tone(share);
    meter.setAttribute("aria-label", `${Math.round(share * 100)} % of all slots taken`);
    setText($("sessions-note"), `${streaming} streaming · ${Math.max(0, extra.max_sessions - extra.active_sessions)} free`);
    setText($("n-workers"), extra.workers_healthy);
    setText($("of-workers"), `of ${extra.workers_total} healthy`);
    keep($("worker-dots"), workers, (worker) => worker.id, () => el("i"), (dot, worker) => { dot.dataset.tone = WORKER_TONES[worker.status] || "calm"; });
    setText($("workers-note"), [away.length ? `${away.length} away` : "", draining ? `${draining} draining` : "", extra.wireguard ? "" : "WireGuard missing"]
      .filter(Boolean).join(" · ") || "all take sessions");
  };

  /* ---- curves ---- */

  const svg = (name, className, attributes) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    if (className) made.setAttribute("class", className);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };
  const HEIGHT = 40;
  const baseLine = (n) => svg("line", "base", { x1: 0, x2: n, y1: HEIGHT, y2: HEIGHT });

  /* Three spans are one bar: 60 bars of a minute can be told apart, 180 cannot. */
  const bars = (created, failed) => {
    const step = 3;
    const sums = [];
    for (let i = 0; i < created.length; i += step) {
      const add = (list) => list.slice(i, i + step).reduce((sum, n) => sum + n, 0);
      sums.push([add(created), add(failed)]);
    }
    const most = Math.max(1, ...sums.map(([a, b]) => a + b));
    const made = [baseLine(created.length)];
    sums.forEach(([a, b], i) => {
      const high = (n) => (n ? Math.max(2, (n / most) * (HEIGHT - 2)) : 0);
      if (a) made.push(svg("rect", "ok", { x: i * step + 0.4, width: step - 0.8, y: HEIGHT - high(a), height: high(a), rx: 0.6 }));
      if (b) made.push(svg("rect", "failed", { x: i * step + 0.4, width: step - 0.8, y: HEIGHT - high(a) - high(b), height: high(b), rx: 0.6 }));
    });
    return made;
  };

  /* Spans without a create are bridged: the line goes from one that there was to the next. */
  const curve = (medians, slowest) => {
    const most = Math.max(1, ...slowest.filter((ms) => ms !== null));
    const y = (ms) => HEIGHT - 2 - (ms / most) * (HEIGHT - 6);
    const points = medians.map((ms, i) => (ms === null ? null : [i + 0.5, y(ms)])).filter(Boolean);
    const made = [baseLine(medians.length)];
    slowest.forEach((ms, i) => {
      if (ms !== null && ms !== medians[i]) made.push(svg("line", "slow", { x1: i + 0.5, x2: i + 0.5, y1: y(medians[i]), y2: y(ms) }));
    });
    if (points.length === 1) points.push([points[0][0] + 0.6, points[0][1]]);
    if (points.length) {
      const path = points.map(([px, py], i) => `${i ? "L" : "M"}${px.toFixed(2)} ${py.toFixed(2)}`).join("");
      made.push(svg("path", "area", { d: `${path}L${points.at(-1)[0]} ${HEIGHT}L${points[0][0]} ${HEIGHT}Z` }));
      made.push(svg("path", "line", { d: path }));
    }
    return made;
  };

  const showHistory = (history) => {
    const total = history.created.reduce((sum, n) => sum + n, 0);
    const failed = history.failed.reduce((sum, n) => sum + n, 0);
    const times = history.median_ms.filter((ms) => ms !== null).sort((a, b) => a - b);
    const slowest = history.slowest_ms.filter((ms) => ms !== null);

    setText($("n-creates"), total);
    setText($("creates-note"), failed ? `and ${failed} failed` : total ? "none failed" : "none asked for");
    $("spark-creates").replaceChildren(...bars(history.created, history.failed));
    $("spark-creates").setAttribute("aria-label", `Creates each minute: ${total} succeeded, ${failed} failed in the last hour`);
    setText($("n-latency"), times.length ? duration(times[Math.floor((times.length - 1) / 2)]) : "–");
    setText($("latency-note"), slowest.length ? `slowest ${duration(Math.max(...slowest))}` : "no create yet");
    $("spark-latency").replaceChildren(...curve(history.median_ms, history.slowest_ms));
    $("spark-latency").setAttribute("aria-label", times.length ? `Median time to ready ${$("n-latency").textContent}` : "No create in the last hour");
  };

  /* ---- workers ---- */

  const drain = (worker) => async () => {
    const on = !worker.current.draining;
    const id = worker.current.id;
    const running = worker.current.active_sessions;
    const sure = await confirm(on ? `Drain ${id}?` : `Let ${id} take sessions again?`,
      on ? `It gets no new sessions. ${running ? `Its ${plural(running, "session")} ${running === 1 ? "goes" : "go"} on to the end.` : "It has none now."}`
        : "New sessions may be sent there at once.", on ? "Drain" : "Take back the drain", on);
    if (!sure) return;
    try {
      await call(on ? "POST" : "DELETE", `/api/v1/workers/${encodeURIComponent(id)}/drain`);
    } catch (error) {
      complain(error);
    }
    refresh();
  };

  const makeWorker = () => {
    const card = el("article", "worker");
    const parts = { name: el("h3"), state: badge("", "calm"), slots: el("div", "slots"), load: el("b"), of: el("span"), beat: el("span"), wire: el("span", "warn", "no WireGuard"), grow: el("span", "grow") };
    const head = el("header");
    const foot = el("footer");
    const load = el("span");
    parts.button = button("", "", drain(parts));
    head.append(parts.name, parts.state);
    load.append(parts.load, parts.of);
    foot.append(load, parts.wire, parts.beat, parts.grow, parts.button);
    card.append(head, parts.slots, foot);
    parts.slots.setAttribute("role", "img");
    card.parts = parts;
    return card;
  };

  const showSlots = (box, taken, all) => {
    const cells = Math.min(all, 24);
    const full = all ? Math.round((taken / all) * cells) : 0;
    const filled = taken > 0 ? Math.max(1, full) : 0;
    while (box.children.length > cells) box.lastElementChild.remove();
    while (box.children.length < cells) box.append(el("i"));
    [...box.children].forEach((cell, i) => cell.classList.toggle("taken", i < filled));
    box.setAttribute("aria-label", `${taken} of ${all} slots taken`);
  };

  const updateWorker = (card, worker) => {
    const parts = card.parts;
    parts.current = worker;
    setText(parts.name, worker.id);
    parts.name.title = [worker.url, worker.version && `version ${worker.version}`].filter(Boolean).join(" · ");
    setText(parts.state, worker.status);
    parts.state.dataset.tone = WORKER_TONES[worker.status] || "calm";
    card.classList.toggle("away", !worker.healthy);
    parts.slots.dataset.tone = worker.draining ? "drain" : tone(worker.max_sessions ? worker.active_sessions / worker.max_sessions : 0);
    showSlots(parts.slots, worker.active_sessions, worker.max_sessions);
    setText(parts.load, worker.active_sessions);
    setText(parts.of, ` / ${worker.max_sessions}`);
    parts.wire.hidden = worker.wireguard;
    parts.beat.dataset.ago = worker.heartbeat_age_seconds;
    setText(parts.button, worker.draining ? "Undrain" : "Drain");
    parts.button.setAttribute("aria-label", `${worker.draining ? "Take back the drain of" : "Drain"} ${worker.id}`);
  };

  /* ---- sessions ---- */

  const end = (row) => async () => {
    const session = row.current;
    const sure = await confirm(`End session ${short(session.id)}?`,
      session.active_connections ? "Somebody is streaming: the picture stops at once." : "Nobody is streaming. Its slot and its body become free.", "End it", true);
    if (!sure) return;
    try {
      await call("DELETE", `/api/v1/sessions/${encodeURIComponent(session.id)}`);
    } catch (error) {
      complain(error);
    }
    refresh();
  };

  const makeSession = () => {
    const row = el("tr", shownOnce ? "fresh" : "");
    const parts = { id: el("td", "id"), state: badge("", "calm"), streams: el("span", "faint"), body: el("span"), ip: el("span"), what: el("span"), where: el("span"), why: el("span", "why"), worker: el("td", "where nowrap"), age: el("td", "num") };
    const two = (className, ...inner) => {
      const cell = el("td", className);
      const box = el("div", "two");
      box.append(...inner);
      cell.append(box);
      return cell;
    };
    const acts = el("td", "acts");
    const state = el("td", "state nowrap");
    state.append(parts.state, " ", parts.streams);
    parts.inspect = button("Log", "", () => inspect(parts.current.id, parts.current));
    parts.end = button("End", "", end(parts));
    acts.append(parts.inspect, " ", parts.end);
    row.append(parts.id, state, two("body", parts.body, parts.ip), two("experience", parts.what, parts.where, parts.why), parts.worker, parts.age, acts);
    row.parts = parts;
    return row;
  };

  const updateSession = (row, session) => {
    const parts = row.parts;
    parts.current = session;
    setText(parts.id, short(session.id));
    setText(parts.state, session.status);
    parts.state.dataset.tone = SESSION_TONES[session.status] || "calm";
    setText(parts.streams, session.mic && session.mic.state === "live" ? "mic" : "");
    setText(parts.body, session.body || session.body_ip);
    setText(parts.ip, session.body ? session.body_ip : "");
    parts.ip.hidden = !session.body;
    setText(parts.what, session.experience || "–");
    setText(parts.where, [session.district, session.head].filter(Boolean).join(" · "));
    parts.where.hidden = !parts.where.textContent;
    setText(parts.why, session.status === "error" ? session.error || reason(session.end_reason) : "");
    parts.why.hidden = !parts.why.textContent;
    setText(parts.worker, session.worker_id);
    parts.age.dataset.age = session.age_seconds;
    parts.inspect.setAttribute("aria-label", `Log of session ${short(session.id)}`);
    parts.end.setAttribute("aria-label", `End session ${short(session.id)}`);
  };

  /* What moves by itself between two answers. */
  const tick = () => {
    const since = (performance.now() - askedAt) / 1000;
    for (const node of document.querySelectorAll("[data-age]")) setText(node, span(Number(node.dataset.age) + since));
    for (const node of document.querySelectorAll("[data-ago]")) setText(node, `heard ${span(Number(node.dataset.ago) + since)} ago`);
    if ($("uptime").dataset.seconds) setText($("uptime"), span(Number($("uptime").dataset.seconds) + since));
  };

  /* ---- one look at everything ---- */

  const show = (health, list, history) => {
    const workers = list.workers;
    const sessions = workers.flatMap((worker) => worker.sessions.map((session) => Object.assign({}, session, { worker_id: worker.id })))
      .sort((a, b) => a.age_seconds - b.age_seconds || (a.id < b.id ? -1 : 1));

    sessions.forEach((session) => known.set(session.id, session));
    showTiles(health, workers, sessions);
    showHistory(history);
    keep($("workers"), workers, (worker) => worker.id, makeWorker, updateWorker);
    keep($("sessions"), sessions, (session) => session.id, makeSession, updateSession);
    $("no-workers").hidden = workers.length > 0;
    $("no-sessions").hidden = sessions.length > 0;
    const live = sessions.filter((session) => !NO_SLOT.has(session.status)).length;
    document.title = live ? `${live} · hydraneck` : "hydraneck";
    shownOnce = true;
    tick();
  };

  const refresh = async () => {
    clearTimeout(settling);
    settling = 0;
    if (asking) {
      askAgain = true;
      return;
    }
    asking = true;
    try {
      const now = performance.now();
      const answers = await Promise.all([call("GET", "/api/v1/health"), call("GET", "/api/v1/workers"), call("GET", "/history")]);
      askedAt = now;
      if (document.body.dataset.view !== "login") show(...answers);
      if (events && events.readyState === EventSource.OPEN) setLive("yes");
    } catch (error) {
      if (error instanceof Refused) complain(error);
      else setLive("lost");
    } finally {
      asking = false;
      if (askAgain) {
        askAgain = false;
        settle();
      }
    }
  };

  const settle = () => {
    if (!settling) settling = setTimeout(refresh, SETTLE_MS);
  };

  /* ---- events ---- */

  const setLive = (state) => {
    const texts = { yes: "Live", no: "Connecting…", lost: "Connection lost" };
    $("live").dataset.live = state;
    setText($("live"), texts[state]);
  };

  const tell = (type, data) => {
    const id = short(data.session_id);
    const worker = data.worker_id;
    switch (type) {
      case "session.created": return ["info", id, `created on ${worker} for ${(data.session && data.session.body) || data.body_ip}`];
      case "session.state": return [SESSION_TONES[data.status], id, data.from ? `${data.from} → ${data.status}` : `is ${data.status}`];
      case "session.ended": return [endTone(whyEnded(data)), id, `ended: ${reason(whyEnded(data))}`];
      case "worker.joined": return ["good", worker, "joined"];
      case "worker.state": return [WORKER_TONES[data.status], worker, data.from && data.from !== data.status ? `${data.from} → ${data.status}` : `is ${data.status}`];
      case "worker.drained": return ["drain", worker, "is drained: no session is left"];
      case "turn_health_check_failed": return ["bad", "TURN", `health check failed${worker ? ` at ${worker}` : ""}`];
      case "turn_auto_restarted": return ["warn", "TURN", `restarted by itself${worker ? ` at ${worker}` : ""}`];
      case "events.missed": return ["calm", "Earlier events", "are no longer kept"];
      default: return ["info", type, [data.version, worker, data.detail].filter((part) => typeof part === "string").join(" ")];
    }
  };

  const addEvent = (type, data) => {
    const [toneOf, who, text] = tell(type, data);
    const line = el("li");
    const what = el("span");
    line.dataset.tone = toneOf || "calm";
    line.dataset.type = type;
    what.append(el("b", "", who), ` ${text}`);
    line.append(el("time", "", clock(data.timestamp)), what);
    $("events").prepend(line);
    while ($("events").children.length > EVENTS_SHOWN) $("events").lastElementChild.remove();
    $("no-events").hidden = true;
  };

  const addEnded = (data) => {
    const was = known.get(data.session_id) || {};
    const line = el("li");
    const why = el("span", "reason", reason(whyEnded(data)));
    known.delete(data.session_id);
    line.dataset.tone = endTone(whyEnded(data));
    line.append(el("span", "id", short(data.session_id)), why,
      el("span", "faint", [was.body || data.body_ip, was.experience, data.worker_id].filter(Boolean).join(" · ")), el("time", "faint", clock(data.timestamp)),
      button("Log", `Log of ended session ${short(data.session_id)}`, () => inspect(data.session_id, Object.assign({}, was, data))));
    $("ended").prepend(line);
    while ($("ended").children.length > ENDED_SHOWN) $("ended").lastElementChild.remove();
    $("no-ended").hidden = true;
  };

  const onEvent = (event) => {
    let data;
    if (event.lastEventId && seen.has(event.lastEventId)) return;
    seen.add(event.lastEventId);
    if (seen.size > 4 * EVENTS_SHOWN) seen.delete(seen.values().next().value);
    try {
      data = JSON.parse(event.data);
    } catch (_) {
      return;
    }
    if (data.session) known.set(data.session_id, data.session);
    addEvent(event.type, data);
    if (event.type === "session.ended") addEnded(data);
    settle();
  };

  /* The browser has given up: either we are logged out, which the next question tells, or the controller was away for long. */
  const lookAgain = async () => {
    await refresh();
    if (document.body.dataset.view === "app") listen();
  };

  const listen = () => {
    if (events) events.close();
    /* the ring that the controller keeps: what happened before this page was opened */
    events = new EventSource("/api/v1/events?last_event_id=0");
    events.onopen = () => {
      setLive("yes");
      settle();
    };
    events.onerror = () => {
      setLive("lost");
      if (events.readyState === EventSource.CLOSED) setTimeout(lookAgain, 3000);
    };
    TYPES.forEach((type) => events.addEventListener(type, onEvent));
  };

  /* ---- dialogs ---- */

  const confirm = (title, text, yes, dangerous) => new Promise((resolve) => {
    const dialog = $("confirm");
    const answer = (value) => {
      resolve(value);
      dialog.close();
    };
    setText($("confirm-title"), title);
    setText($("confirm-text"), text);
    setText($("confirm-yes"), yes);
    $("confirm-yes").className = dangerous ? "danger" : "primary";
    $("confirm-yes").onclick = () => answer(true);
    $("confirm-no").onclick = () => answer(false);
    dialog.onclose = () => resolve(false);
    dialog.showModal();
    $("confirm-no").focus();
  });

  /* Pairs of a name and what stands for it; what is not there is left out. */
  const factBoxes = (facts) => facts.filter(([, value]) => value !== undefined && value !== null && value !== "").map(([name, value]) => {
    const box = el("div", String(value).length > 48 ? "long" : "");
    box.append(el("dt", "", name), el("dd", "", value));
    return box;
  });

  const showFacts = (session) => {
    $("facts").replaceChildren(...factBoxes([
      ["State", session.status], ["Ended", session.end_reason && reason(session.end_reason)], ["Error", session.error],
      ["Body", [session.body, session.body_ip].filter(Boolean).join(" · ")], ["Experience", session.experience], ["Worker", session.worker_id],
      ["Stream sockets", session.active_connections], ["Microphone", session.mic && `${session.mic.state}, ${session.mic.packets} packets, ${session.mic.lost} lost`],
      ["Created", session.created_at && clock(session.created_at)]]));
  };

  /* What GET …/explain tells: why this worker, each state with its time, what ended it and what to do about that. */
  const showStory = (explained) => {
    const last = explained.end || {};
    $("facts").append(...factBoxes([["Why this worker", (explained.placement || {}).why], ["What ended it", [last.message, last.detail].filter(Boolean).join(": ")],
      ["Its process", last.process]]));
    $("story").replaceChildren(...(explained.history || []).map((step) => {
      const item = el("li");
      item.append(badge(`${step.state} ${step.after_ms === 0 ? clock(step.at) : `+${duration(step.after_ms)}`}`, SESSION_TONES[step.state]));
      return item;
    }));
    setText($("mend"), (last.mend || "").replaceAll("`", ""));
    $("mend").hidden = !last.mend;
  };

  /* Plain text, or {"lines":[…]}. */
  const logText = (text) => {
    try {
      const lines = JSON.parse(text).lines;
      return Array.isArray(lines) ? lines.join("\n") : text;
    } catch (_) {
      return text;
    }
  };

  const inspect = async (id, session) => {
    setText($("inspect-title"), `Session ${short(id)}`);
    showFacts(session);
    $("story").replaceChildren();
    $("mend").hidden = true;
    setText($("log"), "…");
    $("inspect").showModal();
    const path = `/api/v1/sessions/${encodeURIComponent(id)}`;
    call("GET", `${path}/explain`).then(showStory, () => {});
    try {
      setText($("log"), logText(await callText(`${path}/logs`)) || "It has said nothing.");
    } catch (error) {
      setText($("log"), error instanceof Refused ? error.message : "The controller cannot be reached.");
    }
    $("log").scrollTop = $("log").scrollHeight;
  };

  /* ---- in and out ---- */

  const showLogin = () => {
    if (events) events.close();
    events = null;
    document.querySelectorAll("dialog[open]").forEach((dialog) => dialog.close());
    document.title = "hydraneck";
    document.body.dataset.view = "login";
    $("token").focus();
  };

  const showApp = () => {
    document.body.dataset.view = "app";
    setLive("no");
    refresh();
    listen();
  };

  $("login-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    setText($("login-error"), "");
    try {
      await call("POST", "/login", { token: $("token").value });
      $("token").value = "";
      showApp();
    } catch (error) {
      setText($("login-error"), error instanceof Refused ? error.message : "The controller cannot be reached.");
      $("token").select();
    }
  });
  $("logout").addEventListener("click", async () => {
    try {
      await call("POST", "/logout");
    } finally {
      showLogin();
      location.reload(); /* nothing of what was shown stays in this page */
    }
  });
  $("inspect-close").addEventListener("click", () => $("inspect").close());
  for (const dialog of document.querySelectorAll("dialog")) {
    dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  }
  document.addEventListener("visibilitychange", () => { if (!document.hidden && document.body.dataset.view === "app") settle(); });
  setInterval(() => { if (document.body.dataset.view === "app" && !document.hidden) tick(); }, 1000);
  setInterval(() => { if (document.body.dataset.view === "app" && !document.hidden) refresh(); }, REFRESH_MS);

  call("GET", "/api/v1/health").then(showApp, (error) => {
    showLogin();
    if (!(error instanceof Refused)) setText($("login-error"), "The controller cannot be reached.");
  });
})();
