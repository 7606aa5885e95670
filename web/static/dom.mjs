// Makes elements without ever parsing text as HTML, and writes numbers, sizes and times as this reader's locale does.

/** h("p", {class: "muted", onclick: f, hidden: false}, "text", child) → an element. Null children are left out. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value") element.value = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}

/** The page shows what it is for; tests and screenshots wait for this. */
export function ready() {
  document.documentElement.dataset.ready = "";
  // On a phone the menu is wider than the screen.
  find(".bar [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
}

export const find = (selector) => document.querySelector(selector);

export function fill(target, ...children) {
  target.replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return target;
}

const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const precise = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto", style: "short" });

export const number = (value) => (value === null || value === undefined ? "–" : whole.format(value));
export const decimal = (value, digits = 3) =>
  value === null || value === undefined ? "–" : Number(value).toFixed(digits);
export const dollars = (value) =>
  value === null || value === undefined ? "–" : `$${value && value < 0.01 ? value.toFixed(4) : value.toFixed(2)}`;
export const seconds = (value) => {
  if (!value) return "–";
  if (value < 60) return `${precise.format(value)} s`;
  return value < 3600 ? `${precise.format(value / 60)} min` : `${precise.format(value / 3600)} h`;
};
export const bytes = (value) => {
  if (value === null || value === undefined) return "–";
  if (value < 1000) return `${value} B`;
  return value < 1e6 ? `${whole.format(value / 1e3)} kB` : `${precise.format(value / 1e6)} MB`;
};

/** A <time> that shows how long ago and tells the exact local time. */
export function time(iso) {
  if (!iso) return "–";
  const date = new Date(iso);
  return h("time", { datetime: iso, title: moment.format(date), class: "nowrap" }, ago(date));
}

// "5 seconds ago" is not true for long.
setInterval(() => {
  for (const shown of document.querySelectorAll("time[datetime]")) shown.textContent = ago(new Date(shown.dateTime));
}, 10_000);

export function localTime(iso) {
  return iso ? moment.format(new Date(iso)) : "–";
}

function ago(date) {
  const past = (date.getTime() - Date.now()) / 1000;
  for (const [unit, size] of [["day", 86400], ["hour", 3600], ["minute", 60]])
    if (Math.abs(past) >= size) return Math.abs(past) > 30 * 86400 ? moment.format(date) : relative.format(Math.round(past / size), unit);
  return relative.format(Math.round(past), "second");
}

/** The stores and how many points of a document each holds, always in the same order. */
export const pointsOf = (item) => ["pages", "semantic", "haystack"].map((store) => [store, item.points[store] ?? 0]);

export const state = (name) => h("span", { class: `state ${name}` }, name);

export const empty = (title, ...text) => h("div", { class: "empty" }, h("b", {}, title), ...text);

export function progressBar(done, total, label) {
  return h("progress", { max: total || 1, value: done || 0, "aria-label": label });
}

/** A table: columns are {label, cell(row) → node or text, number?, lead?, wide?}; `wide` takes a phone's whole line. */
export function table(columns, rows, { caption, cards = true } = {}) {
  return h("table", { class: cards ? "cards" : null },
    caption ? h("caption", { class: "visually-hidden" }, caption) : null,
    h("thead", {}, h("tr", {}, columns.map((column) => h("th", { scope: "col", class: column.number ? "number" : null }, headOf(column))))),
    h("tbody", {}, rows.map((row) => tableRow(columns, row))));
}

/** A column without a label has buttons; what reads the page aloud says so. */
export const headOf = (column) => column.label || h("span", { class: "visually-hidden" }, "Actions");

export function tableRow(columns, row) {
  return h("tr", {}, columns.map((column) => cell(column, row)));
}

function cell(column, row) {
  const content = column.cell(row);
  const classes = [column.number ? "number" : "", column.lead ? "lead" : "", column.wide ? "wide" : ""].filter(Boolean).join(" ");
  return h("td", { class: classes || null, "data-label": column.lead || !column.label ? null : column.label }, content ?? "");
}

/** Ask before what can't be undone; resolves to whether it was confirmed. */
export function confirmed(title, text, action, keep = "Keep") {
  return new Promise((resolve) => {
    const close = (answer) => { dialog.close(); dialog.remove(); resolve(answer); };
    const dialog = h("dialog", { class: "ask", "aria-labelledby": "ask-title", oncancel: () => close(false) },
      h("h2", { id: "ask-title" }, title), h("p", {}, text),
      h("div", { class: "row end" },
        h("button", { type: "button", onclick: () => close(false) }, keep),
        h("button", { type: "button", class: "danger", onclick: () => close(true) }, action)));
    document.body.append(dialog);
    dialog.showModal();
  });
}
