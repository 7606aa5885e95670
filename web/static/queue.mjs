// How much waits, and what was set aside.

import { fault, get, live, post, toast, trying } from "./api.mjs";
import { confirmed, empty, fill, find, h, localTime, number, ready, table, time } from "./dom.mjs";
import { drawPauses } from "./pausing.mjs";
import { bars } from "./plot.mjs";

let deadLetters = null;

const AGAIN_MILLISECONDS = 15_000;
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", timeZone: "UTC" });
const age = (minutes) => (minutes < 60 ? `${minutes} min` : `${minutes / 60} h`);

const WAITS = ["up to 1 min", "up to 5 min", "up to 15 min", "up to 1 h", "up to 4 h", "longer"];
const RANGES = {
  hours: { name: "in each of the last 24 hours", label: (start) => clock.format(new Date(start)) },
  // Days of the record are in UTC, wherever this is read.
  days: { name: "on each of the last 14 days", label: (start) => day.format(new Date(start)) },
};
let range = "hours";
let told = null;

const legend = (items) => h("p", { class: "legend small" }, items.map(([kind, label]) => h("span", {}, h("i", { class: `swatch ${kind}` }), label)));

/** What ended, and how long what was begun had waited, over hours or days. */
function drawPassed() {
  const { name, label } = RANGES[range];
  for (const button of document.querySelectorAll("[data-range]")) button.setAttribute("aria-pressed", String(button.dataset.range === range));
  fill(find("#throughput"), bars(told[range].map(({ start, good, failed }) => ({
    label: label(start), title: `${label(start)}: ${number(good)} done, ${number(failed)} failed`,
    parts: [{ kind: "kind-0", value: good }, { kind: "bad", value: failed }],
  })), { format: number, name: `Documents that ended ${name}` }), legend([["kind-0", "done"], ["bad", "failed"]]));
  fill(find("#waits"), bars(told[range].map(({ start, waits }) => ({
    label: label(start), title: `${label(start)}: ${waits.map((count, at) => (count ? `${number(count)} waited ${WAITS[at]}` : "")).filter(Boolean).join(", ") || "nothing begun"}`,
    parts: waits.map((count, at) => ({ kind: `wait-${at}`, value: count })),
  })), { format: number, name: `Documents by how long they had waited when a worker began, ${name}` }), legend(WAITS.map((text, at) => [`wait-${at}`, text])));
}

function drawPlots(now) {
  const { waiting, workers } = told = now;
  drawPassed();
  fill(find("#ages"), bars(waiting.map(({ up_to_minutes: bound, count }) => ({
    label: bound === null ? "longer" : `to ${age(bound)}`, title: `${bound === null ? "longer" : `up to ${age(bound)}`}: ${number(count)} documents`,
    parts: [{ kind: "kind-1", value: count }],
  })), { format: number, name: "Waiting documents by how long they have waited" }));
  fill(find("#workers"), workers.length ? table([
    { label: "Worker", lead: true, cell: (row) => h("span", { class: "name mono" }, row.worker || "unknown") },
    { label: "At", wide: true, cell: (row) => h("ul", { class: "plain" }, row.documents.map((item) => h("li", {},
      h("a", { href: `/documents/${item.document_id}` }, item.s3_key.slice(item.s3_key.indexOf("/") + 1)),
      h("span", { class: "small muted" }, `${item.stage ?? ""} ${item.pages_total ? `${number(item.pages_done)} / ${number(item.pages_total)} pages` : ""}`)))) },
  ], workers, { caption: "Workers" }) : empty("No worker is at a document.", "They sleep when nothing waits; on ECS there may be none."));
}

async function again() {
  const known = await get("/api/admin/queue").catch(() => null);
  if (known) drawPlots(known);
}

function drawTiles(queue, oldest) {
  const tile = (count, label) => h("div", { class: "tile" }, h("b", {}, count), h("span", {}, label));
  fill(find("#tiles"), tile(number(queue.waiting), "messages wait"), tile(number(queue.in_flight), "with workers"),
    tile(number(queue.delayed), "delayed"), tile(number(queue.dead_letters), "set aside"),
    h("div", { class: "tile", }, h("b", {}, oldest ? time(oldest) : "–"), h("span", {}, "oldest waiting document")));
}

