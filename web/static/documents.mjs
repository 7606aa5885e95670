// The list of documents: filtered, sorted and paged by the panel, kept up to date by its events. The address has the view.

import { documentsOf, fault, get, live, post, toast, trying } from "./api.mjs";
import { bytes, dollars, empty, fill, find, h, headOf, number, pointsOf, progressBar, ready, seconds, state, tableRow, time } from "./dom.mjs";
import { chosenActions } from "./document_actions.mjs";
import { takeUploads } from "./upload.mjs";

const ROWS = 50;
const STATES = ["processing", "queued", "succeeded", "degraded", "failed", "skipped", "cancelled"];
const DEFAULTS = { state: "", code: "", q: "", sort: "updated_at", order: "desc", offset: 0 };
const view = { ...DEFAULTS };
let shown = [];
let total = 0;
let asked = 0;
let later = null;

const columns = [
  { label: "", cell: (item) => chosen.box(item) },
  { label: "Document", sort: "s3_key", lead: true, cell: (item) => [
    h("a", { class: "name", href: `/documents/${item.document_id}`, "data-part": "name" }, item.s3_key.slice(item.s3_key.indexOf("/") + 1)),
    h("span", { class: "small muted" }, remarks(item)),
  ] },
  { label: "Last attempt", sort: "status", wide: true, cell: (item) => stateOf(item) },
  { label: "Searchable", wide: true, cell: (item) => (item.searchable_since ? h("span", { class: "small nowrap" }, "since ", time(item.searchable_since)) : h("span", { class: "small muted" }, "no")) },
  { label: "Pages", sort: "pages_total", number: true, cell: (item) => number(item.pages_total || null) },
  { label: "Points p / s / h", number: true, wide: true, cell: (item) => h("span", { title: pointsOf(item).map(([store, count]) => `${store} ${number(count)}`).join(", ") }, pointsOf(item).map(([, count]) => number(count)).join(" / ")) },
  { label: "Time", sort: "seconds", number: true, cell: (item) => seconds(item.seconds) },
  { label: "Cost", sort: "cost_usd", number: true, cell: (item) => dollars(item.cost_usd) },
  { label: "Size", sort: "size_bytes", number: true, cell: (item) => bytes(item.size_bytes) },
  { label: "Changed", sort: "updated_at", number: true, wide: true, cell: (item) => time(item.updated_at) },
  { label: "", cell: (item) => actions(item) },
];
// What an upward arrow means first, by the column: names from the beginning, numbers from the largest.
const FIRST_ORDER = { s3_key: "asc", status: "asc" };

function remarks(item) {
  if (item.cancel_requested && item.status === "processing") return "asked to stop";
  if (item.newer_waits) return "a newer version waits for a worker";
  if (item.status === "degraded") return item.degraded.join("; ");
  if (item.status === "queued") return item.message ? `tried again: ${item.message}` : "waits for a worker";
  if (item.status === "cancelled") return item.searchable_since ? "the last attempt was cancelled; the version before is searchable" : (item.message ?? "");
  return item.code ? `${item.code}: ${item.message ?? ""}` : "";
}

function stateOf(item) {
  const box = h("div", {}, state(item.status));
  if (item.status === "processing")
    box.append(
      progressBar(item.pages_done, item.pages_total, `Pages of ${item.s3_key}`),
      h("span", { class: "small muted" }, `${item.stage ?? ""} ${item.pages_total ? `${number(item.pages_done)} / ${number(item.pages_total)}` : ""}`));
  return box;
}

function actions(item) {
  const name = item.s3_key;
  if (item.status === "processing")
    return h("button", { type: "button", "data-part": "action", "aria-label": `Cancel ${name}`, onclick: (event) => cancel(event.target, item) }, "Cancel");
  if (item.status === "deleted") return "";
  return h("button", { type: "button", class: "quiet", "data-part": "action", "aria-label": `Delete ${name}`, onclick: () => chosen.remove([item]) }, "Delete");
}

async function cancel(button, item) {
  await trying(button, async () => {
    await post("/api/admin/cancel-document", { s3_key: item.s3_key });
    toast("Asked to stop; it does at the next page.");
  });
}

