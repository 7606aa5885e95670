// Asks the panel: JSON in, JSON out; what goes wrong is said in the panel's own words.

import { find, h } from "./dom.mjs";

const token = find('meta[name="csrf-token"]').content;
const POSTED = { "Content-Type": "application/json", "X-CSRFToken": token };

export class Refused extends Error {
  constructor(status, error) {
    super(error?.message ?? "The panel does not answer.");
    this.status = status;
    this.code = error?.code;
    this.fields = error?.fields ?? {};
  }
}

export async function get(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const search = new URLSearchParams(given).toString();
  return (await ask(search ? `${path}?${search}` : path, {})).body;
}

export async function post(path, value = {}, headers = {}) {
  return (await ask(path, {
    method: "POST",
    headers: { ...POSTED, ...headers },
    body: JSON.stringify(value),
  })).body;
}

// As many as a run may name, in answers as large as the panel gives.
const MOST_DOCUMENTS = 1000;
const DOCUMENTS_AT_ONCE = 500;

/** All documents that `query` finds, or the first thousand of them; the answer says whether there are more. */
export async function documentsOf(query) {
  const found = [];
  for (let total = 1; found.length < Math.min(total, MOST_DOCUMENTS);) {
    const answer = await get("/api/admin/status", { ...query, limit: DOCUMENTS_AT_ONCE, offset: found.length });
    if (!answer.documents.length) break;
    found.push(...answer.documents);
    total = answer.total;
    if (total > MOST_DOCUMENTS && found.length >= MOST_DOCUMENTS) toast(`There are ${total}: the first ${MOST_DOCUMENTS} are taken, the others when these are done.`);
  }
  return found;
}

export const csrfToken = () => token;

async function ask(path, options) {
  const answer = await send(path, options);
  return { body: await answer.json().catch(() => ({})), answer };
}

async function send(path, options) {
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    throw new Refused(0, { message: "The panel does not answer. Is it still running?" });
  }
  if (answer.status === 401) location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
  if (!answer.ok) throw new Refused(answer.status, (await answer.json().catch(() => ({}))).error);
  return answer;
}

// Said at once, before anything is tried in vain; live views come back by themselves.
const tellOffline = () => { find("#offline").hidden = navigator.onLine; };
addEventListener("offline", tellOffline);
addEventListener("online", tellOffline);

const AGAIN_MILLISECONDS = 10_000;
const PAUSED_MILLISECONDS = 4_000;

/**
 * Server-sent events; `handlers` by name. After a break the browser connects again by itself, after a refusal (too many
 * look) this does. `catchUp` is called whenever the stream opens, and meanwhile: what was missed is to be read.
 */
export function live(path, handlers, catchUp = () => {}) {
  let source;
  let again;
  let paused;
  const view = { close: () => { source.close(); clearTimeout(again); resumed(); } };
  const resumed = () => { clearTimeout(paused); paused = undefined; find("#paused").hidden = true; };
  const retry = async () => {
    // Asked for in any case, so that a person who is signed out is led to the sign-in page.
    await get("/api/admin/queue").then(() => { catchUp(); connect(); }, () => { again = setTimeout(retry, AGAIN_MILLISECONDS); });
  };
  function connect() {
    source = new EventSource(path);
    for (const [name, handler] of Object.entries(handlers)) {
      source.addEventListener(name, (event) => {
        if (event.data !== undefined) handler(JSON.parse(event.data), view);
      });
    }
    source.addEventListener("open", () => { resumed(); catchUp(); });
    source.addEventListener("error", (event) => {
      if (event.data !== undefined) return; // the panel's own words
      paused ??= setTimeout(() => { find("#paused").hidden = false; }, PAUSED_MILLISECONDS);
      if (source.readyState === EventSource.CLOSED) again = setTimeout(retry, AGAIN_MILLISECONDS);
    });
  }
  connect();
  // A page that is left must not keep its thread of the server.
  addEventListener("pagehide", view.close, { once: true });
  return view;
}

/** The same events once, for what is posted; never asked for again, since that may cost. Rejects with the panel's words when refused. */
export async function once(path, handlers, signal, value) {
  const answer = await send(path, { method: "POST", signal, headers: POSTED, body: JSON.stringify(value) });
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const blocks = (rest + value).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const fields = Object.fromEntries(block.split("\n").map((line) => line.split(/: (.*)/s, 2)));
      if (fields.event in handlers) handlers[fields.event](JSON.parse(fields.data));
    }
  }
}

/** A note for a while, with a button if there is something to do about it. */
export function toast(text, { milliseconds = 6000, action = null, act = null } = {}) {
  const shown = h("div", { class: "toast" }, text, action ? h("button", { type: "button", onclick: () => { shown.remove(); act(); } }, action) : null);
  find("#toasts").append(shown);
  setTimeout(() => shown.remove(), milliseconds);
  return shown;
}

/** A request that is sent although the page is being left. */
export function sendBeforeLeaving(path, value) {
  fetch(path, { method: "POST", keepalive: true, headers: POSTED, body: JSON.stringify(value) });
}

/** Run `action`, tell what went wrong, and keep the button from being pressed twice. */
export async function trying(button, action) {
  if (button) button.disabled = true;
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    toast(error.message);
    return undefined;
  } finally {
    if (button) button.disabled = false;
  }
}

/** What went wrong, with what can be done about it. */
export function fault(error, ...next) {
  return h("div", { class: "notice fault", role: "alert" }, h("p", {}, error.message), next.length ? h("p", { class: "row" }, next) : null);
}

// Sooner than a person gives up.
const SLOW_MILLISECONDS = 8_000;
// What comes after something that took long gets at least this.
const LEAST_MILLISECONDS = 1_500;

/** Tell in `target` what to think of it when nothing comes for a while. Call `restart` when something came, `end` at last. `began` is when a person began to wait. */
export function waiting(target, text, began = performance.now()) {
  let note = null;
  let timer = null;
  const stop = () => { clearTimeout(timer); note?.remove(); note = null; };
  const restart = (milliseconds = SLOW_MILLISECONDS) => {
    stop();
    timer = setTimeout(() => { note = h("div", { class: "notice", role: "alert" }, h("p", {}, text)); target.append(note); }, milliseconds);
  };
  restart(Math.max(LEAST_MILLISECONDS, SLOW_MILLISECONDS - (performance.now() - began)));
  return { restart, end: stop };
}
