// Asks the panel: JSON in, JSON out; what goes wrong is told in the panel's own words.

import { find, h } from "./dom.mjs";

const token = find('meta[name="csrf-token"]').content;

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
    headers: { "Content-Type": "application/json", "X-CSRFToken": token, ...headers },
    body: JSON.stringify(value),
  })).body;
}

export const csrfToken = () => token;

async function ask(path, options) {
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    throw new Refused(0, { message: "The panel does not answer. Is it still running?" });
  }
  const body = await answer.json().catch(() => ({}));
  if (answer.status === 401) location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
  if (!answer.ok) throw new Refused(answer.status, body.error);
  return { body, answer };
}

/** Server-sent events; `handlers` by name. The browser reconnects by itself until close(). */
export function live(path, handlers) {
  const source = new EventSource(path);
  for (const [name, handler] of Object.entries(handlers)) {
    source.addEventListener(name, (event) => {
      if (event.data !== undefined) handler(JSON.parse(event.data), source);
    });
  }
  // A page that is left must not keep its thread of the server.
  addEventListener("pagehide", () => source.close(), { once: true });
  return source;
}

export function toast(text) {
  const shown = h("div", { class: "toast" }, text);
  find("#toasts").append(shown);
  setTimeout(() => shown.remove(), 6000);
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

export function fault(error) {
  return h("div", { class: "notice fault", role: "alert" }, h("p", {}, error.message));
}
