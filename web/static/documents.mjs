// The list of documents: filtered, sorted and paged by the panel, kept up to date by its events.

import { fault, get, live, post, toast, trying } from "./api.mjs";
import { bytes, confirmed, dollars, empty, fill, find, h, number, pointsOf, progressBar, ready, seconds, state, table, tableRow, time } from "./dom.mjs";
import { takeUploads } from "./upload.mjs";

const ROWS = 50;
const STATES = ["processing", "queued", "succeeded", "degraded", "failed", "skipped", "cancelled"];
const view = { state: "", q: "", sort: "updated_at", order: "desc", offset: 0 };
let shown = [];
let total = 0;
let asked = 0;
let later = null;

export const columns = [
  { label: "Document", lead: true, cell: (item) => [
    h("a", { class: "name", href: `/documents/${item.document_id}` }, item.s3_key.slice(item.s3_key.indexOf("/") + 1)),
    h("span", { class: "small muted" }, remarks(item)),
  ] },
  { label: "State", cell: (item) => stateOf(item) },
  { label: "Pages", number: true, cell: (item) => number(item.pages_total || null) },
  { label: "Links", number: true, cell: (item) => number(item.links) },
  { label: "Points p / s / h", number: true, wide: true, cell: (item) => h("span", { title: pointsOf(item).map(([store, count]) => `${store} ${number(count)}`).join(", ") }, pointsOf(item).map(([, count]) => number(count)).join(" / ")) },
  { label: "Tries", number: true, cell: (item) => number(item.attempt) },
  { label: "Time", number: true, cell: (item) => seconds(item.seconds) },
  { label: "Tokens", number: true, cell: (item) => number(item.tokens_in + item.tokens_out) },
  { label: "Cost", number: true, cell: (item) => dollars(item.cost_usd) },
  { label: "Size", number: true, cell: (item) => bytes(item.size_bytes) },
  { label: "Changed", number: true, wide: true, cell: (item) => time(item.updated_at) },
  { label: "", cell: (item) => actions(item) },
];

function remarks(item) {
  if (item.cancel_requested && item.status === "processing") return "asked to stop";
  if (item.newer_waits) return "a newer version waits for a worker";
  if (item.status === "degraded") return item.degraded.join("; ");
  if (item.status === "queued") return item.message ? `tried again: ${item.message}` : "waits for a worker";
  return item.code ? `${item.code}: ${item.message ?? ""}` : item.status === "cancelled" ? (item.message ?? "") : "";
}

export function stateOf(item) {
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
    return h("button", { type: "button", "aria-label": `Cancel ${name}`, onclick: (event) => cancel(event.target, item) }, "Cancel");
  if (item.status === "deleted") return "";
  return h("button", { type: "button", class: "quiet", "aria-label": `Delete ${name}`, onclick: (event) => remove(event.target, item) }, "Delete");
}

async function cancel(button, item) {
  await trying(button, async () => {
    await post("/api/admin/cancel-document", { s3_key: item.s3_key });
    toast("Asked to stop; it does at the next page.");
  });
}

async function remove(button, item) {
  if (!(await confirmed("Delete this document?", `${item.s3_key}: the PDF, and everything that was made of it, is removed.`, "Delete"))) return;
  await trying(button, async () => {
    await post("/api/admin/delete-pdf", { s3_key: item.s3_key });
    toast("Deleted; a worker removes what was made of it.");
    await load();
  });
}

async function load() {
  const ticket = ++asked;
  try {
    const answer = await get("/api/admin/status", { ...view, limit: ROWS });
    if (ticket !== asked) return; // a later question has been asked
    shown = answer.documents;
    total = answer.total;
    draw(answer);
  } catch (error) {
    fill(find("#list"), fault(error));
  }
  find("#list").setAttribute("aria-busy", "false");
}

function draw(answer) {
  drawTiles(answer.counts, answer.queue);
  if (!shown.length) {
    const isFiltered = view.q || view.state;
    fill(find("#list"), isFiltered
      ? empty("Nothing matches.", "Change the filter, or choose another state.")
      : empty("No documents yet.", "Drop a PDF above; it can be searched minutes later."));
  } else {
    fill(find("#list"), table(columns, shown, { caption: "Documents" }));
  }
  drawPager();
}

function drawTiles(counts, queue) {
  const all = STATES.reduce((sum, name) => sum + counts[name], 0);
  const tile = (name, label, count) => h("button", {
    type: "button", class: "tile", "aria-pressed": String(view.state === name), "data-state": name || "all",
    onclick: () => { view.state = view.state === name ? "" : name; view.offset = 0; load(); },
  }, h("b", {}, number(count)), h("span", {}, label));
  const focused = document.activeElement?.dataset?.state;
  fill(find("#tiles"),
    tile("", "all documents", all),
    STATES.filter((name) => counts[name] || ["processing", "succeeded", "failed"].includes(name)).map((name) => tile(name, name, counts[name])),
    h("a", { class: "tile", href: "/queue" }, h("b", {}, number(queue.waiting)), h("span", {}, "messages in the queue")));
  if (focused) find(`#tiles [data-state="${focused}"]`)?.focus();
}

function drawPager() {
  const last = Math.min(view.offset + ROWS, total);
  const turn = (by, label) => h("button", {
    type: "button", disabled: by < 0 ? view.offset === 0 : last >= total,
    onclick: () => { view.offset = Math.max(0, view.offset + by); load(); find("#list").focus(); },
  }, label);
  fill(find("#pager"), total > ROWS
    ? [h("span", { class: "muted small" }, `${number(view.offset + 1)} to ${number(last)} of ${number(total)}`), turn(-ROWS, "Back"), turn(ROWS, "Next")]
    : []);
}

/** Rows that are shown are redrawn in place; what may come or go makes the page of the list be asked for again. */
function changed({ changed: items, counts, queue }) {
  drawTiles(counts, queue);
  const rows = find("#list tbody")?.rows ?? [];
  let isElsewhere = false;
  for (const item of items) {
    const at = shown.findIndex((row) => row.document_id === item.document_id);
    if (at < 0 || (view.state && item.status !== view.state) || item.status === "deleted") { isElsewhere = true; continue; }
    shown[at] = item;
    if (rows[at] && !rows[at].contains(document.activeElement)) rows[at].replaceWith(tableRow(columns, item));
  }
  if (isElsewhere || (items.length === 0 && !later)) soon();
}

function soon() {
  if (later) return;
  later = setTimeout(() => { later = null; load(); }, 1500);
}

find("#filter").addEventListener("input", (event) => { view.q = event.target.value; view.offset = 0; load(); });
find("#sort").addEventListener("change", (event) => { [view.sort, view.order] = event.target.value.split(" "); view.offset = 0; load(); });
takeUploads(() => load());
await load();
live("/api/admin/events", { documents: changed }, soon);
ready();