const chosen = chosenActions(() => shown, () => drawRows(), () => load());

/** What differs from the usual view, in the address, so that a reload or a link shows the same. */
function remember(replace = false) {
  const query = new URLSearchParams(Object.entries(view).filter(([name, value]) => value !== DEFAULTS[name])).toString();
  const address = query ? `/?${query}` : "/";
  if (address !== location.pathname + location.search) history[replace ? "replaceState" : "pushState"](null, "", address);
}

function fromAddress() {
  const given = new URLSearchParams(location.search);
  Object.assign(view, DEFAULTS);
  for (const name of ["q", "code", "state", "sort", "order"]) if (given.get(name)) view[name] = given.get(name);
  const offset = Number(given.get("offset"));
  view.offset = Number.isSafeInteger(offset) && offset > 0 ? offset : 0;
  find("#filter").value = view.q;
  const sort = `${view.sort} ${view.order}`;
  if ([...find("#sort").options].some((option) => option.value === sort)) find("#sort").value = sort;
  else [view.sort, view.order] = find("#sort").value.split(" ");
}

function change(part, replace = false) {
  Object.assign(view, { offset: 0, ...part });
  find("#sort").value = `${view.sort} ${view.order}`;
  remember(replace);
  return load();
}

async function load() {
  const ticket = ++asked;
  try {
    const answer = await get("/api/admin/status", { ...view, limit: ROWS });
    if (ticket !== asked) return; // a later question has been asked
    shown = answer.documents.filter((item) => !chosen.isGoing(item));
    total = answer.total;
    draw(answer);
  } catch (error) {
    if (ticket === asked) fill(find("#list"), fault(error, h("button", { type: "button", onclick: load }, "Load again")));
  }
  find("#list").setAttribute("aria-busy", "false");
}

function draw(answer) {
  drawTiles(answer.counts, answer.queue, answer.operator_pause || answer.paused.length);
  drawReasons(answer.failures);
  if (!shown.length) {
    const isFiltered = view.q || view.state || view.code;
    fill(find("#list"), isFiltered
      ? empty("Nothing matches.", h("button", { type: "button", class: "link", onclick: () => { find("#filter").value = ""; change({ q: "", state: "", code: "" }); } }, "Show all documents"))
      : empty("No documents yet.", "Drop a PDF anywhere; it can be searched minutes later."));
  } else drawRows();
  drawPager();
  chosen.draw();
}

/** The table; rows that are the same stay, and what has the focus keeps it. */
function drawRows() {
  const focus = document.activeElement?.closest("#list tr[data-id]") ? [document.activeElement.closest("tr").dataset.id, document.activeElement.dataset.part] : null;
  const body = find("#list tbody") ?? newTable();
  const rows = new Map([...body.rows].map((row) => [row.dataset.id, row]));
  body.replaceChildren(...shown.map((item) => {
    const said = JSON.stringify([item, chosen.has(item)]);
    const old = rows.get(item.document_id);
    if (old?.said === said) return old;
    const row = tableRow(columns, item);
    row.dataset.id = item.document_id;
    row.said = said;
    return row;
  }));
  if (focus) body.querySelector(`tr[data-id="${focus[0]}"] [data-part="${focus[1]}"]`)?.focus();
  for (const head of document.querySelectorAll("#list th[data-sort]")) {
    const isSorted = head.dataset.sort === view.sort;
    if (isSorted) head.setAttribute("aria-sort", view.order === "asc" ? "ascending" : "descending"); else head.removeAttribute("aria-sort");
  }
}

function newTable() {
  const body = h("tbody", {});
  const head = (column, at) => {
    if (at === 0) return h("th", { scope: "col" }, chosen.all());
    const attributes = { scope: "col", class: column.number ? "number" : null, "data-sort": column.sort ?? null };
    return h("th", attributes, column.sort ? h("button", { type: "button", onclick: () => sortBy(column.sort) }, column.label) : headOf(column));
  };
  fill(find("#list"), h("table", { class: "cards" }, h("caption", { class: "visually-hidden" }, "Documents"), h("thead", {}, h("tr", {}, columns.map(head))), body));
  return body;
}