/** One row a document: each attempt that failed left a letter. The newest is shown, the others are its history. */
function byDocument(letters) {
  const groups = new Map();
  for (const letter of letters) {
    const key = letter.s3_keys.length ? letter.s3_keys.join("\n") : letter.message_id;
    groups.set(key, [...(groups.get(key) ?? []), letter]);
  }
  return [...groups.values()].map((group) => {
    const sorted = group.sort((one, other) => (other.first_seen ?? "").localeCompare(one.first_seen ?? ""));
    return { ...sorted[0], all: sorted, ids: sorted.map((letter) => letter.message_id) };
  });
}

const times = (count) => (count === 1 ? "once" : `${number(count)} times`);

const columns = [
  { label: "Document", lead: true, cell: (letter) => [letter.documents.map(({ s3_key: key, document_id: id }) => h("a", { class: "name", href: `/documents/${id}` }, key.slice(key.indexOf("/") + 1))),
    letter.documents.length ? null : h("span", { class: "name" }, "no document"), h("span", { class: "small muted" }, letter.reason)] },
  { label: "Reason", wide: true, cell: (letter) => h("code", {}, letter.code) },
  { label: "Set aside", wide: true, cell: (letter) => (letter.all.length === 1 ? times(1) : h("details", {}, h("summary", {}, times(letter.all.length)),
    h("ul", {}, letter.all.map((one) => h("li", { class: "small" }, localTime(one.first_seen), ": ", h("code", {}, one.code), ` ${one.reason}`))))) },
  { label: "Last", wide: true, cell: (letter) => localTime(letter.first_seen) },
  { label: "", cell: (letter) => h("div", { class: "row end" },
    h("button", { type: "button", onclick: (event) => redrive(event.target, { message_ids: letter.ids }, 1) }, "Redrive"),
    h("button", { type: "button", class: "quiet", onclick: (event) => purge(event.target, { message_ids: letter.ids }, letter.ids.length === 1 ? "this message" : `these ${letter.ids.length} messages`) }, "Discard"),
    h("details", {}, h("summary", {}, "Message"), h("pre", {}, letter.body))) },
];

async function load() {
  try {
    const { letters } = await get("/api/admin/dead-letters");
    const documents = byDocument(letters);
    fill(find("#letters"), letters.length ? table(columns, documents, { caption: "Dead letters" }) : empty("Nothing was set aside.", "Every message was worth another try, or done."));
    fill(find("#actions"), letters.length ? [
      h("button", { type: "button", onclick: (event) => redrive(event.target, { all: true }, documents.length) }, "Redrive all"),
      h("button", { type: "button", class: "danger", onclick: (event) => purge(event.target, { all: true }, "all of them") }, "Discard all")] : []);
  } catch (error) {
    fill(find("#letters"), fault(error));
  }
  find("#letters").setAttribute("aria-busy", "false");
}

async function redrive(button, which, count) {
  if (count > 1 && !(await confirmed("Redrive all?", `${number(count)} documents get another try. If what they failed of is still so, they come back here.`, "Redrive", "Don't"))) return;
  await trying(button, async () => {
    const { redriven } = await post("/api/admin/dead-letters/redrive", which);
    toast(`${redriven} back in the queue.`);
    await load();
  });
}

async function purge(button, which, what) {
  if (!(await confirmed("Discard?", `Discard ${what} for good? The PDFs stay; only the messages go.`, "Discard"))) return;
  await trying(button, async () => {
    const { purged } = await post("/api/admin/dead-letters/purge", which);
    toast(`${purged} discarded.`);
    await load();
  });
}

for (const button of document.querySelectorAll("[data-range]")) button.addEventListener("click", () => { range = button.dataset.range; if (told) drawPassed(); });
const first = await get("/api/admin/queue").catch((error) => { fill(find("#tiles"), fault(error)); return null; });
if (first) { drawPauses(first.operator_pause, first.paused); drawPlots(first); setInterval(again, AGAIN_MILLISECONDS); drawTiles(first.queue, first.oldest_waiting_at); deadLetters = first.queue.dead_letters; }
await load();
live("/api/admin/events", { documents: ({ queue, paused, operator_pause: pause, oldest_waiting_at: oldest }) => {
  drawPauses(pause, paused);
  drawTiles(queue, oldest);
  if (deadLetters !== null && queue.dead_letters > deadLetters) load();
  deadLetters = queue.dead_letters;
} });
ready();