function sortBy(field) {
  const first = FIRST_ORDER[field] ?? "desc";
  const other = first === "asc" ? "desc" : "asc";
  change({ sort: field, order: view.sort === field && view.order === first ? other : first });
}

function drawTiles(counts, queue, isPaused) {
  const all = STATES.reduce((sum, name) => sum + counts[name], 0);
  const tile = (name, label, count) => h("button", {
    type: "button", class: "pill", "aria-pressed": String(view.state === name), "data-state": name || "all",
    onclick: () => change({ state: view.state === name ? "" : name, code: "" }),
  }, h("b", {}, number(count)), ` ${label}`);
  const focused = document.activeElement?.dataset?.state;
  fill(find("#tiles"),
    tile("", "all", all),
    STATES.filter((name) => counts[name] || view.state === name || ["processing", "succeeded", "failed"].includes(name)).map((name) => tile(name, name, counts[name])),
    h("a", { class: "pill", href: "/queue" }, h("b", {}, number(queue.waiting)), " messages in the queue"),
    isPaused ? h("a", { class: "pill warn", href: "/queue" }, "workers are paused") : null);
  if (focused) find(`#tiles [data-state="${focused}"]`)?.focus();
}

/** Why documents failed, one line a reason: what it means, what to do, and the button that does it. */
function drawReasons(failures) {
  if (view.state !== "failed" || !failures.length) { fill(find("#reasons")); return; }
  fill(find("#reasons"), h("ul", { class: "reasons", "aria-label": "Reasons" }, failures.map((group) => h("li", {},
    h("button", { type: "button", class: "pill", "aria-pressed": String(view.code === group.code), onclick: () => change({ code: view.code === group.code ? "" : group.code }) }, h("b", {}, number(group.count)), ` ${group.code}`),
    h("span", { class: "grow" }, group.meaning, " ", h("span", { class: "muted" }, group.remedy)),
    h("button", { type: "button", "aria-label": `Run again those that failed with ${group.code}`, onclick: (event) => runReason(event.target, group) }, "Run again")))));
}

async function runReason(button, group) {
  await trying(button, async () => {
    await chosen.runAgain(await documentsOf({ state: "failed", code: group.code }));
  });
}

function drawPager() {
  const last = Math.min(view.offset + ROWS, total);
  find("#pager").hidden = total <= ROWS;
  find("#range").textContent = `${number(Math.min(view.offset + 1, total))} to ${number(last)} of ${number(total)}`;
  // Not "disabled", which would take the focus away from the person who pressed it.
  find("#back").setAttribute("aria-disabled", String(view.offset === 0));
  find("#forward").setAttribute("aria-disabled", String(last >= total));
}

function turn(by) {
  if (by < 0 ? view.offset === 0 : view.offset + ROWS >= total) return;
  change({ offset: Math.max(0, view.offset + by) });
}

/** Rows that are shown are redrawn in place; what may come, go or move makes the page of the list be asked for again. */
function changed({ changed: items, counts, queue, paused, operator_pause: pause }) {
  drawTiles(counts, queue, pause || paused.length);
  let isElsewhere = false;
  for (const item of items) {
    const at = shown.findIndex((row) => row.document_id === item.document_id);
    if (at < 0 || (view.state && item.status !== view.state) || item.status === "deleted") { isElsewhere = true; continue; }
    const key = (row) => (view.sort === "tokens" ? row.tokens_in + row.tokens_out : row[view.sort]);
    if (key(shown[at]) !== key(item)) isElsewhere = true;
    shown[at] = item;
  }
  if (find("#list tbody")) drawRows();
  if (isElsewhere || (items.length === 0 && !later)) soon();
}

function soon() {
  if (later) return;
  later = setTimeout(() => { later = null; load(); }, 1000);
}

find("#filter").addEventListener("input", (event) => change({ q: event.target.value }, true));
find("#sort").addEventListener("change", (event) => { const [sort, order] = event.target.value.split(" "); change({ sort, order }); });
find("#back").addEventListener("click", () => turn(-ROWS));
find("#forward").addEventListener("click", () => turn(ROWS));
addEventListener("popstate", () => { fromAddress(); load(); });
takeUploads(() => load());
fromAddress();
await load();
live("/api/admin/events", { documents: changed }, soon);
ready();
